"""What the user chose through environment variables, with the defaults that need no set-up."""

import os
from pathlib import Path

from labutils.errors import LabsError


def llm() -> str:
    """Return the spec of the language model: $LABS_LLM, or "clerk" (the small model of the course)."""
    return _placed(os.environ.get("LABS_LLM", "").strip()) or "clerk"


def embed() -> str:
    """Return the spec of the embedding model: $LABS_EMBED, or "minilm"."""
    return _placed(os.environ.get("LABS_EMBED", "").strip()) or "minilm"


def corpus() -> str:
    """Return the spec of the corpus: $LABS_CORPUS, or "harbour" (the synthetic company of the course)."""
    return _placed(os.environ.get("LABS_CORPUS", "").strip()) or "harbour"


def folder(text: str) -> Path:
    """Return the folder that a user's text means: ~ is home; a relative one is looked for here and in the checkout.

    A notebook runs in its own folder, so what is written as seen from the checkout would not be found there. Where
    there is no such folder, the text comes back as a path.
    """
    given = Path(text).expanduser()
    return next((place.resolve() for place in (given, root() / given) if place.is_dir()), given)


def _placed(spec: str) -> str:
    """A spec that names a folder, with the whole path of it; any other as it is."""
    kind, _, place = spec.partition(":")
    known = place and kind in ("hf", "harbour", "cuad", "folder") and folder(place).is_dir()
    return f"{kind}:{folder(place)}" if known else spec


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
