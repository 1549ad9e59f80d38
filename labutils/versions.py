"""What was in force on a day: which text of a clause an amendment replaced, and searches that keep to one day.

A day is a whole number, 20240116 for 16 January 2024, since that is what every vector store can compare.
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from llama_index.core import Document
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters

from labutils.corpus import Question, Span

SINCE, UNTIL, CLAUSE = "since", "until", "clause"
PIECE = "~"  # between the id of a chunk and where in it a piece begins
# Of a document without a date; of a text that nothing replaced; of a question that names no day.
ALWAYS, NEVER, NOW = 0, 99999999, 99991231
# 'Section 9.2 of the Agreement ("Insurance") is deleted and replaced ...: "new text"', in any drafter's words.
_CHANGE = re.compile(r'Section (?P<number>\d+\.\d+)[^"\n]*"[^"\n]*"[^"\n]*: "(?P<text>[^"\n]*)"')
_MONTHS = [datetime.date(2000, month, 1).strftime("%B") for month in range(1, 13)]
_DAY = re.compile(rf"\b[Aa]s of (\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}})\b")


@dataclass(frozen=True)
class Provision:
    """One text of a clause and where it stands; in force from the day `since` until the day before `until`."""

    clause: str
    source: Span
    since: int
    until: int = NEVER


def to_day(iso: str) -> int:
    """Return 20240116 for "2024-01-16"; ALWAYS for a document without a date."""
    return int(iso.replace("-", "")) if iso else ALWAYS


def day_before(day: int) -> int:
    """Return the day before a day."""
    date = datetime.date(day // 10_000, day // 100 % 100, day % 100) - datetime.timedelta(days=1)
    return to_day(date.isoformat())


def in_words(day: int) -> str:
    """Return "16 January 2024" for 20240116."""
    return f"{day % 100} {_MONTHS[day // 100 % 100 - 1]} {day // 10_000}"


def asked_day(question: str, default: int = NOW) -> int:
    """Return the day of "as of 16 January 2024" in a question; the default where it names none."""
    found = _DAY.search(question)
    if not found:
        return default
    return int(found[3]) * 10_000 + (_MONTHS.index(found[2]) + 1) * 100 + int(found[1])


def read_provisions(documents: Iterable[Document]) -> list[Provision]:
    """Return every text of every clause that an amendment or a side letter replaces, oldest first within a clause.

    The first text is the paragraph of that number in the contract. A change that points to a paragraph which the
    contract does not have is left out: there is nothing that it could take the place of.
    """
    documents = {document.id_: document for document in documents}
    texts: dict[str, list[Provision]] = {}
    for document in documents.values():
        contract = documents.get(document.metadata.get("amends") or "")
        for change in _CHANGE.finditer(document.text) if contract else ():
            clause = f"{contract.id_} {change['number']}"
            first = re.search(rf"^{re.escape(change['number'])} .+$", contract.text, re.MULTILINE)
            if first:
                source = Span(contract.id_, first.start(), first.end())
                found = texts.setdefault(clause, [Provision(clause, source, _signed(contract))])
                found.append(Provision(clause, Span(document.id_, change.start("text"), change.end("text")),
                                       _signed(document)))
    return [provision for found in texts.values() for provision in _with_ends(found)]


def _signed(document: Document) -> int:
    return to_day(str(document.metadata.get("date", "")))


def _with_ends(found: list[Provision]) -> list[Provision]:
    ordered = sorted(found, key=lambda provision: provision.since)
    return [replace(one, until=following.since) for one, following in zip(ordered, ordered[1:])] + ordered[-1:]


def with_validity(nodes: Sequence[TextNode], provisions: Iterable[Provision]) -> list[TextNode]:
    """Return copies of the nodes with the days "since" and "until" as metadata, for filters, not for search.

    Each text of `provisions` becomes a chunk of its own, or several, and carries the name of its clause as well: a
    chunk that held it beside other text is cut there.
    """
    by_document: dict[str, list[Provision]] = {}
    for provision in provisions:
        by_document.setdefault(provision.source.doc_id, []).append(provision)
    return [piece for node in nodes for piece in _pieces(node, by_document.get(node.ref_doc_id, []))]


def _pieces(node: TextNode, provisions: Iterable[Provision]) -> list[TextNode]:
    start, end = node.start_char_idx, node.end_char_idx
    inside = sorted((max(start, p.source.start), min(end, p.source.end), p) for p in provisions
                    if p.source.start < end and start < p.source.end)
    places, at = [], start
    for low, high, provision in inside:
        places += [(at, low, None), (low, high, provision)]
        at = high
    made = [_piece(node, *place) for place in [*places, (at, end, None)] if place[0] < place[1]]
    return [piece for piece in made if any(sign.isalnum() for sign in piece.text)]


def _piece(node: TextNode, start: int, end: int, provision: Provision | None) -> TextNode:
    signed = to_day(str(node.metadata.get("date", "")))
    known = {SINCE: provision.since if provision else signed, UNTIL: provision.until if provision else NEVER,
             CLAUSE: provision.clause if provision else ""}
    hidden = list(known)
    at = start - node.start_char_idx
    return node.model_copy(update={
        "id_": node.node_id if (start, end) == (node.start_char_idx, node.end_char_idx) else f"{node.node_id}{PIECE}{at}",
        "text": node.text[at:at + end - start], "start_char_idx": start, "end_char_idx": end,
        "metadata": {**node.metadata, **known},
        "excluded_embed_metadata_keys": [*node.excluded_embed_metadata_keys, *hidden],
        "excluded_llm_metadata_keys": [*node.excluded_llm_metadata_keys, *hidden]})


def in_force_on(day: int) -> MetadataFilters:
    """Return llama-index's filter for chunks of `with_validity`: in force on that day."""
    return MetadataFilters(filters=[MetadataFilter(key=SINCE, value=day, operator=FilterOperator.LTE),
                                    MetadataFilter(key=UNTIL, value=day, operator=FilterOperator.GT)])


def dated_questions(questions: Iterable[Question], provisions: Sequence[Provision]) -> list[Question]:
    """Return questions on one replaced text once more, "as of" the last day on which the text before it held.

    Its evidence is that earlier text, whole; `answer` and `accepted` are empty, since nobody wrote them down.
    """
    dated = []
    for q in questions:
        now = next((p for p in provisions if len(q.evidence) == 1 and _holds(p.source, q.evidence[0])), None)
        before = next((p for p in provisions if now and p.clause == now.clause and p.until == now.since), None)
        if before and before.since < before.until:
            day = in_words(day_before(before.until))
            dated.append(replace(q, question_id=f"{q.question_id}-dated", family="dated", answer="", accepted=(),
                                 question=f"As of {day}: {q.question}", evidence=(before.source,)))
    return dated


def _holds(outer: Span, inner: Span) -> bool:
    return outer.doc_id == inner.doc_id and outer.start <= inner.start and inner.end <= outer.end


class InForceRetriever(BaseRetriever):
    """What `search` finds among `nodes`, with each text not in force on the asked day replaced by the one that is.

    So the text in force comes at the best rank of all texts of its clause, whichever words led to it. `pieces` are
    `with_validity(nodes, ...)`. What is not in force and has no text that is, is left out; chunks that are not among
    `nodes` come through as they are.
    """

    def __init__(self, search: BaseRetriever, nodes: Sequence[TextNode], pieces: Sequence[TextNode]) -> None:
        super().__init__()
        self._search = search
        self._pieces: dict[str, list[TextNode]] = {node.node_id: [] for node in nodes}
        self._texts: dict[str, list[TextNode]] = {}
        for piece in pieces:
            # An uncut piece has its chunk's id, which may hold the mark itself: it comes from a file's name.
            whole = piece.node_id if piece.node_id in self._pieces else piece.node_id.rpartition(PIECE)[0]
            self._pieces[whole].append(piece)
            if piece.metadata[CLAUSE]:
                self._texts.setdefault(piece.metadata[CLAUSE], []).append(piece)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        day = asked_day(query_bundle.query_str)
        kept: dict[str, NodeWithScore] = {}
        for one in self._search.retrieve(query_bundle):
            pieces = self._pieces.get(one.node.node_id)
            for node in [one.node] if pieces is None else [now for piece in pieces for now in self._now(piece, day)]:
                kept.setdefault(node.node_id, NodeWithScore(node=node, score=one.score))
        return list(kept.values())

    def _now(self, piece: TextNode, day: int) -> list[TextNode]:
        """The piece itself if it is in force on the day, else what is in force of its clause."""
        texts = [piece] if _in_force(piece, day) else self._texts.get(piece.metadata[CLAUSE], [])
        return [text for text in texts if _in_force(text, day)]


def _in_force(node: TextNode, day: int) -> bool:
    return node.metadata[SINCE] <= day < node.metadata[UNTIL]
