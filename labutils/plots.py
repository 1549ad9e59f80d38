"""The figures of the labs and the report.

Every function returns a matplotlib Figure with a sentence that says the same in words: `alt_text(figure)`. Figures
stand on a light panel of their own, so they read the same on a light and on a dark page. Colors are those of Okabe and
Ito, which people with the common color-vision deficiencies can tell apart; no meaning hangs on color alone.
"""

from __future__ import annotations

import base64
import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator, PercentFormatter
from matplotlib.transforms import Bbox

from labutils.errors import LabsError
from labutils.stats import Difference, signed

if TYPE_CHECKING:
    import networkx as nx

PANEL, INK, MUTED, GRID = "#fbfaf6", "#1c1e21", "#5c6068", "#d9d7cf"
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8a8d93")
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
VERDICTS = {"helps": (BLUE, "o"), "inconclusive": (GREY, "s"), "hurts": (VERMILION, "X")}
MARKERS = ("o", "s", "^", "D", "v", "P")
STAGES = {"correct": BLUE, "abstained": SKY, "wrong value": ORANGE, "malformed reply": PURPLE,
          "evidence not retrieved": GREY}

STYLE = {
    "figure.facecolor": PANEL, "axes.facecolor": PANEL, "savefig.facecolor": PANEL, "text.color": INK,
    "axes.labelcolor": INK, "axes.edgecolor": MUTED, "xtick.color": MUTED, "ytick.color": MUTED,
    "xtick.labelcolor": INK, "ytick.labelcolor": INK, "grid.color": GRID, "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False, "font.family": "DejaVu Sans", "font.size": 10,
    "axes.titlesize": 11, "axes.titleweight": "bold", "axes.titlelocation": "left",
    # Names come from documents and tables: a "$" in them is a dollar, not the start of a formula.
    "text.parse_math": False, "svg.hashsalt": "labs",
}


def alt_text(figure: Figure) -> str:
    """What the figure shows, in words. Raises LabsError for a figure that was not made here."""
    text = getattr(figure, "labs_alt_text", "")
    if not text:
        raise LabsError("This figure has no text alternative: make it with a function of labutils.plots.")
    return text


def data_uri(figure: Figure) -> str:
    """The figure as an SVG inside a data: address (text as paths, no date: the same figure gives the same bytes)."""
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def forest(differences: Sequence[Difference], title: str = "Paired differences", margin: float | None = None) -> Figure:
    """One line per paired difference with its interval, around zero; `margin` shades a band of no practical meaning."""
    if not differences:
        raise LabsError("A forest plot needs at least one difference.")
    metrics = sorted({d.metric for d in differences})
    with mpl.rc_context(STYLE):
        figure, ax = _figure(8.0, 1.5 + 0.5 * len(differences))
        if margin:
            ax.axvspan(-margin, margin, color=GRID, alpha=0.6, linewidth=0)
        ax.axvline(0, color=INK, linewidth=1)
        for row, d in enumerate(differences):
            color, marker = VERDICTS[d.verdict]
            ax.plot([d.low, d.high], [row, row], color=color, linewidth=2.4, solid_capstyle="butt")
            ax.plot(d.estimate, row, marker=marker, color=color, markersize=8, markeredgecolor=PANEL)
            ax.text(1.02, row, f"{signed(d.estimate)} [{signed(d.low)}, {signed(d.high)}]  {d.verdict}",
                    transform=ax.get_yaxis_transform(), va="center", fontsize=9.5)
        lines = [f"{d.a} minus {d.b}" for d in differences]
        ax.set_yticks(range(len(differences)), [line if len(line) <= 34 else f"{d.a}\nminus {d.b}"
                                                for line, d in zip(lines, differences)])
        ax.set_ylim(len(differences) - 0.5, -0.5)
        reach = max([0.05, margin or 0, *(abs(v) for d in differences for v in (d.low, d.high))]) * 1.1
        ax.set_xlim(-reach, reach)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value) if abs(value) > 1e-9 else "0"))
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.grid(axis="x")
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(f"difference in {', '.join(metrics)} (95% interval, clusters resampled)"
                      .replace("95%", f"{differences[0].level:.0%}"))
        ax.set_title(title)
    return _described(figure, f"{title}. " + ". ".join(map(str, differences)) + ".")


def quality_cost(points: pd.DataFrame, title: str = "Quality against cost", quality: str = "share correct",
                 cost: str = "variable cost of 1,000 queries (log scale)") -> Figure:
    """Quality against cost, with intervals both ways, arms labelled, and the Pareto line.

    `points`: one row per arm with arm, quality, quality_low, quality_high (shares), cost, cost_low, cost_high (USD per
    query, above 0). The axis shows USD per 1,000 queries, which are figures that people can read.
    """
    _need(points, ["arm", "quality", "quality_low", "quality_high", "cost", "cost_low", "cost_high"])
    if not (points[["cost", "cost_low"]] > 0).all(axis=None):
        raise LabsError("Cost must be above 0 to be drawn on a log scale: meter the tokens of every arm.")
    front = pareto(points)
    points = points.assign(**{name: points[name] * 1000 for name in ("cost", "cost_low", "cost_high")})
    with mpl.rc_context(STYLE):
        figure, ax = _figure(7.6, 4.6)
        on = points[front].sort_values("cost")
        # A step, because between two arms you can only have the cheaper one's quality.
        ax.step(on["cost"], on["quality"], where="post", color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
        for i, row in enumerate(points.itertuples()):
            color = SERIES[i % len(SERIES)]
            ax.errorbar(row.cost, row.quality, fmt=MARKERS[i % len(MARKERS)], color=color, markersize=8,
                        xerr=[[row.cost - row.cost_low], [row.cost_high - row.cost]],
                        yerr=[[row.quality - row.quality_low], [row.quality_high - row.quality]],
                        elinewidth=1.6, capsize=3, markeredgecolor=PANEL, zorder=3)
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"${value:,.6g}"))
        ax.xaxis.set_minor_locator(NullLocator())
        low, high = points["cost_low"].min(), points["cost_high"].max()
        pad = max((high / low) ** 0.18, 1.6)
        ax.set_xlim(low / pad, high * pad)
        ax.set_ylim(0, min(1.08, max(0.2, points["quality_high"].max() * 1.18)))
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.grid(which="major")
        _label_points(ax, points)
        ax.set(xlabel=cost, ylabel=quality)
        ax.set_title(title)
    said = [f"{r.arm}: {quality} {r.quality:.2f} [{r.quality_low:.2f}, {r.quality_high:.2f}] "
            f"at ${r.cost:.2g} per 1,000 queries" for r in points.itertuples()]
    return _described(figure, f"{title}. {'; '.join(said)}. No other arm is both better and cheaper than: "
                              f"{', '.join(on['arm'])}.")


def trade_off(points: pd.DataFrame, title: str, quality: str, cost: str, on_front: Sequence[bool] | None = None
              ) -> Figure:
    """Many points of quality (a share) against cost (any unit), the Pareto line and the names of what lies on it.

    `points`: one row for each with name, quality and cost; what is not `on_front` (default: `pareto`) is grey and has
    no name.
    """
    _need(points, ["name", "quality", "cost"])
    named = pareto(points).to_numpy() if on_front is None else np.array(list(on_front), dtype=bool)
    on, off = points[named].sort_values("cost").drop_duplicates(["quality", "cost"]), points[~named]
    with mpl.rc_context(STYLE):
        figure, ax = _figure(7.6, 4.4)
        ax.step(on["cost"], on["quality"], where="post", color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
        ax.scatter(off["cost"], off["quality"], color=GREY, s=32, zorder=2)
        ax.scatter(on["cost"], on["quality"], color=SERIES[0], s=64, edgecolors=PANEL, zorder=3)
        spread = (points["cost"].max() - points["cost"].min()) or 1.0
        ax.set_xlim(points["cost"].min() - 0.12 * spread, points["cost"].max() + 0.3 * spread)
        ax.set_ylim(0, min(1.05, points["quality"].max() * 1.25 + 0.02))
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.grid(True)
        _label_points(ax, on.rename(columns={"name": "arm"}))
        ax.set(xlabel=cost, ylabel=quality)
        ax.set_title(title)
    said = [f"{row.name}: {row.quality:.2f} at {row.cost:.0f}" for row in on.itertuples(index=False)]
    return _described(figure, f"{title}. {quality} against {cost}. On the Pareto front: {'; '.join(said)}. "
                              f"Beaten by another: {len(off)}.")


def pareto(points: pd.DataFrame) -> pd.Series:
    """True for each row that no other row beats: at least as good and as cheap, and better in one of both."""
    q, c = points["quality"].to_numpy(), points["cost"].to_numpy()
    beaten = [bool(((q >= q[i]) & (c <= c[i]) & ((q > q[i]) | (c < c[i]))).any()) for i in range(len(points))]
    return pd.Series(~np.array(beaten, dtype=bool), index=points.index)


def family_heatmap(frame: pd.DataFrame, metric: str = "correct", min_n: int = 5, by: str = "arm",
                   title: str = "Share correct by question family") -> Figure:
    """Arms against question families, each cell with its mean and n; families from the easiest to the hardest.

    Cells with fewer than `min_n` questions are hatched and show no mean: it would be noise.
    """
    _need(frame, [by, "family", metric])
    arms = list(dict.fromkeys(frame[by]))
    cells = frame.assign(value=frame[metric].astype(float)).groupby(["family", by])["value"].agg(["mean", "count"])
    mean = cells["mean"].unstack(by).reindex(columns=arms)
    count = cells["count"].unstack(by).reindex(columns=arms).fillna(0).astype(int)
    shown = mean.where(count >= min_n)
    order = shown.mean(axis=1).fillna(-1).sort_values(ascending=False, kind="stable").index
    shown, count = shown.loc[order], count.loc[order]
    with mpl.rc_context(STYLE):
        figure, ax = _figure(2.6 + 1.15 * len(arms), 1.5 + 0.55 * len(order))
        colors = mpl.colormaps["cividis"]
        for y, family in enumerate(order):
            for x, arm in enumerate(arms):
                value, n = shown.loc[family, arm], count.loc[family, arm]
                masked = bool(np.isnan(value))
                face = GRID if masked else colors(np.clip(value, 0, 1))
                ax.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=face, edgecolor=PANEL, linewidth=2,
                                           hatch="///" if masked else None))
                ink = _ink_on(face)
                ax.text(x, y, f"too few\nn={n}" if masked else f"{value:.2f}\nn={n}", ha="center", va="center",
                        fontsize=9, color=ink, linespacing=1.1,
                        bbox={"facecolor": GRID, "edgecolor": "none", "pad": 1} if masked else None)
        ax.set_xlim(-0.5, len(arms) - 0.5)
        ax.set_ylim(len(order) - 0.5, -0.5)
        ax.set_xticks(range(len(arms)), arms)
        ax.set_yticks(range(len(order)), order)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        bar = figure.colorbar(mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 1), colors), ax=ax, pad=0.03, aspect=18)
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.set_title(title)
    said = ["{}: {}".format(family, ", ".join(
        f"{arm} too few" if np.isnan(value) else f"{arm} {value:.2f}" for arm, value in shown.loc[family].items()))
        for family in order]
    return _described(figure, f"{title}. {'; '.join(said)}.")


def table_map(values: pd.DataFrame, labels: pd.DataFrame, colors: Mapping[str, str], title: str) -> Figure:
    """A table of short texts whose cells are colored by their label; `values` and `labels` have the same shape.

    The first letter of the label stands before the value, so that nothing hangs on color alone; a label without a color
    leaves its cell empty.
    """
    if values.shape != labels.shape or values.empty:
        raise LabsError("A table of values and one of labels are wanted, of the same shape and not empty.")
    with mpl.rc_context(STYLE):
        figure, ax = _figure(3.2 + 1.05 * values.shape[1], 1.9 + 0.4 * len(values))
        for (y, x), value in np.ndenumerate(values.to_numpy()):
            label = labels.iat[y, x]
            face = colors.get(label, GRID)
            ax.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=face, edgecolor=PANEL, linewidth=2))
            ax.text(x, y, f"{label[:1].upper()}  {value}" if label in colors else value or "-", ha="center",
                    va="center", fontsize=7.5, color=_ink_on(face))
        ax.set_xlim(-0.5, values.shape[1] - 0.5)
        ax.set_ylim(len(values) - 0.5, -0.5)
        ax.set_xticks(range(values.shape[1]), [textwrap.fill(str(name), 14) for name in values.columns], fontsize=8)
        ax.xaxis.tick_top()
        ax.set_yticks(range(len(values)), values.index, fontsize=8)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_title(title, pad=14)
        ax.legend([plt.Rectangle((0, 0), 1, 1, color=color) for color in colors.values()], colors, ncol=len(colors),
                  loc="upper left", bbox_to_anchor=(0, 0), frameon=False, fontsize=8)
    counted = {label: int((labels == label).to_numpy().sum()) for label in colors}
    return _described(figure, f"{title}. {values.shape[0]} rows and {values.shape[1]} columns; cells by label: "
                              f"{', '.join(f'{label} {count}' for label, count in counted.items())}.")


def curves(frame: pd.DataFrame, x: str, y: str, series: str, title: str, x_label: str, y_label: str,
           share: bool = False, log_x: bool = False) -> Figure:
    """Lines of `y` over `x`, one per value of `series`, labelled at their ends; columns low and high add a band."""
    _need(frame, [x, y, series])
    bands = {"low", "high"} <= set(frame.columns)
    with mpl.rc_context(STYLE):
        figure, ax = _figure(7.6, 4.2)
        ends = []
        for i, (name, part) in enumerate(frame.groupby(series, sort=False)):
            part, color = part.sort_values(x), SERIES[i % len(SERIES)]
            if bands:
                ax.fill_between(part[x], part["low"], part["high"], color=color, alpha=0.15, linewidth=0)
            marker = MARKERS[i % len(MARKERS)] if len(part) <= 25 else None
            ax.plot(part[x], part[y], color=color, linewidth=2, marker=marker, markersize=6, markeredgecolor=PANEL)
            ends.append((float(part[x].iloc[-1]), float(part[y].iloc[-1]), str(name), color))
        if share:
            ax.set_ylim(0, 1.03)
            ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        values = np.sort(frame[x].unique())
        if log_x:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        elif len(values) <= 12 and np.all(values == np.round(values)):
            ax.set_xticks(values, [f"{value:g}" for value in values])
        ax.grid(True)
        ax.set(xlabel=x_label, ylabel=y_label)
        _label_ends(ax, ends)
        ax.set_title(title)
    said = [f"{name}: {y_label} {part.sort_values(x)[y].iloc[0]:.2f} at {x_label} {part[x].min():g}, "
            f"{part.sort_values(x)[y].iloc[-1]:.2f} at {part[x].max():g}"
            for name, part in frame.groupby(series, sort=False)]
    return _described(figure, f"{title}. {'; '.join(said)}.")


def recall_at_k(frame: pd.DataFrame, title: str = "How much of the evidence is found") -> Figure:
    """Evidence recall over k. `frame`: columns retriever, k, estimate, and low, high for a band."""
    return curves(frame, "k", "estimate", "retriever", title, "passages retrieved (k)", "evidence recall", share=True)


def network(graph: nx.Graph, groups: Sequence[set[str]], title: str, labelled: int = 12) -> Figure:
    """The largest linked part of a graph of networkx, a color and marker per group; the best linked nodes are named.

    Nodes are larger the more edges they have; the distances are those along edges (Kamada, Kawai 1989). Colors repeat
    after six groups; so do markers, out of step with them.
    """
    import networkx as nx

    if not graph.number_of_nodes():
        raise LabsError("There is no node to draw.")
    largest = sorted(max(nx.connected_components(graph), key=len))
    left_out = graph.number_of_nodes() - len(largest)
    graph = graph.subgraph(largest)
    places = nx.kamada_kawai_layout(graph)
    named = sorted(graph, key=lambda node: (-graph.degree(node), node))[:labelled]
    with mpl.rc_context(STYLE):
        figure, ax = _figure(9.0, 6.6)
        nx.draw_networkx_edges(graph, places, ax=ax, edge_color=GREY, width=0.8, alpha=0.7)
        for i, group in enumerate(groups):
            inside = [node for node in graph if node in group]
            ax.scatter([places[node][0] for node in inside], [places[node][1] for node in inside], zorder=3,
                       s=[30 + 26 * graph.degree(node) for node in inside], color=SERIES[i % len(SERIES)],
                       marker=MARKERS[(i + i // len(SERIES)) % len(MARKERS)], edgecolors=PANEL)
        ax.set_axis_off()
        ax.set_title(title)
        _name_nodes(ax, {node: places[node] for node in named})
    return _described(figure, f"{title}. {graph.number_of_nodes()} nodes and {graph.number_of_edges()} edges in "
                              f"{len(groups)} groups; most linked: {', '.join(named[:5])}; not linked to these and "
                              f"left out: {left_out}.")


def _name_nodes(ax: Axes, places: Mapping[str, Sequence[float]]) -> None:
    """Write each name above its node, or on the first other side where it covers no name written before."""
    ax.figure.canvas.draw()  # the place of a text is known once the axes have their final size
    sides = (((0, 9), "center", "bottom"), ((0, -9), "center", "top"), ((9, 0), "left", "center"),
             ((-9, 0), "right", "center"))
    taken: list[Bbox] = []
    for node, place in places.items():
        tries = []
        for offset, across, along in sides:
            text = ax.annotate(node, place, textcoords="offset points", xytext=offset, ha=across, va=along, fontsize=8,
                               zorder=4, bbox={"facecolor": PANEL, "edgecolor": "none", "alpha": 0.7, "pad": 0.5})
            box = text.get_window_extent().padded(2)
            tries.append((sum(box.overlaps(other) for other in taken), len(tries), text, box))
        _, _, kept, box = min(tries, key=lambda one: one[:2])
        taken.append(box)
        for *_, text, _ in tries:
            if text is not kept:
                text.remove()


def learning_curve(frame: pd.DataFrame, title: str = "Training", x_label: str = "optimizer step",
                   y_label: str = "loss per token (nats)") -> Figure:
    """Loss over training steps. `frame`: columns step, loss, series (such as "train" and "held out")."""
    return curves(frame, "step", "loss", "series", title, x_label, y_label)


def error_stages(frame: pd.DataFrame) -> pd.DataFrame:
    """Where answers are lost: counts per arm (rows) and stage (columns of STAGES); each row sums to its questions.

    An answer counts at the first stage that failed it: the evidence was not fully retrieved; the reply was malformed;
    the model abstained; it gave a wrong value. Where an arm has no evidence_recall (closed book, or a question that
    the documents do not answer), the first stage does not apply.
    """
    _need(frame, ["arm", "correct", "abstained", "well_formed", "evidence_recall"])
    correct, abstained = frame["correct"].astype(bool), frame["abstained"].astype(bool)
    missed = frame["evidence_recall"].astype(float).fillna(1.0) < 0.999  # character shares are rounded when stored
    stage = np.select([correct, missed, ~frame["well_formed"].astype(bool), abstained],
                      ["correct", "evidence not retrieved", "malformed reply", "abstained"], "wrong value")
    counts = pd.crosstab(frame["arm"], stage).reindex(columns=list(STAGES), fill_value=0)
    return counts.reindex(list(dict.fromkeys(frame["arm"])))


def waterfall(counts: pd.DataFrame, title: str = "Where answers are lost") -> Figure:
    """Stacked horizontal bars, one per arm: the share of questions that ended at each stage.

    `counts`: rows arms, columns stages (see `error_stages`), values counts of questions.
    """
    totals = counts.sum(axis=1)
    if counts.empty or not (totals > 0).all():
        raise LabsError("Every arm of an error waterfall needs at least one question.")
    shares = counts.div(totals, axis=0)
    used = [stage for stage in counts.columns if counts[stage].sum()]
    with mpl.rc_context(STYLE):
        figure, ax = _figure(8.4, 1.7 + 0.55 * len(counts))
        left = np.zeros(len(counts))
        for i, stage in enumerate(used):
            color, width = STAGES.get(stage, SERIES[i % len(SERIES)]), shares[stage].to_numpy()
            ax.barh(range(len(counts)), width, left=left, color=color, edgecolor=PANEL, linewidth=1.5, label=stage,
                    height=0.72)
            for y, value in enumerate(width):
                if value >= 0.05:
                    ax.text(left[y] + value / 2, y, f"{value:.0%}", ha="center", va="center", fontsize=9.5,
                            color=_ink_on(color))
            left += width
        ax.set_yticks(range(len(counts)), [f"{arm}  (n={n})" for arm, n in totals.items()])
        ax.set_ylim(len(counts) - 0.5, -0.5)
        ax.set_xlim(0, 1)
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("share of questions")
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=len(used), frameon=False,
                      fontsize=9.5, handlelength=1, handleheight=1, columnspacing=1.4)
        ax.set_title(title)
    said = [f"{arm}: " + ", ".join(f"{stage} {shares.loc[arm, stage]:.0%}" for stage in used) for arm in counts.index]
    return _described(figure, f"{title}. {'; '.join(said)}.")


def _figure(width: float, height: float) -> tuple[Figure, plt.Axes]:
    """A figure that pyplot forgets at once: a notebook shows it once, and nothing piles up in memory."""
    figure, ax = plt.subplots(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    plt.close(figure)
    return figure, ax


def _described(figure: Figure, text: str) -> Figure:
    figure.labs_alt_text = text
    return figure


def _label_points(ax: plt.Axes, points: pd.DataFrame) -> None:
    """Names beside the points, colored like them, moved apart where two points lie close together."""
    ax.figure.draw_without_rendering()  # the layout decides where data lie
    place = ax.transData.transform(points[["cost", "quality"]].to_numpy(dtype=float))
    for i, row in enumerate(points.itertuples()):
        near = [j for j in range(len(points)) if j != i and abs(place[j][0] - place[i][0]) < 90
                and abs(place[j][1] - place[i][1]) < 26]
        right = all((place[i][0], i) >= (place[j][0], j) for j in near)
        ax.annotate(row.arm, (row.cost, row.quality), xytext=(9 if right else -9, 8), textcoords="offset points",
                    ha="left" if right else "right", va="bottom", fontweight="bold", color=INK, zorder=4,
                    bbox={"facecolor": PANEL, "edgecolor": "none", "pad": 0.8, "alpha": 0.85})


def _label_ends(ax: plt.Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Series names right of their last points, spread so that they do not overlap."""
    ax.figure.draw_without_rendering()  # the layout decides where data lie
    ends = sorted(ends, key=lambda end: end[1])
    wanted = np.array([ax.transAxes.inverted().transform(ax.transData.transform(end[:2]))[1] for end in ends])
    gap = 0.062
    heights = wanted.copy()
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    # Pushing apart moved them up: move the stack back to its middle, and inside the axes.
    heights += wanted.mean() - heights.mean()
    heights -= max(0.0, heights[-1] - 1.0)
    for height, (_, _, name, color) in zip(heights, ends, strict=True):
        ax.text(1.015, height, name, transform=ax.transAxes, va="center", fontweight="bold", color=color)


def _ink_on(color: str) -> str:
    """Dark or white text, whichever contrasts more with `color`."""
    red, green, blue = mpl.colors.to_rgb(color)
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "#ffffff"


def _need(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise LabsError(f"The table to plot has no column {', '.join(missing)}. "
                        f"It has: {', '.join(map(str, frame.columns))}.")
    if frame.empty:
        raise LabsError("The table to plot has no rows.")
