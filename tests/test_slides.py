"""The decks: front matter, notes, nothing from the network, nothing that does not exist, no results typed by hand."""

import math
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SLIDES = ROOT / "slides"
WORKSHOP = ["0_opening", "1_advanced_rag", "2_finetuning_feedback", "3_benchmark_roi", "4_closing"]
SECOND = "1_advanced_rag_techniques"  # a half-day of its own, after the workshop
DECKS = [*WORKSHOP, SECOND]
# The notebooks that a deck goes with.
NOTEBOOKS = {
    "1_advanced_rag": ["1_advanced_rag/01_baseline_rag"],
    "2_finetuning_feedback": ["2_finetuning_feedback/01_sft_lora"],
    "3_benchmark_roi": ["3_benchmark_roi/01_four_arms"],
    SECOND: [f"1_advanced_rag/{name}" for name in (
        "02_pre_retrieval", "03_retrieval", "04_post_retrieval", "05_knowledge_graph", "06_multi_document",
        "07_best_pipeline")],
}
FRONT_MATTER = {"marp": True, "theme": "default", "math": "mathjax", "paginate": True}
WORKSHOP_MINUTES = 180
# Lines of Marp's default theme (720 pixels high, less the padding, 43 pixels a line) and characters in a line.
SLIDE_LINES, LINE_CHARACTERS = 13, 80

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`[^`\n]+`")
_NOTE = re.compile(r"<!--(.*?)-->", re.DOTALL)
_ARXIV = re.compile(r"arXiv:?\s*\d{4}\.\d{4,5}")
_CITED = re.compile(r'"[A-Z][^"]{9,}" \(arXiv \d{4}\.\d{5}\)')
_MINUTES = re.compile(r"\s*(\d+) min\. \S")
_PATH = re.compile(r"\b(?:labs|solutions|labutils|factory|datasets|slides|tests)/[\w./-]*\w")
_RESULT = re.compile(r"\d\s*%|\d[.,]\d|\d\s*/\s*\d|\b\d+\s*(?:percent|pp\b|points?\b|times\b|x\b|fold\b)"
                     r"|\b\d+ (?:out )?of (?:the )?\d+", re.IGNORECASE)
_REMOTE = re.compile(r"!\[|<\s*/?\s*[a-z]|url\(|@import|https?:|:[a-z_]+:", re.IGNORECASE)


def read(name: str) -> str:
    return (SLIDES / f"{name}.md").read_text(encoding="utf-8")


def body(deck: str) -> str:
    """The deck without its front matter."""
    return deck.split("\n---\n", 1)[1]


def slides(deck: str) -> list[str]:
    return re.split(r"^---$", body(deck), flags=re.MULTILINE)


def prose(text: str) -> str:
    """What the audience reads outside code: no notes, no code."""
    return _INLINE.sub("", _FENCE.sub("", _NOTE.sub("", text)))


def numbers_that_look_like_results(text: str) -> list[str]:
    return [found[0] for found in _RESULT.finditer(_ARXIV.sub("", prose(text)))]


def things_from_the_network(text: str) -> list[str]:
    """Images, HTML, styles and emoji, which Marp fetches as pictures; anything beyond ASCII could be one."""
    shown = prose(text)
    return [found[0] for found in _REMOTE.finditer(shown)] + [c for c in text if not c.isascii()]


def note_faults(slide: str) -> list[str]:
    notes = _NOTE.findall(slide)
    if len(notes) != 1:
        return [f"{len(notes)} notes"]
    faults = [] if _MINUTES.match(notes[0]) else ["the note does not begin with its minutes"]
    return faults + (["Marp takes the note for settings"] if is_directive(notes[0]) else [])


def is_directive(note: str) -> bool:
    """Whether a comment is YAML with keys; then Marp reads settings in it, and it is no note."""
    try:
        return isinstance(yaml.safe_load(note), (dict, list))
    except yaml.YAMLError:
        return False


def minutes(deck: str) -> int:
    return sum(int(_MINUTES.match(note)[1]) for note in _NOTE.findall(body(deck)))


def height(slide: str) -> float:
    """Estimated lines of a slide in Marp's default theme: it does not scroll, and what is too much is cut off."""
    shown = _NOTE.sub("", slide).strip()
    code = [line for block in _FENCE.findall(shown) for line in block.splitlines()]
    lines = [line for line in _FENCE.sub("", shown).splitlines() if not re.fullmatch(r"\|[-|: ]+\|", line)]
    return 0.85 * len(code) + sum(map(_line_height, lines))


def _line_height(line: str) -> float:
    if not line.strip():
        return 0.4
    if line.startswith(("#", "$$")):
        return 2.0
    if line.startswith("|"):
        return 1.35 * math.ceil((len(line) - 4) / LINE_CHARACTERS)
    return float(math.ceil(len(line) / LINE_CHARACTERS))


@pytest.fixture(params=DECKS)
def name(request):
    return request.param


@pytest.fixture
def deck(name):
    return read(name)


def test_the_decks_are_those_of_the_course():
    assert sorted(path.stem for path in SLIDES.glob("*.md")) == sorted([*DECKS, "README"])
    assert set(NOTEBOOKS) <= set(DECKS)


def test_every_notebook_has_one_deck():
    there = sorted(path.relative_to(ROOT / "solutions").with_suffix("") for path in ROOT.glob("solutions/*/*.py"))
    assert sorted(Path(name) for names in NOTEBOOKS.values() for name in names) == there


def test_front_matter(deck):
    assert deck.startswith("---\n")
    assert yaml.safe_load(deck.split("\n---\n", 1)[0]) == FRONT_MATTER


def test_number_of_slides(name, deck):
    of_notebooks = len(NOTEBOOKS.get(name, []))
    if name == SECOND:  # two to four slides for each notebook, and a few around them
        fewest, most = 2 * of_notebooks + 2, 4 * of_notebooks + 3
    else:
        fewest, most = (6, 10) if of_notebooks else (4, 6)
    assert fewest <= len(slides(deck)) <= most


def test_every_slide_has_one_heading_and_one_note_with_minutes(deck):
    for slide in slides(deck):
        assert len(re.findall(r"^#+ \S", _FENCE.sub("", slide), re.MULTILINE)) == 1, slide
        assert note_faults(slide) == [], slide


def test_slides_are_separated_so_that_no_line_becomes_a_heading(deck):
    for before, after in re.findall(r"^(.*)\n---\n(.*)$", body(deck), re.MULTILINE):
        assert (before, after) == ("", "")


def test_paragraphs_and_bullets_are_one_line_each(deck):
    """Marp breaks a line where the source does."""
    plain = re.compile(r"(?![|#\s]|- |\d\. |\$\$)\S")
    for slide in slides(deck):
        lines = _FENCE.sub("", _NOTE.sub("", slide)).split("\n")
        assert [b for a, b in zip(lines, lines[1:]) if a.strip() and plain.match(b)] == []
        assert [b for a, b in zip(lines, lines[1:]) if a.strip() and re.match(r"\s+\S", b)] == []


def test_slides_fit(deck):
    assert {slide.split("\n")[2]: height(slide) for slide in slides(deck) if height(slide) > SLIDE_LINES} == {}


def test_no_number_looks_like_a_result(deck):
    assert numbers_that_look_like_results(body(deck)) == []


def test_nothing_comes_from_the_network(deck):
    assert things_from_the_network(body(deck)) == []


def test_papers_have_title_and_id(deck):
    shown = prose(body(deck))
    assert len(_CITED.findall(shown)) == shown.count("arXiv")


@pytest.mark.parametrize("page", [*DECKS, "README"])
def test_every_path_exists(page):
    missing = {path for path in _PATH.findall(read(page)) if path != "build/slides" and not (ROOT / path).exists()}
    assert missing == set()


def exercises_named(text: str) -> set[str]:
    return set(re.findall(r"`check\.(\w+)`", text))


def exercises_of(notebook: str) -> set[str]:
    source = (ROOT / "solutions" / f"{notebook}.py").read_text(encoding="utf-8")
    return set(re.findall(r"= check\.(\w+)\(", source))


@pytest.mark.parametrize("notebook", [name for names in NOTEBOOKS.values() for name in names])
def test_one_slide_opens_a_notebook_and_names_exactly_its_exercises(notebook):
    deck = next(read(name) for name, names in NOTEBOOKS.items() if notebook in names)
    opening, = (slide for slide in slides(deck) if f"Open `labs/{notebook}.ipynb`" in slide)
    assert exercises_named(opening) == exercises_of(notebook)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_deck_names_the_exercises_of_its_notebooks_only(name):
    assert exercises_named(read(name)) == set().union(*map(exercises_of, NOTEBOOKS[name]))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_exercises_exist(name):
    from labutils import check

    named = exercises_named(read(name))
    assert len(named) >= 3 and named <= set(check.CHECKERS)


def test_minutes_add_up():
    table = dict(re.findall(r"^\| \[(\w+)\.md\].*?\| (\d+) \|", read("README"), re.MULTILINE))
    first_pause, second_pause = map(int, re.findall(r"break of (\d+) minutes", read("README")))
    sums = {name: minutes(read(name)) for name in DECKS}
    assert {name: int(stated) for name, stated in table.items()} == sums
    first_day = [sums[name] for name in WORKSHOP]
    assert sum(first_day) + first_pause == WORKSHOP_MINUTES
    assert sums[SECOND] + second_pause == WORKSHOP_MINUTES
    plan = [int(stated) for stated in re.findall(r"^\| [^|]+\| (\d+) \|", read("0_opening"), re.MULTILINE)]
    assert plan == first_day


@pytest.mark.parametrize("text", ["RAG gets 71% right", "recall is 0.62", "12 of 40 answers", "a gain of 5 points",
                                  "3 times cheaper", "17/30", "8 percent", "$$ 0.4 $$", "1,200 tokens", "2x"])
def test_results_are_noticed(text):
    assert numbers_that_look_like_results(text)


@pytest.mark.parametrize("text", ["(arXiv 2405.05904)", "lab 3", "`0.5`", "<!-- 95% -->", "```\n0.3\n```",
                                  "$1/(60 + r)$"])
def test_other_numbers_are_let_pass(text):
    assert numbers_that_look_like_results(text) == []


@pytest.mark.parametrize("text", ["![plot](a.png)", "<img src='a.png'>", "<script>", "https://example.org/a.css",
                                  ":smile:", "\N{GRINNING FACE}", "<!-- \N{CHECK MARK} -->", "@import x"])
def test_things_from_the_network_are_noticed(text):
    assert things_from_the_network(text)


@pytest.mark.parametrize("slide", ["# Title", "# Title\n<!-- Say hello. -->", "<!-- 2 min. Ask this: why? -->",
                                   "<!-- 2 min. One. -->\n<!-- 1 min. Two. -->", "<!-- backgroundColor: red -->"])
def test_faulty_notes_are_noticed(slide):
    assert note_faults(slide)


def test_a_full_slide_is_noticed():
    assert height("## Title\n\n" + "- a line\n" * 12) > SLIDE_LINES
    assert height("## Title\n\n- a line\n\n<!--\n" + "a note\n" * 40 + "-->") < SLIDE_LINES
