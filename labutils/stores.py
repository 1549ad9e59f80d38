"""Indexes for many vectors: how well, how fast and in how much memory they find what an exact search finds.

faiss does the searching (Douze et al. 2024, arXiv 2401.08281). HNSW: Malkov, Yashunin 2016, arXiv 1603.09320.
"""

import time
from typing import Any

import numpy as np

from labutils.errors import LabsError

KINDS = ("exact", "8 bits", "HNSW", "IVF, 8 bits")
# How thoroughly an index looks: candidates kept by HNSW, cells visited by IVF.
EFFORT = {"HNSW": "efSearch", "IVF, 8 bits": "nprobe"}
_LINKS, _CANDIDATES, _TRAINING = 32, 80, 20_000


def grow(vectors: np.ndarray, count: int, noise: float = 0.6, seed: int = 0) -> np.ndarray:
    """Return `count` vectors of length 1 in the likeness of `vectors` (n, dimension), float32.

    Each lies between two drawn ones, nearer to the first, plus Gaussian noise of length about `noise`. Copies with
    noise alone would form as many tight clusters as there are vectors, which no archive does.
    """
    draw, size = np.random.default_rng(seed), vectors.shape[1]
    grown = np.empty((count, size), dtype=np.float32)
    for start in range(0, count, 10_000):  # in parts: the noise need not lie in memory as a whole
        part = grown[start:start + 10_000]
        one, other = (vectors[draw.integers(len(vectors), size=len(part))] for _ in range(2))
        share = 0.5 * draw.random((len(part), 1), dtype=np.float32)
        part[:] = (1 - share) * one + share * other
        part += noise / np.sqrt(size) * draw.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return grown


def build(kind: str, vectors: np.ndarray) -> Any:
    """Return a faiss index (inner product) of one of KINDS over `vectors` (n, dimension), float32, of length 1.

    Raises LabsError for an unknown kind.
    """
    import faiss

    size, metric = vectors.shape[1], faiss.METRIC_INNER_PRODUCT
    if kind == "exact":
        index = faiss.IndexFlatIP(size)
    elif kind == "8 bits":
        index = faiss.IndexScalarQuantizer(size, faiss.ScalarQuantizer.QT_8bit, metric)
    elif kind == "HNSW":
        index = faiss.IndexHNSWFlat(size, _LINKS, metric)
        index.hnsw.efConstruction = _CANDIDATES
    elif kind == "IVF, 8 bits":
        # As many cells as the square root of the number of vectors; each cell needs some vectors to be learned from.
        cells = max(1, min(int(len(vectors) ** 0.5), _TRAINING // 40))
        index = faiss.index_factory(size, f"IVF{cells},SQ8", metric)
    else:
        raise LabsError(f"unknown kind of index {kind!r}; use one of {', '.join(KINDS)}")
    index.train(vectors[:_TRAINING])
    index.add(vectors)
    return index


def set_effort(index: Any, kind: str, effort: int) -> None:
    """Say how thoroughly to look (see EFFORT). Raises LabsError for a kind that looks at everything."""
    import faiss

    if kind not in EFFORT:
        raise LabsError(f"an index of the kind {kind!r} looks at everything: there is no effort to set")
    faiss.ParameterSpace().set_index_parameter(index, EFFORT[kind], effort)


def mebibytes(index: Any) -> float:
    """Return the MiB that an index of `build` holds: codes, and the links or cells that lead to them."""
    import faiss

    if isinstance(index, faiss.IndexHNSW):
        held = index.ntotal * index.storage.sa_code_size()
        held += 4 * index.hnsw.neighbors.size() + 8 * index.hnsw.offsets.size()
    elif isinstance(index, faiss.IndexIVF):
        held = index.ntotal * (index.code_size + 8) + 4 * index.nlist * index.d
    else:
        held = index.ntotal * index.sa_code_size()
    return held / 2**20


def timed_search(index: Any, queries: np.ndarray, k: int = 10) -> tuple[np.ndarray, float]:
    """Return (numbers of the k nearest of each query (n, k), queries per second), one query at a time, one thread."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        index.search(queries[:1], k)  # the first call pays for set-up
        start = time.perf_counter()
        found = [index.search(query[None], k)[1][0] for query in queries]
        return np.array(found), len(queries) / (time.perf_counter() - start)
    finally:
        faiss.omp_set_num_threads(threads)


def recall_at_k(found: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of the true nearest (n, k) that was found (n, k), whatever the order within the k."""
    return float(np.mean([len(set(row) & set(right)) / len(right) for row, right in zip(found, truth, strict=True)]))
