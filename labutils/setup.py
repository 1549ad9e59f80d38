"""Make the environment: `python -m labutils.setup` creates .venv and installs the pinned packages into it.

Standard library only, because it runs before anything is installed, and written so that an old Python can still read
it and say what is wrong. A second run compares a stamp and returns at once. No CUDA package is downloaded where there
is no NVIDIA GPU: pip is asked which build of torch it would take, and where that one is built for CUDA, `uv` installs
the CPU build instead (uv knows where such builds live).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from labutils import settings
from labutils.errors import LabsError

PYTHON_FLOOR = (3, 11)
PYTHON_CEILING = (3, 13)  # the pinned pystemmer has no wheel for a newer one
DISK_BYTES = 4 * 10**9  # 2.8 GB of packages, and room for what is unpacked on the way
USABLE = f"import pip, sys; sys.exit(not {PYTHON_FLOOR} <= sys.version_info[:2] <= {PYTHON_CEILING})"
VENV = ".venv"
STAMP = "labs-setup.json"
UNFINISHED = "labs-setup-unfinished"
CUDA_PACKAGE = re.compile(r"^(nvidia|cuda|triton|pytorch-triton)([-_.]|$)", re.IGNORECASE)
NETWORK = re.compile(r"connect|timed? ?out|dns|proxy|SSL|certificate|resolve host|Request failed", re.IGNORECASE)
BACKEND = re.compile(r"pip|auto|cpu|xpu|cu\d+|rocm[\d.]+")


@dataclass(frozen=True)
class Choice:
    """Who installs the pin file, for which device (None: whatever pip finds), and why."""

    installer: str
    backend: str | None
    why: str


# What is pinned ------------------------------------------------------------------------------------------------------


def read_pins(path: Path, mark: str = "") -> dict[str, str]:
    """Return {package: version} of a pin file: its plain lines, or those that begin with `# <mark>: `.

    Raises LabsError when the file is missing or one of its lines is no exact pin.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as fault:
        raise LabsError(f"cannot read {path}: {fault.strerror}; restore it: git checkout {path.name}") from fault
    prefix = f"# {mark}: "
    wanted = [line[len(prefix):] for line in lines if mark and line.startswith(prefix)]
    if not mark:
        wanted = [line for line in lines if line.strip() and not line.startswith("#")]
    pins = {}
    for line in wanted:
        found = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([0-9][A-Za-z0-9.]*)", line.strip())
        if not found:
            raise LabsError(f"{path.name}: {line.strip()!r} is no exact pin; write it as name==version")
        pins[found[1]] = found[2]
    return pins


# What the machine has ------------------------------------------------------------------------------------------------


def check_python(version: tuple = sys.version_info) -> None:
    """Raise LabsError when the labs do not run on this Python; the message names one here that will do, if any."""
    if PYTHON_FLOOR <= tuple(version[:2]) <= PYTHON_CEILING:
        return
    fault = "old" if tuple(version[:2]) < PYTHON_FLOOR else "new"
    names = [f"python3.{minor}" for minor in range(PYTHON_CEILING[1], PYTHON_FLOOR[1] - 1, -1)]
    other = next((name for name in names if shutil.which(name) and starts([name, "-c", "pass"])), None)
    python, before = (other, "call") if other else ("<path of its python>", "install one of these, then call")
    raise LabsError(
        f"Python {version[0]}.{version[1]} is too {fault}: the labs need Python 3.11, 3.12 or 3.13. "
        f"What to do: {before} make PY={python} run (without make: {python} -m labutils.setup)"
    )


def check_disk(folder: Path) -> None:
    """Raise LabsError when less than 4 GB are free where the environment goes."""
    free = shutil.disk_usage(folder).free
    if free < DISK_BYTES:
        raise LabsError(
            f"{free / 1e9:.1f} GB are free in {folder}, the environment needs {DISK_BYTES / 1e9:.0f} GB: free some "
            "space or move the checkout to a larger disk, then run the same command again"
        )


def nvidia_gpu_visible() -> bool:
    """Return whether the NVIDIA driver lists a GPU."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return False
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and "GPU " in listed.stdout


# Which build of torch ------------------------------------------------------------------------------------------------


def cuda_packages(report: dict) -> list[str]:
    """Return the names of the CUDA packages in a pip installation report (`pip install --dry-run --report`), sorted.

    Raises LabsError when it is no such report.
    """
    try:
        names = [item["metadata"]["name"] for item in report["install"]]
    except (KeyError, TypeError) as fault:
        raise LabsError(
            "pip's report of what it would install cannot be read; choose yourself: LABS_TORCH_BACKEND=cpu (or pip)"
        ) from fault
    return sorted(name for name in names if CUDA_PACKAGE.match(name))


def choose(wish: str, gpu: bool, report: dict | None) -> Choice:
    """Return who installs what, from $LABS_TORCH_BACKEND, whether a GPU is visible, and pip's report on torch.

    The report matters only without a wish and without a GPU. Raises LabsError for a wish that nobody understands.
    """
    if wish and not BACKEND.fullmatch(wish):
        raise LabsError(
            f"LABS_TORCH_BACKEND={wish!r} is unknown: use pip, auto, cpu, xpu, or a name like cu130 or rocm6.4"
        )
    if wish == "pip":
        return Choice("pip", None, "LABS_TORCH_BACKEND=pip: whatever pip finds")
    if wish:
        return Choice("uv", wish, f"LABS_TORCH_BACKEND={wish}")
    if gpu:
        return Choice("pip", None, "an NVIDIA GPU is visible: whatever pip finds")
    if report is None:
        raise ValueError("without a wish and without a GPU, pip's report is needed")
    found = cuda_packages(report)
    if found:
        return Choice("uv", "cpu", f"no NVIDIA GPU, and pip would bring {len(found)} CUDA packages: the CPU build")
    return Choice("pip", None, "pip's torch comes without CUDA packages")


# Commands ------------------------------------------------------------------------------------------------------------


def venv_python(root: Path) -> Path:
    """Return the path of the environment's Python, whether it exists or not."""
    return root / VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pip_command(root: Path, *arguments: str) -> list[str]:
    """Return `python -m pip install` with arguments, for the environment."""
    return [str(venv_python(root)), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]


def venv_command(root: Path, *arguments: str) -> list[str]:
    """Return the command that creates the environment, by the base Python if this one is in an environment."""
    return [getattr(sys, "_base_executable", sys.executable), "-m", "venv", *arguments, str(root / VENV)]


def tools_command(root: Path) -> list[str]:
    """Return the command that brings pip up to date.

    The pip that comes with Python 3.11 and 3.12 downloads every wheel even in a dry run, gigabytes of CUDA included;
    the pinned one reads metadata only.
    """
    tools = read_pins(root / "requirements.txt", mark="setup")
    return pip_command(root, *(f"{name}=={tools[name]}" for name in ("pip", "setuptools")))


def report_command(root: Path, out: Path) -> list[str]:
    """Return the command that writes what pip would install for torch, without downloading a package.

    fast-deps: where an index offers no metadata files, pip reads them from inside the wheel by range requests.
    """
    torch = read_pins(root / "requirements.txt")["torch"]
    return pip_command(root, "--dry-run", "--use-feature=fast-deps", "--report", str(out), f"torch=={torch}")


def uv_command(root: Path) -> list[str]:
    """Return the command that installs the pinned uv."""
    return pip_command(root, f"uv=={read_pins(root / 'requirements.txt', mark='setup')['uv']}")


def install_command(root: Path, choice: Choice) -> list[str]:
    """Return the one command that installs the whole pin file."""
    pins = str(root / "requirements.txt")
    if choice.installer == "pip":
        return pip_command(root, "--requirement", pins)
    python = str(venv_python(root))
    backend = f"--torch-backend={choice.backend}"
    return [python, "-m", "uv", "pip", "install", "--python", python, backend, "--requirement", pins]


def package_command(root: Path) -> list[str]:
    """Return the command that links this checkout into the environment, console script included."""
    return pip_command(root, "--no-deps", "--no-build-isolation", "--editable", str(root))


# Running them --------------------------------------------------------------------------------------------------------


def advice(log: str) -> str:
    """Return what to do about a failed installation, judged by the tail of its log."""
    if re.search(r"ensurepip|No module named (venv|pip)", log):
        return "install Python's venv module (Debian, Ubuntu: apt install python3-venv) or use another Python (PY=...)"
    if re.search(r"No space left|Errno 28", log):
        return "the disk is full: free 4 GB and run the same command again"
    if re.search(r"No matching distribution|has no wheels|no version of", log) and not re.search(NETWORK, log):
        return "no such build for this Python or machine: try Python 3.11 to 3.13 (PY=...) or environment.yml (conda)"
    if re.search(NETWORK, log):
        return (
            "a server could not be reached: check the network (proxy, mirror) and run the same command again. uv does "
            "not read pip's settings; a folder with a CPU wheel of torch makes it superfluous (PIP_FIND_LINKS=<folder>)"
            ", and so does LABS_TORCH_BACKEND=pip, which on Linux downloads the CUDA packages too"
        )
    return "run the same command again; if it fails again, delete .venv and report the log"


def run_logged(command: list[str], log: Path, title: str, root: Path) -> None:
    """Run a command with one line of progress, its output appended to `log`.

    Raises LabsError with the tail of its output and what to do when it fails, KeyboardInterrupt (after the command has
    ended) when the user stops it.
    """
    environment = {**os.environ, "PYTHONUTF8": "1", "UV_NO_PROGRESS": "1"}
    start, live = time.monotonic(), sys.stdout.isatty()
    print(title, end=" " if live else " ...\n", flush=True)
    with log.open("a", encoding="utf-8") as sink:
        sink.write(f"\n$ {' '.join(command)}\n")
        sink.flush()
        begin = sink.tell()
        with subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT, cwd=root, env=environment) as process:
            try:
                while process.poll() is None:
                    time.sleep(0.2)
                    if live:
                        print(f"\r{title} {time.monotonic() - start:.0f} s", end="", flush=True)
            except BaseException:
                process.terminate()  # nothing of ours goes on writing to .venv after we have left
                raise
    if live:
        print(f"\r{title} {time.monotonic() - start:.0f} s, done" if process.returncode == 0 else "")
    if process.returncode != 0:
        with log.open(encoding="utf-8", errors="replace") as source:
            source.seek(begin)
            said = source.read()
        tail = "\n".join("    " + line for line in said.splitlines()[-15:])
        raise LabsError(f"failed: {title}\n{tail}\n  what to do: {advice(said)}\n  log: {log}")


def stamp_key(root: Path, wish: str) -> str:
    """Return the hash of everything that an installation depends on: pins, package metadata, the wish, this module."""
    state = hashlib.sha256(wish.encode())
    for path in (root / "requirements.txt", root / "pyproject.toml", Path(__file__)):
        # Line ends differ between checkouts of the same version.
        state.update(b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return state.hexdigest()


def starts(command: list[str]) -> bool:
    """Return whether a command can be run and ends well."""
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def is_current(root: Path, wish: str) -> bool:
    """Return whether a finished installation of exactly these pins is there and its Python starts."""
    try:
        stamp = json.loads((root / VENV / STAMP).read_text(encoding="utf-8"))
        known = stamp["key"] == stamp_key(root, wish)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return known and starts([str(venv_python(root)), "-c", "pass"])


def make_venv(root: Path, log: Path, title: str) -> None:
    """Create .venv, anew if it does not start, has a Python that will not do, or was left by a broken installation."""
    folder = root / VENV
    if (folder / UNFINISHED).exists():
        print("The last installation did not finish: starting over (what was downloaded is reused).", flush=True)
    elif starts([str(venv_python(root)), "-c", USABLE]):
        return
    run_logged(venv_command(root, *(["--clear"] if folder.exists() else [])), log, title, root)


def ask_pip(root: Path, log: Path, title: str) -> dict:
    """Return pip's report of what torch would bring along; nothing is installed."""
    out = log.with_name("torch-report.json")
    run_logged(report_command(root, out), log, title, root)
    return json.loads(out.read_text(encoding="utf-8"))


def set_up(root: Path, wish: str = "") -> bool:
    """Create or bring up to date the environment of the checkout `root`; return whether there was anything to do.

    Raises LabsError with what to do when something is missing or fails; the stamp is written last, so that only a
    finished installation is ever trusted.
    """
    if is_current(root, wish):
        return False
    choose(wish, gpu=True, report=None)  # a wish that nobody understands is refused before the work begins
    check_disk(root)
    log = settings.cache_dir() / "setup.log"
    log.write_text("", encoding="utf-8")
    print(f"Setting up {root / VENV} (once; 2 to 5 minutes, 3 GB; log: {log})", flush=True)
    make_venv(root, log, "[1/5] Python environment")
    folder = root / VENV
    (folder / STAMP).unlink(missing_ok=True)
    (folder / UNFINISHED).touch()
    run_logged(tools_command(root), log, "[2/5] pip", root)
    gpu = nvidia_gpu_visible()
    report = None if wish or gpu else ask_pip(root, log, "[3/5] which build of torch")
    choice = choose(wish, gpu, report)
    print(f"      {choice.why}", flush=True)
    if choice.installer == "uv":
        run_logged(uv_command(root), log, "[4/5] uv", root)
    run_logged(install_command(root, choice), log, "[4/5] packages", root)
    run_logged(package_command(root), log, "[5/5] the labs", root)
    stamp = {"key": stamp_key(root, wish), "choice": asdict(choice), "python": sys.version.split()[0]}
    temporary = folder / (STAMP + ".new")
    temporary.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    (folder / UNFINISHED).unlink()
    os.replace(temporary, folder / STAMP)
    print("Ready.", flush=True)
    return True


def print_plan(root: Path, wish: str, report: dict | None) -> None:
    """Print the commands that `set_up` would run here, and why; run none of them.

    Without a report both outcomes of asking pip are printed.
    """
    if is_current(root, wish):
        print("nothing to do: the environment is current")
        return
    gpu = nvidia_gpu_visible()
    commands = [venv_command(root), tools_command(root)]
    if wish or gpu or report is not None:
        choices = [choose(wish, gpu, report)]
    else:
        commands.append(report_command(root, Path("torch-report.json")))
        choices = [Choice("pip", None, "if pip's answer names no CUDA package"), Choice("uv", "cpu", "if it does")]
    for command in commands:
        print(" ".join(command))
    for choice in choices:
        print(f"# {choice.why}")
        for command in [*([uv_command(root)] if choice.installer == "uv" else []), install_command(root, choice)]:
            print(" ".join(command))
    print(f"# at last\n{' '.join(package_command(root))}")


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 done, 2 not possible (said why), 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m labutils.setup", description="Create .venv with the pins.")
    parser.add_argument("--print-plan", action="store_true", help="print the commands, run nothing")
    parser.add_argument("--pip-report", type=Path, metavar="FILE", help="for --print-plan: pip's report on torch")
    arguments = parser.parse_args(argv)
    root, wish = settings.root(), os.environ.get("LABS_TORCH_BACKEND", "").strip()
    try:
        check_python()
        if arguments.print_plan:
            recorded = arguments.pip_report
            print_plan(root, wish, json.loads(recorded.read_text(encoding="utf-8")) if recorded else None)
        elif set_up(root, wish):
            print(f"Commands are in {venv_python(root).parent}: labs run, labs doctor, jupyter lab")
    except LabsError as fault:
        print(f"setup: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
