"""Supervised fine-tuning with LoRA (Hu et al., arXiv 2106.09685) through trl and peft."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from .cache import digest
from .errors import LabsError
from .prompts import CLOSED_BOOK_TEMPLATE


@dataclass(frozen=True)
class Recipe:
    """What a LoRA run depends on; learning rate and rank were chosen on the dev split for Clerk."""

    rank: int = 32
    alpha: int = 64
    learning_rate: float = 3e-3
    batch_size: int = 32
    steps: int = 400
    max_length: int = 160
    seed: int = 0


@dataclass(frozen=True)
class Adapter:
    """A trained adapter: its folder, the loss curve [(step, loss)], seconds of training, and how many tokens it saw."""

    folder: Path
    history: list[tuple[int, float]]
    seconds: float
    tokens: int
    trainable: int


def sft_rows(questions: list):
    """A `datasets.Dataset` with a `messages` column: the closed-book prompt and the reference answer of each question."""
    from datasets import Dataset

    if not questions:
        raise LabsError("No training questions: this corpus has none in split 'train'.")
    return Dataset.from_list([to_messages(q.question, q.answer) for q in questions])


def to_messages(question: str, answer: str) -> dict:
    """One training example in chat form: {"messages": [user, assistant]}."""
    return {"messages": [{"role": "user", "content": CLOSED_BOOK_TEMPLATE.format(query_str=question)},
                         {"role": "assistant", "content": answer}]}


def train_lora(llm_spec: str, rows, cache: Path, recipe: Recipe = Recipe(), progress: str | None = None) -> Adapter:
    """Train an adapter on `rows` (see `sft_rows`) or return the cached one of the same model, rows and recipe.

    The loss is taken on the assistant's tokens only. Written atomically: an interrupted run leaves nothing behind.
    """
    from .models import weights_id

    key = digest(llm_spec, weights_id(llm_spec), asdict(recipe), rows.to_list())[:16]
    folder = Path(cache) / "adapters" / key
    if (folder / "training.json").exists():
        return _read(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".training-"))
    try:
        _train(llm_spec, rows, work, recipe, progress)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return _read(folder)


def _train(llm_spec: str, rows, folder: Path, recipe: Recipe, progress: str | None) -> None:
    import torch
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from .models import load_llm

    torch.manual_seed(recipe.seed)
    llm = load_llm(llm_spec)
    on_cpu = llm.model.device.type == "cpu"
    trainer = SFTTrainer(
        model=llm.model, processing_class=llm.tokenizer, train_dataset=rows,
        args=SFTConfig(
            output_dir=str(folder / "trainer"), max_steps=recipe.steps, per_device_train_batch_size=recipe.batch_size,
            learning_rate=recipe.learning_rate, lr_scheduler_type="cosine", warmup_steps=20, weight_decay=0.0,
            max_length=recipe.max_length, assistant_only_loss=True, logging_steps=10, save_strategy="no",
            report_to="none", disable_tqdm=True, use_cpu=on_cpu, bf16=not on_cpu, gradient_checkpointing=False,
            seed=recipe.seed, dataloader_num_workers=0),
        peft_config=LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, lora_dropout=0.0, task_type="CAUSAL_LM",
                               target_modules="all-linear"),
        callbacks=[_progress_bar(recipe.steps, progress)],
    )
    started = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - started
    trainer.model.save_pretrained(folder)
    shutil.rmtree(folder / "trainer", ignore_errors=True)
    curve = [(row["step"], round(row["loss"], 4)) for row in trainer.state.log_history if "loss" in row]
    tokens = int(trainer.state.num_input_tokens_seen) or _tokens_seen(trainer.state.log_history)
    trainable = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    (folder / "training.json").write_text(json.dumps(
        dict(history=curve, seconds=round(seconds, 1), tokens=tokens, trainable=trainable, recipe=asdict(recipe))))


def _tokens_seen(log_history: list[dict]) -> int:
    return int(max((row.get("num_tokens", 0) for row in log_history), default=0))


def _progress_bar(steps: int, label: str | None):
    from tqdm.auto import tqdm
    from transformers import TrainerCallback

    class Bar(TrainerCallback):
        def on_train_begin(self, *args, **kwargs):
            self.bar = tqdm(total=steps, desc=label, disable=label is None, leave=False)

        def on_step_end(self, *args, **kwargs):
            self.bar.update()

        def on_train_end(self, *args, **kwargs):
            self.bar.close()

    return Bar()


def _read(folder: Path) -> Adapter:
    saved = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return Adapter(folder, [tuple(point) for point in saved["history"]], saved["seconds"], saved["tokens"], saved["trainable"])
