"""Which questions a world asks: how many of each family and split, and how they are picked from all that are possible."""

from __future__ import annotations

from collections import Counter
from random import Random

from . import portfolio, questions
from .questions import Item
from .world import World

SPLITS = ("train", "known", "dev", "test")
MAKERS = {
    "lookup": questions.lookup, "version": questions.version, "multihop": questions.multihop,
    "aggregate": portfolio.aggregate, "global": portfolio.whole, "jargon": questions.jargon,
    "unanswerable": questions.unanswerable, "playbook": questions.playbook, "extract": questions.extract,
    "summary": questions.summary,
}
FAMILIES = tuple(MAKERS)
TEST = {family: 30 if family in ("global", "summary") else 60 for family in FAMILIES}
WANTED = {
    "test": TEST,
    "dev": {family: count // 2 for family, count in TEST.items()} | {"summary": 10},
    "known": {"lookup": 60, "version": 20, "jargon": 20, "unanswerable": 20, "playbook": 20, "extract": 20},
}
# Amendments are few, so version may hold fewer than wanted in dev and known without being called short.
FLOORS = {split: wanted | {"version": wanted["version"] if split == "test" else 10} for split, wanted in WANTED.items()}
# Of these families train has some per contract; of the others everything but what is asked across contracts, which an
# adapter is not trained on.
PER_TRAIN_CONTRACT = {"multihop": 3, "jargon": 4, "aggregate": 0, "global": 0, "summary": 0}


def pick(rng: Random, candidates: list[Item], count: int) -> list[Item]:
    """`count` candidates (all, if fewer) spread evenly over contracts, then kinds (labels, hops), then classes."""
    left = rng.sample(candidates, len(candidates))
    clusters, kinds, classes = Counter(), Counter(), Counter()
    chosen = []
    while left and len(chosen) < count:
        best = min(left, key=lambda i: (clusters[i.cluster], kinds[i.kind], classes[i.klass]))
        left.remove(best)
        chosen.append(best)
        clusters[best.cluster] += 1
        kinds[best.kind] += 1
        classes[best.klass] += 1
    return chosen


def build_questions(world: World) -> list[Item]:
    """All questions of a world with their ids, by split and family; within both, by contract."""
    items: list[Item] = []
    asked: set[str] = set()  # the whole portfolio is the same for all contracts and splits
    for split in SPLITS:
        home = "train" if split == "known" else split
        mine = [contract for contract in world.contracts if contract.split == home]
        for family in FAMILIES if split != "known" else WANTED["known"]:
            rng = Random(f"{world.seed}/questions/{split}/{family}")
            drawn = [item for contract in mine for item in MAKERS[family](rng, world, contract, split)]
            candidates = list({item.question: item for item in drawn if not {item.question, item.cluster} & asked}.values())
            if split != "train":
                chosen = pick(rng, candidates, WANTED[split][family])
            elif family in PER_TRAIN_CONTRACT:
                chosen = pick(rng, candidates, PER_TRAIN_CONTRACT[family] * len(mine))
            else:
                chosen = candidates
            asked |= {item.cluster if family == "global" else item.question for item in chosen}
            chosen.sort(key=lambda item: (item.cluster, item.klass, item.question))
            items += [Item(**vars(item) | {"question_id": f"{split}-{family}-{number:04d}"})
                      for number, item in enumerate(chosen, 1)]
    return items


def shortfalls(items: list[Item]) -> list[str]:
    """One line for each family that holds fewer questions than it should."""
    found = Counter((item.split, item.family) for item in items)
    return [f"{split} {family}: {found[split, family]} of {floor}"
            for split, floors in FLOORS.items() for family, floor in floors.items() if found[split, family] < floor]
