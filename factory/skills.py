"""Pretraining samples for the prompts that the libraries send: what each component of the course asks a model to do.

Every prompt is the component's own default, taken from llama-index itself, so that what is practiced is what will be
asked; where the default is longer than a small model's context bears, the template is one of `labutils.prompts` and goes
in through the component's public prompt argument.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random

from llama_index.core.extractors.metadata_extractors import DEFAULT_QUESTION_GEN_TMPL, DEFAULT_SUMMARY_EXTRACT_TEMPLATE
from llama_index.core.prompts.default_prompts import (
    DEFAULT_CHOICE_SELECT_PROMPT_TMPL, DEFAULT_KG_TRIPLET_EXTRACT_TMPL, DEFAULT_REFINE_PROMPT_TMPL,
    DEFAULT_TEXT_QA_PROMPT_TMPL, HYDE_TMPL)
from llama_index.core.query_engine.citation_query_engine import CITATION_QA_TEMPLATE
from llama_index.core.retrievers.fusion_retriever import QUERY_GEN_PROMPT

from labutils.prompts import (
    ABSTAIN, COMPRESS_TEMPLATE, GRADE_TEMPLATE, JUDGE_TEMPLATE, NOTHING_RELEVANT, PREFERENCE_TEMPLATE, QA_TEMPLATE,
    SUB_QUESTION_TEMPLATE, format_passages)

from . import genres, values
from .contracts import part_of
from .corpus import (
    ASSISTANT, USER, Draft, Sample, draw_family, draw_numbers, draw_passages, fill_reference, inside, question_branch,
    unique_reference)
from .text import PlacedFact, draw_values, fill

CITATION_TEMPLATE = CITATION_QA_TEMPLATE.get_template()
RERANKED = 10  # documents that LLMRerank shows at once
LONGEST_SECTIONS = 1200  # characters of the sections that triplets are taken from


def node_text(title: str, text: str) -> str:
    """A chunk as llama-index shows it to a model: its title as metadata, then its text."""
    return f"title: {title}\n\n{text}"


class Shown:
    """Passages of some documents with what they state and what they do not; `stated` has (passage, draft, fact)."""

    def __init__(self, rng: Random, passages: int, contract: bool):
        # One document more than is shown: questions about it have no answer.
        self.drafts = draw_family(rng, rng.randint(1, passages) + 1, contract)
        chosen = draw_passages(rng, self.drafts[:-1], passages)
        rng.shuffle(chosen)
        self.titles = [written.title for _, written, _ in chosen]
        self.texts = [written.text[slice(*window)].strip() for _, written, window in chosen]
        self.stated = [(number, draft, fact) for number, (draft, written, window) in enumerate(chosen, 1)
                       for fact in written.facts if inside(fact, window)]
        here = {id(fact) for _, _, fact in self.stated}
        self.absent = [(0, draft, fact) for draft in self.drafts for fact in draft.written.facts
                       if id(fact) not in here]

    @property
    def context(self) -> str:
        """All passages, as llama-index shows chunks to a model."""
        return "\n\n".join(map(node_text, self.titles, self.texts))

    def ask(self, rng: Random, count: int, answerable: float = 0.7) -> list[tuple[str, int, PlacedFact]]:
        """(question, number of the passage that answers it or 0, fact), in any order."""
        wanted = round(count * answerable)
        chosen = (rng.sample(self.stated, min(wanted, len(self.stated)))
                  + rng.sample(self.absent, min(count - wanted, len(self.absent))))
        asked = []
        for number, draft, fact in rng.sample(chosen, len(chosen)):
            reference = self.reference(rng, draft)
            if reference:
                asked.append((rng.choice(fact.fact.questions).replace("{doc}", reference), number, fact))
        return asked

    def reference(self, rng: Random, draft: Draft) -> str | None:
        return unique_reference(rng, draft, [d for d in self.drafts if d is not draft])


def split_prompt(template: str, slot: str) -> tuple[str, str]:
    """A template cut before its last slot: what many questions share, and what follows with the question."""
    head, tail = template.rsplit("{" + slot + "}", 1)
    return head, tail


def sample_of(prefix: str, branches: list[tuple[str, str]], kind: str) -> Sample:
    return Sample(USER + prefix, branches, [kind] * len(branches))


# ---------------------------------------------------------------- answering

def answer_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """The default question-answering prompt of every response mode: the value alone, or the abstention."""
    shown = Shown(rng, passages, contract)
    head, tail = split_prompt(DEFAULT_TEXT_QA_PROMPT_TMPL, "query_str")
    branches = [(question + tail + ASSISTANT, fact.value if number else ABSTAIN)
                for question, number, fact in shown.ask(rng, 6)]
    return sample_of(head.replace("{context_str}", shown.context), branches, "answer")


def citation_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """CitationQueryEngine's prompt: the value with its source behind it."""
    shown = Shown(rng, passages, contract)
    head, tail = split_prompt(CITATION_TEMPLATE, "query_str")
    sources = "\n\n".join(f"Source {i}:\n{node_text(title, text)}\n"
                          for i, (title, text) in enumerate(zip(shown.titles, shown.texts), 1))
    branches = [(question + tail + ASSISTANT, f"{fact.value} [{number}]" if number else ABSTAIN)
                for question, number, fact in shown.ask(rng, 5)]
    return sample_of(head.replace("{context_str}", sources), branches, "citation")


def refine_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """Refining an answer: the new context's value if it states one, else the answer as it was."""
    shown = Shown(rng, 1, contract)
    question, number, fact = (shown.ask(rng, 1, rng.choice([0.0, 1.0])) or shown.ask(rng, 2))[0]
    other = draw_values(fact.clause, rng)[fact.fact.name]
    existing = rng.choice([ABSTAIN, fact.value if number else other])
    prompt = DEFAULT_REFINE_PROMPT_TMPL.format(
        query_str=question, existing_answer=existing, context_msg=node_text(shown.titles[0], shown.texts[0]))
    return sample_of("", [(prompt + ASSISTANT, fact.value if number else existing)], "refine")


# ---------------------------------------------------------------- judging

def rerank_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """LLMRerank's prompt: the document that answers, with its relevance; none where none does.

    Documents are formatted by `labutils.prompts.format_passages`, through the component's argument
    `format_node_batch_fn`: a number in front of its title is not found (see README.md).
    """
    shown = Shown(rng, min(2 * passages, RERANKED), contract)
    head, tail = split_prompt(DEFAULT_CHOICE_SELECT_PROMPT_TMPL, "query_str")
    documents = format_passages(list(zip(shown.titles, shown.texts)))
    branches = [(question + tail + ASSISTANT, f"Doc: {number}, Relevance: 9" if number else "None of the documents.")
                for question, number, _ in shown.ask(rng, 5)]
    return sample_of(head.replace("{context_str}", documents), branches, "rerank")


def judge_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """Whether passages support an answer: right values against values of other documents, other facts or nobody."""
    shown = Shown(rng, passages, contract)
    head, tail = split_prompt(JUDGE_TEMPLATE, "statement")
    branches = []
    for question, number, fact in shown.ask(rng, 6, 0.8):
        value = fact.value if rng.random() < 0.6 else wrong_value(rng, shown, fact)
        supported = number > 0 and value == fact.value
        branches.append((f"{question} {value}{tail}{ASSISTANT}", "supported" if supported else "not supported"))
    return sample_of(head.replace("{context_str}", shown.context), branches, "judge")


def wrong_value(rng: Random, shown: Shown, fact: PlacedFact) -> str:
    """What another document says on the same matter, or nobody; now and then it is right by chance."""
    wrong = [f.value for _, _, f in shown.stated + shown.absent if f.fact is fact.fact and f.value != fact.value]
    return rng.choice([*wrong, draw_values(fact.clause, rng)[fact.fact.name]])


def grade_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """Whether a passage answers a question: other matters and the same matter of another document do not."""
    shown = Shown(rng, 1, contract)
    head, tail = split_prompt(GRADE_TEMPLATE, "query_str")
    branches = [(question + tail + ASSISTANT, "yes" if number else "no")
                for question, number, _ in shown.ask(rng, 8, 0.5)]
    return sample_of(head.replace("{context_str}", shown.context), branches, "grade")


def better_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """Which of two answers the passages bear out: a right value, a wrong one, an abstention in or out of place."""
    shown = Shown(rng, passages, contract)
    head, tail = split_prompt(PREFERENCE_TEMPLATE, "query_str")
    branches = []
    for question, number, fact in shown.ask(rng, 6, 0.7):
        good, bad = fact.value, rng.choice([ABSTAIN, wrong_value(rng, shown, fact), wrong_value(rng, shown, fact)])
        if not number:
            good, bad = ABSTAIN, rng.choice([fact.value, wrong_value(rng, shown, fact)])
        if good == bad:
            continue
        first = rng.random() < 0.5
        pair = dict(answer_a=good if first else bad, answer_b=bad if first else good)
        branches.append((question + tail.format(**pair) + ASSISTANT, "A" if first else "B"))
    return sample_of(head.replace("{context_str}", shown.context), branches, "better")


# ---------------------------------------------------------------- finding

def compress_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """The sentence of a passage that answers, word for word; nothing where none does."""
    shown = Shown(rng, 1, contract)
    head, tail = split_prompt(COMPRESS_TEMPLATE, "query_str")
    branches = []
    for question, number, fact in shown.ask(rng, 5):
        draft = next(draft for draft in shown.drafts if any(fact is f for f in draft.written.facts))
        sentence = draft.written.text[fact.evidence_start : fact.evidence_end]
        branches.append((question + tail + ASSISTANT, sentence if number else NOTHING_RELEVANT))
    return sample_of(head.replace("{context_str}", shown.context), branches, "compress")


def register_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """A register's entries as passages, with questions in one step and in two: the former name, the owner's seat."""
    names = genres.register_names(rng)
    entries = genres.draw_entries(rng, passages + 1)
    register = genres.write_register(rng, names, entries, rng.randrange(4))
    shown = rng.sample(range(len(entries)), max(1, passages))
    numbers = draw_numbers(rng, len(shown), shuffled=0.5)
    texts = [(register.title, register.text[slice(*register.sections[i][:2])].strip()) for i in shown]
    number_of = dict(zip(shown, numbers, strict=True))
    reference = fill_reference(rng.choice(genres.DIRECTORY.references), names)
    asked = []
    for i, entry in enumerate(entries):
        fact = rng.choice(genres.ENTRY.facts)
        asked.append((rng.choice(fact.questions), entry, i, entry[fact.name]))
        step = rng.choice(genres.TWO_STEPS)
        at = genres.answering_entry(step, entries, i)
        # The way there has to be in sight as well.
        if at is not None:
            asked.append((rng.choice(step.questions), entry, at if i in number_of else None, entries[at][step.answer]))
    branches = []
    for question, entry, at, value in rng.sample(asked, min(len(asked), 7)):
        question = question.replace("{doc}", reference)
        for key, name in entry.items():
            question = question.replace("{" + key + "}", name)
        answer = f"[{number_of[at]}] {value}" if at in number_of else ABSTAIN
        branches.append((question_branch(question), answer))
    return sample_of(QA_TEMPLATE.split("{context_str}")[0] + format_passages(texts, numbers), branches, "register")


# ---------------------------------------------------------------- writing

def questions_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """QuestionsAnsweredExtractor's prompt: questions that a passage answers, one per line."""
    shown = Shown(rng, 1, contract)
    facts = [(draft, fact) for _, draft, fact in shown.stated]
    reference = shown.reference(rng, facts[0][0]) if facts else None
    if reference is None:
        return Sample(USER, [], [])
    lines = [rng.choice(fact.fact.questions).replace("{doc}", reference) for _, fact in facts[: rng.randint(1, 3)]]
    prompt = DEFAULT_QUESTION_GEN_TMPL.format(context_str=node_text(shown.titles[0], shown.texts[0]),
                                              num_questions=len(lines))
    return sample_of("", [(prompt + ASSISTANT, "\n".join(lines))], "questions")


def summary_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """SummaryExtractor's prompt: the title, and each fact with its value in the order of the text."""
    shown = Shown(rng, 1, contract)
    prompt = DEFAULT_SUMMARY_EXTRACT_TEMPLATE.format(context_str=node_text(shown.titles[0], shown.texts[0]))
    facts = "; ".join(f"{spoken(fact)}: {fact.value}" for _, _, fact in shown.stated)
    return sample_of("", [(prompt + ASSISTANT, f"{shown.titles[0]}. {facts}.")], "summary")


def triplet_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """The triplet prompt: (document, heading, value) of sections, (company, relation, name) of companies; one per line.

    All three stand in the text, or the relation is one of COMPANY_SENTENCES: what stands nowhere can't be known. The library
    takes a line apart at its commas, so names and values are written without.
    """
    if rng.random() < 0.5:
        return rng.choice([register_triplets, listing_triplets])(rng, rng.randint(1, 3))
    written = draw_family(rng, 1, contract)[0].written
    first = rng.randrange(len(written.sections))
    last = min(len(written.sections), first + rng.randint(1, 3)) - 1
    while last > first and written.sections[last][1] - written.sections[first][0] > LONGEST_SECTIONS:
        last -= 1
    window = written.sections[first][0], written.sections[last][1]
    lines = [(written.title, written.sections[fact.section - 1][2], fact.value) for fact in written.facts
             if inside(fact, window)]
    return triplets_of(written.title, written.text[slice(*window)].strip(), lines)


def triplets_of(title: str, text: str, lines: list[tuple[str, str, str]]) -> Sample:
    prompt = DEFAULT_KG_TRIPLET_EXTRACT_TMPL.format(max_knowledge_triplets=10, text=node_text(title, text))
    answer = "\n".join(f"({', '.join(part.replace(',', '') for part in line)})" for line in lines)
    return sample_of("", [(prompt + ASSISTANT, answer)], "triplets")


RELATIONS = {"old_name": "former name", "parent": "owner", "person": "chair", "seat": "seat"}


def register_triplets(rng: Random, count: int) -> Sample:
    """The triplets of some entries of a register, in the order of the text."""
    register = genres.write_register(rng, genres.register_names(rng), genres.draw_entries(rng, count), rng.randrange(4))
    first, last = register.sections[0][0], register.sections[-1][1]
    names = {fact.section: fact.value for fact in register.facts if fact.fact.name == "new_name"}
    lines = [(names[fact.section], RELATIONS[fact.fact.name], fact.value) for fact in register.facts
             if fact.fact.name in RELATIONS]
    return triplets_of(register.title, register.text[first:last].strip(), lines)


# What lists of companies say of one of them (x), a sentence each; y is the other end of the relation.
COMPANY_SENTENCES = {
    "former name": (
        "The former name of {x} is {y}.", "{x} used to trade as {y}.", "Until {date}, {x} went by the name of {y}.",
        "{y} changed its name to {x} on {date}.", "Before {date} the business of {x} was run under the name {y}.",
        "{x} has had this name since {date}; before that it was {y}.", "{x}, formerly {y}, was founded on {date}."),
    "owner": (
        "The parent company of {x} is {y}.", "{y} owns {x}.", "{x} belongs to {y}.", "{y} holds every share in {x}.",
        "The whole stock of {x} is in the hands of {y}.", "{x} is a subsidiary of {y}.",
        "{x} was bought on {date} by its present owner, {y}."),
    "seat": (
        "The seat of {x} is {y}.", "{x} is seated in {y}.", "The head office of {x} is in {y}.",
        "{x} is entered with its seat in {y}.", "From {y}, {x} runs its business.", "{y} is home to {x}."),
    "chair": (
        "The chair of {x} is {y}.", "{y} chairs {x}.", "{y} presides over the board of {x}.",
        "At {x} the chair was taken by {y} on {date}."),
    "signatory": (
        "The signatory of {x} is {y}.", "{y} may sign for {x}.", "{x} is bound by the signature of {y}.",
        "Deeds of {x} are signed by {y}.", "{y} has signed for {x} since {date}.", "The signature of {y} commits {x}."),
}
EMPTY_SENTENCES = (
    "The full name of {x} is {x} {form}.", "No change of name is on record for {x}.", "{x} has no owner above it.",
    "{x} was entered on {date}.", "Nobody holds more than a tenth of the stock of {x}.", "{x} files its accounts in May.")
LISTING_TITLES = ("List of companies", "Companies of the group", "Business partners", "Trade directory of {place}",
                  "Company index", "Suppliers and customers", "Register of {place}")


def listing_triplets(rng: Random, count: int) -> Sample:
    """The triplets of a list of companies: for each some of COMPANY_SENTENCES, in any order, between empty ones."""
    ends = {"former name": values.company, "owner": values.company, "seat": values.place, "chair": values.person,
            "signatory": values.person}
    numbered, title = rng.random() < 0.6, rng.choice(LISTING_TITLES).replace("{place}", values.place(rng))
    text, lines = "", []
    for number in range(rng.randint(1, 30), 31)[:count]:
        name, form = values.company(rng), rng.choice(("Ltd", "AG", "Inc.", "Oy", "SpA"))
        said: list[tuple[str, str]] = [(sentence, "") for sentence in rng.sample(EMPTY_SENTENCES, rng.randint(0, 2))]
        for relation in rng.sample(list(ends), rng.randint(1, 4)):
            said.append((rng.choice(COMPANY_SENTENCES[relation]), relation))
        text += f"## {number}. {name} {form}\n\n" if rng.random() < 0.7 else ""
        for part, (sentence, relation) in enumerate(rng.sample(said, len(said)), 1):
            other = ends[relation](rng) if relation else ""
            text += f"{number}.{part} " if numbered else ""
            text += sentence.format(x=name, y=other, form=form, date=values.date(1990, 2025)(rng))
            text += "\n\n" if numbered else " "
            lines += [(name, relation, other)] if relation else []
        text = text.strip() + "\n\n"
    return triplets_of(title, text.strip(), lines)


def spoken(fact: PlacedFact) -> str:
    """A fact's name as words: 'charge time'."""
    return fact.fact.name.replace("_", " ")


def rewrite_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """QueryFusionRetriever's prompt: the same question in other words, one per line."""
    draft = draw_family(rng, 1, contract)[0]
    fact, reference = rng.choice(draft.written.facts), unique_reference(rng, draft, [])
    count = rng.randint(1, 3)
    question, *others = (text.replace("{doc}", reference) for text in rng.sample(fact.fact.questions, count + 1))
    prompt = QUERY_GEN_PROMPT.format(num_queries=count, query=question)
    return sample_of("", [(prompt + ASSISTANT, "\n".join(others))], "rewrite")


def hyde_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """HyDE's prompt: a passage that would answer the question, with a value made up."""
    draft = draw_family(rng, 1, contract)[0]
    fact, reference = rng.choice(draft.written.facts), unique_reference(rng, draft, [])
    question = rng.choice(fact.fact.questions).replace("{doc}", reference)
    _, wording = part_of(rng.choice(fact.clause.wordings), fact.fact.name)
    passage = fill(wording.strip(), draft.written.names | draw_values(fact.clause, rng))[0]
    prompt = HYDE_TMPL.format(context_str=question)
    return sample_of("", [(prompt + ASSISTANT, f"{draft.written.title}\n{passage}")], "hyde")


# One question on several documents at once: {docs} lists them, {noun} names what is asked of each.
COMPARISONS = (
    "Compare {docs}: what is the {noun} of each?", "How do {docs} differ in the {noun}?", "State the {noun} for {docs}.",
    "Which of {docs} has the larger {noun}?", "Is the {noun} the same in {docs}?", "Add up the {noun} of {docs}.",
    "By what margin does the {noun} part {docs}?", "Put {docs} next to each other. Whose {noun} is smaller?",
    "How many of {docs} have a {noun} of more than {number}?", "Between {docs}, what separates one {noun} from the other?",
    "Look at {docs}. In which does the {noun} come out on top?", "For {docs}, give me the {noun} one by one.",
)
WHAT_IS = re.compile(r"What is the ([^{}?]+) (?:of|in|under|for|by) {doc}\?")


def decompose_sample(rng: Random, passages: int, contract: bool, questions: int = 3) -> Sample:
    """SubQuestionQueryEngine: a question on two or three documents into one for each, with the tool that answers it.

    Tools are named by the titles of their documents, so naming one is copying the title that has the question's names.
    """
    drafts = draw_family(rng, rng.randint(2, 5), contract)
    titles = [draft.written.title for draft in drafts]
    if len(set(titles)) < len(titles):
        return Sample(USER, [], [])
    tools = titles + [f"Amendment {rng.randint(1, 3)} to {title}" for title in titles if contract and rng.random() < 0.2]
    describe = rng.choice([lambda title: title, lambda title: "", lambda title: rng.choice(DESCRIPTIONS)])
    shown = {title: describe(title) for title in rng.sample(tools, len(tools))}
    head, tail = split_prompt(SUB_QUESTION_TEMPLATE, "query_str")
    branches = []
    for _ in range(questions):
        chosen = rng.sample(range(len(drafts)), 3 if len(drafts) > 2 and rng.random() < 0.25 else 2)
        references = [unique_reference(rng, drafts[i], [d for d in drafts if d is not drafts[i]]) for i in chosen]
        if None in references:
            return Sample(USER, [], [])
        question, parts = rng.choice([joined_question, shared_question, comparison])(
            rng, [drafts[i] for i in chosen], references)
        items = [{"sub_question": part, "tool_name": titles[i]} for part, i in zip(parts, chosen)]
        branches.append((question + tail + ASSISTANT, json.dumps({"items": items})))
    return sample_of(head.replace("{tools_str}", json.dumps(shown, indent=4)), branches, "decompose")


DESCRIPTIONS = ("One document of the archive.", "Answers questions on this document.", "A text of some pages.")


def joined_question(rng: Random, drafts: list[Draft], references: list[str]) -> tuple[str, list[str]]:
    """(a question for another fact of each document, its parts)."""
    parts = [rng.choice(rng.choice(draft.written.facts).fact.questions).replace("{doc}", reference)
             for draft, reference in zip(drafts, references)]
    later = [part[0].lower() + part[1:] for part in parts[1:]]
    return rng.choice([", and ".join([parts[0][:-1], *(part[:-1] for part in later)]) + "?", " And ".join([parts[0], *later]),
                       " ".join(parts)]), parts


def shared_question(rng: Random, drafts: list[Draft], references: list[str]) -> tuple[str, list[str]]:
    """(one question asked of all documents in a list, the question for each)."""
    template = rng.choice(rng.choice(drafts[0].written.facts).fact.questions)
    return template.replace("{doc}", listed(rng, references)), [template.replace("{doc}", one) for one in references]


def comparison(rng: Random, drafts: list[Draft], references: list[str]) -> tuple[str, list[str]]:
    """(a question that compares documents in one point, the question for that point of each)."""
    fact = rng.choice(drafts[0].written.facts)
    nouns = [found[1] for text in fact.fact.questions if (found := WHAT_IS.fullmatch(text))]
    noun = rng.choice([*nouns, spoken(fact)])
    question = rng.choice(COMPARISONS).replace("{number}", str(rng.randint(2, 90))).replace("{noun}", noun)
    return (question.replace("{docs}", listed(rng, references)),
            [f"What is the {noun} of {reference}?" for reference in references])


def listed(rng: Random, references: list[str]) -> str:
    last = rng.choice([" and ", " and ", " as well as "])
    return ", ".join(references[:-1]) + last + references[-1]


SKILLS: tuple[Callable[[Random, int, bool], Sample], ...] = (
    answer_sample, citation_sample, refine_sample, rerank_sample, judge_sample, grade_sample, better_sample,
    compress_sample, register_sample, questions_sample, summary_sample, triplet_sample, rewrite_sample, hyde_sample,
    decompose_sample)
# How often each is practiced: what takes longest to learn gets most.
SHARES = (1, 1, 1, 3, 1, 1, 1, 3, 1, 1, 1, 4, 1, 1, 4)
