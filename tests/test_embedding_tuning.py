"""Tuning of the embedding model: what is mined, one tiny real run, and its cache."""

import dataclasses

import numpy as np
import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode

from labutils import embedding, embedding_tuning
from labutils.corpus import Question, Span
from labutils.embedding_tuning import Recipe, Triplet, mine, tune
from labutils.errors import LabsError

TINY = Recipe(batch_size=4, steps=2, learning_rate=1e-4, max_length=32)
TRIPLETS = [Triplet(f"What is the fee of firm {i}?", f"Firm {i} takes a fee of {i} percent.", f"Firm {i} is in town.")
            for i in range(6)]


def node(doc_id: str, start: int, end: int) -> TextNode:
    made = TextNode(id_=f"{doc_id}:{start}", text="x" * (end - start), start_char_idx=start, end_char_idx=end,
                    metadata={"title": doc_id})
    made.relationships = {"1": {"node_id": doc_id}}
    return made


class Fixed(BaseRetriever):
    def __init__(self, nodes):
        super().__init__()
        self._nodes = nodes

    def _retrieve(self, query_bundle):
        return [NodeWithScore(node=node, score=1.0) for node in self._nodes]


def question(*evidence: Span) -> Question:
    return Question("q", "lookup", "train", "a", "k", "What?", "x", (), evidence)


def test_the_negative_is_the_first_miss_of_the_search():
    nodes = [node("a", 0, 10), node("a", 10, 30), node("b", 0, 10), node("b", 10, 20)]
    asked = question(Span("a", 8, 20), Span("b", 0, 4))
    made = mine([asked], nodes, Fixed([nodes[1], nodes[0], nodes[2], nodes[3]]))
    assert made == [Triplet("What?", "title: a\n\n" + "x" * 20, "title: b\n\n" + "x" * 10)]
    assert mine([asked], nodes, Fixed(nodes[:3])) == [], "all that is found holds evidence: there is no miss"
    assert mine([question()], nodes, Fixed(nodes)) == []


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield tune(TRIPLETS, TINY, "minilm")


def test_a_run_prints_nothing(tuned, tmp_path, monkeypatch, capfd):
    """A notebook that trains has to show the same as one that finds the model in the cache."""
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    tune(TRIPLETS, TINY, "minilm")
    assert capfd.readouterr() == ("", ""), "no bar either: in a notebook that is an output"


def test_a_run_changes_the_vectors_and_can_be_loaded(tuned):
    assert tuned.triplets == 6 and tuned.seconds > 0 and tuned.loss > 0
    before, after = embedding.load_embedder("minilm"), embedding.load_embedder(f"hf:{tuned.folder}")
    first, second = (np.array(one.get_query_embedding("What is the fee of firm 1?")) for one in (before, after))
    assert 0.5 < float(first @ second) < 0.9999
    assert after._model.max_seq_length == before._model.max_seq_length, "trained on short texts, used on long ones"
    assert embedding.model_key(f"hf:{tuned.folder}") != embedding.model_key("minilm")


def test_the_same_run_is_read_from_the_cache_and_another_is_not(tuned, monkeypatch):
    monkeypatch.setenv("LABS_CACHE", str(tuned.folder.parent.parent))
    trained = []
    monkeypatch.setattr(embedding_tuning, "_train", lambda *given: trained.append(given))
    assert tune(TRIPLETS, TINY, "minilm") == tuned and not trained
    for triplets, recipe in ((TRIPLETS, dataclasses.replace(TINY, seed=1)), (TRIPLETS[1:], TINY)):
        with pytest.raises(LabsError, match="nothing was written"):
            tune(triplets, recipe, "minilm")
    assert len(trained) == 2


def test_too_few_triplets_are_refused():
    with pytest.raises(LabsError, match="3 triplets do not fill a batch of 4"):
        tune(TRIPLETS[:3], TINY, "minilm")


def test_a_bare_model_is_a_fresh_copy_and_an_unknown_one_is_said():
    assert embedding.load_model("minilm") is not embedding.load_model("minilm")
    with pytest.raises(LabsError, match="unknown embedding model 'word2vec'"):
        embedding.load_model("word2vec")
    with pytest.raises(LabsError, match="cannot be loaded"):
        embedding.load_model("hf:no/such-model")
