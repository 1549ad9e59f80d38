"""Which components of llama-index and ragas the embedded model can drive: the share of well-formed replies of each.

Each component is the library's own class, run on held-out documents with the model as its LLM. Well formed is what the
component's own parser takes and its next step can use; whether it is also right is measured in `measures.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from llama_index.core import VectorStoreIndex
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.extractors import QuestionsAnsweredExtractor, SummaryExtractor
from llama_index.core.indices.property_graph import SimpleLLMPathExtractor
from llama_index.core.indices.property_graph.utils import default_parse_triplets_fn
from llama_index.core.indices.query.query_transform import HyDEQueryTransform
from llama_index.core.indices.utils import default_parse_choice_select_answer_fn
from llama_index.core.postprocessor import LLMRerank
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode
from llama_index.core.tools import ToolMetadata
from ragas.metrics.collections import ContextPrecisionWithReference, Faithfulness

from labutils.judging import Judge
from labutils.metrics import parse_reply
from labutils.prompts import SUB_QUESTION_TEMPLATE

from .corpus import draw_family, draw_window, unique_reference

PASSAGES = 3
SUB_QUESTIONS = 3


@dataclass(frozen=True)
class Case:
    """Passages of different documents, a question that the first one answers, its answer, and a question on the first two."""

    nodes: list[TextNode]
    question: str
    answer: str
    both: str

    @property
    def found(self) -> list[NodeWithScore]:
        return [NodeWithScore(node=node, score=1.0) for node in self.nodes]


def draw_case(rng: Random, contract: bool) -> Case:
    """A case on held-out documents; drawn again where two of them cannot be told apart by a reference."""
    while True:
        drafts = draw_family(rng, PASSAGES, contract)
        nodes, asked, values = [], [], []
        for draft in drafts:
            fact = rng.choice(draft.written.facts)
            text = draft.written.text[slice(*draw_window(rng, draft.written, fact))].strip()
            reference = unique_reference(rng, draft, [other for other in drafts if other is not draft])
            nodes.append(TextNode(text=text, metadata={"title": draft.written.title}))
            values.append(fact.value)
            asked.append(reference and rng.choice(fact.fact.questions).replace("{doc}", reference))
        if all(asked):
            return Case(nodes, asked[0], values[0], f"{asked[0][:-1]}, and {asked[1][0].lower()}{asked[1][1:]}")


# ---------------------------------------------------------------- the components; each says whether a reply is usable

def hyde(llm, case: Case) -> bool:
    bundle = HyDEQueryTransform(llm=llm, include_original=False).run(case.question)
    return len(bundle.embedding_strs[0].split()) >= 5


def query_fusion(llm, case: Case) -> bool:
    index = VectorStoreIndex(case.nodes, embed_model=MockEmbedding(8))
    fusion = QueryFusionRetriever([index.as_retriever()], llm=llm, num_queries=SUB_QUESTIONS, use_async=False)
    queries = fusion._get_queries(case.question)  # the public method retrieves and keeps them to itself
    return len(queries) == SUB_QUESTIONS - 1 and all(query.query_str.strip().endswith("?") for query in queries)


def sub_questions(llm, case: Case) -> bool:
    tools = [ToolMetadata(name=f"document_{i}", description=node.metadata["title"])
             for i, node in enumerate(case.nodes, 1)]
    generator = LLMQuestionGenerator.from_defaults(llm=llm, prompt_template_str=SUB_QUESTION_TEMPLATE)
    made = generator.generate(tools, QueryBundle(case.both))
    return bool(made) and {item.tool_name for item in made} <= {tool.name for tool in tools}


def questions_answered(llm, case: Case) -> bool:
    extractor = QuestionsAnsweredExtractor(llm=llm, questions=1, num_workers=1, show_progress=False)
    made = asyncio.run(extractor.aextract(case.nodes[:1]))[0]["questions_this_excerpt_can_answer"]
    lines = made.strip().splitlines()
    return bool(lines) and all(line.strip().endswith("?") for line in lines)


def summary(llm, case: Case) -> bool:
    extractor = SummaryExtractor(llm=llm, summaries=["self"], num_workers=1, show_progress=False)
    made = asyncio.run(extractor.aextract(case.nodes[:1]))[0]["section_summary"].strip()
    return len(made.split()) >= 5 and made.endswith(".")


def property_graph(llm, case: Case) -> bool:
    lines, triplets = [], []

    def parse(reply: str) -> list[tuple[str, str, str]]:
        lines.extend(line for line in reply.splitlines() if line.strip())
        triplets.extend(default_parse_triplets_fn(reply))
        return triplets

    SimpleLLMPathExtractor(llm=llm, num_workers=1, parse_fn=parse)(case.nodes[:1])
    return bool(lines) and len(triplets) == len(lines)


def rerank(llm, case: Case) -> bool:
    chosen = []

    def parse(reply: str, count: int) -> tuple[list[int], list[float]]:
        made = default_parse_choice_select_answer_fn(reply, count)
        chosen.extend(made[0])
        return made

    reranker = LLMRerank(llm=llm, top_n=1, choice_batch_size=PASSAGES, parse_choice_select_answer_fn=parse)
    reranker.postprocess_nodes(case.found, query_str=case.question)
    return bool(chosen) and all(1 <= number <= PASSAGES for number in chosen)


def citation(llm, case: Case) -> bool:
    index = VectorStoreIndex(case.nodes, embed_model=MockEmbedding(8))
    engine = CitationQueryEngine.from_args(index, llm=llm, citation_chunk_size=512)
    parsed = parse_reply(str(engine.query(case.question)))
    return parsed.well_formed and (parsed.abstained or all(1 <= number <= PASSAGES for number in parsed.citations)
                                   and bool(parsed.citations))


def synthesizer(mode: str) -> Callable[[object, Case], bool]:
    def synthesize(llm, case: Case) -> bool:
        reply = get_response_synthesizer(llm=llm, response_mode=mode).synthesize(case.question, case.found).response
        # For a model that says nothing the library says so itself.
        return parse_reply(reply).well_formed and "\n" not in reply.strip() and reply != "Empty Response"

    return synthesize


DEFAULT, SHORT = "default", "short"
def faithfulness(llm, case: Case) -> bool:
    judge = Judge(llm)
    asyncio.run(Faithfulness(llm=judge).ascore(user_input=case.question, response=case.answer,
                                               retrieved_contexts=[show(node) for node in case.nodes]))
    return judge.malformed == 0


def context_precision(llm, case: Case) -> bool:
    judge = Judge(llm)
    asyncio.run(ContextPrecisionWithReference(llm=judge).ascore(
        user_input=case.question, reference=case.answer, retrieved_contexts=[show(node) for node in case.nodes]))
    return judge.malformed == 0


def show(node: TextNode) -> str:
    return node.get_content(MetadataMode.LLM)


COMPONENTS: dict[str, tuple[str, Callable[[object, Case], bool]]] = {
    "HyDEQueryTransform": (DEFAULT, hyde),
    "QueryFusionRetriever": (DEFAULT, query_fusion),
    "SubQuestionQueryEngine (its question generator)": (SHORT, sub_questions),
    "QuestionsAnsweredExtractor": (DEFAULT, questions_answered),
    "SummaryExtractor": (DEFAULT, summary),
    "SimpleLLMPathExtractor (property graph)": (DEFAULT, property_graph),
    "LLMRerank": (DEFAULT, rerank),
    "CitationQueryEngine": (DEFAULT, citation),
    "response mode refine": (DEFAULT, synthesizer("refine")),
    "response mode tree_summarize": (DEFAULT, synthesizer("tree_summarize")),
    "ragas Faithfulness": (SHORT, faithfulness),
    "ragas ContextPrecision": (SHORT, context_precision),
}


def well_formed(llm, count: int = 30) -> dict[str, list[bool]]:
    """{component: whether each of `count` replies could be used}; an error of the component counts as not."""
    cases = [draw_case(Random(f"clerk-test-component-{i}"), i % 2 == 0) for i in range(count)]
    return {name: [usable(run, llm, case) for case in cases] for name, (_, run) in COMPONENTS.items()}


def usable(run: Callable[[object, Case], bool], llm, case: Case) -> bool:
    """Whether the component could use the reply; parsers raise many kinds of errors on malformed ones."""
    with contextlib.redirect_stdout(io.StringIO()):  # some components print what they read
        try:
            return run(llm, case)
        except Exception:
            return False
