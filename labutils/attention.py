"""torch's attention a block of queries at a time, for prompts of different lengths on a processor."""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "sdpa_in_blocks"
BLOCK = 128  # queries


def sdpa_in_blocks(module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
                   attention_mask: torch.Tensor | None, **kwargs: Any) -> tuple[torch.Tensor, None]:
    """Return what transformers' "sdpa" does, without the products of a block's queries and the keys behind them.

    A mask, which padding needs, keeps torch from leaving them out by itself: 11 ms in place of 18 for 4 prompts of 533
    tokens, a core and a layer. `query` (batch, heads, n, size); `key` and `value` (batch, heads, m, size), the last n of
    them those of the queries; `attention_mask` (batch, 1, n, m) or None. Returns (batch, n, heads, size).
    """
    n, m = query.shape[2], key.shape[2]
    if attention_mask is None or n <= BLOCK:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)
    blocks = []
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        seen = m - n + stop
        blocks.append(sdpa_attention_forward(module, query[:, :, start:stop], key[:, :, :seen], value[:, :, :seen],
                                             attention_mask[:, :, start:stop, :seen], **kwargs)[0])
    return torch.cat(blocks, 1), None


AttentionInterface.register(NAME, sdpa_in_blocks)
AttentionMaskInterface.register(NAME, sdpa_mask)


def quicken(model: Any) -> Any:
    """Let a transformers model of the Llama kind, on the processor, attend in blocks; others stay. Returns the model."""
    if model.device.type == "cpu" and model.config.model_type == "llama":
        model.set_attn_implementation(NAME)
    return model


def restore(model: Any) -> None:
    """Undo `quicken`: a model is trained with transformers' own attention, since another rounding ends at other weights."""
    if model.config._attn_implementation == NAME:
        model.set_attn_implementation("sdpa")
