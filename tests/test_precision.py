"""What models multiply in: chosen by the machine or the user, and close to float32."""

import pytest
import torch

from labutils import embedding, models, precision, tuning
from labutils.errors import LabsError


@pytest.mark.parametrize("has, wanted", [({"avx512_bf16": True}, torch.bfloat16), ({"avx512_bf16": False}, torch.float32),
                                         ({"architecture": "aarch64"}, torch.float32)])
def test_a_processor_with_the_instructions_scores_in_bfloat16_and_writes_in_float32(monkeypatch, has, wanted):
    monkeypatch.delenv("LABS_PRECISION", raising=False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    monkeypatch.setattr(precision, "device", lambda: "cpu")
    assert precision.of_scores() == wanted and precision.of_replies() == torch.float32


def test_a_gpu_writes_in_bfloat16(monkeypatch):
    monkeypatch.delenv("LABS_PRECISION", raising=False)
    monkeypatch.setattr(precision, "device", lambda: "cuda")
    assert precision.of_replies() == torch.bfloat16


@pytest.mark.parametrize("chosen", ["float32", "bfloat16"])
def test_the_user_may_choose(monkeypatch, chosen):
    monkeypatch.setenv("LABS_PRECISION", chosen)
    assert precision.name(precision.of_replies()) == precision.name(precision.of_scores()) == chosen


def test_an_unknown_precision_says_what_is_possible(monkeypatch):
    monkeypatch.setenv("LABS_PRECISION", "int8")
    with pytest.raises(LabsError, match="int8.* Use auto, float32 or bfloat16"):
        precision.of_scores()


def logits(llm):
    ids = llm.tokenizer("Who pays for the delivery, and when?", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return llm.model(ids).logits


def test_the_logits_are_near_those_of_float32(tiny_model, monkeypatch):
    monkeypatch.setenv("LABS_PRECISION", "float32")
    exact = models.load_llm(f"hf:{tiny_model}")
    monkeypatch.setenv("LABS_PRECISION", "bfloat16")
    half = models.load_llm(f"hf:{tiny_model}")
    linear = [layer for layer in half.model.modules() if isinstance(layer, torch.nn.Linear)]
    assert {type(layer) for layer in linear} == {precision.HalfLinear, torch.nn.Linear}
    assert type(half.model.get_output_embeddings()) is torch.nn.Linear, "logits are in float32"
    difference = (logits(half) - logits(exact)).abs().max()
    assert logits(half).dtype == torch.float32 and 0 < difference < 0.02 * logits(exact).abs().max()
    assert exact.model.num_parameters() == half.model.num_parameters()


def test_training_gets_the_weights_back(tiny_model, monkeypatch):
    """The files hold bfloat16, so nothing was lost."""
    monkeypatch.setenv("LABS_PRECISION", "float32")
    exact = models.load_llm(f"hf:{tiny_model}")
    monkeypatch.setenv("LABS_PRECISION", "bfloat16")
    again = models.load_llm(f"hf:{tiny_model}")
    tuning._as_stored(again.model)
    assert not any(type(layer) is precision.HalfLinear for layer in again.model.modules())
    assert all(torch.equal(a, b) for a, b in zip(exact.model.parameters(), again.model.parameters(), strict=True))
    assert torch.allclose(logits(again), logits(exact), atol=1e-4)


def test_vectors_of_one_precision_are_not_taken_for_those_of_another(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    text, vectors = "The supplier pays within thirty days.", []
    for chosen in ("float32", "bfloat16"):
        monkeypatch.setenv("LABS_PRECISION", chosen)
        embedder = embedding.load_embedder()
        vectors.append(torch.tensor(embedder.get_text_embedding(text)))
        embedder.flush()
    assert len(list(tmp_path.glob("vectors-*"))) == 2
    assert not torch.equal(*vectors) and torch.dot(*vectors) > 0.999
