"""The skills' samples: prompts are the libraries' own, answers are right and can be read by the libraries' parsers."""

import json
import random
import re

import pytest
from llama_index.core import PromptTemplate
from llama_index.core.indices.property_graph.utils import default_parse_triplets_fn
from llama_index.core.indices.utils import default_parse_choice_select_answer_fn
from llama_index.core.prompts.default_prompts import DEFAULT_CHOICE_SELECT_PROMPT, DEFAULT_TEXT_QA_PROMPT
from llama_index.core.question_gen.output_parser import SubQuestionOutputParser

from factory import skills
from factory.corpus import ASSISTANT, USER, draw_sample
from labutils.prompts import ABSTAIN, NOTHING_RELEVANT, SUB_QUESTION_TEMPLATE


def samples(make, count=40):
    for i in range(count):
        sample = make(random.Random(f"clerk-skills-{make.__name__}-{i}"), 1 + i % 4, i % 2 == 0)
        for question, answer in sample.branches:
            assert sample.prefix.startswith(USER) and question.endswith(ASSISTANT)
            yield sample.prefix.removeprefix(USER) + question.removesuffix(ASSISTANT), answer


@pytest.mark.parametrize("make", skills.SKILLS, ids=lambda make: make.__name__)
def test_every_skill_makes_samples_that_fit_the_context_and_leave_no_slot_open(make):
    found = list(samples(make))
    assert len(found) > 25
    for prompt, answer in found:
        assert answer.strip() == answer and answer
        assert not re.search(r"{(context_str|query_str|text|doc|num_\w+|statement|tools_str)}", prompt + answer)
        assert len(prompt) < 6000


def test_skills_are_part_of_the_last_stage_of_pretraining():
    draws = {d: [draw_sample(random.Random(f"clerk-mix-{i}"), d) for i in range(800)] for d in (0.4, 1.0)}
    kinds = {d: {kind for sample in samples for kind in sample.kinds} for d, samples in draws.items()}
    assert "decompose" not in kinds[0.4] and {"lookup", "title", "decompose", "judge", "register"} <= kinds[1.0]


def test_the_question_answering_prompt_is_the_librarys():
    prompt, _ = next(samples(skills.answer_sample))
    context, question = re.search(r"-{21}\n(.*)\n-{21}\n.*Query: (.*)\nAnswer: ", prompt, re.S).groups()
    assert prompt.startswith(DEFAULT_TEXT_QA_PROMPT.format(context_str=context, query_str=question).rstrip())


def test_answers_stand_in_the_context():
    kinds = set()
    for prompt, answer in samples(skills.answer_sample):
        assert answer == ABSTAIN or answer in prompt
        kinds.add(answer == ABSTAIN)
    assert kinds == {True, False}


def test_citations_name_the_source_that_holds_the_value():
    checked = 0
    for prompt, answer in samples(skills.citation_sample):
        if answer != ABSTAIN:
            value, number = re.fullmatch(r"(.*) \[(\d)\]", answer).groups()
            sources = prompt.split("Now it's your turn.")[1]
            source = re.split(r"Source \d:\n", sources)[int(number)]
            assert value in source
            checked += 1
    assert checked > 30


def test_a_refined_answer_is_the_new_contexts_or_the_old_one():
    changed = kept = 0
    for prompt, answer in samples(skills.refine_sample):
        existing = re.search(r"existing answer: (.*)\n", prompt)[1]
        context = prompt.split("------------\n")[1]
        changed += answer != existing
        kept += answer == existing
        assert answer == existing or answer in context
    assert changed > 5 and kept > 5


def test_reranking_replies_are_parsed_by_the_library():
    chosen = none = 0
    for prompt, answer in samples(skills.rerank_sample):
        numbers, relevances = default_parse_choice_select_answer_fn(answer, 10)
        assert f" [{numbers[0]}]\n" in prompt if numbers else answer == "None of the documents."
        chosen, none = chosen + bool(numbers), none + (not numbers)
        assert all(1 <= relevance <= 10 for relevance in relevances)
    assert chosen > 20 and none > 20
    assert prompt.startswith(DEFAULT_CHOICE_SELECT_PROMPT.get_template()[:200])


def test_judged_statements_are_both_supported_and_not():
    verdicts = []
    for prompt, answer in samples(skills.judge_sample):
        value = re.search(r"Statement: .*\? (.*)\n", prompt)[1]
        context = prompt.rsplit("Statement: ", 1)[0]
        assert answer in ("supported", "not supported")
        assert answer == "not supported" or value in context
        verdicts.append(answer)
    assert 0.25 < verdicts.count("supported") / len(verdicts) < 0.75


def test_a_passage_is_graded_by_what_it_states():
    grades = []
    for prompt, answer in samples(skills.grade_sample):
        assert answer in ("yes", "no")
        grades.append(answer)
    assert 0.2 < grades.count("yes") / len(grades) < 0.8


def test_the_better_answer_is_the_one_in_the_passages_or_the_abstention():
    first = 0
    for prompt, answer in samples(skills.better_sample):
        context, a, b = re.search(r"or B\?\n\n(.*)\n\nQuestion: .*\nA: (.*)\nB: (.*)\n$", prompt, re.S).groups()
        better = a if answer == "A" else b
        assert a != b and (better in context or better == ABSTAIN)
        first += answer == "A"
    assert first > 20


def test_compression_copies_whole_sentences_word_for_word():
    kinds = set()
    for prompt, answer in samples(skills.compress_sample):
        assert answer == NOTHING_RELEVANT or answer in prompt
        kinds.add(answer == NOTHING_RELEVANT)
    assert kinds == {True, False}


def test_register_answers_stand_in_the_cited_entry():
    checked = 0
    for prompt, answer in samples(skills.register_sample):
        if answer != ABSTAIN:
            number, value = re.fullmatch(r"\[(\d+)\] (.*)", answer).groups()
            entries = re.split(r"^.+ \[(\d+)\]$", prompt.split("Question:")[0], flags=re.M)
            assert value in dict(zip(entries[1::2], entries[2::2]))[number]
            checked += 1
    assert checked > 60


def test_sub_questions_are_parsed_by_the_library_and_name_their_document():
    for prompt, answer in samples(skills.decompose_sample):
        tools = json.loads(prompt.split("Documents:\n")[1].split("\n\nQuestion: ")[0])
        parsed = SubQuestionOutputParser().parse(answer).parsed_output
        assert len({item.tool_name for item in parsed}) == len(parsed) in (2, 3)
        assert all(item.tool_name in tools and item.sub_question.endswith("?") for item in parsed)
        assert not any(item.tool_name.startswith("Amendment") for item in parsed)
    # The template goes through the library's own formatting, which leaves the braces of the example as they are.
    shown = PromptTemplate(SUB_QUESTION_TEMPLATE).format(tools_str="{}", query_str="?")
    assert ' {"items": [{"sub_question"' in shown and '"..."}]}\n' in shown
    assert prompt.startswith(shown.split("Documents:")[0])


def test_triplets_stand_in_the_text_and_the_library_reads_every_line():
    relations, headings = set(), 0
    for prompt, answer in samples(skills.triplet_sample):
        text = prompt.rsplit("Text: ", 1)[1].replace(",", "")
        triplets = default_parse_triplets_fn(answer)
        assert len(triplets) == len(answer.splitlines())
        for head, relation, tail in triplets:
            # The library writes all names and relations with one capital, the first.
            assert head.lower() in text.lower() and tail.lower() in text.lower()
            assert relation.lower() in text.lower() or relation.lower() in skills.COMPANY_SENTENCES
            relations.add(relation.lower())
            headings += relation.lower() not in skills.COMPANY_SENTENCES
    assert relations >= set(skills.COMPANY_SENTENCES) and headings > 30


def test_a_hypothetical_passage_and_rewritten_questions_keep_the_names():
    for prompt, answer in samples(skills.rewrite_sample):
        question = re.search(r"Query: (.*)\nQueries:", prompt)[1]
        lines = answer.splitlines()
        assert question not in lines and len(lines) == int(re.search(r"Generate (\d)", prompt)[1])
    for prompt, answer in samples(skills.hyde_sample):
        assert "\n" in answer and "{" not in answer
