"""Figures carry the numbers they are given, and the same in words."""

import base64
import xml.etree.ElementTree as ET

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402 - the backend is chosen first
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pytest  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402

from labutils import plots  # noqa: E402
from labutils.errors import LabsError  # noqa: E402
from labutils.stats import Difference  # noqa: E402

DIFFERENCES = [
    Difference("rag", "base", "correct", 0.47, 0.38, 0.56, 180, 20),
    Difference("sft", "base", "correct", 0.03, -0.02, 0.08, 180, 20),
    Difference("sft_rag", "rag", "correct", -0.11, -0.18, -0.04, 180, 20),
    Difference("sft_rag", "sft", "correct", 0.33, 0.22, 0.43, 180, 20),
]
POINTS = pd.DataFrame({
    "arm": ["base", "rag", "sft", "sft_rag"], "quality": [0.10, 0.58, 0.13, 0.56],
    "quality_low": [0.06, 0.5, 0.08, 0.48], "quality_high": [0.15, 0.66, 0.19, 0.64],
    "cost": [1.2e-5, 1.18e-4, 1.25e-5, 1.21e-4], "cost_low": [1.1e-5, 1.1e-4, 1.2e-5, 1.15e-4],
    "cost_high": [1.3e-5, 1.25e-4, 1.3e-5, 1.3e-4]})

VALUES = pd.DataFrame([["45 days", "CHF 4,350,000", "Slovenia"], ["90 days", "", "Austria"]],
                      index=["Alder Mills and Birch Foods", "Cedar Tools and Birch Foods"],
                      columns=["payment term", "monthly interest on late payments", "governing law"])
RISKS = {"low": plots.SKY, "high": plots.VERMILION}
LABELS = pd.DataFrame([["low", "low", ""], ["high", "", "low"]])


def results() -> pd.DataFrame:
    """Simulated: four arms, four families; `extract` has 3 questions only."""
    rng = np.random.default_rng(0)
    rows = []
    for arm, shift in (("base", 0.0), ("rag", 0.5), ("sft", 0.1), ("sft_rag", 0.45)):
        for family, ease, n in (("multihop", 0.05, 20), ("lookup", 0.4, 30), ("unanswerable", 0.3, 12),
                                ("extract", 0.2, 3)):
            correct = rng.random(n) < ease + shift
            rows.append(pd.DataFrame({
                "arm": arm, "family": family, "correct": correct, "abstained": rng.random(n) < 0.2,
                "well_formed": rng.random(n) < 0.95,
                "evidence_recall": rng.choice([0.0, 1.0], n, p=[0.3, 0.7]) if "rag" in arm else np.nan}))
    return pd.concat(rows, ignore_index=True)


def recall() -> pd.DataFrame:
    rows = [(name, k, 1 - top * 0.75**k) for name, top in (("dense", 0.9), ("bm25", 0.8), ("hybrid", 0.78))
            for k in (1, 2, 3, 5, 8, 10)]
    frame = pd.DataFrame(rows, columns=["retriever", "k", "estimate"])
    return frame.assign(low=frame["estimate"] - 0.06, high=frame["estimate"] + 0.06)


def history() -> pd.DataFrame:
    steps = np.arange(0, 200, 5)
    return pd.concat([pd.DataFrame({"step": steps, "loss": 0.3 + 2.5 * np.exp(-steps / tau), "series": name})
                      for name, tau in (("train", 30), ("held out", 45))])


MANY = pd.DataFrame({"name": ["naive", *(f"part {i}" for i in range(8)), "all"],
                     "cost": [400, *range(500, 1300, 100), 2500],
                     "quality": [0.12, 0.2, 0.1, 0.3, 0.6, 0.5, 0.7, 0.65, 0.1, 0.8]})


FIGURES = {
    "forest": lambda: plots.forest(DIFFERENCES, "Paired differences, new contracts", margin=0.05),
    "quality_cost": lambda: plots.quality_cost(POINTS),
    "family_heatmap": lambda: plots.family_heatmap(results()),
    "recall_at_k": lambda: plots.recall_at_k(recall()),
    "learning_curve": lambda: plots.learning_curve(history()),
    "waterfall": lambda: plots.waterfall(plots.error_stages(results())),
    "trade_off": lambda: plots.trade_off(MANY, "Quality against tokens", "right answers", "tokens"),
    "table_map": lambda: plots.table_map(VALUES, LABELS, RISKS, "Values and risk"),
}


def texts(figure) -> list[str]:
    figure.draw_without_rendering()
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text() and t.get_visible()]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_draw_and_are_described(name, tmp_path):
    figure = FIGURES[name]()
    figure.savefig(tmp_path / f"{name}.png")
    assert len(plots.alt_text(figure)) > 60
    assert plt.get_fignums() == []  # nothing is left open behind the caller's back


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_or_printed_over_another(name):
    figure = FIGURES[name]()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    hidden = {id(label) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for minor in (False, True)
              for spot, label in zip(axis.get_ticklocs(minor=minor), axis.get_ticklabels(minor=minor))
              if not min(axis.get_view_interval()) <= spot <= max(axis.get_view_interval())}  # matplotlib skips these
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in figure.findobj(matplotlib.text.Text)
             if t.get_text().strip() and t.get_visible() and id(t) not in hidden]
    panel = figure.bbox
    for text, box in boxes:
        assert "mathdefault" not in text
        assert box.x0 >= panel.x0 - 1 and box.x1 <= panel.x1 + 1, text
        assert box.y0 >= panel.y0 - 1 and box.y1 <= panel.y1 + 1, text
    for i, (text, box) in enumerate(boxes):
        for other, their in boxes[i + 1:]:
            wide = min(box.x1, their.x1) - max(box.x0, their.x0)
            high = min(box.y1, their.y1) - max(box.y0, their.y0)
            assert wide <= 1 or high <= 1, (text, other)


def test_data_uri_is_a_self_contained_svg_and_reproducible():
    uri = plots.data_uri(FIGURES["forest"]())
    head, body = uri.split(",", 1)
    assert head == "data:image/svg+xml;base64"
    root = ET.fromstring(base64.b64decode(body))
    assert root.tag.endswith("svg")
    links = [value for node in root.iter() for key, value in node.attrib.items() if key.endswith("href")]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert uri == plots.data_uri(FIGURES["forest"]())


def test_forest_shows_estimates_and_verdicts():
    figure = FIGURES["forest"]()
    shown = texts(figure)
    assert any("+0.47 [+0.38, +0.56]  helps" in t for t in shown)
    assert any("hurts" in t for t in shown) and any("inconclusive" in t for t in shown)
    assert all(str(d) in plots.alt_text(figure) for d in DIFFERENCES)
    low, high = figure.axes[0].get_xlim()
    assert low < 0 < high
    with pytest.raises(LabsError, match="at least one"):
        plots.forest([])


def test_a_trade_off_names_what_nothing_beats_and_no_other():
    figure = FIGURES["trade_off"]()
    on = {row.name for row in MANY[plots.pareto(MANY)].itertuples(index=False)}
    assert set(MANY["name"]) & set(texts(figure)) == on == {"naive", "part 0", "part 2", "part 3", "part 5", "all"}
    assert "Beaten by another: 4" in plots.alt_text(figure)
    chosen = plots.trade_off(MANY, "x", "y", "z", [True] + [False] * (len(MANY) - 1))
    assert set(MANY["name"]) & set(texts(chosen)) == {"naive"}
    with pytest.raises(LabsError, match="no column cost"):
        plots.trade_off(MANY.drop(columns="cost"), "x", "y", "z")


def test_pareto_front():
    assert plots.pareto(POINTS).tolist() == [True, True, True, False]
    twins = pd.DataFrame({"quality": [0.5, 0.5], "cost": [1.0, 1.0]})
    assert plots.pareto(twins).all()


def test_quality_cost_needs_costs():
    with pytest.raises(LabsError, match="above 0"):
        plots.quality_cost(POINTS.assign(cost=0.0, cost_low=0.0))
    with pytest.raises(LabsError, match="no column cost"):
        plots.quality_cost(POINTS.drop(columns="cost"))


def test_heatmap_masks_small_cells_and_shows_means():
    frame = results()
    figure = FIGURES["family_heatmap"]()
    shown = texts(figure)
    assert shown.count("too few\nn=3") == 4
    expected = frame[(frame["arm"] == "rag") & (frame["family"] == "lookup")]["correct"].mean()
    assert f"{expected:.2f}\nn=30" in shown
    assert "extract: base too few" in plots.alt_text(figure)


def test_error_stages_account_for_every_question_once():
    frame = results()
    counts = plots.error_stages(frame)
    assert counts.sum(axis=1).to_dict() == frame.groupby("arm").size().to_dict()
    assert counts["correct"].to_dict() == frame.groupby("arm")["correct"].sum().to_dict()
    assert counts.loc[["base", "sft"], "evidence not retrieved"].eq(0).all()
    one = pd.DataFrame({"arm": ["rag"] * 5, "correct": [True, False, False, False, False],
                        "abstained": [False, True, False, True, False], "well_formed": [True, True, False, True, True],
                        "evidence_recall": [0.0, 0.5, 1.0, 1.0, np.nan]})
    assert plots.error_stages(one).loc["rag"].to_dict() == {
        "correct": 1, "evidence not retrieved": 1, "malformed reply": 1, "abstained": 1, "wrong value": 1}


def test_names_with_dollars_are_not_formulas():
    odd = [Difference("a$1", r"b$\frac", "correct", 0.1, 0.0, 0.2, 10, 10)]
    figure = plots.forest(odd)
    assert r"a$1 minus b$\frac" in texts(figure)
    plots.data_uri(figure)


def test_figures_without_words_or_rows_are_refused():
    with pytest.raises(LabsError, match="no text alternative"):
        plots.alt_text(plt.figure())
    plt.close("all")
    with pytest.raises(LabsError, match="no rows"):
        plots.recall_at_k(recall()[:0])
    with pytest.raises(LabsError, match="at least one question"):
        plots.waterfall(pd.DataFrame({"correct": [0]}, index=["rag"]))


def test_a_network_names_the_best_linked_nodes_and_is_the_same_each_time():
    import networkx as nx

    star = nx.star_graph(["hub", "one", "two", "three"])
    figure = plots.network(star, [{"hub", "one"}, {"two", "three"}], "Who knows whom", labelled=1)
    assert [text.get_text() for text in figure.axes[0].texts] == ["hub"]
    assert "4 nodes and 3 edges in 2 groups; most linked: hub" in plots.alt_text(figure)
    again = plots.network(star, [{"hub", "one"}, {"two", "three"}], "Who knows whom", labelled=1)
    assert plots.data_uri(figure) == plots.data_uri(again)
    with pytest.raises(LabsError, match="no node"):
        plots.network(nx.Graph(), [], "Nothing")


def test_names_of_near_nodes_do_not_cover_each_other():
    figure, ax = plots._figure(6.0, 4.0)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    plots._name_nodes(ax, {"Alder Mills": (0.5, 0.5), "Birch Foods": (0.51, 0.5), "Cedar Tools": (0.52, 0.5)})
    boxes = [text.get_window_extent() for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == ["Alder Mills", "Birch Foods", "Cedar Tools"]
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_a_table_map_shows_values_with_their_label():
    figure = plots.table_map(VALUES, LABELS, RISKS, "Values and risk")
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert shown == ["L  45 days", "L  CHF 4,350,000", "Slovenia", "H  90 days", "-", "L  Austria"]
    assert "2 rows and 3 columns; cells by label: low 3, high 1" in plots.alt_text(figure)
    with pytest.raises(LabsError, match="of the same shape"):
        plots.table_map(VALUES, LABELS[:1], {}, "Nothing")
