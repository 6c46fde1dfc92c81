"""What the code of tests says about their cassettes, without a run. Pure.

Only what is certain is said: a path that is written out, and a call of an SDK in the body of a test
that nothing else can reach. A fixture, a decorator or a `with` block may open a cassette or replace
the SDK, so a test with one of these is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple, Union

from .finding import WARNING, Finding

_Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]

#: SDKs whose clients call a provider, and the functions of modules that do so by themselves.
_SDKS = frozenset(("openai", "anthropic", "mistralai", "cohere", "groq", "together", "litellm"))
_CALLS = frozenset(("completion", "acompletion", "embedding", "aembedding", "responses"))
#: Arguments by which a client reaches something else than its provider.
_ELSEWHERE = frozenset(("base_url", "http_client", "transport", "api_base", "mock_response"))
_OPENERS = frozenset(("use_cassette", "Recorder"))
#: Marks and fixtures of pytest that neither skip a test nor replace what it calls.
_PLAIN_MARKS = frozenset(("asyncio", "anyio", "parametrize"))
_NOT_RUN = frozenset(("skip", "skipif", "xfail"))
_PLAIN_FIXTURES = frozenset(("tmp_path", "capsys", "caplog", "recwarn"))


class Named(NamedTuple):
    """A cassette that code names.

    Attributes:
        path: as it is written, relative to the folder of the file.
        line: where.
    """

    path: str
    line: int


class BadSource(Exception):
    """The code cannot be parsed."""


def parsed(text: str) -> ast.Module:
    """The tree of a module.

    Raises:
        BadSource: it is no Python of this version.
    """
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BadSource from None


def named(tree: ast.Module) -> Iterator[Named]:
    """The cassettes that markers, `use_cassette` and `Recorder` name and that must exist."""
    for node in _run(tree):
        if not isinstance(node, ast.Call):
            continue
        keywords = {each.arg: each.value for each in node.keywords}
        if _text(keywords.get("mode")) == "all":
            continue  # it is recorded in each run
        name = _last(node.func)
        path = None
        if name in _OPENERS:
            path = _text(node.args[0] if node.args else keywords.get("path"))
        elif name == "promptecho" and _dotted(node.func).endswith("mark.promptecho"):
            path = _text(keywords.get("path"))
        if path:
            yield Named(path, node.lineno)


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module, without tests that may be skipped, or may fail."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        marks = map(_mark, getattr(node, "decorator_list", ()))
        if any(mark in _NOT_RUN for mark in marks):
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def missing_finding(file: str, found: Named) -> Finding:
    """The finding for a cassette that does not exist."""
    return Finding(
        file,
        found.line,
        "lint.missing",
        f"the cassette {found.path} does not exist",
        "Run the test with network access and an API key, and commit the file.",
        WARNING,
    )


def may_open(tree: ast.Module) -> bool:
    """Whether a conftest or a module may open cassettes, or replace SDKs, for all its tests."""
    return any(map(_reaches_all, ast.walk(tree)))


def _reaches_all(node: ast.AST) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.name.startswith(("pytest_", "setup_"))
    if isinstance(node, ast.Name):
        return node.id in ("pytestmark", "pytest_plugins")
    return isinstance(node, ast.keyword) and node.arg == "autouse"


def uncovered(tree: ast.Module, file: str) -> Iterator[Finding]:
    """Tests that call an SDK in their body, and have no cassette."""
    aliases = _aliases(tree)
    if not aliases or may_open(tree):
        return
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if not node.name.startswith("test") or not _is_alone(node):
            continue
        sdk = _called(node, aliases)
        if sdk:
            yield Finding(
                file,
                node.lineno,
                "lint.no-cassette",
                f"{node.name} calls {sdk} without a cassette",
                "Mark the test with @pytest.mark.promptecho.",
                WARNING,
            )


def _aliases(tree: ast.Module) -> dict[str, str]:
    """The names by which the module knows SDKs and what it imports from them."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for each in node.names:
                root = each.name.partition(".")[0]
                if root in _SDKS and (each.asname or each.name == root):
                    found[each.asname or root] = root
        elif isinstance(node, ast.ImportFrom) and not node.level:
            root = (node.module or "").partition(".")[0]
            if root in _SDKS:
                found.update((each.asname or each.name, root) for each in node.names)
    return found


def _is_alone(test: _Function) -> bool:
    """Whether nothing around a test can open a cassette or replace what it calls."""
    arguments = test.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    given = _parametrized(test)
    if any(name not in _PLAIN_FIXTURES and name not in given for name in names):
        return False
    if any(_mark(each) not in _PLAIN_MARKS for each in test.decorator_list):
        return False
    around = (ast.With, ast.AsyncWith, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return not any(isinstance(node, around) for each in test.body for node in ast.walk(each))


def _mark(decorator: ast.expr) -> str:
    """The name of a mark of pytest; empty for any other decorator."""
    name = _dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
    before, _, last = name.rpartition(".")
    return last if before in ("pytest.mark", "mark") else ""


def _parametrized(test: _Function) -> set[str]:
    found: set[str] = set()
    for each in test.decorator_list:
        if isinstance(each, ast.Call) and _last(each.func) == "parametrize" and each.args:
            found.update(name.strip() for name in (_text(each.args[0]) or "").split(","))
    return found


def _called(test: _Function, aliases: dict[str, str]) -> str:
    """The SDK that a test calls; empty if it calls none for certain."""
    clients: dict[str, str] = {}
    for node in ast.walk(test):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            sdk = _client(node.value, aliases)
            clients.update(
                (name.id, sdk) for name in node.targets if isinstance(name, ast.Name) if sdk
            )
    for node in ast.walk(test):
        if not isinstance(node, ast.Call):
            continue
        parts = _dotted(node.func).split(".")
        if len(parts) > 2 and parts[0] in clients:
            return clients[parts[0]]
        is_call = parts[-1] in _CALLS and parts[0] in aliases and aliases[parts[0]] == "litellm"
        if is_call and not _goes_elsewhere(node):
            return aliases[parts[0]]
    return ""


def _client(call: ast.Call, aliases: dict[str, str]) -> str:
    """The SDK of a client that is made with its own defaults; empty if it is none."""
    name = _last(call.func)
    root = _dotted(call.func).partition(".")[0]
    if root not in aliases or not name[:1].isupper() or _goes_elsewhere(call):
        return ""
    return aliases[root]


def _goes_elsewhere(call: ast.Call) -> bool:
    return any(each.arg is None or each.arg in _ELSEWHERE for each in call.keywords)


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` of an expression of names; empty for any other."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _last(node: ast.expr) -> str:
    return _dotted(node).rpartition(".")[2]


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
