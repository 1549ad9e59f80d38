"""The set-up: which build of torch, what is said when something is missing, and that only a finished one is trusted."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labutils import setup
from labutils.errors import LabsError

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).parent / "data"
CUDA = json.loads((DATA / "pip_report_cuda.json").read_text(encoding="utf-8"))  # pip's answer on Linux, public index
CPU = json.loads((DATA / "pip_report_cpu.json").read_text(encoding="utf-8"))  # the same with a folder of CPU wheels


# Which build of torch


def test_cuda_packages_are_recognized_in_a_recorded_report():
    found = setup.cuda_packages(CUDA)
    assert {"nvidia-cublas", "cuda-toolkit", "cuda-bindings", "triton"} <= set(found)
    assert not {"torch", "networkx", "sympy", "filelock"} & set(found)
    assert setup.cuda_packages(CPU) == []


def test_a_package_that_only_begins_alike_is_no_cuda_package():
    others = [{"metadata": {"name": name}} for name in ("cudatest", "tritonclientx", "my-nvidia")]
    assert setup.cuda_packages({"install": others}) == []


@pytest.mark.parametrize(
    ("wish", "gpu", "report", "installer", "backend"),
    [
        ("", False, CUDA, "uv", "cpu"),  # Linux without a GPU
        ("", False, CPU, "pip", None),  # macOS, Windows, a local CPU wheel
        ("", False, {"install": []}, "pip", None),  # torch is there already
        ("", True, None, "pip", None),
        ("pip", False, None, "pip", None),
        ("cpu", True, None, "uv", "cpu"),
        ("cu130", False, None, "uv", "cu130"),
        ("auto", False, None, "uv", "auto"),
    ],
)
def test_choice_of_the_build(wish, gpu, report, installer, backend):
    choice = setup.choose(wish, gpu, report)
    assert (choice.installer, choice.backend) == (installer, backend)
    assert choice.why


@pytest.mark.parametrize("wish", ["cuda", "CPU", "cpu --index-url x", "cu"])
def test_an_unknown_build_is_refused(wish):
    with pytest.raises(LabsError, match="LABS_TORCH_BACKEND"):
        setup.choose(wish, False, CPU)


@pytest.mark.parametrize("report", [{}, {"install": None}, [], {"install": [{"metadata": {}}]}])
def test_a_report_that_is_none_is_refused(report):
    with pytest.raises(LabsError, match="LABS_TORCH_BACKEND=cpu"):
        setup.choose("", False, report)


# The plan


def plan(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """Run --print-plan in a checkout without an environment."""
    for name in ("labutils/__init__.py", "labutils/errors.py", "labutils/settings.py", "labutils/setup.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LABS_", "PYTHON"))}
    # No nvidia-smi on the path: the plan of a machine without a GPU, also on one with a GPU.
    environment |= {"PATH": str(tmp_path), **variables}
    command = [sys.executable, "-S", "-m", "labutils.setup", "--print-plan", *arguments]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)


def test_plan_without_a_gpu_where_pip_would_bring_cuda(tmp_path):
    done = plan(tmp_path, "--pip-report", str(DATA / "pip_report_cuda.json"))
    assert done.returncode == 0, done.stderr
    [install] = [line for line in done.stdout.splitlines() if "requirements.txt" in line]
    assert "-m uv pip install" in install and "--torch-backend=cpu" in install
    assert not (tmp_path / ".venv").exists() and not (tmp_path / ".cache").exists()


def test_plan_without_a_gpu_where_pip_is_right(tmp_path):
    done = plan(tmp_path, "--pip-report", str(DATA / "pip_report_cpu.json"))
    [install] = [line for line in done.stdout.splitlines() if "requirements.txt" in line]
    assert "-m pip install" in install and "uv" not in install.split()


def test_plan_asks_pip_only_after_bringing_it_up_to_date(tmp_path):
    lines = plan(tmp_path).stdout.splitlines()
    [update] = [i for i, line in enumerate(lines) if "pip==" in line]
    [ask] = [i for i, line in enumerate(lines) if "--dry-run" in line]
    assert update < ask  # an older pip downloads the CUDA packages even in a dry run
    assert "--use-feature=fast-deps" in lines[ask]


def test_plan_follows_the_wish(tmp_path):
    assert "--torch-backend=cu130" in plan(tmp_path, LABS_TORCH_BACKEND="cu130").stdout
    refused = plan(tmp_path, LABS_TORCH_BACKEND="nonsense")
    assert refused.returncode == 2 and "LABS_TORCH_BACKEND" in refused.stderr and "Traceback" not in refused.stderr


# What is missing


def test_an_old_python_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(setup.shutil, "which", lambda name: "there" if name in ("python3.12", "python3.13") else None)
    monkeypatch.setattr(setup, "starts", lambda command: command[0] == "python3.12")  # 3.13 is there, but broken
    with pytest.raises(LabsError, match=r"3\.9 is too old.*PY=python3\.12"):
        setup.check_python((3, 9, 18))
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)
    with pytest.raises(LabsError, match="install one of these"):
        setup.check_python((3, 10, 0))
    for version in ((3, 11, 0), (3, 12, 4), (3, 13, 9)):
        setup.check_python(version)


def test_a_python_that_the_pins_have_no_wheels_for_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(setup, "starts", lambda command: True)
    monkeypatch.setattr(setup.shutil, "which", lambda name: "there")  # of all that are there, 3.13 is taken
    with pytest.raises(LabsError, match=r"3\.14 is too new.*3\.11, 3\.12 or 3\.13.*PY=python3\.13 run"):
        setup.check_python((3, 14, 0))
    monkeypatch.setattr(setup.shutil, "which", lambda name: "there" if name == "python3.14" else None)
    with pytest.raises(LabsError, match="install one of these"):
        setup.check_python((3, 14, 0))


def test_the_module_can_be_read_by_an_old_python():
    import ast

    for name in ("__init__", "errors", "settings", "setup"):
        ast.parse((ROOT / f"labutils/{name}.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_a_full_disk_is_refused(monkeypatch, tmp_path):
    setup.DISK_BYTES, kept = 10**18, setup.DISK_BYTES
    try:
        with pytest.raises(LabsError, match="free some space"):
            setup.check_disk(tmp_path)
    finally:
        setup.DISK_BYTES = kept


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("The virtual environment was not created because ensurepip is not available", "venv module"),
        ("cause: client error (Connect)\n cause: dns error", "could not be reached"),
        ("Retrying after connection broken by 'NewConnectionError'\nERROR: No matching distribution found for torch",
         "could not be reached"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no such build"),
        ("something else", "report the log"),
    ],
)
def test_advice_fits_the_failure(log, expected):
    assert expected in setup.advice(log)


# Running


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with an empty cache; the commands that would fill the environment are stood in for by the tests."""
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.setenv("LABS_CACHE", str(tmp_path / ".cache"))
    monkeypatch.setattr(setup, "DISK_BYTES", 0)
    return tmp_path


class Commands:
    """Stands where subprocesses are started: makes a real (empty) environment, notes every other command."""

    def __init__(self, report=CPU, fail=None):
        self.ran, self.report, self.fail = [], report, fail

    def __call__(self, command, log, title, root):
        self.ran.append(command)
        if self.fail and any(self.fail in part for part in command):
            raise LabsError(f"failed: {title}")
        if command[1:3] == ["-m", "venv"]:
            subprocess.run([*command, "--without-pip"], check=True, timeout=60)
        if "--report" in command:
            Path(command[command.index("--report") + 1]).write_text(json.dumps(self.report), encoding="utf-8")

    def of(self, part):
        return [command for command in self.ran if any(part in word for word in command)]


def with_commands(monkeypatch, **options):
    commands = Commands(**options)
    monkeypatch.setattr(setup, "run_logged", commands)
    monkeypatch.setattr(setup, "nvidia_gpu_visible", lambda: False)
    return commands


def test_a_second_run_does_nothing(checkout, monkeypatch):
    commands = with_commands(monkeypatch)
    assert setup.set_up(checkout) is True
    done = len(commands.ran)
    assert commands.of("requirements.txt") and commands.of("--editable")
    assert setup.set_up(checkout) is False
    assert len(commands.ran) == done


def test_changed_pins_or_another_wish_run_again(checkout, monkeypatch):
    with_commands(monkeypatch)
    setup.set_up(checkout)
    assert not setup.is_current(checkout, "cpu")
    with (checkout / "requirements.txt").open("a", encoding="utf-8") as stream:
        stream.write("another==1.0\n")
    assert not setup.is_current(checkout, "")


def test_line_ends_of_another_system_do_not_count(checkout, monkeypatch):
    before = setup.stamp_key(checkout, "")
    pins = checkout / "requirements.txt"
    pins.write_bytes(pins.read_bytes().replace(b"\n", b"\r\n"))
    assert setup.stamp_key(checkout, "") == before


def test_cuda_is_kept_out_by_uv(checkout, monkeypatch):
    commands = with_commands(monkeypatch, report=CUDA)
    setup.set_up(checkout)
    [install] = commands.of("requirements.txt")
    assert "--torch-backend=cpu" in install
    assert commands.ran.index(commands.of("uv==")[0]) < commands.ran.index(install)


def test_a_failed_installation_is_not_trusted_and_starts_over(checkout, monkeypatch, capsys):
    with_commands(monkeypatch, fail="requirements.txt")
    with pytest.raises(LabsError):
        setup.set_up(checkout)
    assert not setup.is_current(checkout, "")
    commands = with_commands(monkeypatch)
    setup.set_up(checkout)
    assert "starting over" in capsys.readouterr().out
    assert "--clear" in commands.ran[0]
    assert setup.is_current(checkout, "")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"key": 1}'])
def test_a_damaged_stamp_is_not_trusted(checkout, monkeypatch, damage):
    with_commands(monkeypatch)
    setup.set_up(checkout)
    (checkout / ".venv" / setup.STAMP).write_bytes(damage)
    assert not setup.is_current(checkout, "")


def test_an_environment_whose_python_is_gone_is_not_trusted(checkout, monkeypatch):
    with_commands(monkeypatch)
    setup.set_up(checkout)
    setup.venv_python(checkout).unlink()
    assert not setup.is_current(checkout, "")


def test_an_environment_of_a_python_that_will_not_do_is_made_anew(checkout, monkeypatch):
    commands = with_commands(monkeypatch)
    python = setup.venv_python(checkout)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setattr(setup, "USABLE", "raise SystemExit(0)")
    setup.make_venv(checkout, checkout / "log", "try")
    assert not commands.ran
    monkeypatch.setattr(setup, "USABLE", "raise SystemExit(1)")
    setup.make_venv(checkout, checkout / "log", "try")
    assert "--clear" in commands.ran[0]


def test_usable_asks_for_pip_and_the_version():
    assert setup.starts([sys.executable, "-c", setup.USABLE])
    for version in ((3, 10), (3, 14)):
        lie = f"import sys; sys.version_info = {(*version, 0)}; {setup.USABLE}"
        assert not setup.starts([sys.executable, "-c", lie])
    assert not setup.starts([sys.executable, "-S", "-c", setup.USABLE])  # without site-packages there is no pip


def test_a_failing_command_shows_its_tail_and_what_to_do(tmp_path):
    command = [sys.executable, "-c", "print('first'); print('OSError: No space left on device'); raise SystemExit(3)"]
    with pytest.raises(LabsError) as caught:
        setup.run_logged(command, tmp_path / "log", "[1/1] try", tmp_path)
    message = str(caught.value)
    assert "No space left" in message and "what to do: the disk is full" in message and str(tmp_path / "log") in message


def test_a_command_is_ended_when_the_user_interrupts(tmp_path):
    mark = tmp_path / "still-running"
    inner = f"import time, pathlib; time.sleep(2); pathlib.Path({str(mark)!r}).touch()"
    outer = (
        "import sys; from pathlib import Path; from labutils import setup\n"
        f"folder = Path({str(tmp_path)!r})\n"
        f"setup.run_logged([sys.executable, '-c', {inner!r}], folder / 'log', 'try', folder)"
    )
    command = [sys.executable, "-c", outer]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout.readline().startswith(b"try")
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) != 0
    time.sleep(2.2)
    assert not mark.exists()


def test_nvidia_smi_that_fails_is_no_gpu(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.nvidia_gpu_visible() is False
    tool.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'; exit 9\n", encoding="utf-8")
    tool.chmod(0o755)
    assert setup.nvidia_gpu_visible() is False
    tool.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA L4 (UUID: GPU-1)'\n", encoding="utf-8")
    assert setup.nvidia_gpu_visible() is True
