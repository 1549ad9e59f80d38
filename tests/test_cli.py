"""The command `labs`: what each command calls, and how errors and Ctrl-C end."""

import subprocess
import sys
import types
from pathlib import Path

import pytest

import labutils
from labutils import cli
from labutils.errors import LabsError

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "transformers", "llama_index", "peft", "trl", "sentence_transformers", "ragas", "matplotlib"}


@pytest.fixture
def calls(monkeypatch):
    """Stand-ins for the modules that the commands call; returns the list of calls. `raises` makes the next one fail."""
    noted = types.SimpleNamespace(made=[], raises=None, returns=None)

    def note(name):
        def call(*positional, **named):
            noted.made.append((name, positional, named))
            if noted.raises:
                raise noted.raises
            return noted.returns

        return call

    bench = ("main_job", "retrieval_benchmark", "answer_folder")
    for module, functions in {"bench": bench, "doctor": ("main",), "notebooks": ("build",)}.items():
        stand_in = types.SimpleNamespace(**{name: note(name) for name in functions})
        monkeypatch.setitem(sys.modules, f"labutils.{module}", stand_in)
        monkeypatch.setattr(labutils, module, stand_in, raising=False)
    monkeypatch.delenv("LABS_CORPUS", raising=False)
    return noted


def test_run(calls):
    assert cli.main(["run"]) == 0
    assert calls.made == [("main_job", (), {"out": Path("report"), "fresh": False})]


def test_run_anew_elsewhere(calls):
    cli.main(["run", "--fresh", "--out", "there"])
    assert calls.made == [("main_job", (), {"out": Path("there"), "fresh": True})]


def test_doctor_gives_its_exit_code(calls):
    calls.returns = 1
    assert cli.main(["doctor"]) == 1


def test_bench_measures_retrieval(calls, tmp_path):
    assert cli.main(["bench", "--corpus", "cuad:there", "--k", "3", "--limit", "10"]) == 0
    assert calls.made == [("retrieval_benchmark", (), {"corpus_spec": "cuad:there", "k": 3, "limit": 10, "out": None})]


def test_bench_takes_the_corpus_of_the_profile(calls, monkeypatch):
    monkeypatch.setenv("LABS_CORPUS", "cuad:mine")
    cli.main(["bench"])
    assert calls.made[0][2]["corpus_spec"] == "cuad:mine"


def test_bench_answers_questions_on_a_folder(calls, tmp_path):
    file = tmp_path / "questions.txt"
    file.write_text("\ufeff# mine\nWho pays?\n\n  When?  \n", encoding="utf-8")
    assert cli.main(["bench", "--corpus", "folder:docs", "--ask", "Why?", "--questions", str(file)]) == 0
    assert calls.made == [("answer_folder", ("folder:docs", ["Why?", "Who pays?", "When?"]), {"k": 5})]


def test_bench_asks_the_user_when_there_is_a_terminal(calls, monkeypatch):
    typed = iter(["Who pays?", ""])
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert cli.main(["bench", "--corpus", "folder:docs"]) == 0
    assert [call[1] for call in calls.made] == [("folder:docs", ["Who pays?"])]


def test_bench_on_a_folder_without_questions_says_what_to_add(calls, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert cli.main(["bench", "--corpus", "folder:docs"]) == 2
    assert "--ask" in capsys.readouterr().err and not calls.made


def test_a_folder_with_questions_of_its_own_is_measured(calls, tmp_path, capsys):
    (tmp_path / "questions.jsonl").write_text("{}", encoding="utf-8")
    assert cli.main(["bench", "--corpus", f"folder:{tmp_path}", "--limit", "3"]) == 0
    assert calls.made[0][0] == "retrieval_benchmark" and calls.made[0][2]["limit"] == 3
    assert cli.main(["bench", "--corpus", f"folder:{tmp_path}", "--ask", "Why?"]) == 0
    assert calls.made[1][0] == "answer_folder"
    assert cli.main(["bench", "--corpus", f"folder:{tmp_path}", "--ask", "Why?", "--limit", "3"]) == 2
    assert "--limit" in capsys.readouterr().err


def test_run_takes_some_arms(calls):
    assert cli.main(["run", "--arms", "base,rag"]) == 0
    assert calls.made[0][0] == "main_job" and calls.made[0][2]["wanted"] == ["base", "rag"]


def test_questions_do_not_go_with_a_corpus_that_has_its_own(calls, capsys):
    assert cli.main(["bench", "--corpus", "cuad:there", "--ask", "Why?"]) == 2
    assert "folder:<dir>" in capsys.readouterr().err and not calls.made


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot read"), (b"", "no question"), (b"# only a remark\n", "no question"), (b"caf\xe9?\n", "UTF-8")],
)
def test_a_bad_file_of_questions_is_named(tmp_path, content, message):
    file = tmp_path / "questions.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(LabsError, match=message) as caught:
        cli.read_questions(str(file))
    assert "questions.txt" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "paths", "check", "execute"),
    [([], None, False, True), (["--check"], None, True, True), (["--no-execute", "a"], [Path("a")], False, False)],
)
def test_build(calls, arguments, paths, check, execute):
    assert cli.main(["build", *arguments]) == 0
    assert calls.made == [("build", (paths,), {"check": check, "execute": execute})]


def test_build_check_fails_when_a_notebook_is_out_of_date(calls):
    calls.returns = ["solutions/01.ipynb"]
    assert cli.main(["build", "--check"]) == 1
    assert cli.main(["build"]) == 0


def test_a_known_error_is_one_line(calls, capsys):
    calls.raises = LabsError("weights.safetensors is damaged: restore it")
    assert cli.main(["run"]) == 2
    assert capsys.readouterr().err == "labs: weights.safetensors is damaged: restore it\n"


def test_debug_shows_where_it_comes_from(calls, capsys):
    calls.raises = LabsError("damaged")
    assert cli.main(["--debug", "run"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_unknown_error_is_not_hidden(calls):
    calls.raises = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        cli.main(["run"])


def test_interrupted(calls, capsys):
    calls.raises = KeyboardInterrupt()
    assert cli.main(["run"]) == 130
    assert "run the same command again" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["bench", "--k", "0"], ["bench", "--limit", "many"]])
def test_a_wrong_command_line_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize("number", ["abc", "0", "-3", "2.5", ""])
def test_a_number_that_is_none_is_refused_in_plain_words(number, capsys):
    with pytest.raises(SystemExit):
        cli.main(["bench", f"--k={number}"])
    said = capsys.readouterr().err
    assert f"--k: {number!r} is not a whole number from 1 up" in said and "_positive" not in said


def test_help_names_what_there_is(capsys):
    with pytest.raises(SystemExit):
        cli.main(["bench", "--help"])
    assert "harbour:<dir>" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "known and test questions" in " ".join(capsys.readouterr().out.split())


def test_as_a_command():
    command = [sys.executable, "-m", "labutils.cli", "bench", "--corpus", "folder:x", "--questions", "no such file"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr == "labs: cannot read the questions in no such file: No such file or directory\n"


def test_the_command_line_imports_nothing_heavy():
    code = "import labutils.cli, labutils.doctor, sys; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert not HEAVY & set(done.stdout.split())
