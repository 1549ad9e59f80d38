"""The pretraining text and recipe: samples are right, packing changes nothing, a stopped run goes on."""

import functools
import json
import random
import re

import pytest
import torch

from factory.corpus import (
    ABSTAIN, ALIAS_PASSAGES, ASSISTANT, DECISION_WEIGHT, EVERYTHING, FIND_LEVELS, Sample, attention_mask, closed_book_sample, draw_family, draw_sample,
    draw_window, encode, find_row, find_tokens, match_sample, pack_row, question_branch, quote_sample, reading_sample, tokenizer_texts)
from factory.pretrain import (
    Progress, batches, build_model, build_optimizers, copy_batch, copy_stage, evaluate, export, find_stage,
    load_checkpoint, next_difficulty, read_stage, row_shape, start_from, train_step)
from factory.tokenizer import CITATIONS, train_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(tokenizer_texts(150, "test"), 1024)


@pytest.fixture(scope="module")
def samples():
    return [reading_sample(random.Random(f"test-{i}"), 4, i % 2 == 0) for i in range(200)]


def passages_of(sample):
    _, *parts = re.split(r"^(.+) \[(\d+)\]$", sample.prefix, flags=re.M)
    return {int(number): title + text for title, number, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)}


def test_answers_stand_in_the_passage_they_cite(samples):
    checked = 0
    for sample in samples:
        passages = passages_of(sample)
        for (_, answer), kind in zip(sample.branches, sample.kinds, strict=True):
            if kind in ("lookup", "version"):
                number, value = answer.split("] ", 1)
                assert value in passages[int(number[1:])]
                checked += 1
    assert checked > 500


def test_abstentions_have_their_kind_and_are_neither_rare_nor_most(samples):
    kinds = [kind for sample in samples for kind in sample.kinds]
    answers = [answer for sample in samples for _, answer in sample.branches]
    assert [a == ABSTAIN for a in answers] == [k == "unanswerable" for k in kinds]
    assert 0.1 < kinds.count("unanswerable") / len(kinds) < 0.5
    assert kinds.count("version") > 10


def test_fields_stand_in_the_passages_or_are_said_to_be_missing(samples):
    found, missing = {"extract": 0, "points": 0}, 0
    for sample in samples:
        for (question, answer), kind in zip(sample.branches, sample.kinds, strict=True):
            if kind not in found:
                continue
            number, text = answer.split("] ", 1)
            if kind == "extract":
                fields = json.loads(text)
            else:
                fields = dict(part.split(": ", 1) for part in text.split("; "))
                fields = {key: None if value == "not stated" else value for key, value in fields.items()}
            stated = [value for value in fields.values() if value is not None]
            passages = passages_of(sample)
            assert len(fields) >= 2 and all(key in question for key in fields)
            assert stated[0] in passages[int(number[1:])]
            assert all(any(value in passage for passage in passages.values()) for value in stated)
            found[kind] += 1
            missing += len(fields) - len(stated)
    assert min(found.values()) > 10 and missing > 3


def test_another_name_leads_to_the_document_that_a_passage_gives_it():
    asked = 0
    for i in range(300):
        sample = reading_sample(random.Random(f"alias-{i}"), 3, i % 2 == 0)
        titles = tuple(title for title, _ in ALIAS_PASSAGES)
        named = [text for text in passages_of(sample).values() if text.startswith(titles)]
        assert len(named) <= 1
        for (question, answer), kind in zip(sample.branches, sample.kinds, strict=True):
            if kind == "lookup":
                # No value is ever taken from the passage that only gives a name.
                assert not passages_of(sample)[int(answer[1 : answer.index("]")])].startswith(titles)
        asked += bool(named)
    assert 30 < asked < 100


def test_pretraining_leaves_contracts_that_it_never_reads_and_measuring_takes_them():
    read = {draw_family(random.Random(f"read-{i}"), 1, True)[0].genre.key for i in range(200)}
    every = {draw_family(random.Random(f"read-{i}"), 1, True, EVERYTHING)[0].genre.key for i in range(200)}
    assert len(read) == 8 and len(every) == 12 and read < every


def test_long_samples_fill_the_context():
    lengths = [len(reading_sample(random.Random(f"long-{i}"), 16, i % 2 == 0).prefix) for i in range(40)]
    assert max(lengths) > 5500 and sum(lengths) / len(lengths) > 2500


def test_one_passage_leaves_open_what_it_does_not_state():
    """Answers stand in the passage; questions left open are on the document shown and on another one."""
    kinds, bare = [], 0
    for i in range(150):
        sample = match_sample(random.Random(f"match-{i}"), i % 2 == 0)
        (number, passage), = passages_of(sample).items()
        for (_, answer), kind in zip(sample.branches, sample.kinds, strict=True):
            assert (answer == ABSTAIN) == (kind == "unanswerable")
            if kind == "lookup":
                cited, value = answer.split("] ", 1)
                assert cited == f"[{number}" and value in passage
        kinds += sample.kinds
        bare += "lookup" not in sample.kinds
    assert 0.4 < kinds.count("unanswerable") / len(kinds) < 0.7
    assert bare  # some passages state nothing that is asked for


def test_windows_are_as_long_as_chunks_and_hold_the_evidence():
    lengths = []
    for i in range(100):
        rng = random.Random(f"window-{i}")
        written = draw_family(rng, 1, i % 2 == 0)[0].written
        fact = rng.choice(written.facts)
        start, end = draw_window(rng, written, fact)
        assert start <= fact.evidence_start and fact.evidence_end <= end
        lengths.append(end - start)
    # Paragraphs of one sentence are cut as well: without that, a window could be a whole document.
    assert max(lengths) < 1200 and sum(lengths) / len(lengths) < 480


def test_quoted_words_are_followed_by_the_answer_in_the_cited_passage():
    checked = 0
    for i in range(60):
        sample = quote_sample(random.Random(f"quote-{i}"), 1 + i % 4, i % 2 == 0)
        passages = passages_of(sample)
        for question, answer in sample.branches:
            number, words = answer.split("] ", 1)
            assert f"{question.split(chr(34))[1]} {words}" in passages[int(number[1:])]
            checked += 1
    assert checked > 100


def starts(tokens, part):
    return [at for at in range(len(tokens)) if tokens[at : at + len(part)] == part]


@pytest.mark.parametrize("sort", ["title", "text", "form"])
def test_practice_in_finding_asks_for_what_stands_there(tokenizer, sort):
    encode = functools.partial(tokenizer.encode, add_special_tokens=False)
    before, behind = len(encode("\n\nQuestion: ")), len(encode(ASSISTANT))
    for i in range(30):
        level = FIND_LEVELS[-1 if i % 2 else 4]
        rows = find_tokens(random.Random(f"find-{i}"), tokenizer, level, sort)
        prefix = [token for token, *_, branch in rows if branch == 0]
        labels = [at for at, token in enumerate(prefix) if tokenizer.decode([token]) in CITATIONS]
        for number in {branch for *_, branch in rows} - {0}:
            asked = [token for token, _, label, _, branch in rows if branch == number and label == -100]
            words = asked[before : len(asked) - behind]
            cited, *following, _ = [t for t, _, label, _, branch in rows if branch == number and label != -100]
            # Behind a title the number of a passage has its space with it.
            at = prefix.index(*encode(f" {tokenizer.decode([cited])}"))
            end = min([other for other in labels if other > at], default=len(prefix))
            start = max([other for other in labels if other < at], default=0)
            # A title stands before its number, a text behind the number of its passage.
            title, text = prefix[start:at], prefix[at:end]
            if sort == "title":
                assert starts(title, words) and not following
            elif sort == "text":
                assert starts(text, words + following)
            else:
                cuts = [(words[:cut], words[cut:]) for cut in range(1, len(words))]
                assert any(starts(title, part) and starts(text, term + following)
                           for pair in cuts for part, term in (pair, pair[::-1]))
            decides = [token for token, _, _, weight, branch in rows if branch == number and weight == DECISION_WEIGHT]
            assert decides == {"title": [cited], "text": following[:1], "form": [cited, *following[:1]]}[sort]


def test_what_is_absent_stands_nowhere_and_is_answered_by_the_abstention(tokenizer):
    encode = functools.partial(tokenizer.encode, add_special_tokens=False)
    before, behind, answers = len(encode("\n\nQuestion: ")), len(encode(ASSISTANT)), encode(ABSTAIN)
    for i in range(30):
        rows = find_tokens(random.Random(f"absent-{i}"), tokenizer, FIND_LEVELS[-1 if i % 2 else 4], "absent")
        prefix = [token for token, *_, branch in rows if branch == 0]
        for number in {branch for *_, branch in rows} - {0}:
            asked = [token for token, _, label, _, branch in rows if branch == number and label == -100]
            answered = [(t, weight) for t, _, label, weight, branch in rows if branch == number and label != -100]
            words = asked[before : len(asked) - behind]
            cuts = [(words[:cut], words[cut:]) for cut in range(1, len(words))]
            assert any(starts(prefix, title) and not set(prefix) & set(term)
                       for pair in cuts for title, term in (pair, pair[::-1]))
            assert [token for token, _ in answered[:-1]] == answers
            assert [weight == DECISION_WEIGHT for _, weight in answered] == [True] + [False] * len(answers)


def test_the_first_tokens_of_an_answer_weigh_more(tokenizer):
    sample = Sample("passages", [(question_branch("How long?"), "[2] 45 days")], ["lookup"])
    weights = [weight for _, _, label, weight, branch in encode(sample, tokenizer, random.Random(0), context_share=0.0)
               if branch and label >= 0]
    tokens = tokenizer.convert_ids_to_tokens(tokenizer.encode("[2] 45 days", add_special_tokens=False))
    assert [token for token, weight in zip(tokens, weights) if weight == DECISION_WEIGHT] == ["[2]", "Ġ4", "5"]
    assert weights[-1] == 1.0


def test_difficulty_waits_on_a_plateau_but_not_for_ever():
    assert next_difficulty(0.3, 0.8, 0.1) == 0.3
    assert 0.3 < next_difficulty(0.3, 0.35, 0.1) < next_difficulty(0.3, 0.1, 0.1)
    assert next_difficulty(0.0, 2.0, 0.4) == 1.0


def test_closed_book_questions_are_answered_by_the_abstention():
    sample = closed_book_sample(random.Random(3))
    assert "[1]" not in sample.prefix and sample.branches[0][1] == ABSTAIN


def test_same_seed_same_row_and_other_seed_other_row(tokenizer):
    rows = [pack_row(seed, tokenizer, 256, 0.5).ids for seed in ("clerk-0-1", "clerk-0-1", "clerk-0-2")]
    assert torch.equal(rows[0], rows[1]) and not torch.equal(rows[0], rows[2])


def test_rows_are_well_filled(tokenizer):
    rows = [pack_row(f"fill-{i}", tokenizer, 1024, 0.7) for i in range(10)]
    padding = sum((row.ids == tokenizer.pad_token_id).float().mean().item() for row in rows) / 10
    assert padding < 0.1


def test_a_branch_in_a_packed_row_is_computed_as_if_alone(tokenizer):
    model = build_model("nano", len(tokenizer)).eval()
    row = pack_row("alone", tokenizer, 900, 0.0, copy_share=0.0)
    mask = attention_mask(row.sample[None], row.branch[None])
    packed = model(input_ids=row.ids[None], position_ids=row.positions[None], attention_mask=mask).logits[0]
    last = int(row.branch[row.sample == 1].max())
    assert last >= 2
    chosen = (row.sample == 1) & ((row.branch == 0) | (row.branch == last))
    alone = model(input_ids=row.ids[chosen][None]).logits[0]
    torch.testing.assert_close(packed[chosen], alone, atol=2e-4, rtol=1e-3)


def test_encoding_prefix_and_branch_apart_gives_the_tokens_of_the_whole_prompt(tokenizer):
    sample = draw_sample(random.Random(5), 0.5)
    question, answer = sample.branches[0]
    tokens = [t for t, _, _, _, branch in encode(sample, tokenizer, random.Random(0)) if branch in (0, 1)]
    assert tokens == tokenizer.encode(sample.prefix + question + answer + "<|im_end|>", add_special_tokens=False)


@pytest.mark.parametrize("text", ["naïve 日本語 🙂 12,345", "a\n\n  b\tc", "", "ﬁ Ω é"])
def test_any_text_survives_the_tokenizer(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


def test_digits_are_single_tokens(tokenizer):
    assert tokenizer.convert_ids_to_tokens(tokenizer.encode("4821", add_special_tokens=False)) == list("4821")
    tokens = tokenizer.convert_ids_to_tokens(tokenizer.encode("for 45 days", add_special_tokens=False))
    assert "Ġ" not in tokens and ["Ġ4", "5"] == tokens[-3:-1]


def test_copying_is_learned_on_a_small_vocabulary():
    model = build_model("nano", 72)
    optimizers = build_optimizers(model)
    rng, losses = random.Random(0), []
    for _ in range(260):
        ids, labels = copy_batch(rng, list(range(8, 24)), batch=16)
        losses.append(float(train_step(model, optimizers, dict(input_ids=ids), labels, "cpu")))
    # 16 equally likely tokens cost 2.77 nats each unless they are copied.
    assert sum(losses[-20:]) / 20 < 1.5


def test_a_stopped_run_goes_on_where_it_was(tmp_path):
    model = build_model("nano", 72)
    optimizers = build_optimizers(model)
    copy_stage(model, optimizers, Progress(), tmp_path, "cpu", seed=0, max_steps=3)
    again = build_model("nano", 72, seed=1)
    progress = load_checkpoint(again, build_optimizers(again), tmp_path, "cpu")
    assert progress.stage == "find" and progress.tokens > 0
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_finding_is_trained_level_by_level_before_reading(tmp_path, tokenizer):
    model = build_model("nano", len(tokenizer))
    progress = Progress(stage="find")
    find_stage(model, build_optimizers(model), progress, tmp_path, tokenizer, "cpu", seed=0, max_steps=2)
    assert progress.stage == "read" and progress.rows == 8 * 20 and progress.tokens == 8 * 20 * 384
    assert torch.equal(find_row("a", tokenizer, 384, 2).ids, find_row("a", tokenizer, 384, 2).ids)


def test_reading_trains_logs_and_ends(tmp_path, tokenizer, capsys):
    model = build_model("nano", len(tokenizer))
    progress = Progress(stage="read")
    read_stage(model, build_optimizers(model), progress, tmp_path, tokenizer, "cpu", seed=0, budget=3840, chunk=1)
    assert progress.stage == "done" and progress.read_tokens >= 3840 and progress.rows == 5120 // 384
    scores = evaluate(model, tokenizer, "cpu", passages=2, count=4)
    assert scores and all(0 <= value <= 1 for value in scores.values())


def test_a_run_bounded_by_time_ends_and_its_rows_grow_to_the_whole_context(tmp_path, tokenizer):
    model = build_model("nano", len(tokenizer))
    progress = Progress(stage="read")
    read_stage(model, build_optimizers(model), progress, tmp_path, tokenizer, "cpu", 0, budget=10**9, seconds=0.5, chunk=1)
    assert progress.stage == "done" and progress.read_tokens < 10**6
    assert row_shape(0.1, 0.1, "cpu")[1] < row_shape(0.9, 0.1, "cpu")[1] < row_shape(0.9, 0.9, "cpu")[1] == 2048
    assert batches("cuda").read_tokens > batches("cpu").read_tokens


def test_finished_weights_go_on_reading_at_half_the_rates(tmp_path, tokenizer):
    model = build_model("nano", len(tokenizer), seed=3)
    export(model, tokenizer, tmp_path / "weights")
    (tmp_path / "weights" / "skills.json").write_text('{"training": {"tokens": 5, "seconds": 7}}')
    start_from(tmp_path / "weights", tmp_path / "run")
    again, fresh = build_model("nano", len(tokenizer)), build_optimizers(model)
    optimizers = build_optimizers(again)
    progress = load_checkpoint(again, optimizers, tmp_path / "run", "cpu")
    assert (progress.stage, progress.difficulty, progress.read_tokens) == ("read", 1.0, 0)
    assert (progress.tokens, progress.seconds) == (5, 7)
    for saved, shipped in zip(again.parameters(), model.parameters(), strict=True):
        assert torch.equal(saved, shipped.bfloat16().float())
    rates = [[o.param_groups[0][key] for o in those] for those in (optimizers, fresh) for key in ("lr", "base_lr")]
    assert rates[0] == rates[1] == [rate / 2 for rate in rates[2]]
