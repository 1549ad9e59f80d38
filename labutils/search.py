"""The search that lab 1 arrives at by notebook 1.3: look-ups in front, routes as filters, the text in force behind."""

from __future__ import annotations

from collections.abc import Sequence

from llama_index.core import VectorStoreIndex
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import Document, TextNode

from . import retrieval, versions
from .queries import LookUps

DEPTH = 20  # chunks found before versions are followed and the best are kept


def following(search: BaseRetriever, nodes: Sequence[TextNode], documents: Sequence[Document]) -> BaseRetriever:
    """Return `search` with texts that are no longer in force replaced; `search` itself if nothing was ever amended."""
    provisions = versions.read_provisions(documents)
    if not provisions:
        return search
    return versions.InForceRetriever(search, nodes, versions.with_validity(nodes, provisions))


def house_search(index: VectorStoreIndex, nodes: Sequence[TextNode], documents: Sequence[Document], look_ups: LookUps,
                 k: int = DEPTH) -> BaseRetriever:
    """Return dense search and BM25, fused by ranks, under the filters that a question calls for, versions followed.

    k chunks for a question, or for each contract that it compares, after the sentences looked up. `index` holds `nodes`,
    which are chunks of `documents`. Where there are no contracts, lists or amendments, the steps for them do nothing.
    """
    search = retrieval.FilteredRetriever(index, nodes, look_ups.filters, max(k, DEPTH))
    return look_ups.retriever(following(search, nodes, documents), k)
