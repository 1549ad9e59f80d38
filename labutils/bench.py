"""The benchmark: four arms answer the same questions; retrieval alone on other corpora; a user's own folder."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from llama_index.core.llms import LLM
from llama_index.core.schema import Document, TextNode

from . import (
    chunking, decoding, embedding, metrics, models, pipelines, prompts, queries, retrieval, search, settings, tuning,
    versions)
from .cache import cached_file, digest, drop
from .corpus import Corpus, Question, load_corpus
from .errors import LabsError
from .pipelines import Answer, ClosedBookPipeline, RagPipeline

# arm -> (reads passages, uses the adapter)
ARMS: dict[str, tuple[bool, bool]] = {
    "base": (False, False), "rag": (True, False), "sft": (False, True), "sft_rag": (True, True),
}
SPLITS = ("known", "test")
RETRIEVERS = ("dense", "bm25", "hybrid")
# Answers are cached by what they depend on, and that includes the code that prompts, retrieves and scores.
_CODE = (chunking, decoding, metrics, models, pipelines, prompts, queries, retrieval, search, versions)


@dataclass(frozen=True)
class Setup:
    """What the arms share: chunk size and overlap in tokens, retriever (one of RETRIEVERS), passages k.

    `header` names the metadata that are embedded and searched with a chunk; `look_ups` is all that knows the archive:
    glossary, register and titles in front of the search, whose sentences come beside the k passages, routes as filters
    (of `hybrid`), and texts in force in the place of amended ones. A reply to which the model gives less than
    `min_probability` becomes an abstention, in every arm. The defaults are what notebooks 1.1 to 1.3 chose on dev, as
    far as it needs no labelled questions; k is what gives the reading arm the most right answers there.
    """

    chunk_size: int = 64
    overlap: int = 0
    retriever: str = "hybrid"
    header: tuple[str, ...] = ("title", "context")
    look_ups: bool = True
    k: int = 5
    min_probability: float = 0.0
    seed: int = 0


class Benchmark:
    """Everything that the arms need, made when it is first asked for and cached on disk by content.

    With `progress`, stages are printed and long work shows bars on stderr; without, a stage that has to be computed is
    named on stderr, where a notebook keeps no trace of it.
    """

    def __init__(self, corpus: Corpus | None = None, llm_spec: str | None = None, setup: Setup = Setup(),
                 recipe: tuning.Recipe | None = None, progress: bool = False):
        self.corpus = corpus or load_corpus()
        self.llm_spec = llm_spec or settings.llm()
        self.setup, self.recipe, self.progress = setup, recipe or tuning.recipe_for(self.llm_spec), progress

    @cached_property
    def nodes(self) -> list:
        """The chunks of all documents."""
        return make_nodes(self.corpus.documents, self.setup)

    @cached_property
    def look_ups(self) -> queries.LookUps | None:
        """The house's lists in front of the search; None in a setup without them."""
        return queries.LookUps(self.corpus.documents) if self.setup.look_ups else None

    @cached_property
    def retriever(self):
        """The llama-index retriever that all reading arms share."""
        name, k, documents = self.setup.retriever, self.setup.k, self.corpus.documents
        if not self.look_ups:
            return make_retriever(name, self.nodes, k, self.progress)
        if name == "hybrid":
            index = retrieval.build_index(self.nodes, embedding.load_embedder(), show_progress=self.progress)
            return search.house_search(index, self.nodes, documents, self.look_ups, k)
        found = make_retriever(name, self.nodes, max(k, search.DEPTH), self.progress)
        return self.look_ups.retriever(search.following(found, self.nodes, documents), k)

    def rag(self, llm: LLM) -> RagPipeline:
        """The pipeline of the arms that read."""
        return RagPipeline(self.retriever, llm, self.look_ups.rewrite if self.look_ups else str,
                           self.setup.min_probability)

    @cached_property
    def adapter(self) -> tuning.Adapter:
        """The LoRA adapter of the tuned arms, trained on the questions of split "train" or read from the cache."""
        rows = tuning.sft_rows(self.corpus.select(split="train"))
        return tuning.train_lora(self.llm_spec, rows, settings.cache_dir(), self.recipe,
                                 "fine-tuning" if self.progress else None)

    def arms(self) -> dict[str, str]:
        """Arm -> "" if it can be run here, else why not: an endpoint or a corpus may leave nothing to train."""
        why = tuning.obstacle(self.llm_spec)
        if not why and not self.corpus.select(split="train"):
            why = f"the corpus {self.corpus.name} has no training questions"
        return {arm: why if tuned else "" for arm, (_, tuned) in ARMS.items()}

    def answer(self, arm: str, questions: Sequence[Question]) -> pd.DataFrame:
        """Rows of the results table for one arm, from the cache if this very run was made before.

        Raises LabsError for an unknown arm, and for whatever keeps model, adapter or index from being made.
        """
        if arm not in ARMS:
            raise LabsError(f"There is no arm {arm!r}. The arms are {', '.join(ARMS)}.")
        reads, tuned = ARMS[arm]
        # A closed-book arm does not depend on the search.
        shared = asdict(self.setup) if reads else dict(min_probability=self.setup.min_probability)
        config = dict(setup=shared, recipe=asdict(self.recipe) if tuned else None,
                      prompt=prompts.QA_TEMPLATE if reads else prompts.CLOSED_BOOK_TEMPLATE,
                      embed=settings.embed() if reads else None)
        config_hash = digest(config)[:12]
        adapter = self.adapter if tuned else None
        key = digest(config_hash, self.corpus.hash, self.llm_spec, models.weights_id(self.llm_spec), models.device(),
                     arm, adapter.folder.name if adapter else "", [q.question_id for q in questions],
                     _code_hash())[:24]

        def make(path: Path) -> None:
            if not self.progress:
                print(f"{arm}: not in the cache, answering {len(questions)} questions", file=sys.stderr)
            llm = models.load_llm(self.llm_spec, adapter.folder if adapter else None)
            pipeline = self.rag(llm) if reads else ClosedBookPipeline(llm, self.setup.min_probability)
            answers = pipeline.answer(list(questions), arm if self.progress else None)
            rows = results_rows(arm, questions, answers, self.corpus).assign(
                run_id=key, model=llm.metadata.model_name, corpus_hash=self.corpus.hash, config_hash=config_hash,
                seed=self.setup.seed)
            rows.to_parquet(path)

        return read_rows("answers", key, make)

    def run(self, arms: Sequence[str] | None = None, splits: Sequence[str] = SPLITS) -> pd.DataFrame:
        """The results table of the arms on the same questions, one row per (arm, question).

        Without `arms`, all that can be run here. Finished arms come from the cache, so an interrupted run goes on where
        it stopped. Raises LabsError when the corpus has no question in `splits`.
        """
        questions = self.corpus.select(split=tuple(splits))
        if not questions:
            raise LabsError(f"The corpus {self.corpus.name} has no questions in {' or '.join(splits)}; "
                            "set LABS_CORPUS to one that has, such as harbour.")
        if arms is None:
            possible = self.arms()
            arms = [arm for arm, why in possible.items() if not why]
            for arm in possible.keys() - set(arms):
                print(f"{arm}: left out, {possible[arm]}", file=sys.stderr)
        frames = []
        for arm in arms:
            started = time.perf_counter()
            frames.append(self.answer(arm, questions))
            if self.progress:
                print(f"  {arm:<8} {len(questions)} questions, {time.perf_counter() - started:.0f} s", flush=True)
        return pd.concat(frames, ignore_index=True)


@functools.cache
def _code_hash() -> str:
    return digest(*(Path(module.__file__) for module in _CODE))


def read_rows(kind: str, key: str, make: Callable[[Path], None]) -> pd.DataFrame:
    """A cached parquet file; one that can't be read is made again, and that is said (on stderr)."""
    path = cached_file(kind, key, make, ".parquet")
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError):  # pyarrow's own errors are of these two kinds
        print(f"The cached {kind} {key} could not be read and are made again.", file=sys.stderr)
        drop(kind, key, ".parquet")
        return pd.read_parquet(cached_file(kind, key, make, ".parquet"))


def make_nodes(documents: Sequence[Document], setup: Setup = Setup()) -> list[TextNode]:
    """The chunks of documents as a setup has them, headed by those of its metadata that any chunk has."""
    nodes = chunking.with_context(chunking.fixed_size(documents, setup.chunk_size, setup.overlap))
    known = [key for key in setup.header if any(node.metadata.get(key) for node in nodes)]
    return chunking.with_header(nodes, known)


def with_titles(nodes: list) -> list:
    """The chunks with their document's title as part of what is embedded and searched (a contextual header)."""
    for node in nodes:
        node.excluded_embed_metadata_keys = [key for key in node.metadata if key != "title"]
    return nodes


def make_retriever(name: str, nodes: list, k: int, progress: bool = False):
    """A llama-index retriever by name (see RETRIEVERS); `progress` shows a bar while vectors are computed."""
    if name not in RETRIEVERS:
        raise LabsError(f"There is no retriever {name!r}. The retrievers are {', '.join(RETRIEVERS)}.")
    if name == "bm25":
        return retrieval.bm25(nodes, k)
    index = retrieval.build_index(nodes, embedding.load_embedder(), show_progress=progress)
    return retrieval.dense(index, k) if name == "dense" else retrieval.hybrid(index, nodes, k)


def results_rows(arm: str, questions: Sequence[Question], answers: Sequence[Answer], corpus: Corpus) -> pd.DataFrame:
    """The results table's rows of one arm; `Benchmark.answer` adds what is the same in every row (model, hashes, seed).

    `evidence_*` and `citations_ok` are missing where they have no meaning: the arm reads no passages, or the question
    has no gold evidence. An arm that reads must cite: an answer without a citation is not well formed.
    """
    reads, texts = ARMS[arm][0], corpus.texts()
    rows = []
    for question, answer in zip(questions, answers, strict=True):
        spans = [retrieval.node_span(found.node) for found in answer.context]
        scored = reads and bool(question.evidence)
        recall, precision = metrics.evidence_scores(spans, question.evidence, texts) if scored else (None, None)
        parsed = metrics.parse_reply(answer.raw, question.family, needs_citation=reads)
        rows.append(dict(
            arm=arm, question_id=question.question_id, family=question.family, split=question.split,
            cluster=question.cluster, answer=answer.raw, abstained=parsed.abstained,
            correct=metrics.exact_match(answer.raw, question), f1=metrics.token_f1(answer.raw, question),
            evidence_precision=precision, evidence_recall=recall,
            citations_ok=cites_evidence(parsed.citations, spans, question, texts) if scored else None,
            well_formed=parsed.well_formed, tokens_in=answer.tokens_in, tokens_out=answer.tokens_out,
            retrieve_ms=answer.retrieve_ms, generate_ms=answer.generate_ms))
    frame = pd.DataFrame(rows)
    return frame.astype({"evidence_precision": float, "evidence_recall": float, "citations_ok": "boolean"})


def cites_evidence(citations: Sequence[int], spans: Sequence, question: Question, texts: Mapping[str, str]) -> bool:
    """Whether every cited passage (1-based, of `spans`) exists and at least one of them holds gold evidence."""
    if not citations or not all(1 <= number <= len(spans) for number in citations):
        return False
    return metrics.evidence_scores([spans[number - 1] for number in citations], question.evidence, texts)[0] > 0


def main_job(out: Path = Path("report"), fresh: bool = False, wanted: Sequence[str] = tuple(ARMS)) -> Path:
    """Run the arms on the chosen profile and write `out`/index.html and `out`/results.parquet; returns the page.

    Prints one line per stage, with progress bars on stderr. `fresh` computes answers and adapter anew; of the arms
    `wanted`, those run that can. Raises LabsError for an unknown arm.
    """
    from . import report

    started = time.perf_counter()
    if unknown := set(wanted) - set(ARMS):
        raise LabsError(f"There is no arm {', '.join(sorted(unknown))}. The arms are {', '.join(ARMS)}.")
    if fresh:
        for kind in ("answers", "adapters"):
            shutil.rmtree(settings.cache_dir() / kind, ignore_errors=True)
    bench = Benchmark(progress=True)
    corpus = bench.corpus
    possible = {arm: why for arm, why in bench.arms().items() if arm in wanted}
    arms = [arm for arm, why in possible.items() if not why]
    print(f"Corpus {corpus.name}: {len(corpus.documents)} documents, {len(corpus.questions)} questions.", flush=True)
    print(f"Index: {len(bench.nodes)} chunks, {bench.setup.retriever} retrieval of {bench.setup.k}.", flush=True)
    for why in {why for why in possible.values() if why}:
        print(f"No fine-tuning: {why}.")
    if any(ARMS[arm][1] for arm in arms):
        print(f"Fine-tuning {bench.llm_spec}: {bench.adapter.seconds:.0f} s when it was trained.", flush=True)
    print(f"Answering with {bench.llm_spec} (finished arms come from the cache):", flush=True)
    results = bench.run(arms)
    write_parquet(results, Path(out) / "results.parquet")
    seconds = time.perf_counter() - started
    page = report.build_report(results, Path(out), report_context(bench, seconds, arms))
    print(f"Done in {seconds:.0f} s. Open {page}")
    return page


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write the file whole or not at all, making its folder. Raises LabsError when that place cannot be written to."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(partial)
        os.replace(partial, path)
    except OSError as fault:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise LabsError(f"{path.name} cannot be written to {path.parent}: {fault.strerror or fault}. Free some space "
                        "or choose another place with --out.") from fault


def report_context(bench: Benchmark, seconds: float, arms: Sequence[str]) -> dict[str, Any]:
    """Machine, timings (seconds), training and versions for `report.build_report`; no path, no name of the machine."""
    from importlib.metadata import version

    import psutil

    packages = ("torch", "transformers", "peft", "trl", "llama-index-core", "sentence-transformers", "ragas")
    context: dict[str, Any] = dict(
        machine=dict(system=platform.system(), processor=platform.machine(), cores=os.cpu_count(),
                     memory=f"{psutil.virtual_memory().total / 2**30:.0f} GiB", device=models.device()),
        timings={"this run": seconds}, command="make run",
        versions=dict(python=platform.python_version(), **{name: version(name) for name in packages}))
    if any(ARMS[arm][1] for arm in arms):
        context["training"] = dict(seconds=bench.adapter.seconds, tries=1)
        context["timings"]["fine-tuning, when it was done"] = bench.adapter.seconds
    return context


def retrieval_benchmark(corpus_spec: str, k: int = 5, limit: int | None = None,
                        out: Path | None = None) -> pd.DataFrame:
    """Evidence recall and precision of dense, BM25 and hybrid retrieval; prints them with intervals, returns the rows.

    Chunks of notebook 1.1, with titles, and `k` passages; `limit` takes the first questions only; `out` gets the
    rows as parquet. Raises LabsError when no question has gold evidence.
    """
    corpus = load_corpus(corpus_spec)
    questions = [q for q in corpus.questions if q.evidence and q.split in ("test", "")][:limit]
    if not questions:
        raise LabsError(f"{corpus.name} has no questions with gold evidence, so retrieval cannot be measured on it. "
                        "For a folder of your own, ask questions: labs bench --corpus folder:<dir> --ask ...")
    print(f"{corpus.name}: {len(corpus.documents)} documents, {len(questions)} questions with gold evidence, k = {k}")
    for line in [*corpus.notes, *(f"skipped: {line}" for line in corpus.skipped)]:
        print(f"  {line}")
    nodes = with_titles(chunking.fixed_size(corpus.documents))
    print(f"{len(nodes)} chunks (vectors are cached)", flush=True)
    index = retrieval.build_index(nodes, embedding.load_embedder(), show_progress=True)
    retrievers = {"dense": retrieval.dense(index, k), "bm25": retrieval.bm25(nodes, k),
                  "hybrid": retrieval.hybrid(index, nodes, k)}
    rows = retrieval.evaluate(retrievers, questions, corpus, show_progress=True)
    for metric in ("evidence_recall", "evidence_precision"):
        _print_comparison(rows, metric)
    if out:
        write_parquet(rows, Path(out))
    return rows


def _print_comparison(rows: pd.DataFrame, metric: str) -> None:
    """Means and paired differences with intervals; with a single document, which has no spread, means alone."""
    from .stats import mean_interval, paired_difference

    documents = rows["cluster"].nunique()
    if documents < 2:
        print(f"\n{metric}, mean (one document: no interval)")
        for name, part in rows.groupby("retriever", sort=False):
            print(f"  {name:<8} {part[metric].mean():.2f}")
        return
    print(f"\n{metric}, mean with 95% interval over {documents} documents")
    for name, part in rows.groupby("retriever", sort=False):
        print(f"  {name:<8} {mean_interval(part, metric)}")
    for a, b in (("bm25", "dense"), ("hybrid", "dense"), ("hybrid", "bm25")):
        print(f"  {paired_difference(rows, a, b, metric, by='retriever')}")


def answer_folder(corpus_spec: str, questions: list[str], k: int = 5) -> list[Answer]:
    """Answer questions from a folder of documents; prints each answer with the passages that it cites.

    An answer that cites nothing, or a passage that there is not, is printed with a warning.
    """
    pipeline = _folder_pipeline(corpus_spec, k, settings.llm(), settings.embed())
    asked = [Question(question_id=str(i), family="folder", split="", cluster="", klass="", question=text, answer="",
                      accepted=(), evidence=()) for i, text in enumerate(questions)]
    answers = pipeline.answer(asked)
    for text, answer in zip(questions, answers, strict=True):
        print(f"\nQ: {_printable(text)}\nA: {_printable(answer.raw)}")
        for number in answer.citations:
            print(f"   [{number}] {_cited(answer, number)}")
        if not answer.abstained and not answer.citations:
            print("   cites no passage: do not trust this answer")
    return answers


@functools.lru_cache(maxsize=1)
def _folder_pipeline(corpus_spec: str, k: int, llm: str, embed: str) -> RagPipeline:
    """Kept for the next question of a conversation; says what was skipped once."""
    corpus = load_corpus(corpus_spec)
    for line in corpus.skipped:
        print(f"  skipped: {line}")
    nodes = with_titles(chunking.fixed_size(corpus.documents))
    return RagPipeline(make_retriever("hybrid", nodes, k, progress=True), models.load_llm(llm))


def _cited(answer: Answer, number: int) -> str:
    if not 1 <= number <= len(answer.context):
        return "no such passage: do not trust this answer"
    node = answer.context[number - 1].node
    return f"{node.metadata.get('title', '')}: {_printable(node.get_content())[:200]}"


def _printable(text: str) -> str:
    """One line without control characters: documents and replies are untrusted, and a terminal obeys escape codes."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
