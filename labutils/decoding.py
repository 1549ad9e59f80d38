"""Greedy replies to many prompts: read in small batches, then continued together.

A processor reads prompts fastest a few at a time, while their states fit its caches; what it writes costs it as much for
thirty replies as for three, since each step is mostly the model's own overhead. So the states of several batches are put
together before the first token is written, and replies that have ended leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from .batching import BATCH_TOKENS, batches


@dataclass(frozen=True)
class Written:
    """The tokens of a reply, its end token included, and its log-probability (nats): the sum over its tokens."""

    tokens: list[int]
    log_probability: float


@dataclass
class _Read:
    """Prompts that were read: the states of their tokens, padded on the left, and the logits of the token to come."""

    cache: Any
    mask: torch.Tensor
    logits: torch.Tensor


class _RoomyLayer(DynamicLayer):
    """States of several batches with room behind them: a step writes there, and nothing is copied for it."""

    def __init__(self, parts: Sequence[DynamicLayer], length: int, room: int) -> None:
        super().__init__()
        self.lazy_initialization(parts[0].keys, parts[0].values)
        self._all = [self._joined([part.keys for part in parts], length, room),
                     self._joined([part.values for part in parts], length, room)]
        self._show(length)

    @staticmethod
    def _joined(parts: Sequence[torch.Tensor], length: int, room: int) -> torch.Tensor:
        _, heads, _, size = parts[0].shape
        joined = parts[0].new_zeros(sum(map(len, parts)), heads, length + room, size)
        first = 0
        for part in parts:
            joined[first:first + len(part), :, length - part.shape[2]:length] = part
            first += len(part)
        return joined

    def _show(self, length: int) -> None:
        self.keys, self.values = (states[:, :, :length] for states in self._all)

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
               ) -> tuple[torch.Tensor, torch.Tensor]:
        start = self.get_seq_length()
        stop = start + key_states.shape[2]
        for states, new in zip(self._all, (key_states, value_states), strict=True):
            states[:, :, start:stop] = new
        self._show(stop)
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        length = self.get_seq_length()
        self._all = [states[indices] for states in self._all]
        self._show(length)


@torch.inference_mode()
def write(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], max_new_tokens: int) -> list[Written]:
    """Continue each prompt (tokens) with the likeliest token until one of the model's end tokens, or for so many tokens.

    Prompts are best sorted by length: those of one batch are padded to its longest.
    """
    parts = batches(range(len(prompts)), [len(prompt) for prompt in prompts], BATCH_TOKENS[model.device.type])
    read = [_read(model, tokenizer, [prompts[i] for i in part]) for part in parts]
    if len(read) > 1 and all(type(layer) is DynamicLayer for part in read for layer in part.cache.layers):
        read = [_join(read, max_new_tokens)]
    return [written for part in read for written in _continue(model, tokenizer, part, max_new_tokens)]


def positions(mask: torch.Tensor) -> torch.Tensor:
    """Return the position of each token among those of its row that are not padding; both (rows, length)."""
    return (mask.cumsum(-1) - 1).clamp(min=0)


def _read(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]]) -> _Read:
    batch = tokenizer.pad({"input_ids": list(prompts)}, padding_side="left", return_tensors="pt").to(model.device)
    mask = batch["attention_mask"]
    said = model(input_ids=batch["input_ids"], attention_mask=mask, position_ids=positions(mask), use_cache=True,
                 logits_to_keep=1)
    return _Read(said.past_key_values, mask, said.logits[:, -1])


def _join(parts: Sequence[_Read], room: int) -> _Read:
    length = max(part.mask.shape[1] for part in parts)
    cache = DynamicCache()
    cache.layers = [_RoomyLayer(layers, length, room)
                    for layers in zip(*[part.cache.layers for part in parts], strict=True)]
    mask = torch.cat([torch.nn.functional.pad(part.mask, (length - part.mask.shape[1], 0)) for part in parts])
    return _Read(cache, mask, torch.cat([part.logits for part in parts]))


def _continue(model: Any, tokenizer: Any, read: _Read, max_new_tokens: int) -> list[Written]:
    ends = torch.tensor(_end_tokens(model, tokenizer), device=model.device)
    tokens: list[list[int]] = [[] for _ in read.mask]
    sums = [0.0] * len(tokens)
    owners, going = list(range(len(tokens))), torch.ones(len(tokens), dtype=torch.bool, device=model.device)
    cache, mask, logits = read.cache, read.mask, read.logits
    for step in range(1, max_new_tokens + 1):
        logits = logits.float()
        chosen = logits.argmax(-1)
        chances = (logits.amax(-1) - logits.logsumexp(-1)).tolist()
        for owner, token, chance, wanted in zip(owners, chosen.tolist(), chances, going.tolist(), strict=True):
            if wanted:
                tokens[owner].append(token)
                sums[owner] += chance
        going &= ~torch.isin(chosen, ends)
        if step == max_new_tokens or not going.any():
            break
        if going.sum() <= len(going) // 2:  # to leave costs the states of those that stay a copy
            stay = going.nonzero()[:, 0]
            cache.batch_select_indices(stay)
            owners = [owners[row] for row in stay.tolist()]
            mask, chosen, going = mask[stay], chosen[stay], going[stay]
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], 1)
        logits = model(input_ids=chosen[:, None], attention_mask=mask, position_ids=positions(mask)[:, -1:],
                       past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
    return [Written(*one) for one in zip(tokens, sums, strict=True)]


def _end_tokens(model: Any, tokenizer: Any) -> list[int]:
    ends = model.generation_config.eos_token_id
    ends = tokenizer.eos_token_id if ends is None else ends
    return [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
