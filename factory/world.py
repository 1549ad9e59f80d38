"""The course world: contracts of a fictional group of companies, what hangs on them, and the house's own documents.

A world is a function of its seed: the same seed gives the same bytes, another seed other companies, values and
thresholds.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random

from labutils.errors import LabsError

from . import contracts, house, papers
from .contracts import ContractType
from .hazards import Hazard, plant_hazards
from .house import Company, Position
from .papers import Memo, Work, reference_of
from .text import Clause, PlacedFact, Written, draw_values, fill, write_clause, write_document, write_paragraph
from .values import date as draw_date
from .values import from_date, to_date

COURSE_SEED = 7
CONTRACTS = 64
COMPANIES = 44
SPLIT_SHARES = {"train": 12 / 64, "dev": 10 / 64, "test": 42 / 64}
AMENDED_SHARE = 0.7
SECOND_SHARE = 0.5
PROJECTS = 24
LETTER_SHARE = 0.25  # of the amendments
LETTERS = {"amendment": "a", "side letter": "l"}  # in the doc_id
SHARED = ("register", "playbook", "glossary", "policy")

FactKey = tuple[str, str]  # clause key, fact name


@dataclass
class Amendment:
    """A later document that replaces paragraphs of a contract; `changed` holds the facts with a new value.

    `kind` is "amendment" or "side letter"; `number` counts the documents of that kind.
    """

    doc_id: str
    kind: str
    number: int
    date: str
    written: Written
    changed: list[FactKey]


@dataclass
class Contract:
    """A base contract with its amendments and statements of work in the order in which they were signed.

    `contradicted` holds the facts for which the contract gives two values: they have no right answer.
    """

    doc_id: str
    kind: ContractType
    parties: tuple[Company, Company]
    split: str
    style: int
    clauses: list[Clause]
    written: Written
    amendments: list[Amendment] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    contradicted: set[FactKey] = field(default_factory=set)

    def chain(self, key: FactKey) -> list[tuple[str, PlacedFact]]:
        """(doc_id, fact) of every place that states the fact, oldest first; [] if the contract does not state it.

        An amendment replaces whole paragraphs, so it also restates the facts that stand beside the changed one.
        """
        writings = [(self.doc_id, self.written)] + [(a.doc_id, a.written) for a in self.amendments]
        return [(doc_id, placed) for doc_id, written in writings for placed in written.facts
                if (placed.clause.key, placed.fact.name) == key]

    def keys(self) -> list[FactKey]:
        """The facts that the base contract states, in its order."""
        return [(placed.clause.key, placed.fact.name) for placed in self.written.facts]

    def changed(self) -> set[FactKey]:
        return {key for amendment in self.amendments for key in amendment.changed}

    def absent(self) -> list[Clause]:
        """Clauses with facts that contracts of this type may have and that neither this one nor its amendments have."""
        possible = {*self.kind.core, *self.kind.optional}
        return [clause for clause in contracts.CLAUSES
                if clause.key in possible and not any(self.chain((clause.key, fact.name)) for fact in clause.facts)]

    def silent_paragraphs(self) -> list[tuple[int, int]]:
        """(start, end) of the last paragraph, without its number, of each section that carries no fact."""
        text = self.written.text
        ends = [self.written.sections[i][1] for i, clause in enumerate(self.clauses) if not clause.facts]
        return [(text.index(" ", text.rindex("\n", 0, end)) + 1, end) for end in ends]

    def documents(self) -> list[tuple[str, str, str, str | None, Written]]:
        """(doc_id, kind, date, doc_id of the contract that it amends or None, document) of everything under it."""
        base = (self.doc_id, "contract", self.written.names["date_signed"], None, self.written)
        later = [(a.doc_id, a.kind, a.date, self.doc_id, a.written) for a in self.amendments]
        return [base, *later, *((work.doc_id, "sow", work.date, None, work.written) for work in self.works)]


@dataclass
class World:
    """Everything drawn from one seed; `documents` gives the texts, `hazards` the places that mislead on purpose."""

    seed: int
    companies: list[Company]
    holdings: list[Company]
    contracts: list[Contract]
    positions: list[Position]
    register: Written
    playbook: Written
    glossary: Written
    projects: dict[str, str]
    policy: Written
    memos: list[Memo]
    hazards: list[Hazard]

    def house_terms(self) -> list[PlacedFact]:
        """The terms of the glossary, each with its meaning."""
        return [placed for placed in self.glossary.facts if placed.clause.key == house.HOUSE_TERMS]

    @property
    def contradicted(self) -> set[tuple[str, FactKey]]:
        """(doc_id of the contract, fact) of every fact for which a contract gives two values."""
        return {(contract.doc_id, key) for contract in self.contracts for key in contract.contradicted}

    def documents(self) -> dict[str, str]:
        """doc_id -> Markdown text: each contract before what hangs on it, the shared documents last."""
        return {row["doc_id"]: written.text for row, written in self.rows()}

    def rows(self) -> list[tuple[dict, Written]]:
        """(manifest row, document) of every document."""
        rows = []
        for contract in self.contracts:
            common = {
                "contract_type": contract.kind.key, "parties": [company.name for company in contract.parties],
                "cluster": contract.doc_id, "split": contract.split,
            }
            rows += [(manifest_row(doc_id, written.title, kind, when, amends, common), written)
                     for doc_id, kind, when, amends, written in contract.documents()]
        house_papers = (self.register, self.playbook, self.glossary, self.policy)
        shared = [(doc_id, doc_id, None, written) for doc_id, written in zip(SHARED, house_papers, strict=True)]
        shared += [(memo.doc_id, "memo", memo.date, memo.written) for memo in self.memos]
        for doc_id, kind, when, written in shared:
            common = {"contract_type": None, "parties": [], "cluster": doc_id, "split": "shared"}
            rows.append((manifest_row(doc_id, written.title, kind, when, None, common), written))
        return rows


def manifest_row(doc_id: str, title: str, kind: str, when: str | None, amends: str | None, common: dict) -> dict:
    return {"doc_id": doc_id, "title": title, "kind": kind, "contract_type": common["contract_type"],
            "parties": common["parties"], "date": to_date(when).isoformat() if when else None,
            "cluster": common["cluster"], "split": common["split"], "amends": amends}


# ---------------------------------------------------------------- building

def build_world(seed: int, contracts: int = CONTRACTS, companies: int = COMPANIES) -> World:
    """Draw a world in memory. Raises LabsError if there are too few companies for so many contracts."""
    trading, holdings = house.draw_companies(Random(f"{seed}/companies"), companies)
    drawn = draw_contracts(seed, contracts, trading)
    positions = house.draw_positions(Random(f"{seed}/playbook"))
    rng = Random(f"{seed}/glossary")
    named = {f"Project {house.coined(rng, 1)}": contract for contract in rng.sample(drawn, min(PROJECTS, len(drawn)))}
    projects = {code: reference_of(rng, contract) for code, contract in named.items()}
    memos = papers.write_memos(Random(f"{seed}/memos"), drawn)
    hazards = plant_hazards(Random(f"{seed}/hazards"), drawn) + [hazard for memo in memos for hazard in memo.stale]
    return World(
        seed, trading, holdings, drawn, positions,
        house.write_register(Random(f"{seed}/register"), trading + holdings),
        house.write_playbook(positions), house.write_glossary(rng, projects),
        {code: contract.doc_id for code, contract in named.items()},
        papers.write_policy(Random(f"{seed}/policy")), memos, hazards,
    )


def draw_contracts(seed: int, count: int, companies: list[Company]) -> list[Contract]:
    rng = Random(f"{seed}/contracts")
    kinds = draw_kinds(rng, count)
    pairs = draw_pairs(rng, kinds, companies)
    splits = draw_splits(kinds)
    order = rng.sample(range(count), count)
    drawn = []
    for number, i in enumerate(order, 1):
        own = Random(f"{seed}/contract/{number}")
        drawn.append(draw_contract(own, number, kinds[i], pairs[i], splits[i]))
        papers.add_cross_references(own, drawn[-1])
    for split in SPLIT_SHARES:
        mine = [contract for contract in drawn if contract.split == split]
        amended = rng.sample(mine, round(AMENDED_SHARE * len(mine)))
        twice = {contract.doc_id for contract in amended[: round(SECOND_SHARE * len(amended))]}
        for contract in amended:
            amend(Random(f"{seed}/amend/{contract.doc_id}"), contract, 2 if contract.doc_id in twice else 1)
    papers.add_works(seed, drawn)
    for contract in drawn:
        papers.add_schedule(Random(f"{seed}/schedule/{contract.doc_id}"), contract)
    return drawn


def draw_kinds(rng: Random, count: int) -> list[ContractType]:
    """Contract types in equal shares, equal ones side by side."""
    start = rng.randrange(len(contracts.TYPES))
    picked = Counter((start + i) % len(contracts.TYPES) for i in range(count))
    return [contracts.TYPES[i] for i in sorted(picked) for _ in range(picked[i])]


def draw_splits(kinds: list[ContractType]) -> list[str]:
    """A split for each contract, always the one that lags most behind its share: types spread over the splits.

    The first contract of each type is for train, if train is large enough for that.
    """
    wanted = split_sizes(len(kinds))
    firsts = {kinds.index(kind) for kind in kinds}
    firsts = firsts if len(firsts) <= wanted["train"] else set()
    given: Counter[str] = Counter()
    splits = []
    for i in range(len(kinds)):
        reserved = {"train": sum(first > i for first in firsts)}
        room = [split for split in SPLIT_SHARES if given[split] + reserved.get(split, 0) < wanted[split]]
        split = "train" if i in firsts else max(room, key=lambda s: SPLIT_SHARES[s] * (i + 1) - given[s])
        given[split] += 1
        splits.append(split)
    return splits


def split_sizes(count: int) -> dict[str, int]:
    """How many of `count` contracts go to each split; what rounding leaves over goes to test."""
    sizes = {split: round(share * count) for split, share in SPLIT_SHARES.items()}
    return sizes | {"test": count - sizes["train"] - sizes["dev"]}


def draw_pairs(rng: Random, kinds: list[ContractType], companies: list[Company]) -> list[tuple[Company, Company]]:
    """Two parties for each contract: no pair holds two contracts of one type, some hold two of different types."""
    if len(companies) < 4:
        raise LabsError(f"a world needs at least 4 companies, not {len(companies)}; ask for more")
    weights = [5 if i < len(companies) // 6 else 1 for i in range(len(companies))]
    waiting = rng.sample(companies, len(companies))
    pairs: list[tuple[Company, Company]] = []
    used: set[tuple[str, frozenset[str]]] = set()
    for kind in kinds:
        for _ in range(1000):
            if pairs and not waiting and rng.random() < 0.4:
                pair = rng.choice(pairs)
            else:
                first = waiting[-1] if waiting else rng.choices(companies, weights)[0]
                pair = (first, rng.choices(companies, weights)[0])
                pair = pair if rng.random() < 0.5 else pair[::-1]
            key = (kind.key, frozenset(company.name for company in pair))
            if len(key[1]) == 2 and key not in used:
                break
        else:
            raise LabsError(f"{len(companies)} companies are too few for {len(kinds)} contracts; ask for more")
        used.add(key)
        pairs.append(pair)
        waiting = [company for company in waiting if company not in pair]
    return pairs


def draw_contract(rng: Random, number: int, kind: ContractType, parties: tuple[Company, Company],
                  split: str) -> Contract:
    style = rng.randrange(contracts.STYLES)
    names = contracts.contract_names(rng, kind, style)
    names |= {"date_signed": draw_date(2015, 2022)(rng)}
    for side, role, company in zip("AB", kind.roles, parties, strict=True):
        called = f"the {role}" if style in contracts.ROLE_STYLES else company.stem
        names |= {f"{side}_name": company.name, f"{side}_full": company.legal, f"{side}_called": called, side: called}
    clauses = contracts.contract_clauses(rng, kind, optional=rng.randint(5, 8), plain=rng.randint(3, 6))
    written = write_document(contracts.GENRES[kind.key], rng, names, clauses, style)
    doc_id = f"c{number:02d}-{kind.key}-{parties[0].stem}-{parties[1].stem}".lower()
    return Contract(doc_id, kind, parties, split, style, clauses, written)


# ---------------------------------------------------------------- amendments

AMENDMENT_OPENINGS = contracts.blocks("""
    This is amendment number {number} to the {type} (the "Agreement") that {A_full} ("{A_called}") and {B_full}
    ("{B_called}") signed on {date_signed}. It is dated {date_amended} and takes effect on that day.

    THIS AMENDMENT NO. {number} is made on {date_amended} by and between {A_full} ("{A_called}") and {B_full}
    ("{B_called}") and amends the {type} made between the same parties and dated {date_signed} (the "Agreement").

    Parties: {A_full} ("{A_called}"); {B_full} ("{B_called}"). Amendment No. {number}, dated {date_amended}, to the
    {type} dated {date_signed} (the "Agreement").

    We, {A_full} ("{A_called}") and {B_full} ("{B_called}"), have worked together under our {type} of {date_signed} (our
    "Agreement"). On {date_amended} we agreed on this amendment, the one with number {number}.

    On {date_amended}, {A_full}, hereinafter "{A_called}", and {B_full}, hereinafter "{B_called}", together "the
    Parties", agree by way of amendment number {number} to modify the {type} concluded between them on {date_signed}
    (the "Agreement") as set out below.

    {A_full} ("{A_called}") and {B_full} ("{B_called}") are changing the {type} that they signed on {date_signed} (the
    "contract"). This is amendment number {number}. Both companies signed it on {date_amended}, and it counts from that
    day.
    """)
AMENDMENT_CLOSINGS = contracts.blocks("""
    All other terms of the agreement stay as they are.

    Save as amended hereby, the Agreement shall remain in full force and effect.

    Remainder of the Agreement unchanged.

    Everything else that we agreed before goes on unchanged.

    In all other respects, the provisions of the Agreement continue to apply without modification.

    Leave the rest of the contract as it is and carry on.
    """)


def amend(rng: Random, contract: Contract, count: int) -> None:
    """Add `count` amendments or side letters; a second one often changes again what the first has changed."""
    open_keys = [key for key in contract.keys() if key[1] in contracts.AMENDABLE.get(key[0], ())]
    signed = to_date(contract.written.names["date_signed"])
    for _ in range(count):
        signed += timedelta(days=rng.randint(150, 700))
        done = sorted(contract.changed())
        fresh = [key for key in open_keys if key not in done]
        keys = [rng.choice(done)] if done and rng.random() < 0.85 else []
        wanted = 2 if rng.random() < 0.75 else 1
        keys += rng.sample(fresh, min(len(fresh), max(0, wanted - len(keys))))
        kind = "side letter" if rng.random() < LETTER_SHARE else "amendment"
        contract.amendments.append(write_amendment(rng, contract, kind, from_date(signed), keys))


def write_amendment(rng: Random, contract: Contract, kind: str, when: str, keys: list[FactKey]) -> Amendment:
    """Write one amendment or side letter that gives the facts `keys` new values, in the voice of the drafter."""
    number = 1 + sum(amendment.kind == kind for amendment in contract.amendments)
    a, b = contract.parties
    names = contract.written.names | {"number": str(number), "date_amended": when,
                                      "A_signatory": a.signatory, "B_signatory": b.signatory}
    is_letter = kind == "side letter"
    title = (f"Side Letter of {when}" if is_letter else f"Amendment No. {number}") + f" to the {contract.written.title}"
    document = Written(title, f"# {title}\n\n", names)
    voice = contract.style % papers.VOICES
    opening, closing = ((papers.LETTER_OPENINGS[voice], papers.LETTER_CLOSINGS[voice]) if is_letter else
                        (AMENDMENT_OPENINGS[contract.style], AMENDMENT_CLOSINGS[contract.style]))
    write_frame(document, opening)
    for clause, mine in by_clause(contract, keys):
        values = {fact.name: contract.chain((clause.key, fact.name))[-1][1].value for fact in clause.facts}
        values |= {name: new_value(rng, contract, clause, name) for name in mine}
        (write_letter_change if is_letter else write_change)(document, contract, clause, mine, values)
    write_frame(document, closing)
    document.text = document.text.rstrip() + "\n"
    if is_letter:
        document.sections.append((0, len(document.text.rstrip()), title))
    document.facts = [without_quotes(placed, document.text) for placed in document.facts]
    return Amendment(f"{contract.doc_id.split('-')[0]}-{LETTERS[kind]}{number}", kind, number, when, document,
                     sorted(keys))


def write_frame(document: Written, template: str) -> None:
    """Append the paragraphs of an opening or a closing."""
    for part in template.split(" || "):
        document.text += fill(part, document.names)[0] + "\n\n"


def by_clause(contract: Contract, keys: list[FactKey]) -> list[tuple[Clause, list[str]]]:
    """(clause, names of its facts) for the facts `keys`, in the contract's order."""
    named = [(clause, [name for key, name in keys if key == clause.key]) for clause in contract.clauses]
    return [(clause, names) for clause, names in named if names]


def without_quotes(placed: PlacedFact, text: str) -> PlacedFact:
    """The fact with its evidence cut to the sentence inside the quotation marks of an amendment."""
    start, end = placed.evidence_start, placed.evidence_end
    return replace(placed, evidence_start=start + (text[start] == '"'), evidence_end=end - (text[end - 1] == '"'))


def new_value(rng: Random, contract: Contract, clause: Clause, name: str) -> str:
    """A value that the contract has never had for this fact."""
    before = {placed.value for _, placed in contract.chain((clause.key, name))}
    while (value := draw_values(clause, rng)[name]) in before:
        pass
    return value


def write_change(document: Written, contract: Contract, clause: Clause, names: list[str],
                 values: dict[str, str]) -> None:
    """Append a section that replaces the paragraphs of a clause which state the facts `names`."""
    frame = contracts.AMENDMENT_WORDINGS[contract.style % len(contracts.AMENDMENT_WORDINGS)]
    paragraphs = changes(document, contract, clause, names, frame)
    write_clause(document, clause, values, " || ".join(paragraphs), title_of(contract, clause))


def write_letter_change(document: Written, contract: Contract, clause: Clause, names: list[str],
                        values: dict[str, str]) -> None:
    """Append paragraphs of a letter that do the same; a letter is one section, without headings."""
    frame = papers.LETTER_WORDINGS[contract.style % papers.VOICES]
    for paragraph in changes(document, contract, clause, names, frame):
        write_paragraph(document, clause, values, paragraph, 1)


def title_of(contract: Contract, clause: Clause) -> str:
    """The heading of the section in which the contract states a clause."""
    return contract.written.sections[contract.clauses.index(clause)][2]


def changes(document: Written, contract: Contract, clause: Clause, names: list[str], frame: str) -> list[str]:
    """A template for each paragraph of the clause that states one of the facts `names`, quoted in `frame`."""
    section = contract.clauses.index(clause) + 1
    wording = clause.wordings[contract.style % len(clause.wordings)]
    parts = dict(contracts.part_of(wording, name) for name in names)
    paragraphs = []
    for part, template in sorted(parts.items()):
        text = frame
        # A quotation opens with a capital, as the replaced paragraph does.
        template = template.strip()
        for side in "AB":
            if template.startswith("{" + side + "}"):
                template = document.names[side][0].upper() + document.names[side][1:] + template[3:]
        for name, value in (("section", section), ("part", part), ("title", title_of(contract, clause)),
                            ("new_text", template)):
            text = text.replace("{" + name + "}", str(value))
        paragraphs.append(text)
    return paragraphs


# ---------------------------------------------------------------- writing

def world_files(world: World) -> dict[str, str]:
    """Relative path -> text of every file of a world: documents, questions, hazards, manifest and datasheet."""
    from .datasheet import datasheet
    from .selection import build_questions

    items = build_questions(world)
    files = {f"documents/{doc_id}.md": text for doc_id, text in world.documents().items()}
    for name, rows in (("questions", items), ("hazards", world.hazards)):
        files[f"{name}.jsonl"] = "".join(json.dumps(row.to_json(), ensure_ascii=False) + "\n" for row in rows)
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{files[name]}\0".encode())
    manifest = {"seed": world.seed, "hash": digest.hexdigest(), "documents": [row for row, _ in world.rows()]}
    files["manifest.json"] = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    files["README.md"] = datasheet(world, items, manifest["hash"])
    return files


def write_world(world: World, out: Path) -> Path:
    """Write a world to the folder `out`, which holds either the old world or the new one, never a part; returns `out`.

    Raises LabsError if `out` exists and is something else than a world or an empty folder.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise LabsError(f"{out.name} is a file; give a folder for the world")
    if out.is_dir() and any(out.iterdir()) and not (out / "manifest.json").is_file():
        raise LabsError(f"the folder {out.name} holds something else than a world; give a new or an empty folder")
    files = world_files(world)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for name, text in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        fresh.chmod(0o755)
        swap(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return out


def swap(fresh: Path, out: Path) -> None:
    """Put `fresh` in the place of `out`; what was there comes back if that fails."""
    old = fresh.with_name(fresh.name + "-old")
    if out.exists():
        os.replace(out, old)
    try:
        os.replace(fresh, out)
    except OSError:
        if old.exists():
            os.replace(old, out)
        raise
    shutil.rmtree(old, ignore_errors=True)
