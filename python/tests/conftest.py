"""Fixtures of all tests, the hypothesis profile, and the line that names what a run left out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import httpcore  # noqa: F401, a pytest run inside a test would import it, and purge it at its end
import pytest
from hypothesis import HealthCheck, settings

from promptecho._matching.normalize import registry
from support.paths import TESTS
from support.upstream import Upstream, echo

# No limit of time, which a loaded machine would exceed. Each run on a developer's machine tries
# other examples, and a failure prints the line that repeats it. CI tries the same examples each
# time: a change is not blamed for what it has not done.
settings.register_profile(
    "promptecho",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
    print_blob=True,
)
settings.load_profile("promptecho")

#: What a plain run of pytest leaves out (pyproject.toml: norecursedirs and addopts), and the nox
#: sessions that run it.
FOLDERS_ELSEWHERE = {
    "sdk": ("sdks", "sdk"),
    "legacy": ("legacy",),
    "neighbors": ("neighbors",),
    "from_pytest_recording": ("pytest_recording",),
    "corpus": ("corpus",),
    "examples": ("examples",),
    "pre_commit": ("pre_commit",),
    "yaml_libraries": ("yaml_libraries",),
    "fuzz": ("fuzz",),
    "serve": ("serve",),
    "languages": ("languages",),
}
MARKS_ELSEWHERE = {"crash": ("crash",)}


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name what a run of all tests did not run."""
    named = {(config.invocation_params.dir / each).resolve() for each in config.args}
    if named.isdisjoint({TESTS, *TESTS.parents}):
        return
    left_out = {
        f"tests/{folder}": sessions
        for folder, sessions in FOLDERS_ELSEWHERE.items()
        if TESTS / folder not in named
    }
    for mark, sessions in MARKS_ELSEWHERE.items():
        if config.option.markexpr == f"not {mark}":
            left_out[f"tests marked {mark}"] = sessions
    lines = (f"{what} (nox -s {' '.join(sessions)})" for what, sessions in left_out.items())
    terminalreporter.write_line(f"Not run here: {', '.join(lines)}")


@pytest.fixture(params=["httpx", "httpx2"])
def http(request: pytest.FixtureRequest) -> Any:
    """Each library that speaks this interface."""
    if request.param == "httpx2" and sys.version_info < (3, 10):
        pytest.skip("httpx2 needs Python 3.10")
    return pytest.importorskip(request.param, reason=f"{request.param} is not installed here")


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Run a coroutine function on each kind of event loop."""
    if request.param == "trio":
        pytest.importorskip("trio", reason="trio is not installed here")

    def on_a_loop(story: Callable[[], Any]) -> Any:
        import anyio

        return anyio.run(story, backend=request.param)

    return on_a_loop


@pytest.fixture(autouse=True)
def dialects() -> Iterator[None]:
    """A dialect that a test registers, as the tutorial does, is that test's alone."""
    yield
    for name in list(registry._dialects):
        registry.unregister(name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cassette goes."""
    return tmp_path / "cassette.yaml"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A server that answers a chat request with its last prompt."""
    with Upstream(echo) as server:
        yield server
