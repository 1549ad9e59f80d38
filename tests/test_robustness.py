"""Slips, other wordings, twins of documents, and names put right."""

import re

import pytest
from llama_index.core import Document

from labutils import queries, robustness
from labutils.corpus import load_corpus

QUESTION = "By how much does the payment term differ between the supply contract of Alder Mills and Birch Foods?"
NAMES = ["Alder Mills", "Alder Hills", "Birch Foods", "payment term", "supply contract"]


def edits(one, other):
    """Letters lost, added or replaced between two words (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row, last = [i], row
        for j, b in enumerate(other, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b)))
    return row[-1]


@pytest.mark.parametrize("seed", range(20))
def test_a_slip_changes_little_and_the_same_for_the_same_seed(seed):
    said = robustness.misspell(QUESTION, seed=seed)
    assert said == robustness.misspell(QUESTION, seed=seed) != QUESTION
    pairs = list(zip(QUESTION.split(), said.split(), strict=True))
    changed = [(one, other) for one, other in pairs if one != other]
    assert 1 <= len(changed) <= 6
    for one, other in changed:
        assert len(re.sub(r"\W", "", one)) >= robustness.SHORTEST and one[0] == other[0] and edits(one, other) <= 2


def test_a_share_of_all_spares_short_words_and_numbers():
    said = robustness.misspell("Is it so: 123456 or 7 of them alder", share=1.0)
    assert said.split()[:-1] == "Is it so: 123456 or 7 of them".split() and said.split()[-1] != "alder"
    assert robustness.misspell("a b 12", share=1.0) == "a b 12"


def test_keys_in_quotation_marks_are_spelled_right():
    said = robustness.misspell('Return JSON with the keys "annual_fee" and "payment_term" for this contract.', share=1.0)
    assert '"annual_fee"' in said and '"payment_term"' in said and "contract" not in said
    assert robustness.misspell('"annual_fee"', share=1.0) == '"annual_fee"'


def test_other_wordings_keep_names_and_numbers():
    changed = 0
    for q in load_corpus().select(split="dev"):
        said = robustness.reword(q.question)
        changed += said != q.question
        assert re.findall(r"\d[\d.,]*", q.question.rstrip("?.")) == re.findall(r"\d[\d.,]*", said.rstrip("?."))
        named = re.findall(r"(?<=[a-z,] )[A-Z][\w-]+ [A-Z][\w-]+", q.question)
        assert all(name in said for name in named), (q.question, said)
    assert changed > 150
    assert robustness.reword("What is the fee?", seed=1).endswith(("Please tell me the fee.", "will do."))


def test_twins_say_the_same_of_other_companies():
    title = "Supply Agreement between Alder Mills and Birch Foods"
    contract = Document(id_="c1", text=f"# {title}\n\nAlder pays Birch in 30 days.",
                        metadata={"doc_id": "c1", "title": title,
                                  "parties": "Alder Mills; Birch Foods", "amends": ""},
                        excluded_llm_metadata_keys=["parties"])
    change = Document(id_="a1", text="Alder Mills and Birch Foods agree.", metadata={
        "doc_id": "a1", "title": "Amendment", "parties": "Alder Mills; Birch Foods", "amends": "c1"})
    memo = Document(id_="m", text="Alder Mills is on the list.", metadata={"doc_id": "m", "title": "Memo"})
    first, second = robustness.twins([contract, change, memo])
    assert (first.id_, second.id_, second.metadata["amends"]) == ("c1-twin", "a1-twin", "c1-twin")
    assert first.metadata["amends"] == "" and first.excluded_llm_metadata_keys == ["parties"]
    one, other = (party.split()[0] for party in queries.parties(first))
    assert one != other and not {one, other} & {"Alder", "Birch"}
    assert first.text == contract.text.replace("Alder", one).replace("Birch", other)
    assert first.metadata["title"] == f"Supply Agreement between {one} Mills and {other} Foods"
    assert contract.text.count("Alder") == 2, "the original stays"
    assert robustness.twins([memo]) == []


def test_twins_of_the_archive_share_no_company_with_it():
    documents = load_corpus().documents
    copied = robustness.twins(documents)
    names = {party for d in documents for party in queries.parties(d)}
    others = {party for d in copied for party in queries.parties(d)}
    assert len(others) == len(names) and not names & others
    assert not any(name in d.text for d in copied[:20] for name in names)
    assert [d.id_ for d in copied] == [d.id_ for d in robustness.twins(documents)]


@pytest.mark.parametrize(("asked", "wanted"), [
    (QUESTION, QUESTION), ("", ""),
    ("The pyament term of Aldre Mills", "The payment term of Alder Mills"),
    ("Did Alder Hills sign the suply contract?", "Did Alder Hills sign the supply contract?"),
    ("ALDER MILS, again", "Alder Mills, again"), ("Oak Mills", "Oak Mills")])
def test_names_are_mended(asked, wanted):
    assert robustness.mend(asked, NAMES) == wanted


def test_most_slips_in_names_of_the_archive_are_mended():
    corpus = load_corpus()
    names = sorted({party for d in corpus.documents for party in queries.parties(d)})
    slips = [(name, robustness.misspell(f"{name}", share=0.0, seed=seed)) for name in names for seed in range(3)]
    mended = [robustness.mend(slip, names) == name for name, slip in slips]
    assert sum(mended) / len(mended) > 0.9
