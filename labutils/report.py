"""One self-contained HTML page that says what the benchmark found.

Every number is computed here from the results table and the price file, and every sentence of the answer is composed
from verdicts: nothing is typed in. Documents and model output are untrusted, so Jinja2 escapes all of it, and the
page's own content policy forbids scripts and network access.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from labutils import prices, roi, stats
from labutils.errors import LabsError

CONTRASTS = (("rag", "base"), ("sft", "base"), ("rag", "sft"), ("sft_rag", "rag"), ("sft_rag", "sft"))
SPLITS = {"known": "contracts that training has seen, asked in other words",
          "test": "contracts that no training touched",
          "dev": "contracts used to choose settings", "train": "the training questions themselves"}
COMPARED = ("known", "test")
ARMS = {"base": "the model alone", "rag": "RAG", "sft": "fine-tuning alone", "sft_rag": "fine-tuning + RAG"}
REQUIRED = ("arm", "question_id", "family", "split", "cluster", "abstained", "correct", "well_formed",
            "evidence_recall", "tokens_in", "tokens_out", "retrieve_ms", "generate_ms", "model",
            "corpus_hash", "config_hash", "seed")
# What we expected before running, for the smallest difference that the questions can show.
PLANNED_DISCORDANT, PLANNED_ICC = 0.4, 0.2
# (untuned, tuned) price rows to show the cost at; the last pair charges twice as much for the tuned model.
PRICE_PAIRS = (("llama-8b-fireworks", "llama-8b-fireworks"), ("llama-3.1-8b-together", "llama-3.1-8b-together"),
               ("llama-3-8b-bedrock", "llama-3-8b-bedrock"), ("gpt-4o-mini", "gpt-4o-mini-finetuned"))


def build_report(results: pd.DataFrame, out: Path, context: Mapping[str, Any]) -> Path:
    """Write `out`/index.html (or `out` itself if it ends in .html) and return its path.

    `results` is the results table. `context` may hold: machine, timings (seconds), versions (mappings), training
    (mapping with seconds and tries), command (str), assumptions (roi.Assumptions). Raises LabsError on a table that
    lacks a column, has no row, or repeats a question within an arm. The file appears whole or not at all.
    """
    summary = summarize(results, context)
    page = render(summary, draw(results, summary))
    path = Path(out) if Path(out).suffix == ".html" else Path(out) / "index.html"
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(page, encoding="utf-8", newline="\n")
        os.replace(partial, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise LabsError(f"The report cannot be written to {path.parent.name}: {error.strerror}. "
                        "Free some space or choose another folder.") from error
    return path


def summarize(results: pd.DataFrame, context: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the page shows but its pictures, as plain numbers, Differences and sentences."""
    _check(results)
    assumptions = context.get("assumptions") or roi.Assumptions()
    training = _training(context.get("training"))
    table = prices.load_prices()
    names = [name for name in [*SPLITS, *sorted(set(results["split"]) - set(SPLITS))] if
             name in set(results["split"])]
    splits = [_split(results[results["split"] == name], name, assumptions, training, table) for name in names]
    adjust([row for split in splits for row in split["contrasts"]])
    used = {assumptions.price_item, assumptions.tuned_price_item, assumptions.cpu_item, assumptions.expert_item}
    return {
        "answer": answer(splits, assumptions, results), "splits": splits, "run": _what_was_run(results, names),
        "assumptions": assumptions.describe(), "assumptions_used": assumptions,
        "queries": assumptions.queries_per_month, "months": assumptions.horizon_months, "training": training,
        "training_measured": bool(context.get("training")), "training_usd": training.usd(assumptions, table),
        "prices": table[table["item"].isin(used)].to_dict("records"),
        "machine": dict(context.get("machine") or {}), "versions": dict(context.get("versions") or {}),
        "timings": {name: duration(float(value)) for name, value in (context.get("timings") or {}).items()},
        "command": context.get("command") or "make run", "discordant": PLANNED_DISCORDANT, "icc": PLANNED_ICC}


def compare(frame: pd.DataFrame) -> tuple[list[dict[str, Any]], list[str]]:
    """The planned contrasts on one split: rows with difference, p (by contract), holm, mcnemar; and what was left out.

    Holm's adjustment covers the contrasts of this split; `summarize` repeats it over those of all splits.
    """
    rows, left_out, arms = [], [], set(frame["arm"])
    for a, b in CONTRASTS:
        if not {a, b} <= arms:
            missing = sorted({a, b} - arms)
            left_out.append(f"{a} minus {b}: {' and '.join(missing)} {'was' if len(missing) == 1 else 'were'} not run.")
            continue
        try:
            rows.append({"difference": stats.paired_difference(frame, a, b), "mcnemar": stats.mcnemar(frame, a, b),
                         "p": stats.permutation_p(frame, a, b)})
        except LabsError as error:
            left_out.append(f"{a} minus {b}: {error}")
    adjust(rows)
    return rows, left_out


def adjust(rows: list[dict[str, Any]]) -> None:
    """Put Holm's adjustment of their p-values, as one family of comparisons, into the rows."""
    for row, value in zip(rows, stats.holm({str(i): row["p"] for i, row in enumerate(rows)}).values(), strict=True):
        row["holm"] = value


def headline(frame: pd.DataFrame, economics: Mapping[str, roi.Economics],
             usd_per_query: pd.Series) -> list[dict[str, Any]]:
    """One row per arm of one split: quality with intervals, rates, mean tokens, latency (ms), cost (USD)."""
    rows = []
    for arm, part in frame.groupby("arm", sort=False):
        wrong = part.assign(wrong=~part["correct"].astype(bool) & ~part["abstained"].astype(bool))
        latency = part["retrieve_ms"].astype(float).fillna(0) + part["generate_ms"].astype(float)
        recall = part["evidence_recall"].astype(float)
        rows.append({
            "arm": arm, "n": len(part), "correct": _interval(part, "correct"),
            "wrong": _interval(wrong, "wrong"),
            "abstained": float(part["abstained"].astype(float).mean()),
            "malformed": float(1 - part["well_formed"].astype(float).mean()),
            "evidence_recall": None if arm not in roi.RETRIEVING or recall.isna().all() else float(recall.mean()),
            "tokens_in": float(part["tokens_in"].mean()), "tokens_out": float(part["tokens_out"].mean()),
            "p50": float(latency.quantile(0.5)), "p95": float(latency.quantile(0.95)),
            "usd_per_1000": 1000 * float(usd_per_query[part.index].mean()),
            "cost_per_correct": economics[str(arm)].cost_per_correct_usd})
    return rows


def supported_arms(rows: list[dict[str, Any]]) -> list[str]:
    """The arms that the planned comparisons support, in the order of ARMS; several where none is shown to lead.

    From the model alone, every step to an arm that is shown to be better; less the arms that one of these is shown to
    beat. Shown: the interval of the difference and its p-value after Holm agree. ["base"] if no step is.
    """
    shown = set()
    for row in rows:
        d = row["difference"]
        if d.verdict != "inconclusive" and row["holm"] < 0.05:
            shown.add((d.a, d.b) if d.verdict == "helps" else (d.b, d.a))
    reached, new = set(), {"base"}
    while new:
        reached |= new
        new = {better for better, worse in shown if worse in reached} - reached
    unbeaten = {arm for arm in reached if not any((other, arm) in shown for other in reached)}
    return [arm for arm in ARMS if arm in (unbeaten or reached)]


def answer(splits: list[dict[str, Any]], assumptions: roi.Assumptions, results: pd.DataFrame) -> list[str]:
    """The sentences that open the page, composed from the verdicts; the first one is the short answer."""
    compared = [split for split in splits if split["contrasts"]]
    if not compared:
        return ["This run cannot say which approach is better: " + " ".join(
            dict.fromkeys(text for split in splits for text in split["left_out"]))]
    sentences = [" ".join(_short(split) for split in compared)]
    for split in compared:
        found = "; ".join(_finding(row) for row in split["contrasts"])
        sentences.append(f"On {split['label']} ({split['n']} questions, {split['clusters']} clusters): {found}.")
        gains = {(d.a, d.b) for d in (row["difference"] for row in split["contrasts"]) if d.verdict == "helps"}
        if split["name"] == "test" and ("sft", "base") in gains:
            sentences.append("A gain of fine-tuning alone on contracts it never saw is a gain in skill (format, "
                             "labels, knowing when to abstain) or a leak: the table by family tells which.")
    last = next((split for split in compared if split["name"] == "test"), compared[-1])
    sentences += [*(_money(split, assumptions) for split in compared), _how_sure(last, results)]
    return sentences


def draw(results: pd.DataFrame, summary: Mapping[str, Any]) -> dict[str, dict[str, dict[str, str]]]:
    """Split -> figure name -> {src: data address, alt: the figure in words}, for the compared splits."""
    return {split["name"]: _figures(results[results["split"] == split["name"]], split, summary["assumptions_used"])
            for split in summary["splits"] if split["compared"]}


def render(summary: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """The page as HTML."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
                                     lstrip_blocks=True)
    environment.filters.update(usd=usd, pct=percent, p=p_value, signed=stats.signed)
    return environment.from_string(TEMPLATE).render(**summary, figures=figures)


def usd(value: float | None) -> str:
    """Dollars with as many digits as the amount deserves; "never" amounts (infinite) and None read as words."""
    if value is None:
        return "–"
    if math.isinf(value):
        return "no correct answer"
    size = abs(value)
    digits = 0 if size >= 100 else 2 if size >= 0.1 or size == 0 else _places(size)
    text = f"{size:,.{digits}f}"
    return ("−" if value < 0 and float(text.replace(",", "")) else "") + "$" + text


def percent(value: float | None) -> str:
    """A share as a percentage without decimals."""
    return "–" if value is None else f"{value:.0%}"


def p_value(value: float) -> str:
    """A p-value to three decimals, never a bare zero."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def duration(seconds: float) -> str:
    """Seconds in words: "3.4 s", "2 min 05 s", "1 h 02 min"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _check(results: pd.DataFrame) -> None:
    missing = [name for name in REQUIRED if name not in results.columns]
    if missing:
        raise LabsError(f"The results table lacks the column(s) {', '.join(missing)}. Run the benchmark again.")
    if results.empty:
        raise LabsError("The results table has no rows. Run the benchmark first.")
    again = results[results.duplicated(["arm", "question_id"])]
    if len(again):
        raise LabsError(f"The results table answers question {again.iloc[0]['question_id']!r} twice in arm "
                        f"{again.iloc[0]['arm']!r}. Report one seed and one run at a time.")


def _training(given: Mapping[str, Any] | None) -> roi.Training:
    given = given or {}
    return roi.Training(float(given.get("seconds", 0.0)), int(given.get("tries", 1)))


def _interval(part: pd.DataFrame, metric: str) -> stats.Interval:
    return stats.mean_interval(part, metric)


def _split(frame: pd.DataFrame, name: str, assumptions: roi.Assumptions, training: roi.Training,
           table: pd.DataFrame) -> dict[str, Any]:
    """All numbers and figures of one split."""
    contrasts, left_out = compare(frame) if name in COMPARED else ([], [])
    economics = roi.economics(frame, assumptions, training, table)
    usd_per_query = roi.cost_per_query(frame, assumptions, table)
    rows = headline(frame, economics, usd_per_query)
    n, clusters = frame["question_id"].nunique(), frame["cluster"].nunique()
    sizes = frame.groupby("cluster")["question_id"].nunique().tolist()
    split = {"name": name, "label": SPLITS.get(name, name), "n": n, "clusters": clusters, "contrasts": contrasts,
             "left_out": left_out, "rows": rows, "economics": list(economics.values()), "compared": name in COMPARED,
             "detectable": stats.minimum_detectable_effect(sizes, PLANNED_DISCORDANT, PLANNED_ICC)}
    if split["compared"]:
        split |= {"worth": [], "break_even": [],
                  "sensitivity": roi.price_sensitivity(frame, PRICE_PAIRS, assumptions, table).to_dict("records")}
        if contrasts:
            split["worth"] = roi.uncertainty(frame, assumptions, training, table).to_dict("records")
            worth = frame.assign(net_usd=roi.net_per_query(frame, assumptions, table))
            split["break_even"] = [_break_even(worth, economics.get(a, roi.NOTHING), economics.get(b, roi.NOTHING),
                                               assumptions)
                                   for a, b in [*((arm, roi.NONE) for arm in economics), *_pairs(contrasts)]]
    return split


def _figures(frame: pd.DataFrame, split: Mapping[str, Any],
             assumptions: roi.Assumptions) -> dict[str, dict[str, str]]:
    """Name -> {src, alt}; matplotlib is loaded only here."""
    from labutils import plots

    usd_per_query = roi.cost_per_query(frame, assumptions)
    label = f"{split['name']}: {split['label']}"
    figures = {}
    if split["contrasts"]:
        figures["forest"] = plots.forest([row["difference"] for row in split["contrasts"]], label)
    points = []
    for row in split["rows"]:
        part = frame[frame["arm"] == row["arm"]]
        said = stats.mean_interval(roi.outcomes(part).assign(cluster=part["cluster"]), "a")
        cost = stats.mean_interval(part.assign(usd=usd_per_query[part.index]), "usd") if split["clusters"] > 1 else None
        if cost and cost.low > 0:
            points.append({"arm": row["arm"], "quality": said.estimate, "quality_low": said.low,
                           "quality_high": said.high, "cost": cost.estimate, "cost_low": cost.low,
                           "cost_high": cost.high})
    if points:
        figures["cost"] = plots.quality_cost(pd.DataFrame(points), label, "share right, abstentions left out")
    figures["families"] = plots.family_heatmap(frame, title=f"Share correct by family, {split['name']}")
    figures["stages"] = plots.waterfall(plots.error_stages(frame), f"Where answers are lost, {split['name']}")
    return {name: {"src": plots.data_uri(figure), "alt": plots.alt_text(figure)} for name, figure in figures.items()}


def _pairs(contrasts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["difference"].a, row["difference"].b) for row in contrasts]


def _break_even(worth: pd.DataFrame, a: roi.Economics, b: roi.Economics, assumptions: roi.Assumptions) -> dict[str, Any]:
    """Where two choices are worth the same, with its interval; a caution where a query is not shown to be worth more.

    `worth` is the results table with the column net_usd; the second choice may be to do nothing.
    """
    gain = (stats.mean_interval(worth[worth["arm"] == a.arm], "net_usd") if b.arm == roi.NONE
            else stats.paired_difference(worth, a.arm, b.arm, "net_usd"))
    found = roi.break_even_volume(a, b, assumptions.horizon_months)
    open_ = gain.low <= 0 <= gain.high
    return {"a": a.arm, "b": b.arm, "volume": found.volume,
            "interval": roi.break_even_interval(a, b, assumptions.horizon_months, gain),
            "reason": found.reason + ("; but the interval of the gain per query holds 0" if open_ else "")
            + ("; another training of the adapter may turn it" if roi.TUNED & {a.arm, b.arm} else ""),
            "loss": roi.break_even_loss(a, b, assumptions)}


def _what_was_run(results: pd.DataFrame, names: list[str]) -> list[tuple[str, str]]:
    """(what, value) pairs about the run, straight from the table."""
    def several(column: str) -> str:
        return ", ".join(map(str, dict.fromkeys(results[column])))

    counts = [f"{name}: {part['question_id'].nunique()} in {part['cluster'].nunique()} clusters"
              for name in names for part in [results[results["split"] == name]]]
    return [("model", several("model")), ("arms", several("arm")), ("questions", "; ".join(counts)),
            ("families", several("family")), ("corpus hash", several("corpus_hash")),
            ("configuration hash", several("config_hash")), ("seed", several("seed"))]


def _short(split: Mapping[str, Any]) -> str:
    """The short answer for one split."""
    arms = supported_arms(split["contrasts"])
    if arms == ["base"]:
        return f"On {split['label']}, no approach is shown to beat the model alone."
    text = f"On {split['label']}, the evidence supports {', and also '.join(ARMS[arm] for arm in arms)}"
    return text + (", and does not show which of them is better." if len(arms) > 1 else ".")


def _finding(row: Mapping[str, Any]) -> str:
    d = row["difference"]
    a, b = ARMS[d.a], ARMS[d.b]
    numbers = f"{stats.signed(d.estimate)} [{stats.signed(d.low)}, {stats.signed(d.high)}]"
    if d.verdict == "inconclusive":
        return f"between {a} and {b} no difference is shown ({numbers})"
    doubt = "" if row["holm"] < 0.05 else f", not beyond doubt once all comparisons count (Holm p = {row['holm']:.2f})"
    doubt += ", with this adapter" if roi.TUNED & {d.a, d.b} else ""
    return f"{a} gets {'more' if d.verdict == 'helps' else 'fewer'} right than {b} ({numbers}{doubt})"


def _money(split: Mapping[str, Any], assumptions: roi.Assumptions) -> str:
    """Cost per correct answer, monthly worth of the choice that leads, and how often it comes out best."""
    by_arm = {each.arm: each for each in split["economics"]}
    reachable = [each for each in by_arm.values() if math.isfinite(each.cost_per_correct_usd)]
    if not reachable:
        return f"On {split['label']}, no arm gave a correct answer, so there is no cost per correct answer."
    cheapest = min(reachable, key=lambda each: each.cost_per_correct_usd)
    worth = {row["arm"]: row for row in split["worth"]}
    best = max(worth.values(), key=lambda row: row["p_best"])
    text = (f"In money, on {split['label']}, at {assumptions.queries_per_month:,.0f} queries a month over "
            f"{assumptions.horizon_months} months and the assumptions listed below, the cheapest correct answer comes from "
            f"{_choice(cheapest.arm)} ({usd(cheapest.cost_per_correct_usd)}, labor included), and ")
    # The same 95% as everywhere on the page: below it the ranking is open, and saying "best" would hide that.
    text += f"the choice worth most is {_choice(best['arm'])}" if best["p_best"] >= 0.95 else (
        f"no choice is clearly worth most: {_choice(best['arm'])} leads")
    text += f", best in {best['p_best']:.0%} of the resampled sets of contracts"
    if best["arm"] != roi.NONE:
        text += f" ({usd(best['monthly_usd'])} a month, 95% interval {usd(best['low'])} to {usd(best['high'])})"
    tolerance = by_arm[best["arm"]].loss_tolerance_usd if best["arm"] != roi.NONE else None
    if tolerance is not None and tolerance >= 0:
        text += f"; it pays while a wrong answer costs less than {usd(tolerance)}"
    return text + "."


def _choice(arm: str) -> str:
    return "doing nothing" if arm == roi.NONE else ARMS.get(arm, arm)


def _how_sure(split: Mapping[str, Any], results: pd.DataFrame) -> str:
    models = ", ".join(map(str, dict.fromkeys(results["model"])))
    seeds = ", ".join(map(str, dict.fromkeys(results["seed"])))
    seen = max(stats.resolved_effect(row["difference"]) for row in split["contrasts"])
    return (f"How sure? Intervals resample whole contracts, so they speak for other contracts of this kind, not for "
            f"another model or training run (here: {models}; seed {seeds}). With {split['n']} questions in "
            f"{split['clusters']} clusters and the spread that they showed, differences smaller than {seen:.2f} were "
            "likely to stay unseen; \"no difference is shown\" does not mean equal.")


def _places(size: float) -> int:
    """Decimals that leave two significant digits."""
    return min(9, 1 - math.floor(math.log10(size)))


TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>RAG, fine-tuning or both?</title>
<style>
:root { color-scheme: light dark; --page: #ffffff; --ink: #1c1e21; --soft: #5c6068; --line: #d9d7cf; --tint: #f4f2ea;
  --helps: #005a8e; --hurts: #a84300; --link: #005a8e; }
@media (prefers-color-scheme: dark) { :root { --page: #16181c; --ink: #e8e6e0; --soft: #a9adb5; --line: #3a3e46;
  --tint: #20242b; --helps: #6fc1f2; --hurts: #ff9a5c; --link: #8ccbf5; } }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.2rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .8rem; } h2 { font-size: 1.25rem; margin: 2.4rem 0 .5rem; }
h3 { font-size: 1.02rem; margin: 1.5rem 0 .4rem; }
a { color: var(--link); } .note { color: var(--soft); font-size: .9rem; }
.answer { background: var(--tint); border-left: 4px solid var(--helps); padding: .9rem 1.1rem; }
.answer p { margin: 0; } .answer ul { margin: .6rem 0 0; padding-left: 1.2rem; } .answer li { margin: .35rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .3rem 0; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { padding: .3rem .65rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th { font-weight: 600; } th:first-child, td:first-child, .text td, .text th { text-align: left; }
td.words, th.words { text-align: left; }
.helps { color: var(--helps); font-weight: 600; } .hurts { color: var(--hurts); font-weight: 600; }
.assumed { color: var(--hurts); }
figure { margin: .8rem 0 1.4rem; } figure img { max-width: 100%; height: auto; border-radius: 6px; }
figcaption, details { color: var(--soft); font-size: .88rem; } code { background: var(--tint); padding: .1rem .3rem; }
pre { background: var(--tint); padding: .7rem 1rem; overflow-x: auto; }
</style>
</head>
<body>
{% macro picture(image, caption) %}
<figure><img src="{{ image.src }}" alt="{{ image.alt }}">
<figcaption>{{ caption }}</figcaption>
<details><summary>The figure in words</summary>{{ image.alt }}</details></figure>
{% endmacro %}
{% macro pairs(items, caption) %}
<div class="scroll"><table class="text"><caption>{{ caption }}</caption>
{% for name, value in items %}
<tr><th scope="row">{{ name }}</th><td>{{ value }}</td></tr>
{% else %}
<tr><td>not recorded</td></tr>
{% endfor %}
</table></div>
{% endmacro %}
<h1>RAG, fine-tuning or both, at what cost, and how sure are we?</h1>
<div class="answer" id="answer"><p><strong>{{ answer[0] }}</strong></p>
{% if answer[1:] %}
<ul>{% for sentence in answer[1:] %}<li>{{ sentence }}</li>{% endfor %}</ul>
{% endif %}
</div>

<h2 id="run">What was run</h2>
{{ pairs(run, "From the results table") }}
<p class="note">Arms: base = the model alone, closed book; rag = it reads retrieved passages; sft = closed book with a
LoRA adapter; sft_rag = adapter and passages. All arms answer the same questions.</p>

<h2 id="headline">Headline</h2>
{% for split in splits %}
<div class="scroll"><table><caption>{{ split.name }}: {{ split.label }}; {{ split.n }} questions in
{{ split.clusters }} clusters</caption>
<thead><tr><th scope="col">arm</th><th scope="col">correct [95%]</th><th scope="col">wrong [95%]</th>
<th scope="col">abstained</th><th scope="col">malformed</th><th scope="col">evidence found</th>
<th scope="col">tokens in / out</th><th scope="col">latency p50 / p95</th><th scope="col">per 1,000 queries</th>
<th scope="col">per correct answer</th></tr></thead><tbody>
{% for row in split.rows %}
<tr><th scope="row">{{ row.arm }}</th><td>{{ row.correct }}</td><td>{{ row.wrong }}</td>
<td>{{ row.abstained|pct }}</td><td>{{ row.malformed|pct }}</td><td>{{ row.evidence_recall|pct }}</td>
<td>{{ "%.0f"|format(row.tokens_in) }} / {{ "%.1f"|format(row.tokens_out) }}</td>
<td>{{ "%.0f"|format(row.p50) }} / {{ "%.0f"|format(row.p95) }} ms</td><td>{{ row.usd_per_1000|usd }}</td>
<td>{{ row.cost_per_correct|usd }}</td></tr>
{% endfor %}
</tbody></table></div>
{% endfor %}
<p class="note">A cluster is a contract, for questions on all contracts the matter asked. Intervals resample clusters
(2,000 draws); where all answers are right or all are wrong, Wilson's
interval counts each contract once. Wrong: neither right nor abstained, made up or copied from the wrong passage.
Evidence found: share of the gold characters that were retrieved, over questions that have evidence. Latency: retrieval plus generation, per question as metered on
this machine. Per 1,000 queries: variable cost; per correct answer: all costs, labor included, over
{{ months }} months; right abstentions are not among these answers.</p>

<h2 id="differences">Paired differences</h2>
{% for split in splits if split.compared %}
{% if split.contrasts %}
{{ picture(figures[split.name].forest,
  "Planned contrasts on the share correct; circle: helps, cross: hurts, square: inconclusive.") }}
<div class="scroll"><table><caption>Planned contrasts, {{ split.name }}</caption>
<thead><tr><th scope="col">contrast</th><th scope="col">difference [95%]</th><th scope="col">verdict</th>
<th scope="col">p by contract</th><th scope="col">Holm p</th><th scope="col">only first right</th>
<th scope="col">only second right</th><th scope="col">McNemar p</th></tr></thead><tbody>
{% for row in split.contrasts %}
{% set d = row.difference %}
<tr><th scope="row">{{ d.a }} minus {{ d.b }}</th>
<td>{{ d.estimate|signed }} [{{ d.low|signed }}, {{ d.high|signed }}]</td>
<td class="{{ d.verdict }}">{{ d.verdict }}</td>
<td>{{ row.p|p }}</td><td>{{ row.holm|p }}</td><td>{{ row.mcnemar.only_a }}</td><td>{{ row.mcnemar.only_b }}</td>
<td>{{ row.mcnemar.p_value|p }}</td></tr>
{% endfor %}
</tbody></table></div>
{% endif %}
{% for text in split.left_out %}
<p class="note">Left out, {{ split.name }}: {{ text }}</p>
{% endfor %}
<p class="note">Planned before the run: smallest difference that {{ split.n }} questions in {{ split.clusters }}
clusters can be expected to show (80% power): {{ "%.2f"|format(split.detectable) }}, if {{ discordant|pct }} of the
questions are discordant and answers within a contract correlate by {{ icc }}.</p>
{% endfor %}
<p class="note">p by contract: sign-flip test that flips whole contracts; Holm adjusts it for all contrasts on this
page. McNemar's exact test counts questions as independent and is shown for comparison.</p>

<h2 id="cost">Quality against cost</h2>
{% for split in splits if split.compared and figures[split.name].cost is defined %}
{{ picture(figures[split.name].cost,
  "Up is better, left is cheaper. Dashed: no other arm is both better and cheaper. Variable cost only. An abstention is
no right answer here: who gets it can't tell one that is right from one in vain.") }}
{% endfor %}

<h2 id="families">By question family</h2>
{% for split in splits if split.compared %}
{{ picture(figures[split.name].families, "Hatched cells have fewer than 5 questions.") }}
{{ picture(figures[split.name].stages, "Each question counts once, at the first stage that failed it.") }}
{% endfor %}

<h2 id="roi">First return on investment</h2>
<p>Quality, tokens and times are measured; amounts of money outside the price file are assumptions, listed below. Change
them before you decide anything.
{% if training_measured %}
Training was measured: {{ "%.0f"|format(training.seconds) }} s a run, {{ training.tries }}
{{ "try" if training.tries == 1 else "tries" }}, {{ training_usd|usd }} of computing in all; what was
tried before the recipe stood is not counted.
{% else %}
<strong>The training time was not recorded: computing for training counts as $0.</strong>
{% endif %}</p>
{% for split in splits if split.compared %}
<h3>{{ split.name }}: {{ split.label }}</h3>
<div class="scroll"><table><caption>At {{ "{:,.0f}".format(queries) }} queries a month, {{ months }} months</caption>
<thead><tr><th scope="col">arm</th><th scope="col">correct / abstained / wrong</th><th scope="col">net per query</th>
<th scope="col">one-off</th><th scope="col">fixed a month</th><th scope="col">worth a month, before one-off</th>
<th scope="col">payback</th>
<th scope="col">NPV</th><th scope="col">pays while a wrong answer costs less than</th></tr></thead><tbody>
{% for e in split.economics %}
<tr><th scope="row">{{ e.arm }}</th><td>{{ e.correct|pct }} / {{ e.abstained|pct }} / {{ e.wrong|pct }}</td>
<td>{{ e.net_per_query_usd|usd }}</td><td>{{ e.one_off_usd|usd }}</td><td>{{ e.monthly_usd|usd }}</td>
<td>{{ e.monthly_value_usd|usd }}</td>
<td>{{ "month " ~ e.payback_month if e.payback_month is not none else "not within " ~ months ~ " months" }}</td>
<td>{{ e.npv_usd|usd }}</td>
<td>{{ "never wrong" if e.loss_tolerance_usd is none else "never" if e.loss_tolerance_usd < 0
  else e.loss_tolerance_usd|usd }}</td>
</tr>
{% endfor %}
</tbody></table></div>
{% if split.worth %}
<div class="scroll"><table><caption>How sure is the ranking? Contracts resampled, the same draw in all arms</caption>
<thead><tr><th scope="col">choice</th><th scope="col">worth a month, one-off spread [95%]</th>
<th scope="col">P(best)</th>
<th scope="col">expected regret a month</th></tr></thead><tbody>
{% for row in split.worth %}
<tr><th scope="row">{{ row.arm }}</th><td>{{ row.monthly_usd|usd }} [{{ row.low|usd }}, {{ row.high|usd }}]</td>
<td>{{ row.p_best|pct }}</td><td>{{ row.regret_usd|usd }}</td></tr>
{% endfor %}
</tbody></table></div>
<div class="scroll"><table><caption>Where two arms are worth the same</caption>
<thead><tr><th scope="col">choices</th><th scope="col">queries a month [95%]</th><th scope="col" class="words">reading</th>
<th scope="col">loss on a wrong answer</th></tr></thead><tbody>
{% for row in split.break_even %}
<tr><th scope="row">{{ row.a }} and {{ row.b }}</th>
<td>{{ "never" if row.volume is none else "{:,.0f}".format(row.volume) }}
{%- if row.interval %} [{{ "{:,.0f}".format(row.interval[0]) }}, {{ "{:,.0f}".format(row.interval[1]) }}]{% endif %}</td>
<td class="words">{{ row.reason }}</td>
<td>{{ "at none" if row.loss is none else row.loss|usd }}</td></tr>
{% endfor %}
</tbody></table></div>
{% endif %}
<div class="scroll"><table><caption>Variable cost of 1,000 queries at other price rows</caption>
<thead><tr><th scope="col">untuned / tuned model priced as</th>
{% for row in split.rows %}<th scope="col">{{ row.arm }}</th>
{% endfor %}</tr></thead><tbody>
{% for row in split.sensitivity %}
<tr><th scope="row">{{ row.untuned }}{{ "" if row.untuned == row.tuned else " / " ~ row.tuned }}</th>
{% for arm in split.rows %}<td>{{ (1000 * row[arm.arm])|usd }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
{% endfor %}
<h3>Assumptions</h3>
<div class="scroll"><table class="text"><thead><tr><th scope="col">assumption</th><th scope="col">value</th>
<th scope="col">why</th></tr></thead><tbody>
{% for name, value, why in assumptions %}
<tr><th scope="row">{{ name }}</th><td>{{ value }}</td><td>{{ why }}</td></tr>
{% endfor %}
</tbody></table></div>
<h3>Prices used</h3>
<div class="scroll"><table class="text"><thead><tr><th scope="col">item</th><th scope="col">price</th>
<th scope="col">unit</th><th scope="col">date</th><th scope="col">source</th></tr></thead><tbody>
{% for row in prices %}
<tr><th scope="row">{{ row.item }} ({{ row.provider }})</th><td>{{ row.usd }}</td><td>{{ row.unit }}</td>
<td>{{ row.date }}</td><td{% if row.assumption %} class="assumed"{% endif %}>{{ row.source }}</td></tr>
{% endfor %}
</tbody></table></div>
<p class="note">The tokens were metered on the model named above and are priced as if the model of the price row had
served them. In money, an abstention is an abstention, right or in vain: who gets it can't tell and looks it up. So the
shares here, and costs per correct answer, count answers that say something; a right abstention counts as correct
everywhere else on this page.</p>

<h2 id="machine">Machine and time</h2>
{{ pairs(machine.items(), "Machine") }}
{{ pairs(timings.items(), "Time") }}
{{ pairs(versions.items(), "Versions") }}

<h2 id="reproduce">How to reproduce</h2>
<pre>{{ command }}</pre>
<p>The same corpus, configuration and seed (hashes above) give the same answers on the same kind of machine; every
interval and p-value on this page is seeded. No part of this page loads anything from a network.</p>
</body>
</html>
"""
