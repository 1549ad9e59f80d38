"""What was in force on a day: amendments read from hand-written documents and from the course's own archive."""

import re

import pytest
from llama_index.core import Document
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import MetadataMode, NodeWithScore
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

from labutils import versions
from labutils.chunking import fixed_size, make_nodes
from labutils.corpus import Question, Span, load_corpus
from labutils.versions import CLAUSE, NEVER, NOW, SINCE, UNTIL

CONTRACT = """# Supply Agreement

## 1. Payment

1.1 Invoices are paid within 30 days.

1.2 Late payment bears interest of 4 percent.

## 2. Term

2.1 The agreement lasts 5 years.
"""
FIRST = """# Amendment No. 1

1.1 Section 1.1 of the Agreement ("Payment") is deleted and replaced with this: "Invoices are paid within 45 days."

2.1 Section 7.7 of the Agreement ("Nowhere") is deleted and replaced with this: "There is no such section."
"""
SECOND = """# Amendment No. 2

1.1 Cross out Section 1.1 ("Payment"). From now on, work with this: "Invoices are paid within 60 days."
"""


def document(doc_id: str, text: str, date: str, amends: str = "") -> Document:
    metadata = {"doc_id": doc_id, "title": doc_id, "date": date, "amends": amends}
    return Document(id_=doc_id, text=text, metadata=metadata, excluded_embed_metadata_keys=list(metadata),
                    excluded_llm_metadata_keys=list(metadata))


@pytest.fixture
def documents():
    # The second amendment stands first: what counts is the date.
    return [document("second", SECOND, "2022-05-01", "contract"), document("contract", CONTRACT, "2020-03-04"),
            document("first", FIRST, "2021-01-16", "contract")]


@pytest.fixture
def provisions(documents):
    return versions.read_provisions(documents)


@pytest.fixture
def nodes(documents):
    """Each document as one chunk."""
    return [node for d in documents for node in make_nodes(d, [(0, len(d.text))])]


@pytest.fixture
def pieces(nodes, provisions):
    return versions.with_validity(nodes, provisions)


class Fixed(BaseRetriever):
    """Finds what it is given, in that order."""

    def __init__(self, nodes):
        super().__init__()
        self._nodes = nodes

    def _retrieve(self, query_bundle):
        return [NodeWithScore(node=node, score=1 / rank) for rank, node in enumerate(self._nodes, 1)]


def text_of(span: Span, documents) -> str:
    return {d.id_: d.text for d in documents}[span.doc_id][span.start:span.end]


def test_the_texts_of_a_clause_follow_each_other(documents, provisions):
    assert [(text_of(p.source, documents), p.since, p.until) for p in provisions] == [
        ("1.1 Invoices are paid within 30 days.", 20200304, 20210116),
        ("Invoices are paid within 45 days.", 20210116, 20220501),
        ("Invoices are paid within 60 days.", 20220501, NEVER)]
    assert {p.clause for p in provisions} == {"contract 1.1"}, "a change of a paragraph that is not there is left out"


@pytest.mark.parametrize(("iso", "day"), [("2024-01-16", 20240116), ("", versions.ALWAYS)])
def test_a_day_is_a_whole_number(iso, day):
    assert versions.to_day(iso) == day


@pytest.mark.parametrize(("day", "before"), [(20240116, 20240115), (20240301, 20240229), (20230101, 20221231)])
def test_the_day_before_knows_months_and_years(day, before):
    assert versions.day_before(day) == before


@pytest.mark.parametrize(("question", "day"), [
    ("As of 16 January 2024: what is the fee?", 20240116), ("What was the fee as of 3 December 2019?", 20191203),
    ("What is the fee?", NOW), ("What was agreed on 3 December 2019?", NOW)])
def test_the_day_that_a_question_asks_for(question, day):
    assert versions.asked_day(question) == day
    assert day == NOW or versions.asked_day(f"As of {versions.in_words(day)}: what?") == day


def test_pieces_hold_every_word_once_and_know_their_days(documents, nodes, pieces):
    by_document = {d.id_: d.text for d in documents}
    for piece in pieces:
        assert piece.text == by_document[piece.ref_doc_id][piece.start_char_idx:piece.end_char_idx]
    for node in nodes:
        joined = "".join(piece.text for piece in pieces if piece.ref_doc_id == node.ref_doc_id)
        assert [sign for sign in joined if sign.isalnum()] == [sign for sign in node.text if sign.isalnum()]
    of_clause = {piece.text: (piece.metadata[SINCE], piece.metadata[UNTIL]) for piece in pieces
                 if piece.metadata[CLAUSE]}
    assert of_clause == {"1.1 Invoices are paid within 30 days.": (20200304, 20210116),
                         "Invoices are paid within 45 days.": (20210116, 20220501),
                         "Invoices are paid within 60 days.": (20220501, NEVER)}
    rest = [piece for piece in pieces if not piece.metadata[CLAUSE]]
    assert {piece.metadata[UNTIL] for piece in rest} == {NEVER}
    assert len({piece.node_id for piece in pieces}) == len(pieces)
    for mode in (MetadataMode.EMBED, MetadataMode.LLM):
        assert all("2021" not in piece.get_content(metadata_mode=mode) for piece in pieces), "days are for filters"


@pytest.mark.parametrize(("day", "days"), [(20200304, "30"), (20210115, "30"), (20210116, "45"), (20220501, "60"),
                                           (NOW, "60")])
def test_one_text_of_a_clause_passes_the_filter(pieces, day, days):
    passes = build_metadata_filter_fn({p.node_id: p.metadata for p in pieces}.__getitem__, versions.in_force_on(day))
    passed = [p.text for p in pieces if p.metadata[CLAUSE] and passes(p.node_id)]
    assert len(passed) == 1 and f"within {days} days" in passed[0]


def test_before_the_contract_nothing_is_in_force(pieces):
    metadata = {piece.node_id: piece.metadata for piece in pieces}
    passes = build_metadata_filter_fn(metadata.__getitem__, versions.in_force_on(20200303))
    assert not any(map(passes, metadata))


@pytest.mark.parametrize(("question", "days"), [
    ("What is the term of payment?", "60"), ("As of 1 June 2021: what is the term of payment?", "45"),
    ("As of 1 June 2020: what is the term of payment?", "30")])
@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2], [2, 1, 0]])
def test_the_text_in_force_takes_the_place_of_the_others(nodes, pieces, question, days, order):
    found = versions.InForceRetriever(Fixed([nodes[i] for i in order]), nodes, pieces).retrieve(question)
    of_clause = [one for one in found if one.node.metadata[CLAUSE]]
    assert len(of_clause) == 1 and f"within {days} days" in of_clause[0].node.text
    assert of_clause[0].score == 1.0, "each of the three documents has a text of the clause: the first rank counts"
    assert len({one.node.node_id for one in found}) == len(found)


def test_what_is_not_in_force_on_the_day_is_left_out(nodes, pieces):
    found = versions.InForceRetriever(Fixed(nodes), nodes, pieces).retrieve("As of 1 June 2020: what?")
    assert {one.node.ref_doc_id for one in found} == {"contract"}


def test_other_chunks_come_through(nodes, pieces, documents):
    other = make_nodes(document("memo", "A memo.", "2020-01-01"), [(0, 7)])[0]
    found = versions.InForceRetriever(Fixed([other]), nodes, pieces).retrieve("What?")
    assert [one.node for one in found] == [other]


def test_the_mark_of_a_piece_may_stand_in_a_document_s_name(nodes, pieces):
    """Such as CONTRA~1.md: a chunk's id begins with its document's."""
    rename = lambda node: node.model_copy(update={"id_": f"CONTRA~1 {node.node_id}"})
    renamed = [rename(node) for node in nodes]
    found = versions.InForceRetriever(Fixed(renamed), renamed, [rename(piece) for piece in pieces]).retrieve("What?")
    wanted = versions.InForceRetriever(Fixed(nodes), nodes, pieces).retrieve("What?")
    assert [one.node.text for one in found] == [one.node.text for one in wanted]


def test_a_dated_question_asks_for_the_text_before(documents, provisions):
    now = Question("q", "version", "test", "contract", "k", "What is the term?", "60 days", ("60",),
                   (provisions[2].source,))
    assert versions.dated_questions([now], provisions) == [Question(
        "q-dated", "dated", "test", "contract", "k", "As of 30 April 2022: What is the term?", "", (),
        (provisions[1].source,))]
    first = Question("q", "version", "test", "contract", "k", "?", "30", (), (provisions[0].source,))
    two = Question("q", "version", "test", "contract", "k", "?", "60", (), (provisions[2].source, provisions[0].source))
    assert versions.dated_questions([first, two], provisions) == [], "nothing before it; more than one text"


def test_every_change_in_the_archive_is_read():
    """As the archive was made: a version question's evidence is the text of its clause that is in force now."""
    corpus = load_corpus("harbour")
    provisions = versions.read_provisions(corpus.documents)
    amendments = [d for d in corpus.documents if d.metadata.get("amends")]
    # Each paragraph of an amendment that names a section of the contract, before it quotes anything, is a change.
    changes = sum(len(re.findall(r'^[^"\n]*Section \d+\.\d+', d.text, re.MULTILINE)) for d in amendments)
    later = [p for p in provisions if p.source.doc_id in {d.id_ for d in amendments}]
    assert len(later) == changes > 100 and len(provisions) == len({p.clause for p in provisions}) + changes
    for question in corpus.questions:
        if question.family == "version":
            now = [p for p in provisions if p.until == NEVER and p.source.doc_id == question.evidence[0].doc_id
                   and p.source.start <= question.evidence[0].start and question.evidence[0].end <= p.source.end]
            assert len(now) == 1, question.question_id
    nodes = fixed_size(corpus.documents, 64, 0)
    pieces = versions.with_validity(nodes, provisions)
    ends = {p.clause: 0 for p in provisions} | {p.clause: 1 for p in provisions if p.until == NEVER}
    assert set(ends.values()) == {1}
    assert {piece.metadata[CLAUSE] for piece in pieces} - {""} == set(ends)
