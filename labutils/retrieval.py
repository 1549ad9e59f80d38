"""Dense, keyword and hybrid retrieval through llama-index, and how much of the gold evidence they find."""

import copy
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import MockLLM
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores import MetadataFilters, SimpleVectorStore
from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryMode, VectorStoreQueryResult
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

from labutils import meter, metrics
from labutils.corpus import Corpus, Question, Span
from labutils.errors import LabsError
from labutils.prompts import format_passages

COLUMNS = ("retriever", "question_id", "family", "klass", "cluster", "evidence_recall", "evidence_precision", "hit",
           "mrr", "retrieve_ms", "retrieved_chars")


class MatrixVectorStore(SimpleVectorStore):
    """llama-index's SimpleVectorStore that compares a question with all vectors at once instead of one by one.

    The same cosines in the same order; equal ones in the order of the nodes. Queries restricted to some nodes, and
    modes other than the default one, are left to the parent.
    """

    _ids: list[str] = PrivateAttr(default_factory=list)
    _matrix: np.ndarray | None = PrivateAttr(default=None)
    _masks: dict[str, np.ndarray] = PrivateAttr(default_factory=dict)

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Add nodes with their vectors; return their ids."""
        self._matrix = None
        return super().add(nodes, **kwargs)

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Return the ids of the nearest vectors, nearest first, with their cosines."""
        ids = list(self.data.embedding_dict)
        # A retriever names all nodes of its index, which is no restriction.
        restricted = query.node_ids is not None and not set(ids) <= set(query.node_ids)
        if restricted or query.mode != VectorStoreQueryMode.DEFAULT:
            return super().query(query, **kwargs)
        if not ids:
            return VectorStoreQueryResult(similarities=[], ids=[])
        if self._matrix is None or ids != self._ids:
            vectors = np.array(list(self.data.embedding_dict.values()), dtype=np.float32)
            self._matrix = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
            self._ids, self._masks = ids, {}
        wanted = np.asarray(query.query_embedding, dtype=np.float32)
        # Rounded: the last bits of a product depend on the row, and equal chunks must stay in their order.
        cosines = np.round(self._matrix @ (wanted / np.linalg.norm(wanted)), 6)
        nearest = np.argsort(-cosines, kind="stable")
        if query.filters:
            nearest = nearest[self._mask(query.filters)[nearest]]
        nearest = nearest[:query.similarity_top_k]
        return VectorStoreQueryResult(similarities=cosines[nearest].tolist(), ids=[ids[i] for i in nearest])

    def _mask(self, filters: MetadataFilters) -> np.ndarray:
        """Which rows of the matrix pass; kept, since most questions of a run share their filters."""
        key = filters.model_dump_json()
        if key not in self._masks:
            metadata = self.data.metadata_dict
            self._masks[key] = np.array(passing(filters, [metadata.get(node_id, {}) for node_id in self._ids]))
        return self._masks[key]


def passing(filters: MetadataFilters, metadata: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Return which metadata pass; where all keys of the filters agree, as in the chunks of a document, one look does."""
    keys = [one.key for one in filters.filters]
    alike = [repr([one.get(key) for key in keys]) for one in metadata]
    examples = dict(zip(alike, metadata))
    passes = build_metadata_filter_fn(examples.__getitem__, filters)
    passed = {values: passes(values) for values in examples}
    return [passed[values] for values in alike]


def build_index(nodes: Sequence[BaseNode], embedder: BaseEmbedding, show_progress: bool = False) -> VectorStoreIndex:
    """Return an in-memory vector index of the nodes; vectors that the embedder has on disk are not computed again.

    Raises LabsError when there is nothing to index.
    """
    if not nodes:
        raise LabsError("there is no chunk to index; is the corpus empty?")
    index = VectorStoreIndex(list(nodes), embed_model=embedder, show_progress=show_progress,
                             storage_context=StorageContext.from_defaults(vector_store=MatrixVectorStore()))
    flush = getattr(embedder, "flush", None)
    if flush:
        flush()
    return index


def dense(index: VectorStoreIndex, k: int = 5) -> BaseRetriever:
    """Return a retriever of the k chunks whose vectors are nearest to the question's (cosine)."""
    return index.as_retriever(similarity_top_k=k)


def bm25(nodes: Sequence[BaseNode], k: int = 5) -> BaseRetriever:
    """Return a retriever of the k chunks with the highest BM25 score, English stems (library: bm25s).

    Raises LabsError when there is nothing to search.
    """
    import Stemmer
    from llama_index.retrievers.bm25 import BM25Retriever

    if not nodes:
        raise LabsError("there is no chunk to search; is the corpus empty?")
    # More than there are would only earn a warning of the library.
    return BM25Retriever.from_defaults(nodes=list(nodes), similarity_top_k=min(k, len(nodes)), language="en",
                                       stemmer=Stemmer.Stemmer("english"), verbose=False)


def hybrid(index: VectorStoreIndex, nodes: Sequence[BaseNode], k: int = 5, pool: int = 20) -> BaseRetriever:
    """Return the k best of the first `pool` dense and the first `pool` BM25 chunks by reciprocal rank fusion.

    Source: Cormack, Clarke, Buettcher 2009 (constant 60), as llama-index's QueryFusionRetriever has it.
    """
    # num_queries=1 asks no model for other wordings; the llm argument keeps llama-index from looking for a default one.
    pool = max(pool, k)
    return QueryFusionRetriever(
        [dense(index, pool), bm25(nodes, pool)], llm=MockLLM(), mode="reciprocal_rerank", similarity_top_k=k,
        num_queries=1, use_async=False, verbose=False)


class FilteredRetriever(BaseRetriever):
    """Dense search and BM25, fused by rank, both under the metadata filters that `choose` gives for a question.

    The filter comes before the search, so k chunks are found as long as k pass it. As in `hybrid`, the best k come from
    the first 20 of each search; chunks without a word of the question come from the dense one alone. Without `keywords`
    there is no BM25, and the k come from the dense search.
    """

    def __init__(self, index: VectorStoreIndex, nodes: Sequence[TextNode], choose: Callable[[str], MetadataFilters],
                 k: int = 20, keywords: bool = True) -> None:
        super().__init__()
        self._index, self._choose, self._k, self._pool = index, choose, k, max(20, k)
        self._metadata = [node.metadata for node in nodes]
        self._keyword = bm25(nodes, self._pool) if keywords else None
        self._masks: dict[str, list[int]] = {}

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        filters = self._choose(query_bundle.query_str)
        if self._keyword is None:
            return self._index.as_retriever(similarity_top_k=self._k, filters=filters).retrieve(query_bundle)
        keyword = copy.copy(self._keyword)
        keyword.corpus_weight_mask = self._mask(filters)
        fusion = QueryFusionRetriever(
            [self._index.as_retriever(similarity_top_k=self._pool, filters=filters), _Positive(keyword)], llm=MockLLM(),
            mode="reciprocal_rerank", similarity_top_k=self._k, num_queries=1, use_async=False)
        return fusion.retrieve(query_bundle)

    def _mask(self, filters: MetadataFilters) -> list[int]:
        key = filters.model_dump_json()
        if key not in self._masks:
            self._masks[key] = list(map(int, passing(filters, self._metadata)))
        return self._masks[key]


class _Positive(BaseRetriever):
    """Leaves out what has no score: BM25 fills its list with masked chunks where too few others have a word."""

    def __init__(self, retriever: BaseRetriever) -> None:
        super().__init__()
        self._retriever = retriever

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [one for one in self._retriever.retrieve(query_bundle) if one.score > 0]


def timed_retrieve(retriever: BaseRetriever, question: str) -> tuple[list[NodeWithScore], float]:
    """Return what a retriever finds and the milliseconds it took; a cached vector is charged what one typically takes."""
    saved, start = meter.saved_ms(), time.perf_counter()
    found = retriever.retrieve(question)
    return found, (time.perf_counter() - start) * 1000 + meter.saved_ms() - saved


def node_span(node: BaseNode) -> Span:
    """Return where a chunk lies in its document; LabsError when its chunker kept no offsets."""
    start, end = getattr(node, "start_char_idx", None), getattr(node, "end_char_idx", None)
    if node.ref_doc_id is None or start is None or end is None:
        raise LabsError(f"chunk {node.node_id} has no document or no offsets; make chunks with labutils.chunking")
    return Span(node.ref_doc_id, start, end)


def keep_characters(found: Sequence[NodeWithScore], kept: Sequence[int]) -> list[NodeWithScore]:
    """Return the first `len(kept)` chunks as copies, each with its first `kept[i]` characters; offsets are cut as well.

    A chunk of which nothing is kept is left out. Raises LabsError for a number of characters that a chunk lacks.
    """
    if len(kept) > len(found):
        raise LabsError(f"{len(kept)} chunks are to be kept, {len(found)} were found")
    cut = []
    for one, count in zip(found, kept):
        size = len(one.node.text)
        if not 0 <= count <= size:
            raise LabsError(f"{count} characters of a chunk of {size} cannot be kept")
        if count:
            node = one.node.model_copy(update={"text": one.node.text[:count],
                                               "end_char_idx": one.node.end_char_idx - size + count})
            cut.append(NodeWithScore(node=node, score=one.score))
    return cut


class TokenBudget(BaseNodePostprocessor):
    """Keeps, in rank order, what `budget` tokens of context pay for; the chunk that does not fit is cut (notebook 1.2).

    Each chunk is charged with the line of its title and the break in front of it, since the prompt has them. The last
    chunk is cut as if its tokens were spread evenly over its characters, so a prompt may hold some tokens more or less.
    """

    budget: int
    _count: Callable[[str], int] = PrivateAttr()

    def __init__(self, budget: int, count: Callable[[str], int]) -> None:
        super().__init__(budget=budget)
        self._count = count

    @classmethod
    def class_name(cls) -> str:
        return "TokenBudget"

    def tokens(self, node: BaseNode) -> tuple[int, int]:
        """Return the tokens of a chunk's title line and of its text."""
        title = format_passages([(str(node.metadata.get("title", "")), "")])
        return self._count(f"\n\n{title}\n"), self._count(node.text)

    def _postprocess_nodes(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
                           ) -> list[NodeWithScore]:
        passages = [(len(one.node.text), *self.tokens(one.node)) for one in nodes]
        return keep_characters(nodes, metrics.fill_budget(passages, self.budget))


def _touches(found: Span, gold: Span, texts: Mapping[str, str]) -> bool:
    """Return whether two spans share at least one character that is not white space."""
    start, end = max(found.start, gold.start), min(found.end, gold.end)
    return found.doc_id == gold.doc_id and start < end and bool(texts[gold.doc_id][start:end].strip())


def score(spans: Sequence[Span], gold: Sequence[Span], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return evidence_recall, evidence_precision (characters), hit and mrr of spans in rank order; each is in 0..1.

    hit: every gold span is touched. mrr: 1 / rank of the first span that touches gold, 0 when none does.
    Source: LegalBench-RAG (arXiv 2408.10343) for the characters.
    """
    recall, precision = metrics.evidence_scores(spans, gold, texts)
    ranks = [rank for rank, span in enumerate(spans, start=1) if any(_touches(span, one, texts) for one in gold)]
    hit = all(any(_touches(span, one, texts) for span in spans) for one in gold)
    return {"evidence_recall": recall, "evidence_precision": precision, "hit": hit,
            "mrr": 1 / ranks[0] if ranks else 0.0}


def evaluate(
    retrievers: Mapping[str, BaseRetriever], questions: Iterable[Question], corpus: Corpus, show_progress: bool = False,
    budget: TokenBudget | None = None
) -> pd.DataFrame:
    """Return one row per (retriever, question) with the columns COLUMNS; with a `budget`, of what it keeps.

    With a budget there is a further column `tokens`: what titles and texts of the kept chunks cost.

    evidence_recall and evidence_precision: share of the gold (of the retrieved) characters that are in both, white
    space left out; retrieve_ms: milliseconds; retrieved_chars: characters of all retrieved chunks, overlaps counted
    each time, since that is what a model would have to read. Questions without gold evidence are left out.
    Raises LabsError when no question has any.
    """
    from tqdm.auto import tqdm

    asked = [question for question in questions if question.evidence]
    if not asked:
        raise LabsError("no question has gold evidence, so retrieval cannot be scored; add the field evidence to them")
    texts = corpus.texts()
    rows = []
    for name, retriever in retrievers.items():
        for question in tqdm(asked, desc=f"retrieving: {name}", disable=not show_progress):
            found, ms = timed_retrieve(retriever, question.question)
            found = budget.postprocess_nodes(found) if budget else found
            spent = {"tokens": sum(sum(budget.tokens(one.node)) for one in found)} if budget else {}
            rows.append({
                "retriever": name, "question_id": question.question_id, "family": question.family,
                "klass": question.klass, "cluster": question.cluster,
                **score([node_span(one.node) for one in found], question.evidence, texts),
                "retrieve_ms": ms, "retrieved_chars": sum(len(one.node.get_content()) for one in found), **spent})
    return pd.DataFrame(rows, columns=[*COLUMNS, "tokens"] if budget else list(COLUMNS))
