"""Corpora: what is loaded exactly, and what every kind of bad input leads to."""

import csv
import json
import os
from pathlib import Path

import pytest

from labutils import queries, versions
from labutils.corpus import CUAD_CATEGORIES, Span, load_corpus, load_hazards, locate, take
from labutils.errors import LabsError

TEXT = ("# Supply Agreement\n\n## 1. Payment\n\nThe Buyer pays within 30 days.\n\n"
        "## 2. Law\n\nThe law of Nordmark applies.\n")
REAL_CUAD = Path(__file__).resolve().parents[2] / "shared" / "cuad"


def gold(text: str, quote: str, doc_id: str = "c1") -> dict:
    return {"doc_id": doc_id, "start": text.index(quote), "end": text.index(quote) + len(quote)}


def question(**changes) -> dict:
    row = {"question_id": "q1", "family": "lookup", "split": "test", "cluster": "c1", "class": "payment",
           "question": "When does the Buyer pay?", "answer": "30 days", "accepted": ["thirty days"],
           "evidence": [gold(TEXT, "30 days")]}
    return {**row, **changes}


def write_harbour(folder: Path, questions: list, texts: dict | None = None) -> str:
    texts = texts or {"c1": TEXT, "c2": "# Note\n\nNothing here.\n"}
    (folder / "documents").mkdir(parents=True)
    rows = [{"doc_id": name, "title": f"Title of {name}", "kind": "contract", "contract_type": "supply",
             "parties": ["Alder Ltd", "Birch Ltd"], "date": "2024-05-01", "cluster": name,
             "split": "test", "amends": None}
            for name in texts]
    (folder / "manifest.json").write_text(json.dumps({"seed": 1, "hash": "x", "documents": rows}))
    for name, text in texts.items():
        (folder / "documents" / f"{name}.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    lines = [line if isinstance(line, str) else json.dumps(line) for line in questions]
    (folder / "questions.jsonl").write_text("\n".join(lines) + "\n")
    return f"harbour:{folder}"


def test_harbour_documents_and_questions(tmp_path):
    unanswerable = question(question_id="q2", family="unanswerable", split="dev", evidence=[], accepted=[],
                            answer="Not stated in the provided documents.")
    corpus = load_corpus(write_harbour(tmp_path / "w", [question(), unanswerable]))
    document = corpus.documents[0]
    assert (document.id_, document.text, corpus.text("c1")) == ("c1", TEXT, TEXT)
    assert document.metadata["title"] == "Title of c1" and document.metadata["parties"] == "Alder Ltd; Birch Ltd"
    assert set(document.excluded_embed_metadata_keys) == set(document.metadata)
    assert set(document.excluded_llm_metadata_keys) == set(document.metadata) - {"title"}
    first = corpus.questions[0]
    span = first.evidence[0]
    assert TEXT[span.start:span.end] == "30 days" and first.accepted == ("thirty days",) and first.klass == "payment"
    assert [q.question_id for q in corpus.select(split="dev")] == ["q2"]
    assert [q.question_id for q in corpus.select(family="lookup")] == ["q1"]
    assert len(corpus.select(split=("dev", "test"))) == len(corpus.select()) == 2
    assert corpus.skipped == []


def test_hash_follows_the_content(tmp_path):
    one = load_corpus(write_harbour(tmp_path / "a", [question()]))
    same = load_corpus(write_harbour(tmp_path / "b", [question()]))
    other = load_corpus(write_harbour(tmp_path / "c", [question(answer="60 days")]))
    assert one.hash == same.hash != other.hash


def test_windows_line_ends_keep_the_offsets(tmp_path):
    texts = {"c1": TEXT.replace("\n", "\r\n").encode()}
    assert load_corpus(write_harbour(tmp_path / "w", [question()], texts)).text("c1") == TEXT


def test_unknown_document_is_named(tmp_path):
    corpus = load_corpus(write_harbour(tmp_path / "w", [question()]))
    with pytest.raises(LabsError, match="no document 'zz'"):
        corpus.text("zz")


BAD_QUESTIONS = {
    "duplicate question id 'q1'": [question(), question()],
    "has no gold evidence": [question(evidence=[])],
    r"questions.jsonl:2: malformed JSON": [question(), '{"question_id": "q2",'],
    r"questions.jsonl:1: expected a JSON object": ["[1, 2]"],
    "outside the document c1": [question(evidence=[{"doc_id": "c1", "start": 5, "end": len(TEXT) + 1}])],
    "outside the document": [question(evidence=[{"doc_id": "c1", "start": -3, "end": 4}])],
    "or is empty": [question(evidence=[{"doc_id": "c1", "start": 4, "end": 4}])],
    "only white space": [question(evidence=[{"doc_id": "c1", "start": 18, "end": 20}])],
    "unknown document 'c9'": [question(evidence=[gold(TEXT, "30 days", "c9")])],
    "must be lists": [{k: v for k, v in question().items() if k != "evidence"}],
    "'answer' is missing": [question(answer=None)],
    "'question' is missing": [question(question="  ")],
    "unknown split": [question(split="exam")],
    "hold strings only": [question(accepted=[30])],
}


@pytest.mark.parametrize("message", BAD_QUESTIONS)
def test_faulty_question_file_is_refused(tmp_path, message):
    with pytest.raises(LabsError, match=message):
        load_corpus(write_harbour(tmp_path / "w", BAD_QUESTIONS[message]))


BAD_DOCUMENTS = {
    "empty document": b" \n\n",
    "NUL bytes": b"text\0text",
    "not UTF-8": "Stra\u00dfe".encode("latin-1"),
    "over the limit": b"word " * 1_100_000,
}


@pytest.mark.parametrize("message", BAD_DOCUMENTS)
def test_harbour_refuses_a_bad_document_and_names_it(tmp_path, message):
    with pytest.raises(LabsError, match=rf"c2\.md: .*{message}"):
        load_corpus(write_harbour(tmp_path / "w", [question()], {"c1": TEXT, "c2": BAD_DOCUMENTS[message]}))


def test_harbour_refuses_a_missing_document_and_a_broken_manifest(tmp_path):
    spec = write_harbour(tmp_path / "w", [question()])
    (tmp_path / "w" / "documents" / "c2.md").unlink()
    with pytest.raises(LabsError, match=r"c2\.md: cannot be read"):
        load_corpus(spec)
    manifest = tmp_path / "w" / "manifest.json"
    for content, message in [("{", "malformed"), ('{"documents": []}', "lists no documents"), ("{}", "malformed"),
                             ('{"documents": [{"doc_id": "../../etc/passwd"}]}', "no document id"),
                             ('{"documents": [{"doc_id": "c1"}, {"doc_id": "c1"}]}', "not unique")]:
        manifest.write_text(content)
        with pytest.raises(LabsError, match=message):
            load_corpus(spec)


@pytest.mark.parametrize("spec", ["harbor", "cuad", "folder:", "pdf:somewhere"])
def test_unknown_spec(spec):
    with pytest.raises(LabsError, match="unknown corpus"):
        load_corpus(spec)


@pytest.mark.parametrize("kind", ["harbour", "cuad", "folder"])
def test_missing_folder(tmp_path, kind):
    with pytest.raises(LabsError, match="does not exist"):
        load_corpus(f"{kind}:{tmp_path / 'absent'}")


def test_folder_reads_text_recursively_and_names_what_it_skips(tmp_path):
    folder = tmp_path / "mine"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.md").write_text("Alpha document.")
    (folder / "sub" / "b.TXT").write_text("Beta document.")
    (folder / "report.pdf").write_bytes(b"%PDF")
    for number, content in enumerate(BAD_DOCUMENTS.values()):
        (folder / f"bad{number}.txt").write_bytes(content)
    (folder / "questions.jsonl").write_text(
        '{"question_id": "1", "question": "What is alpha?"}\n\n'
        '{"question_id": "2", "question": "And beta?", "answer": "x", "evidence": '
        '[{"doc_id": "sub/b.TXT", "quote": "Beta\\n document"}]}\n')
    corpus = load_corpus(f"folder:{folder}")
    assert [d.id_ for d in corpus.documents] == ["a.md", "sub/b.TXT"]
    for number, message in enumerate(BAD_DOCUMENTS):
        assert any(line.startswith(f"bad{number}.txt: ") and message in line for line in corpus.skipped)
    assert any(line.startswith("report.pdf") for line in corpus.skipped) and len(corpus.skipped) == 5
    assert corpus.questions[0].answer == "" and corpus.questions[0].evidence == ()
    assert corpus.questions[1].evidence == (Span("sub/b.TXT", 0, 13),)


def test_folder_may_say_what_its_documents_are(tmp_path):
    (tmp_path / "lease.md").write_text("1.1 The rent is 5.")
    (tmp_path / "change.md").write_text("Section 1.1 now reads: The rent is 6.")
    (tmp_path / "note.txt").write_text("Remember the milk.")
    rows = [{"doc_id": "lease.md", "title": "Lease Agreement between Ada and Bo", "kind": "contract",
             "date": "2020-01-31", "parties": ["Ada", "Bo"]}, {"doc_id": "change.md", "amends": "lease.md"}]
    (tmp_path / "documents.jsonl").write_text("\n".join(map(json.dumps, rows)))
    corpus = load_corpus(f"folder:{tmp_path}")
    by_id = {document.id_: document for document in corpus.documents}
    assert by_id["lease.md"].metadata["parties"] == "Ada; Bo" and by_id["lease.md"].metadata["kind"] == "contract"
    assert by_id["change.md"].metadata["amends"] == "lease.md" and by_id["change.md"].metadata["title"] == "change.md"
    assert by_id["note.txt"].metadata["kind"] == "own" and not corpus.skipped
    assert queries.documents_named("Who pays by the lease agreement of Ada and Bo?", corpus.documents) == ["lease.md"]


def test_the_course_world_as_a_folder_is_the_same_archive(tmp_path):
    world = load_corpus("harbour")
    rows = []
    for document in world.documents:
        (tmp_path / f"{document.id_}.md").write_text(document.text)
        known = {key: f"{value}.md" if key == "amends" and value else value for key, value in document.metadata.items()}
        rows.append({**known, "doc_id": f"{document.id_}.md"})
    (tmp_path / "documents.jsonl").write_text("\n".join(map(json.dumps, rows)))
    own = {document.id_: document for document in load_corpus(f"folder:{tmp_path}").documents}
    assert [document.metadata for document in own.values()] == sorted(rows, key=lambda row: row["doc_id"])
    assert len(versions.read_provisions(own.values())) == len(versions.read_provisions(world.documents)) > 100


@pytest.mark.parametrize("line, says", [
    ('{"doc_id": "b.md"}', "is no document of this folder"),
    ('{"doc_id": "a.md"}\n{"doc_id": "a.md", "kind": "contract"}', "a second line on"),
    ('{"doc_id": "a.md", "parties": {"one": "Ada"}}', "'parties' must be text"),
    ('{"title": "A"}', "'doc_id' is missing"),
    ("a.md: contract", "malformed JSON"),
])
def test_folder_metadata_is_checked(tmp_path, line, says):
    (tmp_path / "a.md").write_text("Alpha document.")
    (tmp_path / "documents.jsonl").write_text(line)
    with pytest.raises(LabsError, match=says):
        load_corpus(f"folder:{tmp_path}")


def test_folder_without_a_readable_document(tmp_path):
    with pytest.raises(LabsError, match="it is empty"):
        load_corpus(f"folder:{tmp_path}")
    (tmp_path / "only.txt").write_bytes(b"\0")
    with pytest.raises(LabsError, match="only.txt: binary"):
        load_corpus(f"folder:{tmp_path}")


def test_folder_questions_are_checked_too(tmp_path):
    (tmp_path / "a.md").write_text("Alpha document.")
    quote = '"evidence": [{"doc_id": "a.md", "quote": "Omega"}]'
    for line, message in [(f'{{"question_id": "1", "question": "?", {quote}}}', "Omega"),
                          ('{"question": "What?"}', "'question_id' is missing"),
                          ('{"question_id": "1"', r"questions\.jsonl:1")]:
        (tmp_path / "questions.jsonl").write_text(line)
        with pytest.raises(LabsError, match=message):
            load_corpus(f"folder:{tmp_path}")


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights on Windows")
def test_links_that_lead_out_are_not_followed(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("a secret")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.md").write_text("Alpha document.")
    (folder / "link.txt").symlink_to(tmp_path / "secret" / "key.txt")
    (folder / "linked").symlink_to(tmp_path / "secret")
    corpus = load_corpus(f"folder:{folder}")
    assert [d.id_ for d in corpus.documents] == ["a.md"]
    assert sorted(line.split(":")[0] for line in corpus.skipped) == ["link.txt", "linked"]


def test_locate_maps_back_over_white_space():
    text = "1.  The  Supplier\n   shall deliver.\tThe Supplier shall\n\ndeliver late."
    for fragment in ("Supplier shall deliver.", "The Supplier shall\ndeliver late", "1. The"):
        start, end = locate(fragment, text)
        assert " ".join(text[start:end].split()) == " ".join(fragment.split())
    assert locate("Supplier shall not", text) is None and locate("  ", text) is None
    # A whole word is preferred to the inside of an earlier one.
    assert locate("late", "plates are late") == (11, 15)
    assert locate("late", "plates") == (1, 5)


def write_cuad(folder: Path, cells: dict, name: str = "ACME_05-EX-1 Supply Agreement .PDF") -> str:
    base = folder / "CUAD_v1"
    (base / "full_contract_txt").mkdir(parents=True)
    (base / "full_contract_txt" / "Acme_05-EX-1 Supply  Agreement.txt").write_text(
        "SUPPLY AGREEMENT\n\nbetween Acme Inc. and Bolt\nLtd.\n\n"
        "The law of   Nordmark\ngoverns.\nEither party may end it.")
    header = ["Filename"] + [column for name_ in CUAD_CATEGORIES for column in (name_, f"{name_}-Answer")]
    with (base / "master_clauses.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, header)
        writer.writeheader()
        writer.writerow({"Filename": name, **cells})
    return f"cuad:{folder}"


def test_cuad_gold_spans_are_rebuilt_exactly(tmp_path):
    spec = write_cuad(tmp_path, {
        "Document Name": "['SUPPLY AGREEMENT']", "Parties": '["Acme Inc.", "Bolt Ltd."]',
        "Parties-Answer": 'Acme Inc. ("Acme"); Bolt Ltd. ("Bolt")',
        "Governing Law": "['The law of Nordmark governs.<omitted>Either party may end it.', '[***] is absent']",
        "Insurance": "[***] left out", "Exclusivity": "[]"})
    corpus = load_corpus(spec)
    assert len(corpus.documents) == 1 and load_corpus(f"cuad:{tmp_path / 'CUAD_v1'}").hash == corpus.hash
    asked = {q.klass: q for q in corpus.questions}
    assert set(asked) == {"Document Name", "Parties", "Governing Law"}
    law = asked["Governing Law"]
    text = corpus.text(law.cluster)
    quotes = [text[s.start:s.end] for s in law.evidence]
    assert quotes == ["The law of   Nordmark\ngoverns.", "Either party may end it."]
    assert "Supply Agreement between Acme Inc. and Bolt Ltd." in law.question and law.family == "cuad"
    assert [text[s.start:s.end] for s in asked["Parties"].evidence] == ["Acme Inc.", "Bolt\nLtd."]
    assert sum("fragment not found" in line for line in corpus.skipped) == 2
    assert corpus.notes == ["5 of 7 labelled fragments located in 1 contracts"]


def test_cuad_cell_is_never_evaluated(tmp_path):
    mark = tmp_path / "mark"
    spec = write_cuad(tmp_path / "cuad", {"Parties": f"[open({str(mark)!r}, 'w')]"})
    assert load_corpus(spec).questions == [] and not mark.exists()


def test_cuad_row_without_text_and_text_without_row_are_named(tmp_path):
    corpus = load_corpus(write_cuad(tmp_path, {"Parties": "['Acme Inc.']"}, name="Other.pdf"))
    assert len(corpus.documents) == 1 and corpus.questions == []
    assert any("Other.pdf: no text file" in line for line in corpus.skipped)
    assert any("no labels" in line for line in corpus.skipped)


def test_folder_that_is_not_cuad(tmp_path):
    with pytest.raises(LabsError, match="is not CUAD"):
        load_corpus(f"cuad:{tmp_path}")
    spec = write_cuad(tmp_path / "c", {})
    (tmp_path / "c" / "CUAD_v1" / "master_clauses.csv").write_text("Filename,Parties\nx.pdf,[]\n")
    with pytest.raises(LabsError, match="column 'Document Name' is missing"):
        load_corpus(spec)


@pytest.mark.skipif(not REAL_CUAD.is_dir(), reason="needs real CUAD contracts in ../shared/cuad")
def test_real_cuad_every_fragment_is_located():
    corpus = load_corpus(f"cuad:{REAL_CUAD}")
    assert len(corpus.documents) == 40 and corpus.skipped == [] and len(corpus.questions) == 500
    for asked in corpus.questions:
        labelled = " ".join(asked.answer.split())
        for span in asked.evidence:
            assert " ".join(corpus.text(span.doc_id)[span.start:span.end].split()) in labelled


def test_a_sample_holds_what_its_questions_need(tmp_path):
    texts = {f"c{n}": TEXT for n in range(1, 7)}
    rows = [question(question_id=f"q{n}", cluster=f"c{n}", evidence=[gold(TEXT, "30 days", f"c{n}")])
            for n in range(1, 7)]
    rows += [question(question_id=f"u{n}", cluster=f"c{n}", family="unanswerable", evidence=[]) for n in range(1, 7)]
    rows.append(question(question_id="both", evidence=[gold(TEXT, "30 days", f"c{n}") for n in range(1, 7)]))
    corpus = load_corpus(write_harbour(tmp_path / "w", rows, texts))
    part = take(corpus, 3 * len(TEXT) + 1, seed=1)
    ids = [document.id_ for document in part.documents]
    assert len(ids) == 3 and ids == sorted(ids)
    assert {q.question_id for q in part.questions} == {f"{kind}{name[1]}" for name in ids for kind in "qu"}
    assert part.hash != corpus.hash and part.text(ids[0]) == TEXT
    assert [d.id_ for d in take(corpus, 3 * len(TEXT) + 1, seed=1).documents] == ids
    assert len({tuple(d.id_ for d in take(corpus, 3 * len(TEXT), seed).documents) for seed in range(8)}) > 1
    assert take(corpus, 6 * len(TEXT)) is corpus
    with pytest.raises(LabsError, match="take more"):
        take(corpus, 10)


def test_hazards_of_a_world_and_of_other_corpora(tmp_path):
    found = load_hazards("harbour")
    corpus = load_corpus("harbour")
    assert {hazard.kind for hazard in found} == {"contradiction", "injection", "noise", "stale"}
    said = [corpus.text(h.place.doc_id)[h.place.start:h.place.end] for h in found if h.kind == "contradiction"]
    assert len(said) == 5 and "within 28 business days" in " ".join(said)
    (tmp_path / "a.md").write_text("Text.", encoding="utf-8")
    assert load_hazards(f"folder:{tmp_path}") == []
    with pytest.raises(LabsError, match="unknown corpus"):
        load_hazards("other")
