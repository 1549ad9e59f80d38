"""The world generator: what a drawn world promises, checked on worlds of several seeds."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import cache
from random import Random

import pytest

from factory import contracts, house, portfolio, questions, selection, world
from factory.__main__ import main
from factory.questions import Item, accepted_variants, number_words
from factory.world import World
from labutils.errors import LabsError
from labutils.prompts import ABSTAIN

SEEDS = (7, 8)


@cache
def drawn(seed: int) -> tuple[World, list[Item]]:
    made = world.build_world(seed)
    return made, selection.build_questions(made)


@pytest.fixture(params=SEEDS)
def both(request) -> tuple[World, list[Item]]:
    return drawn(request.param)


@cache
def texts(seed: int) -> dict[str, str]:
    return drawn(seed)[0].documents()


def quote(made: World, span: questions.Span) -> str:
    return texts(made.seed)[span.doc_id][span.start:span.end]


# ---------------------------------------------------------------- documents

def test_world_has_its_size(both) -> None:
    made, _ = both
    assert len(made.contracts) == 64
    assert Counter(c.split for c in made.contracts) == {"train": 12, "dev": 10, "test": 42}
    assert sum(len(c.amendments) for c in made.contracts) >= 40
    assert {c.kind.key for c in made.contracts} == set(contracts.TYPE_BY_KEY)
    assert all(3 <= sum(not clause.facts for clause in c.clauses) <= 6 for c in made.contracts)


def test_every_type_is_in_train_and_in_test(both) -> None:
    made, _ = both
    for split in ("train", "test"):
        assert {c.kind.key for c in made.contracts if c.split == split} == set(contracts.TYPE_BY_KEY)


@pytest.mark.parametrize("count", range(1, 13))
def test_splits_have_their_sizes_with_any_number_of_types(count: int) -> None:
    for start in range(count):
        picked = Counter((start + i) % count for i in range(world.CONTRACTS))
        kinds = [str(kind) for kind in sorted(picked) for _ in range(picked[kind])]
        splits = world.draw_splits(kinds)
        assert Counter(splits) == {"train": 12, "dev": 10, "test": 42}
        assert all(set(kinds) == {k for k, s in zip(kinds, splits) if s == split} for split in ("train", "test"))


def test_a_reference_names_one_contract(both) -> None:
    made, _ = both
    named = defaultdict(set)
    for contract in made.contracts:
        a, b = (company.name for company in contract.parties)
        for template in contracts.GENRES[contract.kind.key].references:
            for left, right in ((a, b), (b, a)):
                named[template.format(A_name=left, B_name=right)].add(contract.doc_id)
    assert {len(ids) for ids in named.values()} == {1}


def test_some_companies_and_pairs_come_back(both) -> None:
    made, _ = both
    pairs = Counter(frozenset(c.name for c in contract.parties) for contract in made.contracts)
    parties = Counter(c.name for contract in made.contracts for c in contract.parties)
    assert pairs.most_common(1)[0][1] >= 2 and parties.most_common(1)[0][1] >= 5
    assert set(parties) == {c.name for c in made.companies}


def test_a_contract_states_a_fact_once(both) -> None:
    made, _ = both
    for contract in made.contracts:
        assert max(Counter(contract.keys()).values()) == 1, contract.doc_id
        for placed in contract.written.facts:
            assert contract.written.text[placed.start:placed.end] == placed.value
            assert placed.evidence_start <= placed.start < placed.end <= placed.evidence_end


def test_amendments_change_one_or_two_facts_and_come_later(both) -> None:
    made, _ = both
    overridden = 0
    for contract in made.contracts:
        dates = [contract.written.names["date_signed"], *(a.date for a in contract.amendments)]
        assert [world.to_date(d) for d in dates] == sorted({world.to_date(d) for d in dates})
        order = [contract.doc_id, *(a.doc_id for a in contract.amendments)]
        numbers: Counter[str] = Counter()
        for amendment in contract.amendments:
            numbers[amendment.kind] += 1
            assert 1 <= len(amendment.changed) <= 2 and amendment.number == numbers[amendment.kind]
            letter = {"amendment": "a", "side letter": "l"}[amendment.kind]
            assert amendment.doc_id == f"{contract.doc_id[:3]}-{letter}{amendment.number}"
            for key in amendment.changed:
                new = amendment.written.fact(*key).value
                older = [p.value for doc_id, p in contract.chain(key)
                         if order.index(doc_id) < order.index(amendment.doc_id)]
                assert new not in older
        overridden += len(contract.amendments) == 2 and bool(
            set(contract.amendments[0].changed) & set(contract.amendments[1].changed))
    assert overridden >= 3


def test_an_amendment_names_the_paragraph_that_it_replaces(both) -> None:
    made, _ = both
    for contract in made.contracts:
        for amendment in contract.amendments:
            for key in amendment.changed:
                placed = amendment.written.fact(*key)
                before = amendment.written.text[: placed.start]
                section, part = re.findall(r"Section (\d+)\.(\d+)", before)[-1]
                base = contract.written.fact(*key)
                paragraph = re.search(rf"^{section}\.{part} (.*)$", contract.written.text, re.M)
                assert paragraph.start() < base.start < paragraph.end()


def test_text_is_clean(both) -> None:
    made, _ = both
    plain = {row["doc_id"] for row, _ in made.rows() if row["kind"] in ("memo", "side letter")}
    for doc_id, text in made.documents().items():
        assert text.startswith("# ") and text.endswith("\n") and not text.endswith("\n\n") and "\r" not in text
        assert not re.search(r"[{}]|\|\||  |\bthe the\b", text), doc_id
        assert not re.search(r'(?<!No)[.?!] [a-z]|: "[a-z]|^\d+\.\d+ [a-z]', text, re.M), doc_id
        numbers = [int(n) for n in re.findall(r"^## (\d+)\. ", text, re.M)]
        assert numbers == list(range(1, len(numbers) + 1)) and bool(numbers) == (doc_id not in plain)


def test_contracts_agree_with_the_register(both) -> None:
    made, _ = both
    companies = {c.name: c for c in made.companies + made.holdings}
    assert len(companies) == len(made.companies) + len(made.holdings)
    for contract in made.contracts:
        for company in contract.parties:
            assert company.legal in contract.written.text
            assert companies[company.name] == company
    for company in companies.values():
        assert made.register.fact(company.name, "seat").value == company.seat
        assert company.parent is None or company.parent in companies
    for column in ("seat", "signatory", "former"):
        values = [v for c in companies.values() if (v := getattr(c, column))]
        assert len(set(values)) == len(values)


# ---------------------------------------------------------------- the playbook

def label_by_reading(section: str, value: str) -> str:
    """The label that a reader of the playbook's text would give, found without the generator's code."""
    if not re.search(r"\d", value):
        listed = {label: names for names, label in re.findall(r"The law of ([^.]*?) is (\w+) risk", section)}
        return next((label for label, names in listed.items() if re.search(rf"\b{re.escape(value)}\b", names)), "high")
    number = float(re.sub(r"[^\d.]", "", value))
    for sentence in re.findall(r"[^.]*(?:\.\d[^.]*)* is \w+ risk\.", section):
        above = re.search(r"more than ([\d,.]*\d)", sentence)
        below = re.search(r"up to ([\d,.]*\d)", sentence)
        low = float(above[1].replace(",", "")) if above else float("-inf")
        high = float(below[1].replace(",", "")) if below else float("inf")
        if low < number <= high:
            return re.search(r"is (\w+) risk\.", sentence)[1]
    raise AssertionError((section, value))


def test_playbook_labels_follow_from_its_text(both) -> None:
    made, items = both
    checked = 0
    for item in (i for i in items if i.family == "playbook"):
        rule = next(p.rule for p in made.positions if p.rule.name == item.klass)
        contract = next(c for c in made.contracts if c.doc_id == item.cluster)
        value = contract.written.fact(rule.clause, rule.fact).value
        start, end, _ = next(s for s in made.playbook.sections if s[0] < item.evidence[1].start < s[1])
        assert item.answer == label_by_reading(made.playbook.text[start:end], value), item.question
        proof = [quote(made, span) for span in item.evidence[1:]]
        assert f"is {item.answer} risk." in proof[-1]
        # "Any other place" is proved by the places that are listed, everything else by its own sentence.
        assert len(proof) == (3 if "any other place" in proof[-1].lower() else 1)
        checked += 1
    assert checked > 100


@pytest.mark.parametrize("seed", range(20))
def test_every_rule_can_give_every_label(seed: int) -> None:
    rng = Random(seed)
    for position in house.draw_positions(rng):
        fact = next(f for f in contracts.BY_KEY[position.rule.clause].facts if f.name == position.rule.fact)
        found = Counter(position.label(fact.value(rng)) for _ in range(300))
        assert min(found[label] for label in house.LABELS) > 20, (position.rule.name, position.bounds, found)


# ---------------------------------------------------------------- questions

def test_families_reach_their_sizes(both) -> None:
    _, items = both
    assert selection.shortfalls(items) == []
    assert selection.shortfalls([i for i in items if i.family != "version"]) != []


def test_ids_and_texts_are_unique(both) -> None:
    _, items = both
    assert len({i.question_id for i in items}) == len({i.question for i in items}) == len(items)


def test_gold_evidence_states_the_answer(both) -> None:
    made, items = both
    for item in items:
        text = " ".join(quote(made, span) for span in item.evidence)
        if item.family == "unanswerable":
            assert item.answer == ABSTAIN and not item.evidence
        elif item.family == "extract":
            assert 2 <= len(json.loads(item.answer)) <= 3
            for key, value in json.loads(item.answer).items():
                assert value in text and f'"{key}"' in item.question
        elif item.family == "summary":
            points = [point.split(": ") for point in item.answer.split("; ")]
            assert len(points) >= 3 and all(topic in item.question and value in text for topic, value in points)
        elif item.family not in ("playbook", "aggregate", "global"):
            assert item.answer in quote(made, item.evidence[-1])
        for span in item.evidence:
            assert quote(made, span) == quote(made, span).strip() and "\n" not in quote(made, span)


def test_version_asks_for_the_latest_value(both) -> None:
    made, items = both
    for item in (i for i in items if i.family == "version"):
        contract = next(c for c in made.contracts if c.doc_id == item.cluster)
        order = [contract.doc_id, *(a.doc_id for a in contract.amendments)]
        places = [span.doc_id for span in item.chain]
        assert places[0] == contract.doc_id and places == sorted(places, key=order.index) and len(places) >= 2
        assert item.evidence == item.chain[-1:]
        base = contract.written.fact(item.klass, item_fact(made, item))
        assert item.answer != base.value and base.value in quote(made, item.chain[0])
        later = [texts(made.seed)[doc_id] for doc_id in order[order.index(places[-1]) + 1:]]
        assert not any(f"Section {base.section}.{part_number(contract, base)} " in text for text in later)


def item_fact(made: World, item: Item) -> str:
    span = item.chain[0]
    contract = next(c for c in made.contracts if c.doc_id == item.cluster)
    wanted = [p for p in contract.written.facts if p.clause.key == item.klass and p.evidence_start == span.start]
    asked = [p for p in wanted if any(matches(q, item.question) for q in p.fact.questions)]
    assert len(asked) == 1, item.question
    return asked[0].fact.name


def part_number(contract: world.Contract, placed) -> str:
    return re.findall(r"^\d+\.(\d+) ", contract.written.text[: placed.start], re.M)[-1]


def matches(template: str, question: str) -> bool:
    before, after = template.split("{doc}", 1)
    question = question.lower()
    return question.startswith(before.lower()) and question.endswith(after.lower())


def test_plain_lookups_are_not_touched_by_amendments(both) -> None:
    made, items = both
    for item in (i for i in items if i.family == "lookup"):
        contract = next(c for c in made.contracts if c.doc_id == item.cluster)
        if item.klass.startswith("sow_"):  # nothing amends a statement of work
            assert item.evidence[0].doc_id in {work.doc_id for work in contract.works}
            continue
        assert item.evidence[0].doc_id == contract.doc_id
        placed = [p for p in contract.written.facts
                  if p.evidence_start == item.evidence[0].start and p.value == item.answer]
        assert not {(p.clause.key, p.fact.name) for p in placed} & contract.changed()


def test_multihop_leads_to_one_contract(both) -> None:
    """Resolve each description from the register's text alone, then look for contracts with those titles."""
    made, items = both
    titles = {c.written.title for c in made.contracts}
    names = [c.name for c in made.companies]
    for item in (i for i in items if i.family == "multihop"):
        contract = next(c for c in made.contracts if c.doc_id == item.cluster)
        sentence = quote(made, item.evidence[0])
        assert item.evidence[0].doc_id == "register" and item.evidence[1].doc_id == contract.doc_id
        clue = next(c for c in known_clues(made)
                    if re.search(rf"(?:called|in|which|of) {re.escape(c)}\b", item.question))
        assert clue in sentence
        entries = [entry.split("\n")[0].split(". ", 1)[1]
                   for entry in made.register.text.split("\n## ")[1:] if clue in entry]
        meant = [name for name in names if any(entry.startswith(name + " ") for entry in entries)]
        said = [name for name in names if name in item.question]
        assert len(said) == 1 and not any(name in item.question for name in meant if name != said[0])
        pairs = [pair for name in meant for pair in ((name, said[0]), (said[0], name))]
        found = {f"{contract.kind.name} between {a} and {b}" for a, b in pairs} & titles
        assert found == {contract.written.title}, item.question
    assert {i.kind for i in items if i.family == "multihop"} == {"former_name", "seat", "signatory", "parent"}


def test_a_description_of_two_contracts_is_not_asked() -> None:
    """Two subsidiaries of one parent with the same kind of contract with the same company cannot be told apart."""
    made = world.build_world(5)
    parent = next(name for name, count in Counter(c.parent for c in made.companies).items() if name and count > 1)
    first, second = [c for c in made.companies if c.parent == parent][:2]
    other = next(c for c in made.companies if c.parent is None)
    one = next(c for c in made.contracts if c.kind.key == "supply")
    for contract in made.contracts:
        contract.parties = (made.holdings[0], made.holdings[1])
    one.parties = (other, first)
    hops = {kind for kind, *_ in questions.register_hops(made, one, other, first)}
    assert {"parent", "seat", "signatory"} <= hops
    twin = next(c for c in made.contracts if c.kind.key == "supply" and c is not one)
    twin.parties = (second, other)
    assert {kind for kind, *_ in questions.register_hops(made, one, other, first)} == hops - {"parent"}


@cache
def clues(seed: int) -> tuple[str, ...]:
    made, _ = drawn(seed)
    return tuple(v for c in made.companies for v in (c.former, c.seat, c.signatory, c.parent) if v)


def known_clues(made: World) -> tuple[str, ...]:
    return clues(made.seed)


def test_unanswerable_is_nowhere_in_the_contract(both) -> None:
    """No paragraph of the contract or its amendments has the words that any drafter uses to state the fact."""
    made, items = both
    documents = texts(made.seed)
    for item in (i for i in items if i.family == "unanswerable"):
        contract = next(c for c in made.contracts if c.doc_id == item.cluster)
        assert item.klass in contract.kind.core + contract.kind.optional
        clause = contracts.BY_KEY[item.klass]
        mine = [documents[d] for d in (contract.doc_id, *(a.doc_id for a in contract.amendments))]
        for wording in clause.wordings:
            literal = max(re.split(r"\{\w+\}| \|\| ", wording), key=len).strip()
            assert len(literal) > 20 and not any(literal in text for text in mine), (item.question, literal)
        for title in clause.titles:
            assert not any(re.search(rf"^## \d+\. {re.escape(title)}$", text, re.M) for text in mine)


def test_test_questions_are_spread(both) -> None:
    made, items = both
    for family in selection.FAMILIES:
        clusters = Counter(i.cluster for i in items if i.split == "test" and i.family == family)
        assert len(clusters) >= (10 if family == "version" else 20)
    labels = Counter(i.answer for i in items if i.split == "test" and i.family == "playbook")
    assert max(labels.values()) <= 0.45 * sum(labels.values()) and set(labels) == set(house.LABELS)


def test_train_facts_are_asked_three_or_four_times(both) -> None:
    _, items = both
    asked = Counter((i.cluster, i.evidence[0], i.answer) for i in items if i.split == "train" and i.family == "lookup")
    assert set(asked.values()) <= {3, 4} and len(asked) > 200


def titled(made: World, question: str) -> list[world.Contract]:
    """The contracts that a question names, in its order, found by their references."""
    question, found = question.replace(" (as amended)", ""), []
    for contract in made.contracts:
        a, b = (company.name for company in contract.parties)
        for template in contracts.GENRES[contract.kind.key].references:
            for left, right in ((a, b), (b, a)):
                at = question.lower().find(template.format(A_name=left, B_name=right).lower())
                found += [(at, contract)] if at >= 0 else []
    return [contract for _, contract in sorted(found, key=lambda pair: pair[0])]


def test_aggregates_follow_from_their_evidence(both) -> None:
    """Every answer is computed anew from the sentences that the gold evidence quotes."""
    made, items = both
    kinds = Counter()
    for item in (i for i in items if i.family == "aggregate"):
        named = titled(made, item.question)
        rule = next(p.rule for p in made.positions if p.rule.name == item.klass)
        values = [contract.chain((rule.clause, rule.fact))[-1][1].value for contract in named]
        assert len(named) == len(item.evidence) and len({c.split for c in named}) == 1, item.question
        assert all(value in quote(made, span) for value, span in zip(values, item.evidence, strict=True))
        # All that are amended are marked or none, so that no mark leaves open which text of another one counts.
        assert item.question.count(" (as amended)") in (0, sum(bool(contract.amendments) for contract in named))
        numbers = [float(re.sub(r"[^\d.]", "", value)) for value in values]
        assert len({re.sub(r"[\d,.]", "", value) for value in values}) == 1, values
        if item.kind == "larger":
            assert item.answer == named[numbers.index(max(numbers))].written.title and numbers.count(max(numbers)) == 1
        elif item.kind == "difference":
            assert float(re.sub(r"[^\d.]", "", item.answer)) == pytest.approx(abs(numbers[0] - numbers[1]))
        else:
            bound = re.search(r"(?:more than|above|exceeds|beyond|over) (?:[A-Z]{3} )?([\d,.]*\d)", item.question)[1]
            assert item.answer == str(sum(number > float(bound.replace(",", "")) for number in numbers))
        kinds[item.kind] += 1
    assert set(kinds) == {"larger", "difference", "count"} and min(kinds.values()) >= 15


def test_global_answers_follow_from_the_texts(both) -> None:
    made, items = both
    kinds = Counter()
    for item in (i for i in items if i.family == "global"):
        kinds[item.kind] += 1
        if item.kind == "extreme":
            rule = next(p.rule for p in made.positions if p.rule.name == item.klass)
            key = (rule.clause, rule.fact)
            values = {c.written.title: house.quantity(c.chain(key)[-1][1].value)
                      for c in made.contracts if c.chain(key) and key not in c.contradicted}
            assert item.answer == max(values, key=values.get) and list(values.values()).count(max(values.values())) == 1
        else:
            assert int(item.answer) == len(item.evidence) == len({span.doc_id.split("-")[0] for span in item.evidence})
        if item.kind in ("type", "party"):
            value = item.cluster.removeprefix(f"portfolio-{item.kind}-")
            assert sum(value in contract.written.title for contract in made.contracts) == int(item.answer)
    assert set(kinds) == {"extreme", "law", "type", "party"}


def test_house_terms_lead_to_the_facts_they_mean(both) -> None:
    made, items = both
    meanings = {entry.fact.name: entry.value for entry in made.house_terms()}
    assert set(house.JARGON_FACTS) < set(meanings.values())
    kinds = Counter()
    for item in (i for i in items if i.family == "jargon"):
        contract = next(c for c in made.contracts if c.doc_id == item.cluster)
        entry = quote(made, item.evidence[0])
        if item.kind == "term":
            term = next(term for term in meanings if term in item.question)
            assert term in entry.lower() and meanings[term] in entry
            assert contract.written.fact(*house.JARGON_FACTS[meanings[term]]).value == item.answer
        else:
            code = next(code for code in made.projects if code in item.question)
            assert made.projects[code] == contract.doc_id and code in entry
        kinds[item.kind] += 1
    assert min(kinds["term"], kinds["code name"]) >= 20


@pytest.mark.parametrize(("number", "like", "text"), [
    (15, "45 days", "15 days"), (1200, "EUR 900", "EUR 1,200"), (0.75, "2.5%", "0.75%"), (3, "2.5%", "3%")])
def test_an_amount_in_the_unit_of_another(number: float, like: str, text: str) -> None:
    assert portfolio.amount(number, like) == text


# ---------------------------------------------------------------- values

@pytest.mark.parametrize(("number", "words"), [
    (0, "zero"), (13, "thirteen"), (20, "twenty"), (45, "forty-five"), (100, "one hundred"),
    (106, "one hundred and six"),
    (999, "nine hundred and ninety-nine"),
])
def test_number_words(number: int, words: str) -> None:
    assert number_words(number) == words


def test_number_words_has_an_end() -> None:
    with pytest.raises(ValueError):
        number_words(1000)


@pytest.mark.parametrize(("value", "accepted", "refused"), [
    ("30 days", ["thirty days", "thirty (30) days"], ["30", "1 month", "30 business days"]),
    ("14 days", ["2 weeks", "two weeks"], ["2"]),
    ("7 days", ["1 week", "one week"], ["1 weeks"]),
    ("24 months", ["2 years", "two years"], ["24"]),
    ("3 years", ["36 months"], ["3"]),
    ("6 business days", ["six business days", "six (6) business days"], ["6", "6 days"]),
    ("5,460 named users", ["5,460", "5460"], ["5,46", "5,460 users"]),
    ("EUR 1,250,000", ["EUR 1250000", "1,250,000 EUR", "€1,250,000", "EUR 1.25 million"], ["$1,250,000", "1,250,000"]),
    ("2.5%", ["2.5 %", "2.5 percent", "2.5 per cent"], ["2.5", "25%"]),
    ("3 March 2029", ["March 3, 2029", "2029-03-03", "3rd March 2029"], ["2029-03-30", "3 March"]),
    ("the Netherlands", ["Netherlands"], []),
    ("Otto Pia", [], ["Otto"]),
])
def test_accepted_variants(value: str, accepted: list[str], refused: list[str]) -> None:
    found = accepted_variants(value)
    assert set(accepted) <= set(found)
    assert not set(refused) & set(found) and value not in found


def test_a_bare_number_counts_only_where_the_question_names_the_unit() -> None:
    assert "30" in accepted_variants("30 days", "payment_term", "How many days does a party have?")
    assert "30" not in accepted_variants("30 days", "payment_term", "What is the payment term?")


# ---------------------------------------------------------------- building and writing

def test_worlds_of_other_sizes() -> None:
    small = world.build_world(5, contracts=6, companies=8)
    assert len(small.contracts) == 6 and selection.build_questions(small)


@pytest.mark.parametrize(("count", "companies"), [(3, 2), (80, 4)])
def test_too_few_companies(count: int, companies: int) -> None:
    with pytest.raises(LabsError, match="companies"):
        world.build_world(5, contracts=count, companies=companies)


def test_write_replaces_the_old_world(tmp_path) -> None:
    out = tmp_path / "made"
    first = world.build_world(5, contracts=6, companies=8)
    second = world.build_world(6, contracts=6, companies=8)
    world.write_world(first, out)
    world.write_world(second, out)
    assert {p.stem for p in (out / "documents").iterdir()} == set(second.documents())
    assert [p.name for p in tmp_path.iterdir()] == ["made"]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == 6 and {row["doc_id"] for row in manifest["documents"]} == set(second.documents())


def test_an_interrupted_write_leaves_the_old_world(tmp_path, monkeypatch) -> None:
    out = tmp_path / "made"
    world.write_world(world.build_world(5, contracts=6, companies=8), out)
    before = {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    replace = world.os.replace

    def full_disk(source, target):
        if str(target) == str(out) and "-old" not in str(source):
            raise OSError("no space left")
        replace(source, target)

    monkeypatch.setattr(world.os, "replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        world.write_world(world.build_world(6, contracts=6, companies=8), out)
    assert {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["made"]


def test_a_folder_with_something_else_is_not_touched(tmp_path, capsys) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["world", "--seed", "5", "--out", str(tmp_path)]) == 1
    assert "something else" in capsys.readouterr().err
    assert (tmp_path / "notes.txt").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1


def test_a_file_in_the_way_is_not_touched(tmp_path, capsys) -> None:
    (tmp_path / "world").write_text("mine")
    assert main(["world", "--out", str(tmp_path / "world")]) == 1
    assert "is a file" in capsys.readouterr().err and (tmp_path / "world").read_text() == "mine"
