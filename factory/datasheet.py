"""The datasheet of a world: every number in it is counted from the data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .contracts import STYLES
from .house import LABELS
from .questions import HELD_OUT, TAUGHT, Item
from .selection import FAMILIES, SPLITS, shortfalls
from .world import COURSE_SEED, SPLIT_SHARES, World

RECORD = Path(__file__).with_name("reading.jsonl")

TEMPLATE = """# Datasheet: a world of contracts (seed {seed})

{documents} documents with {words:,} words: {contracts} contracts of {types} types, {amendments} amendments,
{letters} side letters, {works} statements of work, {memos} memos, the corporate register of {companies} companies, a
contract playbook of {rules} rules, a signature policy and a glossary. {questions:,} questions with gold evidence.
Content hash: `{hash}`.

Everything in it is invented. Companies, people and most places are put together from syllables; a likeness to anybody
is chance. No clause is legal advice.

## How it was made

`python -m factory world --seed {seed} --out DIR` writes the same bytes again; another seed draws other companies,
values, amendments and playbook thresholds.{course} Pretraining of the embedded model never uses the course
world's seed.

A contract is a list of clauses. A clause has one wording for each of {drafters} drafters, carries up to three facts, and
each fact is asked in eight ways. Most contracts end with a price list, which repeats no fact of theirs. The clauses
cover {categories} of the categories of CUAD (Hendrycks et al. 2021, arXiv 2103.06268); {silent}
clauses without facts recur in near-identical words.

## Files

- `documents/<doc_id>.md`: Markdown with numbered sections, UTF-8, `\\n` line ends
- `questions.jsonl`: one object per line: `question_id, family, split, cluster, class, question, answer, accepted,
  evidence`; evidence is `{{doc_id, start, end}}` in characters of the `.md` file, in the order in which the facts are
  chained. `version` questions also have `chain`: every statement of the fact, from the base contract to the latest
  amendment.
- `hazards.jsonl`: places that mislead on purpose, one object per line: `kind, doc_id, start, end, note`, and `fact`
  where one is concerned. Here: {hazards}. `contradiction`: a second value for a fact, which so has no right
  answer; `noise`: a paragraph as a bad scan garbles it; `injection`: a sentence that tells a language model what to
  answer; `stale`: a memo repeats a value that a later document has changed.
- `manifest.json`: seed, hash and one row per document: `doc_id, title, kind, contract_type, parties, date, cluster,
  split, amends`

## Questions

| family | {split_head} |
|---|{rule_line}
{table}

{contract_splits}. The register, the playbook, the glossary, the signature policy and the memos are shared.
An amendment, a side letter and a statement of work belong to the split of their contract.
Of a train contract {taught} facts are asked one by one. `known` asks for these in the {held_out} wordings of each
fact that `train` never sees.
{shortfalls}

| family | what it asks | gold evidence |
|---|---|---|
| lookup | a fact that no amendment touches | the contract's sentence |
| version | a fact that an amendment changed; the text in force is right | the latest amendment's sentence |
| multihop | a fact of a contract, one party named by its register entry | the register's and the contract's sentence |
| unanswerable | a fact of a clause that this type of contract may have and this one lacks | none |
| playbook | the risk label that the playbook gives to a term | the contract's and the playbook's sentence; for "any other", those that list |
| extract | two or three facts as JSON | the sentences that state them |
| jargon | a fact under its house term, or of a contract under its code name | the glossary's and the contract's sentence |
| aggregate | which of some named contracts is ahead, by how much, how many pass a bound | each contract's sentence |
| global | how many of all contracts share a law, a type or a party; which one has the most | each place that says so |
| summary | three to five points of a contract in one line; the values count | the sentences that state them |

`aggregate` compares contracts of one split. `global` is about all contracts, so its evidence lies in every split; there
is no such question in train, and its cluster is the matter asked, not a contract.

{versions}
{labels}
{hops}
The most frequent classes of test: {classes}.

## Conventions

- A question asks for the text in force, whether it says "(as amended)" or not. Where an amendment replaces a paragraph, its sentence is the gold evidence.
- A reference to a contract is unique: two contracts between the same parties differ in type.
- `answer` is verbatim from the documents (but for labels of the playbook, JSON, counts, differences and summaries);
  `accepted` lists other spellings.
- The answer to an unanswerable question is "Not stated in the provided documents."

{reading}## Limits

Sentences are templates with variation, so the language is narrower than that of real contracts, and a value stands in
one sentence or table row. Facts hardly depend on each other: most dates and periods are drawn one by one. Scan noise
is made by rules, not by a scanner. Use it to learn and to compare methods, not to estimate how a method does
on real contracts.

License: CC BY 4.0.
"""


READING = """## Checked by reading

{count} questions, ten of each family, were read line by line against the documents by a large language model that had not
seen how they are made (seed {seed}, `factory/reading.jsonl` has every verdict): {verdicts}. Since then the wordings, gold
evidence and accepted answers that it found wanting were changed for all questions of their kind, so questions of this
release may read differently.

"""


def reading() -> str:
    """The section on the sample that was read, from its record; the sample is of the course world."""
    rows = [json.loads(line) for line in RECORD.read_text(encoding="utf-8").splitlines()]
    verdicts = Counter(row["verdict"] for row in rows)
    order = ["right", "wrong answer", *sorted(verdicts.keys() - {"right", "wrong answer"})]
    return READING.format(count=len(rows), seed=COURSE_SEED, verdicts=listing(verdicts, order))


def listing(counts: Counter[str], order: Iterable[str]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in order)


def datasheet(world: World, items: list[Item], digest: str) -> str:
    """The text of README.md in the world's folder."""
    cells = Counter((item.split, item.family) for item in items)
    rows = [[family, *(cells[split, family] for split in SPLITS)] for family in FAMILIES]
    rows.append(["all", *(sum(i.split == split for i in items) for split in SPLITS)])
    test = [item for item in items if item.split == "test"]
    classes = Counter(item.klass for item in test).most_common(8)
    clauses = {clause.key: clause for contract in world.contracts for clause in contract.clauses}
    splits = Counter(contract.split for contract in world.contracts)
    short = shortfalls(items)
    twice = sum(len(item.chain) > 2 for item in test if item.family == "version")
    hops = Counter(item.kind for item in test if item.family == "multihop")
    kinds = Counter(row["kind"] for row, _ in world.rows())
    hazards = Counter(hazard.kind for hazard in world.hazards)
    return TEMPLATE.format(
        reading=reading() if world.seed == COURSE_SEED else "", seed=world.seed, hash=digest, documents=len(world.rows()), contracts=len(world.contracts), questions=len(items),
        words=sum(len(text.split()) for text in world.documents().values()),
        types=len({contract.kind.key for contract in world.contracts}),
        amendments=kinds["amendment"], letters=kinds["side letter"], works=kinds["sow"], memos=kinds["memo"],
        drafters=STYLES, hazards=listing(hazards, sorted(hazards)),
        companies=len(world.companies + world.holdings), rules=len(world.positions),
        course=" This is the course world." if world.seed == COURSE_SEED else "",
        categories=len({clause.category for clause in clauses.values() if clause.category}),
        silent=sum(not clause.facts for clause in clauses.values()),
        split_head=" | ".join(SPLITS), rule_line="---:|" * len(SPLITS),
        table="\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows),
        contract_splits="Contracts: " + listing(splits, SPLIT_SHARES), held_out=HELD_OUT, taught=TAUGHT,
        shortfalls=f"Short of the plan: {'; '.join(short)}." if short else "Every family reaches its planned size.",
        versions=f"Version questions of test with more than one amendment of the fact: {twice}.",
        labels="Labels of the playbook questions of test: "
               + listing(Counter(item.answer for item in test if item.family == "playbook"), LABELS) + ".",
        hops="Register hops of test: " + listing(hops, sorted(hops)) + ".",
        classes=", ".join(f"{name} {count}" for name, count in classes),
    )
