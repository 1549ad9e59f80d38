"""The same questions asked less carefully, and an archive with more in it: what a pipeline has to stand. Notebook 1.7.

No model writes the other wordings: they follow rules, so that a reader can check that the answer stays the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches

from llama_index.core.schema import Document

from .queries import parties

SHORTEST = 5  # letters of a word that may be misspelled
TWIN = "-twin"  # behind the id of a document that was copied
_WORD = re.compile(r"[^\W\d_]+")
_RUN = re.compile(r"[\w'-]+")
# Other words for what questions are made of; names and what is asked for stay.
WORDINGS = (
    (r"\bHow much is\b", "What is the amount of"), (r"\bHow long\b", "For what length of time"),
    (r"\bHow many\b", "What number of"),
    (r"\bWhich of these\b", "Among these, which one"), (r"\bWhat is\b(?P<rest>[^?]*)\?", r"Please tell me\g<rest>."),
    (r"\bBy how much\b", "To what extent"), (r"\bAcross all our contracts\b", "In everything we have signed"),
    (r"\bin the whole portfolio\b", "in our whole archive"), (r"\bSum up\b", "Recap"), (r"\bSummari[sz]e\b", "Recap"),
    (r"\bFill the fields\b", "Complete the fields"), (r"\bExtract from\b", "Take from"),
    (r"\bBy the playbook\b", "Going by the playbook"), (r"\bmaximum\b", "greatest"),
    (r"\bunder the\b", "according to the"),
    (r"\bsigned with\b", "concluded with"), (r"\bthat (?P<one>[A-Z][\w ]+?) has with\b", r"of \g<one> and"),
    (r"\bdiffer\b", "diverge"), (r"\bhigher\b", "bigger"), (r"\blonger\b", "lengthier"), (r"\blongest\b", "lengthiest"),
    (r"\bcustomer\b", "client"), (r"\bprovider\b", "supplier"))
FRAMES = ("{}", "For a meeting this afternoon: {}", "{} A short answer will do.", "Could you look this up? {}")


def misspell(text: str, share: float = 0.1, seed: int = 0) -> str:
    """Return the text with a slip in a share of its longer words, one at least.

    Two letters are swapped, or one is lost or doubled. The first letter of a word stays, digits stay, and so do words of
    fewer than five letters and what stands in quotation marks: a key of JSON that the answer must have.
    """
    draw = random.Random(f"{seed} {text}")
    quoted = [found.span() for found in re.finditer(r'"[^"]*"', text)]
    words = [found for found in _WORD.finditer(text) if len(found.group()) >= SHORTEST
             and not any(start <= found.start() < end for start, end in quoted)]
    if not words:
        return text
    chosen = [found for found in words if draw.random() < share] or [draw.choice(words)]
    for found in reversed(chosen):
        text = text[:found.start()] + _slip(found.group(), draw) + text[found.end():]
    return text


def _slip(word: str, draw: random.Random) -> str:
    swaps = [i for i in range(1, len(word) - 1) if word[i] != word[i + 1]]
    kind = draw.choice(("swap", "lose", "double") if swaps else ("lose", "double"))
    if kind == "swap":
        i = draw.choice(swaps)
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    i = draw.randrange(1, len(word))
    return word[:i] + (word[i] * 2 if kind == "double" else "") + word[i + 1:]


def mend(question: str, names: Iterable[str], least: float = 0.85) -> str:
    """Return the question with each run of words that is nearly a name replaced by the name that it is likest to.

    Likeness is `difflib`'s ratio, case left out (Ratcliff, Metzener 1988). A run has as many words as the name. What is
    a name already stays; then longer names come first, and of runs that overlap the likeliest.
    """
    by_size: dict[int, dict[str, str]] = {}
    for name in names:
        by_size.setdefault(len(name.split()), {})[name.casefold()] = name
    words, found = list(_RUN.finditer(question)), []
    for size, known in by_size.items():
        for at in range(len(words) - size + 1):
            run = question[words[at].start():words[at + size - 1].end()].casefold()
            for near in [run] if run in known else get_close_matches(run, known, 1, least):
                found.append((near == run, size, SequenceMatcher(None, near, run).ratio(), -at, known[near]))
    taken, changes = set(), []
    for exact, size, _, at, name in sorted(found, reverse=True):
        if not taken & (places := set(range(-at, -at + size))):
            taken |= places
            changes += [] if exact else [(words[-at].start(), words[-at + size - 1].end(), name)]
    for start, end, name in sorted(changes, reverse=True):
        question = question[:start] + name + question[end:]
    return question


def reword(question: str, seed: int = 0) -> str:
    """Return the question in other words (WORDINGS), in one of the FRAMES; names and what is asked for stay."""
    said = question
    for pattern, other in WORDINGS:
        said = re.sub(pattern, other, said)
    frame = random.Random(f"{seed} {question}").choice(FRAMES)
    return frame.format(said if frame.startswith("{}") else said[:1].upper() + said[1:])


def twins(documents: Sequence[Document], seed: int = 0) -> list[Document]:
    """Return a copy of every document that names parties, signed by other companies: the first words of names change.

    All else stays, so a twin says the same as its original, about somebody else. Ids get TWIN behind them, in "amends"
    and "cluster" as well.
    """
    copied = [document for document in documents if parties(document)]
    firsts = sorted({party.split()[0] for document in copied for party in parties(document)})
    others = _coined(firsts, seed)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, firsts))})(?!\w)") if firsts else None
    return [_twin(document, lambda text: pattern.sub(lambda found: others[found.group()], text)) for document in copied]


def _coined(words: Collection[str], seed: int) -> dict[str, str]:
    """A new word for each: the beginning of one and the end of another, none of which is taken."""
    draw, made = random.Random(seed), {}
    for word in words:
        tries = [one[:max(2, len(one) // 2)] + other[len(other) // 2:]
                 for one in words for other in words if one != other]
        free = [coined for coined in tries if coined not in words and coined not in made.values()]
        made[word] = draw.choice(free) if free else f"{word}by"
    return made


def _twin(document: Document, renamed: Callable[[str], str]) -> Document:
    metadata = {key: renamed(value) if isinstance(value, str) and key in ("title", "parties") else value
                for key, value in document.metadata.items()}
    for key in ("doc_id", "amends", "cluster"):
        if metadata.get(key):
            metadata[key] = f"{metadata[key]}{TWIN}"
    return Document(id_=f"{document.id_}{TWIN}", text=renamed(document.text), metadata=metadata,
                    excluded_embed_metadata_keys=document.excluded_embed_metadata_keys,
                    excluded_llm_metadata_keys=document.excluded_llm_metadata_keys)
