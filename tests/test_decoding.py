"""Greedy replies to many prompts at once, against transformers' own `generate`, one prompt at a time."""

from types import SimpleNamespace

import pytest
import torch
from transformers import MistralConfig, MistralForCausalLM

from labutils import decoding, models
from labutils.prompts import GRADE_TEMPLATE, QA_TEMPLATE

ASKED = ["Who pays?", "When?", "What is the term of the supply agreement between two companies? " * 3, "Why not?",
         "Which law governs it, and which court decides?"]


@pytest.fixture(scope="module")
def llm(tiny_model):
    return models.load_llm(f"hf:{tiny_model}")


def alone(model, tokenizer, prompt, limit):
    """The tokens of one reply and its log-probability by `generate`."""
    said = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
                          max_new_tokens=limit, do_sample=False, pad_token_id=tokenizer.pad_token_id,
                          output_logits=True, return_dict_in_generate=True)
    tokens = said.sequences[0, len(prompt):].tolist()
    chances = torch.log_softmax(torch.cat(said.logits).float(), -1)
    return tokens, sum(chances[i, token].item() for i, token in enumerate(tokens))


def check(model, tokenizer, prompts, limit):
    written = decoding.write(model, tokenizer, prompts, limit)
    for prompt, one in zip(prompts, written, strict=True):
        tokens, log_probability = alone(model, tokenizer, prompt, limit)
        assert one.tokens == tokens
        assert one.log_probability == pytest.approx(log_probability, abs=1e-3)
    return written


@pytest.mark.parametrize("room", [1, 40, 2048])
def test_replies_are_those_of_each_prompt_alone(llm, monkeypatch, room):
    monkeypatch.setitem(decoding.BATCH_TOKENS, "cpu", room)
    check(llm.model, llm.tokenizer, llm.tokenizer(ASKED)["input_ids"], 9)


def test_replies_that_end_leave_the_others_as_they_are(monkeypatch):
    """Clerk's replies end by themselves, after different numbers of tokens."""
    monkeypatch.setitem(decoding.BATCH_TOKENS, "cpu", 60)
    clerk = models.load_llm("clerk")
    passage = "Supply Agreement [1]\nBrun Foods gives notice of 30 days and pays Kloxmond Mills each quarter."
    asked = [GRADE_TEMPLATE.format(context_str=passage, query_str="Who gives notice?"), f"Copy the sentence.\n\n{passage}",
             QA_TEMPLATE.format(context_str=passage, query_str="How long is the notice of Brun Foods?"),
             QA_TEMPLATE.format(context_str=passage, query_str="Which court decides?"), "Copy: no."]
    prompts = [clerk.tokenizer.apply_chat_template([{"role": "user", "content": one}], add_generation_prompt=True,
                                                   return_dict=True)["input_ids"] for one in asked]
    lengths = [len(one.tokens) for one in check(clerk.model, clerk.tokenizer, prompts, 24)]
    assert len(set(lengths)) > 2 and min(lengths) < 12, "so some left while others went on"


def test_without_an_end_token_a_reply_takes_what_it_may(llm, monkeypatch):
    monkeypatch.setattr(decoding, "_end_tokens", lambda *args: [])
    written = decoding.write(llm.model, llm.tokenizer, llm.tokenizer(ASKED)["input_ids"], 7)
    assert [len(one.tokens) for one in written] == [7] * len(ASKED)


@pytest.mark.parametrize("given, wanted", [(5, [5]), ([5, 6], [5, 6]), (None, [1])])
def test_end_tokens_are_the_models_or_else_the_tokenizers(given, wanted):
    model, tokenizer = (SimpleNamespace(generation_config=SimpleNamespace(eos_token_id=given)),
                        SimpleNamespace(eos_token_id=1))
    assert decoding._end_tokens(model, tokenizer) == wanted


def test_a_model_that_looks_back_a_little_only_is_read_batch_by_batch(llm, monkeypatch):
    """States of a sliding window can't be put side by side; the replies are right all the same."""
    torch.manual_seed(0)
    config = MistralConfig(vocab_size=len(llm.tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                           num_attention_heads=2, num_key_value_heads=1, sliding_window=8,
                           eos_token_id=llm.tokenizer.eos_token_id)
    monkeypatch.setitem(decoding.BATCH_TOKENS, "cpu", 40)
    monkeypatch.setattr(decoding, "_join", lambda *args: pytest.fail("joined"))
    check(MistralForCausalLM(config).eval(), llm.tokenizer, llm.tokenizer(ASKED)["input_ids"], 6)
