"""Values out of many contracts: plans, rules, what is computed, and what the parts of llama-index make of it."""

import pandas as pd
import pytest
from llama_index.core import Document
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.query_engine import CustomQueryEngine, SubQuestionQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.tools import QueryEngineTool, ToolMetadata

from labutils import extraction, metrics
from labutils.corpus import load_corpus
from labutils.models import Reply
from labutils.pipelines import ABSTAIN
from labutils.quantities import parse_quantity

PLAYBOOK = Document(id_="playbook", metadata={"title": "Playbook", "kind": "playbook"}, text="""# Playbook

Low risk may be signed, high risk needs approval.

## 1. Payment term

1.1 Long terms tie up cash.

1.2 A payment term of up to 45 days is low risk. A payment term of more than 45 days and up to 85 days is medium risk. \
A payment term of more than 85 days is high risk.

## 2. Cap on liability

2.1 A cap on liability of up to 6,500,000 is low risk. A cap on liability of more than 6,500,000 is high risk.

## 3. Governing law

3.1 The law of Austria, Quebec or New York is low risk. The law of Malta is medium risk. The law of any other place is \
high risk.

## 4. Renewal term

4.1 A renewal term of up to 25 months is low risk. A renewal term of more than 25 months is high risk.

## 5. Ban on poaching

5.1 A ban on poaching for up to 15 months is low risk. A ban on poaching for more than 15 months is high risk.
""")


def contract(doc_id: str, kind: str, one: str, other: str) -> Document:
    return Document(id_=doc_id, text="Text.", metadata={
        "doc_id": doc_id, "kind": "contract", "title": f"{kind} Agreement between {one} and {other}",
        "parties": f"{one}; {other}"})


CONTRACTS = [contract("c1", "Supply", "Alder Mills", "Birch Foods"),
             contract("c2", "Hosting", "Alder Mills", "Cedar Tools"),
             contract("c3", "Equipment Lease", "Birch Foods", "Cedar Tools")]
SUPPLY, HOSTING, LEASE = (f"the {kind} contract between {names}" for kind, names in (
    ("supply", "Alder Mills and Birch Foods"), ("hosting", "Alder Mills and Cedar Tools"),
    ("equipment lease", "Birch Foods and Cedar Tools")))


@pytest.fixture
def planner():
    return extraction.Planner([PLAYBOOK, *CONTRACTS])


def test_rules_are_read_with_their_place(planner):
    assert planner.topics == ("payment term", "cap on liability", "governing law", "renewal term", "ban on poaching")
    rule = planner.rules["payment term"]
    assert PLAYBOOK.text[rule.source.start:rule.source.end].endswith("more than 85 days is high risk.")
    assert len(rule.bands) == 3


@pytest.mark.parametrize(("topic", "value", "label"), [
    ("payment term", "45 days", "low"), ("payment term", "46 days", "medium"), ("payment term", "85 days", "medium"),
    ("payment term", "eighty-six (86) days", "high"), ("payment term", "12 weeks", "medium"),
    ("payment term", "2 months", ABSTAIN), ("payment term", "soon", ABSTAIN),
    ("cap on liability", "CHF 6,500,000", "low"), ("cap on liability", "EUR 7,000,000", "high"),
    ("governing law", "Quebec", "low"), ("governing law", "Malta", "medium"),
    ("governing law", "Slovenia", "high"), ("renewal term", "2 years", "low"), ("renewal term", "3 years", "high"),
    ("ban on poaching", "14 months", "low")])
def test_a_rule_labels_a_value(planner, topic, value, label):
    assert planner.rules[topic].label(value) == label


@pytest.mark.parametrize(("question", "operation", "cells"), [
    (f"Which has the longer payment term: {SUPPLY} or {HOSTING}?", "most",
     [("c1", "payment term"), ("c2", "payment term")]),
    (f"Which has the shorter payment term: {SUPPLY} or {HOSTING}?", "least",
     [("c1", "payment term"), ("c2", "payment term")]),
    (f"By how much does the renewal term differ between {LEASE} and {SUPPLY}?", "difference",
     [("c1", "renewal term"), ("c3", "renewal term")]),
    (f"Count the contracts whose cap on liability exceeds EUR 3,000,000: {SUPPLY}, {HOSTING} and {LEASE}.", "count",
     [(f"c{n}", "cap on liability") for n in (1, 2, 3)]),
    ("Which contract in the whole portfolio has the longest renewal term?", "most",
     [(f"c{n}", "renewal term") for n in (1, 2, 3)]),
    (f'Return JSON with the keys "late_rate", "deposit" for {LEASE}.', "fields",
     [("c3", "late_rate"), ("c3", "deposit")]),
    (f"Sum up {HOSTING}: renewal term, governing law and payment term.", "points",
     [("c2", "renewal term"), ("c2", "governing law"), ("c2", "payment term")]),
    (f"How risky is the governing law under {SUPPLY} according to the playbook?", "label", [("c1", "governing law")])])
def test_plans(planner, question, operation, cells):
    plan = planner.plan(question)
    assert plan.operation == operation and sorted(plan.cells) == sorted(cells)


@pytest.mark.parametrize("question", [
    f"What is the payment term of {SUPPLY}?", "How long is the payment term?", "What do all contracts have in common?",
    f"How do {SUPPLY} and {HOSTING} settle disputes?", f"Compare the payment term of {SUPPLY} and {HOSTING}.", ""])
def test_what_needs_no_plan_or_fits_no_rule_has_none(planner, question):
    assert planner.plan(question) is None


def test_thresholds_and_their_direction(planner):
    above = planner.plan(f"Of {SUPPLY} and {HOSTING}, how many have a payment term of more than 45 days?")
    below = planner.plan(f"How many of these have a payment term below 45 days: {SUPPLY}, {HOSTING}?")
    assert (above.threshold, above.above) == (parse_quantity("45 days"), True)
    assert (below.threshold, below.above) == (parse_quantity("45 days"), False)


def answer(planner, question, **values):
    plan = planner.plan(question)
    return planner.answer(plan, {(doc_id, plan.cells[0][1]): value for doc_id, value in values.items()})


def test_computed_answers(planner):
    longer = f"Which has the longer renewal term: {SUPPLY} or {HOSTING}?"
    assert answer(planner, longer, c1="2 years", c2="30 months").startswith("Hosting Agreement between Alder Mills")
    apart = f"How large is the gap in the renewal term of {SUPPLY} and {HOSTING}?"
    assert answer(planner, apart, c1="2 years", c2="30 months") == "6 months"
    assert answer(planner, apart, c1="2 years", c2="30 days") == ABSTAIN
    many = f"How many have a payment term above 45 days: {SUPPLY}, {HOSTING}, {LEASE}?"
    assert answer(planner, many, c1="45 days", c2="46 days", c3="80 days") == "2"


@pytest.mark.parametrize("value", ["", "soon"])
def test_a_part_that_is_missing_makes_a_named_comparison_abstain(planner, value):
    for question in (f"Which has the longer renewal term: {SUPPLY} or {HOSTING}?",
                     f"How large is the gap in the renewal term of {SUPPLY} and {HOSTING}?",
                     f"How many have a renewal term above 45 days: {SUPPLY}, {HOSTING}?"):
        assert answer(planner, question, c1="2 years", c2=value) == ABSTAIN


def test_over_the_whole_archive_a_contract_without_the_clause_is_left_out(planner):
    longest = "Which of all our contracts has the longest renewal term?"
    assert answer(planner, longest, c1="2 years", c3="30 months").startswith("Equipment Lease Agreement")
    assert answer(planner, longest) == ABSTAIN


def test_currencies_are_not_compared(planner):
    higher = f"Which has the higher cap on liability: {SUPPLY} or {HOSTING}?"
    assert answer(planner, higher, c1="EUR 5,000,000", c2="CHF 6,000,000") == ABSTAIN
    assert answer(planner, higher, c1="EUR 5,000,000", c2="EUR 6,000,000").startswith("Hosting")


def test_a_value_of_another_kind_was_read_wrong(planner):
    assert planner.rules["payment term"].label("EUR 40") == ABSTAIN
    assert planner.rules["cap on liability"].label("40 days") == ABSTAIN
    longest = "Which of all our contracts has the longest payment term?"
    assert answer(planner, longest, c1="40 days", c2="EUR 5,000", c3="Malta").startswith("Supply")
    many = f"How many have a payment term above 45 days: {SUPPLY}, {HOSTING}?"
    assert answer(planner, many, c1="50 days", c2="EUR 5,000") == ABSTAIN


def test_fields_points_and_labels(planner):
    fields = planner.plan(f'Return JSON with the keys "late_rate", "deposit" for {LEASE}.')
    said = planner.answer(fields, {("c3", "late_rate"): "2%", ("c3", "deposit"): "EUR 5"})
    assert metrics.first_json(said) == {"late_rate": "2%", "deposit": "EUR 5"}
    points = planner.plan(f"Sum up {HOSTING}: renewal term and governing law.")
    assert planner.answer(points, {("c2", "renewal term"): "2 years", ("c2", "governing law"): "Malta"}) == (
        "renewal term: 2 years; governing law: Malta")
    label = planner.plan(f"How risky is the governing law under {SUPPLY} according to the playbook?")
    assert planner.answer(label, {("c1", "governing law"): "Malta"}) == "medium"
    assert planner.answer(label, {}) == ABSTAIN


def test_your_own_subtraction_is_used():
    own = extraction.Planner([PLAYBOOK, *CONTRACTS], subtract=lambda one, other: (7, "day"))
    apart = f"How large is the gap in the payment term of {SUPPLY} and {HOSTING}?"
    assert answer(own, apart, c1="1 day", c2="2 days") == "7 days"


def test_without_a_playbook_the_topics_are_the_usual_ones_and_no_label_is_planned():
    bare = extraction.Planner(CONTRACTS)
    assert bare.topics == extraction.TOPICS
    assert bare.plan(f"How risky is the governing law under {SUPPLY} according to the playbook?") is None


class Fixed(BaseRetriever):
    """Two passages for every question, which hold its words."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [NodeWithScore(node=TextNode(id_=f"{query_bundle.query_str} {n}", text=f"{n}: {query_bundle.query_str}",
                                            metadata={"title": "T"}), score=1.0) for n in (1, 2)]


class Everything:
    """A budget that keeps all."""

    def postprocess_nodes(self, found):
        return found


class Scripted:
    """Replies by what a prompt holds; not a model, so nothing is learned here about one."""

    def __init__(self, replies):
        self.replies, self.prompts = replies, []

    def prepare(self, prompts, max_new_tokens=64):
        self.prompts += prompts
        return [Reply(*next(said for part, said in self.replies.items() if part in prompt)) for prompt in prompts]


def test_cells_are_read_once_each_in_one_prompt_or_apart(planner):
    ready = Scripted({"payment term of the Supply": ("[1] 30 days", 50, 4, 1.0, 0.9), "": (ABSTAIN, 40, 5, 1.0, 0.6)})
    cells = [("c1", "payment term"), ("c2", "late_rate"), ("c1", "payment term")]
    together = extraction.read_cells(cells, planner, Fixed(), ready, Everything())
    assert list(together["value"]) == ["30 days", ""] and list(together["tokens_in"]) == [50, 40]
    assert "What is the late rate of the Hosting Agreement" in ready.prompts[1]
    apart = extraction.read_apart(cells, planner, Fixed(), ready, 2)
    assert len(apart) == 4 and all(len(found) == 1 for found in apart["passages"])
    assert list(apart.columns) == extraction.READINGS
    assert list(extraction.read_cells([], planner, Fixed(), ready, Everything()).columns) == extraction.READINGS


def test_the_likeliest_reading_that_states_something_counts():
    readings = pd.DataFrame([("c1", "t", "30 days", 0.6), ("c1", "t", "45 days", 0.8), ("c1", "t", "", 0.99),
                             ("c2", "t", "", 0.9)], columns=["doc_id", "topic", "value", "probability"])
    assert extraction.best_values(readings) == {("c1", "t"): "45 days", ("c2", "t"): ""}
    without = readings.assign(probability=None)
    assert extraction.best_values(without)["c1", "t"] in ("30 days", "45 days")


def test_passages_take_turns_and_come_once(planner):
    ready = Scripted({"": (ABSTAIN, 40, 5, 1.0, 0.6)})
    cells = [("c1", "payment term"), ("c2", "payment term")]
    readings = extraction.read_cells(cells, planner, Fixed(), ready, Everything())
    found = [one.node.text[:1] + one.node.text[-14:] for one in extraction.passages(readings, [*cells, cells[0]])]
    assert found == ["1d Birch Foods?", "1d Cedar Tools?", "2d Birch Foods?", "2d Cedar Tools?"]


class Said(CustomQueryEngine):
    """An engine that always says the same."""

    reply: str

    def custom_query(self, query_str: str) -> str:
        return self.reply


def test_the_parts_work_in_llama_index(planner):
    tools = [QueryEngineTool(query_engine=Said(reply=reply), metadata=ToolMetadata(name=name, description=name))
             for name, reply in (("c1", "[1] 30 days"), ("c2", "[2] forty-five (45) days"), ("c3", ABSTAIN))]
    engine = SubQuestionQueryEngine(extraction.ByNames(planner), extraction.Arithmetic(planner), tools, verbose=False)
    difference = engine.query(f"By how much does the payment term differ between {SUPPLY} and {HOSTING}?")
    assert difference.response == "15 days" and len(difference.source_nodes) == 2
    assert engine.query(f"Which has the longer payment term: {SUPPLY} or {LEASE}?").response == ABSTAIN
    assert engine.query(f"What is the payment term of {SUPPLY}?").response == ABSTAIN


def test_a_question_without_a_plan_goes_to_the_contract_that_it_names(planner):
    tools = [ToolMetadata(name=name, description=name) for name in ("c3", "c1")]
    (part,) = extraction.ByNames(planner).generate(tools, QueryBundle(f"Who may end {SUPPLY}?"))
    assert part.tool_name == "c1" and part.sub_question == f"Who may end {SUPPLY}?"
    assert extraction.ByNames(planner).generate(tools, QueryBundle("Who may end it?")) == []


def test_the_rules_understand_the_course_world_on_dev():
    corpus = load_corpus("harbour")
    planner = extraction.Planner(corpus.documents)
    assert len(planner.topics) == 18 and all(rule.bands or rule.places for rule in planner.rules.values())
    for family in ("aggregate", "extract", "summary", "playbook"):
        asked = corpus.select(split="dev", family=family)
        plans = [planner.plan(q.question) for q in asked]
        assert all(plans)
        needed = [{span.doc_id.split("-")[0] for span in q.evidence} - {"playbook"} for q in asked]
        assert [{doc_id.split("-")[0] for doc_id, _ in plan.cells} for plan in plans] == needed
    for family in ("lookup", "version", "multihop", "unanswerable"):
        assert not any(planner.plan(q.question) for q in corpus.select(split="dev", family=family))
