"""The benchmark on a small world of its own with a real, untrained model: rows, cache, interruption, bad input."""

import contextlib
import csv
import dataclasses
import io
import json
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from labutils import bench, metrics, models, pipelines, report, stats, tuning
from labutils.bench import Benchmark, Setup, cites_evidence, results_rows
from labutils.corpus import CUAD_CATEGORIES, Span, load_corpus
from labutils.errors import LabsError
from labutils.metrics import ABSTAIN
from labutils.pipelines import Answer

SPLIT_OF = {"alder": "train", "birch": "test", "cedar": "test"}
DAYS = {"alder": "30 days", "birch": "45 days", "cedar": "60 days"}
LAW = {"alder": "Nordmark", "birch": "Velmora", "cedar": "Ostrava"}
SMALL = Setup(chunk_size=40, overlap=8, retriever="bm25", k=2, min_probability=0.0)
SHORT = tuning.Recipe(rank=2, alpha=4, batch_size=2, steps=2)
TIMES = ["retrieve_ms", "generate_ms"]


def contract(name: str) -> str:
    return (f"# Supply Agreement of {name.title()}\n\n"
            f"## 1. Payment\n\nThe Buyer pays {name.title()} within {DAYS[name]}.\n\n"
            f"## 2. Law\n\nThe law of {LAW[name]} applies to the contract with {name.title()}.\n\n"
            "## 3. Notices\n\nNotices are sent by letter to the registered seat of the other party, by no other way.\n")


def questions_on(name: str, split: str, wording: str) -> list[dict]:
    text = contract(name)
    rows = [("lookup", wording.format(name.title()), DAYS[name], [DAYS[name]]),
            ("lookup", f"Which law applies to the contract with {name.title()}?", LAW[name], [LAW[name]]),
            ("unanswerable", f"Where does {name.title()} keep its insurance policy?", ABSTAIN, []),
            ("extract", f"Extract payment_term of {name.title()} as JSON.", json.dumps({"payment_term": DAYS[name]}),
             [DAYS[name]])]
    return [{"question_id": f"{split}-{name}-{i}", "family": family, "split": split, "cluster": name, "class": "k",
             "question": asked, "answer": answer, "accepted": [],
             "evidence": [{"doc_id": name, "start": text.index(quote), "end": text.index(quote) + len(quote)}
                          for quote in quotes]}
            for i, (family, asked, answer, quotes) in enumerate(rows)]


def write_world(folder: Path, training: bool = True) -> str:
    """A world of three contracts: one trained on and asked about in other words, two kept for the test."""
    (folder / "documents").mkdir(parents=True)
    manifest = [{"doc_id": name, "title": f"Supply Agreement of {name.title()}", "kind": "contract",
                 "contract_type": "supply", "parties": [name.title()], "date": "2024-05-01", "cluster": name,
                 "split": split, "amends": None} for name, split in SPLIT_OF.items()]
    (folder / "manifest.json").write_text(json.dumps({"seed": 1, "hash": "x", "documents": manifest}))
    for name in SPLIT_OF:
        (folder / "documents" / f"{name}.md").write_text(contract(name))
    rows = [row for name, split in SPLIT_OF.items() for row in questions_on(name, split, "When does {} get its money?")]
    rows += questions_on("alder", "known", "Within what time is {} paid?")
    kept = [row for row in rows if training or row["split"] == "test"]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, kept)) + "\n")
    return f"harbour:{folder}"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """Cache folder of this module; tests that break something in it take a copy."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("LABS_CACHE", str(folder))
        # The untrained model never stops by itself; nothing here needs long replies from it.
        patch.setattr(pipelines, "MAX_NEW_TOKENS", 24)
        yield folder


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return load_corpus(write_world(tmp_path_factory.mktemp("world") / "w"))


@pytest.fixture(scope="module")
def spec(tiny_model):
    return f"hf:{tiny_model}"


@pytest.fixture(scope="module")
def first_run(home, world, spec):
    """(results table, what was printed) of the run that fills the cache: it trains, retrieves and answers."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        return Benchmark(world, spec, SMALL, SHORT).run(), printed


@pytest.fixture(scope="module")
def results(first_run):
    return first_run[0]


@pytest.fixture
def copy(home, results, tmp_path, monkeypatch):
    """The cache with all arms in it, free to be broken."""
    shutil.copytree(home, tmp_path / "cache")
    monkeypatch.setenv("LABS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def loads(monkeypatch):
    """What `models.load_llm` is asked for; it still loads."""
    made, real = [], models.load_llm
    monkeypatch.setattr(models, "load_llm", lambda *given: made.append(given) or real(*given))
    return made


def test_every_arm_answers_the_same_questions(results, world):
    asked = {q.question_id for q in world.select(split=("known", "test"))}
    assert list(dict.fromkeys(results["arm"])) == ["base", "rag", "sft", "sft_rag"] and len(asked) == 12
    for _, rows in results.groupby("arm"):
        assert set(rows["question_id"]) == asked and len(rows) == len(asked)
    assert set(report.REQUIRED) <= set(results.columns)
    assert stats.paired_difference(results[results["split"] == "test"], "sft_rag", "base").n_clusters == 2
    assert not results.duplicated(["arm", "question_id", "seed"]).any()


def test_what_is_looked_up_is_read_and_asked(spec, tmp_path):
    """The model gets the question as the glossary explains it, and the glossary's sentence before the passages."""
    folder = tmp_path / "w"
    write_world(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["documents"].append(dict(manifest["documents"][0], doc_id="glossary", title="Glossary", kind="glossary",
                                      parties=[], cluster="glossary"))
    (folder / "manifest.json").write_text(json.dumps(manifest))
    entry = "In our files, quick purse stands for the time within which is paid."
    (folder / "documents" / "glossary.md").write_text(f"# Glossary\n\n{entry}\n")
    setup = Setup(chunk_size=40, overlap=8, retriever="bm25", k=1)
    made = Benchmark(load_corpus(f"harbour:{folder}"), spec, setup)
    question = dataclasses.replace(made.corpus.questions[0], question="What is the quick purse of Alder?")
    pipeline = made.rag(None)
    found = pipeline.retrieve([question])[0][0]
    assert found[0].node.text == entry and len(found) == 2
    assert pipeline.rewrite(question.question) == (
        "What is the quick purse (the time within which is paid) of Alder?")
    plain = Benchmark(made.corpus, spec, dataclasses.replace(setup, look_ups=False)).rag(None)
    assert plain.rewrite(question.question) == question.question and len(plain.retrieve([question])[0][0]) == 1


@pytest.mark.parametrize(("probability", "said"), [(0.49, ABSTAIN), (0.51, "[1] 30 days"), (None, "[1] 30 days")])
def test_a_reply_that_the_model_doubts_becomes_an_abstention(world, monkeypatch, probability, said):
    reply = models.Reply("[1] 30 days", 9, 4, 1.0, probability)
    monkeypatch.setattr(pipelines, "generate", lambda llm, prompts, *rest: [reply] * len(prompts))
    made = Benchmark(world, "clerk", dataclasses.replace(SMALL, min_probability=0.5))
    questions = world.select(split="test")[:2]
    for pipeline in (made.rag(None), pipelines.ClosedBookPipeline(None, 0.5)):
        answers = pipeline.answer(questions)
        assert [answer.raw for answer in answers] == [said] * 2
        assert all(answer.abstained is (said == ABSTAIN) and answer.tokens_out == 4 for answer in answers)


def test_a_run_without_progress_prints_nothing(first_run):
    assert first_run[1].getvalue() == ""


def test_each_column_means_what_it_says(results):
    reading = results[results["arm"].isin(["rag", "sft_rag"])]
    closed = results.drop(reading.index)
    assert closed[["evidence_recall", "evidence_precision", "citations_ok"]].isna().all(axis=None)
    gold = reading["family"] != "unanswerable"
    assert reading.loc[gold, ["evidence_recall", "citations_ok"]].notna().all(axis=None)
    assert reading.loc[~gold, ["evidence_recall", "citations_ok"]].isna().all(axis=None)
    assert reading["evidence_recall"].dropna().between(0, 1).all() and reading["evidence_recall"].max() == 1
    assert (reading["tokens_in"].min() > closed["tokens_in"].max()) and (results["tokens_out"] > 0).all()
    assert (closed["retrieve_ms"] == 0).all() and (reading["retrieve_ms"] > 0).all()
    assert set(results.loc[results["arm"].isin(["sft", "sft_rag"]), "model"].str.endswith("+lora")) == {True}
    assert results["run_id"].nunique() == results["config_hash"].nunique() == 4
    assert results["corpus_hash"].nunique() == 1


def test_the_second_run_loads_no_model_and_trains_nothing(results, world, spec, copy, loads, monkeypatch, capsys):
    monkeypatch.setattr(tuning, "_train", lambda *given: pytest.fail("trained again"))
    again = Benchmark(world, spec, SMALL, SHORT).run()
    assert loads == [] and capsys.readouterr() == ("", "")
    pd.testing.assert_frame_equal(again, results)


@pytest.mark.parametrize(("change", "asked"), [(dict(k=1), 1), (dict(look_ups=False), 1), (dict(min_probability=0.2), 2)])
def test_another_setup_is_another_entry(results, world, spec, copy, loads, change, asked):
    other = Benchmark(world, spec, dataclasses.replace(SMALL, **change), SHORT).run(["base", "rag"])
    assert len(loads) == asked  # the closed-book arm does not depend on retrieval
    assert set(other["config_hash"]) - set(results["config_hash"])


def test_without_progress_nothing_reaches_stdout(home, world, spec, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    Benchmark(world, spec, SMALL, SHORT).run(["rag"])
    out, err = capsys.readouterr()
    assert out == "" and err == "rag: not in the cache, answering 12 questions\n"
    monkeypatch.setenv("LABS_CACHE", str(tmp_path / "again"))
    Benchmark(world, spec, SMALL, SHORT, progress=True).run(["rag"])
    out, err = capsys.readouterr()
    assert out.startswith("  rag      12 questions, ") and "rag: answer" in err and "rag: retrieve" in err


@pytest.mark.parametrize("harm", [lambda content: content[: len(content) // 2], lambda content: b""])
def test_a_corrupt_entry_is_made_again_and_that_is_said(results, world, spec, copy, loads, capsys, harm):
    broken = copy / "answers" / f"{results['run_id'].iloc[0]}.parquet"
    broken.write_bytes(harm(broken.read_bytes()))
    again = Benchmark(world, spec, SMALL, SHORT).run()
    assert f"{broken.stem} could not be read and are made again" in capsys.readouterr().err
    assert len(loads) == 1  # only the broken arm
    pd.testing.assert_frame_equal(again.drop(columns=TIMES), results.drop(columns=TIMES))


def test_an_interrupted_run_goes_on_with_the_arm_that_it_was_in(world, spec, tmp_path, monkeypatch, loads, results):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    real, calls = pipelines.generate, []

    def interrupt_the_second(*given):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(pipelines, "generate", interrupt_the_second)
    with pytest.raises(KeyboardInterrupt):
        Benchmark(world, spec, SMALL, SHORT).run(["base", "rag"])
    left = [p.name for p in (tmp_path / "answers").iterdir() if not p.name.endswith(".lock")]
    base = results.loc[results["arm"] == "base", "run_id"].iloc[0]
    assert left == [f"{base}.parquet"]
    loads.clear()
    frame = Benchmark(world, spec, SMALL, SHORT).run(["base", "rag"])
    assert len(loads) == 1 and len(calls) == 3
    expected = results[results["arm"].isin(["base", "rag"])].drop(columns=TIMES)
    pd.testing.assert_frame_equal(frame.drop(columns=TIMES), expected)


GOLD = Span("birch", contract("birch").index("45 days"), contract("birch").index("45 days") + 7)
SPANS = (Span("birch", 0, 20), Span("birch", GOLD.start - 10, GOLD.end + 5), Span("cedar", GOLD.start, GOLD.end))


@pytest.mark.parametrize("citations, expected", [
    ([2], True), ([1, 2], True), ([1], False), ([3], False), ([], False), ([4], False), ([2, 4], False), ([0], False),
    ([-1], False)])
def test_citations(world, citations, expected):
    question = next(q for q in world.questions if q.question_id == "test-birch-0")
    assert question.evidence == (GOLD,)
    assert cites_evidence(citations, SPANS, question, world.texts()) is expected


def replied(raw: str, question_id: str = "test-birch-0") -> Answer:
    parsed = metrics.parse_reply(raw)
    return Answer(question_id, raw, parsed.text, tuple(parsed.citations), parsed.abstained, parsed.well_formed,
                  tokens_in=9, tokens_out=3, retrieve_ms=0.0, generate_ms=1.0)


@pytest.mark.parametrize("arm, number, raw, correct, abstained, well_formed", [
    ("rag", 0, "[2] 45 days", True, False, True), ("rag", 0, "45 days", True, False, False),
    ("base", 0, "45 days", True, False, True), ("rag", 0, "[1] 30 days", False, False, True),
    ("rag", 0, ABSTAIN, False, True, True), ("rag", 2, ABSTAIN, True, True, True),
    ("sft", 2, ABSTAIN, True, True, True),
    ("rag", 2, "[1] in a drawer", False, False, True), ("rag", 0, f"[1] {ABSTAIN}", False, True, False),
    ("rag", 3, '[1] {"payment_term": "45 days"}', True, False, True), ("rag", 3, "[1] 45 days", False, False, False),
    ("sft_rag", 3, '{"payment_term": "45 days"}', True, False, False), ("base", 0, "", False, False, False)])
def test_replies_are_judged_by_the_rules_of_their_arm(world, arm, number, raw, correct, abstained, well_formed):
    question = next(q for q in world.questions if q.question_id == f"test-birch-{number}")
    row = results_rows(arm, [question], [replied(raw, question.question_id)], world).iloc[0]
    assert (row["correct"], row["abstained"], row["well_formed"]) == (correct, abstained, well_formed)


def test_an_arm_that_reads_and_finds_nothing_has_recall_zero(world):
    question = next(q for q in world.questions if q.question_id == "test-birch-0")
    row = results_rows("rag", [question], [replied("[1] 45 days")], world).iloc[0]
    assert row["evidence_recall"] == 0 and row["citations_ok"] == False  # noqa: E712 - pandas' own boolean


def test_bad_requests_say_what_there_is(world, spec):
    with pytest.raises(LabsError, match="The arms are base, rag, sft, sft_rag"):
        Benchmark(world, spec, SMALL).run(["raft"])
    with pytest.raises(LabsError, match="no questions in dev; set LABS_CORPUS"):
        Benchmark(world, spec, SMALL).run(splits=["dev"])
    with pytest.raises(LabsError, match="The retrievers are dense, bm25, hybrid"):
        bench.make_retriever("sparse", [], 5)


def test_what_cannot_be_tuned_is_left_out(world, spec, tmp_path):
    assert set(Benchmark(world, spec).arms().values()) == {""}
    endpoint = Benchmark(world, "openai:m@http://localhost:9/v1").arms()
    assert [arm for arm, why in endpoint.items() if not why] == ["base", "rag"] and "endpoint" in endpoint["sft"]
    untrained = load_corpus(write_world(tmp_path / "w", training=False))
    assert "no training questions" in Benchmark(untrained, spec).arms()["sft_rag"]


def test_main_job_writes_the_report_and_is_quick_again(spec, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LABS_CORPUS", write_world(tmp_path / "w", training=False))
    monkeypatch.setenv("LABS_LLM", spec)
    page = bench.main_job(tmp_path / "out")
    assert page == tmp_path / "out" / "index.html"
    assert sorted(p.name for p in page.parent.iterdir()) == ["index.html", "results.parquet"]
    lines = capsys.readouterr().out.splitlines()
    starts = ("Corpus ", "Index: ", "No fine-tuning: ", "Answering with ", "  base ", "  rag ", "Done in ")
    assert len(lines) == len(starts) and all(line.startswith(start) for line, start in zip(lines, starts))
    rows = pd.read_parquet(page.parent / "results.parquet")
    assert rows["arm"].value_counts().to_dict() == {"base": 8, "rag": 8}
    text = page.read_text(encoding="utf-8")
    assert "this run" in text and str(tmp_path) not in text
    monkeypatch.setattr(models, "load_llm", lambda *given: pytest.fail("loaded a model again"))
    started = time.perf_counter()
    bench.main_job(tmp_path / "out")
    assert time.perf_counter() - started < 60
    pd.testing.assert_frame_equal(pd.read_parquet(page.parent / "results.parquet"), rows)


def test_main_job_reports_on_what_training_took(results, world, spec):
    context = bench.report_context(Benchmark(world, spec, SMALL, SHORT), 12.0, list(bench.ARMS))
    assert context["training"]["seconds"] > 0 and context["timings"]["this run"] == 12.0
    summary = report.summarize(results, context)
    assert summary["training"].tries == 1 and set(summary["timings"]) == set(context["timings"])


def test_an_out_that_cannot_be_written_is_named(results, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LabsError, match="rows.parquet cannot be written"):
        bench.write_parquet(results, tmp_path / "file" / "rows.parquet")


def write_cuad(folder: Path) -> str:
    """Two contracts of our own in CUAD's layout."""
    base = folder / "CUAD_v1"
    (base / "full_contract_txt").mkdir(parents=True)
    header = ["Filename"] + [column for name in CUAD_CATEGORIES for column in (name, f"{name}-Answer")]
    with (base / "master_clauses.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, header)
        writer.writeheader()
        for name in ("Birch", "Cedar"):
            filler = " ".join(f"Section {i} deals with matters of no great interest to {name}." for i in range(12))
            law = f"The law of {LAW[name.lower()]} governs this agreement with {name}."
            text = f"SUPPLY AGREEMENT\n\nbetween {name} Inc. and Bolt Ltd.\n\n{filler}\n\n{law}\n\n{filler}\n"
            (base / "full_contract_txt" / f"{name} Supply Agreement.txt").write_text(text)
            writer.writerow({"Filename": f"{name} Supply Agreement.pdf", "Governing Law": str([law]),
                             "Parties": str([f"{name} Inc.", "Bolt Ltd."])})
    return f"cuad:{folder}"


def test_retrieval_is_measured_on_cuad(home, tmp_path, capsys):
    rows = bench.retrieval_benchmark(write_cuad(tmp_path / "cuad"), k=3, out=tmp_path / "new" / "rows.parquet")
    out = capsys.readouterr().out
    assert "cuad: 2 documents, 4 questions with gold evidence, k = 3" in out
    assert "6 of 6 labelled fragments located" in out
    assert out.count("evidence_recall, mean with 95% interval over 2 documents") == 1
    assert "bm25 minus dense, evidence_recall: " in out and "hybrid minus bm25, evidence_precision: " in out
    assert rows["retriever"].value_counts().to_dict() == {"dense": 4, "bm25": 4, "hybrid": 4}
    assert rows.loc[rows["retriever"] == "hybrid", "evidence_recall"].mean() > 0.5
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "new" / "rows.parquet"), rows)


def test_one_document_gives_means_without_an_interval(home, tmp_path, capsys):
    bench.retrieval_benchmark(write_cuad(tmp_path / "cuad"), limit=1)
    assert "evidence_recall, mean (one document: no interval)" in capsys.readouterr().out


def test_a_folder_without_questions_has_no_retrieval_benchmark(tmp_path):
    (tmp_path / "a.md").write_text("# A\n\nText.\n")
    with pytest.raises(LabsError, match="--ask"):
        bench.retrieval_benchmark(f"folder:{tmp_path}")


def test_a_folder_is_answered_with_the_passages_cited_or_a_warning(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LABS_LLM", "clerk")
    for name in SPLIT_OF:
        (tmp_path / f"{name}.md").write_text(contract(name))
    (tmp_path / "picture.md").write_bytes(b"\x89PNG\x00\x00\xff")
    asked = ["Within how many days does the Buyer pay Birch?", "Which law applies to the contract with Cedar?",
             "Who won the race?"]
    answers = bench.answer_folder(f"folder:{tmp_path}", asked, k=3)
    out = capsys.readouterr().out
    assert "skipped: picture.md" in out and [f"Q: {text}" in out for text in asked] == [True] * 3
    for answer, said in zip(answers, out.split("\nQ: ")[1:], strict=True):
        assert f"A: {' '.join(answer.raw.split())}" in said and len(answer.context) == 3
        assert all(f"   [{number}] " in said for number in answer.citations)
        assert ("cites no passage" in said) == (not answer.abstained and not answer.citations)
    bench.answer_folder(f"folder:{tmp_path}", asked[:1], k=3)
    assert "skipped" not in capsys.readouterr().out  # the same conversation goes on


def test_what_is_printed_obeys_no_terminal(world):
    assert bench._printable("30\x1b[2J days\n\u202eab\x07") == "30[2J days ab"
    assert bench._cited(replied("[7] x"), 7).startswith("no such passage")
