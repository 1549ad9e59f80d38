"""Documents and questions of the three kinds of corpus: the course world, CUAD contracts, and a folder of your own.

Documents are untrusted text: they are read, never executed, rendered or obeyed.
"""

import ast
import csv
import json
import os
import re
import string
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labutils import cache, settings
from labutils.errors import LabsError

if TYPE_CHECKING:
    from llama_index.core import Document

MAX_BYTES = 5_000_000  # of a document
MAX_TABLE_BYTES = 50_000_000  # of a manifest or a question file
SPLITS = ("train", "known", "dev", "test")
NO_EVIDENCE = "unanswerable"
QUESTION_FILE = "questions.jsonl"
METADATA_FILE = "documents.jsonl"  # of a folder of one's own: what is known of its documents, where it is known

# What each of the 41 CUAD categories asks for, in our own words (categories: Hendrycks et al. 2021, arXiv 2103.06268).
CUAD_CATEGORIES = {
    "Document Name": "the name of the contract",
    "Parties": "who signs the contract",
    "Agreement Date": "the date of the contract",
    "Effective Date": "the date on which the contract takes effect",
    "Expiration Date": "when the first term of the contract ends",
    "Renewal Term": "how long the contract runs on after the first term",
    "Notice Period To Terminate Renewal": "how much notice stops an automatic renewal",
    "Governing Law": "which state's or country's law decides disputes",
    "Most Favored Nation": "a party must get terms as good as any third party gets",
    "Competitive Restriction Exception": "exceptions to a non-compete, exclusivity or no-solicit promise",
    "Non-Compete": "a party may not compete with the other, or only within limits",
    "Exclusivity": "a promise to deal with one party only",
    "No-Solicit Of Customers": "a party may not win over the other's customers or partners",
    "No-Solicit Of Employees": "a party may not hire the other's staff",
    "Non-Disparagement": "a party may not speak ill of the other",
    "Termination For Convenience": "a party may end the contract without giving a reason",
    "Rofr/Rofo/Rofn": "a right of first refusal, first offer or first negotiation",
    "Change Of Control": "what happens when a party is sold or merges",
    "Anti-Assignment": "whether the contract may be handed over to somebody else",
    "Revenue/Profit Sharing": "a party shares its revenue or profit with the other",
    "Price Restrictions": "limits on raising or lowering prices",
    "Minimum Commitment": "the least amount that a party must buy or deliver",
    "Volume Restriction": "a fee or consent once use goes over a threshold",
    "Ip Ownership Assignment": "intellectual property made by one party becomes the other's",
    "Joint Ip Ownership": "intellectual property that both parties own together",
    "License Grant": "a license that one party gives to the other",
    "Non-Transferable License": "a license that may not be handed on",
    "Affiliate License-Licensor": "a license that covers property of the licensor's affiliates",
    "Affiliate License-Licensee": "a license that the licensee's affiliates may use",
    "Unlimited/All-You-Can-Eat-License": "a license for use without limit",
    "Irrevocable Or Perpetual License": "a license that cannot be withdrawn or never ends",
    "Source Code Escrow": "source code deposited with a third party",
    "Post-Termination Services": "duties that go on after the contract has ended",
    "Audit Rights": "a party may inspect the other's books or premises",
    "Uncapped Liability": "liability without an upper limit",
    "Cap On Liability": "an upper limit on liability or on the time to claim",
    "Liquidated Damages": "an agreed sum payable on a breach or on ending the contract",
    "Warranty Duration": "how long a warranty lasts",
    "Insurance": "insurance that a party must keep",
    "Covenant Not To Sue": "a promise not to contest the other's rights or bring claims",
    "Third Party Beneficiary": "somebody outside the contract who may enforce it",
}


@dataclass(frozen=True)
class Span:
    """Characters `start` (included) to `end` (excluded) of the document `doc_id`."""

    doc_id: str
    start: int
    end: int


@dataclass(frozen=True)
class Question:
    """One question with its gold answer; `evidence` is in the order in which the facts must be chained."""

    question_id: str
    family: str
    split: str
    cluster: str
    klass: str
    question: str
    answer: str
    accepted: tuple[str, ...]
    evidence: tuple[Span, ...]


@dataclass(frozen=True)
class Hazard:
    """A trap planted in a world: kind ("contradiction", "injection", "noise", "stale"), place, and what it is."""

    kind: str
    place: Span
    note: str


@dataclass
class Corpus:
    """Documents (llama-index `Document`, `id_` = doc_id) with their questions.

    `hash` is the sha256 of everything in it; `skipped` names what was left out and why, one line each; `notes` says
    what else is worth knowing about how it was loaded.
    """

    name: str
    documents: "list[Document]"
    questions: list[Question]
    hash: str
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._texts = {document.id_: document.text for document in self.documents}

    def text(self, doc_id: str) -> str:
        """Return the whole text of a document; LabsError when the corpus has none of that id."""
        if doc_id not in self._texts:
            raise LabsError(f"the corpus {self.name} has no document {doc_id!r}; its ids are in "
                            "[document.id_ for document in corpus.documents]")
        return self._texts[doc_id]

    def texts(self) -> dict[str, str]:
        """Return doc_id -> text."""
        return dict(self._texts)

    def select(
        self, split: str | Collection[str] | None = None, family: str | Collection[str] | None = None
    ) -> list[Question]:
        """Return the questions of a split and a family (one name, several, or None for all), in file order."""
        splits = {split} if isinstance(split, str) else split
        families = {family} if isinstance(family, str) else family
        return [q for q in self.questions
                if (splits is None or q.split in splits) and (families is None or q.family in families)]


def load_corpus(spec: str | None = None) -> Corpus:
    """Return the corpus of a spec: "harbour", "harbour:<dir>", "cuad:<dir>" or "folder:<dir>" (default: $LABS_CORPUS).

    Raises LabsError for an unknown spec, a missing folder, and data that cannot be trusted to be whole.
    """
    kind, folder = _place(spec or settings.corpus())
    return {"harbour": _load_harbour, "cuad": _load_cuad, "folder": _load_folder}[kind](folder)


def load_hazards(spec: str | None = None) -> list[Hazard]:
    """Return what was planted in a world, to check findings against; nothing for other corpora.

    Raises LabsError as `load_corpus` does.
    """
    kind, folder = _place(spec or settings.corpus())
    path = folder / "hazards.jsonl"
    if kind != "harbour" or not path.is_file():
        return []
    texts = {p.stem: _read_strictly(p) for p in (folder / "documents").glob("*.md")}
    return [Hazard(_string(row, "kind", where), _span(row, texts, where), _string(row, "note", where, ""))
            for where, row in _read_json_lines(path)]


def _place(spec: str) -> tuple[str, Path]:
    """Return the kind of a corpus and its folder, which exists."""
    kind, _, place = spec.partition(":")
    if kind not in ("harbour", "cuad", "folder") or (not place and kind != "harbour"):
        raise LabsError(f"unknown corpus {spec!r}; use harbour, harbour:<dir>, cuad:<dir> or folder:<dir>")
    folder = settings.folder(place or "datasets/harbour")
    if not folder.is_dir():
        raise LabsError(f"the folder of the corpus {spec!r} does not exist or is no folder; check the path")
    return kind, folder


def take(corpus: Corpus, characters: int, seed: int = 0) -> Corpus:
    """Return a seeded sample of the documents of at most `characters` in all, with the questions that it can answer.

    A question is kept if all its evidence lies in the sample; one without evidence, if its cluster is a document there
    or is asked about by a question that is kept. A corpus that is small enough comes back as it is. Raises LabsError
    when not even one document fits.
    """
    import random

    if sum(len(document.text) for document in corpus.documents) <= characters:
        return corpus
    chosen, left = set(), characters
    for document in random.Random(seed).sample(corpus.documents, len(corpus.documents)):
        if len(document.text) <= left:
            chosen.add(document.id_)
            left -= len(document.text)
    if not chosen:
        raise LabsError(f"no document of the corpus {corpus.name} has {characters} characters or less; take more")
    documents = [document for document in corpus.documents if document.id_ in chosen]
    kept = [q for q in corpus.questions if q.evidence and all(span.doc_id in chosen for span in q.evidence)]
    clusters = chosen | {q.cluster for q in kept}
    ids = {q.question_id for q in kept} | {q.question_id for q in corpus.questions
                                           if not q.evidence and q.cluster in clusters}
    return _corpus(corpus.name, documents, [q for q in corpus.questions if q.question_id in ids], corpus.skipped)


# --- reading ---


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Return a document's text with "\\n" line ends and no byte order mark.

    Raises LabsError with the reason (and only the reason) when it is missing, empty, binary, too big, not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > limit:
            raise LabsError(f"{size / 1e6:.1f} MB is over the limit of {limit / 1e6:.0f} MB; split it")
        if not path.is_file():
            raise LabsError("not a regular file")
        data = path.read_bytes()
    except OSError as fault:
        raise LabsError(f"cannot be read ({fault.strerror})") from fault
    if b"\0" in data:
        raise LabsError("binary data (NUL bytes); export it as plain text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise LabsError(f"not UTF-8 (byte {fault.start}); convert it to UTF-8") from fault
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise LabsError("empty document; remove it or fill it")
    return text


def _read_strictly(path: Path, limit: int = MAX_BYTES) -> str:
    try:
        return read_text(path, limit)
    except LabsError as fault:
        raise LabsError(f"{path.name}: {fault}") from fault


def _read_json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ("file:line", object) for every non-empty line; LabsError names the line that is no JSON object."""
    for number, line in enumerate(_read_strictly(path, MAX_TABLE_BYTES).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as fault:
            raise LabsError(f"{where}: malformed JSON ({fault}); each line must be one JSON object") from fault
        if not isinstance(row, dict):
            raise LabsError(f"{where}: expected a JSON object, found {type(row).__name__}")
        yield where, row


def _document(doc_id: str, text: str, metadata: dict[str, Any]) -> "Document":
    from llama_index.core import Document

    # doc_id in the metadata keeps equal passages of equally titled documents apart where llama-index hashes nodes.
    metadata = {"doc_id": doc_id, **metadata}
    return Document(
        id_=doc_id, text=text, metadata=metadata, excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=[key for key in metadata if key != "title"])


def _corpus(name: str, documents: "list[Document]", questions: list[Question], skipped: Iterable[str] = ()) -> Corpus:
    content = [(d.id_, d.text, d.metadata) for d in documents], [asdict(q) for q in questions]
    return Corpus(name, documents, questions, cache.digest(content), list(skipped))


# --- questions ---


def _string(row: dict[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise LabsError(f"{where}: field {key!r} is missing or is not a non-empty string")
    return value


def _answer(row: dict[str, Any], where: str, default: str | None) -> str:
    # An answer of the family "extract" may be given as the JSON object itself.
    if isinstance(row.get("answer"), dict):
        return json.dumps(row["answer"], ensure_ascii=False)
    return _string(row, "answer", where, default)


def _span(item: Any, texts: dict[str, str], where: str) -> Span:
    """Return the gold span of {"doc_id", "start", "end"} or {"doc_id", "quote"}, checked against the document."""
    if not isinstance(item, dict) or item.get("doc_id") not in texts:
        named = item.get("doc_id") if isinstance(item, dict) else item
        raise LabsError(f"{where}: evidence names the unknown document {named!r}; known are e.g. {sorted(texts)[:3]}")
    text = texts[item["doc_id"]]
    if "quote" in item:
        found = locate(str(item["quote"]), text)
        if found is None:
            raise LabsError(f"{where}: the quote {str(item['quote'])[:60]!r} does not occur in {item['doc_id']}")
        return Span(item["doc_id"], *found)
    start, end = item.get("start"), item.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise LabsError(f"{where}: gold span {start}:{end} lies outside the document {item['doc_id']} "
                        f"of {len(text)} characters, or is empty")
    if not text[start:end].strip():
        raise LabsError(f"{where}: gold span {start}:{end} of {item['doc_id']} holds only white space")
    return Span(item["doc_id"], start, end)


def _question(row: dict[str, Any], texts: dict[str, str], where: str, complete: bool) -> Question:
    """Return the checked question of one line; `complete` demands every field of the course world."""
    default = None if complete else ""
    evidence = row.get("evidence", None if complete else [])
    accepted = row.get("accepted", None if complete else [])
    if not isinstance(evidence, list) or not isinstance(accepted, list):
        raise LabsError(f"{where}: fields 'evidence' and 'accepted' must be lists")
    if not all(isinstance(text, str) for text in accepted):
        raise LabsError(f"{where}: field 'accepted' must hold strings only")
    spans = tuple(_span(item, texts, where) for item in evidence)
    question_id = _string(row, "question_id", where)
    question = Question(
        question_id=question_id,
        family=_string(row, "family", where, None if complete else "own"),
        split=_string(row, "split", where, None if complete else "test"),
        cluster=_string(row, "cluster", where, None if complete else (spans[0].doc_id if spans else question_id)),
        klass=_string(row, "class", where, None if complete else "own"),
        question=_string(row, "question", where),
        answer=_answer(row, where, default),
        accepted=tuple(accepted),
        evidence=spans)
    if question.split not in SPLITS:
        raise LabsError(f"{where}: unknown split {question.split!r}; use one of {', '.join(SPLITS)}")
    if complete and not spans and question.family != NO_EVIDENCE:
        raise LabsError(f"{where}: question {question_id!r} of family {question.family!r} has no gold evidence; "
                        f"only {NO_EVIDENCE!r} questions may go without")
    return question


def _read_questions(path: Path, texts: dict[str, str], complete: bool) -> list[Question]:
    questions: dict[str, Question] = {}
    for where, row in _read_json_lines(path):
        question = _question(row, texts, where, complete)
        if question.question_id in questions:
            raise LabsError(f"{where}: duplicate question id {question.question_id!r}; every id must be unique")
        questions[question.question_id] = question
    return list(questions.values())


# --- the course world ---


def _flat(value: Any) -> Any:
    # Metadata filters of vector stores want flat values.
    if value is None:
        return ""
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def _read_manifest(path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(_read_strictly(path, MAX_TABLE_BYTES))["documents"]
        names = [row["doc_id"] for row in rows]
    except (json.JSONDecodeError, KeyError, TypeError) as fault:
        raise LabsError(f"{path.name} is malformed ({fault}); draw the world again: python -m factory world") from fault
    for name in names:
        # An id becomes a file name: it may not lead anywhere else.
        if not isinstance(name, str) or not re.fullmatch(r"[\w][\w.-]*", name):
            raise LabsError(f"{path.name}: {name!r} is no document id (letters, digits, '_', '-', '.')")
    if len(set(names)) < len(names):
        raise LabsError(f"{path.name}: document ids are not unique")
    if not names:
        raise LabsError(f"{path.name} lists no documents; draw the world again: python -m factory world")
    return rows


def _load_harbour(folder: Path) -> Corpus:
    """Load a world written by `python -m factory world`; any fault is an error, since its numbers would be wrong."""
    documents = []
    for row in _read_manifest(folder / "manifest.json"):
        text = _read_strictly(folder / "documents" / f"{row['doc_id']}.md")
        metadata = {key: _flat(value) for key, value in row.items() if key != "doc_id"}
        documents.append(_document(row["doc_id"], text, {"title": row["doc_id"], **metadata}))
    texts = {document.id_: document.text for document in documents}
    return _corpus("harbour", documents, _read_questions(folder / QUESTION_FILE, texts, complete=True))


# --- a folder of your own ---


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, and links to folders (not followed), in a fixed order, hidden ones left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from (Path(place) / name for name in sorted(names + links) if not name.startswith("."))


def _load_folder(folder: Path) -> Corpus:
    """Load every .md and .txt below a folder, with its documents.jsonl and questions.jsonl when there are such."""
    read, skipped = {}, []
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if name in (QUESTION_FILE, METADATA_FILE):
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            skipped.append(f"{name}: a link that leads out of the folder is not followed")
        elif path.suffix.lower() not in (".md", ".txt"):
            skipped.append(f"{name}: only .md and .txt are read")
        else:
            try:
                read[name] = read_text(path)
            except LabsError as fault:
                skipped.append(f"{name}: {fault}")
    if not read:
        why = "; ".join(skipped[:5]) or "it is empty"
        raise LabsError(f"no readable .md or .txt document in the folder {folder.name!r} ({why})")
    known = _read_metadata(folder / METADATA_FILE, read)
    documents = [_document(name, text, {"title": name, "kind": "own", "date": "", **known.get(name, {})})
                 for name, text in read.items()]
    path = folder / QUESTION_FILE
    questions = _read_questions(path, read, complete=False) if path.is_file() else []
    return _corpus(f"folder {folder.resolve().name}", documents, questions, skipped)


def _read_metadata(path: Path, texts: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return what a metadata file says of documents: in each line a "doc_id", and names with text, number or list."""
    known: dict[str, dict[str, Any]] = {}
    for where, row in _read_json_lines(path) if path.is_file() else ():
        name = _string(row, "doc_id", where)
        if name not in texts:
            raise LabsError(f"{where}: {name!r} is no document of this folder; known are e.g. {sorted(texts)[:3]}")
        if name in known:
            raise LabsError(f"{where}: a second line on {name!r}; put all that is known of a document in one")
        known[name] = {key: _flat(value) for key, value in row.items() if key != "doc_id"}
        for key, value in known[name].items():
            if not isinstance(value, (str, int, float)):
                raise LabsError(f"{where}: {key!r} must be text, a number, or a list of such")
    return known


# --- CUAD ---


class Collapsed:
    """A text with runs of white space collapsed to one blank, and the way back to offsets of the original."""

    def __init__(self, text: str) -> None:
        words = [(m.start(), m.group()) for m in re.finditer(r"\S+", text)]
        self.text = " ".join(word for _, word in words)
        self._original = [start for start, _ in words]
        self._collapsed: list[int] = []
        position = 0
        for _, word in words:
            self._collapsed.append(position)
            position += len(word) + 1

    def _back(self, position: int) -> int:
        # `position` is that of a character of a word, never of a blank.
        word = bisect_left(self._collapsed, position + 1) - 1
        return self._original[word] + position - self._collapsed[word]

    def find(self, fragment: str) -> tuple[int, int] | None:
        """Return (start, end) in the original text of the first occurrence, whole words preferred, or None."""
        fragment = " ".join(fragment.split())
        if not fragment:
            return None
        whole = re.search(rf"(?<!\w){re.escape(fragment)}(?!\w)", self.text)
        start = whole.start() if whole else self.text.find(fragment)
        if start < 0:
            return None
        return self._back(start), self._back(start + len(fragment) - 1) + 1


def locate(fragment: str, text: str) -> tuple[int, int] | None:
    """Return the exact offsets of a fragment in a text that may break its lines elsewhere, or None."""
    return Collapsed(text).find(fragment)


def _fragments(cell: str) -> list[str]:
    """Return the labelled fragments of a CSV cell: a Python-list-like string or plain text, split at <omitted>."""
    cell = cell.strip()
    labelled: list[Any] = [cell]
    if cell.startswith("["):
        try:
            parsed = ast.literal_eval(cell)
            labelled = parsed if isinstance(parsed, list) else [cell]
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            # Not a list after all: contracts blank out text as "[***]".
            labelled = [cell]
    pieces = (piece.strip() for text in labelled for piece in re.split(r"<omitted>", str(text), flags=re.IGNORECASE))
    return list(dict.fromkeys(piece for piece in pieces if piece))


def _name_key(name: str) -> str:
    """Return what is left of a file name when extension, case, blanks and punctuation are ignored."""
    return re.sub(r"[\W_]+", "", re.sub(r"\.(pdf|txt)\s*$", "", name.strip(), flags=re.IGNORECASE)).casefold()


def _cuad_title(row: dict[str, str], fallback: str) -> str:
    """Return e.g. "Supply Agreement between A Inc. and B Ltd.", from the labels, as LegalBench-RAG names contracts."""
    names = _fragments(row.get("Document Name", ""))
    name = string.capwords(names[0].strip(" (,.")) if names else ""
    answer = row.get("Parties-Answer") or ""
    parties = [re.split(r"\(+\s*[\"“”]", part)[0].strip(" ,") for part in answer.split(";")]
    parties = [party for party in dict.fromkeys(parties) if party][:2]
    if not name:
        return fallback
    return f"{name} {'between' if len(parties) > 1 else 'of'} {' and '.join(parties)}" if parties else name


def _read_cuad_rows(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(MAX_BYTES)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(stream)]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise LabsError(f"{path.name} of CUAD cannot be read ({fault}); unpack CUAD_v1.zip again") from fault
    missing = [name for name in ("Filename", *CUAD_CATEGORIES) if not rows or name not in rows[0]]
    if missing:
        raise LabsError(f"{path.name} is not CUAD's table of clauses: column {missing[0]!r} is missing")
    return rows


def _cuad_questions(row: dict[str, str], doc_id: str, title: str, text: str) -> tuple[list[Question], list[str], int]:
    """Return a contract's questions, the fragments that were not located, and the number of those that were."""
    questions, lost, located = [], [], 0
    collapsed = Collapsed(text)
    for category, meaning in CUAD_CATEGORIES.items():
        fragments = _fragments(row[category])
        found = [(fragment, collapsed.find(fragment)) for fragment in fragments]
        lost += [f"{doc_id}, {category}: fragment not found in the text: {fragment[:60]!r}"
                 for fragment, place in found if place is None]
        kept = [(fragment, place) for fragment, place in found if place is not None]
        located += len(kept)
        if not kept:
            continue
        questions.append(Question(
            question_id=f"{doc_id}/{category}", family="cuad", split="test", cluster=doc_id, klass=category,
            question=f'Which passages of the {title} concern "{category}" ({meaning})?',
            answer="\n".join(fragment for fragment, _ in kept), accepted=(),
            evidence=tuple(dict.fromkeys(Span(doc_id, *place) for _, place in kept))))
    return questions, lost, located


def _load_cuad(folder: Path) -> Corpus:
    """Load CUAD in its official layout (The Atticus Project, CC BY 4.0; arXiv 2103.06268)."""
    base = folder / "CUAD_v1" if (folder / "CUAD_v1").is_dir() else folder
    contracts = base / "full_contract_txt"
    if not contracts.is_dir() or not (base / "master_clauses.csv").is_file():
        raise LabsError(f"{folder.name!r} is not CUAD: it must hold full_contract_txt/ and master_clauses.csv, "
                        "or CUAD_v1/ with both")
    rows = {_name_key(row["Filename"]): row for row in _read_cuad_rows(base / "master_clauses.csv")}
    documents, questions, skipped, located = [], [], [], 0
    for path in sorted(contracts.glob("*.txt")):
        row = rows.pop(_name_key(path.name), None)
        doc_id = path.stem.strip()
        try:
            text = read_text(path)
        except LabsError as fault:
            skipped.append(f"{path.name}: {fault}")
            continue
        title = _cuad_title(row, doc_id) if row else doc_id
        documents.append(_document(doc_id, text, {"title": title, "kind": "contract", "date": ""}))
        if row:
            asked, lost, count = _cuad_questions(row, doc_id, title, text)
            questions, skipped, located = questions + asked, skipped + lost, located + count
        else:
            skipped.append(f"{path.name}: no labels in master_clauses.csv (kept as a document without questions)")
    skipped += [f"{row['Filename']}: no text file in full_contract_txt/" for row in rows.values()]
    if not documents:
        raise LabsError(f"no readable contract in {folder.name!r}: full_contract_txt/ has no usable .txt file")
    corpus = _corpus("cuad", documents, questions, skipped)
    labelled = located + sum("fragment not found" in line for line in skipped)
    corpus.notes.append(f"{located} of {labelled} labelled fragments located in {len(documents)} contracts")
    return corpus
