"""Measure the embedded model's skills on held-out seeds and write its model card from the figures."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from labutils import metrics, models, stats
from labutils.corpus import load_corpus
from labutils.prompts import ABSTAIN, CLOSED_BOOK_TEMPLATE

from .corpus import ASSISTANT, USER, Sample, reading_sample

PASSAGES = 4  # the gold one among three distractors
LONGEST = 4500  # characters of passages, some 1,500 tokens
# What the course needs of it: (smallest, largest) value. The card says which of these are met.
BARS = {
    "lookup: exact match, contracts": (0.5, 1.0),
    "abstains when evidence is absent, contracts": (0.5, 1.0),
    "closed book: exact match on facts of the course world": (0.0, 0.05),
}


def prompts_of(sample: Sample) -> list[str]:
    """The prompts of a sample's questions, as a user would send them: without the chat template's markers."""
    prefix = sample.prefix.removeprefix(USER)
    return [prefix + question.removesuffix(ASSISTANT) for question, _ in sample.branches]


def held_out_items(contract: bool, count: int, name: str = "test") -> list[tuple[str, str, str]]:
    """(prompt, reference answer, kind), one question per sample so that the items are independent."""
    items = []
    for i in range(count):
        rng = Random(f"clerk-{name}-{'contract' if contract else 'everyday'}-{i}")
        sample = reading_sample(rng, PASSAGES, contract)
        if sample.branches and len(sample.prefix) <= LONGEST:
            chosen = rng.randrange(len(sample.branches))
            items.append((prompts_of(sample)[chosen], sample.branches[chosen][1], sample.kinds[chosen]))
    return items


def measure(llm, count: int = 300) -> dict[str, dict[str, float]]:
    """Greedy answers scored by kind: {skill: {value, low, high, n}}, Wilson intervals at 95%."""
    skills: dict[str, list[bool]] = {}
    for contract in (False, True):
        where = "contracts" if contract else "everyday genres"
        items = held_out_items(contract, count)
        replies = models.generate(llm, [prompt for prompt, _, _ in items], 96)
        for (_, answer, kind), reply in zip(items, replies, strict=True):
            wanted, got = metrics.parse_reply(answer), metrics.parse_reply(reply.text)
            if kind == "unanswerable":
                skills.setdefault(f"abstains when evidence is absent, {where}", []).append(got.abstained)
                continue
            correct = metrics.normalize(wanted.text) == metrics.normalize(got.text)
            skills.setdefault(f"{kind}: exact match, {where}", []).append(correct)
            skills.setdefault(f"answers when evidence is present, {where}", []).append(not got.abstained)
            if correct:
                skills.setdefault(f"cites the right passage when correct, {where}", []).append(
                    wanted.citations == got.citations)
    skills["closed book: exact match on facts of the course world"] = closed_book(llm)
    return {name: interval(values) for name, values in skills.items()}


def closed_book(llm) -> list[bool]:
    """Whether each fact question of the course world is answered right without documents."""
    corpus = load_corpus("harbour")
    questions = [q for split in ("known", "test") for q in corpus.select(split=split)
                 if q.family in ("lookup", "version", "extract")]
    replies = models.generate(llm, [CLOSED_BOOK_TEMPLATE.format(query_str=q.question) for q in questions], 96)
    return [metrics.exact_match(reply.text, q) for q, reply in zip(questions, replies, strict=True)]


def interval(values: list[bool]) -> dict[str, float]:
    low, high = stats.wilson(sum(values), len(values))
    return dict(value=round(sum(values) / len(values), 3), low=round(low, 3), high=round(high, 3), n=len(values))


def write_card(folder: Path, facts: dict) -> None:
    """Write skills.json (the recorded result) and README.md (the card, all figures from it)."""
    (folder / "skills.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(card_text(facts), encoding="utf-8")


def card_text(facts: dict) -> str:
    """The model card; `facts` holds parameters, training and skills as `write_card` records them."""
    rows = "\n".join(f"| {name} | {s['value']:.2f} | {s['low']:.2f} to {s['high']:.2f} | {s['n']} |"
                     for name, s in facts["skills"].items())
    training = facts["training"]
    bars = "\n".join(f"- {name}: {low:g} to {high:g} wanted, {facts['skills'][name]['value']:.2f} measured, "
                     f"{'met' if low <= facts['skills'][name]['value'] <= high else 'NOT met'}"
                     for name, (low, high) in BARS.items())
    return f"""# Clerk: the embedded model

A causal language model in the Llama format, {facts['parameters'] / 1e6:.1f} million parameters, trained from scratch for this
course. It makes retrieval, reading, abstention and fine-tuning visible on a laptop in minutes. It is not for use outside it.

## Data and training

Everything it has read was written by `factory`: ten everyday genres and contracts, drawn from seeds that the
course never uses. It has not read the course world, its playbook or its glossary. {training['tokens'] / 1e6:.1f} million tokens in
{training['seconds'] / 3600:.1f} hours on {training['device']}; first copying and finding random tokens, then reading
(see `factory/README.md`, also for the detours of this run).
Byte-level BPE with {facts['vocabulary']:,} tokens, digits split; context {facts['context']:,}. bf16 safetensors, checked by hash at load.

## Skills

Greedy decoding, held-out seeds, the gold passage among {PASSAGES - 1} distractors of the same kind of document; 95% Wilson intervals.

| skill | value | interval | n |
|---|---:|---|---:|
{rows}

What the course needs of it:

{bars}

## Limits and misuse

It reads passages of some hundred words in the form of its prompts and copies what they say. It does not chat, reason or
calculate, knows no fact of the world, and reads real documents badly. Never rely on it for a decision. Its figures hold for
texts like those of `factory`; on other texts measure them.

If asked without passages it answers "{ABSTAIN}".

License: CC BY 4.0.
"""


def refresh(folder: Path = models.CLERK, log: Path | None = None, device: str = "2 CPU cores") -> dict:
    """Measure the model in `folder`; training figures come from `log` (a run's log.jsonl) or stay as recorded."""
    llm = models.load_llm("clerk") if folder == models.CLERK else models.load_llm(f"hf:{folder}")
    if log:
        last = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
        training = dict(tokens=last["tokens"], seconds=last["seconds"], device=device)
    else:
        training = json.loads((folder / "skills.json").read_text(encoding="utf-8"))["training"]
    facts = dict(parameters=sum(p.numel() for p in llm.model.parameters()), vocabulary=len(llm.tokenizer),
                 context=llm.context_window, training=training, skills=measure(llm))
    write_card(folder, facts)
    return facts
