"""Batches of like length, and a core for each of them."""

import threading

import pytest
import torch

from labutils import batching


@pytest.fixture
def two_cores(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(batching, "device", lambda: "cpu")
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("lengths, room, expected", [
    ([2, 2, 3, 9], 6, [[0, 1], [2], [3]]),
    ([5, 5], 10, [[0, 1]]),
    ([50], 10, [[0]]),
    ([], 10, []),
])
def test_a_batch_takes_no_more_than_its_room_when_padded(lengths, room, expected):
    assert list(batching.batches(range(len(lengths)), lengths, room)) == expected


def test_results_come_in_order_and_each_core_works_alone(two_cores):
    together, seen = threading.Barrier(2, timeout=20), []

    def work(job):
        if job < 2:
            together.wait()  # passes only if both run at the same time
        seen.append((threading.current_thread().name, torch.get_num_threads()))
        return job * 10

    assert batching.on_each_core(work, range(5)) == [0, 10, 20, 30, 40]
    assert {threads for _, threads in seen} == {1} and len({name for name, _ in seen}) == 2
    assert torch.get_num_threads() == 2, "as before"


def test_threads_are_as_before_after_a_failure_too(two_cores):
    def work(job):
        raise ValueError("no")

    with pytest.raises(ValueError):
        batching.on_each_core(work, range(5))
    after = []
    begun_later = threading.Thread(target=lambda: after.append(torch.get_num_threads()))
    begun_later.start()
    begun_later.join()
    assert torch.get_num_threads() == 2 and after == [2]


def test_a_single_batch_has_all_cores(two_cores):
    assert batching.at_once(1) == 1 and batching.at_once(2) == 2
    assert batching.on_each_core(lambda job: torch.get_num_threads(), ["one"]) == [2]


def test_a_gpu_reads_one_batch_at_a_time(two_cores, monkeypatch):
    monkeypatch.setattr(batching, "device", lambda: "cuda")
    assert batching.at_once(9) == 1
