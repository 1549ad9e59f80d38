"""Pipelines made of parts: what each part changes, how plans are answered, what is counted."""

import math

import pytest
from llama_index.core import Document, MockEmbedding
from llama_index.core.schema import NodeWithScore

from labutils import assembly, extraction, models, reranking, retrieval
from labutils.corpus import Question, Span
from labutils.errors import LabsError
from labutils.models import Reply
from labutils.pipelines import ABSTAIN

PLAYBOOK = Document(id_="playbook", metadata={"doc_id": "playbook", "title": "Playbook", "kind": "playbook"}, text="""\
# Playbook

## 1. Payment term

1.1 A payment term of up to 45 days is low risk. A payment term of more than 45 days is high risk.

## 2. Governing law

2.1 The law of Austria is low risk. The law of any other place is high risk.
""")


def contract(doc_id, kind, one, other, days, law):
    title = f"{kind} Agreement between {one} and {other}"
    return Document(id_=doc_id, text=f"# {title}\n\n## 1. Payment\n\n1.1 The payment term is {days} days.\n\n"
                                     f"## 2. Law\n\n2.1 The governing law is that of {law}.\n",
                    metadata={"doc_id": doc_id, "kind": "contract", "title": title, "parties": f"{one}; {other}",
                              "date": "2020-01-01"})


DOCUMENTS = [contract("c1", "Supply", "Alder Mills", "Birch Foods", 30, "Austria"),
             contract("c2", "Hosting", "Alder Mills", "Cedar Tools", 60, "Malta"),
             contract("c3", "Lease", "Birch Foods", "Cedar Tools", 45, "Malta"), PLAYBOOK]
SUPPLY, HOSTING = ("the supply agreement between Alder Mills and Birch Foods",
                   "the hosting agreement between Alder Mills and Cedar Tools")
TEXTS = {d.id_: d.text for d in DOCUMENTS}


def place(doc_id, words):
    at = TEXTS[doc_id].index(words)
    return Span(doc_id, at, at + len(words))


def question(family, text, answer, *evidence):
    return Question(f"{family}-{text[:20]}", family, "test", "c1", family, text, answer, (), evidence)


LOOKUP = question("lookup", f"What is the payment term of {SUPPLY}?", "30 days", place("c1", "30 days"))
DIFFER = question("aggregate", f"By how much does the payment term differ between {SUPPLY} and {HOSTING}?", "30 days",
                  place("c1", "30 days"), place("c2", "60 days"))
LABEL = question("playbook", f"Which risk label does the payment term of {HOSTING} get by the playbook?", "high",
                 place("c2", "60 days"), place("playbook", "A payment term of more than 45 days is high risk."))
FIELDS = question("extract", f'Extract "payment_term" and "law" from {SUPPLY} as JSON.',
                  '{"payment_term": "30 days", "law": "Austria"}', place("c1", "30 days"))
LONGEST = question("global", "Which of all our contracts has the longest payment term?",
                   "Hosting Agreement between Alder Mills and Cedar Tools", place("c2", "60 days"))
MALTA = question("global", "How many contracts are governed by the law of Malta?", "2", place("c2", "Malta"))
ABSENT = question("unanswerable", f"What is the deposit of {SUPPLY}?", ABSTAIN)


def budget(tokens):
    return retrieval.TokenBudget(tokens, lambda text: len(text) // 4)


class Counted:
    """Stands for a cross-encoder: the shortest passage first; notes what it was given."""

    def __init__(self):
        self.pairs = []

    def prepare(self, questions, found):
        self.pairs += [(asked, one.node.node_id) for asked, some in zip(questions, found, strict=True) for one in some]


@pytest.fixture
def archive():
    cells = {(d.id_, topic): value for d, days, law in zip(DOCUMENTS, (30, 60, 45), ("Austria", "Malta", "Malta"))
             for topic, value in (("payment term", f"{days} days"), ("governing law", law))}
    embedders = {False: MockEmbedding(8), True: MockEmbedding(8)}
    made = assembly.Archive(DOCUMENTS, embedders, budget, table=cells)
    nodes = made.nodes(True)
    made.sources.update({cell: [NodeWithScore(node=node, score=1.0) for node in nodes if node.ref_doc_id == cell[0]]
                         for cell in cells})
    return made


class Reader(models.PreparedLLM):
    """Replies with the first value that the passages state on the topic asked for; a rule, to test the joining."""

    def prepare(self, prompts, max_new_tokens=64):
        replies = []
        for prompt in prompts:
            passages, _, asked = prompt.rpartition("Question:")
            says = "payment term is" if "payment" in asked else "governing law is that of" if "law" in asked else "???"
            value = passages.partition(says)[2].partition(".")[0].strip() if says in passages else ""
            replies.append(Reply(f"[1] {value}" if value else ABSTAIN, len(prompt) // 4, 4, 2.0, 0.9))
        return replies


READER = Reader(llm=None, spec="clerk")
SEARCH = ("short chunks", "keywords", "routes")


def test_an_unknown_part_is_named(archive):
    with pytest.raises(LabsError, match="no part hope.*short chunks"):
        assembly.Pipeline("x", ["hope"], archive)


def test_one_search_and_one_prompt_without_plans(archive):
    asked = assembly.Pipeline("x", SEARCH, archive).ask([LOOKUP, DIFFER])
    assert [len(one.prompts) for one in asked] == [1, 1] and all(one.cells == () for one in asked)
    assert {one.node.ref_doc_id for one in asked[0].context} == {"c1"}, "the route"
    assert LOOKUP.question in asked[0].prompts[0]


def test_plans_ask_for_each_cell_and_code_joins(archive):
    pipeline = assembly.Pipeline("plans", [*SEARCH, "plans"], archive)
    asked = pipeline.ask([DIFFER, LABEL])
    assert asked[0].cells == (("c1", "payment term"), ("c2", "payment term")) and len(asked[0].prompts) == 2
    rows = assembly.answer([pipeline], [LOOKUP, DIFFER, LABEL, ABSENT], READER).set_index("family")
    assert rows["answer"].to_dict() == {"lookup": "[1] 30 days", "aggregate": "30 days", "playbook": "high",
                                        "unanswerable": ABSTAIN}
    assert rows["correct"].tolist() == [1.0] * 4
    assert rows.loc["playbook", "evidence_recall"] == 1.0, "the rule's sentence counts as read"
    assert math.isnan(rows.loc["unanswerable", "evidence_recall"])
    assert rows["prompts"].tolist() == [1, 2, 1, 1] and rows.loc["aggregate", "probability"] == 0.9


def test_fields_are_asked_for_at_once_over_what_each_search_found(archive):
    asked = assembly.Pipeline("plans", [*SEARCH, "plans"], archive).ask([FIELDS])[0]
    assert len(asked.prompts) == 1 and asked.cells == () and FIELDS.question in asked.prompts[0]


def test_the_table_answers_for_the_whole_archive_without_a_prompt(archive):
    rows = assembly.answer([assembly.Pipeline("plans", [*SEARCH, "plans"], archive)], [LONGEST, MALTA], READER)
    assert rows["answer"].tolist() == [LONGEST.answer, "2"] and rows["correct"].tolist() == [1.0, 1.0]
    assert rows["prompts"].tolist() == [0, 0] and rows["tokens"].tolist() == [0.0, 0.0]
    assert rows["evidence_recall"].tolist() == [1.0, 1.0] and rows["probability"].isna().all()
    plain = assembly.answer([assembly.Pipeline("plain", SEARCH, archive)], [LONGEST], READER)
    assert plain["prompts"].tolist() == [1]


def test_every_pipeline_has_as_much_room_for_a_question(archive):
    budgets = [archive.room(q.question).budget for q in (LOOKUP, DIFFER, LONGEST, MALTA)]
    assert budgets == [300, 600, 900, 900]
    more = [contract(f"d{i}", "Supply", f"A{i} Co", f"B{i} Co", 9, "Malta") for i in range(4)]
    many = assembly.Archive([*DOCUMENTS, *more], archive.embedders, budget)
    assert many.room(LONGEST.question).budget == assembly.MOST_TOKENS


def test_the_cross_encoder_reads_ahead_and_its_pairs_are_charged(archive, monkeypatch):
    archive.reranker = counted = Counted()

    class Shortest:
        def __init__(self, reranker):
            assert reranker is counted

        def postprocess_nodes(self, nodes, query_bundle=None):
            return sorted(nodes, key=lambda one: len(one.node.text))

    monkeypatch.setattr(reranking, "RerankFirst", Shortest)
    pipeline = assembly.Pipeline("x", [*SEARCH, "cross-encoder"], archive)
    asked = pipeline.ask([LOOKUP])[0]
    assert asked.pairs == len(counted.pairs) > 0
    assert [len(one.node.text) for one in asked.context] == sorted(len(one.node.text) for one in asked.context)
    rows = assembly.answer([pipeline], [LOOKUP], READER, ms_per_pair=100.0)
    assert rows["ms"].iloc[0] >= 100 * asked.pairs + 2.0 and rows["pairs"].iloc[0] == asked.pairs


def test_a_prompt_is_read_once_for_all_pipelines(archive, monkeypatch):
    seen = []
    once = assembly.Pipeline("one", SEARCH, archive), assembly.Pipeline("two", [*SEARCH, "plans"], archive)
    inner = Reader.prepare
    monkeypatch.setattr(Reader, "prepare", lambda self, asked, limit: seen.extend(asked) or inner(self, asked, limit))
    rows = assembly.answer(once, [LOOKUP], READER)
    assert len(seen) == 1 and rows["pipeline"].tolist() == ["one", "two"] and rows["answer"].nunique() == 1


def test_without_contracts_every_part_runs_and_plans_do_nothing():
    texts = [Document(id_=f"t{i}", text=f"Note {i}. The fee is {i} EUR.",
                      metadata={"doc_id": f"t{i}", "title": f"Note {i}"}) for i in range(3)]
    made = assembly.Archive(texts, {False: MockEmbedding(8), True: MockEmbedding(8)}, budget)
    parts = [part for part in assembly.PARTS if part != "cross-encoder"]
    asked = assembly.Pipeline("x", parts, made).ask([question("lookup", "What is the fee in note 2?", "2 EUR")])[0]
    assert len(asked.prompts) == 1 and asked.context


def test_a_question_on_one_contract_is_not_counted(archive):
    """Each was once answered by the number of contracts that its last company signed."""
    for text in (f"How many days after receipt is an invoice due under {SUPPLY}?",
                 f"For how many days may payment under {HOSTING} wait?"):
        assert archive.counts(text) == []
    assert len(archive.counts("How many contracts did Alder Mills sign?")) == 2


def test_who_searches_again_is_charged_again(archive):
    inside = archive.inside(frozenset(SEARCH))
    assert inside is archive.inside(frozenset(SEARCH)) is not archive.inside(frozenset())
    found, first = retrieval.timed_retrieve(inside, "What is the payment term?")
    found[0].score = 99.0
    again, second = retrieval.timed_retrieve(inside, "What is the payment term?")
    assert [one.node.node_id for one in again] == [one.node.node_id for one in found] and again[0].score != 99.0
    assert 0.5 * first < second < 3 * first + 5


def test_in_turn_takes_the_best_of_each_first():
    a, b, c = (NodeWithScore(node=node, score=1.0) for node in
               assembly.chunking.make_nodes(Document(id_="d", text="one two three"), [(0, 3), (4, 7), (8, 13)]))
    assert [one.node.text for one in extraction.in_turn([[a, b], [c, a], []])] == ["one", "three", "two"]
    assert extraction.in_turn([]) == []


def test_support_is_what_an_answer_rests_on():
    planner = extraction.Planner(DOCUMENTS)
    values = {(d, "payment term"): f"{days} days" for d, days in zip(("c1", "c2", "c3"), (30, 60, 45))}
    longest = planner.plan(LONGEST.question)
    assert planner.support(longest, values) == [("c2", "payment term")]
    counted = planner.plan("How many of these contracts have a payment term of more than 40 days: "
                           f"{SUPPLY} and {HOSTING}?")
    assert planner.support(counted, values) == [("c2", "payment term")]
    both = planner.plan(DIFFER.question)
    assert planner.support(both, values) == list(both.cells)
