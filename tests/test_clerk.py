"""The embedded model itself: it loads, and it does what its card says, no less and no more."""

import json
from random import Random

import pytest

from factory import card, measures
from factory.corpus import EVERYTHING, reading_sample
from labutils import metrics, models


@pytest.fixture(scope="module")
def clerk():
    return models.load_llm("clerk")


def answers(llm, contract, kinds, count):
    """(reference, reply) of one question of each of `count` held-out samples (seeds that the card does not use)."""
    items = []
    for i in range(10_000):
        sample = reading_sample(Random(f"clerk-bars-{contract}-{i}"), measures.PASSAGES, contract, breadth=EVERYTHING)
        found = [n for n, kind in enumerate(sample.kinds) if kind in kinds]
        if found and len(sample.prefix) <= measures.LONGEST:
            items.append((measures.prompts_of(sample)[found[0]], sample.branches[found[0]][1]))
        if len(items) == count:
            break
    replies = models.generate(llm, [prompt for prompt, _ in items], 48)
    return [(metrics.parse_reply(wanted), metrics.parse_reply(reply.text))
            for (_, wanted), reply in zip(items, replies, strict=True)]


def share(values):
    values = list(values)
    return sum(values) / len(values)


def recorded(name):
    facts = json.loads((models.CLERK / "skills.json").read_text(encoding="utf-8"))
    return facts["skills"][name]["value"]


@pytest.mark.parametrize(("contract", "where"), [(False, "everyday genres"), (True, "contracts")])
def test_it_reads_as_its_card_says_on_seeds_that_the_card_did_not_use(clerk, contract, where):
    pairs = answers(clerk, contract, ("lookup",), 100)
    measured = share(metrics.normalize(w.text) == metrics.normalize(g.text) for w, g in pairs)
    assert measured == pytest.approx(recorded(f"lookup: exact match, {where}"), abs=0.15)


@pytest.mark.parametrize(("contract", "where"), [(False, "everyday genres"), (True, "contracts")])
def test_it_abstains_as_its_card_says(clerk, contract, where):
    measured = share(got.abstained for _, got in answers(clerk, contract, ("unanswerable",), 80))
    assert measured == pytest.approx(recorded(f"abstains when evidence is absent, {where}"), abs=0.18)


def test_reading_needs_the_passages(clerk):
    """Without the passages, the same questions must not be answered: what it says comes from what it reads."""
    pairs = answers(clerk, True, ("lookup",), 60)
    with_passages = share(metrics.normalize(w.text) == metrics.normalize(g.text) for w, g in pairs)
    assert with_passages >= share(measures.closed_book(clerk)) + 0.1


def test_it_knows_nothing_of_the_course_world(clerk):
    assert share(measures.closed_book(clerk)) <= 0.05


def test_it_is_a_small_llama_in_safetensors():
    config = json.loads((models.CLERK / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"] and config["max_position_embeddings"] == 2048
    assert sum(f.stat().st_size for f in models.CLERK.iterdir()) < 32 * 2**20
    assert not list(models.CLERK.glob("*.bin")) and not list(models.CLERK.glob("*.pt"))


def test_its_card_says_what_was_measured():
    facts = json.loads((models.CLERK / "skills.json").read_text(encoding="utf-8"))
    assert (models.CLERK / "README.md").read_text(encoding="utf-8") == card.card_text(facts)


def test_its_chat_template_marks_what_the_assistant_says(clerk):
    messages = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Ada"}]
    encoded = clerk.tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    said = [t for t, mask in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if mask]
    assert clerk.tokenizer.decode(said) == "Ada<|im_end|>"
