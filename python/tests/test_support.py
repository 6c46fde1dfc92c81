"""Each tick of SUPPORT.md is a test: what it names is there, and nothing is ticked without one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from support.paths import PACKAGE, ROOT

TEXT = (ROOT / "SUPPORT.md").read_text(encoding="utf-8")
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
SDKS = sorted((PACKAGE / "tests" / "sdk").glob("test_*.py"))


def named(text: str) -> list[str]:
    """The tests that a text names: in full, or as a tick that links to a file."""
    in_full = re.findall(r"`(tests/[^`\s]+::\w+)`", text)
    linked = re.findall(r'\[✓\]\(python/(tests/\S+) "(\w+)"\)', text)
    return [*in_full, *("::".join(each) for each in linked)]


@pytest.mark.parametrize("name", sorted(set(named(TEXT))))
def test_a_named_test_exists(name: str) -> None:
    file, _, test = name.partition("::")
    assert test in _tests(PACKAGE / file)


def test_every_tick_names_a_test() -> None:
    for line in TEXT.splitlines():
        assert line.count("✓") <= len(named(line)), line


def test_the_pythons_are_those_of_the_package() -> None:
    package = (PACKAGE / "pyproject.toml").read_text(encoding="utf-8")
    pythons = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', package)
    assert f"| Python {', '.join(pythons)} |" in TEXT


@pytest.mark.parametrize("file", SDKS, ids=lambda file: file.stem)
def test_each_sdk_is_in_the_matrix_and_in_a_session(file: Path) -> None:
    assert any(f"tests/sdk/{file.name}::" in name for name in named(TEXT))
    name = file.stem.removeprefix("test_")
    assert re.search(rf'"(tests/sdk/test_)?{name}(\.py)?"', NOXFILE)


@cache
def _tests(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))
