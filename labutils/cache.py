"""Computed files on disk, keyed by content: written whole or not at all, by one process at a time."""

import errno
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from labutils import settings
from labutils.errors import LabsError


def _feed(state: "hashlib._Hash", tag: bytes, data: bytes) -> None:
    # Tag and length keep digest("ab", "c") apart from digest("a", "bc"), and a str apart from equal bytes.
    state.update(tag + str(len(data)).encode() + b":" + data)


def file_sha256(path: Path) -> str:
    """Return the hex sha256 of a file's bytes (as `sha256sum` prints it); LabsError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as fault:
        raise LabsError(f"cannot read {path.name} to compute its hash: {fault.strerror}") from fault


def _feed_path(state: "hashlib._Hash", path: Path) -> None:
    """Feed the content of a file, or of every file below a folder with its relative name."""
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            _feed(state, b"n", file.relative_to(path).as_posix().encode())
            _feed_path(state, file)
        return
    _feed(state, b"p", file_sha256(path).encode())


def digest(*parts: Any) -> str:
    """Return the hex sha256 of the parts in order: str, bytes, Path (its content), or anything that JSON can hold.

    Raises LabsError for a path that cannot be read, TypeError for a part that JSON cannot hold.
    """
    state = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            _feed_path(state, part)
        elif isinstance(part, bytes):
            _feed(state, b"b", part)
        elif isinstance(part, str):
            _feed(state, b"s", part.encode())
        else:
            _feed(state, b"j", json.dumps(part, sort_keys=True, ensure_ascii=False).encode())
    return state.hexdigest()


def _path(kind: str, key: str, suffix: str) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", kind) or not re.fullmatch(r"[A-Za-z0-9_.-]+", key):
        raise ValueError(f"a cache kind and key are made of letters, digits, '_', '.', '-': {kind!r}, {key!r}")
    folder = settings.cache_dir() / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder / (key + suffix)


def _lock(path: Path) -> FileLock:
    return FileLock(path.with_name(f".{path.name}.lock"))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def cached_file(kind: str, key: str, make: Callable[[Path], None], suffix: str = "") -> Path:
    """Return the cached file or folder, calling `make` with a path to write to when there is none yet.

    `make` writes a file or a folder at the path that it gets; it appears under its final name only when `make` is done,
    so a broken run leaves nothing behind. A second process that asks for the same entry waits and takes the first's.
    Raises whatever `make` raises; LabsError when it wrote nothing or the disk is full.
    """
    path = _path(kind, key, suffix)
    if path.exists():
        return path
    with _lock(path):
        if path.exists():
            return path
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".making-") as folder:
            # The temporary file keeps the suffix: numpy and pandas choose their format by it.
            temporary = Path(folder) / ("entry" + suffix)
            try:
                make(temporary)
            except OSError as fault:
                if fault.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                raise LabsError(f"no disk space left for the cache entry {kind}/{key}; free some, or set LABS_CACHE "
                                "to a folder on another disk") from fault
            if not temporary.exists():
                raise LabsError(f"nothing was written for the cache entry {kind}/{key}")
            os.replace(temporary, path)
    return path


def drop(kind: str, key: str, suffix: str | None = None) -> None:
    """Remove the entry `key` of `kind` (one suffix, or every suffix), so that the next `cached_file` builds it anew."""
    wanted = _path(kind, key, suffix or "")
    found = [wanted] if suffix is not None else [wanted, *wanted.parent.glob(f"{key}.*")]
    for path in found:
        with _lock(path):
            _remove(path)


class Store:
    """Values of one kind by key: many in a JSON file below cache/<kind>, which is never changed.

    `decode` makes a value of what JSON holds; it raises TypeError or ValueError for what is none. What one process has
    written, another finds when it misses a key. A file that cannot be read is dropped, and that is said (on stderr).
    """

    def __init__(self, kind: str, decode: Callable[[Any], Any]) -> None:
        self.kind, self._decode, self._known, self._files = kind, decode, {}, set()

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Return the keys without a value, each once, in order."""
        keys = list(dict.fromkeys(keys))
        if not self._known.keys() >= set(keys):
            self._look()
        return [key for key in keys if key not in self._known]

    def __getitem__(self, key: str) -> Any:
        return self._known[key]

    def put(self, values: Mapping[str, Any]) -> None:
        """Keep values, as JSON holds them, in a file of their own."""
        path = cached_file(self.kind, digest(list(values)), lambda path: path.write_text(json.dumps(values)), ".json")
        self._files.add(path.name)
        self._known.update(self._decoded(values))

    def _decoded(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._decode(value) for key, value in values.items()}

    def _look(self) -> None:
        """Read the files that this process has not seen."""
        for path in sorted((settings.cache_dir() / self.kind).glob("[!.]*.json")):
            if path.name in self._files:
                continue
            try:
                self._known.update(self._decoded(json.loads(path.read_text(encoding="utf-8"))))
                self._files.add(path.name)
            except (AttributeError, TypeError, ValueError, OSError):
                print(f"The cached {self.kind}/{path.name} could not be read; what was in it is made again.",
                      file=sys.stderr)
                drop(self.kind, path.stem, ".json")
