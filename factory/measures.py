"""What the embedded model can do, measured on held-out seeds: reading, abstaining, citing, and what the libraries ask.

Every function returns one list of values (right or wrong, or a share between 0 and 1) per skill, one value per item, so
that an interval can be made of them. Decoding is greedy.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from random import Random

import numpy as np
from llama_index.core.question_gen.output_parser import SubQuestionOutputParser

from labutils import embedding, metrics, models
from labutils.corpus import load_corpus
from labutils.prompts import CLOSED_BOOK_TEMPLATE, QA_TEMPLATE, format_passages

from . import skills
from .corpus import (
    ASSISTANT, EVERYTHING, USER, Sample, draw_family, draw_window, fields_question, inside, match_sample, reading_sample,
    unique_reference)

PASSAGES = 5  # the gold one among four distractors
LONGEST = 6500  # characters of passages, some 1,500 tokens
NEEDLE_LENGTHS = (200, 1000, 1900)  # tokens of the prompt
RIVALS = 100  # passages among which a question has to find its own
REPLY = 96  # tokens of a reply; lists and JSON get three times as many

Values = dict[str, list[float]]
Item = tuple[str, str, str]  # prompt, reference answer, kind


def prompts_of(sample: Sample) -> list[str]:
    """The prompts of a sample's questions, as a user would send them: without the chat template's markers."""
    prefix = sample.prefix.removeprefix(USER)
    return [prefix + question.removesuffix(ASSISTANT) for question, _ in sample.branches]


def draw_items(make: Callable[[Random], Sample], seed: str, count: int) -> list[Item]:
    """One question of each of `count` samples, so that the items are independent; too long samples are left out."""
    items = []
    for i in range(count):
        rng = Random(f"{seed}-{i}")
        sample = make(rng)
        if sample.branches and len(sample.prefix) <= LONGEST:
            chosen = rng.randrange(len(sample.branches))
            items.append((prompts_of(sample)[chosen], sample.branches[chosen][1], sample.kinds[chosen]))
    return items


def held_out_items(contract: bool, count: int) -> list[Item]:
    """Items of `reading_sample` on seeds that pretraining never draws; of contracts also types and drafters it never read."""
    genre = "contract" if contract else "everyday"
    return draw_items(lambda rng: reading_sample(rng, PASSAGES, contract, breadth=EVERYTHING),
                      f"clerk-test-{genre}", count)


def one_passage_items(contract: bool, count: int) -> list[Item]:
    """Items of `match_sample`: one passage, which answers about half of the questions."""
    return draw_items(lambda rng: match_sample(rng, contract, breadth=EVERYTHING), f"clerk-test-match-{contract}", count)


def ask(llm, items: list[tuple], tokens: int = REPLY) -> list[str]:
    return [reply.text for reply in models.generate(llm, [item[0] for item in items], tokens)]


# ---------------------------------------------------------------- reading

def reading(llm, items: list[Item], where: str) -> Values:
    """Exact match by kind, abstentions in both directions, and citations of right answers."""
    found: Values = {}
    for (_, answer, kind), reply in zip(items, ask(llm, items), strict=True):
        wanted, got = metrics.parse_reply(answer), metrics.parse_reply(reply)
        if kind == "unanswerable":
            found.setdefault(f"abstains when evidence is absent, {where}", []).append(got.abstained)
            continue
        correct = metrics.normalize(wanted.text) == metrics.normalize(got.text)
        found.setdefault(f"{kind}: exact match, {where}", []).append(correct)
        found.setdefault(f"answers when evidence is present, {where}", []).append(not got.abstained)
        if correct:
            cited = found.setdefault(f"cites the right passage when correct, {where}", [])
            cited.append(wanted.citations == got.citations)
    return found


def closed_book(llm) -> list[bool]:
    """Whether each fact question of the course world is answered right without documents."""
    corpus = load_corpus("harbour")
    questions = [q for split in ("known", "test") for q in corpus.select(split=split)
                 if q.family in ("lookup", "version", "extract")]
    replies = models.generate(llm, [CLOSED_BOOK_TEMPLATE.format(query_str=q.question) for q in questions], REPLY)
    return [metrics.exact_match(reply.text, q) for q, reply in zip(questions, replies, strict=True)]


Passage = tuple[str, str]  # title, text


def ordered_passages(rng: Random, contract: bool) -> tuple[Passage, list[Passage], str, str] | None:
    """(gold passage, others, question, answer) of a fact that only the gold passage states."""
    drafts = draw_family(rng, PASSAGES, contract, EVERYTHING)
    shown = []
    for draft in drafts:
        fact = rng.choice(draft.written.facts)
        window = draw_window(rng, draft.written, fact)
        shown.append((draft.written.title, draft.written.text[slice(*window)].strip(), fact))
    reference = unique_reference(rng, drafts[0], drafts[1:])
    if reference is None:
        return None
    fact = shown[0][2]
    question = rng.choice(fact.fact.questions).replace("{doc}", reference)
    return shown[0][:2], [passage[:2] for passage in shown[1:]], question, fact.value


def position_effect(llm, contract: bool, count: int) -> Values:
    """The same questions with the gold passage first and last among the others."""
    drawn = [ordered_passages(Random(f"clerk-test-order-{contract}-{i}"), contract) for i in range(count)]
    kept = [item for item in drawn if item and sum(len(text) for _, text in [item[0], *item[1]]) <= LONGEST]
    found: Values = {}
    for place in ("first", "last"):
        items = [(qa_prompt([gold, *others] if place == "first" else [*others, gold], question), answer)
                 for gold, others, question, answer in kept]
        found[f"lookup: exact match, gold passage {place}, {'contracts' if contract else 'everyday genres'}"] = [
            same(reply, answer) for reply, (_, answer) in zip(ask(llm, items), items, strict=True)]
    return found


def qa_prompt(passages: list[Passage], question: str) -> str:
    return QA_TEMPLATE.format(context_str=format_passages(passages), query_str=question)


def same(reply: str, answer: str) -> bool:
    return metrics.normalize(metrics.parse_reply(reply).text) == metrics.normalize(answer)


def needle(llm, count: int) -> Values:
    """One passage of an everyday genre at any place in prompts of NEEDLE_LENGTHS tokens, the rest is contracts."""
    found: Values = {}
    for length in NEEDLE_LENGTHS:
        items = []
        for i in range(count):
            item = needle_item(llm, Random(f"clerk-test-needle-{length}-{i}"), length)
            items += [item] if item else []
        found[f"needle: exact match, {length:,} tokens"] = [
            same(reply, answer) for reply, (_, answer) in zip(ask(llm, items, 24), items, strict=True)]
    return found


def needle_item(llm, rng: Random, length: int) -> tuple[str, str] | None:
    """A prompt of at most `length` tokens with one passage that answers, and the answer; None if that is longer."""
    draft = draw_family(rng, 1, False)[0]
    fact = rng.choice(draft.written.facts)
    window = draw_window(rng, draft.written, fact, longest=200)
    passages = [(draft.written.title, draft.written.text[slice(*window)].strip())]
    question = rng.choice(fact.fact.questions).replace("{doc}", unique_reference(rng, draft, []))
    prompt = qa_prompt(passages, question)
    if token_count(llm, prompt) > length:
        return None
    while True:
        hay = draw_family(rng, 1, True, EVERYTHING)[0].written
        more = [*passages]
        more.insert(rng.randrange(len(more) + 1), (hay.title, hay.text[slice(*draw_window(rng, hay, longest=1600))].strip()))
        longer = qa_prompt(more, question)
        if token_count(llm, longer) > length:
            return prompt, fact.value
        passages, prompt = more, longer


def token_count(llm, text: str) -> int:
    return len(llm.tokenizer.encode(text, add_special_tokens=False))


def speed(llm, length: int = 600, count: int = 48) -> dict[str, float]:
    """Answers per second to prompts of nearly `length` tokens on this machine: in our batches, and one by one as
    transformers' `generate` does it."""
    drawn = (needle_item(llm, Random(f"clerk-speed-{i}"), length) for i in range(2 * count))
    prompts = [item[0] for item in drawn if item][:count]
    models.generate(llm, prompts[:2], REPLY)  # the first call prepares kernels
    started = time.perf_counter()
    models.generate(llm, prompts, REPLY)
    batched = len(prompts) / (time.perf_counter() - started)
    few, started = prompts[: count // 4], time.perf_counter()
    for prompt in few:
        encoded = llm.tokenizer.apply_chat_template([{"role": "user", "content": prompt}], add_generation_prompt=True,
                                                    return_tensors="pt", return_dict=True)
        llm.model.generate(**encoded, max_new_tokens=REPLY, do_sample=False, pad_token_id=llm.tokenizer.pad_token_id)
    return {"length": length, "batched": round(batched, 1), "single": round(len(few) / (time.perf_counter() - started), 1)}


# ---------------------------------------------------------------- what the libraries ask

def skill_items(make, name: str, count: int) -> list[tuple[str, str]]:
    """(prompt, reference answer), one of each of up to `count` samples of a skill, half of them on contracts."""
    items = []
    for i in range(count):
        rng = Random(f"clerk-test-{name}-{i}")
        sample = make(rng, rng.randint(2, PASSAGES), i % 2 == 0)
        if sample.branches:
            chosen = rng.randrange(len(sample.branches))
            items.append((prompts_of(sample)[chosen], sample.branches[chosen][1]))
    return items


def decomposition(llm, count: int) -> Values:
    """Whether the parts of a two-part question are exactly right, with and without their documents; the library parses."""
    items = skill_items(skills.decompose_sample, "decompose", count)
    made = [(parts(reply), parts(answer)) for reply, (_, answer) in zip(ask(llm, items, 3 * REPLY), items, strict=True)]
    return {"decomposes a question on two documents: exact set": [got == wanted for got, wanted in made],
            "decomposes a question on two documents: the parts alone": [
                got is not None and {text for text, _ in got} == {text for text, _ in wanted} for got, wanted in made]}


def parts(reply: str) -> set[tuple[str, str]] | None:
    try:
        parsed = SubQuestionOutputParser().parse(reply).parsed_output
    except Exception:  # the parser raises whatever its JSON reader and pydantic raise
        return None
    return {(metrics.normalize(part.sub_question), part.tool_name) for part in parsed}


def triplets(llm, count: int) -> list[float]:
    """F1 of the triplets of a passage, compared after normalization."""
    items = skill_items(skills.triplet_sample, "triplets", count)
    replies = ask(llm, items, 3 * REPLY)
    return [f1(lines(reply), lines(answer)) for reply, (_, answer) in zip(replies, items, strict=True)]


def lines(reply: str) -> set[str]:
    return {metrics.normalize(line) for line in re.findall(r"\((.*)\)", reply)}


def f1(found: set[str], wanted: set[str]) -> float:
    return 2 * len(found & wanted) / (len(found) + len(wanted)) if found or wanted else 1.0


def judging(llm, count: int) -> Values:
    """Whether supported and unsupported statements are told apart; their mean is the balanced accuracy."""
    items = skill_items(skills.judge_sample, "judge", count)
    found: Values = {"judge: right on supported statements": [], "judge: right on unsupported statements": []}
    for reply, (_, answer) in zip(ask(llm, items, 8), items, strict=True):
        found[f"judge: right on {answer.replace('not ', 'un')} statements"].append(reply.strip() == answer)
    return found


def json_fields(llm, count: int) -> Values:
    """Whether JSON by given keys is valid, and the share of its fields that are right; from one passage."""
    items = list(extract_items(count))
    found: Values = {"JSON by given keys: valid": [], "JSON by given keys: share of fields right": []}
    for reply, (_, answer) in zip(ask(llm, items, 2 * REPLY), items, strict=True):
        wanted, got = metrics.first_json(answer), metrics.first_json(reply)
        found["JSON by given keys: valid"].append(got is not None)
        right = sum(metrics.normalize(str((got or {}).get(key, ""))) == metrics.normalize(str(value))
                    for key, value in wanted.items())  # null, where the passage does not say, is the word None on both sides
        found["JSON by given keys: share of fields right"].append(right / len(wanted))
    return found


def extract_items(count: int) -> Iterator[tuple[str, str]]:
    for i in range(count):
        rng = Random(f"clerk-test-extract-{i}")
        draft = draw_family(rng, 1, i % 2 == 0)[0]
        window = draw_window(rng, draft.written)
        fact = next((f for f in draft.written.facts if inside(f, window)), None)
        made = fact and fields_question(rng, draft, fact, [(draft, draft.written, window)], [1],
                                        unique_reference(rng, draft, []), as_json=True)
        if made:
            question = made[0].removeprefix("\n\nQuestion: ").removesuffix(ASSISTANT)
            text = draft.written.text[slice(*window)].strip()
            yield qa_prompt([(draft.written.title, text)], question), made[1]


def question_hits(llm, count: int) -> list[float]:
    """Whether the question written for a passage finds that passage first among RIVALS (MiniLM, cosine)."""
    samples = [skills.questions_sample(Random(f"clerk-test-hypothetical-{i}"), 1, i % 2 == 0)
               for i in range(2 * RIVALS)]
    prompts = [prompt for sample in samples for prompt in prompts_of(sample)][:RIVALS]
    written = [(reply.splitlines() or [""])[0] for reply in ask(llm, [(prompt,) for prompt in prompts[:count]])]
    embedder = embedding.load_embedder()
    passages = np.array(embedder.get_text_embedding_batch([passage_of(prompt) for prompt in prompts]))
    queries = np.array(embedder.get_text_embedding_batch(written))
    return [bool(row.argmax() == i) for i, row in enumerate(queries @ passages.T)]


def passage_of(prompt: str) -> str:
    """The passage inside QuestionsAnsweredExtractor's prompt: from its title to the instruction behind it."""
    return prompt[prompt.index("title: "):].split("\n\nGiven the contextual information")[0]


def measure(llm, count: int = 300) -> Values:
    """All skills: {skill: values}; `count` items for reading, a third of them for each of the others."""
    few = count // 3
    found: Values = {}
    for contract, where in ((False, "everyday genres"), (True, "contracts")):
        found |= reading(llm, held_out_items(contract, count), where)
        found |= reading(llm, one_passage_items(contract, count), f"{where}, one passage")
        found |= position_effect(llm, contract, few)
    found |= needle(llm, few // 3)
    found |= decomposition(llm, few)
    found["triplets of a passage: F1"] = triplets(llm, few)
    found |= json_fields(llm, few) | judging(llm, few)
    found[f"question written for a passage finds it among {RIVALS}: hit@1"] = question_hits(llm, few)
    found["closed book: exact match on facts of the course world"] = closed_book(llm)
    return found
