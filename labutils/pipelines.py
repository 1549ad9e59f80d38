"""Question answering pipelines: with passages (RAG) and without (closed book), many questions at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llama_index.core.llms import LLM
from llama_index.core.prompts import PromptTemplate
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore
from tqdm.auto import tqdm

from .metrics import parse_reply
from .models import Reply, generate
from .prompts import ABSTAIN, CLOSED_BOOK_TEMPLATE, QA_TEMPLATE, format_passages
from .retrieval import timed_retrieve

__all__ = ["ABSTAIN", "QA_PROMPT", "CLOSED_BOOK_PROMPT", "Answer", "RagPipeline", "ClosedBookPipeline", "format_context"]

QA_PROMPT = PromptTemplate(QA_TEMPLATE)
CLOSED_BOOK_PROMPT = PromptTemplate(CLOSED_BOOK_TEMPLATE)
MAX_NEW_TOKENS = 96


@dataclass(frozen=True)
class Answer:
    """A reply taken apart: the answer without its citation, the cited passages (1-based), and what it took to get it."""

    question_id: str
    raw: str
    text: str
    citations: tuple[int, ...]
    abstained: bool
    well_formed: bool
    tokens_in: int
    tokens_out: int
    retrieve_ms: float
    generate_ms: float
    context: tuple[NodeWithScore, ...] = field(default=(), repr=False)


def format_context(nodes: Sequence[NodeWithScore], numbers: list[int] | None = None) -> str:
    """The retrieved chunks as passages, each under its document's title; `numbers` are 1, 2, 3 ... by default."""
    passages = [(str(n.node.metadata.get("title", "")), n.node.get_content().strip()) for n in nodes]
    return format_passages(passages, numbers)


class ClosedBookPipeline:
    """Asks the model alone: what it answers is what its weights hold."""

    def __init__(self, llm: LLM):
        self.llm = llm

    def answer(self, questions: list, progress: str | None = None) -> list[Answer]:
        """One `Answer` per question, in order; `progress` labels a progress bar."""
        prompts = [CLOSED_BOOK_PROMPT.format(query_str=q.question) for q in questions]
        replies = generate(self.llm, prompts, MAX_NEW_TOKENS, progress)
        return [_answer(q, reply, (), 0.0) for q, reply in zip(questions, replies, strict=True)]


class RagPipeline:
    """Retrieve, put the chunks into the prompt as numbered passages, answer with citations.

    `one_by_one` asks on one passage at a time, best first, until an answer is not an abstention: for a model that reads
    one passage well and is misled by several. An answer that needs two passages is then out of reach.
    """

    def __init__(self, retriever: BaseRetriever, llm: LLM, one_by_one: bool = False):
        self.retriever, self.llm, self.one_by_one = retriever, llm, one_by_one

    def retrieve(self, questions: list, progress: str | None = None) -> list[tuple[tuple[NodeWithScore, ...], float]]:
        """(chunks, milliseconds) for each question."""
        found = []
        for question in tqdm(questions, desc=progress, disable=progress is None, leave=False):
            nodes, ms = timed_retrieve(self.retriever, question.question)
            found.append((tuple(nodes), ms))
        return found

    def answer(self, questions: list, progress: str | None = None) -> list[Answer]:
        """One `Answer` per question, in order; `progress` labels the progress bars."""
        found = self.retrieve(questions, progress and f"{progress}: retrieve")
        contexts = [nodes for nodes, _ in found]
        read = self._read_one_by_one if self.one_by_one else self._read
        replies = read([q.question for q in questions], contexts, progress and f"{progress}: answer")
        return [_answer(q, reply, nodes, ms) for q, reply, (nodes, ms) in zip(questions, replies, found, strict=True)]

    def _read(self, questions: list[str], contexts: list, progress: str | None, number: int | None = None) -> list[Reply]:
        """One reply per question from its passages; `number` is that of the only passage, if it is not 1."""
        prompts = [QA_PROMPT.format(context_str=format_context(nodes, [number] if number else None), query_str=question)
                   for question, nodes in zip(questions, contexts, strict=True)]
        return generate(self.llm, prompts, MAX_NEW_TOKENS, progress)

    def _read_one_by_one(self, questions: list[str], contexts: list, progress: str | None) -> list[Reply]:
        """The first reply that is no abstention, else the last one; tokens and time of all readings are added up."""
        replies = self._read(questions, [nodes[:1] for nodes in contexts], progress)
        for rank in range(1, max(map(len, contexts), default=0)):
            asked = [i for i, reply in enumerate(replies)
                     if rank < len(contexts[i]) and parse_reply(reply.text).abstained]
            again = self._read([questions[i] for i in asked], [contexts[i][rank : rank + 1] for i in asked], progress,
                               rank + 1)
            for i, reply in zip(asked, again, strict=True):
                before = replies[i]
                replies[i] = Reply(reply.text, before.tokens_in + reply.tokens_in, before.tokens_out + reply.tokens_out,
                                   before.ms + reply.ms)
        return replies


def _answer(question, reply: Reply, context: tuple[NodeWithScore, ...], retrieve_ms: float) -> Answer:
    parsed = parse_reply(reply.text)
    return Answer(question.question_id, reply.text, parsed.text, tuple(parsed.citations), parsed.abstained,
                  parsed.well_formed, reply.tokens_in, reply.tokens_out, retrieve_ms, reply.ms, context)
