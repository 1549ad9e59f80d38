"""The knowledge graph: what is read, what it is held against, walks, counts."""

import networkx as nx
import pytest
from llama_index.core import Document
from llama_index.core.graph_stores.types import KG_RELATIONS_KEY, Relation
from llama_index.core.indices.property_graph import SimpleLLMPathExtractor

from labutils import chunking, graph, queries
from labutils.corpus import load_corpus

REGISTER = Document(id_="register", metadata={"title": "Register", "kind": "register"}, text=(
    "# Register\n\n## 1. Alder Mills plc\n\n1.1 The registered seat of Alder Mills is Oslo.\n\n"
    "1.2 All shares in Alder Mills are held by its parent company, Brun Group.\n\n"
    "1.3 Alder Mills took its present name on 1 May 2020; it was formerly called Old Alder.\n\n"
    "1.4 Ida Moe signs alone on behalf of Alder Mills.\n"))


@pytest.fixture(scope="module")
def archive():
    return load_corpus("harbour").documents


def test_a_triplet_comes_with_the_sentence_that_names_its_tail():
    (node,) = chunking.by_section([REGISTER])[1:]
    node.metadata[KG_RELATIONS_KEY] = [
        Relation(source_id="Alder Mills", target_id="Brun Group", label="owner"),
        Relation(source_id="Alder Mills", target_id="Brun Group", label="owner"),
        Relation(source_id="Alder Mills", target_id="Ida Moe", label="signatory")]
    read = graph.read_triplets([node])
    assert [t.said for t in read] == [("Alder Mills", "owner", "Brun Group"), ("Alder Mills", "signatory", "Ida Moe")]
    sentences = [REGISTER.text[t.source.start:t.source.end] for t in read]
    assert sentences[0].endswith("All shares in Alder Mills are held by its parent company, Brun Group.")
    assert sentences[1].endswith("Ida Moe signs alone on behalf of Alder Mills.")
    assert "seat" not in "".join(sentences)


def test_rules_read_all_four_relations():
    read = graph.stated(REGISTER)
    assert {t.said for t in read} == {
        ("Alder Mills", "seat", "Oslo"), ("Alder Mills", "owner", "Brun Group"),
        ("Alder Mills", "former name", "Old Alder"), ("Alder Mills", "signatory", "Ida Moe")}
    assert all(t.tail in REGISTER.text[t.source.start:t.source.end] for t in read)
    assert graph.company(chunking.by_section([REGISTER])[1]) == "Alder Mills"


def test_precision_and_recall_by_relation():
    gold = [t.said for t in graph.stated(REGISTER)]
    found = [("Alder Mills", "seat", "Oslo"), ("Alder Mills", "owner", "Alder Mills"), ("x", "color", "y")]
    table = graph.precision_recall(found, gold).set_index("relation")
    assert table.loc["seat", ["precision", "recall"]].tolist() == [1.0, 1.0]
    assert table.loc["owner", ["found", "precision", "recall"]].tolist() == [1, 0.0, 0.0]
    assert table.loc["all", ["found", "stated"]].tolist() == [3, 4]
    assert table.loc["all", "recall"] == 0.25


def test_the_extractor_of_llama_index_writes_what_is_read():
    """With its default prompt and its parser; the reply is given, since the embedded model cannot write such lists."""
    from llama_index.core.llms import MockLLM

    class Lists(MockLLM):
        def complete(self, prompt, formatted=False, **kwargs):
            assert "Alder Mills" in prompt
            return super().complete("(Alder Mills, owner, Brun Group)\nno triplet\n(Alder Mills, seat, Oslo)")

    entry = chunking.by_section([REGISTER])[1]
    read = graph.read_triplets(SimpleLLMPathExtractor(llm=Lists(), num_workers=1)([entry]))
    assert [t.said for t in read] == [("Alder mills", "Owner", "Brun group"), ("Alder mills", "Seat", "Oslo")]
    table = graph.precision_recall([t.said for t in read], [t.said for t in graph.stated(REGISTER)])
    assert table.set_index("relation").loc["all", ["precision", "recall"]].tolist() == [1.0, 0.5]


def test_contracts_are_counted_by_what_the_question_names():
    triplets, _ = example()
    made = [*triplets, graph.Triplet("No. 1", graph.LAW, "Norway"), graph.Triplet("No. 2", graph.LAW, "Norway")]
    assert graph.count_answer("How many contracts did Alder Mills sign?", made) == "2"
    assert graph.count_answer("How many are of the type Supply Agreement?", made) == "1"
    assert graph.count_answer("How many contracts are governed by the law of Norway?", made) == "2"
    assert graph.count_answer("Which contract of Alder Mills runs longest?", made) is None
    edges = graph.counted("How many contracts are governed by the law of Norway?", [*made, *made])
    assert [edge.head for edge in edges] == ["No. 1", "No. 2"], "each once"
    assert graph.count_answer("How many contracts does Brun Group own?", made) is None, "it signed none"


def test_parties_are_read_as_they_are_written(archive):
    contracts = [d for d in archive if d.metadata["kind"] == "contract"]
    read = [graph.party_mentions(d) for d in contracts]
    fitting = [all(any(m.startswith(p) for m in its) for p in queries.parties(d)) for d, its in zip(contracts, read)]
    assert sum(fitting) / len(fitting) > 0.95
    assert all(len(its) == 2 for its, good in zip(read, fitting) if good)


def example():
    triplets = [graph.Triplet("No. 1", graph.PARTY, "Alder Mills"),
                graph.Triplet("No. 1", graph.PARTY, "Cato Seeds"),
                graph.Triplet("No. 1", graph.TYPE, "supply contract"),
                graph.Triplet("No. 2", graph.PARTY, "Alder Mills"), graph.Triplet("No. 2", graph.PARTY, "Dorn Freight"),
                graph.Triplet("Alder Mills", "owner", "Brun Group", graph.Span("register", 10, 20))]
    return triplets, graph.build_graph(triplets)


def test_a_walk_from_a_description_finds_the_contract():
    _, made = example()
    start = graph.seeds("What does the supply agreement of Cato Seeds with a subsidiary of Brun Group say?", made)
    assert set(start) == {"supply contract", "Cato Seeds", "Brun Group"}
    ranks = graph.rank(made, ["Cato Seeds", "Brun Group"])
    assert ranks["No. 1"] > ranks["No. 2"]
    assert sum(ranks.values()) == pytest.approx(1)
    assert graph.rank(made, []) == {}


def test_the_sentence_on_the_way_is_given_and_far_ones_are_not():
    _, made = example()
    (entry,) = graph.path_sources(made, ["Brun Group", "Cato Seeds"], "No. 1")
    assert entry.source == graph.Span("register", 10, 20)
    assert graph.path_sources(made, ["Brun Group"], "Dorn Freight", longest=2) == []
    assert graph.path_sources(made, ["Brun Group"], "nowhere") == []


def test_the_store_holds_the_triplets():
    triplets, _ = example()
    kept = {(head.name, relation.label, tail.name) for head, relation, tail in
            graph.build_store(triplets).get_triplets(entity_names=["Brun Group"])}
    assert kept == {("Alder Mills", "owner", "Brun Group")}


def test_counts_take_a_statement_once():
    triplets, _ = example()
    assert graph.counts(triplets + triplets, graph.PARTY) == {"Alder Mills": 2, "Cato Seeds": 1, "Dorn Freight": 1}


def test_titles_and_metadata_give_parties_and_types(archive):
    made = graph.contract_triplets(archive)
    contracts = [d for d in archive if d.metadata["kind"] == "contract"]
    assert sum(t.relation == graph.TYPE for t in made) == len(contracts)
    assert sum(t.relation == graph.PARTY for t in made) == 2 * len(contracts)


def test_communities_are_the_same_each_time():
    two = nx.compose(nx.complete_graph(["a", "b", "c", "d"]), nx.complete_graph(["x", "y", "z"]))
    two.add_edge("a", "x")
    assert graph.communities(two) == [{"a", "b", "c", "d"}, {"x", "y", "z"}] == graph.communities(two)


def test_a_title_without_a_type_gives_none():
    made = graph.contract_triplets([Document(id_="c", text="", metadata={
        "kind": "contract", "title": "EX-10.1 between Alder Mills and Brun Foods", "parties": "Alder Mills; Brun Foods"})])
    assert [t.said[1:] for t in made] == [(graph.PARTY, "Alder Mills"), (graph.PARTY, "Brun Foods")]
