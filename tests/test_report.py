"""The report says what the numbers say, escapes what it is given and loads nothing.

The results tables here are SIMULATED by a seeded generator; they test the page, not a model.
"""

import re
from html.parser import HTMLParser

import matplotlib

matplotlib.use("Agg")

import numpy as np  # noqa: E402 - the backend is chosen first
import pandas as pd  # noqa: E402
import pytest  # noqa: E402

from labutils import report, roi, stats  # noqa: E402
from labutils.errors import LabsError  # noqa: E402

FAMILIES = {"lookup": 0.15, "version": 0.0, "multihop": -0.2, "unanswerable": 0.1, "playbook": -0.05, "extract": -0.3}
RATES = {"test": {"base": 0.06, "rag": 0.52, "sft": 0.08, "sft_rag": 0.55},
         "known": {"base": 0.06, "rag": 0.50, "sft": 0.45, "sft_rag": 0.68}}
CONTEXT = {"machine": {"processor": "2 cores", "memory": "8 GB"}, "timings": {"index": 3.21, "answers": 125.0},
           "training": {"seconds": 84.0, "tries": 2}, "versions": {"python": "3.11.9"}, "command": "make run"}
VOID = {"meta", "img", "br", "hr", "link", "input"}


def simulated(rates=RATES, per_family: int = 20, contracts: int = 20, seed: int = 0,
              model: str = "clerk") -> pd.DataFrame:
    """A results table as the benchmark writes it, with made-up answers."""
    rng, rows = np.random.default_rng(seed), []
    for split, arms in rates.items():
        n = per_family * len(FAMILIES)
        family = np.array([name for name in FAMILIES for _ in range(per_family)])
        cluster = np.arange(n) % contracts
        ease = np.array([FAMILIES[name] for name in family]) + rng.normal(0, 0.1, contracts)[cluster]
        luck = rng.random(n)
        for arm, rate in arms.items():
            reads = arm in ("rag", "sft_rag")
            correct = 0.5 * luck + 0.5 * rng.random(n) < np.clip(rate + ease, 0.02, 0.98)
            rows.append(pd.DataFrame({
                "run_id": "simulated", "arm": arm, "question_id": [f"{split}-{i:03d}" for i in range(n)],
                "family": family, "split": split, "cluster": [f"{split}-c{c:02d}" for c in cluster],
                "answer": "30 days", "abstained": ~correct & (rng.random(n) < 0.3), "correct": correct,
                "f1": correct.astype(float),
                "evidence_precision": 0.2 if reads else np.nan,
                "evidence_recall": np.where(family == "unanswerable", np.nan, rng.choice([0.0, 1.0], n, p=[0.3, 0.7]))
                if reads else np.nan,
                "citations_ok": reads, "well_formed": rng.random(n) < 0.97,
                "tokens_in": rng.integers(480, 640, n) if reads else rng.integers(40, 70, n),
                "tokens_out": rng.integers(3, 14, n), "retrieve_ms": rng.gamma(4, 4, n) if reads else 0.0,
                "generate_ms": rng.gamma(5, 22, n), "model": model + ("+lora" if "sft" in arm else ""),
                "corpus_hash": "c0ffee", "config_hash": "beef", "seed": 0}))
    return pd.concat(rows, ignore_index=True)


class Page(HTMLParser):
    """Checks nesting, and collects tags, attributes, table rows and text."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.open, self.attributes, self.rows, self.text, self.faults = [], [], [], [], []
        self.feed(text)
        self.close()
        self.faults += [f"{tag} not closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag} closed out of order at {self.getpos()}")

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.text.append(data)
        if self.rows and {"td", "th"} & set(self.open[-2:]):
            self.rows[-1][-1] += data

    def row(self, *start: str) -> list[list[str]]:
        return [row for row in self.rows if row[:len(start)] == list(start)]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return simulated()


@pytest.fixture(scope="module")
def path(table, tmp_path_factory):
    return report.build_report(table, tmp_path_factory.mktemp("report"), CONTEXT)


@pytest.fixture(scope="module")
def page(path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def test_page_is_well_formed_and_complete(path, page):
    assert path.name == "index.html" and [p.name for p in path.parent.iterdir()] == ["index.html"]
    assert page.faults == []
    ids = {value for _, name, value in page.attributes if name == "id"}
    assert {"answer", "run", "headline", "differences", "cost", "families", "roi", "machine", "reproduce"} <= ids


def test_page_loads_nothing(path, page):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import|url\(", text)
    assert all(value.startswith("data:image/") for _, name, value in page.attributes if name in ("src", "href"))
    assert not [tag for tag, *_ in page.attributes if tag in ("script", "link", "iframe", "object")]
    assert "<script" not in text
    assert any("default-src 'none'" in value for _, _, value in page.attributes)


def test_every_picture_has_words(page):
    alts = [value for tag, name, value in page.attributes if tag == "img" and name == "alt"]
    assert len(alts) == 8 == len([1 for tag, name, _ in page.attributes if tag == "img" and name == "src"])
    assert all(len(alt) > 60 for alt in alts)


def test_headline_numbers_are_the_computed_ones(table, page):
    for split in ("known", "test"):
        part = table[table["split"] == split]
        economics = roi.economics(part, roi.Assumptions(), roi.Training(84.0, 2))
        for arm in ("base", "rag", "sft", "sft_rag"):
            rows = part[part["arm"] == arm]
            mean = str(stats.mean_interval(rows))
            shown = [row for row in page.row(arm, mean)]
            assert len(shown) == 1, (split, arm)
            wrong = (~rows["correct"] & ~rows["abstained"]).mean()
            assert shown[0][2].startswith(f"{wrong:.2f} [")
            assert shown[0][3] == f"{rows['abstained'].mean():.0%}"
            assert shown[0][6] == f"{rows['tokens_in'].mean():.0f} / {rows['tokens_out'].mean():.1f}"
            latency = rows["retrieve_ms"] + rows["generate_ms"]
            assert shown[0][7] == f"{latency.median():.0f} / {latency.quantile(0.95):.0f} ms"
            assert shown[0][9] == report.usd(economics[arm].cost_per_correct_usd)


def test_contrasts_are_the_computed_ones(table, page):
    ps = {f"{split} {a}-{b}": stats.permutation_p(table[table["split"] == split], a, b)
          for split in ("known", "test") for a, b in report.CONTRASTS}
    adjusted = stats.holm(ps)  # all contrasts of the page are one family
    for split in ("known", "test"):
        part = table[table["split"] == split]
        for a, b in report.CONTRASTS:
            d, counts = stats.paired_difference(part, a, b), stats.mcnemar(part, a, b)
            numbers = f"{stats.signed(d.estimate)} [{stats.signed(d.low)}, {stats.signed(d.high)}]"
            expected = [f"{a} minus {b}", numbers, d.verdict, report.p_value(ps[f"{split} {a}-{b}"]),
                        report.p_value(adjusted[f"{split} {a}-{b}"]), str(counts.only_a), str(counts.only_b),
                        report.p_value(counts.p_value)]
            assert expected in page.rows


def test_answer_follows_from_the_verdicts(table):
    text = report.summarize(table, CONTEXT)["answer"]
    assert "training has seen, asked in other words, the evidence supports fine-tuning + RAG." in text[0]
    assert "On contracts that no training touched, the evidence supports RAG." in text[0]
    d = stats.paired_difference(table[table["split"] == "test"], "rag", "base")
    assert f"RAG gets more right than the model alone ({stats.signed(d.estimate)}" in " ".join(text)
    assert "between fine-tuning alone and the model alone no difference is shown" in " ".join(text)
    assert "no choice is clearly worth most" in " ".join(text)  # RAG and both share the draws, none above 95%


def contrast(a, b, low, high, holm=0.01):
    return {"difference": stats.Difference(a, b, "correct", (low + high) / 2, low, high, 100, 20), "holm": holm}


@pytest.mark.parametrize(("rows", "arms"), [
    ([], ["base"]),
    ([contrast("rag", "base", 0.1, 0.3)], ["rag"]),
    ([contrast("rag", "base", 0.1, 0.3, holm=0.2)], ["base"]),
    ([contrast("rag", "base", -0.3, -0.1), contrast("sft", "base", -0.1, 0.1)], ["base"]),
    ([contrast("rag", "base", 0.1, 0.3), contrast("sft", "base", 0.1, 0.2), contrast("rag", "sft", -0.1, 0.1)],
     ["rag", "sft"]),
    ([contrast("rag", "base", 0.1, 0.3), contrast("sft", "base", 0.1, 0.2), contrast("rag", "sft", 0.1, 0.2)], ["rag"]),
    ([contrast("rag", "base", 0.1, 0.3), contrast("sft", "base", 0.1, 0.2), contrast("sft_rag", "rag", 0.1, 0.2),
      contrast("sft_rag", "sft", 0.1, 0.2)], ["sft_rag"]),
    ([contrast("rag", "base", 0.1, 0.3), contrast("sft_rag", "rag", -0.2, -0.1), contrast("sft_rag", "sft", 0.1, 0.2)],
     ["rag"]),
])
def test_an_arm_is_supported_if_it_is_shown_to_be_better_and_not_to_be_beaten(rows, arms):
    assert report.supported_arms(rows) == arms


def test_answer_turns_when_the_numbers_turn(table):
    names = {"base": "rag", "rag": "base", "sft": "sft_rag", "sft_rag": "sft"}
    turned = table.assign(arm=table["arm"].replace(names))
    text = report.summarize(turned, CONTEXT)["answer"]
    assert "On contracts that no training touched, no approach is shown to beat the model alone." in text[0]
    assert "RAG gets fewer right than the model alone" in " ".join(text)
    flat = simulated({split: dict.fromkeys(arms, 0.3) for split, arms in RATES.items()}, per_family=4)
    assert "evidence supports" not in " ".join(report.summarize(flat, CONTEXT)["answer"])


def test_a_gain_of_closed_book_tuning_on_new_contracts_raises_the_question_of_a_leak():
    leaky = simulated({"test": {"base": 0.06, "rag": 0.5, "sft": 0.5, "sft_rag": 0.6}})
    assert "or a leak" in " ".join(report.summarize(leaky, CONTEXT)["answer"])


def test_untrusted_text_is_escaped(tmp_path):
    evil = "<script>alert(1)</script>"
    frame = simulated(per_family=6, model=evil).replace({"family": {"lookup": "<img src=x onerror=alert(2)>"}})
    context = {**CONTEXT, "command": "make run && <b>", "machine": {"name": '"><iframe>'}}
    page = Page(report.build_report(frame, tmp_path / "deep" / "page.html", context).read_text(encoding="utf-8"))
    tags = {tag for tag, *_ in page.attributes} | set(page.open)
    assert page.faults == [] and not {"script", "iframe", "b"} & tags
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    joined = "".join(page.text)
    assert evil in joined and "<img src=x" in joined and '"><iframe>' in joined and "make run && <b>" in joined


def test_assumptions_prices_and_time_are_shown(page):
    joined = "".join(page.text)
    for name, _, why in roi.Assumptions().describe():
        assert page.row(name) and why in joined
    assert page.row("llama-3.1-8b-together (Together)", "0.18")
    assert "planning assumption of this course" in joined and "2025-09-05" in joined
    assert page.row("answers", "2 min 05 s") and page.row("processor", "2 cores")
    assert "84 s a run, 2" in joined


def test_unrecorded_training_is_said(table, tmp_path):
    page = Page(report.build_report(table, tmp_path, {}).read_text(encoding="utf-8"))
    assert page.faults == [] and "training time was not recorded" in "".join(page.text)


def test_fewer_arms_or_contracts_still_make_a_page(table, tmp_path):
    two = table[table["arm"].isin(["base", "rag"]) & (table["split"] == "test")]
    page = Page(report.build_report(two, tmp_path / "two", CONTEXT).read_text(encoding="utf-8"))
    assert page.faults == [] and "sft was not run" in "".join(page.text)
    one = two.assign(cluster="only")
    page = Page(report.build_report(one, tmp_path / "one", CONTEXT).read_text(encoding="utf-8"))
    assert page.faults == [] and "cannot say which approach is better" in "".join(page.text)


def test_an_arm_that_is_never_right_has_no_price_per_correct_answer(tmp_path):
    frame = simulated(per_family=6)
    frame.loc[frame["arm"] == "base", "correct"] = False
    page = Page(report.build_report(frame, tmp_path, CONTEXT).read_text(encoding="utf-8"))
    assert all(row[9] == "no correct answer" for row in page.row("base") if len(row) == 10)


@pytest.mark.parametrize(("change", "message"), [
    (lambda t: t.drop(columns="split"), "lacks the column.*split"),
    (lambda t: t[:0], "no rows"),
    (lambda t: pd.concat([t, t[:1].assign(seed=1)]), "twice in arm"),
])
def test_bad_tables_are_refused(table, tmp_path, change, message):
    with pytest.raises(LabsError, match=message):
        report.build_report(change(table), tmp_path, CONTEXT)
    assert not list(tmp_path.iterdir())


def test_an_unwritable_place_is_one_clear_line(table, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LabsError, match="cannot be written"):
        report.build_report(table[table["split"] == "test"], tmp_path / "file" / "report", CONTEXT)


@pytest.mark.parametrize(("value", "text"), [(0, "$0.00"), (1234.5, "$1,234"), (-1234.5, "−$1,234"), (3.456, "$3.46"),
                                             (0.0123, "$0.012"), (1.17e-5, "$0.000012"), (-1e-12, "$0.000000000"),
                                             (float("inf"), "no correct answer"), (None, "–")])
def test_dollars(value, text):
    assert report.usd(value) == text


def test_durations():
    assert [report.duration(s) for s in (3.42, 125, 3720)] == ["3.4 s", "2 min 05 s", "1 h 02 min"]
