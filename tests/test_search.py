"""The house search: look-ups, routes, texts in force; each does nothing where there is nothing for it."""

import dataclasses

import pytest

from labutils import bench, chunking, embedding, queries, retrieval, search
from labutils.corpus import load_corpus


@pytest.fixture(scope="module")
def harbour():
    return load_corpus("harbour")


@pytest.fixture(scope="module")
def part(harbour):
    """One contract with its amendments, another contract, glossary and register: (documents, chunks, index)."""
    first = next(q for q in harbour.select(split="dev") if q.family == "version")
    wanted = {first.cluster, *(span.doc_id for span in first.evidence), "glossary", "register",
              "c08-transport-zeartcroft-lastwell", *(d.id_ for d in harbour.documents
                                                    if d.metadata.get("amends") == first.cluster)}
    documents = [d for d in harbour.documents if d.id_ in wanted]
    nodes = chunking.with_header(chunking.with_context(chunking.fixed_size(documents, 64, 0)), ("title", "context"))
    return documents, nodes, retrieval.build_index(nodes, embedding.load_embedder())


def test_an_amended_clause_is_found_as_it_is_in_force(harbour, part):
    documents, nodes, index = part
    ids = {d.id_ for d in documents}
    asked = [q for q in harbour.select(split="dev") if q.family == "version" and q.cluster in ids
             and all(span.doc_id in ids for span in q.evidence)]
    whole = search.house_search(index, nodes, documents, queries.LookUps(documents), 3)
    plain = retrieval.hybrid(index, nodes, 3)
    hits = {name: [retrieval.score([retrieval.node_span(one.node) for one in found.retrieve(q.question)], q.evidence,
                                   harbour.texts())["hit"] for q in asked]
            for name, found in (("whole", whole), ("plain", plain))}
    assert len(asked) >= 2 and sum(hits["whole"]) > sum(hits["plain"])


def test_a_named_contract_is_searched_alone(harbour, part):
    documents, nodes, index = part
    question = next(q for q in harbour.select(split="dev")
                    if q.family == "lookup" and q.cluster == "c08-transport-zeartcroft-lastwell")
    found = search.house_search(index, nodes, documents, queries.LookUps(documents), 5).retrieve(question.question)
    assert len(found) == 5
    amended = {d.id_ for d in documents if d.metadata.get("amends") == question.cluster}
    assert {one.node.ref_doc_id for one in found} <= {question.cluster} | amended


def test_where_nothing_was_amended_the_search_stays_as_it_is(part):
    documents, nodes, index = part
    plain = retrieval.dense(index, 3)
    assert search.following(plain, nodes, [d for d in documents if d.metadata.get("kind") == "contract"]) is plain


@pytest.mark.parametrize("name", bench.RETRIEVERS)
def test_every_retriever_of_the_benchmark_follows_versions(harbour, part, name):
    documents = part[0]
    corpus = dataclasses.replace(harbour, documents=documents)
    made = bench.Benchmark(corpus, "clerk", bench.Setup(retriever=name, k=2))
    question = next(q for q in harbour.select(split="dev") if q.family == "version")
    found = made.retriever.retrieve(question.question)
    assert 1 <= len(found) <= 4 and made.look_ups is not None
