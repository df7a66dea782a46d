"""What no linter knows: sizes, papers that tell the truth, and the wheel outside the checkout."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.entries import kinds
from aggregator.settings import LISTS, SECTIONS

ROOT = Path(__file__).parent.parent
CODE = sorted(
    path for folder in ("aggregator", "migrations", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")
)
LONGEST_MODULE, LONGEST_FUNCTION, LONGEST_TEST = 300, 40, 25


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines from its def to its end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_is_longer_than_three_hundred_lines() -> None:
    """A module can be read in one sitting."""
    assert [path for path in CODE if len(path.read_text("utf-8").splitlines()) > LONGEST_MODULE] == []


def test_no_function_is_longer_than_forty_lines() -> None:
    """A function fits on a screen."""
    assert [f"{path.name}:{f.name}" for path in CODE for f in functions(path) if lines(f) > LONGEST_FUNCTION] == []


def test_every_test_is_short_and_says_its_claim_in_a_sentence() -> None:
    """A test is one claim: a docstring and at most twenty-five lines."""
    tests = [(path, f) for path in CODE if path.name.startswith("test_") for f in functions(path)]
    named = [(path, f) for path, f in tests if f.name.startswith("test_")]
    assert [f.name for _, f in named if lines(f) > LONGEST_TEST] == []
    assert [f.name for _, f in named if not (ast.get_docstring(f) or "").rstrip().endswith(".")] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """Nothing is named utils, helpers, common, core, base or manager."""
    empty = {"utils", "helpers", "common", "core", "base", "manager"}
    assert [path for path in CODE if {path.stem, path.parent.name} & empty] == []


def test_every_setting_stands_in_settings_toml_with_its_default() -> None:
    """settings.toml shows every key of every section, at the value the program takes when it is left out."""
    raw = tomllib.loads((ROOT / "settings.toml").read_text("utf-8"))
    for name, section in SECTIONS.items():
        readers = kinds(section)
        assert list(raw[name]) == list(readers)
        assert section(**{key: readers[key].parse(value) for key, value in raw[name].items()}) == section()


def test_every_setting_stands_in_the_readme() -> None:
    """The README's table names every key of every section and list."""
    readme = (ROOT / "README.md").read_text("utf-8")
    keys = [key for section in (*SECTIONS.values(), *LISTS.values()) for key in kinds(section)]
    assert [key for key in keys if f"`{key}`" not in readme] == []


def test_architecture_names_every_module_and_only_paths_that_exist() -> None:
    """The map of the code is complete and points nowhere that is not there."""
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    modules = [path.relative_to(ROOT) for path in CODE if path.parts[len(ROOT.parts)] == "aggregator"]
    missing = [str(path) for path in modules if path.name != "__init__.py" and path.name not in text]
    named = re.findall(r"`((?:aggregator|migrations|tests|benchmarks)/[\w./-]*)`", text)
    assert missing == []
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(("paper", "longest"), [("README.md", 200), ("ARCHITECTURE.md", 150)])
def test_papers_are_short(paper: str, longest: int) -> None:
    """A paper that is too long is not read."""
    assert len((ROOT / paper).read_text("utf-8").splitlines()) <= longest


def test_locks_pin_hashes_and_name_no_host() -> None:
    """Every locked requirement has a hash, and no lock says where it was fetched from."""
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text("utf-8")
        assert "://" not in text
        pinned = re.findall(r"^\S+==\S+.*$", text, re.MULTILINE)
        assert pinned
        assert all(line.endswith("\\") for line in pinned)


def test_the_wheel_runs_outside_the_checkout(tmp_path: Path) -> None:
    """A built wheel carries settings and migrations: installed alone, it answers --help and creates a store."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", tmp_path / "site", wheel], check=True)
    alone = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    run = [sys.executable, "-m", "aggregator"]
    shown = subprocess.run([*run, "--help"], cwd=tmp_path, env=alone, check=True, capture_output=True, text=True)
    assert "serve" in shown.stdout
    subprocess.run([*run, "db", "upgrade"], cwd=tmp_path, env=alone, check=True)
    assert (tmp_path / "aggregator.db").exists()
