"""Time that a cache saved: what is measured shall not depend on whether a vector was computed now or last week."""

import threading

_lock = threading.Lock()
_saved_ms = 0.0


def add_saved(ms: float) -> None:
    """Note that something was read from a cache which took `ms` milliseconds to compute."""
    global _saved_ms
    with _lock:
        _saved_ms += ms


def saved_ms() -> float:
    """Return the milliseconds saved in this process so far; take the difference of two readings."""
    return _saved_ms
