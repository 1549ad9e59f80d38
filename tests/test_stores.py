"""Indexes of many vectors: what they find of the exact neighbors, and in how much memory."""

import numpy as np
import pytest

from labutils import stores
from labutils.errors import LabsError


@pytest.fixture(scope="module")
def own():
    vectors = np.random.default_rng(1).standard_normal((50, 32)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def many(own):
    return stores.grow(own, 3000)


def exact_neighbors(vectors, questions, k):
    return np.argsort(-(questions @ vectors.T), axis=1, kind="stable")[:, :k]


def test_grown_vectors_have_length_one_and_the_seed_decides(own, many):
    assert many.shape == (3000, 32) and many.dtype == np.float32
    assert np.allclose(np.linalg.norm(many, axis=1), 1, atol=1e-5)
    assert np.array_equal(stores.grow(own, 3000), many)
    assert not np.array_equal(stores.grow(own, 3000, seed=1), many)
    likeness = (many @ own.T).max(axis=1)
    assert 0.5 < likeness.mean() < 0.95, "like ours, and no copies"


@pytest.mark.parametrize("kind", stores.KINDS)
def test_an_index_finds_the_neighbors(many, own, kind):
    index = stores.build(kind, many)
    if kind in stores.EFFORT:
        stores.set_effort(index, kind, 64)
    found, speed = stores.timed_search(index, own[:20], 5)
    assert found.shape == (20, 5) and speed > 0
    recall = stores.recall_at_k(found, exact_neighbors(many, own[:20], 5))
    assert recall == 1.0 if kind == "exact" else recall > 0.85


@pytest.mark.parametrize("kind", sorted(stores.EFFORT))
def test_more_effort_finds_no_less(many, own, kind):
    index, truth, recalls = stores.build(kind, many), exact_neighbors(many, own, 10), []
    for effort in (1, 64):
        stores.set_effort(index, kind, effort)
        recalls.append(stores.recall_at_k(stores.timed_search(index, own, 10)[0], truth))
    assert recalls[0] < recalls[1]


def test_memory_is_that_of_the_codes_and_what_leads_to_them(many):
    held = {kind: stores.mebibytes(stores.build(kind, many)) for kind in stores.KINDS}
    assert held["exact"] == pytest.approx(3000 * 32 * 4 / 2**20)
    assert held["8 bits"] == pytest.approx(held["exact"] / 4)
    assert held["HNSW"] > held["exact"] and held["8 bits"] < held["IVF, 8 bits"] < held["exact"]


def test_recall_counts_what_was_found_in_any_order():
    assert stores.recall_at_k(np.array([[3, 1], [5, 6]]), np.array([[1, 3], [6, 7]])) == 0.75


def test_what_cannot_be_built_or_set_is_said(many):
    with pytest.raises(LabsError, match="unknown kind of index 'tree'; use one of exact"):
        stores.build("tree", many)
    with pytest.raises(LabsError, match="looks at everything"):
        stores.set_effort(stores.build("exact", many), "exact", 8)
