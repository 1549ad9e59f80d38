"""What happens to passages between search and reader: remembered, reranked, compressed, freed from instructions.

llama-index calls such a step a node postprocessor. Those of its own that the course uses stand in notebook 1.4; here is
what they lack.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from .pipelines import format_context
from .prompts import COMPRESS_TEMPLATE, NOTHING_RELEVANT

# A sentence that speaks to a model instead of to the parties.
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget)\b[^.!?]*\b(?:instructions?|questions?|passages?|documents?)\b"
    r"|\bsystem (?:message|prompt)\b|\blanguage models?\b|\bassistant\s*[,:]", re.IGNORECASE)
_SENTENCE = re.compile(r"[^\s#][^\n]*?[.!?][\"”']?(?=\s|$)")


class Remembering(BaseRetriever):
    """Searches once for each question and gives copies of what was found, since fusion writes scores into its input."""

    def __init__(self, search: BaseRetriever) -> None:
        super().__init__()
        self._search, self.found = search, {}

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = query_bundle.query_str
        if question not in self.found:
            self.found[question] = self._search.retrieve(question)
        return copies(self.found[question])


class Postprocessed(BaseRetriever):
    """A search with postprocessors behind it, for places that take a retriever."""

    def __init__(self, search: BaseRetriever, steps: Sequence[BaseNodePostprocessor]) -> None:
        super().__init__()
        self._search, self._steps = search, list(steps)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._search.retrieve(query_bundle)
        for step in self._steps:
            found = step.postprocess_nodes(found, query_bundle=query_bundle)
        return found


def copies(found: Sequence[NodeWithScore]) -> list[NodeWithScore]:
    """Return the same chunks with scores of their own."""
    # Not validated again: it is most of the time of a remembered search.
    return [NodeWithScore.model_construct(node=one.node, score=one.score) for one in found]


def compression_prompt(question: str, one: NodeWithScore) -> str:
    """Return the prompt that asks a model for the sentences of one chunk which answer the question."""
    return COMPRESS_TEMPLATE.format(context_str=format_context([one]), query_str=question)


def compress(one: NodeWithScore, said: str) -> NodeWithScore | None:
    """Return a chunk cut to what the model copied of it; None if it copied nothing.

    A reply that does not stand in the chunk is no copy: the chunk stays whole (compare ids to count them).
    """
    said = said.strip()
    if said == NOTHING_RELEVANT:
        return None
    at = one.node.text.find(said)
    if not said or at < 0:
        return one
    start = one.node.start_char_idx + at
    node = one.node.model_copy(update={"text": said, "start_char_idx": start, "end_char_idx": start + len(said)})
    return NodeWithScore(node=node, score=one.score)


def find_orders(text: str) -> list[tuple[int, int]]:
    """Return the places of sentences that give a language model orders: (start, end), in the text's order."""
    return [found.span() for found in _SENTENCE.finditer(text) if _ORDER.search(found.group())]


class OrderFilter(BaseNodePostprocessor):
    """Takes sentences that give a language model orders out of the chunks; a chunk of nothing else is dropped.

    Patterns catch what they were written for: a first line of defense, not the last (Greshake et al. 2023, arXiv
    2302.12173). A changed chunk no longer lies at one place of its document, so its offsets stay those of the whole.
    """

    @classmethod
    def class_name(cls) -> str:
        return "OrderFilter"

    def _postprocess_nodes(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
                           ) -> list[NodeWithScore]:
        cleaned = []
        for one in nodes:
            text = one.node.text
            for start, end in reversed(find_orders(text)):
                text = text[:start].rstrip(" ") + text[end:]
            if any(sign.isalnum() for sign in text):
                node = one.node if text == one.node.text else one.node.model_copy(update={"text": text})
                cleaned.append(NodeWithScore(node=node, score=one.score))
        return cleaned
