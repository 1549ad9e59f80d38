"""The cache: content keys, whole files or none, one maker at a time."""

import errno
import multiprocessing
import time
from pathlib import Path

import pytest

from labutils import cache, settings
from labutils.errors import LabsError


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path / "cache"))


def test_digest_depends_on_every_part_and_its_limits():
    assert cache.digest("ab", "c") != cache.digest("a", "bc")
    assert cache.digest("a") != cache.digest(b"a")
    assert cache.digest({"x": 1, "y": 2}) == cache.digest({"y": 2, "x": 1})
    assert cache.digest({"x": 1}) != cache.digest({"x": 2})


def test_digest_of_a_path_is_that_of_its_content(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("same")
    two.write_text("same")
    assert cache.digest(one) == cache.digest(two)
    two.write_text("other")
    assert cache.digest(one) != cache.digest(two)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("same")
    before = cache.digest(folder)
    (folder / "file").rename(folder / "renamed")
    assert cache.digest(folder) != before


def test_digest_names_a_missing_file(tmp_path):
    with pytest.raises(LabsError, match="absent"):
        cache.digest(tmp_path / "absent")


def test_cached_file_is_made_once():
    made = []

    def make(path: Path) -> None:
        made.append(path)
        path.write_text("content")

    first = cache.cached_file("kind", "key", make, ".txt")
    second = cache.cached_file("kind", "key", make, ".txt")
    assert first == second and first.read_text() == "content" and len(made) == 1
    assert first.suffix == made[0].suffix == ".txt"


def test_broken_maker_leaves_nothing_behind():
    def make(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.cached_file("kind", "key", make, ".txt")
    left = [path for path in (settings.cache_dir() / "kind").iterdir() if not path.name.endswith(".lock")]
    assert left == []
    assert cache.cached_file("kind", "key", lambda path: path.write_text("whole"), ".txt").read_text() == "whole"


def test_maker_that_writes_nothing_is_an_error():
    with pytest.raises(LabsError, match="nothing was written"):
        cache.cached_file("kind", "key", lambda path: None)


def test_full_disk_is_said_in_one_line():
    def make(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(LabsError, match="no disk space"):
        cache.cached_file("kind", "key", make)


def test_folder_entry_and_drop():
    def make(path: Path) -> None:
        path.mkdir()
        (path / "inside").write_text("1")

    folder = cache.cached_file("adapters", "key", make)
    assert (folder / "inside").read_text() == "1"
    cache.drop("adapters", "key")
    assert not folder.exists()
    cache.drop("adapters", "key")  # dropping what is gone is no error


def test_drop_takes_every_suffix_of_the_key_and_no_other_key():
    paths = [cache.cached_file("kind", key, lambda path: path.write_text("x"), suffix)
             for key, suffix in [("a", ".npz"), ("a", ".json"), ("ab", ".npz")]]
    cache.drop("kind", "a")
    assert [path.exists() for path in paths] == [False, False, True]


@pytest.mark.parametrize("key", ["../out", "a/b", ""])
def test_key_cannot_lead_out_of_the_cache(key):
    with pytest.raises(ValueError, match="cache"):
        cache.cached_file("kind", key, lambda path: path.write_text("x"))


def _slow(marks: Path) -> None:
    def make(path: Path) -> None:
        with (marks / "made").open("a") as stream:
            stream.write("x")
        time.sleep(0.3)
        path.write_text("content")

    assert cache.cached_file("kind", "shared", make).read_text() == "content"


def test_two_processes_make_an_entry_once(tmp_path):
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_slow, args=(tmp_path,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert (tmp_path / "made").read_text() == "x"


def test_cache_folder_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LABS_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(LabsError, match="LABS_CACHE"):
        settings.cache_dir()


def test_settings_defaults_and_choices(monkeypatch):
    for name in ("LABS_LLM", "LABS_EMBED", "LABS_CORPUS"):
        monkeypatch.delenv(name, raising=False)
    assert (settings.llm(), settings.embed(), settings.corpus()) == ("clerk", "minilm", "harbour")
    monkeypatch.setenv("LABS_LLM", "hf:somewhere")
    monkeypatch.setenv("LABS_EMBED", " ")
    assert (settings.llm(), settings.embed()) == ("hf:somewhere", "minilm")
    assert (settings.root() / "labutils").is_dir()


def test_a_store_keeps_values_for_the_next_one():
    first = cache.Store("numbers", float)
    assert first.missing(["a", "b", "a"]) == ["a", "b"]
    second = cache.Store("numbers", float)
    first.put({"a": 1})
    assert first["a"] == 1.0 and first.missing(["b", "a"]) == ["b"]
    assert second.missing(["a"]) == [], "written by another process meanwhile"
    assert cache.Store("others", float).missing(["a"]) == ["a"]


@pytest.mark.parametrize("broken", ["", "[1]", '{"a": "no number"}', '{"a": null}', '"text"'])
def test_a_broken_file_of_a_store_is_dropped_and_the_others_stay(capsys, broken):
    store = cache.Store("numbers", float)
    store.put({"a": 1})
    (path,) = (settings.cache_dir() / "numbers").glob("*.json")
    store.put({"b": 2})
    path.write_text(broken)
    after = cache.Store("numbers", float)
    assert after.missing(["a", "b"]) == ["a"] and not path.exists()
    assert "could not be read" in capsys.readouterr().err
    after.put({"a": 3})
    assert cache.Store("numbers", float).missing(["a", "b"]) == []
