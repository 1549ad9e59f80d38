"""Fine-tuning of the embedding model on questions, passages and near misses, through sentence-transformers."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import BaseNode, MetadataMode, TextNode

from labutils import embedding, settings
from labutils.cache import cached_file, digest
from labutils.corpus import Question, Span
from labutils.errors import LabsError


@dataclass(frozen=True)
class Triplet:
    """A question, the passage that answers it, and a hard negative: a passage like it that does not."""

    question: str
    passage: str
    negative: str


@dataclass(frozen=True)
class Recipe:
    """What a run depends on besides model and triplets: one epoch over at most `steps` batches.

    `max_length` is in tokens of the model. The rate rises from 0 over the first tenth of the steps: the first moves
    nothing.
    """

    batch_size: int = 16
    steps: int = 16
    learning_rate: float = 1e-4
    max_length: int = 128
    seed: int = 0


@dataclass(frozen=True)
class Tuned:
    """A tuned model's folder, for `load_embedder(f"hf:{folder}")`; the seconds of training; the mean loss (nats)."""

    folder: Path
    seconds: float
    loss: float
    triplets: int


def mine(questions: Iterable[Question], nodes: Sequence[TextNode], search: BaseRetriever) -> list[Triplet]:
    """Return a triplet per question: the chunk with most of its first evidence, and the search's first miss.

    The miss is the first chunk found that holds none of the question's evidence; a question without one, or without
    evidence, is left out. Passages are what is embedded of a chunk, its header included.
    """
    by_document: dict[str, list[TextNode]] = {}
    for node in nodes:
        by_document.setdefault(node.ref_doc_id, []).append(node)
    triplets = []
    for question in questions:
        if not question.evidence:
            continue
        first = question.evidence[0]
        right = max(by_document[first.doc_id], key=lambda node: _shared(node, first))
        wrong = next((one.node for one in search.retrieve(question.question)
                      if all(_shared(one.node, span) <= 0 for span in question.evidence)), None)
        if wrong:
            triplets.append(Triplet(question.question, *(node.get_content(metadata_mode=MetadataMode.EMBED)
                                                         for node in (right, wrong))))
    return triplets


def _shared(node: BaseNode, span: Span) -> int:
    """Characters that a chunk and a span have in common; not above 0 if none."""
    if node.ref_doc_id != span.doc_id:
        return 0
    return min(node.end_char_idx, span.end) - max(node.start_char_idx, span.start)


def tune(triplets: Sequence[Triplet], recipe: Recipe = Recipe(), spec: str | None = None) -> Tuned:
    """Train the embedding model of a spec (default: $LABS_EMBED), or return the cached one of the same data and recipe.

    Trains on a seeded draw of the triplets, as many as the recipe has room for. Loss: MultipleNegativesRankingLoss
    (Henderson et al. 2017, arXiv 1705.00652): among all passages and negatives of its batch, the question's own passage
    shall be nearest. Raises LabsError for fewer triplets than a batch holds.
    """
    room = recipe.batch_size * recipe.steps
    drawn = random.Random(recipe.seed).sample(list(triplets), min(room, len(triplets)))
    if len(drawn) < recipe.batch_size:
        raise LabsError(f"{len(drawn)} triplets do not fill a batch of {recipe.batch_size}")
    spec = spec or settings.embed()
    key = digest(embedding.model_key(spec), asdict(recipe), [astuple(triplet) for triplet in drawn])[:24]
    folder = cached_file("embedders", key, lambda path: _train(drawn, recipe, spec, path))
    made = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return Tuned(folder, made["seconds"], made["loss"], len(drawn))


def _train(drawn: Sequence[Triplet], recipe: Recipe, spec: str, path: Path) -> None:
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers
    from transformers import PrinterCallback

    torch.manual_seed(recipe.seed)
    model = embedding.load_model(spec)
    usual, model.max_seq_length = model.max_seq_length, recipe.max_length
    # No card is written. With nothing here, the trainer would look for examples for it, with a bar in the notebook.
    model.model_card_data.widget = [{}]
    rows = Dataset.from_list([{"anchor": one.question, "positive": one.passage, "negative": one.negative}
                              for one in drawn])
    # A passage that answers two questions of a batch would be a wrong answer to each: no_duplicates keeps them apart.
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(path), num_train_epochs=1, per_device_train_batch_size=recipe.batch_size, warmup_steps=0.1,
        learning_rate=recipe.learning_rate, seed=recipe.seed, batch_sampler=BatchSamplers.NO_DUPLICATES, use_cpu=True,
        bf16=False, report_to="none", save_strategy="no", disable_tqdm=True, logging_strategy="no")
    trainer = SentenceTransformerTrainer(model=model, args=arguments, train_dataset=rows,
                                         loss=MultipleNegativesRankingLoss(model))
    trainer.remove_callback(PrinterCallback)  # it prints when it trains and not when the cache has it
    started = time.perf_counter()
    result = trainer.train()
    seconds = time.perf_counter() - started
    model.max_seq_length = usual
    model.save_pretrained(str(path), create_model_card=False)
    (path / "training.json").write_text(json.dumps({"seconds": seconds, "loss": result.training_loss}),
                                        encoding="utf-8")
