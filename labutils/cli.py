"""The command `labs`: run, doctor, bench, build. Each command imports what it needs only when it runs."""

import argparse
import sys
import traceback
from pathlib import Path

from labutils import settings
from labutils.errors import LabsError


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; each command sets `call`, a function of the parsed arguments."""
    top = argparse.ArgumentParser(prog="labs", description="Domain LLM Labs: RAG, fine-tuning, and what each is worth.")
    top.add_argument("--debug", action="store_true", help="show where an error comes from")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="run the main job: every arm answers the known and test questions")
    run.add_argument("--out", type=Path, default=Path("report"), metavar="DIR", help="where the report goes (report)")
    run.add_argument("--arms", type=lambda text: text.split(","), default=None, metavar="A,B",
                     help="only these of base, rag, sft, sft_rag (all that can be run)")
    run.add_argument("--fresh", action="store_true", help="do not reuse results of an earlier run")
    run.set_defaults(call=_run)

    doctor = commands.add_parser("doctor", help="check the installation and say what to fix")
    doctor.set_defaults(call=_doctor)

    bench = commands.add_parser("bench", help="measure retrieval on a corpus, or ask a folder of your own documents")
    kinds = "harbour, harbour:<dir>, cuad:<dir> or folder:<dir> ($LABS_CORPUS or harbour)"
    bench.add_argument("--corpus", metavar="SPEC", help=kinds)
    bench.add_argument("--k", type=_positive, default=5, help="passages per question (5)")
    bench.add_argument("--limit", type=_positive, metavar="N", help="only the first N questions")
    bench.add_argument("--out", type=Path, metavar="FILE", help="write the rows there, too (parquet)")
    bench.add_argument("--ask", action="append", default=[], metavar="QUESTION", help="folder: a question (repeatable)")
    bench.add_argument("--questions", metavar="FILE", help="folder: a text file, one question per line; - is the input")
    bench.set_defaults(call=_bench)

    build = commands.add_parser("build", help="make the notebooks from their sources in solutions/")
    build.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="sources or folders of them (all)")
    build.add_argument("--check", action="store_true", help="change nothing, say which notebooks are out of date")
    build.add_argument("--no-execute", action="store_true", help="do not run the solutions")
    build.set_defaults(call=_build)
    return top


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0  # argparse would name this function in its own message
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return number


def _run(arguments: argparse.Namespace) -> int:
    from labutils import bench

    bench.main_job(out=arguments.out, fresh=arguments.fresh, **({"wanted": arguments.arms} if arguments.arms else {}))
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from labutils import doctor

    return doctor.main()


def _bench(arguments: argparse.Namespace) -> int:
    spec = arguments.corpus or settings.corpus()
    questions = arguments.ask + (read_questions(arguments.questions) if arguments.questions else [])
    if spec.startswith("folder:") and (questions or not _has_questions(spec)):
        if not questions and not sys.stdin.isatty():
            raise LabsError('this folder has no questions.jsonl to measure with: add --ask "..." or --questions FILE')
        if arguments.limit or arguments.out:
            raise LabsError("--limit and --out go with questions that have gold evidence, not with --ask, --questions")
        from labutils import bench

        if questions:
            bench.answer_folder(spec, questions, k=arguments.k)
        else:
            _converse(spec, arguments.k)
        return 0
    if questions:
        raise LabsError(f"--ask and --questions go with --corpus folder:<dir>; {spec} brings its own questions")
    from labutils import bench

    bench.retrieval_benchmark(corpus_spec=spec, k=arguments.k, limit=arguments.limit, out=arguments.out)
    return 0


def _has_questions(spec: str) -> bool:
    from labutils.corpus import QUESTION_FILE

    return (settings.folder(spec.partition(":")[2]) / QUESTION_FILE).is_file()


def _converse(spec: str, k: int) -> None:
    """Answer questions typed by the user until an empty line or the end of the input."""
    from labutils import bench

    while True:
        try:
            question = input("Question (empty: end): ").strip()
        except EOFError:
            return
        if not question:
            return
        bench.answer_folder(spec, [question], k=k)


def _build(arguments: argparse.Namespace) -> int:
    from labutils import notebooks

    stale = notebooks.build(arguments.paths or None, check=arguments.check, execute=not arguments.no_execute)
    if not arguments.check and not arguments.no_execute:
        from labutils import readme

        readme.refresh()
    return 1 if arguments.check and stale else 0


def read_questions(name: str) -> list[str]:
    """Return the questions of a UTF-8 text file, one per line; empty lines and lines that begin with # do not count.

    Raises LabsError when there is no such file, when it is no text, or when it holds no question.
    """
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise LabsError(f"cannot read the questions in {name}: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise LabsError(f"{name} is not UTF-8 text (byte {fault.start}): save it as UTF-8 text") from fault
    lines = [line.strip() for line in text.splitlines()]
    questions = [line for line in lines if line and not line.startswith("#")]
    if not questions:
        raise LabsError(f"{name} holds no question: write one per line")
    return questions


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 a check failed, 2 bad input (one line), 130 interrupted."""
    arguments = parser().parse_args(argv)
    try:
        return arguments.call(arguments)
    except LabsError as fault:
        if arguments.debug:
            traceback.print_exc()
        print(f"labs: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        if arguments.debug:
            traceback.print_exc()
        print("\nInterrupted. What was finished is cached: run the same command again to go on.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
