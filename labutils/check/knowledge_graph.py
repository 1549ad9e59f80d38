"""Exercises of notebook 1.5: `pagerank`, `canonical`, `audit_triplets`."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .attempts import (
    Attempt, checker, Diagnosis, first_faults, first_wrong, name_mistake, read_rows, require_columns, require_labels,
    to_number,
)

TRIPLET_LABELS = ("turned around", "wrong company", "not stated", "fine")
Neighbors = Mapping[str, Sequence[str]]


# --- pagerank ---------------------------------------------------------------------------------------------------------


def _pagerank(neighbors: Mapping[str, Sequence[str]], seeds: Sequence[str], damping: float = 0.85,
              rounds: int = 50) -> dict[str, float]:
    """Personalized PageRank by power iteration (Haveliwala 2002); what is stuck returns to the seeds."""
    return _spread(neighbors, seeds, damping, rounds)


@checker(reference=_pagerank, passed="rank flows along edges and returns to the seeds")
def pagerank(student: Any) -> None:
    """`pagerank(neighbors, seeds, damping, rounds)` -> dict from every node to its rank; the ranks sum to 1."""
    attempt = Attempt(student)
    cases = _graph_cases()
    given = []
    for case in cases:
        ranks = attempt(*case)
        if not isinstance(ranks, Mapping) or set(ranks) != set(case[0]):
            raise Diagnosis("a dict is wanted that gives every node of the graph its rank")
        given.append({node: to_number(value, "a rank") for node, value in ranks.items()})
    if _ranks_agree(given, cases, _spread):
        return
    known = {"the restart goes to the seeds only, not to all nodes": functools.partial(_spread, everywhere=True),
             "the share `damping` flows along edges, the rest returns to the seeds":
                 lambda n, s, d, r: _spread(n, s, 1 - d, r),
             "nothing returns to the seeds: a share of 1 - damping has to": lambda n, s, d, r: _spread(n, s, 1.0, r),
             "a node divides its rank among its neighbors; here each gets all of it":
                 functools.partial(_spread, divide="none"),
             "divide by the neighbors of the node that gives, not of the one that gets":
                 functools.partial(_spread, divide="receiver"),
             "rank goes to a node's neighbors, not the other way round": functools.partial(_spread, divide="pulled"),
             "the rank of a node without neighbors is lost; return it to the seeds":
                 functools.partial(_spread, lose=True),
             "one round is not enough; repeat it": lambda n, s, d, r: _spread(n, s, d, 1),
             "all ranks of a round come from the round before; do not mix them":
                 functools.partial(_spread, in_place=True),
             "the seeds share the start: each gets 1 / number of seeds": functools.partial(_spread, whole_seeds=True)}
    name_mistake(given, cases, known.items(), _ranks_agree)
    case, ranks = first_wrong(given, cases, _spread, _ranks_agree)
    shown = {node: round(value, 3) for node, value in ranks.items()}
    raise Diagnosis(f"{shown} are not the ranks for {case[0]} from {case[1]} (they sum to {sum(ranks.values()):.3f})")


def _spread(neighbors: Neighbors, seeds: Sequence[str], damping: float, rounds: int, everywhere: bool = False,
            divide: str = "giver", lose: bool = False, in_place: bool = False,
            whole_seeds: bool = False) -> dict[str, float]:
    """Ranks after some rounds; the settings other than the default ones are known mistakes."""
    share = 1.0 if whole_seeds else 1 / len(seeds)
    home = {node: 1 / len(neighbors) if everywhere else share * (node in seeds) for node in neighbors}
    ranks = {node: share * (node in seeds) for node in neighbors}
    for _ in range(rounds):
        stuck = 0.0 if lose else sum(rank for node, rank in ranks.items() if not neighbors[node])
        made = ranks if in_place else {}
        for node in neighbors:
            givers = [other for other in neighbors if node in neighbors[other]]
            parts = {"giver": [ranks[other] / len(neighbors[other]) for other in givers],
                     "receiver": [ranks[other] / max(1, len(neighbors[node])) for other in givers],
                     "none": [ranks[other] for other in givers],
                     "pulled": [ranks[other] / len(neighbors[other]) for other in neighbors[node]]}[divide]
            made[node] = (1 - damping) * home[node] + damping * (sum(parts) + stuck * home[node])
        ranks = made
    return ranks


def _graph_cases() -> list[tuple[dict[str, list[str]], list[str], float, int]]:
    """Seeded undirected graphs with a node by itself, one seed or two; one walk that cannot leave its start; one graph
    with edges in one direction.
    """
    cases = []
    for seed in range(6):
        draw = random.Random(seed)
        neighbors: dict[str, list[str]] = {node: [] for node in "abcdef"}
        for one, other in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"),
                           *draw.sample([("a", "c"), ("a", "d"), ("b", "d"), ("b", "e"), ("a", "e")], 2)]:
            neighbors[one].append(other)
            neighbors[other].append(one)
        cases.append((neighbors, draw.sample("abcde", 1 + seed % 2), (0.85, 0.7)[seed % 2], 30))
    return [*cases, (cases[0][0], ["f", "a"], 0.85, 30), (cases[1][0], ["a", "c"], 0.85, 1),
            (cases[2][0], ["b", "f"], 0.7, 2), ({"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": ["a", "b"]}, ["a"], 0.85, 30)]


def _ranks_agree(given: Sequence[Mapping[str, float]], cases: Sequence[tuple], ranks: Callable[..., Any]) -> bool:
    return all(math.isclose(found[node], wanted, rel_tol=1e-3, abs_tol=1e-6)
               for found, case in zip(given, cases, strict=True) for node, wanted in ranks(*case).items())


# --- canonical --------------------------------------------------------------------------------------------------------


def _canonical(mention: str, names: Sequence[str], former: Mapping[str, str]) -> str:
    """The company's present name: of the names that a mention begins with the longest, a former one replaced."""
    known = [name for name in [*names, *former] if mention == name or mention.startswith(f"{name} ")]
    best = max(known, key=len, default=mention)
    return former.get(best, best)


@checker(reference=_canonical, passed="legal forms are ignored, former names followed, and twins kept apart")
def canonical(student: Any) -> None:
    """`canonical(mention, names, former)` -> the present name of the company; `former` maps former to present names."""
    attempt = Attempt(student)
    cases = _mention_cases()
    given = [attempt(*case) for case in cases]
    if any(not isinstance(name, str) for name in given):
        raise Diagnosis("a name is wanted, as text")
    if given == [_canonical(*case) for case in cases]:
        return
    known = {"a former name leads to the present one": lambda m, n, f: _canonical(m, [*n, *f], {}),
             "a mention may carry its legal form behind the name": lambda m, n, f: f.get(m, m),
             "a former name may carry a legal form, too": lambda m, n, f: f.get(m) or _canonical(m, n, {}),
             "where two names fit, the longer one is meant": _shortest_name,
             "whole words: a name that goes on within a word is another company": _prefix_name,
             "who is not known stays as mentioned": lambda m, n, f: "" if _canonical(m, n, f) == m not in n
                 else _canonical(m, n, f),
             "likeness is not identity: companies that share a word are not one": _first_word}
    name_mistake(given, cases, known.items())
    case, name = first_wrong(given, cases, _canonical)
    raise Diagnosis(f"{case[0]!r} becomes {name!r} with the names {case[1]} and the former names {case[2]}")


def _mention_cases() -> list[tuple[str, list[str], dict[str, str]]]:
    """Mentions as they stand, with legal forms of one word and two, former names longer and shorter, twins, unknown."""
    names = ["Alder Mills", "Alder Mills Trading", "Alder Foods", "Brun Optics"]
    former = {"Cato Seeds": "Brun Optics", "Old Alder": "Alder Mills"}
    mentions = ["Alder Mills", "Alder Mills plc", "Alder Mills Trading BV", "Alder Foods SA", "Brun Optics GmbH",
                "Cato Seeds", "Cato Seeds LLC", "Old Alder AG", "Alder Millstone", "Dorn Freight BV", "Alder Marine"]
    longer = ("Alder Mills Trading plc", ["Alder Mills"], {"Alder Mills Trading": "Brun Optics"})
    shorter = ("Alder Mills Trading plc", ["Alder Mills Trading"], {"Alder Mills": "Brun Optics"})
    return [*((mention, names, former) for mention in mentions), longer, shorter,
            ("Alder Mills Pty Ltd", ["Alder Mills"], {})]


def _shortest_name(mention: str, names: Sequence[str], former: Mapping[str, str]) -> str:
    known = [name for name in [*names, *former] if mention == name or mention.startswith(f"{name} ")]
    best = min(known, key=len, default=mention)
    return former.get(best, best)


def _prefix_name(mention: str, names: Sequence[str], former: Mapping[str, str]) -> str:
    best = max((name for name in [*names, *former] if mention.startswith(name)), key=len, default=mention)
    return former.get(best, best)


def _first_word(mention: str, names: Sequence[str], former: Mapping[str, str]) -> str:
    exact = _canonical(mention, names, former)
    if exact != mention or mention in names:
        return exact
    return next((name for name in names if name.split()[0] == mention.split()[0]), mention)


# --- audit_triplets ---------------------------------------------------------------------------------------------------


def _audit_triplets(reports: Any) -> dict[str, str]:
    """Each triplet's first fault, in the order of TRIPLET_LABELS, or "fine"."""
    return first_faults(_triplet_reports(reports), _triplet_faults, TRIPLET_LABELS)


@checker(reference=_audit_triplets, passed="each triplet is told by its sentence")
def audit_triplets(student: Any, reports: Any = None) -> None:
    """A dict that gives each triplet one of TRIPLET_LABELS.

    A row of `reports` has report, head, relation, tail, sentence (which the triplet is said to come from), and
    stated_head and stated_tail (what that sentence states under the relation).
    """
    require_labels(student, reports, _triplet_rows, _triplet_reports, _triplet_faults, TRIPLET_LABELS)


def _triplet_reports(reports: Any) -> list[dict[str, Any]]:
    rows = read_rows(reports)
    require_columns(rows, "report", "head", "relation", "tail", "sentence", "stated_head", "stated_tail")
    return rows


def _triplet_faults(row: Mapping[str, Any]) -> set[str]:
    said, right = (row["head"], row["tail"]), (row["stated_head"], row["stated_tail"])
    if said == right:
        return set()
    if said == right[::-1]:
        return {"turned around"}
    return {"wrong company"} if said[1] == right[1] else {"not stated"}


def _triplet_rows(draw: random.Random) -> list[dict[str, Any]]:
    """Drawn triplets, each with one fault or none."""
    fine = {"head": "Alder Mills", "relation": "owner", "tail": "Brun Optics", "stated_head": "Alder Mills",
            "stated_tail": "Brun Optics", "sentence": "All shares in Alder Mills are held by Brun Optics."}
    return [fine, fine | {"head": "Brun Optics", "tail": "Alder Mills"}, fine | {"head": "Alder Foods"},
            fine | {"tail": "Dorn Freight"}]
