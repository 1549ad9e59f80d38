"""The measurements of the embedded model: items hold what they ask for, scores tell right from wrong."""

import json
from random import Random

import numpy as np
import pytest

from factory import card, measures
from labutils import models
from labutils.models import Reply
from labutils.prompts import ABSTAIN


@pytest.fixture(scope="module")
def llm(tiny_model):
    return models.load_llm(f"hf:{tiny_model}")


@pytest.fixture
def answered(monkeypatch):
    """Replies by a function of the prompt, in the place of a model."""

    def by(function):
        monkeypatch.setattr(models, "generate",
                            lambda llm, prompts, tokens: [Reply(function(prompt), 1, 1, 1.0) for prompt in prompts])

    return by


def test_reading_counts_what_is_right_cited_and_abstained(answered):
    items = [("a", "[2] 30 days", "lookup"), ("b", "[1] 9 weeks", "lookup"), ("c", ABSTAIN, "unanswerable"),
             ("d", ABSTAIN, "unanswerable"), ("e", "[1] Bonn", "lookup")]
    answered({"a": "[2] 30 days", "b": "[3] 9 weeks", "c": ABSTAIN, "d": "[1] 4", "e": ABSTAIN}.__getitem__)
    assert measures.reading(None, items, "here") == {
        "lookup: exact match, here": [True, True, False], "answers when evidence is present, here": [True, True, False],
        "cites the right passage when correct, here": [True, False],
        "abstains when evidence is absent, here": [True, False]}


def test_one_passage_items_show_one_passage():
    items = measures.one_passage_items(True, 20)
    assert len(items) == 20 and {kind for _, _, kind in items} == {"lookup", "unanswerable"}
    assert all(len(measures.re.findall(r" \[\d+\]\n", prompt)) == 1 for prompt, _, _ in items)


def test_the_gold_passage_moves_and_nothing_else_changes(answered):
    prompts = []
    answered(lambda prompt: prompts.append(prompt) or "")
    found = measures.position_effect(None, True, 10)
    first, last = prompts[: len(prompts) // 2], prompts[len(prompts) // 2:]
    assert len(first) == len(last) > 5 and all(len(values) == len(first) for values in found.values())
    for a, b in zip(first, last, strict=True):
        assert a != b and sorted(a.split()) != a.split() and len(a) == len(b)


def test_the_needle_stands_in_a_prompt_of_nearly_the_wanted_length(llm):
    for length in (400, 1000):
        items = [measures.needle_item(llm, Random(f"needle-{i}"), length) for i in range(6)]
        kept = [item for item in items if item]
        assert kept
        for prompt, answer in kept:
            assert answer in prompt and length - 500 < measures.token_count(llm, prompt) <= length


def test_speed_is_measured_in_batches_and_one_by_one(llm):
    found = measures.speed(llm, length=300, count=4)
    assert found["length"] == 300 and found["batched"] > 0 and found["single"] > 0


def test_perfect_replies_get_full_marks(monkeypatch):
    """Each skill's own reference answers, given back, score 1; broken ones score 0 and raise nothing."""
    known = {}
    for make, name in ((measures.skills.decompose_sample, "decompose"), (measures.skills.triplet_sample, "triplets"),
                       (measures.skills.judge_sample, "judge")):
        known |= dict(measures.skill_items(make, name, 24))
    known |= dict(measures.extract_items(24))
    for replies, wanted in ((known.__getitem__, 1.0), (lambda prompt: "{(no", 0.0)):
        monkeypatch.setattr(models, "generate", lambda llm, prompts, tokens: [
            Reply(replies(prompt), 1, 1, 1.0) for prompt in prompts])
        scores = {**measures.decomposition(None, 24), "triplets": measures.triplets(None, 24),
                  **measures.json_fields(None, 24), **measures.judging(None, 24)}
        assert {name: np.mean(values) for name, values in scores.items()} == dict.fromkeys(scores, wanted)


def test_a_question_finds_its_passage_and_noise_does_not(answered):
    answered(lambda prompt: measures.passage_of(prompt)[:300])
    assert np.mean(measures.question_hits(None, 10)) > 0.9
    answered(lambda prompt: "fish")
    assert np.mean(measures.question_hits(None, 10)) < 0.3


def test_abstention_f1_is_the_one_of_precision_and_recall():
    absent, present = np.array([1, 1, 1, 0]), np.array([1, 1, 0, 0])
    precision, recall = 3 / 5, 3 / 4
    assert card.abstention_f1(absent, present) == pytest.approx(2 * precision * recall / (precision + recall))


def test_intervals_hold_the_value_and_narrow_with_items():
    for values in ([True, False, True, True], [0.5, 1.0, 0.25, 0.75]):
        few, many = card.interval(values), card.interval(values * 50)
        assert few["low"] <= few["value"] <= few["high"] and few["value"] == many["value"]
        assert many["high"] - many["low"] < few["high"] - few["low"]


def test_every_bar_of_the_card_is_measured():
    where = ("everyday genres", "contracts")
    names = [f"{name}, {place}" for place in where for name in (
        "lookup: exact match", "abstains when evidence is absent", "answers when evidence is present",
        "cites the right passage when correct", "lookup: exact match, gold passage first",
        "lookup: exact match, gold passage last")]
    names += [name for name in card.BARS if not any(place in name for place in where) and "balanced" not in name]
    names += ["judge: right on supported statements", "judge: right on unsupported statements"]
    skills = card.summarize({name: [1, 0, 1] for name in names})
    assert card.BARS.keys() <= skills.keys()
    facts = json.loads((models.CLERK / "skills.json").read_text(encoding="utf-8")) | {
        "skills": skills, "components": {name: card.interval([1, 0]) for name in card.COMPONENTS}}
    assert all(f"| {name} | " in card.card_text(facts) for name in card.BARS)

