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


@pytest.mark.parametrize(
    ("module", "already", "own"),
    [
        ("promptecho", "sys", {"promptecho", "promptecho._version"}),
        # pytest imports the plugin in every run of every project.
        ("promptecho.pytest_plugin", "pytest", {"promptecho", "promptecho._version"}),
    ],
)
def test_importing_it_imports_nothing_but_itself(module: str, already: str, own: set[str]) -> None:
    code = f"import sys, {already}; before = set(sys.modules); import {module}; " + (
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    plugin = ("promptecho.pytest_plugin", "promptecho._pytest")
    loaded = {name for name in done.stdout.split() if not name.startswith(plugin)}
    assert loaded - {"__future__"} == own


@pytest.mark.parametrize("name", [name for name in promptecho.__all__ if name != "__version__"])
def test_a_public_name_is_that_of_its_module(name: str) -> None:
    assert name in dir(promptecho)
    found = getattr(promptecho, name)
    assert found is vars(sys.modules[f"promptecho.{promptecho._HOMES[name]}"])[name]
