"""The everyday genres hold what the engine and the questions need; every check runs over all of their data."""

import random
import re
from string import Formatter

import pytest

from factory import genres
from factory.genres import DIRECTORY, ENTRY, GENRES, REVISIONS, TWO_STEPS
from factory.text import Genre, Written, reference, sentence_around, write_clause, write_document
from factory.values import code, company, date, percent, person, place

ALL = GENRES + (DIRECTORY,)
BY_KEY = pytest.mark.parametrize("genre", ALL, ids=lambda g: g.key)
EVERYDAY = pytest.mark.parametrize("genre", GENRES, ids=lambda g: g.key)
# Words that may stand in any question without giving away where its answer is.
STOP = set("""
    a an and any are as at be been before by can did do does down during each every for from give gives given
    go goes going had has have he her him his how if in into is it its let many may much must name of off on
    one only or other out over own per say says set she should so some somebody someone stated takes than that
    the their them there they this those time to under up what when where which while who whom whose will with
    within would according doc not no
""".split())


def placeholders(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


def sample(genre: Genre, seed: int, style: int) -> Written:
    rng = random.Random(seed)
    names = genre.names(rng)
    if genre is DIRECTORY:
        return genres.write_register(rng, names, genres.draw_entries(rng, 6), style)
    return write_document(genre, rng, names, list(genre.clauses), style)


def stems(text: str) -> set[str]:
    """Content words, cut to 5 letters so that 'charging' meets 'charge'."""
    return {w[:5] for w in re.findall(r"[a-z]+", re.sub(r"{\w+}", " ", text).lower()) if w not in STOP and len(w) > 2}


def test_there_are_enough_genres_with_unique_keys():
    assert len(GENRES) >= 9
    assert len({g.key for g in ALL}) == len(ALL)
    assert len(DIRECTORY.clauses[0].wordings) >= 6


@BY_KEY
def test_sizes(genre):
    keys = [c.key for c in genre.clauses]
    assert len(set(keys)) == len(keys)
    assert len(genre.titles) == 1 and len(genre.references) >= 5 and 2 <= len(genre.openings) <= 4
    if genre is not DIRECTORY:
        assert len(keys) >= 8
    for clause in genre.clauses:
        assert len(clause.wordings) >= 4 and len(clause.titles) >= 2 and clause.category == ""
        assert len(clause.facts) <= (5 if genre is DIRECTORY else 3) and clause.facts
        assert len({f.name for f in clause.facts}) == len(clause.facts)


@BY_KEY
def test_placeholders_are_known_and_each_fact_is_stated_once(genre):
    names = set(genre.names(random.Random(0)))
    for template in genre.titles + genre.references + genre.openings:
        assert set(placeholders(template)) <= names, template
    for clause in genre.clauses:
        facts = {f.name for f in clause.facts}
        assert not facts & names, (genre.key, clause.key)
        for wording in clause.wordings:
            used = placeholders(wording)
            assert set(used) <= facts | names, wording
            assert all(used.count(f) == 1 for f in facts), wording


@BY_KEY
def test_references_tell_documents_apart(genre):
    first, second = (genre.names(random.Random(seed)) for seed in (1, 2))
    for template in genre.references:
        assert template.format(**first) != template.format(**second)
    assert reference(genre, random.Random(0), first)


@BY_KEY
def test_questions(genre):
    seen = {}
    for clause in genre.clauses:
        for fact in clause.facts:
            assert len(fact.questions) >= 6, (clause.key, fact.name)
            for question in fact.questions:
                assert question.count("{doc}") == 1 and question.endswith("?") and question[0].isupper(), question
                # A document's name may start in lower case ("the manual"), so no question starts with it.
                assert not question.startswith("{doc}"), question
                known = {"doc", "new_name", "old_name"} if genre is DIRECTORY else {"doc"}
                assert set(placeholders(question)) <= known, question
                assert fact.name not in placeholders(question), question
                key = re.sub(r"\W+", " ", question.lower())
                assert key not in seen, (question, seen.get(key), fact.name)
                seen[key] = fact.name


def test_plural_names_of_a_document_are_never_the_subject():
    """'What does the minutes say' is wrong."""
    for genre in GENRES:
        if any(re.search(r"\b(minutes|notes|rules|instructions|lines)\b", r) for r in genre.references):
            for question in (q for c in genre.clauses for f in c.facts for q in f.questions):
                assert not re.search(r"\b(does|did|is|has) {doc}|{doc} [a-z]", question), question


@EVERYDAY
def test_last_two_questions_share_few_words_with_the_wordings(genre):
    for clause in genre.clauses:
        for fact in clause.facts:
            for question in fact.questions[-2:]:
                asked = stems(question)
                shares = [len(asked & stems(w)) / len(asked) for w in clause.wordings]
                shared = asked & stems(" ".join(clause.wordings))
                assert sum(shares) / len(shares) <= 0.25, (clause.key, question, shared)


@BY_KEY
def test_wordings_read_well(genre):
    for clause in genre.clauses:
        assert len({w for w in clause.wordings}) == len(clause.wordings)
        for wording in clause.wordings:
            assert wording.endswith("."), wording
            assert '"' not in wording, wording  # a notice of change quotes it
            # The engine capitalizes a value at the start of a paragraph only.
            assert "{" not in "".join(re.findall(r"[.?!] +(\S)", wording)), wording
            assert not re.search(r"\b(no|approx|incl|Dr|Mr|Mrs|etc|e\.g|i\.e)\.", wording), wording


@BY_KEY
@pytest.mark.parametrize("style", range(4))
def test_written_documents(genre, style):
    for seed in range(6):
        document = sample(genre, seed, style)
        assert "{" not in document.text and "}" not in document.text
        expected = 5 * 6 if genre is DIRECTORY else sum(len(c.facts) for c in genre.clauses)
        assert len(document.facts) == expected
        for start, end, _ in document.sections:
            words = document.text[start:end].split("\n\n", 1)[1].split()[1:]
            assert 15 <= len(words) <= 55, (len(words), " ".join(words))
            for sentence in re.split(r"(?<=[.?!]) ", " ".join(words)):
                assert not sentence[0].islower(), sentence
        for placed in document.facts:
            evidence = document.text[placed.evidence_start:placed.evidence_end]
            assert document.text[placed.start:placed.end] == placed.value
            assert placed.value in evidence and len(evidence.split()) >= len(placed.value.split()) + 2, evidence
            start, end, _ = document.sections[placed.section - 1]
            found = re.findall(rf"(?<![\w,]){re.escape(placed.value)}(?!\w|,\d)", document.text[start:end])
            assert len(found) == 1, (placed.fact.name, placed.value, document.text[start:end])


@EVERYDAY
def test_every_wording_states_exactly_the_drawn_values(genre):
    rng = random.Random(5)
    names = genre.names(rng)
    for clause in genre.clauses:
        for wording in clause.wordings:
            values = {f.name: f.value(rng) for f in clause.facts}
            document = Written("", "", names)
            write_clause(document, clause, values, wording, "Title")
            assert {p.fact.name: p.value for p in document.facts} == values, wording


@EVERYDAY
def test_facts_of_one_type_compete_within_a_document(genre):
    """A reader must look at what is asked: nearly every fact has another one of the same kind in its document."""
    kinds = {}
    for clause in genre.clauses:
        for fact in clause.facts:
            kinds.setdefault(kind_of(fact.value(random.Random(1))), []).append(fact.name)
    facts = sum(len(v) for v in kinds.values())
    assert sum(len(v) for v in kinds.values() if len(v) > 1) / facts >= 0.6, kinds


def kind_of(value: str) -> str:
    """A rough type: numbers keep their unit, names are 'name', times 'clock'."""
    if re.fullmatch(r"\d\d:\d\d", value):
        return "clock"
    if re.fullmatch(r"[A-Z]{3} [\d,]+", value):
        return "money"
    if re.fullmatch(r"[A-Z]+-\d+", value):
        return "code"
    if re.fullmatch(r"\d+ [A-Z][a-z]+ \d{4}", value):
        return "date"
    if re.search(r"\d", value):
        if re.search("second|minute|hour|day|week|month|year", value):
            return "duration"
        unit = re.sub(r"[\d.,]+", "", value).strip()
        if unit in {"%", "°C", "kg", "cm", "ml", "mg", "grams", "meters"}:
            return unit
        return "count" if unit else "year"
    return "name" if value[0].isupper() else "phrase"


def test_values_are_of_many_types():
    makers = {"person": person, "place": place, "company": company, "clock": None}
    kinds = {kind_of(f.value(random.Random(2))) for g in GENRES for c in g.clauses for f in c.facts}
    used = {f.value for g in GENRES for c in g.clauses for f in c.facts}
    assert {makers["person"], makers["place"], makers["company"]} <= used
    assert {"duration", "money", "%", "date", "clock", "code", "phrase", "°C", "kg"} <= kinds, kinds
    assert all(make(random.Random(0)) for make in (code(), date(), percent(1, 2)))


@EVERYDAY
def test_revisions_override_one_section(genre):
    revision = REVISIONS[genre.key]
    assert len(revision.titles) == 1 and "{title}" in revision.titles[0] and len(revision.wordings) == 4
    for wording in revision.wordings:
        assert sorted(placeholders(wording)) == ["new_text", "section", "section_title"], wording
    for seed, clause in enumerate(genre.clauses):
        original = sample(genre, seed, seed % 4)
        notice = genres.revise(original, genre, clause.key, random.Random(seed), seed // 2)
        assert original.title in notice.title and notice.title != original.title
        assert len(notice.facts) == len(clause.facts) and "{" not in notice.text
        for fact in clause.facts:
            new, old = notice.fact(clause.key, fact.name), original.fact(clause.key, fact.name)
            assert new.value != old.value and notice.text[new.start:new.end] == new.value
            marker = rf"(section|part|point|paragraph|under|about|number|item|step) {old.section}\b"
            assert re.search(marker, notice.text, re.I)


@EVERYDAY
def test_a_revision_can_change_one_fact_only(genre):
    clause = next(c for c in genre.clauses if len(c.facts) > 1)
    original = sample(genre, 3, 1)
    notice = genres.revise(original, genre, clause.key, random.Random(3), 2, only=clause.facts[1].name)
    same = [notice.fact(clause.key, f.name).value == original.fact(clause.key, f.name).value for f in clause.facts]
    assert same == [i != 1 for i in range(len(clause.facts))]


def test_times_of_day_stay_in_their_bounds():
    make = genres.time_of_day("08:50", "09:10")
    assert {make(random.Random(i)) for i in range(80)} == {"08:50", "08:55", "09:00", "09:05", "09:10"}


def test_revise_needs_a_clause_that_the_document_holds():
    genre = GENRES[0]
    rng = random.Random(0)
    short = write_document(genre, rng, genre.names(rng), list(genre.clauses[:1]), 0)
    with pytest.raises(KeyError):
        genres.revise(short, genre, genre.clauses[1].key, rng, 0)


def test_every_genre_has_its_own_revision():
    assert set(REVISIONS) == {g.key for g in GENRES}
    assert len({r.titles for r in REVISIONS.values()}) >= 5
    wordings = [w for r in REVISIONS.values() for w in r.wordings]
    assert len(set(wordings)) == len(wordings)


def test_register_entries_have_distinct_names_and_owners_without_circles():
    entries = genres.draw_entries(random.Random(4), 30)
    names = [e[k] for e in entries for k in ("new_name", "old_name", "person")]
    assert len(set(names)) == len(names)
    owner = {e["new_name"]: e["parent"] for e in entries}
    assert sum(p in owner for p in owner.values()) >= 5
    for name in owner:
        seen = set()
        while name in owner:
            assert name not in seen
            seen.add(name)
            name = owner[name]


def test_two_step_questions():
    assert len({t.key for t in TWO_STEPS}) == len(TWO_STEPS)
    seen = {q for f in ENTRY.facts for q in f.questions}
    for step in TWO_STEPS:
        assert step.given in ("new_name", "old_name") and step.answer in {f.name for f in ENTRY.facts}
        for question in step.questions:
            assert sorted(placeholders(question)) == sorted(["doc", step.given]), question
            assert question not in seen and question.endswith("?")
            seen.add(question)


def test_the_answering_entry_states_the_answer():
    rng = random.Random(8)
    entries = genres.draw_entries(rng, 12)
    register = genres.write_register(rng, DIRECTORY.names(rng), entries, 0)
    through = next(t for t in TWO_STEPS if t.through_owner)
    listed = 0
    for i, entry in enumerate(entries):
        target = genres.answering_entry(through, entries, i)
        if target is None:
            assert entry["parent"] not in {e["new_name"] for e in entries}
            continue
        listed += 1
        placed = next(p for p in register.facts if p.section == target + 1 and p.fact.name == through.answer)
        assert entries[target]["new_name"] == entry["parent"] and placed.value == entries[target][through.answer]
    assert listed
    direct = next(t for t in TWO_STEPS if not t.through_owner)
    assert genres.answering_entry(direct, entries, 5) == 5


def test_sentence_bounds_hold_a_whole_sentence():
    text = "One thing is here. Another stands there."
    low, high = sentence_around(text, 19, 26)
    assert text[low:high] == "Another stands there."
