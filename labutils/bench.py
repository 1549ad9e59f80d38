"""The benchmark: four arms answer the same questions; retrieval alone on other corpora; a user's own folder."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from . import chunking, embedding, metrics, models, retrieval, settings, tuning
from .cache import cached_file, digest, drop
from .corpus import Corpus, Question, load_corpus
from .errors import LabsError
from .pipelines import Answer, ClosedBookPipeline, RagPipeline
from .prompts import CLOSED_BOOK_TEMPLATE, QA_TEMPLATE

# arm -> (reads passages, uses the adapter)
ARMS: dict[str, tuple[bool, bool]] = {
    "base": (False, False), "rag": (True, False), "sft": (False, True), "sft_rag": (True, True),
}
SPLITS = ("known", "test")


@dataclass(frozen=True)
class Setup:
    """What the arms share: chunk size and overlap in tokens, retriever ('dense', 'bm25', 'hybrid'), passages k."""

    chunk_size: int = 96
    overlap: int = 16
    retriever: str = "hybrid"
    titles: bool = True
    k: int = 5
    seed: int = 0


class Benchmark:
    """Everything that the arms need, made when it is first asked for and cached on disk by content."""

    def __init__(self, corpus: Corpus | None = None, llm_spec: str | None = None, setup: Setup = Setup(),
                 recipe: tuning.Recipe = tuning.Recipe()):
        self.corpus = corpus or load_corpus()
        self.llm_spec = llm_spec or settings.llm()
        self.setup, self.recipe = setup, recipe

    @cached_property
    def nodes(self) -> list:
        nodes = chunking.fixed_size(self.corpus.documents, self.setup.chunk_size, self.setup.overlap)
        return with_titles(nodes) if self.setup.titles else nodes

    @cached_property
    def retriever(self):
        return make_retriever(self.setup.retriever, self.nodes, self.setup.k)

    @cached_property
    def adapter(self) -> tuning.Adapter:
        rows = tuning.sft_rows(self.corpus.select(split="train"))
        return tuning.train_lora(self.llm_spec, rows, settings.cache_dir(), self.recipe, "Fine-tuning")

    def answer(self, arm: str, questions: Sequence[Question]) -> pd.DataFrame:
        """Rows of the results table for one arm, from the cache if this very run was made before."""
        reads, tuned = ARMS[arm]
        config = dict(setup=asdict(self.setup) if reads else None, recipe=asdict(self.recipe) if tuned else None,
                      prompt=QA_TEMPLATE if reads else CLOSED_BOOK_TEMPLATE, embed=settings.embed() if reads else None)
        config_hash = digest(config)[:12]
        adapter = self.adapter if tuned else None
        key = digest(config_hash, self.corpus.hash, models.weights_id(self.llm_spec), arm,
                     adapter.folder.name if adapter else "", [q.question_id for q in questions])[:24]
        llm: Any = None

        def make(path: Path) -> None:
            nonlocal llm
            llm = models.load_llm(self.llm_spec, adapter.folder if adapter else None)
            pipeline = RagPipeline(self.retriever, llm) if reads else ClosedBookPipeline(llm)
            answers = pipeline.answer(list(questions), progress=arm)
            rows = results_rows(arm, questions, answers, self.corpus)
            rows = rows.assign(run_id=key, model=llm.metadata.model_name, corpus_hash=self.corpus.hash,
                               config_hash=config_hash, seed=self.setup.seed)
            rows.to_parquet(path)

        return read_rows("answers", key, make)

    def run(self, arms: Sequence[str] = tuple(ARMS), splits: Sequence[str] = SPLITS,
            say: Callable[[str], None] = print) -> pd.DataFrame:
        """The results table of the arms on the same questions, one row per (arm, question)."""
        questions = [q for q in self.corpus.questions if q.split in splits]
        if not questions:
            raise LabsError(f"The corpus {self.corpus.name} has no questions in {', '.join(splits)}.")
        frames = []
        for arm in arms:
            started = time.perf_counter()
            frames.append(self.answer(arm, questions))
            say(f"  {arm:<8} {len(questions)} questions, {time.perf_counter() - started:.0f} s")
        return pd.concat(frames, ignore_index=True)


def read_rows(kind: str, key: str, make: Callable[[Path], None]) -> pd.DataFrame:
    """A cached parquet file; one that can't be read is made again, and that is said."""
    path = cached_file(kind, key, make, ".parquet")
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError):
        print(f"The cached {kind} {key} could not be read and are made again.")
        drop(kind, key, ".parquet")
        return pd.read_parquet(cached_file(kind, key, make, ".parquet"))


def with_titles(nodes: list) -> list:
    """The chunks with their document's title as part of what is embedded and searched (a contextual header)."""
    for node in nodes:
        node.excluded_embed_metadata_keys = [key for key in node.metadata if key != "title"]
    return nodes


def make_retriever(name: str, nodes: list, k: int):
    """A llama-index retriever by name: 'dense', 'bm25' or 'hybrid'."""
    if name == "bm25":
        return retrieval.bm25(nodes, k)
    index = retrieval.build_index(nodes, embedding.load_embedder(), show_progress=True)
    return retrieval.dense(index, k) if name == "dense" else retrieval.hybrid(index, nodes, k)


def results_rows(arm: str, questions: Sequence[Question], answers: Sequence[Answer], corpus: Corpus) -> pd.DataFrame:
    """The results table's rows of one arm; `Benchmark.answer` adds what is the same in every row (model, hashes, seed).

    `evidence_*` and `citations_ok` are missing where they have no meaning: no passages, or no gold evidence.
    """
    texts = corpus.texts()
    rows = []
    for question, answer in zip(questions, answers, strict=True):
        spans = [retrieval.node_span(n.node) for n in answer.context]
        scored = answer.context and question.evidence
        recall, precision = metrics.evidence_scores(spans, question.evidence, texts) if scored else (None, None)
        parsed = metrics.parse_reply(answer.raw, question.family)
        rows.append(dict(
            arm=arm, question_id=question.question_id, family=question.family, split=question.split,
            cluster=question.cluster, answer=answer.raw, abstained=answer.abstained,
            correct=metrics.exact_match(answer.raw, question), f1=metrics.token_f1(answer.raw, question),
            evidence_precision=precision, evidence_recall=recall,
            citations_ok=cites_evidence(answer, spans, question, texts) if scored else None,
            well_formed=parsed.well_formed, tokens_in=answer.tokens_in, tokens_out=answer.tokens_out,
            retrieve_ms=answer.retrieve_ms, generate_ms=answer.generate_ms))
    frame = pd.DataFrame(rows)
    return frame.astype({"evidence_precision": float, "evidence_recall": float, "citations_ok": "boolean"})


def cites_evidence(answer: Answer, spans: list, question: Question, texts) -> bool:
    """Whether every cited passage exists and at least one of them holds gold evidence."""
    cited = [spans[number - 1] for number in answer.citations if 1 <= number <= len(spans)]
    if not cited or len(cited) != len(answer.citations):
        return False
    return metrics.evidence_scores(cited, question.evidence, texts)[0] > 0


def main_job(out: Path = Path("report"), fresh: bool = False) -> Path:
    """Run the four arms on the default profile and write `out`/index.html and `out`/results.parquet; returns the page."""
    from . import report

    started = time.perf_counter()
    if fresh:
        for kind in ("answers", "adapters"):
            drop_all(kind)
    bench = Benchmark()
    print(f"Corpus {bench.corpus.name}: {len(bench.corpus.documents)} documents, {len(bench.corpus.questions)} questions.")
    print(f"Model {bench.llm_spec}. Answering with four arms (finished arms come from the cache):")
    results = bench.run()
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "results.parquet", results.to_parquet)
    seconds = time.perf_counter() - started
    page = report.build_report(results, out, report_context(bench, seconds))
    print(f"Done in {seconds:.0f} s. Open {page}")
    return page


def write_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    write(temporary)
    os.replace(temporary, path)


def drop_all(kind: str) -> None:
    import shutil

    shutil.rmtree(settings.cache_dir() / kind, ignore_errors=True)


def report_context(bench: Benchmark, seconds: float) -> dict:
    """Machine, timings, training and versions for the report; no path and no name of the machine."""
    from importlib.metadata import version

    import psutil

    packages = ("torch", "transformers", "peft", "trl", "llama-index-core", "sentence-transformers", "ragas")
    return dict(
        machine=dict(system=platform.system(), processor=platform.machine(), cores=os.cpu_count(),
                     memory_gb=round(psutil.virtual_memory().total / 2**30), python=platform.python_version(),
                     device=models.device()),
        timings=dict(total_s=round(seconds, 1), training_s=bench.adapter.seconds),
        training=dict(seconds=bench.adapter.seconds, tries=1, tokens=bench.adapter.tokens, **asdict(bench.recipe)),
        versions={name: version(name) for name in packages},
        setup=asdict(bench.setup), corpus=dict(name=bench.corpus.name, hash=bench.corpus.hash,
                                               documents=len(bench.corpus.documents)),
        command="make run")


def retrieval_benchmark(corpus_spec: str, k: int = 5, limit: int | None = None, out: Path | None = None) -> pd.DataFrame:
    """Evidence recall and precision of dense, BM25 and hybrid retrieval with intervals; prints tables, returns the rows."""
    from .stats import mean_interval, paired_difference

    corpus = load_corpus(corpus_spec)
    questions = [q for q in corpus.questions if q.evidence and q.split in ("test", "")][:limit]
    print(f"{corpus.name}: {len(corpus.documents)} documents, {len(questions)} questions with gold evidence, k = {k}")
    for line in corpus.skipped:
        print(f"  skipped: {line}")
    nodes = chunking.fixed_size(corpus.documents, Setup.chunk_size, Setup.overlap)
    print(f"{len(nodes)} chunks of at most {Setup.chunk_size} tokens; embedding them (cached for the next time)")
    index = retrieval.build_index(nodes, embedding.load_embedder(), show_progress=True)
    retrievers = {"dense": retrieval.dense(index, k), "bm25": retrieval.bm25(nodes, k),
                  "hybrid": retrieval.hybrid(index, nodes, k)}
    rows = retrieval.evaluate(retrievers, questions, corpus, show_progress=True)
    for metric in ("evidence_recall", "evidence_precision"):
        print(f"\n{metric}, mean with 95% interval over {rows.cluster.nunique()} documents")
        for name in retrievers:
            print(f"  {name:<8} {mean_interval(rows[rows.retriever == name], metric)}")
        for a, b in (("bm25", "dense"), ("hybrid", "dense"), ("hybrid", "bm25")):
            print(f"  {paired_difference(rows, a, b, metric, by='retriever')}")
    if out:
        write_atomically(Path(out), rows.to_parquet)
    return rows


def answer_folder(corpus_spec: str, questions: list[str], k: int = 5) -> list[Answer]:
    """Answer questions from a folder of documents; prints each answer with the passages that it cites."""
    corpus = load_corpus(corpus_spec)
    for line in corpus.skipped:
        print(f"  skipped: {line}")
    nodes = with_titles(chunking.fixed_size(corpus.documents, Setup.chunk_size, Setup.overlap))
    pipeline = RagPipeline(make_retriever("hybrid", nodes, k), models.load_llm())
    asked = [Question(question_id=str(i), family="folder", split="", cluster="", klass="", question=text, answer="",
                      accepted=(), evidence=()) for i, text in enumerate(questions)]
    answers = pipeline.answer(asked)
    for text, answer in zip(questions, answers, strict=True):
        print(f"\nQ: {text}\nA: {answer.raw}")
        for number in answer.citations:
            if 1 <= number <= len(answer.context):
                node = answer.context[number - 1].node
                print(f"   [{number}] {node.metadata.get('title', '')}: {' '.join(node.get_content().split())[:200]}")
    return answers
