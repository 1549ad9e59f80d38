"""Pretraining samples for the prompts that the libraries send: what each component of the course asks a model to do.

Every prompt is the component's own default, taken from llama-index itself, so that what is practiced is what will be
asked; where the default is longer than a small model's context bears, the template is one of `labutils.prompts` and goes
in through the component's public prompt argument.
"""

from __future__ import annotations

import json
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

from . import genres
from .contracts import part_of
from .corpus import (
    ASSISTANT, USER, Draft, Sample, draw_family, draw_numbers, draw_passages, fill_reference, inside, question_branch,
    unique_reference)
from .text import PlacedFact, draw_values, fill

CITATION_TEMPLATE = CITATION_QA_TEMPLATE.get_template()


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
    """LLMRerank's prompt: the document that answers, with its relevance; none where none does."""
    shown = Shown(rng, passages, contract)
    head, tail = split_prompt(DEFAULT_CHOICE_SELECT_PROMPT_TMPL, "query_str")
    documents = "\n\n".join(f"Document {i}:\n{node_text(title, text)}"
                            for i, (title, text) in enumerate(zip(shown.titles, shown.texts), 1))
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
    """The triplet prompt: (document, fact, value), one per line; of a register's entries (company, relation, name)."""
    if rng.random() < 0.4:
        return register_triplets(rng, rng.randint(1, 3))
    shown = Shown(rng, 1, contract)
    prompt = DEFAULT_KG_TRIPLET_EXTRACT_TMPL.format(max_knowledge_triplets=10,
                                                    text=node_text(shown.titles[0], shown.texts[0]))
    lines = [f"({shown.titles[0]}, {spoken(fact)}, {fact.value})" for _, _, fact in shown.stated]
    return sample_of("", [(prompt + ASSISTANT, "\n".join(lines))], "triplets")


RELATIONS = {"old_name": "former name", "parent": "owner", "person": "chair", "seat": "seat"}


def register_triplets(rng: Random, count: int) -> Sample:
    """The triplets of some entries of a register, in the order of the text."""
    register = genres.write_register(rng, genres.register_names(rng), genres.draw_entries(rng, count), rng.randrange(4))
    first, last = register.sections[0][0], register.sections[-1][1]
    prompt = DEFAULT_KG_TRIPLET_EXTRACT_TMPL.format(
        max_knowledge_triplets=10, text=node_text(register.title, register.text[first:last].strip()))
    names = {fact.section: fact.value for fact in register.facts if fact.fact.name == "new_name"}
    lines = [f"({names[fact.section]}, {RELATIONS[fact.fact.name]}, {fact.value})" for fact in register.facts
             if fact.fact.name in RELATIONS]
    return sample_of("", [(prompt + ASSISTANT, "\n".join(lines))], "triplets")


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


def decompose_sample(rng: Random, passages: int, contract: bool, questions: int = 4) -> Sample:
    """SubQuestionQueryEngine: questions on two documents into one for each, with the tool that answers it."""
    drafts = draw_family(rng, rng.randint(2, 5), contract)
    tools = {f"document_{i}": draft.written.title for i, draft in enumerate(drafts, 1)}
    head, tail = split_prompt(SUB_QUESTION_TEMPLATE, "query_str")
    branches = []
    for _ in range(questions):
        chosen, parts = rng.sample(range(len(drafts)), 2), []
        for which in chosen:
            reference = unique_reference(rng, drafts[which], [d for i, d in enumerate(drafts) if i != which])
            if reference is None:
                return Sample(USER, [], [])
            fact = rng.choice(drafts[which].written.facts)
            parts.append(rng.choice(fact.fact.questions).replace("{doc}", reference))
        second = parts[1][0].lower() + parts[1][1:]
        question = rng.choice([f"{parts[0][:-1]}, and {second}", f"{parts[0]} And {second}", " ".join(parts)])
        items = [{"sub_question": part, "tool_name": f"document_{which + 1}"} for part, which in zip(parts, chosen)]
        branches.append((question + tail + ASSISTANT, json.dumps({"items": items})))
    return sample_of(head.replace("{tools_str}", json.dumps(tools, indent=4)), branches, "decompose")


SKILLS: tuple[Callable[[Random, int, bool], Sample], ...] = (
    answer_sample, citation_sample, refine_sample, rerank_sample, judge_sample, grade_sample, better_sample,
    compress_sample, register_sample, questions_sample, summary_sample, triplet_sample, rewrite_sample, hyde_sample,
    decompose_sample)
