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

from labutils.prompts import ABSTAIN, JUDGE_TEMPLATE, SUB_QUESTION_TEMPLATE

from .contracts import part_of
from .corpus import ASSISTANT, USER, Draft, Sample, draw_family, draw_passages, inside, unique_reference
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
        self.titles = [written.title for _, written, _ in chosen]
        self.texts = [written.text[slice(*window)].strip() for _, written, window in chosen]
        self.stated = [(number, draft, fact) for number, (draft, written, window) in enumerate(chosen, 1)
                       for fact in written.facts if inside(fact, window)]
        here = {id(fact) for _, _, fact in self.stated}
        self.absent = [(0, draft, fact) for draft in self.drafts for fact in draft.written.facts
                       if id(fact) not in here]

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
    context = "\n\n".join(map(node_text, shown.titles, shown.texts))
    branches = [(question + tail + ASSISTANT, fact.value if number else ABSTAIN)
                for question, number, fact in shown.ask(rng, 6)]
    return sample_of(head.replace("{context_str}", context), branches, "answer")


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
    context = "\n\n".join(map(node_text, shown.titles, shown.texts))
    branches = []
    for question, number, fact in shown.ask(rng, 6, 0.8):
        wrong = [f.value for _, _, f in shown.stated + shown.absent if f.fact is fact.fact and f.value != fact.value]
        wrong.append(draw_values(fact.clause, rng)[fact.fact.name])
        value = fact.value if rng.random() < 0.6 else rng.choice(wrong)
        supported = number > 0 and value == fact.value
        branches.append((f"{question} {value}{tail}{ASSISTANT}", "supported" if supported else "not supported"))
    return sample_of(head.replace("{context_str}", context), branches, "judge")


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
    """The triplet prompt: (document, fact, value), one per line."""
    shown = Shown(rng, 1, contract)
    prompt = DEFAULT_KG_TRIPLET_EXTRACT_TMPL.format(max_knowledge_triplets=10,
                                                    text=node_text(shown.titles[0], shown.texts[0]))
    lines = [f"({shown.titles[0]}, {spoken(fact)}, {fact.value})" for _, _, fact in shown.stated]
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


def decompose_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """SubQuestionQueryEngine: a question on two documents into one for each, with the tool that answers it."""
    drafts = draw_family(rng, rng.randint(2, 4), contract)
    tools = {f"document_{i}": draft.written.title for i, draft in enumerate(drafts, 1)}
    chosen = rng.sample(range(len(drafts)), 2)
    parts = []
    for which in chosen:
        reference = unique_reference(rng, drafts[which], [d for i, d in enumerate(drafts) if i != which])
        if reference is None:
            return Sample(USER, [], [])
        fact = rng.choice(drafts[which].written.facts)
        parts.append(rng.choice(fact.fact.questions).replace("{doc}", reference))
    second = parts[1][0].lower() + parts[1][1:]
    question = rng.choice([f"{parts[0][:-1]}, and {second}", f"{parts[0]} And {second}", " ".join(parts)])
    items = [{"sub_question": part, "tool_name": f"document_{which + 1}"} for part, which in zip(parts, chosen)]
    prompt = SUB_QUESTION_TEMPLATE.format(tools_str=json.dumps(tools, indent=4), query_str=question)
    return sample_of("", [(prompt + ASSISTANT, json.dumps({"items": items}))], "decompose")


SKILLS: tuple[Callable[[Random, int, bool], Sample], ...] = (
    answer_sample, citation_sample, refine_sample, rerank_sample, judge_sample, questions_sample, summary_sample,
    triplet_sample, rewrite_sample, hyde_sample, decompose_sample)
