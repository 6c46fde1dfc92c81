"""Arrows point one way, and importing promptecho stays light (DESIGN.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import promptecho

SOURCE = Path(promptecho.__file__).parent

#: Rooms from the bottom up: a module imports from rooms before its own, or from its own.
ROOMS = [
    ["_version", "_errors", "_model", "_warnings"],
    ["_json"],
    ["_yaml_emit", "_yaml_read", "_yaml_exact", "_yaml", "_url", "_headers", "_encoding", "_hosts"],
    ["_sse", "_ndjson", "_eventstream", "_body", "_redact"],
    ["_forms", "_key", "_normalize"],
    [
        "_write",
        "_members",
        "_read_bodies",
        "_read_tree",
        "_read",
        "_upgrade",
        "_recordings",
        "_rules",
        "_diff",
    ],
    ["_schema", "_leaks", "_tidy", "_validate"],
    ["_request", "_response", "_miss", "_modes"],
    ["_session", "_options"],
    ["_lock", "_store", "_fingerprint"],
    ["_run", "_block"],
    ["_sockets"],
    ["_intercept", "_cassette"],
    ["_use", "_network"],
    ["_schema", "_leaks"],
    ["_validate", "_tidy"],
    ["__init__"],
    ["_demo", "_pytest", "pytest_plugin", "conformance"],
    ["_cli", "__main__"],
]
FLOOR = {name: floor for floor, names in enumerate(ROOMS) for name in names}

HTTP_LIBRARIES = {"httpx", "httpx2", "requests", "urllib3", "aiohttp", "botocore", "anyio"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package, by its room."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        yield parts[0], ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module, room: str) -> Iterator[str]:
    """The rooms of this package that a module imports, also inside functions."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = node.module or ""
        if node.level:
            inside = room in ("_normalize", "_intercept", "_cli", "_pytest")
            outer = node.level - 1 if inside else node.level
            if outer == 0:
                continue
        elif module.split(".")[0] == "promptecho":
            module = module.partition(".")[2]
        else:
            continue
        yield from [module.split(".")[0]] if module else [alias.name for alias in node.names]


def test_every_module_has_a_room() -> None:
    assert {room for room, _ in modules()} <= FLOOR.keys()


def test_no_module_imports_from_a_room_above_its_own() -> None:
    upward = [
        f"{room} imports {other}"
        for room, tree in modules()
        for other in imported(tree, room)
        if other in FLOOR and FLOOR[other] > FLOOR[room]
    ]
    assert upward == []


def test_only_the_store_opens_cassettes() -> None:
    # _rules and _schema read the spec's data, _lock a folder's handle; the rest are programs.
    may = {
        "_store",
        "_rules",
        "_schema",
        "_lock",
        "_demo",
        "_cli",
        "_pytest",
        "pytest_plugin",
        "conformance",
    }
    opening = {
        room
        for room, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "open")
            or (isinstance(node.func, ast.Attribute) and node.func.attr in FILE_CALLS)
        )
    }
    assert opening <= may


FILE_CALLS = {"read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir", "makedirs"}


def test_only_backends_know_http_libraries() -> None:
    knowing = {
        room
        for room, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and HTTP_LIBRARIES & set(roots(node))
    }
    assert knowing <= {"_intercept", "_demo"}


def roots(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [] if node.level else [(node.module or "").split(".")[0]]
    return [alias.name.split(".")[0] for alias in node.names]


HEAVY = ["httpx", "httpx2", "yaml", "jsonschema", "pytest", "asyncio", "dataclasses", "inspect"]


@pytest.mark.parametrize("module", ["promptecho", "promptecho.pytest_plugin"])
def test_importing_it_imports_nothing_heavy(module: str) -> None:
    # The plugin is imported by pytest, and may import pytest.
    heavy = [name for name in HEAVY if name != "pytest" or module == "promptecho"]
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    if module != "promptecho":
        code = f"import pytest, sys; before = set(sys.modules); import {module}; " + (
            f"print([m for m in {heavy} if m in sys.modules and m not in before])"
        )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
