"""Attention in blocks gives what transformers' own does."""

import pytest
import torch
from datasets import Dataset

from labutils import attention, models, tuning


@pytest.fixture(scope="module")
def llm(tiny_model):
    return models.load_llm(f"hf:{tiny_model}")


@pytest.mark.parametrize("block", [1, 7, 64])
@pytest.mark.parametrize("read", [0, 20], ids=["from the beginning", "behind what was read"])
def test_logits_are_those_of_sdpa(llm, monkeypatch, block, read):
    """Rows of different lengths, padded on the left, with and without states of tokens read before."""
    monkeypatch.setattr(attention, "BLOCK", block)
    draw = torch.Generator().manual_seed(0)
    ids = torch.randint(5, 900, (3, 50), generator=draw)
    mask = torch.ones_like(ids)
    mask[0, :9], mask[1, :30] = 0, 0
    said = {}
    for name in (attention.NAME, "sdpa"):
        llm.model.set_attn_implementation(name)
        with torch.inference_mode():
            states = None
            if read:
                states = llm.model(ids[:, :read], attention_mask=mask[:, :read], use_cache=True).past_key_values
            said[name] = llm.model(ids[:, read:], attention_mask=mask, past_key_values=states).logits
    real = mask[:, read:].bool()
    assert torch.allclose(said[attention.NAME][real], said["sdpa"][real], atol=1e-4)
    assert said["sdpa"][real].std() > 0.01


def test_models_of_the_llama_kind_on_a_processor_get_it(tiny_model, llm):
    assert models.load_llm(f"hf:{tiny_model}").model.config._attn_implementation == attention.NAME
    other = torch.nn.Linear(1, 1)
    other.device, other.config = torch.device("cuda"), llm.model.config
    assert attention.quicken(other) is other, "a GPU has better"


def test_training_is_with_transformers_own(tiny_model, tmp_path):
    llm = models.load_llm(f"hf:{tiny_model}")
    tuning.make_trainer(llm, Dataset.from_list([tuning.to_messages("Who pays?", "Brun")]), tmp_path)
    assert llm.model.config._attn_implementation == "sdpa"
