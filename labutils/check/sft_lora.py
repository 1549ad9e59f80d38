"""Exercises of notebook 2.1: `format_example`, `split_by_contract`, `forgetting`."""

from __future__ import annotations

import contextlib
import random
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from labutils.errors import LabsError

from .attempts import ask_judgement, Attempt, checker, Diagnosis, Interval, read_interval, show_interval

if TYPE_CHECKING:
    from labutils.corpus import Question


# --- format_example ---------------------------------------------------------------------------------------------------


def _format_example(question: Question, template: Any) -> list[dict[str, str]]:
    """The two messages of one training example: the question through the template, and its answer."""
    return [{"role": "user", "content": template.format(query_str=question.question)},
            {"role": "assistant", "content": question.answer}]


@checker(reference=_format_example, passed="the prompt comes from the template, the answer stands alone")
def format_example(student: Any) -> None:
    """`format_example(question, template)` -> [user message, assistant message]; template.format(query_str=...)."""
    attempt = Attempt(student)
    for question, template in _example_cases():
        messages = attempt(question, template)
        if isinstance(messages, Mapping):
            raise Diagnosis("it returns a mapping; a list of two messages is wanted")
        if not isinstance(messages, (list, tuple)) or not all(isinstance(m, Mapping) for m in messages):
            raise Diagnosis("a list of messages is wanted, each a dict with role and content")
        if any(set(message) != {"role", "content"} for message in messages):
            raise Diagnosis(f"a message has the keys role and content, yours {sorted(map(str, messages[0]))}")
        _require_messages(messages, question, template)


def _example_cases() -> list[tuple[Question, str]]:
    templates = ("Answer briefly.\n\nQuestion: {query_str}", "{query_str}\nAnswer in a few words.")
    return [(_question(seed, seed, random.Random(seed)), templates[seed % 2]) for seed in range(4)]


def _require_messages(messages: Sequence[Mapping[str, Any]], question: Question, template: str) -> None:
    roles = [message["role"] for message in messages]
    if roles == ["assistant", "user"]:
        raise Diagnosis("the order is user, then assistant: the model learns to write what comes second")
    if roles != ["user", "assistant"]:
        raise Diagnosis(f"the roles are {roles}; one user message and one assistant message are wanted")
    prompt, reply = (message["content"] for message in messages)
    if prompt == question.question:
        raise Diagnosis("the user message is the bare question; train on the prompt that will be sent: the template's")
    if isinstance(prompt, str) and (str(question) in prompt or repr(question) in prompt):
        raise Diagnosis("you filled in the question object; use its text, question.question")
    if isinstance(prompt, str) and question.answer in prompt:
        raise Diagnosis("the prompt holds the answer: the model would learn to copy, not to know")
    if isinstance(prompt, str) and "{query_str}" in prompt:
        raise Diagnosis("the placeholder {query_str} is still in the prompt")
    if prompt != template.format(query_str=question.question):
        raise Diagnosis("the user message is not the given template filled with the question's text")
    if reply != question.answer:
        found = isinstance(reply, str) and question.answer in reply
        raise Diagnosis("the assistant message " + ("holds more than the answer; the model would learn to say that, too"
                                                    if found else "is not the question's answer"))


# --- split_by_contract ------------------------------------------------------------------------------------------------


def _split_by_contract(questions: Sequence[Question], share: float, seed: int) -> tuple[list[Question], list[Question]]:
    """(train, test) with about `share` of the contracts, and all questions on them, in test.

    Raises LabsError without a question: then a notebook has nothing to measure.
    """
    if not questions:
        raise LabsError("this corpus has no questions, so nothing can be measured on it. Put a questions.jsonl into "
                        "the folder (README, \"Your own model, your own documents\"), or choose another LABS_CORPUS")
    contracts = sorted({q.cluster for q in questions})
    random.Random(seed).shuffle(contracts)
    held_out = set(contracts[:max(1, round(share * len(contracts)))])
    return [q for q in questions if q.cluster not in held_out], [q for q in questions if q.cluster in held_out]


@checker(reference=_split_by_contract, passed="no contract is on both sides, and nothing is lost")
def split_by_contract(student: Any) -> None:
    """`split_by_contract(questions, share, seed)` -> (train, test); `share` of the contracts go to test."""
    attempt = Attempt(student)
    chosen = []
    for questions, share, seed in _question_sets():
        train, test = _require_sides(attempt(questions, share, seed))
        _require_partition(train, test, questions)
        _require_share(test, questions, share)
        if _require_sides(attempt(questions, share, seed)) != (train, test):
            raise Diagnosis("two calls with one seed give two splits; draw from random.Random(seed) over a sorted list")
        _require_fixed_order(attempt, questions, share, seed)
        other = _require_sides(attempt(questions, share, seed + 1))
        chosen.append(other[1] != test)
    if not any(chosen):
        raise Diagnosis("the seed changes nothing; the held-out contracts should be drawn by it")


def _question_sets() -> list[tuple[list[Question], float, int]]:
    """Seeded questions over contracts of unequal size, in mixed order, with the share to hold out."""
    cases = []
    for seed, share in enumerate((0.25, 0.4, 0.2)):
        draw = random.Random(seed)
        contracts = [contract for contract in range(20) for _ in range(draw.randint(1, 6))]
        draw.shuffle(contracts)
        cases.append(([_question(i, contract, draw) for i, contract in enumerate(contracts)], share, seed))
    return cases


def _require_sides(result: Any) -> tuple[list[Question], list[Question]]:
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Diagnosis("two lists are wanted: train and test")
    train, test = map(list, result)
    if not all(hasattr(item, "cluster") for item in (*train, *test)):
        raise Diagnosis("the two sides hold something else than questions")
    return train, test


def _require_partition(train: list[Question], test: list[Question], questions: list[Question]) -> None:
    shared = sorted({q.cluster for q in train} & {q.cluster for q in test})
    if shared:
        raise Diagnosis(f"{len(shared)} contracts are on both sides, {shared[0]!r} for one: what is learned about a "
                        "contract in training helps in the test")
    counts = Counter(q.question_id for q in (*train, *test))
    if lost := [q.question_id for q in questions if not counts[q.question_id]]:
        raise Diagnosis(f"{len(lost)} of {len(questions)} questions are on neither side")
    if max(counts.values()) > 1:
        raise Diagnosis("a question comes twice")


def _require_share(test: list[Question], questions: list[Question], share: float) -> None:
    contracts = len({q.cluster for q in test}) / len({q.cluster for q in questions})
    if min(abs(contracts - share), abs(len(test) / len(questions) - share)) <= 0.06:
        return
    swapped = abs(1 - contracts - share) <= 0.06
    raise Diagnosis(f"{contracts:.0%} of the contracts are in test, {share:.0%} are wanted"
                    + ("; are train and test interchanged?" if swapped else ""))


def _rehashed(questions: Sequence[Question], salt: str) -> list[Question]:
    """The same questions; in a set, their contracts stand in another order, as after another start of Python."""
    class Contract(str):
        def __hash__(self) -> int:
            return zlib.crc32(f"{salt}{self}".encode())

    return [replace(question, cluster=Contract(question.cluster)) for question in questions]


def _require_fixed_order(attempt: Attempt, questions: list[Question], share: float, seed: int) -> None:
    held_out = []
    # Code that makes plain text of the contracts may fail on these ones, which is no fault of its own.
    with contextlib.suppress(Diagnosis):
        for salt in ("one", "other"):
            test = _require_sides(attempt(_rehashed(questions, salt), share, seed))[1]
            held_out.append({question.question_id for question in test})
    if len(held_out) == 2 and held_out[0] != held_out[1]:
        raise Diagnosis("the split follows the order of a set, another one at each start of Python; sort the contracts "
                        "before you draw")


# --- forgetting -------------------------------------------------------------------------------------------------------


def _forgetting(before: Interval, after: Interval, margin: float = 0.05) -> str:
    """"forgot" if every loss that the intervals allow is above 0, "kept" if none reaches `margin`, or "cannot tell"."""
    (_, low, high), (_, low_after, high_after) = read_interval(before), read_interval(after)
    smallest, largest = low - high_after, high - low_after
    if smallest > 0:
        return "forgot"
    return "kept" if largest < margin else "cannot tell"


@checker(reference=_forgetting, passed="the intervals carry that statement")
def forgetting(student: Any, before: Any = None, after: Any = None, margin: float = 0.05) -> None:
    """"forgot", "kept" or "cannot tell", from two scores (estimate, low, high); a loss below `margin` is tolerable."""
    contexts = [(read_interval(before), read_interval(after), margin)] if before is not None else _score_pairs()
    for context in contexts:
        said = ask_judgement(student, before is not None, *context)
        if said not in ("forgot", "kept", "cannot tell"):
            raise Diagnosis(f"say 'forgot', 'kept' or 'cannot tell', not {str(said)[:40]!r}")
        right = _forgetting(*context)
        if said == right:
            continue
        shown = f"{show_interval(context[0])} before, {show_interval(context[1])} after and a margin of {context[2]}"
        raise Diagnosis(f"{said!r} for {shown}: " + {
            "forgot": "the largest score that 'after' allows is not below the smallest that 'before' allows",
            "kept": "absence of proof is not proof: how large a loss do the intervals still allow, against the margin?"
                    if right == "cannot tell" else "compare the two intervals: do they meet?",
            "cannot tell": "even the most cautious reading of both intervals settles this one"}[said])


def _score_pairs() -> list[tuple[Interval, Interval, float]]:
    """Seeded scores before and after, with a margin, clear of every border: any sensible rule agrees on them.

    A loss, hardly a change, too little known twice; a gain, a loss of the estimates alone, two that the margin decides;
    two losses that are sure and small, one of them below the margin.
    """
    cases = []
    for seed in range(5):
        draw = random.Random(seed)
        high = draw.uniform(0.75, 0.9)
        low = high - draw.uniform(0.3, 0.4)
        cases += [((high, high - 0.05, high + 0.05), (low, low - 0.06, low + 0.06), 0.05),
                  ((high, high - 0.008, high + 0.008), (high - 0.003, high - 0.011, high + 0.005), 0.05),
                  ((high, high - 0.15, high + 0.1), (high - 0.12, high - 0.27, high + 0.02), 0.05),
                  ((high, high - 0.2, high + 0.1), (high, high - 0.2, high + 0.1), 0.05),
                  ((low, low - 0.05, low + 0.05), (high, high - 0.05, high + 0.05), 0.05),
                  ((high, low - 0.1, high + 0.05), (low - 0.1, low - 0.2, low + 0.05), 0.05),
                  ((high, high - 0.015, high + 0.015), (high - 0.002, high - 0.017, high + 0.013), 0.01),
                  ((high, high - 0.05, high + 0.05), (high - 0.02, high - 0.07, high + 0.03), 0.2),
                  ((high, high - 0.02, high + 0.02), (high - 0.05, high - 0.07, high - 0.03), 0.05),
                  ((high, high - 0.005, high + 0.005), (high - 0.02, high - 0.025, high - 0.015), 0.05)]
    return cases


# --- shared -----------------------------------------------------------------------------------------------------------


def _question(number: int, contract: int, draw: random.Random) -> Question:
    from labutils.corpus import Question

    days = draw.randint(5, 120)
    return Question(f"q{number}", "lookup", "train", f"contract-{contract}", "payment_term",
                    f"Within how many days does party {number} pay under contract {contract}?", f"{days} days",
                    (f"{days} calendar days",), ())
