"""What models multiply matrices in: bfloat16 where it is quick and changes little, float32 elsewhere."""

from __future__ import annotations

from typing import Any

import torch

from . import settings
from .batching import device


def of_replies() -> torch.dtype:
    """Return what language models write in: by default bfloat16 on a GPU and float32 on a processor.

    A reply is one likeliest token after another, so that rounding can turn it into another reply: with bfloat16 a
    notebook would print other words on one processor than on the next. $LABS_PRECISION may choose.
    """
    chosen = settings.precision()
    if chosen == "auto":
        chosen = "bfloat16" if device() == "cuda" else "float32"
    return getattr(torch, chosen)


def of_scores() -> torch.dtype:
    """Return what embedding models and cross-encoders, which run on the processor, multiply in.

    By default bfloat16 if it has instructions for it (AVX512-BF16), since it then takes half of the time (measured: 430
    against 210 GFLOPS), else float32: emulated, it is slower. $LABS_PRECISION may choose.
    """
    chosen = settings.precision()
    if chosen == "auto":
        chosen = "bfloat16" if torch.cpu.get_capabilities().get("avx512_bf16", False) else "float32"
    return getattr(torch, chosen)


def name(dtype: torch.dtype) -> str:
    """Return "bfloat16" or "float32"; part of the key of whatever a model computes."""
    return str(dtype).removeprefix("torch.")


class HalfLinear(torch.nn.Linear):
    """A linear layer with weights in bfloat16 that takes and gives float32."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.linear(input.bfloat16(), self.weight, self.bias).float()


def fit(model: Any, dtype: torch.dtype) -> Any:
    """Make the linear layers of a model on the processor, in float32, multiply in `dtype`, in place; return it.

    All else stays in float32, as the logits do: a model in bfloat16 throughout rounds what it adds up (a cross-encoder's
    scores differ by 0.15 log-odds, so by 0.05), and torch's attention is slower in it on a processor without AMX.
    """
    if dtype == torch.bfloat16:
        last = getattr(model, "get_output_embeddings", lambda: None)()
        for layer in model.modules():
            if type(layer) is torch.nn.Linear and layer is not last:
                layer.__class__ = HalfLinear  # the module stays what hooks, adapters and names refer to
                layer.to(dtype)
    return model
