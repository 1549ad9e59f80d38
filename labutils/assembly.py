"""Question answering pipelines whose parts can be taken out one by one: what lab 1 taught, put together. Notebook 1.7.

Where the rules of `extraction.Planner` see several cells behind a question, each is searched for by itself and code
joins what was read; any other question is one search and one prompt.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from llama_index.core import VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import Document, NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores import MetadataFilters

from . import bench, chunking, extraction, graph, meter, metrics, queries, reranking, retrieval, search
from .corpus import Question
from .errors import LabsError
from .models import PreparedLLM, Reply
from .pipelines import ABSTAIN, MAX_NEW_TOKENS, QA_PROMPT, format_context
from .postprocessing import Postprocessed, Remembering, copies

# In the order in which a question passes them; see `Pipeline`.
PARTS = ("short chunks", "keywords", "look-ups", "routes", "in force", "tuned embedder", "cross-encoder", "plans")
INSIDE = frozenset({"short chunks", "keywords", "routes", "in force", "tuned embedder"})  # of the search itself
# Tokens of context: as many for each cell that a question needs, whatever the pipeline makes of them, up to a limit.
PER_CELL, MOST_TOKENS = 300, 1500


@dataclass
class Archive:
    """Documents, and what pipelines over them share: chunks and indexes, made when they are first asked for.

    `embedders` maps False to the embedder as it came and True to the tuned one; `reranker` may be None if no pipeline
    has the part "cross-encoder". `table` holds values read ahead (cell -> value), `sources` the passages behind them:
    with "plans", questions on the whole archive are answered from it. `replies` are those read so far, by prompt.
    """

    documents: Sequence[Document]
    embedders: Mapping[bool, BaseEmbedding]
    budget: Callable[[int], retrieval.TokenBudget]
    reranker: reranking.PreparedRerank | None = None
    table: Mapping[extraction.Cell, str] = field(default_factory=dict)
    sources: Mapping[extraction.Cell, list[NodeWithScore]] = field(default_factory=dict)
    replies: dict[str, Reply] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.house = queries.LookUps(self.documents)
        self.planner = extraction.Planner(self.documents)
        self.texts = {document.id_: document.text for document in self.documents}
        self.nodes = functools.cache(self._nodes)
        self.index = functools.cache(self._index)
        self.inside = functools.cache(self._inside)
        # Every pipeline asks for the same of a question.
        self.plan = functools.cache(self.planner.plan)
        self.counts = functools.cache(self._counts)

    def _nodes(self, short: bool) -> list[TextNode]:
        return bench.make_nodes(self.documents) if short else chunking.fixed_size(self.documents, 96, 16)

    def _index(self, short: bool, tuned: bool) -> VectorStoreIndex:
        return retrieval.build_index(self.nodes(short), self.embedders[tuned])

    def _inside(self, parts: frozenset[str]) -> Charged:
        """The search for one question on one contract, which stands before reranking and inside the look-ups."""
        short = "short chunks" in parts
        nodes, index = self.nodes(short), self.index(short, "tuned embedder" in parts)
        choose = self.house.filters if "routes" in parts else lambda question: MetadataFilters(filters=[])
        found = retrieval.FilteredRetriever(index, nodes, choose, search.DEPTH, keywords="keywords" in parts)
        return Charged(search.following(found, nodes, self.documents) if "in force" in parts else found)

    def room(self, question: str) -> retrieval.TokenBudget:
        """What any pipeline may read for a question: as much for each cell that it needs, for fair comparisons."""
        plan = self.plan(question)
        cells = len(plan.cells) if plan else len(self.planner.contracts) if self.counts(question) else 1
        return self.budget(min(MOST_TOKENS, PER_CELL * cells))

    def _counts(self, question: str) -> list[graph.Triplet]:
        """The edges that a question on the whole archive counts; none for one that names or describes a document."""
        named = queries.documents_named(self.house.rewrite(question), self.documents)
        return [] if named else graph.counted(question, self.triplets)

    @functools.cached_property
    def triplets(self) -> list[graph.Triplet]:
        """What can be counted: parties and types by the titles, laws by the table."""
        laws = [graph.Triplet(self.planner.title(doc_id), graph.LAW, value)
                for (doc_id, topic), value in self.table.items() if topic == "governing law" and value]
        return graph.contract_triplets(self.planner.contracts.values()) + laws


@dataclass(frozen=True)
class Asked:
    """A question with the prompts that it takes, and the passages in them, the best of each prompt first.

    With `cells`, there is a prompt for each and code joins the replies. With `said`, it is answered without a prompt.
    `pairs` counts what the cross-encoder read, `ms` is the time of searching without it.
    """

    question: Question
    context: list[NodeWithScore]
    prompts: tuple[str, ...] = ()
    cells: tuple[extraction.Cell, ...] = ()
    said: str | None = None
    pairs: int = 0
    ms: float = 0.0


class Charged(Remembering):
    """Searches once for each question; whoever asks again is charged the time that it took (see `meter`)."""

    def __init__(self, search: BaseRetriever) -> None:
        super().__init__(search)
        self._ms: dict[str, float] = {}

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = query_bundle.query_str
        if question in self.found:
            meter.add_saved(self._ms[question])
        else:
            self.found[question], self._ms[question] = retrieval.timed_retrieve(self._search, question)
        return copies(self.found[question])


class Pipeline:
    """The parts named, over an archive. Raises LabsError for a part that there is not.

    short chunks: 64 tokens with title and context in what is searched, instead of 96 bare ones with an overlap of 16;
    keywords: BM25 beside dense search, fused by ranks; look-ups: glossary, register, and a search for each contract
    that a question names; routes: only in the documents named; in force: amended texts replaced; tuned embedder,
    cross-encoder: the models trained in notebooks 1.3 and 1.4; plans: a search for each cell, joined by code (1.6).
    """

    def __init__(self, name: str, parts: Collection[str], archive: Archive) -> None:
        if unknown := set(parts) - set(PARTS):
            raise LabsError(f"There is no part {', '.join(sorted(unknown))}. The parts are {', '.join(PARTS)}.")
        self.name, self.parts, self.archive = name, frozenset(parts), archive
        self._inside = archive.inside(self.parts & INSIDE)
        self._search = self._inside
        if "cross-encoder" in parts:
            self._search = Postprocessed(self._inside, [reranking.RerankFirst(reranker=archive.reranker)])
        if "look-ups" in parts:
            self._search = archive.house.retriever(self._search, search.DEPTH)
        self._spent: dict[str, tuple[float, int]] = {}

    def ask(self, questions: Sequence[Question]) -> list[Asked]:
        """Search for all questions; the cross-encoder reads what it has to in batches."""
        tabled = [self._from_table(q.question) for q in questions]
        self._search_ahead([wanted for q, known in zip(questions, tabled) if not known
                            for wanted in self._wanted(q.question)])
        return [self._ask(q, known) for q, known in zip(questions, tabled)]

    def answers(self, asked: Sequence[Asked], ms_per_pair: float = 0.0) -> pd.DataFrame:
        """Return a row for each question asked, of the archive's replies to its prompts.

        evidence_recall and recall_at_5 are of all passages read and of the first five, missing for a question without
        evidence; probability is that of the least sure reply, missing where there is none; tokens are those of the
        prompts; ms is one question's share of all searching, reranking and reading.
        """
        replies = self.archive.replies
        return pd.DataFrame([self._row(one, [replies[prompt] for prompt in one.prompts], ms_per_pair) for one in asked])

    def _plan(self, question: str) -> extraction.Plan | None:
        return self.archive.plan(question) if "plans" in self.parts else None

    def _wanted(self, question: str) -> list[str]:
        """What is searched for: the question itself, or one for each cell."""
        plan = self._plan(question)
        return [self.archive.planner.question(cell) for cell in plan.cells] if plan else [question]

    def _search_ahead(self, wanted: Sequence[str]) -> None:
        """Search once for each text, and note the time and how many pairs a cross-encoder has to read for it."""
        texts = [text for text in dict.fromkeys(wanted) if text not in self._spent]
        pairs: dict[str, list[NodeWithScore]] = {}
        for text in texts:
            asked = Remembering(self._inside)  # notes what the look-ups make of the text
            outer = self.archive.house.retriever(asked, search.DEPTH) if "look-ups" in self.parts else asked
            _, ms = retrieval.timed_retrieve(outer, text)
            first = {query: found[:reranking.FIRST] for query, found in asked.found.items()}
            pairs |= first
            self._spent[text] = ms, sum(map(len, first.values())) if "cross-encoder" in self.parts else 0
        if "cross-encoder" in self.parts and pairs:
            self.archive.reranker.prepare(list(pairs), list(pairs.values()))

    def _ask(self, question: Question, known: tuple[str, list[NodeWithScore]] | None) -> Asked:
        room = self.archive.room(question.question)
        if known:
            return Asked(question, room.postprocess_nodes(known[1]), said=known[0])
        if plan := self._plan(question.question):
            return self._ask_cells(question, plan)
        context = room.postprocess_nodes(self._search.retrieve(question.question))
        return Asked(question, context, (self._prompt(question.question, context),), **self._cost([question.question]))

    def _ask_cells(self, question: Question, plan: extraction.Plan) -> Asked:
        budget, wanted = self.archive.budget(PER_CELL), self._wanted(question.question)
        by_cell = [budget.postprocess_nodes(self._search.retrieve(text)) for text in wanted]
        context = self._rule(plan) + extraction.in_turn(by_cell)
        if plan.operation == "fields":  # one prompt over all that was found
            context = self.archive.room(question.question).postprocess_nodes(context)
            return Asked(question, context, (self._prompt(question.question, context),), **self._cost(wanted))
        prompts = tuple(QA_PROMPT.format(context_str=format_context(found), query_str=text)
                        for found, text in zip(by_cell, wanted))
        return Asked(question, context, prompts, plan.cells, **self._cost(wanted))

    def _prompt(self, question: str, context: list[NodeWithScore]) -> str:
        said = self.archive.house.rewrite(question) if "look-ups" in self.parts else question
        return QA_PROMPT.format(context_str=format_context(context), query_str=said)

    def _cost(self, wanted: Sequence[str]) -> dict[str, float]:
        spent = [self._spent[text] for text in wanted]
        return {"ms": sum(ms for ms, _ in spent), "pairs": sum(pairs for _, pairs in spent)}

    def _rule(self, plan: extraction.Plan) -> list[NodeWithScore]:
        """The playbook's sentence that a label follows from, as a passage."""
        if plan.operation != "label":
            return []
        source = self.archive.planner.rules[plan.cells[0][1]].source
        document = next(document for document in self.archive.documents if document.id_ == source.doc_id)
        return [NodeWithScore(node=node, score=1.0)
                for node in chunking.make_nodes(document, [(source.start, source.end)], "rule")]

    def _from_table(self, question: str) -> tuple[str, list[NodeWithScore]] | None:
        """The answer to a question on the whole archive, and the passages that it rests on; None for any other."""
        if "plans" not in self.parts:
            return None
        archive, planner, plan = self.archive, self.archive.planner, self._plan(question)
        if plan and len(plan.cells) == len(planner.contracts):
            cells = planner.support(plan, archive.table)
            sources = [archive.sources.get(cell, []) for cell in cells]
            return planner.answer(plan, archive.table), extraction.in_turn(sources)
        counted = archive.counts(question) if plan is None else []
        if not counted:
            return None
        ids = {planner.title(doc_id): doc_id for doc_id in planner.contracts}
        sources = [archive.sources.get((ids[one.head], "governing law"), []) if one.relation == graph.LAW
                   else self._opening(ids[one.head]) for one in counted]
        return str(len(counted)), extraction.in_turn([found[:1] for found in sources])

    def _opening(self, doc_id: str) -> list[NodeWithScore]:
        """The first chunk of a document, which holds its title."""
        return [NodeWithScore(node=next(node for node in self.archive.nodes("short chunks" in self.parts)
                                        if node.ref_doc_id == doc_id), score=1.0)]

    def found(self, one: Asked) -> dict[str, object]:
        """Return what the passages of a question hold of its evidence, all of them and the first five."""
        q, spans = one.question, [retrieval.node_span(found.node) for found in one.context]
        recall, at_5 = (metrics.evidence_scores(some, q.evidence, self.archive.texts)[0] if q.evidence else None
                        for some in (spans, spans[:5]))
        return {"pipeline": self.name, "question_id": q.question_id, "family": q.family, "cluster": q.cluster,
                "evidence_recall": recall, "recall_at_5": at_5}

    def _row(self, one: Asked, replies: Sequence[Reply], ms_per_pair: float) -> dict[str, object]:
        q, said = one.question, one.said
        if said is None:
            values = {cell: extraction.stated(reply.text) for cell, reply in zip(one.cells, replies)}
            plan = self._plan(q.question) if one.cells else None
            said = self.archive.planner.answer(plan, values) if plan else replies[0].text
        sure = [reply.probability for reply in replies if reply.probability is not None]
        return {**self.found(one), "answer": said, "correct": float(metrics.exact_match(said, q)),
                "abstained": said == ABSTAIN, "probability": min(sure, default=None), "prompts": len(replies),
                "pairs": one.pairs, "tokens": float(sum(reply.tokens_in for reply in replies)),
                "ms": one.ms + one.pairs * ms_per_pair + sum(reply.ms for reply in replies)}


def answer(pipelines: Sequence[Pipeline], questions: Sequence[Question], ready: PreparedLLM,
           ms_per_pair: float = 0.0) -> pd.DataFrame:
    """Return the rows of all pipelines; a prompt that several of them send about one archive is read once."""
    frames = []
    for pipeline in pipelines:
        asked, known = pipeline.ask(questions), pipeline.archive.replies
        new = list(dict.fromkeys(prompt for one in asked for prompt in one.prompts if prompt not in known))
        known.update(zip(new, ready.prepare(new, MAX_NEW_TOKENS), strict=True))
        frames.append(pipeline.answers(asked, ms_per_pair))
    return pd.concat(frames, ignore_index=True)
