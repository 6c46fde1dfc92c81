"""The cassettes of one recorder: recorded once, each with a name for its shape."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from .recorders import Recorder
from .traffic import REQUEST_HEADERS, URL, Upstream, answer, question, turns

Sample = dict[str, float]


class Shape(NamedTuple):
    """A cassette: how many calls it has, and how many bytes each asks and is answered."""

    calls: int
    asked: int
    answered: int


class Cassettes:
    """Makes cassettes in one folder.

    Args:
        recorder: what records.
        folder: where its files are.
        upstream: what answers.
        libraries: HTTP libraries by name, in which the upstream is installed.
    """

    def __init__(
        self, recorder: Recorder, folder: Path, upstream: Upstream, libraries: dict[str, Any]
    ) -> None:
        self._recorder = recorder
        self._folder = folder
        self._upstream = upstream
        self._libraries = libraries
        self._clients = {name: library.Client() for name, library in libraries.items()}
        self._mocks = {name: upstream.bare(library) for name, library in libraries.items()}

    def make(self, shape: list[int]) -> Sample:
        """Record a cassette of this shape, unless it is there."""
        wanted = Shape(*shape)
        numbers = range(wanted.calls)
        bodies = [question(number, wanted.asked) for number in numbers]
        return self._made(self._path_of(wanted), bodies, wanted.answered)

    def make_conversation(self, count: int, size: int) -> Sample:
        """Record a conversation, unless it is there."""
        return self._made(self._path("conversation"), turns(count, size), 1000)

    def _made(self, path: str, bodies: list[bytes], answered: int) -> Sample:
        if not os.path.exists(path):
            self._start(list(range(len(bodies))), answered)
            with without_fsync(), self._recorder.cassette(path, "all"):
                for body in bodies:
                    post(self._clients["httpx"], body)
            assert self._upstream.reached == len(bodies)
        return {"bytes": os.path.getsize(path)}

    def _start(self, numbers: list[int], answered: int) -> None:
        self._upstream.start([[answer(number, answered)] for number in numbers])

    def _replays(self) -> None:
        assert self._upstream.reached == 0, "a replay reached the upstream"

    def _path_of(self, shape: Shape) -> str:
        return self._path("-".join(map(str, shape)))

    def _path(self, name: str) -> str:
        return str(self._folder / (name + self._recorder.suffix))


def post(client: Any, body: bytes) -> bytes:
    """The body of the answer to a question."""
    content: bytes = client.post(URL, content=body, headers=REQUEST_HEADERS).content
    return content


def without_fsync() -> Any:
    """`os.fsync` does nothing in this block."""
    return patch.object(os, "fsync", lambda _: None)
