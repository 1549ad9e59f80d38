"""What the user chose through environment variables, with the defaults that need no set-up."""

import os
from pathlib import Path

from labutils.errors import LabsError


def llm() -> str:
    """Return the spec of the language model: $LABS_LLM, or "clerk" (the small model of the course)."""
    return os.environ.get("LABS_LLM", "").strip() or "clerk"


def embed() -> str:
    """Return the spec of the embedding model: $LABS_EMBED, or "minilm"."""
    return os.environ.get("LABS_EMBED", "").strip() or "minilm"


def corpus() -> str:
    """Return the spec of the corpus: $LABS_CORPUS, or "harbour" (the synthetic company of the course)."""
    return os.environ.get("LABS_CORPUS", "").strip() or "harbour"


def root() -> Path:
    """Return the checkout: the folder that holds `labutils/`."""
    return Path(__file__).resolve().parent.parent


def cache_dir() -> Path:
    """Return the folder of computed files, created when missing: $LABS_CACHE, or `.cache/` in the checkout.

    Raises LabsError when the folder cannot be created.
    """
    chosen = os.environ.get("LABS_CACHE", "").strip()
    folder = Path(chosen).expanduser() if chosen else root() / ".cache"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise LabsError(f"cannot create the cache folder {folder}: {fault.strerror}; set LABS_CACHE to a folder "
                        "that you may write to") from fault
    return folder
