"""Cross-encoders out of a causal language model: read question and passage together, say how well they go together.

The score is what the model gives "yes" over "no" when it is asked whether the passage answers the question, or
"supported" over "not supported" for an answer; Nogueira et al. 2020, arXiv 2003.06713, ranked so first.
sentence-transformers has the classes, llama-index ranks with them. Notebook 1.4 uses it.
"""

from __future__ import annotations

import copy
import functools
import json
import os
import random
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.postprocessor import SentenceTransformerRerank
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, MetadataMode, NodeWithScore, QueryBundle

from . import attention, cache, decoding, metrics, models, retrieval
from .batching import BATCH_TOKENS, batches, on_each_core
from .corpus import Question, Span
from .errors import LabsError
from .postprocessing import copies
from .prompts import GRADE_TEMPLATE, JUDGE_TEMPLATE

MAX_LENGTH = 512  # tokens of question, passage and prompt; llama-index asks for as much
BATCH_SIZE = 32
KEPT_AT_ONCE = 1000  # pairs read between two files on the disk
FIRST = 12  # passages of a search that are reread; the rest keeps its place behind them


@dataclass(frozen=True)
class Task:
    """What the model is asked of a pair: a template, the names in it of passage and query, the two replies to weigh."""

    template: str
    passage: str
    query: str
    replies: tuple[str, str]


GRADE = Task(GRADE_TEMPLATE, "context_str", "query_str", ("yes", "no"))
JUDGE = Task(JUDGE_TEMPLATE, "context_str", "statement", ("supported", "not supported"))


@dataclass(frozen=True)
class Pair:
    """A question, a passage, and whether the passage answers it (1.0) or not (0.0)."""

    question: str
    passage: str
    label: float


@dataclass(frozen=True)
class Recipe:
    """What a run depends on besides model and pairs: one epoch over at most `steps` batches of pairs.

    `optimizer`: muon (`labutils.muon`) trains the weight matrices of the layers and suits a small model; adamw trains
    all weights.
    """

    optimizer: str = "muon"
    batch_size: int = 32
    steps: int = 30
    learning_rate: float = 3e-2
    seed: int = 0


@dataclass(frozen=True)
class Tuned:
    """A tuned cross-encoder's folder, for `rerankers`; the seconds of training; the mean loss (nats); pairs seen."""

    folder: Path
    seconds: float
    loss: float
    pairs: int


def passage_text(node: BaseNode) -> str:
    """Return what is read of a chunk: its header and its text, as SentenceTransformerRerank passes it on."""
    return node.get_content(metadata_mode=MetadataMode.EMBED)


def pair_template(tokenizer: Any, task: Task = GRADE) -> str:
    """Return a chat template that puts the messages of a pair (roles "document", "query") into the task's template."""
    places = {task.passage: "document", task.query: "query"}
    asked = task.template.format(**{name: f"\0{role}\0" for name, role in places.items()})
    text = tokenizer.apply_chat_template([{"role": "user", "content": asked}], tokenize=False,
                                         add_generation_prompt=True)
    return "".join(_message(part) if part in places.values() else "{{ " + json.dumps(part) + " }}"
                   for part in text.split("\0"))


def _message(role: str) -> str:
    return f'{{{{ messages | selectattr("role", "eq", "{role}") | map(attribute="content") | first }}}}'


def untrained(spec: str = "clerk", task: Task = GRADE) -> Path:
    """Return the folder of a cross-encoder with the weights of a language model as they are.

    Raises LabsError for an endpoint, which shows no weights, and where both replies begin with the same token.
    """
    if spec.startswith("openai:"):
        raise LabsError(f"{spec} is an endpoint: its weights are out of reach. Make the cross-encoder of clerk or "
                        "hf:<path>.")
    key = cache.digest(models.weights_id(spec), spec, astuple(task))[:24]
    return cache.cached_file("rerankers", key, lambda path: _convert(spec, task, path))


def _convert(spec: str, task: Task, path: Path) -> None:
    from sentence_transformers import CrossEncoder
    from sentence_transformers.base.modules.transformer import Transformer
    from sentence_transformers.cross_encoder.modules import LogitScore

    if spec == "clerk":
        ok, message = models.clerk_status()
        if not ok:
            raise LabsError(message)
    source = str(models.CLERK) if spec == "clerk" else spec.partition(":")[2]
    reader = Transformer(source, transformer_task="text-generation", max_seq_length=MAX_LENGTH,
                         model_kwargs={"dtype": "float32", "use_safetensors": True})
    reader.tokenizer.chat_template = pair_template(reader.tokenizer, task)
    yes, no = (reader.tokenizer.encode(reply, add_special_tokens=False)[0] for reply in task.replies)
    if yes == no:
        raise LabsError(f"for {spec}, {' and '.join(task.replies)} begin with the same token and can't be told apart")
    model = CrossEncoder(modules=[reader, LogitScore(yes, no)], device="cpu")
    model.save_pretrained(str(path), create_model_card=False)


def mine(questions: Iterable[Question], found: Mapping[str, Sequence[NodeWithScore]], texts: Mapping[str, str],
         negatives: int = 3) -> list[Pair]:
    """Return labelled pairs of what a search found (question id -> chunks): all with evidence, the first without.

    A chunk answers if it holds more than half of one of the question's evidence spans; one that holds less is left out.
    """
    pairs = []
    for question in questions:
        taken = 0
        for one in found[question.question_id]:
            share = held(one.node, question.evidence, texts)
            wrong = share == 0 and taken < negatives
            if share > 0.5 or wrong:
                pairs.append(Pair(question.question, passage_text(one.node), float(share > 0.5)))
                taken += wrong
    return pairs


def held(node: BaseNode, evidence: Sequence[Span], texts: Mapping[str, str]) -> float:
    """Return the largest share of an evidence span that a chunk holds; 0 for a question without evidence."""
    return max((metrics.evidence_scores([retrieval.node_span(node)], [span], texts)[0] for span in evidence),
               default=0.0)


def tune(pairs: Sequence[Pair], recipe: Recipe = Recipe(), spec: str = "clerk") -> Tuned:
    """Train the cross-encoder of a language model on labelled pairs, or return the cached one of the same data.

    Trains on a seeded draw of as many pairs as the recipe has room for. Raises LabsError for fewer pairs than a batch
    holds, and for what `untrained` refuses.
    """
    room = recipe.batch_size * recipe.steps
    drawn = random.Random(recipe.seed).sample(list(pairs), min(room, len(pairs)))
    if len(drawn) < recipe.batch_size:
        raise LabsError(f"{len(drawn)} pairs do not fill a batch of {recipe.batch_size}")
    start = untrained(spec)
    key = cache.digest(start.name, asdict(recipe), [astuple(pair) for pair in drawn])[:24]
    folder = cache.cached_file("rerankers", key, lambda path: _train(drawn, recipe, start, path))
    made = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return Tuned(folder, made["seconds"], made["loss"], len(drawn))


def _train(drawn: Sequence[Pair], recipe: Recipe, start: Path, path: Path) -> None:
    import torch
    from datasets import Dataset
    from sentence_transformers import CrossEncoder
    from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments
    from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss
    from transformers import PrinterCallback

    torch.manual_seed(recipe.seed)
    model = CrossEncoder(str(start), device="cpu", max_length=MAX_LENGTH)
    model.model_card_data.widget = [{}]  # else the trainer looks for examples for a card, with a bar in the notebook
    rows = Dataset.from_list([{"query": pair.question, "passage": pair.passage, "label": pair.label} for pair in drawn])
    arguments = CrossEncoderTrainingArguments(
        output_dir=str(path), num_train_epochs=1, per_device_train_batch_size=recipe.batch_size, warmup_steps=0.1,
        learning_rate=recipe.learning_rate, seed=recipe.seed, use_cpu=True, bf16=False, report_to="none",
        save_strategy="no", disable_tqdm=True, logging_strategy="no")
    trainer = CrossEncoderTrainer(model=model, args=arguments, train_dataset=rows, loss=BinaryCrossEntropyLoss(model),
                                  optimizers=(_optimizer(model, recipe), None))
    trainer.remove_callback(PrinterCallback)  # it prints when it trains and not when the cache has it
    started = time.perf_counter()
    # Only one token of a pair carries loss: far from it, gradients are too small for normal floats, and processors are
    # slow with those (measured: 6.5 s for a backward pass, 2 s without). The setting is a thread's and what it starts.
    with ThreadPoolExecutor(1, initializer=torch.set_flush_denormal, initargs=(True,)) as pool:
        result = pool.submit(trainer.train).result()
    seconds = time.perf_counter() - started
    model.save_pretrained(str(path), create_model_card=False)
    (path / "training.json").write_text(json.dumps({"seconds": seconds, "loss": result.training_loss}),
                                        encoding="utf-8")


def _optimizer(model: Any, recipe: Recipe) -> Any:
    import torch

    from .muon import Muon

    if recipe.optimizer not in ("muon", "adamw"):
        raise LabsError(f"There is no optimizer {recipe.optimizer!r}; the recipe takes muon or adamw.")
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.0)
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name]
    chosen = set(map(id, matrices))
    for parameter in model.parameters():
        parameter.requires_grad_(id(parameter) in chosen)
    return Muon(matrices, lr=recipe.learning_rate, weight_decay=0.0)


class PreparedRerank(SentenceTransformerRerank):
    """llama-index's SentenceTransformerRerank that scores many pairs ahead, in batches, and keeps them on disk.

    What was found is not changed: the scores stand on copies. A score is the log-odds of "yes".
    """

    def __init__(self, folder: Path, top_n: int = 20) -> None:
        super().__init__(top_n=top_n, model=str(folder), device="cpu", trust_remote_code=False)
        self._model = PairScorer(folder, self._model)

    @classmethod
    def class_name(cls) -> str:
        return "PreparedRerank"

    def prepare(self, questions: Sequence[str], found: Sequence[Sequence[NodeWithScore]]) -> None:
        """Score all pairs of questions and what was found for each, unless they are on disk."""
        self._model.prepare([(question, passage_text(one.node))
                             for question, nodes in zip(questions, found, strict=True) for one in nodes])

    def ms_per_pair(self, question: str, found: Sequence[NodeWithScore]) -> float:
        """Return the milliseconds that one pair of one question takes, measured now: nothing is looked up or shared."""
        pairs = [(question, passage_text(one.node)) for one in found]
        self._model.read_alone(pairs)  # the first batch of a process takes longer
        started = time.perf_counter()
        self._model.read_alone(pairs)
        return (time.perf_counter() - started) * 1000 / max(1, len(found))

    def _postprocess_nodes(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
                           ) -> list[NodeWithScore]:
        return super()._postprocess_nodes(copies(nodes), query_bundle)


class RerankFirst(BaseNodePostprocessor):
    """Reorders the first passages by a cross-encoder and leaves the others where they are, behind them."""

    reranker: PreparedRerank

    @classmethod
    def class_name(cls) -> str:
        return "RerankFirst"

    def _postprocess_nodes(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
                           ) -> list[NodeWithScore]:
        first = self.reranker.postprocess_nodes(nodes[:FIRST], query_bundle=query_bundle)
        lowest = min((one.score for one in first), default=0.0)
        # Those not reread come below, whatever their old score: later steps sort by scores.
        return first + [NodeWithScore(node=one.node, score=lowest - rank) for rank, one in enumerate(nodes[FIRST:], 1)]


class PairScorer:
    """A cross-encoder that looks a (query, passage) pair up before it reads it; scores are log-odds (nats).

    `model`: the cross-encoder of the folder, if it is loaded already.
    """

    def __init__(self, folder: Path, model: Any = None) -> None:
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(str(folder), device="cpu", max_length=MAX_LENGTH) if model is None else model
        attention.quicken(model[0].auto_model)
        self._model = model
        self._store = cache.Store(f"pairs-{folder.name}", float)

    def prepare(self, pairs: list[tuple[str, str]]) -> None:
        """Score these pairs in batches, unless they are known or on disk; an interrupted call keeps what it has."""
        by_key = {cache.digest(*pair)[:24]: pair for pair in pairs}
        missing = sorted(self._store.missing(by_key), key=lambda key: by_key[key][1])  # those of a passage together
        if len(missing) > KEPT_AT_ONCE // 10:
            print(f"{len(missing)} pairs are not in the cache; the cross-encoder reads them now.", file=sys.stderr)
        for start in range(0, len(missing), KEPT_AT_ONCE):
            keys = missing[start:start + KEPT_AT_ONCE]
            self._store.put(dict(zip(keys, self.read([by_key[key] for key in keys]).tolist(), strict=True)))

    def predict(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        """Return the score of each pair."""
        self.prepare(pairs)
        return np.array([self._store[cache.digest(*pair)[:24]] for pair in pairs])

    def read(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        """Return the scores of these pairs, read now.

        A search finds the same passages for many questions, and a pair begins with its passage. What the pairs of a
        passage begin with is read once, and each question goes on from there (prefix caching, as in Zheng et al.
        2024, SGLang, arXiv 2312.07104): the scores of `CrossEncoder.predict` up to rounding, in half of its time.
        """
        ids, by_passage = self._encode(pairs), {}
        for place, (_, passage) in enumerate(pairs):
            by_passage.setdefault(passage, []).append(place)
        groups = [(os.path.commonprefix([ids[place][:-1] for place in places]), places)
                  for places in by_passage.values()]
        groups.sort(key=lambda group: len(group[0]))
        lengths = [len(prefix) for prefix, _ in groups]
        jobs = [[groups[i] for i in batch] for batch in batches(range(len(groups)), lengths, BATCH_TOKENS["cpu"])]
        scores = np.empty(len(pairs), dtype=np.float32)
        for found in on_each_core(functools.partial(self._read_groups, ids), jobs):
            for place, score in found.items():
                scores[place] = score
        return scores

    def read_alone(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        """Return the scores of these pairs, each read from its beginning, as for a single question."""
        import torch

        return np.asarray(self._model.predict(pairs, batch_size=BATCH_SIZE, show_progress_bar=False,
                                             activation_fn=torch.nn.Identity()), dtype=np.float32)

    def _encode(self, pairs: list[tuple[str, str]]) -> list[list[int]]:
        batch = self._model.preprocess(pairs)
        return [row[mask.bool()].tolist() for row, mask in zip(batch["input_ids"], batch["attention_mask"])]

    def _read_groups(self, ids: list[list[int]], groups: list[tuple[list[int], list[int]]]) -> dict[int, float]:
        """The scores of pairs, by place, that begin with one of a batch of prefixes."""
        import torch

        model, scores = self._model[0].auto_model, {}
        prefixes, prefix_mask = self._pad([prefix for prefix, _ in groups])
        with torch.inference_mode():
            read = model(input_ids=prefixes, attention_mask=prefix_mask, use_cache=True,
                         position_ids=decoding.positions(prefix_mask), logits_to_keep=1).past_key_values
            rest = [(ids[place][len(prefix):], row, place) for row, (prefix, places) in enumerate(groups)
                    for place in places]
            rest.sort(key=lambda one: len(one[0]))
            width = prefixes.shape[1]
            for part in batches(range(len(rest)), [width + len(one[0]) for one in rest], 4 * BATCH_TOKENS["cpu"]):
                endings, rows, places = zip(*[rest[i] for i in part])
                states = copy.deepcopy(read)
                states.batch_select_indices(torch.tensor(rows))
                tokens, mask = self._pad(endings)
                mask = torch.cat([prefix_mask[list(rows)], mask], 1)
                said = model(input_ids=tokens, attention_mask=mask, position_ids=decoding.positions(mask)[:, width:],
                             past_key_values=states, use_cache=True, logits_to_keep=1)
                found = self._model[1]({"causal_logits": said.logits})["scores"]
                scores.update(zip(places, found[:, 0].tolist(), strict=True))
        return scores

    def _pad(self, ids: Sequence[list[int]]) -> tuple[Any, Any]:
        """Tokens and mask, (rows, longest), padded on the left."""
        padded = self._model.tokenizer.pad({"input_ids": list(ids)}, padding_side="left", return_tensors="pt")
        return padded["input_ids"], padded["attention_mask"]
