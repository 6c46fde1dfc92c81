"""Fixtures of the tests that run pytest in pytest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from promptecho._pytest import placeholder_keys
from support.pytest_project import LLM, MODE_VARIABLES, Project, echo
from support.upstream import Upstream


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    for name in MODE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with Upstream(echo) as upstream:
        monkeypatch.setenv("UPSTREAM", upstream.url)
        project = Project(pytester, upstream)
        project.ini()
        project.file("conftest.py", "")
        project.file("llm.py", LLM)
        yield project


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No provider has a key, except one."""
    for name in (*placeholder_keys.missing({}), *MODE_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEMINI_API_KEY", "my own")
