"""Question answering pipelines: with passages (RAG) and without (closed book), many questions at a time."""

from __future__ import annotations

from collections.abc import Callable
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


def format_context(nodes: list[NodeWithScore]) -> str:
    """The retrieved chunks as numbered passages, each under its document's title."""
    return format_passages([(str(n.node.metadata.get("title", "")), n.node.get_content().strip()) for n in nodes])


class ClosedBookPipeline:
    """Asks the model alone: what it answers is what its weights hold. For `min_probability` see `RagPipeline`."""

    def __init__(self, llm: LLM, min_probability: float = 0.0):
        self.llm, self.min_probability = llm, min_probability

    def answer(self, questions: list, progress: str | None = None) -> list[Answer]:
        """One `Answer` per question, in order; `progress` labels a progress bar."""
        prompts = [CLOSED_BOOK_PROMPT.format(query_str=q.question) for q in questions]
        replies = generate(self.llm, prompts, MAX_NEW_TOKENS, progress)
        return [_answer(q, reply, (), 0.0, self.min_probability) for q, reply in zip(questions, replies, strict=True)]


class RagPipeline:
    """Retrieve, put the chunks into the prompt as numbered passages, answer with citations.

    `rewrite` makes of a question what the model is asked; the retriever gets the question as it is. A reply to which
    the model gives less than `min_probability` becomes an abstention (selective prediction: El-Yaniv, Wiener 2010); an
    endpoint gives no probability, and its replies stay.
    """

    def __init__(self, retriever: BaseRetriever, llm: LLM, rewrite: Callable[[str], str] = str,
                 min_probability: float = 0.0):
        self.retriever, self.llm, self.rewrite, self.min_probability = retriever, llm, rewrite, min_probability

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
        prompts = [QA_PROMPT.format(context_str=format_context(nodes), query_str=self.rewrite(q.question))
                   for q, (nodes, _) in zip(questions, found, strict=True)]
        replies = generate(self.llm, prompts, MAX_NEW_TOKENS, progress and f"{progress}: answer")
        return [_answer(q, reply, nodes, ms, self.min_probability)
                for q, reply, (nodes, ms) in zip(questions, replies, found, strict=True)]


def _answer(question, reply: Reply, context: tuple[NodeWithScore, ...], retrieve_ms: float,
            min_probability: float) -> Answer:
    unsure = reply.probability is not None and reply.probability < min_probability
    said = ABSTAIN if unsure else reply.text
    parsed = parse_reply(said)
    return Answer(question.question_id, said, parsed.text, tuple(parsed.citations), parsed.abstained,
                  parsed.well_formed, reply.tokens_in, reply.tokens_out, retrieve_ms, reply.ms, context)
