"""Arrows point one way, and importing promptecho stays light (DESIGN.md)."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

import promptecho
from support.upstream import Upstream, json_answer

SOURCE = Path(promptecho.__file__).parent

#: Folders from the top down: a module imports from its own folder or from one below. The root
#: holds the public names, and the programs that use them.
FOLDERS = (
    "conformance",
    "_cli",
    "_serve",
    "_pytest",
    "",
    "_api",
    "_snapshots",
    "_intercept",
    "_session",
    "_checks",
    "_views",
    "_storage",
    "_foreign",
    "_format",
    "_matching",
    "_redaction",
    "_bodies",
    "_text",
    "_base",
)
#: Modules of the root that are programs: they stand above everything.
PROGRAMS = ("__main__", "pytest_plugin")

#: What importing promptecho imports: none of them imports anything.
OWN = {"promptecho", "promptecho._version", "promptecho._base", "promptecho._base.loaded_once"}

HTTP_LIBRARIES = {"httpx", "httpx2", "requests", "urllib3", "aiohttp", "botocore", "anyio"}


class Module(NamedTuple):
    """A module of the package: its folder, its name in the package, and its code."""

    folder: str
    name: str
    tree: ast.Module


def modules(source: Path = SOURCE) -> Iterator[Module]:
    """Every module of the package."""
    for path in sorted(source.rglob("*.py")):
        *folders, name = path.relative_to(source).with_suffix("").parts
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield Module(folders[0] if folders else "", ".".join([*folders, name]), tree)


def imported(module: Module) -> Iterator[str]:
    """The folders that a module imports from, also inside functions; the root is ``""``."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            here = module.name.split(".")[: -node.level] if node.level else []
            target = [*here, *(node.module or "").split(".")] if node.module else here
            if not node.level:
                if target[0] != "promptecho":
                    continue
                target = target[1:]
            names = [target[0]] if target else [alias.name for alias in node.names]
            yield from (name if name in FOLDERS else "" for name in names)


def upward(source: Path = SOURCE) -> list[str]:
    """The imports that go up, each as ``module imports from folder``."""
    floor = {folder: number for number, folder in enumerate(FOLDERS)}
    return [
        f"{module.name} imports from {other or 'the root'}"
        for module in modules(source)
        if module.name not in PROGRAMS
        for other in imported(module)
        if floor[other] < floor[module.folder]
    ]


def test_every_folder_is_in_the_list() -> None:
    folders = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert folders == set(FOLDERS) - {""}


def test_few_modules_lie_at_the_root() -> None:
    assert len(list(SOURCE.glob("*.py"))) <= 8


def test_no_module_imports_from_a_folder_above_its_own() -> None:
    assert upward() == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("_checks/leaked_secrets.py", "from .._api.use_cassette import use_cassette"),
        ("_base/model.py", "from .. import pytest_plugin"),
        ("_matching/normalize/gemini.py", "from ..._storage import store"),
        ("_text/json.py", "from promptecho import use_cassette"),
        ("_session/session.py", "def late():\n    from promptecho._cli import main"),
    ],
)
def test_an_upward_import_is_refused(tmp_path: Path, file: str, line: str) -> None:
    copy = tmp_path / "promptecho"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with open(copy / file, "a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    (found,) = upward(copy)
    assert found.startswith(f"{file[:-3].replace('/', '.')} imports from ")


#: Folders that a folder does without though they lie below it: a file is read and written by the
#: format alone, whatever is matched or secret.
WITHOUT = {"_format": {"_matching", "_redaction"}}


def forbidden(source: Path = SOURCE) -> list[str]:
    """The imports of folders that `WITHOUT` names."""
    return [
        f"{module.name} imports from {other}"
        for module in modules(source)
        for other in imported(module)
        if other in WITHOUT.get(module.folder, ())
    ]


def test_the_format_stands_free_of_matching_and_redaction() -> None:
    assert forbidden() == []


@pytest.mark.parametrize("folder", sorted(WITHOUT["_format"]))
def test_an_import_that_a_folder_does_without_is_seen(tmp_path: Path, folder: str) -> None:
    (tmp_path / "_format").mkdir()
    line = f"def late():\n    from ..{folder}.key import match_key\n"
    (tmp_path / "_format" / "reader.py").write_text(line, encoding="utf-8")
    assert forbidden(tmp_path) == [f"_format.reader imports from {folder}"]


FILE_CALLS = {"read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir", "makedirs"}


def opens_files(module: Module) -> bool:
    """Whether a module calls something that opens, writes or removes a file."""
    return any(
        (isinstance(node.func, ast.Name) and node.func.id == "open")
        or (isinstance(node.func, ast.Attribute) and node.func.attr in FILE_CALLS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
    )


def test_only_storage_opens_cassettes() -> None:
    # _base.spec_data and _checks.schema read the specification's data files.
    readers_of_data = {"_base.spec_data", "_checks.schema"}
    programs = {"_cli", "_pytest", "conformance"}
    opening = {
        module.name
        for module in modules()
        if opens_files(module) and module.folder not in programs and module.name not in PROGRAMS
    }
    assert opening <= readers_of_data | {m.name for m in modules() if m.folder == "_storage"}


def test_only_backends_know_http_libraries() -> None:
    knowing = {
        module.folder
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and HTTP_LIBRARIES & set(roots(node))
    }
    assert knowing <= {"_intercept", "_cli", "_serve"}  # the demo and the server call with httpx


def roots(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [] if node.level else [(node.module or "").split(".")[0]]
    return [alias.name.split(".")[0] for alias in node.names]


@pytest.mark.parametrize(
    ("module", "already", "own"),
    [
        ("promptecho", "sys", OWN),
        # pytest imports the plugin in every run of every project.
        ("promptecho.pytest_plugin", "pytest", OWN),
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


#: What a replay of a chat has no use for: it is loaded by what needs it.
NOT_OF_A_REPLAY = {
    *("asyncio", "importlib.abc", "tempfile", "uuid"),
    *(f"promptecho._intercept.{name}" for name in ("open_connections", "socket_guard", "watch")),
    *(f"promptecho._matching.normalize.{name}" for name in ("converse", "gemini", "responses")),
}
REPLAY = """
import sys
import httpcore, httpx
client = httpx.Client(trust_env=False)
before = set(sys.modules)
import promptecho
with promptecho.use_cassette(sys.argv[1], mode="none"):
    client.post(sys.argv[2], json={"model": "m", "messages": [{"role": "user", "content": "hi"}]})
print(*(set(sys.modules) - before))
"""


def test_a_replay_loads_nothing_that_it_has_no_use_for(tmp_path: Path) -> None:
    path, body = (
        tmp_path / "c.yaml",
        {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
    )
    with Upstream([json_answer({})]) as upstream, promptecho.use_cassette(path):
        httpx.post(upstream.url, json=body, trust_env=False, timeout=60)
    command = [sys.executable, "-c", REPLAY, str(path), upstream.url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "promptecho._matching.request" in loaded
    assert loaded & NOT_OF_A_REPLAY == set()


@pytest.mark.parametrize("name", [name for name in promptecho.__all__ if name != "__version__"])
def test_a_public_name_is_that_of_its_module(name: str) -> None:
    assert name in dir(promptecho)
    found = getattr(promptecho, name)
    assert found is vars(sys.modules[f"promptecho.{promptecho._HOMES[name]}"])[name]


def test_only_the_real_file_system_holds_cassettes() -> None:
    """A module that opens files takes `os` and `io` from `_base.real`, which no test replaces."""
    replaced = {"os", "io", "fcntl", "pathlib", "shutil"}
    found = [
        f"{module.name}: {name}"
        for module in modules()
        if module.folder in ("_storage", "_format")
        or module.name in ("_base.spec_data", "_base.loaded_once")
        for node in ast.walk(module.tree)
        for name in _plainly_imported(node)
        if name in replaced and not module.name.startswith("_storage.shared_")  # temporary files
    ]
    assert found == []


def _plainly_imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [str(node.module)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
        return ["io"]
    return []
