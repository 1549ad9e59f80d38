"""Fine-tuning of the embedding model on pairs of question and passage, through sentence-transformers."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from labutils import embedding, settings
from labutils.cache import cached_file, digest
from labutils.errors import LabsError


@dataclass(frozen=True)
class Pair:
    """A question, a passage that answers it, and the group (contract) that both come from."""

    question: str
    passage: str
    group: str


@dataclass(frozen=True)
class Recipe:
    """What a run depends on besides model and pairs: one epoch over at most `steps` batches.

    `neighbors` pairs of one group lie side by side in a batch. `max_length` is in tokens of the model.
    """

    batch_size: int = 16
    steps: int = 16
    neighbors: int = 8
    learning_rate: float = 5e-5
    max_length: int = 128
    seed: int = 0


@dataclass(frozen=True)
class Tuned:
    """A tuned model's folder, for `load_embedder(f"hf:{folder}")`; the seconds of training; the mean loss (nats)."""

    folder: Path
    seconds: float
    loss: float
    pairs: int


def in_batches(pairs: Sequence[Pair], recipe: Recipe = Recipe()) -> list[Pair]:
    """Return the pairs in the order of training: seeded, each passage once, `neighbors` of one group side by side.

    In a batch, every other passage is a wrong answer to a question. Passages of other contracts are told apart by the
    names in them; those of the same contract are what the model has to learn to tell apart.
    """
    draw = random.Random(recipe.seed)
    once = list({pair.passage: pair for pair in draw.sample(list(pairs), len(pairs))}.values())
    groups: dict[str, list[Pair]] = {}
    for pair in once:
        groups.setdefault(pair.group, []).append(pair)
    blocks = [group[at:at + recipe.neighbors] for group in groups.values()
              for at in range(0, len(group), recipe.neighbors)]
    draw.shuffle(blocks)
    return [pair for block in blocks for pair in block][:recipe.batch_size * recipe.steps]


def tune(pairs: Sequence[Pair], recipe: Recipe = Recipe(), spec: str | None = None) -> Tuned:
    """Train the embedding model of a spec (default: $LABS_EMBED), or return the cached one of the same data and recipe.

    Loss: MultipleNegativesRankingLoss (Henderson et al. 2017, arXiv 1705.00652): among all passages of its batch, the
    question's own shall be nearest. Raises LabsError for fewer pairs than a batch holds.
    """
    ordered = in_batches(pairs, recipe)
    if len(ordered) < recipe.batch_size:
        raise LabsError(f"{len(ordered)} pairs with different passages do not fill a batch of {recipe.batch_size}")
    spec = spec or settings.embed()
    key = digest(embedding.model_key(spec), asdict(recipe), [astuple(pair) for pair in ordered])[:24]
    folder = cached_file("embedders", key, lambda path: _train(ordered, recipe, spec, path))
    made = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return Tuned(folder, made["seconds"], made["loss"], len(ordered))


def _train(ordered: Sequence[Pair], recipe: Recipe, spec: str, path: Path) -> None:
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from torch.utils.data import BatchSampler, SequentialSampler

    class InOrder(SentenceTransformerTrainer):
        """Takes the rows as they come: their order is what makes the wrong answers of a batch hard."""

        def get_batch_sampler(self, dataset, batch_size, drop_last, **_):
            return BatchSampler(SequentialSampler(dataset), batch_size, drop_last)

    model = embedding.load_model(spec)
    model.max_seq_length = recipe.max_length
    rows = Dataset.from_dict({"anchor": [pair.question for pair in ordered],
                              "positive": [pair.passage for pair in ordered]})
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(path), num_train_epochs=1, per_device_train_batch_size=recipe.batch_size, warmup_steps=0.1,
        learning_rate=recipe.learning_rate, seed=recipe.seed, use_cpu=True, bf16=False, report_to="none",
        save_strategy="no", disable_tqdm=True, logging_strategy="no")
    started = time.perf_counter()
    result = InOrder(model=model, args=arguments, train_dataset=rows, loss=MultipleNegativesRankingLoss(model)).train()
    seconds = time.perf_counter() - started
    model.save_pretrained(str(path), create_model_card=False)
    (path / "training.json").write_text(json.dumps({"seconds": seconds, "loss": result.training_loss}),
                                        encoding="utf-8")
