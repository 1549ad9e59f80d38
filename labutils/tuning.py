"""Supervised fine-tuning with LoRA (Hu et al., arXiv 2106.09685) through trl and peft."""

from __future__ import annotations

import json
import os
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cache import digest
from .errors import LabsError
from .prompts import CLOSED_BOOK_TEMPLATE

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from .corpus import Question
    from .models import LocalChat

WARMUP_STEPS = 20
LOG_EVERY = 10
NO_LOSS = -100  # the label that torch's cross entropy leaves out


@dataclass(frozen=True)
class Recipe:
    """What a LoRA run depends on besides model and rows.

    Muon (`labutils.muon`) and its learning rate suit a model of a few million parameters that has to remember facts in
    two minutes; one of billions wants `optimizer="adamw"` with 1e-5 to 5e-4 (arXiv 2405.09673).
    `max_length` is in tokens, prompt and answer together; `batch_size` in rows; `steps` are optimizer steps.
    """

    rank: int = 64
    alpha: int = 64
    optimizer: str = "muon"
    learning_rate: float = 1e-2
    batch_size: int = 16
    steps: int = 400
    max_length: int = 160
    seed: int = 0


@dataclass(frozen=True)
class Adapter:
    """A trained adapter with what it took.

    `history`: the loss curve, (step, nats per answer token); `seconds` of training; `tokens` read, padding left out;
    `trainable` parameters.
    """

    folder: Path
    history: list[tuple[int, float]]
    seconds: float
    tokens: int
    trainable: int


def to_messages(question: str, answer: str) -> dict[str, list[dict[str, str]]]:
    """One training example in chat form: {"messages": [user, assistant]}."""
    return {"messages": [{"role": "user", "content": CLOSED_BOOK_TEMPLATE.format(query_str=question)},
                         {"role": "assistant", "content": answer}]}


def sft_rows(questions: list[Question]) -> Dataset:
    """Rows with a `messages` column: the closed-book prompt and the reference answer. LabsError without a question."""
    from datasets import Dataset

    if not questions:
        raise LabsError("No training questions: this corpus has none in split 'train'.")
    return Dataset.from_list([to_messages(q.question, q.answer) for q in questions])


def lora_config(recipe: Recipe = Recipe()) -> LoraConfig:
    """Adapters of the recipe's rank beside every linear layer but the output one."""
    from peft import LoraConfig

    return LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, lora_dropout=0.0, target_modules="all-linear",
                      task_type="CAUSAL_LM")


def sft_config(folder: Path, recipe: Recipe = Recipe(), on_cpu: bool = True) -> SFTConfig:
    """The trainer's settings: float32 on a CPU (trl's default is bfloat16), no checkpoints, nothing printed."""
    from trl import SFTConfig

    return SFTConfig(
        output_dir=str(folder), max_steps=recipe.steps, per_device_train_batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate, lr_scheduler_type="cosine", warmup_steps=WARMUP_STEPS, weight_decay=0.0,
        max_length=recipe.max_length, assistant_only_loss=True,
        # Rows of like length share a batch, so that less is spent on padding.
        train_sampling_strategy="group_by_length",
        logging_steps=LOG_EVERY, include_num_input_tokens_seen="non_padding", save_strategy="no", report_to="none",
        disable_tqdm=True, use_cpu=on_cpu, bf16=not on_cpu, activation_checkpointing=False, seed=recipe.seed)


def optimizer_of(recipe: Recipe) -> tuple[type, dict[str, Any]]:
    """(class, arguments) of the recipe's optimizer for the trainer; LabsError for one that is neither muon nor adamw."""
    import torch

    from .muon import Muon

    if recipe.optimizer == "muon":
        return Muon, dict(lr=recipe.learning_rate, momentum=0.95, weight_decay=0.0)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW, dict(lr=recipe.learning_rate, weight_decay=0.0)
    raise LabsError(f"There is no optimizer {recipe.optimizer!r}; the recipe takes muon or adamw.")


def make_trainer(llm: LocalChat, rows: Dataset, folder: Path, recipe: Recipe = Recipe()) -> SFTTrainer:
    """A trl trainer, ready to train a new adapter inside `llm`'s model (which it changes: load one for it).

    Raises LabsError without rows, for a chat template that can't say which tokens are the assistant's, and for rows that
    would be cut.
    """
    from transformers import PrinterCallback
    from trl import SFTTrainer

    from . import attention

    if not len(rows):
        raise LabsError("There is no row to train on; give at least one question with its answer.")
    training_template(llm.tokenizer, llm.name)  # trl takes the same one by itself
    attention.restore(llm.model)
    with quiet():
        trainer = SFTTrainer(
            model=llm.model, processing_class=llm.tokenizer, train_dataset=rows, peft_config=lora_config(recipe),
            args=sft_config(folder, recipe, llm.model.device.type == "cpu"), optimizer_cls_and_kwargs=optimizer_of(recipe))
    trainer.remove_callback(PrinterCallback)  # what it would print is in the history
    # trl cuts at the end, where the answer stands, and drops a row that has none left without a word.
    whole = sum(len(ids) < recipe.max_length for ids in trainer.train_dataset["input_ids"])
    if whole < len(rows):
        raise LabsError(f"{len(rows) - whole} of {len(rows)} rows reach {recipe.max_length} tokens and would be cut in "
                        "their answer; raise max_length in the recipe.")
    return trainer


def training_template(tokenizer: Any, name: str) -> str | None:
    """The chat template that marks what the assistant says: None for the tokenizer's own, else trl's for its family.

    Raises LabsError where neither can.
    """
    from trl import get_training_chat_template

    try:
        if tokenizer.chat_template:
            return get_training_chat_template(tokenizer)
    except ValueError:  # a template that trl does not know, without marks
        pass
    raise LabsError(f"The chat template of {name} does not mark the assistant's tokens ({{% generation %}}), so the loss "
                    "cannot be limited to answers, and trl has no template for its family. Use another model, or add "
                    "the marks to its template.")


def obstacle(llm_spec: str) -> str:
    """Why a model can't be fine-tuned from here; "" if it can, or where its tokenizer is not there. Loads no weights."""
    if llm_spec.startswith("openai:"):
        return "an endpoint cannot be fine-tuned from here"
    if not llm_spec.startswith("hf:"):
        return ""
    from transformers import AutoTokenizer

    name = llm_spec.removeprefix("hf:")
    try:
        training_template(AutoTokenizer.from_pretrained(name, trust_remote_code=False), name)
    except (OSError, ValueError):
        return ""  # whoever loads the model says what is wrong
    except LabsError as fault:
        return str(fault).rstrip(".")
    return ""


def recipe_for(llm_spec: str) -> Recipe:
    """The recipe for a model: the default for Clerk, one for models of a billion parameters and more for any other."""
    if llm_spec == "clerk":
        return Recipe()
    return Recipe(rank=16, alpha=32, optimizer="adamw", learning_rate=2e-4, max_length=512)


def loss_tokens(llm: LocalChat, messages: list[dict[str, str]]) -> list[tuple[str, bool]]:
    """(token as text, whether it carries loss) for each token of one example, as the trainer sees it."""
    encoded = llm.tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True,
                                                chat_template=training_template(llm.tokenizer, llm.name))
    texts = [llm.tokenizer.decode([token]) for token in encoded["input_ids"]]
    return list(zip(texts, map(bool, encoded["assistant_masks"]), strict=True))


def train_lora(llm_spec: str, rows: Dataset, cache: Path, recipe: Recipe = Recipe(),
               progress: str | None = None) -> Adapter:
    """Train an adapter on `rows` (see `sft_rows`), or return the cached one of the same model, rows and recipe.

    The loss is taken on the assistant's tokens only; `progress` labels a progress bar. An adapter appears in the cache
    whole or not at all; a second process that wants the same one waits for it. Raises LabsError for an endpoint and for
    what `make_trainer` refuses.
    """
    from filelock import FileLock

    from .models import weights_id

    if llm_spec.startswith("openai:"):
        raise LabsError(f"{llm_spec} is an endpoint: its weights are out of reach. Fine-tune clerk or hf:<path>.")
    if not len(rows):
        raise LabsError("There is no row to train on; give at least one question with its answer.")
    key = digest(llm_spec, weights_id(llm_spec), asdict(recipe), rows.to_list())[:16]
    folder = Path(cache) / "adapters" / key
    if adapter := _read(folder):
        return adapter
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f".{key}.lock")):
        if adapter := _read(folder):
            return adapter
        if folder.exists():
            print(f"The cached adapter {key} is incomplete and is trained again.")
        work = folder.with_name(f".{key}.part")
        shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
        try:
            _train(llm_spec, rows, work, recipe, progress)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(work, folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return read_adapter(folder)


def attach(llm: LocalChat, folder: Path) -> LocalChat:
    """`llm` with an adapter beside its weights, so that `with attached.model.disable_adapter():` is the base again.

    Changes `llm`'s model. To answer many questions `load_llm(spec, folder)` is quicker: there the adapter is merged.
    Raises LabsError when the adapter is missing or incomplete.
    """
    from peft import PeftModel

    from .models import LocalChat

    read_adapter(folder)
    with quiet():
        model = PeftModel.from_pretrained(llm.model, str(folder)).eval()
    return LocalChat(model, llm.tokenizer, f"{llm.name}+lora")


def read_adapter(folder: Path) -> Adapter:
    """The adapter in a folder. Raises LabsError when it is missing or incomplete."""
    adapter = _read(Path(folder))
    if adapter is None:
        raise LabsError(f"There is no complete adapter in {Path(folder).name}: train it again.")
    return adapter


def _train(llm_spec: str, rows: Dataset, folder: Path, recipe: Recipe, progress: str | None) -> None:
    from .models import load_llm

    trainer = make_trainer(load_llm(llm_spec), rows, folder / "trainer", recipe)
    with quiet(), _progress_bar(trainer, recipe.steps, progress):
        started = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - started
        trainer.model.save_pretrained(folder)
    shutil.rmtree(folder / "trainer", ignore_errors=True)
    curve = [(row["step"], round(float(row["loss"]), 4)) for row in trainer.state.log_history if "loss" in row]
    saved = dict(history=curve, seconds=round(seconds, 1), tokens=int(trainer.state.num_input_tokens_seen),
                 trainable=trainer.model.num_parameters(only_trainable=True), recipe=asdict(recipe))
    (folder / "training.json").write_text(json.dumps(saved), encoding="utf-8")


@contextmanager
def _progress_bar(trainer: SFTTrainer, steps: int, label: str | None) -> Iterator[None]:
    from tqdm.auto import tqdm
    from transformers import TrainerCallback

    with tqdm(total=steps, desc=label, disable=label is None, leave=False) as bar:

        class Advance(TrainerCallback):
            def on_step_end(self, *args: Any, **kwargs: Any) -> None:
                bar.update()

        trainer.add_callback(Advance())
        yield


@contextmanager
def quiet() -> Iterator[None]:
    """Without the progress bars of `datasets` (a second of work), and without a warning that peft and trl cause."""
    from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    hidden = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        with warnings.catch_warnings():
            # peft 0.21 and trl 1.16 read a property under a name that transformers 5.23 has renamed.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            yield
    finally:
        if not hidden:
            enable_progress_bars()


def _read(folder: Path) -> Adapter | None:
    """The adapter in `folder`, or None when it is not there or not whole."""
    if not (folder / "adapter_model.safetensors").is_file():
        return None
    try:
        saved = json.loads((folder / "training.json").read_text(encoding="utf-8"))
        return Adapter(folder, [(int(step), float(loss)) for step, loss in saved["history"]], float(saved["seconds"]),
                       int(saved["tokens"]), int(saved["trainable"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
