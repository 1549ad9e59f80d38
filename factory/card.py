"""The embedded model's card: its skills with intervals, and which of the course's bars it meets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labutils import models, stats
from labutils.errors import LabsError
from labutils.prompts import ABSTAIN

from .components import COMPONENTS, well_formed
from .measures import NEEDLE_LENGTHS, PASSAGES, RIVALS, Values, measure, speed

# What the course needs of it: (smallest, largest) value. The card says which of these are met.
BARS = {
    "lookup: exact match, everyday genres": (0.9, 1.0),
    "lookup: exact match, contracts": (0.6, 0.85),  # above it little is left for fine-tuning
    "abstains when evidence is absent, contracts": (0.5, 1.0),
    "abstention: F1, everyday genres": (0.9, 1.0),
    "abstention: F1, contracts": (0.9, 1.0),
    "cites the right passage when correct, everyday genres": (0.9, 1.0),
    "cites the right passage when correct, contracts": (0.9, 1.0),
    "decomposes a question on two documents: exact set": (0.85, 1.0),
    f"question written for a passage finds it among {RIVALS}: hit@1": (0.8, 1.0),
    "triplets of a passage: F1": (0.85, 1.0),
    "JSON by given keys: valid": (0.98, 1.0),
    "JSON by given keys: share of fields right": (0.85, 1.0),
    "judge: balanced accuracy": (0.85, 1.0),
    "gold passage first minus last: exact match, everyday genres": (-0.05, 0.05),
    "gold passage first minus last: exact match, contracts": (-0.05, 0.05),
    "closed book: exact match on facts of the course world": (0.0, 0.05),
}
N_BOOT = 2000


def summarize(found: Values) -> dict[str, dict[str, float]]:
    """{skill: {value, low, high, n}}: Wilson intervals for shares, bootstrap ones for what is made of several."""
    skills = {name: interval(values) for name, values in found.items() if values}
    for where in ("everyday genres", "contracts"):
        absent, present = (found[f"{name}, {where}"] for name in ("abstains when evidence is absent",
                                                                  "answers when evidence is present"))
        skills[f"abstention: F1, {where}"] = bootstrap(abstention_f1, absent, present)
        first, last = (found[f"lookup: exact match, gold passage {place}, {where}"] for place in ("first", "last"))
        skills[f"gold passage first minus last: exact match, {where}"] = bootstrap(
            np.mean, np.subtract(first, last, dtype=float))
    supported, unsupported = (found[f"judge: right on {kind} statements"] for kind in ("supported", "unsupported"))
    skills["judge: balanced accuracy"] = bootstrap(lambda a, b: (a.mean() + b.mean()) / 2, supported, unsupported)
    return skills


def abstention_f1(absent: np.ndarray, present: np.ndarray) -> float:
    """F1 of abstaining: `absent` says where it did when it had to, `present` where it did not when it must not."""
    hits, false = absent.sum(), (1 - present).sum()
    return 2 * hits / (len(absent) + hits + false)


def interval(values: Sequence[float]) -> dict[str, float]:
    """Mean and 95% interval: Wilson's for right and wrong, a bootstrap one for shares."""
    if set(values) - {0, 1}:
        return bootstrap(np.mean, values)
    low, high = stats.wilson(int(sum(values)), len(values))
    return rounded(sum(values) / len(values), low, high, len(values))


def bootstrap(statistic, *columns: Sequence[float]) -> dict[str, float]:
    """A statistic of columns of items with its 95% percentile interval; each column is resampled by itself."""
    rng, arrays = np.random.default_rng(0), [np.asarray(column, dtype=float) for column in columns]
    drawn = [statistic(*(rng.choice(array, len(array)) for array in arrays)) for _ in range(N_BOOT)]
    return rounded(statistic(*arrays), *np.percentile(drawn, [2.5, 97.5]), sum(map(len, arrays)))


def rounded(value: float, low: float, high: float, n: int) -> dict[str, float]:
    return dict(value=round(float(value), 3), low=round(float(low), 3), high=round(float(high), 3), n=n)


def write_card(folder: Path, facts: dict) -> None:
    """Write skills.json (the recorded result) and README.md (the card, all figures from it)."""
    (folder / "skills.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(card_text(facts), encoding="utf-8")


def figures(skill: dict[str, float]) -> str:
    """The cells of a table: value, interval, number of items."""
    return f"{skill['value']:.2f} | {skill['low']:.2f} to {skill['high']:.2f} | {skill['n']}"


def card_text(facts: dict) -> str:
    """The model card; `facts` holds parameters, training and skills as `write_card` records them."""
    skills, training = facts["skills"], facts["training"]
    rows = "\n".join(f"| {name} | {figures(s)} |" for name, s in skills.items())
    components = "\n".join(f"| {name} | {COMPONENTS[name][0]} | {figures(s)} |"
                           for name, s in facts["components"].items())
    bars = "\n".join(f"| {name} | {low:g} to {high:g} | {skills[name]['value']:.2f} | "
                     f"{'met' if low <= skills[name]['value'] <= high else 'NOT met'} |"
                     for name, (low, high) in BARS.items())
    return f"""# Clerk: the embedded model

A causal language model in the Llama format, {facts['parameters'] / 1e6:.1f} million parameters, trained from scratch
for this course. It makes retrieval, reading, abstention and fine-tuning visible on a laptop in minutes. It is not for
use outside it.

## Data and training

Everything it has read was written by `factory`: ten everyday genres and contracts, drawn from seeds that the
course never uses. It has not read the course world, its playbook or its glossary.
{training['tokens'] / 1e6:.1f} million tokens in {training['seconds'] / 60:.0f} minutes on {training['device']};
first copying and finding random tokens, then reading (see `factory/README.md`, also for how this run went). Of contracts
it has read two thirds of the types and of the drafters; the figures below are on all of them.
Byte-level BPE with {facts['vocabulary']:,} tokens, digits split; context {facts['context']:,}. bf16 safetensors,
checked by hash at load.

## Skills

Greedy decoding, held-out seeds. Unless a row says one passage, the gold passage stands among {PASSAGES - 1}
distractors of the same kind of document. 95% intervals: Wilson's, and bootstrap ones for F1, differences and
shares of fields. The needle is one everyday passage at any place among contracts, in prompts of up to {NEEDLE_LENGTHS[-1]:,} tokens.

| skill | value | interval | n |
|---|---:|---|---:|
{rows}

What the course needs of it:

| skill | wanted | measured | |
|---|---|---:|---|
{bars}

## Components of llama-index and ragas

Each class of the libraries, driven by this model on held-out documents: the share of replies that its own parser takes
and its next step can use. Whether they are right is another matter, see above. *Default*: the library's own prompt;
*short*: a template of `labutils.prompts`, given through the component's public argument.

| component | prompt | well formed | interval | n |
|---|---|---:|---|---:|
{components}

## Speed

Prompts of up to {facts['speed']['length']} tokens on two cores of a processor: {facts['speed']['batched']:g} answers a second with
`labutils.models.generate` (in batches, sorted by length), {facts['speed']['single']:g} with transformers' `generate`, one at a time.

## Limits and misuse

It reads passages of some hundred words in the form of its prompts and copies what they say. It does not chat, reason or
calculate, knows no fact of the world, and reads real documents badly. Never rely on it for a decision. Its figures hold
for texts like those of `factory`; on other texts measure them.

If asked without passages it answers "{ABSTAIN}".

License: CC BY 4.0.
"""


def refresh(folder: Path = models.CLERK, log: Path | None = None, device: str = "") -> dict:
    """Measure the model in `folder`; training figures come from `log` (a run's log.jsonl) or stay as recorded.

    `device` says on what that run was made; LabsError where it is missing beside a log.
    """
    llm = models.load_llm("clerk") if folder == models.CLERK else models.load_llm(f"hf:{folder}")
    if log:
        last = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
        training = dict(tokens=last["tokens"], seconds=last["seconds"], device=device)
        if not device:
            raise LabsError("Say with --device on what the run was made, such as 'one H200'.")
    else:
        training = json.loads((folder / "skills.json").read_text(encoding="utf-8"))["training"]
    facts = dict(parameters=sum(p.numel() for p in llm.model.parameters()), vocabulary=len(llm.tokenizer),
                 context=llm.context_window, training=training, skills=summarize(measure(llm)), speed=speed(llm),
                 components={name: interval(values) for name, values in well_formed(llm).items()})
    write_card(folder, facts)
    return facts
