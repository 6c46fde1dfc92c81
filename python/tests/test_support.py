"""Each tick of the support pages has a test: docs/support.yaml names tests that exist."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.paths import PACKAGE, ROOT

SUPPORT = (ROOT / "SUPPORT.md").read_text(encoding="utf-8")
EVIDENCE = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
SDKS = sorted((PACKAGE / "tests" / "sdk").glob("test_*.py"))


def _extension() -> Any:
    """The extension of the documentation that reads support.yaml."""
    path = ROOT / "docs" / "_ext" / "evidence.py"
    spec = importlib.util.spec_from_file_location("evidence", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


evidence = _extension()
TABLES = {table.title: table for table in evidence.load()}
ROWS = [(table, row) for table in TABLES.values() for row in table.rows]
IN_TABLES = {entry.test for _, row in ROWS for entry in row.entries if entry.test}
IN_TEXT = set(re.findall(r"`(tests/[^`\s]+::\w+)`", SUPPORT + EVIDENCE))


@pytest.mark.parametrize("name", sorted(IN_TABLES | IN_TEXT))
def test_a_named_test_exists(name: str) -> None:
    file, _, test = name.partition("::")
    assert test in _tests(PACKAGE / file)


@pytest.mark.parametrize(("table", "row"), ROWS, ids=lambda each: getattr(each, "feature", ""))
def test_each_feature_names_a_test(table: Any, row: Any) -> None:
    assert any(entry.test for entry in row.entries)


def test_an_entry_that_is_no_test_and_no_note_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "support.yaml"
    file.write_text("Files:\n  a full disk:\n    - tests/test_crash.py\n", encoding="utf-8")
    with pytest.raises(ValueError, match="is not a test"):
        evidence.load(file)


def test_each_table_is_on_the_page_of_evidence_once() -> None:
    assert sorted(re.findall(r"<!-- evidence: (.+) -->", EVIDENCE)) == sorted(TABLES)


def test_the_sdks_of_the_support_page_are_those_of_the_evidence() -> None:
    assert evidence.matrix(TABLES["SDKs"], without="more") in SUPPORT


def test_the_pythons_are_those_of_the_package() -> None:
    package = (PACKAGE / "pyproject.toml").read_text(encoding="utf-8")
    pythons = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', package)
    assert f"| Python {', '.join(pythons)} |" in SUPPORT


@pytest.mark.parametrize("file", SDKS, ids=lambda file: file.stem)
def test_each_sdk_is_in_the_matrix_and_in_a_session(file: Path) -> None:
    assert any(name.startswith(f"tests/sdk/{file.name}::") for name in IN_TABLES)
    name = file.stem.removeprefix("test_")
    assert re.search(rf'"(tests/sdk/test_)?{name}(\.py)?"', NOXFILE)


@cache
def _tests(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))
