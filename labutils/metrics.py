"""How an answer and its evidence are scored; every function here is deterministic and asks no judge."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from labutils.corpus import Question, Span

ABSTAIN = "Not stated in the provided documents."
EXTRACT = "extract"
SUMMARY = "summary"
UNANSWERABLE = "unanswerable"
RAGAS_COLUMNS = ("ragas_exact_match", "ragas_rouge_l", "ragas_string_similarity")
_CITATION = re.compile(r"\[\s*(\d{1,4}(?:\s*,\s*\d{1,4})*)\s*\]")


@dataclass(frozen=True)
class Parsed:
    """A reply taken apart: its text without citations, the numbers it cites, and two verdicts on its form."""

    text: str
    citations: list[int]
    abstained: bool
    well_formed: bool


def normalize(text: str) -> str:
    """Return a text in lower case without articles, punctuation and extra white space, as SQuAD compares answers.

    Unlike SQuAD's script it keeps what tells numbers apart: decimal point, "%", currency signs; "1,000" is "1000".
    An article must be followed by a word, so "Schedule A" keeps its letter.
    Source: the evaluation script of SQuAD (Rajpurkar et al. 2016, arXiv 1606.05250).
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"['’‘`]|(?<!\d)\.|\.(?!\d)", "", text)
    text = re.sub(r"([%$€£¥])", r" \1 ", text)
    text = re.sub(r"[^\w\s.%$€£¥]|_", " ", text)
    text = re.sub(r"\b(?:a|an|the)\b(?=\s+\S)", " ", text)
    return " ".join(text.split())


def first_json(text: str) -> dict[str, Any] | None:
    """Return the JSON object that starts at the first "{" of a text, or None when there is none that parses."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (json.JSONDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def parse_reply(text: str, family: str | None = None, needs_citation: bool = False) -> Parsed:
    """Return a model's reply taken apart; never raises, a malformed reply comes back with well_formed False.

    Form: an answer with or without citations such as "[2] 30 days", or exactly the abstention. Malformed are an empty
    reply, a citation without an answer, an abstention that cites, a leading "{" that is no JSON object (with family
    "extract": no JSON object at all), and, with `needs_citation`, an answer that cites nothing.
    """
    citations = [int(number) for group in _CITATION.findall(text) for number in group.split(",")]
    body = " ".join(_CITATION.sub(" ", text).split())
    abstained = normalize(body) == normalize(ABSTAIN)
    if abstained:
        return Parsed(body, citations, True, not citations)
    well_formed = bool(normalize(body)) and not (needs_citation and not citations)
    if family == EXTRACT or body.startswith("{"):
        well_formed = well_formed and first_json(text) is not None
    return Parsed(body, citations, False, well_formed)


def _wanted(question: "Question") -> tuple[str, ...]:
    return (question.answer, *question.accepted)


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    return normalize(value if isinstance(value, str) else json.dumps(value))


def _field_share(answer: str, wanted: str) -> float:
    """Return the share of equal fields among all fields of either JSON object, 0 when the answer is none."""
    found, gold = first_json(answer), first_json(wanted)
    if found is None or gold is None:
        return 0.0
    fields = found.keys() | gold.keys()
    equal = sum(key in found and key in gold and _comparable(found[key]) == _comparable(gold[key]) for key in fields)
    return equal / len(fields) if fields else 1.0


def _points_share(answer: str, wanted: str) -> float:
    """Return the share of the values of "point: value; point: value" that stand in the answer, in whatever order."""
    values = [normalize(point.partition(": ")[2]) for point in wanted.split("; ")]
    text = f" {normalize(answer)} "
    return sum(f" {value} " in text for value in values) / len(values)


def _f1(answer: str, wanted: str) -> float:
    found, gold = normalize(answer).split(), normalize(wanted).split()
    if not found or not gold:
        return float(found == gold)
    common = sum((Counter(found) & Counter(gold)).values())
    return 2 * common / (len(found) + len(gold))


def exact_match(answer: str, question: "Question") -> bool:
    """Return whether an answer (citations are ignored) equals the gold one or an accepted one after `normalize`.

    Family "extract": every field equal, none missing, none added; "summary": the value of every point is there. A
    question that the documents do not answer is answered by the abstention only, and no other question is.
    """
    reply = parse_reply(answer)
    if question.family == UNANSWERABLE or reply.abstained:
        return question.family == UNANSWERABLE and reply.abstained
    if question.family == EXTRACT:
        return any(_field_share(answer, wanted) == 1.0 for wanted in _wanted(question))
    if question.family == SUMMARY:
        return any(_points_share(reply.text, wanted) == 1.0 for wanted in _wanted(question))
    found = normalize(reply.text)
    return bool(found) and any(found == normalize(wanted) for wanted in _wanted(question))


def token_f1(answer: str, question: "Question") -> float:
    """Return the best token F1 (0..1) of an answer against the gold one and the accepted ones, as SQuAD computes it.

    Family "extract": share of equal fields; "summary": share of the points whose value is there. Abstentions, given or
    wanted, count in full or not at all (SQuAD 2.0).
    """
    reply = parse_reply(answer)
    if question.family == UNANSWERABLE or reply.abstained:
        return float(question.family == UNANSWERABLE and reply.abstained)
    if question.family == EXTRACT:
        return max(_field_share(answer, wanted) for wanted in _wanted(question))
    if question.family == SUMMARY:
        return max(_points_share(reply.text, wanted) for wanted in _wanted(question))
    return max(_f1(reply.text, wanted) for wanted in _wanted(question))


def _characters(spans: Iterable["Span"], texts: "Mapping[str, str] | None") -> set[tuple[str, int]]:
    return {(span.doc_id, at) for span in spans for at in range(span.start, span.end)
            if texts is None or not texts[span.doc_id][at].isspace()}


def evidence_scores(
    spans_retrieved: Sequence["Span"], spans_gold: Sequence["Span"], texts: "Mapping[str, str] | None" = None
) -> tuple[float, float]:
    """Return (recall, precision) of evidence in characters, each in 0..1; overlapping spans count once.

    `texts` (doc_id -> text) leaves white space out of the count. Without gold evidence both are nan; nothing retrieved
    gives (0, 0). Source: LegalBench-RAG (arXiv 2408.10343).
    """
    gold, found = _characters(spans_gold, texts), _characters(spans_retrieved, texts)
    if not gold:
        return float("nan"), float("nan")
    common = len(gold & found)
    return common / len(gold), common / len(found) if found else 0.0


def fill_budget(passages: Sequence[tuple[int, int, int]], budget: int) -> list[int]:
    """Return the characters kept of each passage (characters, title tokens, text tokens), best first, in a budget.

    Whole ones as long as they fit, then a part of the next; nothing behind that one.
    """
    kept, left = [], budget
    for characters, title, text in passages:
        if title + text > left:
            if left > title:
                kept.append(int(characters * (left - title) / text))
            break
        kept.append(characters)
        left -= title + text
    return kept


def ragas_scores(rows: "pd.DataFrame | Iterable[Mapping[str, Any]]") -> "pd.DataFrame":
    """Return the judge-free ragas metrics RAGAS_COLUMNS, one row per row given, same order (and index of a frame).

    Each row has "answer" and "reference" (strings). ExactMatch is of the raw strings; RougeScore is ROUGE-L F1;
    NonLLMStringSimilarity is 1 - Levenshtein distance / length. All in 0..1. Works in scripts and in running notebooks.
    Raises LabsError for a row without these fields. Source: ragas.metrics.collections.
    """
    import pandas as pd

    from labutils.errors import LabsError

    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows), columns=["answer", "reference"])
    for column in ("answer", "reference"):
        if column not in frame or not all(isinstance(value, str) for value in frame[column]):
            raise LabsError(f"ragas_scores needs a column {column!r} of strings in every row")
    values = _run(_ascores(list(zip(frame["reference"], frame["answer"]))))
    return pd.DataFrame(values, columns=list(RAGAS_COLUMNS), index=frame.index, dtype=float)


async def _ascores(pairs: list[tuple[str, str]]) -> list[list[float]]:
    from ragas.metrics.collections import ExactMatch, NonLLMStringSimilarity, RougeScore

    judges = [ExactMatch(), RougeScore(rouge_type="rougeL", mode="fmeasure"), NonLLMStringSimilarity()]
    return [[float((await judge.ascore(reference=reference, response=answer)).value) for judge in judges]
            for reference, answer in pairs]


def _run(work: Any) -> Any:
    """Run a coroutine to its end, in a thread of its own: a notebook's own event loop is already running."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()
