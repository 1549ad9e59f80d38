"""Pretrain Clerk from scratch: first copying, then finding, then reading.

Three stages, because reading passages from the start learns neither to copy nor to find (see README.md in this folder):

1. `copy`: random tokens repeated once, loss on the repetition. The vocabulary widens 64 -> 384 -> all, each time the loss
   falls below 0.3. This forms the induction heads that every later skill stands on (Olsson et al., arXiv 2209.11895).
2. `find`: random tokens again, now in passages: asked is the number of a title, what follows some tokens of a text, or
   what stands nowhere.
3. `read`: passages with several questions each (see `corpus.py`), packed into rows of equal length.

Hidden matrices are trained with Muon (Jordan et al., 2024; `labutils.muon`), embeddings and norms with AdamW.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional as F
from transformers import LlamaConfig, LlamaForCausalLM

from labutils.muon import Muon

from .corpus import (
    DECISION_WEIGHT, FIND_LEVELS, ONE_PASSAGE, Row, Rows, attention_mask, collate, encode, find_row, pack_row,
    reading_sample, tokenizer_texts)
from .tokenizer import load_tokenizer, train_tokenizer

VOCAB_SIZE = 4096
CONTEXT = 2048
FIND_LENGTH = 384
EVALUATE_EVERY = 90  # seconds of reading between checkpoints with a look at what is read

# One dial sets the rest: layers, width, heads. The feed-forward is 8/3 of the width.
SIZES = {"nano": (3, 128, 2), "small": (4, 192, 3), "base": (8, 256, 4), "large": (8, 320, 5)}


@dataclass(frozen=True)
class Batches:
    """How much a device takes at once: rows of copying, rows of finding, tokens of reading, processes that write text.

    `find_steps` and `read_steps` lie between two looks at the loss; every look costs a new start of those processes.
    """

    copy_rows: int
    find_rows: int
    read_tokens: int
    row_length: int
    workers: int
    find_steps: int
    read_steps: int


def batches(device: str) -> Batches:
    """Small steps on a processor, where they cost what they hold; large ones on a GPU, where small ones cost as much."""
    if device == "cpu":
        return Batches(copy_rows=32, find_rows=8, read_tokens=5120, row_length=512, workers=1, find_steps=20, read_steps=50)
    return Batches(copy_rows=256, find_rows=64, read_tokens=49152, row_length=1024,
                   workers=max(1, (os.cpu_count() or 2) - 1), find_steps=40, read_steps=200)


@dataclass
class Progress:
    """What a checkpoint needs beside the weights to go on as if nothing had happened."""

    stage: str = "copy"
    step: int = 0
    tokens: int = 0
    rows: int = 0
    read_tokens: int = 0
    seconds: float = 0.0
    read_seconds_from: float | None = None
    copy_vocab: int = 64
    find_level: int = 0
    difficulty: float = 0.0


def build_model(size: str, vocab_size: int = VOCAB_SIZE, seed: int = 0) -> LlamaForCausalLM:
    """A randomly initialised Llama of one of `SIZES`; raises KeyError for an unknown size."""
    layers, width, heads = SIZES[size]
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocab_size, hidden_size=width, intermediate_size=round(width * 8 / 3 / 64) * 64,
        num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=heads,
        max_position_embeddings=CONTEXT, tie_word_embeddings=True, rms_norm_eps=1e-5,
        bos_token_id=0, eos_token_id=1, pad_token_id=2,
    )
    return LlamaForCausalLM(config)


def build_optimizers(model, muon_lr: float = 0.01, adam_lr: float = 3e-3) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for everything else."""
    hidden = [p for n, p in model.named_parameters() if p.ndim == 2 and "layers." in n]
    inside = {id(p) for p in hidden}
    rest = [p for p in model.parameters() if id(p) not in inside]
    optimizers = [
        Muon(hidden, lr=muon_lr, momentum=0.95, weight_decay=0.0),
        torch.optim.AdamW(rest, lr=adam_lr, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["base_lr"] = group["lr"]
    return optimizers


def scale_lr(optimizers, factor: float) -> None:
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["base_lr"] * factor


@functools.cache
def bfloat16_pays(device: str) -> bool:
    """Whether a product of matrices is quicker in bfloat16: a processor without instructions for it emulates them."""
    if device != "cpu":
        return True

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(512, 256, dtype=dtype), torch.ones(256, 256, dtype=dtype)
        times = []
        for _ in range(5):
            started = time.perf_counter()
            left @ right
            times.append(time.perf_counter() - started)
        return min(times)

    return seconds(torch.bfloat16) < seconds(torch.float32)


def autocast(device: str) -> contextlib.AbstractContextManager:
    """The context that a forward pass runs in: mixed precision where it is quicker."""
    return torch.autocast(device, dtype=torch.bfloat16) if bfloat16_pays(device) else contextlib.nullcontext()


def copy_batch(rng: random.Random, vocab: list[int], batch: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of random tokens repeated once: (ids, labels), both (batch, 2n) with n in 8..31; -100 on the first half."""
    n = rng.randint(8, 31)
    first = torch.tensor([[rng.choice(vocab) for _ in range(n)] for _ in range(batch)])
    ids = torch.cat([first, first], 1)
    labels = ids.clone()
    labels[:, :n] = -100
    return ids, labels


def copy_stage(model, optimizers, progress: Progress, folder: Path, device: str, seed: int, max_steps: int = 6000) -> None:
    """Train copying until the whole vocabulary's loss stays below 0.1."""
    rng = random.Random(seed + progress.step)
    order = list(range(8, model.config.vocab_size))
    random.Random(seed).shuffle(order)
    average, started, before = 5.0, time.time(), progress.seconds
    while progress.step < max_steps:
        ids, labels = copy_batch(rng, order[: progress.copy_vocab], batches(device).copy_rows)
        loss = train_step(model, optimizers, dict(input_ids=ids.to(device)), labels, device)
        average = 0.95 * average + 0.05 * float(loss)
        progress.step += 1
        progress.tokens += ids.numel()
        progress.seconds = before + time.time() - started
        if progress.step % 50 == 0:
            log(progress, folder, loss=round(average, 4), copy_vocab=progress.copy_vocab)
        if progress.step % 250 == 0:
            save_checkpoint(model, optimizers, progress, folder)
        if average < 0.3 and progress.copy_vocab < len(order):
            progress.copy_vocab = 384 if progress.copy_vocab == 64 else len(order)
            average = 5.0
        elif average < 0.1 and progress.copy_vocab >= len(order):
            break
    progress.stage, progress.step = "find", 0
    save_checkpoint(model, optimizers, progress, folder)
    log(progress, folder, note="copying has formed")


def find_stage(model, optimizers, progress: Progress, folder: Path, tokenizer, device: str, seed: int,
               max_steps: int = 1600) -> None:
    """Train finding, level by level; a level is passed when every sort of question is right in 85 of 100.

    Reading starts after `max_steps` at the latest: the levels go on in its mix (see README.md).
    """
    started, before = time.time(), progress.seconds
    size, chunk = batches(device).find_rows, batches(device).find_steps
    while progress.step < max_steps:
        make = functools.partial(find_row, tokenizer=tokenizer, length=FIND_LENGTH, level=progress.find_level)
        rows = Rows(make, progress.rows, progress.rows + size * chunk, seed)
        losses = train_rows(model, optimizers, progress, rows, size, device)
        progress.seconds = before + time.time() - started
        right = evaluate_finding(model, tokenizer, progress.find_level, device)
        log(progress, folder, loss=round(sum(losses) / len(losses), 4), find_level=progress.find_level, right=right)
        if progress.step % (5 * chunk) == 0:
            save_checkpoint(model, optimizers, progress, folder)
        if min(right.values()) >= 0.85:
            progress.find_level += 1
            if progress.find_level == len(FIND_LEVELS):
                break
    progress.stage, progress.step = "read", 0
    save_checkpoint(model, optimizers, progress, folder)
    log(progress, folder, note="finding has formed")


@torch.no_grad()
def evaluate_finding(model, tokenizer, level: int, device: str, rows: int = 4) -> dict[str, float]:
    """Share of right deciding tokens by sort of question, on rows that are never trained on."""
    model.eval()
    right = {}
    for sort in sorted(set(FIND_LEVELS[level].sorts.split())):
        row = collate([find_row(f"dev-{sort}-{i}", tokenizer, FIND_LENGTH, level, sort) for i in range(rows)])
        with autocast(device):
            best = model(**model_inputs(row, device), use_cache=False).logits[:, :-1].argmax(-1).cpu()
        decides = (row.weights[:, 1:] == DECISION_WEIGHT) & (row.labels[:, 1:] != -100)
        right[sort] = round(float((best == row.labels[:, 1:])[decides].float().mean()), 3)
    return right


def train_rows(model, optimizers, progress: Progress, rows: Rows, size: int, device: str) -> list[float]:
    """One step for each `size` rows; returns the losses and advances `progress` (step, rows, tokens)."""
    losses = []
    loader = torch.utils.data.DataLoader(rows, batch_size=size, collate_fn=collate, num_workers=batches(device).workers,
                                         prefetch_factor=4)
    for row in loader:
        losses.append(train_step(model, optimizers, model_inputs(row, device), row.labels, device, row.weights))
        progress.step += 1
        progress.rows += len(row.ids)
        progress.tokens += row.ids.numel()
    return torch.stack(losses).tolist()  # read at the end: a GPU works while the next step is prepared


def model_inputs(row: Row, device: str) -> dict[str, torch.Tensor]:
    sample, branch = row.sample.to(device), row.branch.to(device)
    mask = attention_mask(sample, branch)
    if device != "cpu":
        # As a bias, made once for all layers; from a mask of booleans every layer makes its own.
        mask = torch.zeros(mask.shape, dtype=torch.bfloat16, device=device).masked_fill_(~mask, float("-inf"))
    return dict(input_ids=row.ids.to(device), position_ids=row.positions.to(device), attention_mask=mask)


def train_step(model, optimizers, inputs: dict, labels: torch.Tensor, device: str,
               weights: torch.Tensor | None = None) -> torch.Tensor:
    """One optimizer step; `labels` (batch, length) with -100 where nothing is learned, `weights` of the same shape.

    Both are on the processor, so that no step has to wait for the one before. Returns the loss in nats per token: of
    the tokens that decide an answer where there are weights, else of all.
    """
    model.train()
    # Only tokens that carry a label go through the output layer: it is a third of the work otherwise.
    labels = labels[:, 1:].flatten()
    learned = (labels != -100).nonzero().squeeze(1)
    wanted = labels[learned].to(device)
    with autocast(device):
        hidden = model.model(**inputs, use_cache=False).last_hidden_state[:, :-1]
        logits = model.lm_head(hidden.flatten(0, 1)[learned.to(device)])
    losses = F.cross_entropy(logits.float(), wanted, reduction="none")
    if weights is None:
        loss = shown = losses.mean()
    else:
        weight = weights[:, 1:].flatten()[learned]
        decides = (weight == DECISION_WEIGHT).nonzero().squeeze(1).to(device)
        weight = weight.to(device)
        loss, shown = (losses * weight).sum() / weight.sum(), losses[decides].mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return shown.detach()


def save_checkpoint(model, optimizers, progress: Progress, folder: Path) -> None:
    """Write weights, optimizer state and progress atomically: an interrupted write leaves the previous one whole."""
    folder.mkdir(parents=True, exist_ok=True)
    state = dict(model=model.state_dict(), optimizers=[o.state_dict() for o in optimizers], progress=vars(progress))
    torch.save(state, folder / "checkpoint.tmp")
    os.replace(folder / "checkpoint.tmp", folder / "checkpoint.pt")


def load_checkpoint(model, optimizers, folder: Path, device: str) -> Progress:
    """Resume from `folder` if it holds a checkpoint, else start anew."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        return Progress()
    state = torch.load(path, map_location=device, weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"]):
        optimizer.load_state_dict(saved)
    return Progress(**state["progress"])


def log(progress: Progress, folder: Path, **values) -> None:
    """Append one line to log.jsonl and print it."""
    row = dict(stage=progress.stage, step=progress.step, tokens=progress.tokens, seconds=round(progress.seconds), **values)
    print(json.dumps(row), flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "log.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def row_shape(difficulty: float, done: float, device: str) -> tuple[int, int]:
    """(rows, tokens per row) of a batch: rows grow with the passages, and to the whole context at the end."""
    size = batches(device)
    length = 384 if difficulty < ONE_PASSAGE else size.row_length
    length = CONTEXT if done > 0.65 else length
    return max(1, size.read_tokens // length), length


def read_stage(model, optimizers, progress: Progress, folder: Path, tokenizer, device: str, seed: int, budget: int,
               seconds: float = math.inf, chunk: int | None = None) -> None:
    """Train reading for `budget` tokens or until `seconds` of training in all; difficulty rises (see `next_difficulty`).

    The learning rate is constant for 60% of the budget and then falls linearly to 2%. With every sort of question from
    the start the loss stays on a plateau: see README.md.
    """
    chunk = chunk or batches(device).read_steps
    started, before, evaluated = time.time(), progress.seconds, time.time()
    first = progress.read_seconds_from if progress.read_seconds_from is not None else before
    progress.read_seconds_from = first
    while (done := max(progress.read_tokens / budget, (progress.seconds - first) / max(1.0, seconds - first))) < 1:
        size, length = row_shape(progress.difficulty, done, device)
        scale_lr(optimizers, 1.0 if done < 0.6 else max(0.02, 1 - 0.98 * (done - 0.6) / 0.4))
        make = functools.partial(pack_row, tokenizer=tokenizer, length=length, difficulty=progress.difficulty)
        losses = train_rows(model, optimizers, progress, Rows(make, progress.rows, progress.rows + chunk * size, seed),
                            size, device)
        progress.read_tokens += chunk * size * length
        progress.seconds = before + time.time() - started
        loss = sum(losses) / len(losses)
        log(progress, folder, loss=round(loss, 4), difficulty=round(progress.difficulty, 3))
        progress.difficulty = next_difficulty(progress.difficulty, loss, done)
        if time.time() - evaluated > EVALUATE_EVERY:
            save_checkpoint(model, optimizers, progress, folder)
            passages = 1 if progress.difficulty < ONE_PASSAGE else 4
            log(progress, folder, passages=passages, exact_match=evaluate(model, tokenizer, device, passages, 16))
            evaluated = time.time()
    progress.stage = "done"
    save_checkpoint(model, optimizers, progress, folder)


def next_difficulty(difficulty: float, loss: float, done: float) -> float:
    """A larger step the lower the loss of the deciding tokens, none on a plateau; all by 40% of the budget."""
    step = 0.1 if loss < 0.3 else 0.04 if loss < 0.5 else 0.02 if loss < 0.7 else 0.0
    return min(1.0, max(difficulty + step, (done - 0.05) / 0.35))


@torch.no_grad()
def evaluate(model, tokenizer, device: str, passages: int = 4, count: int = 40, name: str = "dev") -> dict[str, float]:
    """Exact match by kind of question on held-out seeds, `passages` passages each (gold among the others).

    Greedy decoding gives the reference answer exactly when every reference token is the most likely one after its
    predecessors, so one forward pass decides it.
    """
    model.eval()
    right: dict[str, list[bool]] = {}
    for genre in ("everyday", "contract"):
        for i in range(count):
            sample = reading_sample(random.Random(f"clerk-{name}-{genre}-{i}"), passages, genre == "contract")
            tokens = encode(sample, tokenizer, random.Random(0), context_share=0.0)
            ids, positions, labels, _, branch = (torch.tensor(column)[None] for column in zip(*tokens))
            mask = attention_mask(torch.zeros_like(branch), branch)
            with autocast(device):
                logits = model(input_ids=ids.to(device), position_ids=positions.to(device),
                               attention_mask=mask.to(device), use_cache=False).logits
            hit = (logits[0, :-1].argmax(-1).cpu() == labels[0, 1:]) | (labels[0, 1:] == -100)
            for number, kind in enumerate(sample.kinds, 1):
                correct = bool(hit[branch[0, 1:] == number].all())
                right.setdefault(f"{genre}/{kind}", []).append(correct)
    return {key: round(sum(values) / len(values), 3) for key, values in sorted(right.items())}


def export(model, tokenizer, folder: Path) -> None:
    """Write the model in bf16 safetensors with its tokenizer, and the hashes that `labutils.models` checks at load."""
    folder.mkdir(parents=True, exist_ok=True)
    shipped = LlamaForCausalLM(model.config)
    shipped.load_state_dict(model.state_dict())
    shipped.generation_config.update(eos_token_id=model.config.eos_token_id, pad_token_id=model.config.pad_token_id)
    shipped.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
              for path in sorted(folder.iterdir()) if path.suffix in (".safetensors", ".json", ".jinja")
              and path.name not in ("hashes.json", "skills.json")}  # the card's figures come after the weights
    (folder / "hashes.json").write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


def start_from(weights: Path, folder: Path) -> None:
    """Make `folder` one from which `pretrain` goes on reading at full difficulty with the measured model in `weights`."""
    model = LlamaForCausalLM.from_pretrained(weights, dtype=torch.float32)
    folder.mkdir(parents=True, exist_ok=True)
    load_tokenizer(weights).save_pretrained(folder)
    # Half the rates: finished weights have closed at a low one, and much of what they know would be lost.
    optimizers = build_optimizers(model, muon_lr=0.005, adam_lr=1.5e-3)
    spent = json.loads((weights / "skills.json").read_text(encoding="utf-8"))["training"]
    progress = Progress(stage="read", difficulty=1.0, tokens=spent["tokens"], seconds=spent["seconds"])
    save_checkpoint(model, optimizers, progress, folder)


def pretrain(size: str, folder: Path, budget: int, device: str = "cpu", seed: int = 0, out: Path | None = None,
             start: Path | None = None, minutes: float = math.inf) -> None:
    """The whole recipe, resumed from `folder` if it was interrupted; exports to `out` when the budget is spent.

    With `start`, a folder of finished weights of this size, only reading: more of it for that model. `minutes` bounds the
    run by time, all stages together; the learning rate then falls in time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if start and not (folder / "checkpoint.pt").exists():
        start_from(start, folder)
    if not (folder / "tokenizer.json").exists():
        train_tokenizer(tokenizer_texts(6000), VOCAB_SIZE).save_pretrained(folder)
    tokenizer = load_tokenizer(folder)
    model = build_model(size, len(tokenizer), seed).to(device)
    optimizers = build_optimizers(model)
    progress = load_checkpoint(model, optimizers, folder, device)
    if progress.stage == "copy":
        copy_stage(model, optimizers, progress, folder, device, seed)
    if progress.stage == "find":
        find_stage(model, optimizers, progress, folder, tokenizer, device, seed)
    if progress.stage == "read":
        read_stage(model, optimizers, progress, folder, tokenizer, device, seed, budget, 60 * minutes)
    log(progress, folder, exact_match=evaluate(model, tokenizer, device, count=100, name="test"))
    if out:
        export(model, tokenizer, out)
