"""Every checker against right answers and each known wrong one; the framework against every way to be unfinished."""

import difflib
import functools
import math
import random
import re

import numpy as np
import pandas as pd
import pytest

from labutils import check
from labutils.errors import LabsError
from labutils.stats import Difference

TABLE = pd.DataFrame({"k": [1, 3, 5, 10], "recall": [0.40, 0.62, 0.81, 0.82], "tokens": [90, 270, 450, 900]})
ARMS = pd.DataFrame({"arm": ["base", "rag", "sft_rag"], "wrong": [0.7, 0.3, 0.2], "cost": [0.001, 0.004, 0.03]})
DIFFERENCES = {"rag - base": Difference("rag", "base", "correct", 0.4, 0.3, 0.5, 90, 20),
               "sft_rag - rag": (0.1, -0.02, 0.2)}
REPORT = {"tokens_a": 300, "tokens_b": 290, "questions_a": "60 jargon", "questions_b": "60 jargon", "chosen_on": "dev",
          "measured_on": "test", "low": 0.05, "high": 0.2, "said": "helps"}
REPORTS = pd.DataFrame([{"report": "A", **REPORT}, {"report": "B", **REPORT, "tokens_a": 480},
                        {"report": "C", **REPORT, "low": -0.01}, {"report": "D", **REPORT, "chosen_on": "test"},
                        {"report": "E", **REPORT, "questions_b": "480 of all"}])
LABELS = {"A": "fine", "B": "unequal tokens", "C": "says more than its interval", "D": "chosen on test",
          "E": "other questions"}
INDEX_REPORT = {"index": "HNSW", "truth": "exact", "k": 10, "k_baseline": 10, "machine": "1 thread",
                "machine_baseline": "1 thread", "questions": 200, "different": 200}
INDEX_REPORTS = pd.DataFrame([
    {"report": "A", **INDEX_REPORT}, {"report": "B", **INDEX_REPORT, "truth": "HNSW"},
    {"report": "C", **INDEX_REPORT, "k": 1}, {"report": "D", **INDEX_REPORT, "machine": "a GPU"},
    {"report": "E", **INDEX_REPORT, "different": 5}])
INDEX_LABELS = {"A": "fine", "B": "judged by itself", "C": "other k", "D": "other machine", "E": "cached questions"}
CITED = {"question": "How many days of notice does Y give?", "answer": "20 days", "cites": 2,
         "passages": ["X gives 10 days.", "Y gives 20 days.", "Z gives 30 days."], "in_force": [True, True, True]}
CITATIONS = pd.DataFrame([
    {"report": "A", **CITED}, {"report": "B", **CITED, "cites": 4},
    {"report": "C", **CITED, "in_force": [True, False, True]}, {"report": "D", **CITED, "cites": 3},
    {"report": "E", **CITED, "answer": "40 days"}])
CITATION_LABELS = {"A": "fine", "B": "no such passage", "C": "no longer in force", "D": "wrong passage",
                   "E": "in no passage"}
STATED = {"head": "Alder", "relation": "owner", "tail": "Brun", "sentence": "All shares in Alder are held by Brun.",
          "stated_head": "Alder", "stated_tail": "Brun"}
TRIPLETS = pd.DataFrame([
    {"report": "A", **STATED}, {"report": "B", **STATED, "head": "Brun", "tail": "Alder"},
    {"report": "C", **STATED, "head": "Cato"}, {"report": "D", **STATED, "tail": "Dorn"}])
TRIPLET_LABELS = {"A": "fine", "B": "turned around", "C": "wrong company", "D": "not stated"}
SUMMED = {"said": "The first is longer.", "cells": "36 months; 24 months", "amounts": [36, 24],
          "units": ["month", "month"], "compared": [36, 24], "text": "in force"}
COMPUTED = pd.DataFrame([
    {"report": "A", **SUMMED}, {"report": "B", **SUMMED, "amounts": [36, None], "compared": [36, 0]},
    {"report": "C", **SUMMED, "compared": [3, 24]}, {"report": "D", **SUMMED, "units": ["EUR", "USD"]},
    {"report": "E", **SUMMED, "text": "replaced"}])
COMPUTED_LABELS = {"A": "fine", "B": "missing counted", "C": "units", "D": "currencies", "E": "old text"}
CHOICE = {"said": "It answers more.", "tried": 18, "chosen_on": "dev", "reported_on": "test", "test_reads": 1,
          "changed": ["plans"], "tokens_counted": 450, "tokens_spent": 450}
CHOICES = pd.DataFrame([
    {"report": "A", **CHOICE}, {"report": "B", **CHOICE, "reported_on": "dev"},
    {"report": "C", **CHOICE, "test_reads": 3},
    {"report": "D", **CHOICE, "changed": ["plans", "routes"]}, {"report": "E", **CHOICE, "tokens_spent": 2200}])
CHOICE_LABELS = {"A": "fine", "B": "best of many", "C": "test read twice", "D": "two parts at once",
                 "E": "half the price"}
CONTEXTS = {"choose_k": (TABLE, 500), "forgetting": ((0.9, 0.85, 0.95), (0.5, 0.4, 0.6)),
            "decide": (ARMS, 0.05, DIFFERENCES), "predict": (("glossary", "HyDE"),), "audit": (REPORTS,),
            "audit_indexes": (INDEX_REPORTS,), "audit_citations": (CITATIONS,),
            "audit_triplets": (TRIPLETS,), "audit_computed": (COMPUTED,), "audit_choice": (CHOICES,)}


def says(capsys, checker, student, *context):
    """Run a checker; return (its one line, what it gave back)."""
    capsys.readouterr()
    returned = checker(student, *context)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1 and printed.endswith("\n"), printed
    return printed.strip(), returned


# --- right answers, written in another way than the reference -------------------------------------------------------


def rrf_by_index(first, second, k=60):
    scores = {item: sum(1 / (k + ranking.index(item) + 1) for ranking in (first, second) if item in ranking)
              for item in dict.fromkeys([*second, *first])}
    return [item for item, _ in sorted(scores.items(), key=lambda pair: -pair[1])]


def recall_by_merging(retrieved, gold):
    def merge(spans):
        merged = []
        for start, end in sorted(spans):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    found = sum(max(0, min(r[1], g[1]) - max(r[0], g[0])) for r in merge(retrieved) for g in merge(gold))
    return np.float64(found / sum(end - start for start, end in merge(gold)))


def split_by_threshold(questions, share, seed):
    draw = random.Random(seed)
    contracts = sorted({q.cluster for q in questions})
    test_ones = set(draw.sample(contracts, max(1, int(share * len(contracts) + 0.5))))
    return ([q for q in questions if q.cluster not in test_ones], [q for q in questions if q.cluster in test_ones])


def bootstrap_in_plain_python(differences, clusters, n_boot, seed):
    groups = {}
    for difference, cluster in zip(differences, clusters):
        groups.setdefault(cluster, []).append(difference)
    draw, names, means = random.Random(seed), sorted(groups), []
    for _ in range(n_boot):
        chosen = [value for name in draw.choices(names, k=len(names)) for value in groups[name]]
        means.append(sum(chosen) / len(chosen))
    means.sort()
    return means[int(0.025 * n_boot)], means[int(0.975 * n_boot)]


def cost_by_rows(frame, price_in, price_out):
    total = sum(row.tokens_in * price_in / 1e6 + row.tokens_out * price_out / 1e6 for row in frame.itertuples())
    return total / frame.correct.sum() if frame.correct.any() else float("inf")


def messages_with_fstring(question, template):
    return [dict(role="user", content=template.replace("{query_str}", question.question)),
            dict(role="assistant", content=question.answer)]


def budget_by_tokens_left(passages, budget):
    """Rounds the share before it is used, and says 0 for what is not kept."""
    kept = []
    for characters, title, text in passages:
        part = min(1.0, max(0.0, (budget - title) / text))
        kept.append(int(characters * part))
        budget = budget - title - text if part == 1.0 else 0
    return kept


def terms_by_position(question, meanings):
    out, at, lower = "", 0, question.lower()
    while at < len(question):
        inside_word = at > 0 and (question[at - 1].isalnum() or question[at - 1] == "_")
        fits = [term for term in meanings if not inside_word and lower.startswith(term.lower(), at)
                and not question[at + len(term):at + len(term) + 1].isalnum()]
        if fits:
            term = max(fits, key=len)
            out += f"{question[at:at + len(term)]} ({meanings[term]})"
            at += len(term)
        else:
            out += question[at]
            at += 1
    return out


def fusion_with_numpy(lists, weights):
    ids = sorted(set().union(*lists))
    total = np.zeros(len(ids))
    for found, weight in zip(lists, weights):
        scores = np.array([found.get(item, np.nan) for item in ids])
        spread = np.nanmax(scores) - np.nanmin(scores)
        scaled = np.where(np.isnan(scores), 0.0, (scores - np.nanmin(scores)) / spread if spread else 1.0)
        total += weight * scaled
    return [ids[i] for i in np.argsort(-total, kind="stable")]


def force_by_sorting(texts, day):
    return list({clause: name for clause, name, since in sorted(texts, key=lambda text: text[2])
                 if since <= day}.values())


def mmr_with_numpy(relevance, likeness, weight, k):
    relevance, likeness, picked = np.array(relevance), np.array(likeness), []
    for _ in range(min(k, len(relevance))):
        repeated = likeness[:, picked].max(axis=1) if picked else np.zeros(len(relevance))
        worth = weight * relevance - (1 - weight) * repeated
        worth[picked] = -np.inf
        picked.append(int(worth.argmax()))
    return picked


def curve_with_numpy(confidence, correct):
    right = np.array(correct, dtype=float)[np.argsort(-np.array(confidence))]
    given = np.arange(1, len(right) + 1)
    return [list(pair) for pair in zip(given / len(right), 1 - right.cumsum() / given)]


def pagerank_with_numpy(neighbors, seeds, damping=0.85, rounds=50):
    nodes = list(neighbors)
    home = np.array([node in seeds for node in nodes]) / len(seeds)
    step = np.array([[(other in neighbors[node]) / len(neighbors[node]) if neighbors[node] else home[i]
                      for i, other in enumerate(nodes)] for node in nodes])
    ranks = home
    for _ in range(rounds):
        ranks = (1 - damping) * home + damping * ranks @ step
    return dict(zip(nodes, ranks))


def canonical_by_words(mention, names, former):
    words = mention.split()
    for count in range(len(words), 0, -1):
        start = " ".join(words[:count])
        if start in former or start in names:
            return former.get(start, start)
    return mention


BASES = {"year": (12, "month"), "month": (1, "month"), "week": (7, "day"), "day": (1, "day")}


def distance(one, other, bases=BASES, keep=True, sign=abs):
    """Written with a table of its own; `bases`, `keep` and `sign` make the wrong ones."""
    if keep and one[1] == other[1]:
        return sign(one[0] - other[0]), one[1]
    (a, unit), (b, same) = ((by * amount, base) for amount, name in (one, other)
                            for by, base in [bases.get(name, (1, name))])
    return (sign(a - b), unit) if unit == same else ()


def settled(readings, force=True, fold=str.lower, strip=str.strip):
    """Written with a loop; the parameters make the wrong ones."""
    kept, seen = [], set()
    for value, now in readings:
        value = strip(value)
        if (now or not force) and value and fold(value) not in seen:
            seen.add(fold(value))
            kept.append(value)
    return kept


def front_by_sorting(points):
    """Cheapest first; a point stays if it is better than all that cost less, or equal to one that stays."""
    kept = []
    for quality, cost in sorted(points, key=lambda point: (point[1], -point[0])):
        if not kept or quality > kept[-1][0]:
            kept.append((quality, cost))
    return [point in kept for point in points]


def mended(question, names, least=0.85, fold=str.casefold, exact=True, sizes=None, whole=True,
           first=lambda exact, size, likeness, start: (exact, size, likeness)):
    """Run by run with difflib, without get_close_matches; the parameters make the wrong ones."""
    words = list(re.finditer(r"[\w'-]+", question))
    found = []
    for name in names:
        size = len(name.split())
        for at in range(len(words) - size + 1 if sizes is None or size in sizes else 0):
            start, end = words[at].start(), words[at + size - 1].end()
            likeness = difflib.SequenceMatcher(None, fold(question[start:end]), fold(name)).ratio()
            if likeness >= least and (exact or likeness < 1.0):
                found.append((first(likeness == 1.0, size, likeness, start), likeness, start, end, name))
    places, changes = set(), []
    for _, likeness, start, end, name in sorted(found, reverse=True):
        if not places & set(range(start, end)):
            places |= set(range(start, end))
            changes += [(start, end, name)] * (likeness < 1.0)
    for start, end, name in sorted(changes, reverse=True):
        question = question[:start] + name + question[end:]
    return question if whole else " ".join(question.split())


@pytest.mark.parametrize(("name", "answer", "context"), [
    ("front", front_by_sorting, ()), ("mend", mended, ()), ("audit_choice", CHOICE_LABELS, (CHOICES,)),
    ("difference", distance, ()), ("settle", settled, ()), ("audit_computed", COMPUTED_LABELS, (COMPUTED,)),
    ("pagerank", pagerank_with_numpy, ()), ("canonical", canonical_by_words, ()),
    ("audit_triplets", TRIPLET_LABELS, (TRIPLETS,)),
    ("mmr", mmr_with_numpy, ()), ("risk_coverage", curve_with_numpy, ()),
    ("audit_citations", CITATION_LABELS, (CITATIONS,)),
    ("audit_citations", {"A": "in no passage"}, ([{"report": "A", **CITED, "answer": "4 days", "cites": 9}],)),
    ("weighted_fusion", fusion_with_numpy, ()), ("in_force", force_by_sorting, ()),
    ("in_force", lambda texts, day: set(force_by_sorting(texts, day)), ()),
    ("audit_indexes", INDEX_LABELS, (INDEX_REPORTS,)),
    ("fill_budget", budget_by_tokens_left, ()), ("fill_budget", lambda p, b: np.array(budget(p, b), dtype=int), ()),
    ("fill_budget", lambda p, b: tuple(map(np.int64, budget(p, b))), ()), ("expand_terms", terms_by_position, ()),
    ("predict", {"glossary": "helps", "HyDE": "hurts"}, (("glossary", "HyDE"),)), ("audit", LABELS, (REPORTS,)),
    ("audit", {"A": "chosen on test"}, ([{"report": "A", **REPORT, "chosen_on": "test", "tokens_b": 9}],)),
    ("audit", {"A": "unequal tokens"}, ([{"report": "A", **REPORT, "chosen_on": "test", "tokens_b": 9}],)),
    ("rrf", rrf_by_index, ()), ("evidence_recall", recall_by_merging, ()),
    ("split_by_contract", split_by_threshold, ()),
    ("paired_bootstrap", bootstrap_in_plain_python, ()), ("cost_per_correct", cost_by_rows, ()),
    ("format_example", messages_with_fstring, ()),
    ("choose_k", (5, "0.81 of the evidence is found at half the tokens of k = 10"), (TABLE, 1000)),
    ("choose_k", (10, "the highest recall that the budget allows, by a little"), (TABLE, 1000)),
    ("choose_k", (5, "k=5 is the most that fits in 500 tokens; it gives 0.81 instead of 0.62"), (TABLE, 500)),
    ("choose_k", (5, "5 passages get four fifths of the gold characters and stay within 500"), (TABLE, 500)),
    ("choose_k", (5, "With 5 we find 0.81 for 450 tokens"), (TABLE, 500)),
    ("forgetting", "forgot", ((0.9, 0.85, 0.95), (0.5, 0.4, 0.6))),
    ("forgetting", "cannot tell", ((0.9, 0.8, 0.95), (0.85, 0.75, 0.9))),
    ("forgetting", "kept", ((0.5, 0.45, 0.55), (0.8, 0.75, 0.85))),
    ("decide", {"arm": "rag", "reason": "with a loss of 0.05 it balances errors and price",
                "claims": {"rag - base": "helps", "sft_rag - rag": "inconclusive"}}, (ARMS, 0.05, DIFFERENCES)),
    *(("decide", {"arm": "rag", "reason": reason,
                  "claims": {"rag - base": "helps", "sft_rag - rag": "inconclusive"}}, (ARMS, 0.05, DIFFERENCES))
      for reason in ("Incorrect answers cost twelve dollars each, so they have to be rare",
                     "Hallucinations cost us 12 USD each, retrieval costs hardly anything",
                     "The damage done by false answers is larger than what retrieval costs")),
    *(("decide", {"arm": arm, "reason": "no arm is worth what its wrong answers cost", "claims": {}},
       ([{"arm": "rag", "wrong": 0.5, "cost": 1.0}, {"arm": "none (do nothing)", "wrong": 0.0, "cost": 2.0}], 9.0, {}))
      for arm in ("none (do nothing)", "None", "none", None)),
])
def test_right_answers_pass_and_come_back(capsys, name, answer, context):
    line, returned = says(capsys, check.CHECKERS[name], answer, *context)
    assert line.startswith(f"[passed] {name}: ")
    assert returned is answer


@pytest.mark.parametrize("name", sorted(check.CHECKERS))
def test_references_pass_their_own_checks(capsys, name):
    reference = check.CHECKERS[name].reference
    assert says(capsys, check.CHECKERS[name], reference)[0].startswith(f"[passed] {name}: ")


@pytest.mark.parametrize(("name", "context"), sorted(CONTEXTS.items()))
def test_a_reference_value_passes_in_its_context(capsys, name, context):
    line, value = says(capsys, check.CHECKERS[name], ..., *context)
    assert line.startswith("[not attempted]")
    assert says(capsys, check.CHECKERS[name], value, *context) == (
        says(capsys, check.CHECKERS[name], value, *context)[0], value)
    assert says(capsys, check.CHECKERS[name], value, *context)[0].startswith("[passed]")


# --- known wrong answers --------------------------------------------------------------------------------------------


def fuse(first, second, k=60, start=1, best_first=True):
    scores = {}
    for ranking in (first, second):
        for rank, item in enumerate(ranking, start):
            scores[item] = scores.get(item, 0) + 1 / (k + rank)
    return sorted(scores, key=scores.get, reverse=best_first)


WRONG_RRF = [
    (lambda a, b: a + b, "comes twice"),
    (lambda a, b: [x for x in a if x in b], "is lost"),
    (lambda a, b: fuse(a, b), "3 were given"),
    (lambda a, b, k: fuse(a, b, k), "missing 1 required"),
    (lambda a, b, k=0: fuse(a, b, k), "stands above"),
    (lambda a, b, k=60: list(dict.fromkeys(a + b)), "stands above"),
    (lambda a, b, k=60: fuse(a, b, k + 1), "stands above"),
    (lambda a, b, k=60: fuse(a, b, k, best_first=False), "worst comes first"),
    (lambda a, b, k=60: fuse(a, b, k, start=0), "first rank is 1"),
    (lambda a, b, k=60: fuse(a, b, k=0), "constant k = 60"),
    *((functools.partial(lambda a, b, k=60, *, fixed: fuse(a, b, fixed), fixed=fixed), "k changes nothing")
      for fixed in (1, 10, 50, 58, 60, 61, 70, 100)),
    (lambda a, b: {x: 1.0 for x in a + b}, "mapping"),
    (lambda a, b: [(x, 1.0) for x in fuse(a, b)], "leave the scores out"),
    (lambda a, b: fuse(a, b) + ["d99"], "in neither list"),
    (lambda a, b: a.extend(b) or fuse(a, b), "work on a copy"),
]


def covered(retrieved, gold):
    return sum(max(0, min(r[1], g[1]) - max(r[0], g[0])) for r in retrieved for g in gold)


def chars(spans, extra=0):
    return {i for start, end in spans for i in range(start, end + extra)}


WRONG_RECALL = [
    (lambda r, g: covered(r, g) / sum(e - s for s, e in g), "counts twice"),
    (lambda r, g: len(chars(r) & chars(g)) / len(chars(r)) if r else 0.0, "precision"),
    (lambda r, g: sum(bool(covered(r, [x])) for x in g) / len(g), "whole spans"),
    (lambda r, g: len(chars(r, 1) & chars(g, 1)) / len(chars(g, 1)), "at `end`"),
    (lambda r, g: min(1.0, covered(r, g) / 50), "is too"),
    (lambda r, g: len(chars(r) & chars(g)) / len(chars(r)), "ZeroDivisionError"),
    (lambda r, g: [1.0], "a number"),
    (lambda r, g: float("nan"), "returns nan"),
]


def with_messages(make):
    return lambda question, template: make(template.format(query_str=question.question), question)


WRONG_FORMAT = [
    (with_messages(lambda p, q: {"messages": []}), "mapping"),
    (with_messages(lambda p, q: [{"role": "user", "content": q.question}, {"role": "assistant", "content": q.answer}]),
     "bare question"),
    (with_messages(lambda p, q: [{"role": "assistant", "content": q.answer}, {"role": "user", "content": p}]), "order"),
    *((lambda q, t, said=said: [{"role": "user", "content": t.format(query_str=said(q))},
                                {"role": "assistant", "content": q.answer}], "filled in the question object")
      for said in (str, repr, lambda question: question)),
    (with_messages(lambda p, q: [{"role": "user", "content": p + q.answer},
                                 {"role": "assistant", "content": q.answer}]), "holds the answer"),
    (with_messages(lambda p, q: [{"role": "user", "content": p},
                                 {"role": "assistant", "content": f"It is {q.answer}."}]),
     "more than the answer"),
    (with_messages(lambda p, q: [{"role": "user", "content": p}, {"role": "assistant", "content": q.accepted[0]}]),
     "not the question's answer"),
    (with_messages(lambda p, q: [{"role": "user", "content": p}]), "roles"),
    (with_messages(lambda p, q: [{"role": "user", "text": p}]), "keys role and content"),
    (lambda q, t: [{"role": "user", "content": t}, {"role": "assistant", "content": q.answer}], "placeholder"),
    (lambda q, t: [{"role": "user", "content": f"Answer briefly.\n\nQuestion: {q.question}"},
                   {"role": "assistant", "content": q.answer}], "not the given template"),
]


def by_question(questions, share, seed):
    mixed = random.Random(seed).sample(questions, len(questions))
    cut = round(share * len(mixed))
    return mixed[cut:], mixed[:cut]


def without_seed(questions, share, seed):
    return split_by_threshold(questions, share, random.randrange(10**9))


def split_a_set(questions, share, seed):
    contracts = list({q.cluster for q in questions})
    random.Random(seed).shuffle(contracts)
    held_out = contracts[:max(1, round(share * len(contracts)))]
    return [q for q in questions if q.cluster not in held_out], [q for q in questions if q.cluster in held_out]


WRONG_SPLIT = [
    (by_question, "on both sides"),
    (split_a_set, "the order of a set"),
    (lambda q, share, seed: (split_by_threshold(q, share, seed)[0][:-3], split_by_threshold(q, share, seed)[1]),
     "neither side"),
    (lambda q, share, seed: split_by_threshold(q, share, seed)[::-1], "interchanged"),
    (lambda q, share, seed: (q, []), "0% of the contracts"),
    (lambda q, share, seed: split_by_threshold(q, share, 0), "seed changes nothing"),
    (without_seed, "one seed give two splits"),
    (lambda q, share, seed: [x for x in q], "two lists"),
    (lambda q, share, seed: (split_by_threshold(q, share, seed)[0] * 2, split_by_threshold(q, share, seed)[1]),
     "twice"),
    (lambda q, share, seed: tuple([x.question_id for x in side] for side in split_by_threshold(q, share, seed)),
     "something else than questions"),
]


def boot(differences, clusters, n_boot, seed, tail=2.5, items=False, of_means=False):
    groups = {}
    for i, (difference, cluster) in enumerate(zip(differences, clusters)):
        groups.setdefault(i if items else cluster, []).append(difference)
    values = [np.array([np.mean(g)]) if of_means else np.array(g) for g in groups.values()]
    draw = np.random.default_rng(seed)
    means = [np.concatenate([values[i] for i in draw.integers(len(values), size=len(values))]).mean()
             for _ in range(n_boot)]
    return tuple(np.percentile(means, [tail, 100 - tail]))


def boot_without_repeats(differences, clusters, n_boot, seed):
    differences, names, draw = np.array(differences), np.unique(clusters), np.random.default_rng(seed)
    means = [differences[np.isin(clusters, draw.choice(names, len(names)))].mean() for _ in range(n_boot)]
    return tuple(np.percentile(means, [2.5, 97.5]))


def boot_twice(differences, clusters, n_boot, seed):
    differences, clusters, draw = np.array(differences), np.array(clusters), np.random.default_rng(seed)
    values = [differences[clusters == name] for name in np.unique(clusters)]
    means = [np.concatenate([draw.choice(values[i], len(values[i])) for i in draw.integers(len(values), size=len(values))]
                            ).mean() for _ in range(n_boot)]
    return tuple(np.percentile(means, [2.5, 97.5]))


def boot_of_fixed_size(differences, clusters, n_boot, seed):
    _, codes = np.unique(clusters, return_inverse=True)
    totals, draw = np.bincount(codes, weights=differences), np.random.default_rng(seed)
    sums = totals[draw.integers(len(totals), size=(n_boot, len(totals)))].sum(axis=1)
    return tuple(np.percentile(sums / len(differences), [2.5, 97.5]))


WRONG_BOOTSTRAP = [
    (boot_twice, "do not draw again among their questions"),
    (boot_of_fixed_size, "the number of questions that it drew"),
    (lambda d, c, n, s: boot(d, c, n, 42), "another seed gives the same interval"),
    (functools.partial(boot, items=True), "no independent draws"),
    (functools.partial(boot, of_means=True), "weighs the same"),
    (boot_without_repeats, "drawn twice must count twice"),
    (functools.partial(boot, tail=5), "covers 90%"),
    (lambda d, c, n, s: tuple(np.percentile(d, [2.5, 97.5])), "single differences"),
    (lambda d, c, n, s: boot(d, c, n, s)[::-1], "above the upper"),
    (lambda d, c, n, s: boot(d, c, n, random.randrange(10**9)), "one seed give two intervals"),
    (lambda d, c, n, s: float(np.mean(d)), "a pair"),
    (functools.partial(boot, tail=0.5), "times as wide"),
]

WRONG_COST = [
    (lambda f, i, o: (f.tokens_in * i + f.tokens_out * o).sum() / 1e6 / len(f), "cost per answer"),
    (lambda f, i, o: (f[f.correct].tokens_in * i + f[f.correct].tokens_out * o).sum() / 1e6 / f.correct.sum(),
     "wrong answers have to be paid"),
    (lambda f, i, o: (f.tokens_in * i).sum() / 1e6 / f.correct.sum(), "not free"),
    (lambda f, i, o: cost_by_rows(f, o, i), "interchanged"),
    (lambda f, i, o: 1000 * cost_by_rows(f, i, o), "not per thousand"),
    (lambda f, i, o: 1e6 * cost_by_rows(f, i, o), "not per token"),
    (lambda f, i, o: float((f.tokens_in * i + f.tokens_out * o).sum()) / 1e6 / int(f.correct.sum()),
     "no answer is correct"),
    (lambda f, i, o: cost_by_rows(f, i, o) if f.correct.any() else 0.0, "no finite price"),
]


def budget(passages, budget, titles=True, cut=True, skip=False, beyond=False, title_of_cut=True, tokens=False,
           rounded=int):
    kept, left = [], budget
    for size, title, text in passages:
        cost = text + title * titles
        if cost <= left or (beyond and left > 0):
            kept.append(size)
            left -= cost
        elif skip:
            kept.append(0)
        else:
            rest = max(0, left - title * title_of_cut * titles)
            return kept + ([rest if tokens else rounded(size * min(1, rest / text))] if cut else [])
    return kept


WRONG_BUDGET = [
    (functools.partial(budget, cut=False), "is left out"),
    (functools.partial(budget, skip=True), "must not slip in"),
    (functools.partial(budget, titles=False), "titles are read as well"),
    (functools.partial(budget, beyond=True), "beyond the budget"),
    (functools.partial(budget, tokens=True), "counted in tokens"),
    (functools.partial(budget, title_of_cut=False), "has a title, too"),
    (functools.partial(budget, rounded=math.ceil), "not rounded down"),
    (functools.partial(budget, rounded=round), "not rounded down"),
    (lambda passages, tokens: (lambda right: [max(0, kept - (kept < size)) for kept, (size, *_) in zip(right, passages)])(
        budget(passages, tokens)), "is not what"),
    (functools.partial(budget, rounded=float), "is a float; round down to whole characters"),
    (functools.partial(budget, rounded=np.floor), "round down to whole characters"),
    (lambda p, b: np.array(budget(p, b), dtype=float), "is a float; round down to whole characters"),
    (lambda p, b: [math.nan for _ in p], "returns nan"),
    (lambda p, b: np.zeros((len(p), 2), dtype=int), "a list of numbers"),
    (lambda p, b: [min(size, b * 4) for size, _, _ in p], "tokens buy"),
    (lambda p, b: [size + 1 for size, _, _ in p], "more is kept than there is"),
    (lambda p, b: [-1 for _ in p], "fewer than 0"),
    (lambda p, b: b, "a list of numbers"),
    (lambda p, b: [(0, size) for size, _, _ in p], "a list of numbers"),
    (lambda p, b: p.clear() or [], "work on a copy"),
]


def terms(question, meanings, flags=re.IGNORECASE, border=r"\w", shape="{} ({})", reverse=True, count=0):
    if not meanings:
        return question
    found = "|".join(re.escape(term) for term in sorted(meanings, key=len, reverse=reverse))
    lower = {term.lower(): meaning for term, meaning in meanings.items()}
    found = f"(?<!{border})(?:{found})(?!{border})" if border else found
    return re.sub(found, lambda hit: shape.format(hit[0], lower[hit[0].lower()]), question, flags=flags, count=count)


def terms_in_a_loop(question, meanings, order=list):
    for term in order(meanings):
        question = terms(question, {term: meanings[term]})
    return question


def longest_first(meanings):
    return sorted(meanings, key=len, reverse=True)


WRONG_TERMS = [
    (functools.partial(terms, shape="{1}"), "the term is gone"),
    (functools.partial(terms, flags=0), "capital letter"),
    (functools.partial(terms, border=""), "inside a longer word"),
    (functools.partial(terms, reverse=False), "the longer one is meant"),
    (terms_in_a_loop, "searched for the next one"),
    (functools.partial(terms_in_a_loop, order=longest_first), "searched for the next one"),
    (lambda q, m: terms(q.lower(), m), "lose their capital letters"),
    (lambda q, m: q, "becomes"),
    (lambda q, m: [q], "a question is wanted"),
    (lambda q, m: terms(q, m) if m else m["no term"], "KeyError"),
]


def terms_once(question, meanings):
    seen = set()

    def put(hit):
        key = hit[0].lower()
        first = key not in seen
        seen.add(key)
        return f"{hit[0]} ({lower[key]})" if first else hit[0]

    lower = {term.lower(): meaning for term, meaning in meanings.items()}
    found = "|".join(re.escape(term) for term in longest_first(meanings))
    return re.sub(rf"(?<!\w)(?:{found})(?!\w)", put, question, flags=re.IGNORECASE) if meanings else question


WRONG_TERMS.append((terms_once, "only the first use"))


def sums(lists, weights, scale, equal=1.0):
    """Weighted sums where `scale(score, low, high)` scales; `equal` for a list of equal scores."""
    total = {}
    for found, weight in zip(lists, weights):
        low, high = min(found.values()), max(found.values())
        for item, score in found.items():
            total[item] = total.get(item, 0.0) + weight * (scale(score, low, high) if high > low else equal)
    return total


def best_first(scores):
    return sorted(scores, key=scores.get, reverse=True)


def min_max(score, low, high):
    return (score - low) / (high - low)


def scaled_together(lists, weights):
    every = [score for found in lists for score in found.values()]
    return best_first(sums(lists, weights, lambda score, low, high: min_max(score, min(every), max(every)),
                           equal=min_max(every[-1], min(every), max(every))))


def over_lists_that_have_it(lists, weights):
    total = sums(lists, weights, min_max)
    held = {item: sum(weight for found, weight in zip(lists, weights) if item in found) for item in total}
    return best_first({item: score / held[item] for item, score in total.items()})


WRONG_FUSION = [
    (lambda lists, weights: best_first(sums(lists, weights, min_max))[::-1], "the worst comes first"),
    (lambda lists, weights: best_first({item: sum(w * found.get(item, 0) for found, w in zip(lists, weights))
                                        for item in set().union(*lists)}), "different scales"),
    (lambda lists, weights: best_first(sums(lists, weights, lambda score, low, high: score / high)),
     "lowest score has to become 0"),
    (scaled_together, "scaled together"),
    (lambda lists, weights: best_first(sums(lists, [1] * len(lists), min_max)), "weights change nothing"),
    (lambda lists, weights: best_first(sums(lists, weights[::-1], min_max)), "wrong lists"),
    (lambda lists, weights: best_first(sums([{item: 1 / (60 + rank) for rank, item in enumerate(best_first(found), 1)}
                                             for found in lists], weights, lambda score, low, high: score,
                                            equal=1 / 61)), "ranks are fused"),
    (over_lists_that_have_it, "do not divide by the weights"),
    (lambda lists, weights: best_first(sums(lists, weights, min_max, equal=0.0)), "all scores of a list are equal"),
    (lambda lists, weights: sums(lists, weights, min_max), "a list of ids is wanted"),
    (lambda lists, weights: list(sums(lists, weights, min_max).items()), "leave the scores out"),
    (lambda lists, weights: best_first(sums(lists, weights, min_max))[:3], "is lost"),
    (lambda lists, weights: best_first(sums(lists[:1], weights, min_max)), "is lost"),
]


def latest(texts, day="9999"):
    return {clause: (since, name) for clause, name, since in sorted(texts, key=lambda text: text[2]) if since <= day}


WRONG_FORCE = [
    (lambda texts, day: [name for _, name, since in texts if since <= day], "an amended text is still there"),
    (lambda texts, day: [name for _, name in latest(texts).values()], "the day is not looked at"),
    (lambda texts, day: [name for _, name in latest([t for t in texts if t[2] < day]).values()], "on its first day"),
    (lambda texts, day: [name for _, name, since in {
        clause: (clause, name, since) for clause, name, since in sorted(texts, key=lambda t: t[2], reverse=True)
    }.values() if since <= day], "these are the first texts"),
    (lambda texts, day: [max(begun, key=lambda t: t[2])[1]]
     if (begun := [t for t in texts if t[2] <= day]) else [], "one clause at a time"),
    (lambda texts, day: list({clause: name for clause, name, since in texts if since <= day}.values()),
     "the order of the list says nothing"),
    (lambda texts, day: list({clause: name for clause, name, since in sorted(texts) if since <= day}.values()),
     "the ids say nothing"),
    (lambda texts, day: [max(name for c, name, since in texts if c == clause and since <= day)
                         for clause in {c for c, _, since in texts if since <= day}], "the ids say nothing"),
    (lambda texts, day: [name for since, name in latest(texts).values() if since <= day], "a clause is lost"),
    (lambda texts, day: [], "are not the texts in force"),
    (lambda texts, day: {"a": 1}, "a list of ids is wanted"),
    (lambda texts, day: ["a", "a"], "an id comes twice"),
]


def pick(relevance, likeness, k, worth):
    picked = []
    while len(picked) < min(k, len(relevance)):
        picked.append(max((i for i in range(len(relevance)) if i not in picked), key=lambda i: worth(i, picked)))
    return picked


def joined(join, empty=0.0):
    return lambda r, s, w, k: pick(r, s, k, lambda i, picked: w * r[i] - (1 - w) * (
        join([s[i][j] for j in picked]) if picked else empty))


WRONG_MMR = [
    (lambda r, s, w, k: sorted(mmr_with_numpy(r, s, w, k)), "return them as they were picked"),
    (lambda r, s, w, k: sorted(range(len(r)), key=lambda i: -r[i])[:k], "has no effect"),
    (lambda r, s, w, k: pick(r, s, k, lambda i, picked: w * r[i] + (1 - w) * max((s[i][j] for j in picked), default=0)),
     "subtract it"),
    (lambda r, s, w, k: mmr_with_numpy(r, s, 1 - w, k), "the weight goes to relevance"),
    (lambda r, s, w, k: pick(r, s, k, lambda i, picked: w * r[i] - max((s[i][j] for j in picked), default=0)),
     "counts in full"),
    (joined(lambda values: sum(values) / len(values)), "not the mean"), (joined(sum), "not the sum"),
    (joined(min), "not the smallest"), (joined(lambda values: values[-1]), "not with the last one alone"),
    (lambda r, s, w, k: pick(r, s, k, lambda i, picked: w * r[i] - (1 - w) * max(
        (s[i][j] for j in range(len(r)) if j != i), default=0)), "not with all passages"),
    (lambda r, s, w, k: [0] * min(k, len(r)), "picked twice"),
    (lambda r, s, w, k: mmr_with_numpy(r, s, w, 2), "k are wanted"),
    (lambda r, s, w, k: {"picked": 1}, "a list of places"),
    (lambda r, s, w, k: list(range(len(r)))[:k], "are not the picks"),
]


def by_confidence(confidence, correct):
    return [right for _, right in sorted(zip(confidence, correct), reverse=True)]


def points(correct, pair):
    return [pair(count, sum(not right for right in correct[:count]), len(correct))
            for count in range(1, len(correct) + 1)]


WRONG_CURVES = [
    (lambda c, r: points(by_confidence(c, r)[::-1], lambda n, bad, of: (n / of, bad / n)), "surest answers come first"),
    (lambda c, r: points(r, lambda n, bad, of: (n / of, bad / n)), "sort the answers by confidence"),
    (lambda c, r: points(by_confidence(c, r), lambda n, bad, of: (n / of, 1 - bad / n)), "not of right ones"),
    (lambda c, r: points(by_confidence(c, r), lambda n, bad, of: (n / of, bad / of)), "not of all answers"),
    (lambda c, r: points(by_confidence(c, r), lambda n, bad, of: (bad / n, n / of)), "in this order"),
    (lambda c, r: points(by_confidence(c, r), lambda n, bad, of: (n, bad / n)), "not a count"),
    (lambda c, r: points(by_confidence(c, r), lambda n, bad, of: ((n - 1) / of, bad / n)), "begins at one answer"),
    (lambda c, r: points(by_confidence(c, r), lambda n, bad, of: (n / of, bad / n))[:-1], "one is wanted after each"),
    (lambda c, r: [0.5] * len(r), "a list of pairs"), (lambda c, r: [(0.5, 0.5)] * len(r), "is not the curve"),
]


def walk(neighbors, seeds, damping, rounds, home=None, give=lambda its, other, neighbors: 1 / len(its), keep=True,
         start=None):
    home = home or {node: (node in seeds) / len(seeds) for node in neighbors}
    ranks = dict(start or {node: (node in seeds) / len(seeds) for node in neighbors})
    for _ in range(rounds):
        passed = {node: (1 - damping) * home[node] for node in neighbors}
        for node, its in neighbors.items():
            for other in its:
                passed[other] += damping * ranks[node] * give(its, other, neighbors)
            for other in neighbors if keep and not its else ():
                passed[other] += damping * ranks[node] * home[other]
        ranks = passed
    return ranks


def pulled(neighbors, seeds, damping, rounds):
    home = {node: (node in seeds) / len(seeds) for node in neighbors}
    ranks = dict(home)
    for _ in range(rounds):
        stuck = sum(rank for node, rank in ranks.items() if not neighbors[node])
        ranks = {node: (1 - damping + damping * stuck) * home[node]
                 + damping * sum(ranks[other] / len(neighbors[other]) for other in its) for node, its in neighbors.items()}
    return ranks


WRONG_RANKS = [
    (lambda n, s, d, r: walk(n, s, d, r, dict.fromkeys(n, 1 / len(n))), "to the seeds only"),
    (lambda n, s, d, r: walk(n, s, 1 - d, r), "flows along edges"),
    (lambda n, s, d, r: walk(n, s, 1.0, r), "nothing returns to the seeds"),
    (lambda n, s, d, r: walk(n, s, d, r, give=lambda its, other, neighbors: 1.0), "each gets all of it"),
    (lambda n, s, d, r: walk(n, s, d, r, give=lambda its, other, neighbors: 1 / len(neighbors[other])),
     "of the node that gives"),
    (pulled, "not the other way round"),
    (lambda n, s, d, r: walk(n, s, d, r, keep=False), "is lost"),
    (lambda n, s, d, r: walk(n, s, d, 1), "one round is not enough"),
    (lambda n, s, d, r: walk(n, s, d, r, {node: float(node in s) for node in n},
                             start={node: float(node in s) for node in n}), "the seeds share the start"),
    (lambda n, s, d, r: list(n), "a dict is wanted"),
    (lambda n, s, d, r: {node: 0.1 for node in n}, "are not the ranks"),
]


def fitting(mention, names):
    return [name for name in names if mention == name or mention.startswith(f"{name} ")]


WRONG_NAMES = [
    (lambda m, n, f: max(fitting(m, [*n, *f]), key=len, default=m), "leads to the present one"),
    (lambda m, n, f: f.get(m, m), "may carry its legal form"),
    (lambda m, n, f: f[m] if m in f else max(fitting(m, n), key=len, default=m), "may carry a legal form, too"),
    (lambda m, n, f: (lambda best: f.get(best, best))(min(fitting(m, [*n, *f]), key=len, default=m)), "the longer one"),
    (lambda m, n, f: (lambda best: f.get(best, best))(
        max((x for x in [*n, *f] if m.startswith(x)), key=len, default=m)), "whole words"),
    (lambda m, n, f: canonical_by_words(m, n, f) if fitting(m, [*n, *f]) else "", "stays as mentioned"),
    (lambda m, n, f: canonical_by_words(m, n, f) if fitting(m, [*n, *f]) else next(
        (x for x in n if x.split()[0] == m.split()[0]), m), "likeness is not identity"),
    (lambda m, n, f: 3, "a name is wanted"), (lambda m, n, f: "Alder", "becomes"),
    (lambda m, n, f: next((f[x] for x in fitting(m, f)), None) or max(fitting(m, n), key=len, default=m), "becomes"),
    (lambda m, n, f: (lambda best: f.get(best, best))(next((x for x in (m, m.rsplit(" ", 1)[0]) if x in n or x in f), m)),
     "becomes"),
]


DAYS = {"year": (365, "day"), "month": (30, "day"), "week": (7, "day"), "day": (1, "day")}
WRONG_DISTANCES = [
    (lambda a, b: distance(a, b, sign=float), "never negative"),
    (lambda a, b: (abs(a[0] - b[0]), min(a[1], b[1])), "convert before you subtract"),
    (lambda a, b: distance(a, b) if a[1] == b[1] else (), "not always incomparable"),
    (lambda a, b: distance(a, b) or distance(a, b, DAYS), "no fixed number of days"),
    (lambda a, b: distance(a, b) or ((abs(a[0] - b[0]), a[1]) if a[1].isupper() and b[1].isupper() else ()),
     "no distance without a rate"),
    (lambda a, b: distance(a, b, keep=False), "the distance has it, too"),
    (lambda a, b: (lambda r: r and (r[0], r[1] + "s"))(distance(a, b)), "without an s"),
    (lambda a, b: (lambda r: r and (str(r[0]), r[1]))(distance(a, b)), "as a number"),
    (lambda a, b: 15, "a pair (amount, unit)"), (lambda a, b: ("many", "days"), "the amount"),
    (lambda a, b: (15, "day"), "is not (15.0, 'day')"),
]
WRONG_SETTLED = [
    (lambda c: settled(c, force=False), "no longer in force does not count"),
    (lambda c: [v[1:] for v in settled([("." + v.strip(), now) for v, now in c])], "an empty value states nothing"),
    (lambda c: settled(c, fold=str, strip=str), "spellings that differ"),
    (lambda c: [v for v in settled(c) if sum(o.strip().lower() == v.lower() and now for o, now in c) == max(
        sum(o.strip().lower() == w.lower() and now for o, now in c) for w in settled(c))], "a majority does not make"),
    (lambda c: settled(c)[:1], "the first reading is not the only one"),
    (lambda c: sorted(settled(c)), "in the order in which they come"),
    (lambda c: [v.lower() for v in settled(c)], "as it is first spelled"),
    (lambda c: [v.strip() for v, now in c if now and v.strip()], "each value comes once"),
    (lambda c: "30 days", "a list of values"), (lambda c: ["x"], "are not the different values"),
]


def front_where(beats):
    return lambda points: [not any(beats(a, b) for a in points) for b in points]


WRONG_FRONTS = [
    (front_where(lambda a, b: a[0] >= b[0] and a[1] >= b[1] and a != b), "a lower cost is better"),
    (front_where(lambda a, b: a[0] > b[0] and a[1] < b[1]), "as good and cheaper, or as cheap and better"),
    (front_where(lambda a, b: a[0] >= b[0] and a[1] <= b[1]), "two equal points"),
    (front_where(lambda a, b: a[0] > b[0]), "the cheapest is on the front"),
    (front_where(lambda a, b: a[1] < b[1]), "the best is on the front"),
    (front_where(lambda a, b: a[1] >= b[1] and a[0] <= b[0] and a != b), "a point is (quality, cost)"),
    (lambda points: [not any(a[0] >= b[0] and a[1] <= b[1] and a is not b for a in points) for b in points],
     "are not those that no other beats"),
    (lambda points: [True] * len(points), "are not those that no other beats"),
    (lambda points: [True], "for each point"), (lambda points: "no", "a list is wanted")]
WRONG_MENDED = [
    (lambda *given: given[0], "a name with a letter missing"), (lambda *given: given[0].split(), "as text"),
    (functools.partial(mended, exact=False), "what is a name already stays"),
    (lambda q, names, least: mended(q, names, 0.75), "what is not near enough stays"),
    (functools.partial(mended, fold=str), "case does not count"),
    (functools.partial(mended, sizes={2}), "more words than two"),
    (functools.partial(mended, whole=False), "signs and spaces between stay"),
    (functools.partial(mended, first=lambda exact, size, likeness, start: (exact, -size, likeness)),
     "longer names come first"),
    (functools.partial(mended, first=lambda exact, size, likeness, start: (exact, size, -likeness)),
     "of several near names the likeliest"),
    (functools.partial(mended, first=lambda exact, size, likeness, start: (exact, size, -start)),
     "of runs that overlap the likeliest")]


@pytest.mark.parametrize(("name", "wrong", "diagnosis"), [
    (name, wrong, diagnosis) for name, cases in {
        "front": WRONG_FRONTS, "mend": WRONG_MENDED, "difference": WRONG_DISTANCES, "settle": WRONG_SETTLED,
        "pagerank": WRONG_RANKS, "canonical": WRONG_NAMES,
        "mmr": WRONG_MMR, "risk_coverage": WRONG_CURVES,
        "fill_budget": WRONG_BUDGET, "expand_terms": WRONG_TERMS, "weighted_fusion": WRONG_FUSION,
        "in_force": WRONG_FORCE,
        "rrf": WRONG_RRF, "evidence_recall": WRONG_RECALL, "format_example": WRONG_FORMAT,
        "split_by_contract": WRONG_SPLIT, "paired_bootstrap": WRONG_BOOTSTRAP, "cost_per_correct": WRONG_COST,
    }.items() for wrong, diagnosis in cases])
def test_known_wrong_functions_are_diagnosed(capsys, name, wrong, diagnosis):
    line, returned = says(capsys, check.CHECKERS[name], wrong)
    assert line.startswith(f"[diagnosis] {name}: ") and diagnosis in line
    assert returned is check.CHECKERS[name].reference


REASON = "recall is highest within the token budget"
MEMO = {"arm": "rag", "reason": "its expected loss, with all costs, is smallest",
        "claims": {"rag - base": "helps", "sft_rag - rag": "inconclusive"}}
HIGH, LOWER, WIDE = (0.9, 0.85, 0.95), (0.5, 0.4, 0.6), (0.8, 0.7, 0.9)


@pytest.mark.parametrize(("name", "wrong", "context", "diagnosis"), [
    ("choose_k", (10, REASON), (TABLE, 500), "the budget is 500"),
    ("choose_k", (1, REASON), (TABLE, 500), "0.41 more can be had"),
    ("choose_k", (4, REASON), (TABLE, 500), "not in the table"),
    ("choose_k", (8, REASON), ([{"k": 5, "recall": 0.8, "tokens": 5}, {"k": 8, "recall": 0.8, "tokens": 8}], 9),
     "wasteful"),
    ("choose_k", (5, "because"), (TABLE, 500), "five different words"),
    ("choose_k", (5, "recall token recall token recall token"), (TABLE, 500), "five different words"),
    ("choose_k", (5, ...), (TABLE, 500), "number 2 of 2 is still missing"),
    ("choose_k", (5, "it simply looks best to me"), (TABLE, 500), "what k buys"),
    ("choose_k", (5, "it finds the most evidence of all"), (TABLE, 500), "what k costs"),
    ("choose_k", 5, (TABLE, 500), "a pair"),
    ("forgetting", "forgot", (HIGH, WIDE), "is not below"),
    ("forgetting", "kept", (HIGH, WIDE), "absence of proof"),
    ("forgetting", "kept", ((0.9, 0.89, 0.91), (0.87, 0.86, 0.88)), "do they meet"),
    ("forgetting", "kept", (HIGH, LOWER), "do they meet"),
    ("forgetting", "cannot tell", (HIGH, LOWER), "most cautious"),
    ("forgetting", "yes", (HIGH, LOWER), "say 'forgot', 'kept'"),
    ("forgetting", "forgot", (LOWER, HIGH), "is not below"),
    ("decide", MEMO | {"arm": "base"}, (ARMS, 0.05, DIFFERENCES), "the cheapest"),
    ("decide", MEMO | {"arm": "sft_rag"}, (ARMS, 0.05, DIFFERENCES), "errs least"),
    ("decide", MEMO, (ARMS, 5.0, DIFFERENCES), "smallest expected loss"),
    ("decide", MEMO | {"arm": "gpt"}, (ARMS, 0.05, DIFFERENCES), "not in the table"),
    ("decide", MEMO | {"claims": {"rag - base": "helps", "sft_rag - rag": "helps"}}, (ARMS, 0.05, DIFFERENCES),
     "abstain"),
    ("decide", MEMO | {"claims": {"rag - base": "hurts", "sft_rag - rag": "inconclusive"}}, (ARMS, 0.05, DIFFERENCES),
     "which side of 0"),
    ("decide", MEMO | {"claims": {"rag - base": "helps"}}, (ARMS, 0.05, DIFFERENCES), "a verdict for each"),
    ("decide", MEMO | {"reason": "it is just the nicest arm"}, (ARMS, 0.05, DIFFERENCES), "wrong answers cost"),
    *(("decide", MEMO | {"reason": reason}, (ARMS, 0.05, DIFFERENCES), said) for reason, said in (
        ("Loss is blah blah blah", "five different words"),
        ("I chose this because I like taking a risk", "what wrong answers cost"),
        ("I simply do not like wrong answers", "what is paid or saved"))),
    ("decide", MEMO | {"claims": {"rag - base": "inconclusive", "sft_rag - rag": "inconclusive"}},
     (ARMS, 0.05, {"rag - base": (0.06, 0.004, 0.12), "sft_rag - rag": (0.1, -0.02, 0.2)}),
     "Only the interval counts here: from 0.004 to 0.12, it lies wholly above 0"),
    ("decide", MEMO | {"claims": {"sft - base": "inconclusive"}}, (ARMS, 0.05, {"sft - base": (-0.06, -0.12, -0.004)}),
     "wholly below 0"),
    ("decide", MEMO | {"arm": None}, (ARMS, 0.05, DIFFERENCES), "not in the table"),
    ("decide", MEMO | {"arm": ...}, (ARMS, 0.05, DIFFERENCES), "'arm' is still missing"),
    ("decide", MEMO | {"claims": {"rag - base": "helps", "sft_rag - rag": ...}}, (ARMS, 0.05, DIFFERENCES),
     "'claims', 'sft_rag - rag' is still missing"),
    ("decide", "rag", (ARMS, 0.05, DIFFERENCES), "a memo"),
    ("predict", {"glossary": "helps", "HyDE": ...}, (("glossary", "HyDE"),), "'HyDE' is still missing"),
    ("audit", LABELS | {"C": ..., "D": ...}, (REPORTS,), "'C' is still missing"),
    ("predict", {"glossary": "helps"}, (("glossary", "HyDE"),), "no prediction for 'HyDE'"),
    ("predict", {"glossary": "helps", "hyde": "helps", "HyDE": "hurts"}, (("glossary", "HyDE"),), "not tested here"),
    ("predict", {"glossary": "helps", "HyDE": "no idea"}, (("glossary", "HyDE"),), "say one of helps"),
    ("predict", ["helps", "hurts"], (("glossary", "HyDE"),), "a dict"),
    ("audit", LABELS | {"B": "fine"}, (REPORTS,), "B is not fine"),
    ("audit", LABELS | {"C": "fine"}, (REPORTS,), "C is not fine"),
    ("audit", LABELS | {"D": "fine"}, (REPORTS,), "D is not fine"),
    ("audit", LABELS | {"E": "fine"}, (REPORTS,), "E is not fine"),
    ("audit", LABELS | {"A": "unequal tokens"}, (REPORTS,), "nothing in the row of A"),
    ("audit", LABELS | {"E": "chosen on test"}, (REPORTS,), "nothing in the row of E"),
    ("audit", LABELS | {"A": "good"}, (REPORTS,), "label A with one of"),
    ("audit", {"A": "fine"}, (REPORTS,), "labels each of"),
    ("audit_indexes", INDEX_LABELS | {"B": "fine"}, (INDEX_REPORTS,), "B is not fine"),
    ("audit_indexes", INDEX_LABELS | {"C": "fine"}, (INDEX_REPORTS,), "C is not fine"),
    ("audit_indexes", INDEX_LABELS | {"D": "fine"}, (INDEX_REPORTS,), "D is not fine"),
    ("audit_indexes", INDEX_LABELS | {"E": "fine"}, (INDEX_REPORTS,), "E is not fine"),
    ("audit_indexes", INDEX_LABELS | {"A": "other k"}, (INDEX_REPORTS,), "nothing in the row of A"),
    ("audit_indexes", INDEX_LABELS | {"A": "chosen on test"}, (INDEX_REPORTS,), "label A with one of"),
    ("audit_indexes", {"A": "fine"}, (INDEX_REPORTS,), "labels each of"),
    *(("audit_choice", CHOICE_LABELS | {name: "fine"}, (CHOICES,), f"{name} is not fine") for name in "BCDE"),
    ("audit_choice", CHOICE_LABELS | {"A": "half the price"}, (CHOICES,), "nothing in the row of A"),
    ("audit_choice", CHOICE_LABELS | {"A": "good"}, (CHOICES,), "label A with one of"),
    ("audit_choice", {"A": "fine"}, (CHOICES,), "labels each of"),
    *(("audit_computed", COMPUTED_LABELS | {name: "fine"}, (COMPUTED,), f"{name} is not fine") for name in "BCDE"),
    ("audit_computed", COMPUTED_LABELS | {"A": "units"}, (COMPUTED,), "nothing in the row of A"),
    ("audit_computed", COMPUTED_LABELS | {"A": "good"}, (COMPUTED,), "label A with one of"),
    ("audit_computed", {"A": "fine"}, (COMPUTED,), "labels each of"),
    *(("audit_triplets", TRIPLET_LABELS | {name: "fine"}, (TRIPLETS,), f"{name} is not fine") for name in "BCD"),
    ("audit_triplets", TRIPLET_LABELS | {"A": "not stated"}, (TRIPLETS,), "nothing in the row of A"),
    ("audit_triplets", {"A": "fine"}, (TRIPLETS,), "labels each of"),
    *(("audit_citations", CITATION_LABELS | {name: "fine"}, (CITATIONS,), f"{name} is not fine") for name in "BCDE"),
    ("audit_citations", CITATION_LABELS | {"A": "wrong passage"}, (CITATIONS,), "nothing in the row of A"),
    ("audit_citations", CITATION_LABELS | {"A": "good"}, (CITATIONS,), "label A with one of"),
    ("audit_citations", {"A": "fine"}, (CITATIONS,), "labels each of"),
])
def test_wrong_judgements_are_diagnosed(capsys, name, wrong, context, diagnosis):
    line, returned = says(capsys, check.CHECKERS[name], wrong, *context)
    assert line.startswith(f"[diagnosis] {name}: ") and diagnosis in line
    assert says(capsys, check.CHECKERS[name], returned, *context)[0].startswith("[passed]")


def rule_of_loss(forgot):
    """The right rule, except for what it takes for a loss."""
    def judge(before, after, margin):
        if forgot(before, after, margin):
            return "forgot"
        return "kept" if before[2] - after[1] < margin else "cannot tell"

    return judge


@pytest.mark.parametrize(("name", "wrong", "diagnosis"), [
    ("choose_k", lambda table, budget: (table[-1]["k"], REASON), "the budget is"),
    ("choose_k", lambda table, budget: (table[0]["k"], REASON), "more can be had"),
    ("forgetting", lambda before, after, margin: "forgot" if after[0] < before[0] else "kept", "is not below"),
    ("forgetting", lambda before, after, margin: "cannot tell", "most cautious"),
    ("forgetting", lambda before, after, margin: "forgot" if after[2] < before[1] else "kept", "absence of proof"),
    ("forgetting", rule_of_loss(lambda b, a, margin: b[1] > a[2] or b[2] < a[1]), "is not below"),
    ("forgetting", rule_of_loss(lambda b, a, margin: b[0] - a[0] > 0.2), "is not below"),
    ("forgetting", lambda before, after, margin: check.forgetting.reference(before, after), "margin of 0.01"),
    ("forgetting", lambda before, after, margin: check.forgetting.reference(before, after, 0.01), "most cautious"),
    ("audit", lambda reports: {row["report"]: "fine" for row in reports}, "is not fine"),
    ("audit_indexes", lambda reports: {row["report"]: "fine" for row in reports}, "is not fine"),
    ("audit_triplets", lambda reports: {row["report"]: "fine" for row in reports}, "is not fine"),
    ("audit_citations", lambda reports: {row["report"]: "fine" for row in reports}, "is not fine"),
    ("audit", lambda reports: {row["report"]: "unequal tokens" for row in reports}, "nothing in the row"),
    ("predict", lambda names: {}, "no prediction"),
    ("decide", lambda table, loss, differences: check.CHECKERS["decide"].reference(table, loss, differences) | {
        "arm": min(table, key=lambda row: row["wrong"])["arm"]}, "errs least"),
    ("decide", lambda table, loss, differences: check.CHECKERS["decide"].reference(table, loss, differences) | {
        "arm": min(table, key=lambda row: row["cost"])["arm"]}, "the cheapest"),
    ("decide", lambda table, loss, differences: check.CHECKERS["decide"].reference(table, loss, differences) | {
        "claims": {name: "helps" if d[0] > 0 else "hurts" for name, d in differences.items()}}, "abstain"),
])
def test_wrong_rules_of_judgement_are_diagnosed_on_seeded_inputs(capsys, name, wrong, diagnosis):
    line, returned = says(capsys, check.CHECKERS[name], wrong)
    assert line.startswith(f"[diagnosis] {name}: ") and diagnosis in line
    assert returned is check.CHECKERS[name].reference


# --- the framework --------------------------------------------------------------------------------------------------


def stub_dots(first, second, k=60):
    return ...


def stub_pass(first, second, k=60):
    pass


def stub_raises(first, second, k=60):
    raise NotImplementedError


def stub_with_a_start(first, second, k=60):
    scores = {}  # noqa: F841
    return ...


@pytest.mark.parametrize("stub", [None, ..., stub_dots, stub_pass, stub_raises, stub_with_a_start])
@pytest.mark.parametrize("name", ["rrf", "evidence_recall", "fill_budget", "expand_terms", "weighted_fusion",
                                  "risk_coverage"])
def test_an_untouched_stub_is_not_attempted(capsys, name, stub):
    line, returned = says(capsys, check.CHECKERS[name], stub)
    assert line.startswith(f"[not attempted] {name}: ")
    assert returned is check.CHECKERS[name].reference


@pytest.mark.parametrize("value", [..., None, (..., ...), {"arm": ..., "reason": ..., "claims": {}},
                                   {"arm": ..., "reason": ..., "claims": {"rag - base": ..., "sft_rag - rag": ...}}])
def test_an_untouched_judgement_is_not_attempted(capsys, value):
    assert says(capsys, check.decide, value, ARMS, 0.05, DIFFERENCES)[0].startswith("[not attempted]")


def test_a_half_filled_answer_of_a_function_is_said(capsys):
    line, returned = says(capsys, check.split_by_contract, lambda questions, share, seed: (questions, ...))
    assert line.startswith("[diagnosis] split_by_contract: number 2 of 2 is still missing")
    assert returned is check.split_by_contract.reference
    assert says(capsys, check.split_by_contract, lambda *case: (..., ...))[0].startswith("[not attempted]")


def test_a_split_that_rests_on_plain_text_is_not_called_one_that_rests_on_a_set(capsys):
    def split_by_contract(questions, share, seed):
        contracts = [str(name) for name in np.unique([q.cluster for q in questions])]
        held_out = dict.fromkeys(contracts, False) | dict.fromkeys(
            random.Random(seed).sample(contracts, round(share * len(contracts))), True)
        return [q for q in questions if not held_out[q.cluster]], [q for q in questions if held_out[q.cluster]]

    assert says(capsys, check.split_by_contract, split_by_contract)[0].startswith("[passed]")


def test_a_forgotten_return_is_said(capsys):
    def rrf(first, second):
        scores = dict.fromkeys(first, 0)
        scores.update(dict.fromkeys(second, 1))

    assert "`return` missing" in says(capsys, check.rrf, rrf)[0]


def test_an_exception_names_itself_and_the_line(capsys):
    def rrf(first, second):
        scores = {}
        for rank, item in enumerate(first):
            scores[item] += 1 / (60 + rank)
        return scores

    line, returned = says(capsys, check.rrf, rrf)
    assert "KeyError" in line and "line 4 of rrf" in line and "scores[item] += 1" in line
    assert __file__ not in line and returned is check.rrf.reference


@pytest.mark.parametrize("student", [lambda a, b: exit(), lambda a: a, lambda a, b: a.nothing, lambda a, b: object(),
                                     [1, 2], "rrf", dict, print])
@pytest.mark.parametrize("name", sorted(check.CHECKERS))
def test_nothing_that_a_student_hands_in_crashes(capsys, name, student):
    line, _ = says(capsys, check.CHECKERS[name], student, *CONTEXTS.get(name, ()))
    assert line.startswith("[diagnosis] ")


def test_what_the_student_prints_is_held_back(capsys):
    def rrf(first, second, k=60):
        print("many\nlines")
        return fuse(first, second, k)

    assert says(capsys, check.rrf, rrf)[0].startswith("[passed]")


def test_a_library_that_lacks_something_is_no_untouched_stub(capsys):
    def rrf(first, second):
        return io_without_seek().seek(0)

    import io

    def io_without_seek():
        return io.RawIOBase()

    assert says(capsys, check.rrf, rrf)[0].startswith("[diagnosis]")


def test_ctrl_c_is_not_swallowed():
    def rrf(first, second):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check.rrf(rrf)


def test_an_author_who_forgets_the_numbers_is_told():
    with pytest.raises(LabsError, match="pass them after it"):
        check.choose_k((5, REASON))
    with pytest.raises(LabsError, match="column tokens"):
        check.choose_k((5, REASON), TABLE.drop(columns="tokens"), 500)
    with pytest.raises(LabsError, match="raise the budget"):
        check.choose_k((5, REASON), TABLE, 1)


def test_the_references_agree_with_hand_computed_values():
    assert check.rrf.reference(["a", "b", "c"], ["x", "y", "c"])[0] == "c"
    assert check.evidence_recall.reference([(0, 10), (5, 12)], [(8, 18)]) == 0.4
    frame = pd.DataFrame({"tokens_in": [1000, 1000], "tokens_out": [100, 300], "correct": [True, False]})
    assert math.isclose(check.cost_per_correct.reference(frame, 2.0, 10.0), (2000 * 2 + 400 * 10) / 1e6)
    assert check.fill_budget.reference([(400, 20, 100), (300, 30, 80)], 170) == [400, 75]
    # a: 0.6 * 1; b: 0.6 * 0.5 + 0.4 * 1; c: 0.4 * 0 + 0.6 * 0
    lists = [{"a": 9, "b": 7, "c": 5}, {"b": 0.9, "c": 0.1}]
    assert check.weighted_fusion.reference(lists, [0.6, 0.4]) == ["b", "a", "c"]
    texts = [("fee", "new", "2021-05-01"), ("fee", "old", "2020-01-01"), ("term", "only", "2022-01-01")]
    assert check.in_force.reference(texts, "2021-05-01") == ["new"]
    assert check.expand_terms.reference("Green fence?", {"green fence": "a cap"}) == "Green fence (a cap)?"
    low, high = check.paired_bootstrap.reference([1.0] * 8 + [0.0] * 8, ["a"] * 8 + ["b"] * 8)
    assert (low, high) == (0.0, 1.0)


def test_a_corpus_without_questions_cannot_be_split():
    with pytest.raises(LabsError, match="questions.jsonl"):
        check.split_by_contract.reference([], 0.6, 0)
