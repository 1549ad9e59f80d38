"""What every checker is made of: calling a learner's code safely, comparing what it gives, printing the line."""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import math
import random
import re
import string
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType
from typing import Any

from labutils.errors import LabsError

Interval = tuple[float, float, float]
CHECKERS: dict[str, Callable[..., Any]] = {}


class Diagnosis(Exception):
    """What is wrong with an answer, in one sentence that does not give the answer away."""


class NotAttempted(Exception):
    """The stub is untouched."""


class Attempt:
    """The student's function during a check: called on copies, silenced, with faults turned into diagnoses."""

    def __init__(self, student: Any) -> None:
        if _untouched(student):
            raise NotAttempted
        if not callable(student):
            raise Diagnosis(f"a function is expected, this is a {type(student).__name__}")
        self.student = student

    def __call__(self, *args: Any) -> Any:
        given = copy.deepcopy(args)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                result = self.student(*given)
        except (Exception, SystemExit) as fault:
            if isinstance(fault, NotImplementedError) and _raised_by(fault, self.student):
                raise NotAttempted from fault
            raise Diagnosis(_fault(fault, self.student)) from fault
        if (result is None and not _does_something(self.student)) or (result is not None and _untouched(result)):
            raise NotAttempted
        _require_filled(result)
        if result is None:
            raise Diagnosis("your function returns nothing; is a `return` missing?")
        if not _same(given, args):
            raise Diagnosis("your function changes the objects that it is given; work on a copy")
        return result


def checker(reference: Callable[..., Any], passed: str) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Register the decorated test as a checker of that name.

    The test gets the student's object and the context, returns None when all is well, and raises Diagnosis or
    NotAttempted otherwise. `reference` is what an unfinished exercise gets back: the function itself, or, where the
    exercise wants a value, its value in the context. `passed` is what the line says then.
    """
    def register(test: Callable[..., None]) -> Callable[..., Any]:
        name = test.__name__

        @functools.wraps(test)
        def run(student: Any, *context: Any, **named: Any) -> Any:
            state, message = _state(test, passed, student, *context, **named)
            print(" ".join(f"[{state}] {name}: {message}".split()))
            if state == "passed":
                return student
            wants_value = (context or named) and not callable(student)
            return reference(*context, **named) if wants_value else reference

        run.reference = reference
        CHECKERS[name] = run
        return run

    return register


def _state(test: Callable[..., None], passed: str, student: Any, *context: Any, **named: Any) -> tuple[str, str]:
    try:
        test(student, *context, **named)
    except NotAttempted:
        return "not attempted", "the reference is used from here on; come back whenever you like"
    except Diagnosis as fault:
        return "diagnosis", f"{fault}. (The reference is used from here on.)"
    except LabsError:
        raise
    except Exception as fault:  # a result of a shape that no test foresaw must not stop the learner
        return "diagnosis", (f"the result cannot be checked ({type(fault).__name__}); compare its type with the "
                             "exercise. (The reference is used from here on.)")
    return "passed", passed


def ask_judgement(student: Any, has_context: bool, *context: Any) -> Any:
    """The value handed in; a function is asked for it. Raises LabsError for a value without the numbers it judges."""
    if _untouched(student):
        raise NotAttempted
    if callable(student):
        return Attempt(student)(*context)
    if not has_context:
        raise LabsError("A value can only be judged with the numbers it rests on: pass them after it.")
    _require_filled(student)
    return student


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The parts of nested tuples, lists and mappings, each with the words that say where it stands."""
    if isinstance(value, Mapping):
        named = [(repr(key), part) for key, part in value.items()]
    elif isinstance(value, (tuple, list)):
        named = [(f"number {number} of {len(value)}", part) for number, part in enumerate(value, 1)]
    else:
        yield place, value
        return
    for name, part in named:
        yield from _leaves(part, f"{place}, {name}" if place else name)


def _untouched(value: Any) -> bool:
    """True for `...` and None, and for a tuple, list or mapping in which nothing but `...` stands."""
    parts = [part for _, part in _leaves(value)]
    return value is None or (bool(parts) and all(part is ... for part in parts))


def _require_filled(value: Any) -> None:
    if place := next((place for place, part in _leaves(value) if part is ...), None):
        raise Diagnosis(f"{place} is still missing; replace its `...`")


def _raised_by(fault: BaseException, student: Callable[..., Any]) -> bool:
    """True when the student's own line raised it, not a library below."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return last.filename == getattr(getattr(student, "__code__", None), "co_filename", None)


def _fault(fault: BaseException, student: Callable[..., Any]) -> str:
    """Name an exception and the line of the student's function it came from, without naming any file."""
    said = f"your code raises {type(fault).__name__}: {str(fault).replace(chr(10), ' ')[:120]}".rstrip(": ")
    code = getattr(student, "__code__", None)
    if not isinstance(code, CodeType):
        return said
    frames = [f for f in traceback.extract_tb(fault.__traceback__) if f.filename == code.co_filename]
    if not frames:
        return f"{said} (when it is called)"
    last = frames[-1]
    where = f"line {last.lineno - code.co_firstlineno + 1} of {code.co_name}" if last.name == code.co_name \
        else f"in {last.name}"
    return f"{said}, {where}" + (f" ({last.line})" if last.line else "")


def _does_something(student: Callable[..., Any]) -> bool:
    """False for a body that only passes: a None from it means that nobody has worked on it yet."""
    code = getattr(student, "__code__", None)
    return not isinstance(code, CodeType) or bool(code.co_names) or code.co_nlocals > code.co_argcount


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, (tuple, list)):
        return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right))
    return left.equals(right) if hasattr(left, "equals") else bool(left == right)


def to_number(value: Any, wanted: str, allow_infinite: bool = False) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError) as fault:
        raise Diagnosis(f"it returns a {type(value).__name__}; {wanted} is wanted, a number") from fault
    if math.isnan(number) or (math.isinf(number) and not allow_infinite):
        raise Diagnosis(f"it returns {number}; {wanted} is wanted")
    return number


def _equal_results(given: Sequence[Any], cases: Sequence[tuple], right: Callable[..., Any]) -> bool:
    return given == [right(*case) for case in cases]


def name_mistake(given: Sequence[Any], cases: Sequence[tuple], known: Iterable[tuple[str, Callable[..., Any]]],
                 agree: Callable[..., bool] = _equal_results) -> None:
    """Raise the Diagnosis of the first known mistake that gives these results on all cases."""
    for message, wrong in known:
        if agree(given, cases, wrong):
            raise Diagnosis(message)


def first_wrong(given: Sequence[Any], cases: Sequence[tuple], right: Callable[..., Any],
                agree: Callable[..., bool] = _equal_results) -> tuple[tuple, Any]:
    """Return the first case that does not come out right, and what was given for it."""
    return next((case, got) for case, got in zip(cases, given) if not agree([got], [case], right))


def require_numbers(attempt: Attempt, cases: Sequence[tuple], reference: Callable[..., float],
                    known: Mapping[str, Callable[..., float]], wanted: str) -> None:
    """Compare numbers on all cases; a known mistake is called by its name, another one shown on its first case."""
    given = [to_number(attempt(*case), wanted) for case in cases]
    if _numbers_agree(given, cases, reference):
        return
    name_mistake(given, cases, known.items(), _numbers_agree)
    case, number = first_wrong(given, cases, reference, _numbers_agree)
    side = "high" if number > reference(*case) else "low"
    shown = " and ".join(str(part) for part in case if isinstance(part, list))
    raise Diagnosis(f"{number:.4g} is too {side}" + (f" for {shown}" if shown else "") + f"; {wanted} is wanted")


def _numbers_agree(given: Sequence[float], cases: Sequence[tuple], right: Callable[..., float]) -> bool:
    return all_close(given, [right(*case) for case in cases])


def all_close(left: Iterable[float], right: Iterable[float]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12) for a, b in zip(left, right, strict=True))


def require_reason(reason: Any, names: Mapping[str, str]) -> None:
    if not isinstance(reason, str) or len(set(re.findall(r"\w+", reason.casefold()))) < 5:
        raise Diagnosis("give your reason in a sentence, five different words at least")
    for what, pattern in names.items():
        if not re.search(pattern, reason, re.IGNORECASE):
            raise Diagnosis(f"your reason does not say {what}")


def read_rows(table: Any) -> list[dict[str, Any]]:
    """Rows of a DataFrame (its index too) or of a list of dicts."""
    if hasattr(table, "to_dict"):
        return table.reset_index().to_dict("records")
    return [dict(row) for row in table]


def require_columns(rows: Sequence[Mapping[str, Any]], *names: str) -> None:
    missing = [name for name in names if not rows or name not in rows[0]]
    if missing:
        raise LabsError(f"The table has no column {', '.join(missing)}; it needs {', '.join(names)} and some rows.")


def require_ids(fused: Any, expected: set[str], shown: str) -> list[str]:
    if isinstance(fused, Mapping):
        raise Diagnosis("it returns a mapping; a list of ids is wanted, best first")
    if not isinstance(fused, (list, tuple)):
        raise Diagnosis(f"it returns a {type(fused).__name__}; a list of ids is wanted, best first")
    if any(not isinstance(item, str) for item in fused):
        raise Diagnosis("the list holds something else than ids; leave the scores out")
    _require_same_ids(list(fused), expected, shown)
    return list(fused)


def _require_same_ids(fused: list[str], expected: set[str], shown: str) -> None:
    twice = sorted(item for item, count in Counter(fused).items() if count > 1)
    if twice:
        raise Diagnosis(f"{twice[0]!r} comes twice {shown}; an id in both lists collects two scores, but is one id")
    if missing := sorted(expected - set(fused)):
        raise Diagnosis(f"{missing[0]!r} is lost {shown}; an id in one list only still has a score")
    if extra := sorted(set(fused) - expected):
        raise Diagnosis(f"{extra[0]!r} is in neither list {shown}")


def is_descending(fused: Sequence[str], scores: Mapping[str, float]) -> bool:
    return all(scores[a] >= scores[b] - 1e-12 for a, b in zip(fused, fused[1:]))


def first_faults(rows: Sequence[Mapping[str, Any]], faults: Callable[[Mapping[str, Any]], set[str]],
                 labels: Sequence[str]) -> dict[str, str]:
    """Return each report's first fault in the order of `labels`, or "fine"."""
    return {row["report"]: min(faults(row) or {"fine"}, key=labels.index) for row in rows}


def require_labels(student: Any, reports: Any, drawn: Callable[[random.Random], list[dict[str, Any]]],
                   read: Callable[[Any], list[dict[str, Any]]], faults: Callable[[Mapping[str, Any]], set[str]],
                   labels: Sequence[str]) -> None:
    """Hold a label for each report against the faults of its row; without `reports`, on tables of drawn rows."""
    for context in [reports] if reports is not None else [_mixed(drawn, seed) for seed in range(4)]:
        rows = {row["report"]: row for row in read(context)}
        said = ask_judgement(student, reports is not None, context)
        if not isinstance(said, Mapping) or set(said) != set(rows):
            raise Diagnosis(f"a dict is wanted that labels each of {list(rows)}")
        for name, label in said.items():
            _require_label(name, label, faults(rows[name]), labels)


def _mixed(drawn: Callable[[random.Random], list[dict[str, Any]]], seed: int) -> list[dict[str, Any]]:
    """Drawn rows in mixed order, named by letters."""
    draw = random.Random(seed)
    rows = drawn(draw)
    draw.shuffle(rows)
    return [{"report": letter, **row} for letter, row in zip(string.ascii_uppercase, rows)]


def _require_label(name: str, label: Any, faults: set[str], labels: Sequence[str]) -> None:
    if label not in labels:
        raise Diagnosis(f"label {name} with one of {list(labels)}, not {str(label)[:40]!r}")
    if label in (faults or {"fine"}):
        return
    if label == "fine":
        raise Diagnosis(f"{name} is not fine; compare what its row says of either side, and its verdict with the rest")
    raise Diagnosis(f"nothing in the row of {name} says {label!r}")


def negated(scores: Mapping[str, float]) -> dict[str, float]:
    return {item: -score for item, score in scores.items()}


def orders_agree(given: Sequence[Sequence[str]], cases: Sequence[tuple[Any, ...]],
                 score: Callable[..., Mapping[str, float]]) -> bool:
    return all(is_descending(fused, score(*case)) for fused, case in zip(given, cases, strict=True))


def read_interval(score: Any) -> Interval:
    """(estimate, low, high) of a tuple or of an object with those attributes."""
    if all(hasattr(score, name) for name in ("estimate", "low", "high")):
        return float(score.estimate), float(score.low), float(score.high)
    if isinstance(score, (tuple, list)) and len(score) == 3:
        return tuple(float(part) for part in score)
    raise LabsError("A score is (estimate, low, high), or an object with these attributes.")


def show_interval(score: Interval) -> str:
    return f"{score[0]:.2f} [{score[1]:.2f}, {score[2]:.2f}]"


def right_verdict(difference: Any) -> str:
    _, low, high = read_interval(difference)
    return "helps" if low > 0 else "hurts" if high < 0 else "inconclusive"
