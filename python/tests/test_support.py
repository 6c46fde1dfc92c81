"""Each tick of SUPPORT.md is a test: what it names is there, and nothing is ticked without one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PACKAGE = TOP / "python"
TEXT = (TOP / "SUPPORT.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[^`\s]+::\w+)`", TEXT)))


@pytest.mark.parametrize("name", NAMED)
def test_a_named_test_exists(name: str) -> None:
    file, _, test = name.partition("::")
    assert test in _tests(PACKAGE / file)


def test_every_tick_names_a_test() -> None:
    for line in TEXT.splitlines():
        assert line.count("✓") <= len(re.findall(r"`tests/[^`\s]+::\w+`", line)), line


def test_the_pythons_are_those_of_the_package() -> None:
    package = (PACKAGE / "pyproject.toml").read_text(encoding="utf-8")
    pythons = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', package)
    assert f"| Python {', '.join(pythons)} |" in TEXT


def test_each_sdk_is_in_the_matrix() -> None:
    for sdk in ("openai", "anthropic", "groq"):
        assert f"`tests/sdk/test_{sdk}.py::" in TEXT


@cache
def _tests(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))
