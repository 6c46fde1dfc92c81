"""Record a story against an upstream, shut that down, and tell the story again from disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, NamedTuple, TypeVar

import pytest

import promptecho
from sdk.upstream import Answer, Script, Upstream

Told = TypeVar("Told")

#: Every variable from which an SDK would take a key.
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GROQ_API_KEY")


class Outcome(NamedTuple):
    """What was told twice, and what lay in between."""

    told: Any
    sent: tuple[Answer, ...]
    recorded: promptecho.Cassette
    replayed: promptecho.Cassette
    path: Path

    @property
    def statuses(self) -> list[int]:
        """The recorded statuses, in file order."""
        return [each.response.status for each in self.replayed.interactions]


class Roundtrip:
    """Called with a story, it returns the outcome once both tellings were equal."""

    def __init__(self, path: Path, environ: pytest.MonkeyPatch) -> None:
        self._path = path
        self._environ = environ

    def __call__(self, script: Script, story: Callable[[str], Told]) -> Outcome:
        self._set_keys()
        with Upstream(script) as upstream:
            with promptecho.use_cassette(self._path, on_record_error="record") as recorded:
                first = story(upstream.url)
        assert upstream.refuses()
        self._delete_keys()
        with promptecho.use_cassette(self._path, mode="none") as replayed:
            second = story(upstream.url)
        assert second == first
        assert len(replayed.played) == len(upstream.calls) == len(replayed.interactions)
        return Outcome(first, tuple(upstream.sent), recorded, replayed, self._path)

    def _set_keys(self) -> None:
        for name in KEYS:
            self._environ.setenv(name, f"a made-up value of {name}")

    def _delete_keys(self) -> None:
        for name in KEYS:
            self._environ.delenv(name)
