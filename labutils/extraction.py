"""Values out of many contracts: one question for each field of each contract, then exact computation. Notebook 1.6.

The model reads, code computes: which contracts and fields a question needs, and what is to be done with the values, is
decided by rules on its wording; units, bands and sums are arithmetic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms import MockLLM
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.question_gen.types import BaseQuestionGenerator, SubQuestion
from llama_index.core.response_synthesizers.base import BaseSynthesizer
from llama_index.core.schema import Document, NodeWithScore, QueryBundle
from llama_index.core.tools.types import ToolMetadata

from . import metrics, queries, retrieval
from .chunking import section_spans
from .corpus import Span
from .models import PreparedLLM
from .pipelines import ABSTAIN, MAX_NEW_TOKENS, QA_PROMPT, format_context
from .quantities import Quantity, compare, parse_number, parse_quantity, subtract

# Fields of an archive without a playbook that would name its own.
TOPICS = ("governing law", "effective date", "expiration date", "renewal term", "notice of non-renewal")
READINGS = ["doc_id", "topic", "value", "probability", "tokens_in", "tokens_out", "passages"]
Cell = tuple[str, str]  # id of a contract, topic
_BAND = re.compile(r"(?:\b(?:of|for) more than (?P<low>.+?))?(?:\b(?:and|of|for) up to (?P<high>.+?))?"
                   r" is (?P<label>\w+) risk")
_PLACES = re.compile(r"law of (?P<places>.+?) is (?P<label>\w+) risk")
Subtract = Callable[[Quantity, Quantity], Quantity | None]


@dataclass(frozen=True)
class Rule:
    """How the playbook rates one topic: bands of (above, up to, label), or labels by place; and where it says so."""

    topic: str
    source: Span
    bands: tuple[tuple[Quantity | float | None, Quantity | float | None, str], ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    otherwise: str = ""

    def fits(self, found: Quantity) -> bool:
        """Return whether a quantity is of the kind that the rule is about: a time, a share, money in any currency."""
        bounds = [bound for low, high, _ in self.bands for bound in (low, high) if bound is not None]
        return all(found.unit.isupper() if isinstance(bound, float) else compare(found, bound) is not None
                   for bound in bounds)

    def label(self, value: str) -> str:
        """Return the label of a value as a contract states it; ABSTAIN where the rule can't be applied to it."""
        if self.places or self.otherwise:
            wanted = metrics.normalize(value)
            return next((label for place, label in self.places if metrics.normalize(place) == wanted), self.otherwise)
        found = parse_quantity(value)
        for low, high, label in self.bands if found and self.fits(found) else ():
            above, up_to = compare(found, low), compare(found, high)
            if (low is None or above == 1) and (high is None or up_to in (-1, 0)):
                return label
        return ABSTAIN


def read_rules(documents: Iterable[Document]) -> list[Rule]:
    """Return the rules of the playbooks among the documents, one for each section that gives labels of risk."""
    rules = []
    for document in documents:
        if document.metadata.get("kind") != "playbook":
            continue
        for start, end, heading in section_spans(document.text):
            for line in re.finditer(r"[^\n]+ risk\.", document.text[start:end]):
                topic = re.sub(r"^[\d.]+ ", "", heading).strip()
                rule = _read_rule(topic[:1].lower() + topic[1:], line.group(),
                                  Span(document.id_, start + line.start(), start + line.end()))
                rules += [rule] if rule else []
    return rules


def _read_rule(topic: str, text: str, source: Span) -> Rule | None:
    places, bands, otherwise = [], [], ""
    for sentence in re.split(r"(?<=risk)\.", text):
        if found := _PLACES.search(sentence):
            if "any other" in found["places"]:
                otherwise = found["label"]
            else:
                places += [(place, found["label"]) for place in re.split(r", | or ", found["places"])]
        elif (found := _BAND.search(sentence)) and (found["low"] or found["high"]):
            bands.append((_bound(found["low"]), _bound(found["high"]), found["label"]))
    if not (places or bands):
        return None
    return Rule(topic, source, tuple(bands), tuple(places), otherwise)


def _bound(text: str | None) -> Quantity | float | None:
    if text is None:
        return None
    return parse_quantity(text) or parse_number(text)


@dataclass(frozen=True)
class Plan:
    """What a question needs: the cells (document id, topic) to read, and what is done with their values.

    `operation`: "difference", "most", "least", "count", "fields" (JSON), "points" (a summary) or "label" (the
    playbook's). `threshold` is of "count", with `above` False for "less than".
    """

    operation: str
    cells: tuple[Cell, ...]
    threshold: Quantity | None = None
    above: bool = True


class Planner:
    """Makes a `Plan` of a question by rules on its wording, and an answer of the plan and the values read.

    The topics are those of the playbook. `subtract` gives the distance of two quantities, None where there is none.
    """

    def __init__(self, documents: Sequence[Document], subtract: Subtract = subtract) -> None:
        self._subtract = subtract
        self.contracts = {d.id_: d for d in documents if d.metadata.get("kind") == "contract"}
        self.rules = {rule.topic: rule for rule in read_rules(documents)}
        self.topics = tuple(self.rules) or TOPICS

    def title(self, doc_id: str) -> str:
        """Return the title of a contract."""
        return str(self.contracts[doc_id].metadata["title"])

    def plan(self, question: str) -> Plan | None:
        """Return the plan; None for a question that one passage can answer, or that no rule understands."""
        named = queries.documents_named(question, self.contracts.values())
        asked = self._topics(question)
        keys = re.findall(r'"(\w+)"', question)
        if keys and re.search(r"\bJSON\b", question) and len(named) == 1:
            return Plan("fields", tuple((named[0], key) for key in keys))
        if len(named) == 1 and len(asked) > 1:
            return Plan("points", tuple((named[0], topic) for topic in asked))
        if len(named) == 1 and len(asked) == 1 and self.rules and re.search(
                r"playbook|house position|house rule|\brisk", question, re.IGNORECASE):
            return Plan("label", ((named[0], asked[0]),))
        everywhere = not named and re.search(r"\b(?:all|every|whole|entire|overall)\b", question, re.IGNORECASE)
        over = list(self.contracts) if everywhere else named
        if len(over) < 2 or len(asked) != 1:
            return None
        return self._compare(question, tuple((doc_id, asked[0]) for doc_id in over))

    def _topics(self, question: str) -> list[str]:
        places = {topic: found.start() for topic in self.topics
                  if (found := re.search(rf"(?<!\w){re.escape(topic)}(?!\w)", question, re.IGNORECASE))}
        # "term" inside "renewal term" is not asked for a second time.
        longest = [t for t in places if not any(t != o and t.casefold() in o.casefold() for o in places)]
        return sorted(longest, key=places.get)

    @staticmethod
    def _compare(question: str, cells: tuple[Cell, ...]) -> Plan | None:
        said = question.casefold()
        if re.search(r"\bhow many\b|\bcount\b|\bnumber of\b", said):
            bound = re.search(r"(more than|above|exceed\w*|over|longer than|higher than|less than|below|under) "
                              r"(\d.*?|[A-Z]{3} \d.*?)(?:[:,?]|$)", question)
            threshold = parse_quantity(bound[2]) if bound else None
            above = bound is not None and bound[1] not in ("less than", "below", "under")
            return Plan("count", cells, threshold, above) if threshold else None
        if re.search(r"\bdiffer|\bgap\b|\bsubtract|\bapart\b|by how much|how much (?:longer|higher|larger|more)", said):
            return Plan("difference", cells)
        if re.search(r"\b(?:high|long|larg|great|bigg)\w*(?:er|est)\b|\bmost\b", said):
            return Plan("most", cells)
        if re.search(r"\b(?:low|short|small)(?:er|est)\b|\bleast\b", said):
            return Plan("least", cells)
        return None

    def question(self, cell: Cell) -> str:
        """Return the question for a cell of a plan; the keys of a JSON object are words, too."""
        return f"What is the {cell[1].replace('_', ' ')} of the {self.title(cell[0])}?"

    def answer(self, plan: Plan, values: Mapping[Cell, str]) -> str:
        """Return the answer from the values of the plan's cells ("" where the contract does not say), or ABSTAIN."""
        given = {cell: values.get(cell, "") for cell in plan.cells}
        if plan.operation == "fields":
            return json.dumps({key: value for (_, key), value in given.items()}, ensure_ascii=False)
        if plan.operation == "points":
            return "; ".join(f"{topic}: {value}" for (_, topic), value in given.items())
        if plan.operation == "label":
            ((_, topic), value), = given.items()
            return self.rules[topic].label(value) if value else ABSTAIN
        return self._computed(plan, {cell: self._quantity(cell[1], value) for cell, value in given.items()})

    def support(self, plan: Plan, values: Mapping[Cell, str]) -> list[Cell]:
        """Return the cells that the answer rests on: of the whole plan, those counted, or the one picked."""
        found = {cell: self._quantity(cell[1], values.get(cell, "")) for cell in plan.cells}
        if plan.operation == "count":
            return [cell for cell, one in found.items()
                    if one and compare(one, plan.threshold) == (1 if plan.above else -1)]
        if plan.operation in ("most", "least"):
            picked = self._computed(plan, found)
            return [cell for cell in plan.cells if self.title(cell[0]) == picked]
        return list(plan.cells)

    def _quantity(self, topic: str, value: str) -> Quantity | None:
        """Return what a value comes to; None for one of another kind than the topic's rule, which was read wrong."""
        found = parse_quantity(value)
        return found if found and (topic not in self.rules or self.rules[topic].fits(found)) else None

    def _computed(self, plan: Plan, found: Mapping[Cell, Quantity | None]) -> str:
        known = {cell: one for cell, one in found.items() if one}
        whole = len(plan.cells) == len(self.contracts)  # of a whole archive, not every contract has the clause
        if not known or (len(known) < len(found) and not whole):
            return ABSTAIN
        if plan.operation == "count":
            signs = [compare(one, plan.threshold) for one in known.values()]
            return ABSTAIN if None in signs else str(signs.count(1 if plan.above else -1))
        if plan.operation == "difference":
            found = self._subtract(*known.values()) if len(known) == 2 else None
            return str(Quantity(*found)) if found else ABSTAIN
        if len({one.base[1] for one in known.values()}) > 1:  # two currencies have no order
            return ABSTAIN
        pick = max if plan.operation == "most" else min
        return self.title(pick(known, key=lambda cell: known[cell].base[0])[0])


def read_cells(cells: Iterable[Cell], planner: Planner, search: BaseRetriever, ready: PreparedLLM,
               budget: retrieval.TokenBudget) -> pd.DataFrame:
    """Return what the model reads for each cell in the passages that `search` finds for its question, in one prompt.

    Columns: doc_id, topic, value ("" where the model says that it is not stated), probability (None of an endpoint),
    tokens_in, tokens_out, passages.
    """
    asked = list(dict.fromkeys(cells))
    return _read([(cell, budget.postprocess_nodes(search.retrieve(planner.question(cell)))) for cell in asked], planner,
                 ready)


def read_apart(cells: Iterable[Cell], planner: Planner, search: BaseRetriever, ready: PreparedLLM,
               k: int) -> pd.DataFrame:
    """Return the same with a row, and a prompt, for each of the k best passages of a cell."""
    return _read([(cell, [one]) for cell in dict.fromkeys(cells)
                  for one in search.retrieve(planner.question(cell))[:k]], planner, ready)


def _read(found: Sequence[tuple[Cell, list[NodeWithScore]]], planner: Planner, ready: PreparedLLM) -> pd.DataFrame:
    prompts = [QA_PROMPT.format(context_str=format_context(some), query_str=planner.question(cell))
               for cell, some in found]
    rows = []
    for (cell, some), reply in zip(found, ready.prepare(prompts, MAX_NEW_TOKENS), strict=True):
        rows.append((*cell, stated(reply.text), reply.probability, reply.tokens_in, reply.tokens_out, some))
    return pd.DataFrame(rows, columns=READINGS)


def stated(reply: str) -> str:
    """Return the value in a reply, "" for an abstention."""
    parsed = metrics.parse_reply(reply)
    return "" if parsed.abstained else parsed.text


def best_values(readings: pd.DataFrame) -> dict[Cell, str]:
    """Return the value of each cell: of several readings the likeliest that states something; "" if none does."""
    stated = readings[readings["value"] != ""].sort_values("probability", kind="stable", na_position="first")
    found = {(row.doc_id, row.topic): "" for row in readings.itertuples()}
    return found | {(row.doc_id, row.topic): row.value for row in stated.itertuples()}


def passages(readings: pd.DataFrame, cells: Sequence[Cell]) -> list[NodeWithScore]:
    """Return the passages read for the cells: the first of every cell, then the second of every cell, and so on."""
    by_cell = {cell: [one for found in rows["passages"] for one in found]
               for cell, rows in readings.groupby(["doc_id", "topic"], sort=False)}
    return in_turn([by_cell.get(cell, []) for cell in cells])


def in_turn(lists: Sequence[Sequence[NodeWithScore]]) -> list[NodeWithScore]:
    """Return the first of every list, then the second of every list, and so on; each chunk once."""
    ordered = [found[at] for at in range(max(map(len, lists), default=0)) for found in lists if at < len(found)]
    return list({one.node.node_id: one for one in ordered}.values())


def spans(found: Iterable[NodeWithScore]) -> list[Span]:
    """Return where the passages stand."""
    return [retrieval.node_span(one.node) for one in found]


class ByNames(BaseQuestionGenerator):
    """llama-index's question generator without a model: a sub-question for each cell of a question's plan.

    The tools are named after the documents. A question without a plan is passed on whole to the first tool that it
    names.
    """

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """There are none."""

    def generate(self, tools: Sequence[ToolMetadata], query: QueryBundle) -> list[SubQuestion]:
        """Return the sub-questions, each with the name of its tool."""
        plan = self._planner.plan(query.query_str)
        if plan:
            return [SubQuestion(sub_question=self._planner.question(cell), tool_name=cell[0]) for cell in plan.cells]
        named = queries.documents_named(query.query_str, self._planner.contracts.values())
        known = [tool.name for tool in tools if tool.name in named]
        return [SubQuestion(sub_question=query.query_str, tool_name=name) for name in known[:1]]

    async def agenerate(self, tools: Sequence[ToolMetadata], query: QueryBundle) -> list[SubQuestion]:
        """Return the same."""
        return self.generate(tools, query)


class Arithmetic(BaseSynthesizer):
    """llama-index's last step of a SubQuestionQueryEngine, computed: what the parts answer becomes values of a plan."""

    def __init__(self, planner: Planner) -> None:
        super().__init__(llm=MockLLM())
        self._planner = planner

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """There are none."""

    def get_response(self, query_str: str, text_chunks: Sequence[str], **kwargs: Any) -> str:
        """Return the computed answer from chunks "Sub question: ...\nResponse: ..."; ABSTAIN without a plan."""
        plan = self._planner.plan(query_str)
        if plan is None:
            return ABSTAIN
        said = dict(chunk.removeprefix("Sub question: ").split("\nResponse: ", 1) for chunk in text_chunks)
        return self._planner.answer(plan, {cell: stated(said.get(self._planner.question(cell), ABSTAIN))
                                           for cell in plan.cells})

    async def aget_response(self, query_str: str, text_chunks: Sequence[str], **kwargs: Any) -> str:
        """Return the same."""
        return self.get_response(query_str, text_chunks, **kwargs)
