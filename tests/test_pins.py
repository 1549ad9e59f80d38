"""requirements.txt is the one source of versions: everything else must agree with it."""

import ast
import importlib.metadata
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from labutils import setup
from labutils.errors import LabsError

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
PINS = setup.read_pins(REQUIREMENTS)
TOOLS = setup.read_pins(REQUIREMENTS, mark="setup")
OPTIONAL = setup.read_pins(REQUIREMENTS, mark="optional")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def split_pin(text: str) -> tuple[str, str]:
    name, _, version = text.partition("==")
    return name, version


def test_every_package_is_pinned_once():
    text = REQUIREMENTS.read_text(encoding="utf-8")
    names = [canonical(line.split("==")[0]) for line in text.splitlines() if line and not line.startswith("#")]
    assert len(set(names)) == len(names) == len(PINS)
    assert set(TOOLS) == {"pip", "setuptools", "uv"}


@pytest.mark.parametrize("name", sorted(PINS))
def test_installed_version_is_the_pinned_one(name):
    # A build label such as +cpu is no other version.
    assert importlib.metadata.version(name).split("+")[0] == PINS[name]


def test_environment_yml_has_the_same_packages_and_versions():
    conda = dict(line.split("=", 1) for line in CONDA["dependencies"] if isinstance(line, str))
    [from_pip] = [item["pip"] for item in CONDA["dependencies"] if isinstance(item, dict)]
    assert conda.pop("python") in ("3.11", "3.12", "3.13")
    assert conda.pop("pytorch-cpu") == PINS["torch"]
    assert conda == {name: TOOLS[name] for name in ("pip", "setuptools")}
    pins = dict(split_pin(line) for line in from_pip if not line.startswith("-"))
    assert pins == {name: version for name, version in PINS.items() if name != "torch"}
    assert from_pip[-1] == "--editable ."


def test_pyproject_takes_its_dependencies_from_the_pin_file():
    assert PYPROJECT["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements.txt"]}
    assert PYPROJECT["project"]["requires-python"] == (
        f">={setup.PYTHON_FLOOR[0]}.{setup.PYTHON_FLOOR[1]},<{setup.PYTHON_CEILING[0]}.{setup.PYTHON_CEILING[1] + 1}")


def test_the_extras_of_pyproject_agree_with_the_pin_file():
    extras = PYPROJECT["project"]["optional-dependencies"]
    assert set(extras) == {"test", "scale", "slides"}
    for name, version in map(split_pin, extras["test"] + extras["slides"]):
        assert PINS[name] == version
    assert dict(map(split_pin, extras["scale"])) == OPTIONAL


def test_every_package_that_is_imported_is_pinned():
    pinned = {canonical(name) for name in PINS}
    owners = importlib.metadata.packages_distributions()
    loose = {}
    for path in [*ROOT.glob("labutils/**/*.py"), *ROOT.glob("factory/*.py"), *ROOT.glob("tests/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            for module in {name.split(".")[0] for name in modules}:
                if module in sys.stdlib_module_names or module in ("labutils", "factory", "tests"):
                    continue
                if not {canonical(owner) for owner in owners.get(module, [])} & pinned:
                    loose.setdefault(module, set()).add(path.name)
    # A module of this repository that a test imports by its bare name has no owner.
    local = {path.stem for folder in ("tests", "solutions") for path in (ROOT / folder).rglob("*.py")}
    assert not {module: sorted(users) for module, users in loose.items() if module not in local}


@pytest.mark.skipif(setup.nvidia_gpu_visible(), reason="CUDA packages belong to a machine with an NVIDIA GPU")
@pytest.mark.skipif("LABS_TORCH_BACKEND" in os.environ, reason="another build of torch was asked for")
def test_no_cuda_package_is_installed_without_a_gpu():
    names = [package.metadata["Name"] for package in importlib.metadata.distributions()]
    assert [name for name in names if setup.CUDA_PACKAGE.match(name)] == []


@pytest.mark.parametrize("line", ["numpy>=2", "numpy", "numpy==2.*", "-r other.txt", "numpy==2.4.6; os_name=='nt'"])
def test_a_line_that_is_no_exact_pin_is_refused(tmp_path, line):
    path = tmp_path / "requirements.txt"
    path.write_text(f"pandas==3.1.1\n{line}\n", encoding="utf-8")
    with pytest.raises(LabsError, match="no exact pin"):
        setup.read_pins(path)


def test_a_missing_pin_file_is_named(tmp_path):
    with pytest.raises(LabsError, match="requirements.txt"):
        setup.read_pins(tmp_path / "requirements.txt")
