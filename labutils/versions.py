"""What was in force on a day: which text of a clause an amendment replaced, and searches that keep to one day.

A day is a whole number, 20240116 for 16 January 2024, since that is what every vector store can compare.
"""

import copy
import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

from labutils import retrieval
from labutils.corpus import Question, Span

SINCE, UNTIL = "since", "until"
ALWAYS, NEVER = 0, 99991231
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


def asked_day(question: str, default: int = NEVER) -> int:
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

    A chunk holds from the date of its document, until more than half of its characters are replaced.
    """
    ended: dict[str, list[Provision]] = {}
    for provision in provisions:
        if provision.until != NEVER:
            ended.setdefault(provision.source.doc_id, []).append(provision)
    dated = []
    for node in nodes:
        days = {SINCE: to_day(str(node.metadata.get("date", ""))), UNTIL: _end(node, ended.get(node.ref_doc_id, []))}
        dated.append(node.model_copy(update={
            "metadata": {**node.metadata, **days},
            "excluded_embed_metadata_keys": [*node.excluded_embed_metadata_keys, SINCE, UNTIL],
            "excluded_llm_metadata_keys": [*node.excluded_llm_metadata_keys, SINCE, UNTIL]}))
    return dated


def _end(node: TextNode, ended: Iterable[Provision]) -> int:
    gone = 0
    for provision in sorted(ended, key=lambda one: one.until):
        source = provision.source
        gone += max(0, min(source.end, node.end_char_idx) - max(source.start, node.start_char_idx))
        if 2 * gone > node.end_char_idx - node.start_char_idx:
            return provision.until
    return NEVER


def in_force_on(day: int) -> MetadataFilters:
    """Return llama-index's filter for chunks of `with_validity`: in force on that day."""
    return MetadataFilters(filters=[MetadataFilter(key=SINCE, value=day, operator=FilterOperator.LTE),
                                    MetadataFilter(key=UNTIL, value=day, operator=FilterOperator.GT)])


def dated_questions(questions: Iterable[Question], provisions: Sequence[Provision]) -> list[Question]:
    """Return each question on a replaced text once more, "as of" the last day on which the text before it held.

    Its evidence is that earlier text, whole; `answer` and `accepted` are empty, since nobody wrote them down.
    """
    dated = []
    for q in questions:
        now = next((p for p in provisions for span in q.evidence if _holds(p.source, span)), None)
        before = next((p for p in provisions if now and p.clause == now.clause and p.until == now.since), None)
        if before and before.since < before.until:
            day = in_words(day_before(before.until))
            dated.append(replace(q, question_id=f"{q.question_id}-dated", family="dated", answer="", accepted=(),
                                 question=f"As of {day}: {q.question}", evidence=(before.source,)))
    return dated


def _holds(outer: Span, inner: Span) -> bool:
    return outer.doc_id == inner.doc_id and outer.start <= inner.start and inner.end <= outer.end


class FilteredRetriever(BaseRetriever):
    """Dense search and BM25, fused by rank, both under the metadata filters that `choose` gives for a question.

    The filter comes before the search, so k chunks are found as long as k pass it.
    """

    def __init__(self, index: VectorStoreIndex, nodes: Sequence[TextNode], choose: Callable[[str], MetadataFilters],
                 k: int = 20) -> None:
        super().__init__()
        self._index, self._choose, self._k = index, choose, k
        self._metadata = {node.node_id: node.metadata for node in nodes}
        self._keyword = retrieval.bm25(nodes, k)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        filters = self._choose(query_bundle.query_str)
        passes = build_metadata_filter_fn(self._metadata.__getitem__, filters)
        keyword = copy.copy(self._keyword)
        keyword.corpus_weight_mask = [int(passes(node_id)) for node_id in self._metadata]
        fusion = QueryFusionRetriever(
            [self._index.as_retriever(similarity_top_k=self._k, filters=filters), _Positive(keyword)], llm=MockLLM(),
            mode="reciprocal_rerank", similarity_top_k=self._k, num_queries=1, use_async=False)
        return fusion.retrieve(query_bundle)


class _Positive(BaseRetriever):
    """Leaves out what has no score: BM25 fills its list with masked chunks where too few others have a word."""

    def __init__(self, retriever: BaseRetriever) -> None:
        super().__init__()
        self._retriever = retriever

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [one for one in self._retriever.retrieve(query_bundle) if one.score > 0]
