"""Mode `missing` records what has no recording, in its place, if the block succeeds."""

from __future__ import annotations

import asyncio
import json
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from promptecho._format.reader import load
from promptecho._session.order import after
from promptecho._storage.placing import placed, within
from sdk import answers
from support.upstream import Call, Upstream


def echo(call: Call) -> Any:
    return answers.chat("echo: " + call.json["messages"][0]["content"])


class Questions:
    """A file, and what is asked while it is open."""

    def __init__(self, path: Path, upstream: Upstream) -> None:
        self.path = path
        self._upstream = upstream
        self._url = upstream.url + "/v1/chat/completions"

    def ask(self, *questions: str, mode: str = "missing", error: Exception | None = None) -> None:
        with promptecho.use_cassette(self.path, mode=mode):  # type: ignore[arg-type]
            with httpx.Client(trust_env=False) as client:
                for question in questions:
                    client.post(self._url, json=body(question))
            if error is not None:
                raise error

    async def ask_async(self, *questions: str) -> None:
        async with promptecho.use_cassette(self.path, mode="missing"):
            async with httpx.AsyncClient(trust_env=False) as client:
                for question in questions:
                    await client.post(self._url, json=body(question))

    @property
    def recorded(self) -> list[str]:
        items = load(self.path.read_bytes(), "").interactions
        return [item.request.body["messages"][0]["content"] for item in items]

    def live(self) -> list[str]:
        """The questions that reached the upstream since the last time."""
        calls = [json.loads(call.body)["messages"][0]["content"] for call in self._upstream.calls]
        self._upstream.calls.clear()
        return calls


def body(question: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": question}]}


pytestmark = pytest.mark.filterwarnings("ignore::promptecho.PromptechoOwnServerWarning")


@pytest.fixture
def questions(tmp_path: Path) -> Any:
    with Upstream(echo) as upstream:
        yield Questions(tmp_path / "a.yaml", upstream)


@pytest.mark.parametrize(
    ("asked", "recorded"),
    [
        (["a", "x", "b", "c"], ["a", "x", "b", "c"]),
        (["x", "a", "b", "c"], ["x", "a", "b", "c"]),
        (["a", "b", "c", "x"], ["a", "b", "c", "x"]),
        (["x", "a", "y", "z", "b", "c", "w"], ["x", "a", "y", "z", "b", "c", "w"]),
        (["a", "x", "c"], ["a", "x", "b", "c"]),  # b is not played, and stays
        (["c", "x"], ["a", "b", "c", "x"]),
        (["x", "c"], ["a", "b", "x", "c"]),
        (["a", "b", "a", "x", "c"], ["a", "b", "x", "c"]),  # a repeated one says nothing
        (["x"], ["a", "b", "c", "x"]),
        (["x", "x"], ["a", "b", "c", "x", "x"]),
    ],
)
def test_each_new_recording_is_in_its_place(
    questions: Questions, asked: list[str], recorded: list[str]
) -> None:
    questions.ask("a", "b", "c", mode="once")
    assert questions.live() == ["a", "b", "c"]
    questions.ask(*asked)
    assert questions.recorded == recorded
    assert questions.live() == [each for each in asked if each not in "abc"]
    questions.ask(*asked, mode="none")


def test_async_calls_too(questions: Questions) -> None:
    questions.ask("a", "b", mode="once")
    asyncio.run(questions.ask_async("a", "x", "b"))
    assert questions.recorded == ["a", "x", "b"]


def test_a_new_file_is_recorded(questions: Questions) -> None:
    questions.ask("a", "b")
    assert questions.recorded == ["a", "b"]


@pytest.mark.parametrize("before", [[], ["a", "b"]])
def test_nothing_is_saved_if_the_block_raises(questions: Questions, before: list[str]) -> None:
    if before:
        questions.ask(*before, mode="once")
    old = questions.path.read_bytes() if before else None
    with pytest.raises(ValueError, match="no"):
        questions.ask("a", "x", "b", error=ValueError("no"))
    assert list(questions.path.parent.iterdir()) == ([questions.path] if before else [])
    assert (questions.path.read_bytes() if before else None) == old


def test_nothing_is_kept_of_a_session_that_dies(questions: Questions) -> None:
    """While it is open there is no journal that the next session would take up."""
    questions.ask("a", mode="once")
    with promptecho.use_cassette(questions.path, mode="missing"):
        with httpx.Client(trust_env=False) as client:
            client.post(questions._url, json=body("x"))
        assert list(questions.path.parent.iterdir()) == [questions.path]


def test_two_sessions_at_once_keep_both_places(questions: Questions) -> None:
    questions.ask("a", "b", "c", mode="once")
    with promptecho.use_cassette(questions.path, mode="missing", scope="task"):
        with httpx.Client(trust_env=False) as client:
            for question in ("a", "x", "b"):
                client.post(questions._url, json=body(question))
        # Meanwhile another process has recorded something before b, and before c.
        items = list(load(questions.path.read_bytes(), "").interactions)
        file = load(questions.path.read_bytes(), "")
        new = [each._replace(request=each.request._replace(match_key="0" * 16)) for each in items]
        from promptecho._format.writer import dump

        mixed = (items[0], new[0], items[1], new[1], items[2])
        questions.path.write_bytes(dump(file._replace(interactions=mixed)).encode())
    keys = [item.request.match_key for item in load(questions.path.read_bytes(), "").interactions]
    assert questions.recorded == ["a", "x", "a", "b", "b", "c"]
    assert [n for n, key in enumerate(keys) if key == "0" * 16] == [2, 4]


def test_another_process_that_removed_a_recording_moves_new_ones_to_the_end(
    questions: Questions,
) -> None:
    questions.ask("a", "b", mode="once")
    with promptecho.use_cassette(questions.path, mode="missing"):
        with httpx.Client(trust_env=False) as client:
            for question in ("a", "x", "b"):
                client.post(questions._url, json=body(question))
        file = load(questions.path.read_bytes(), "")
        from promptecho._format.writer import dump

        questions.path.write_bytes(
            dump(file._replace(interactions=tuple(file.interactions)[1:])).encode()
        )
    assert questions.recorded == ["a", "x", "b"]


# --- the pure parts -------------------------------------------------------------------------------


def test_places_follow_the_requests() -> None:
    # Requests 0 and 3 have played recordings 2 and 0; 1, 2 and 5 are new.
    assert after({0: 2, 3: 0}, [1, 2, 5], 4) == (3, 3, 1)
    assert after({3: 1}, [0], 4) == (1,)
    assert after({}, [0, 1], 4) == (4, 4)


def test_new_recordings_are_between_those_of_the_file() -> None:
    assert placed([b"a", b"b"], [b"a", b"b"], [b"x", b"y"], [0, 2]) == [b"x", b"a", b"b", b"y"]
    assert placed([b"n", b"a", b"m", b"b"], [b"a", b"b"], [b"x"], [1]) == [
        *(b"n", b"a", b"x", b"m", b"b")
    ]


def test_a_file_is_within_another_in_order() -> None:
    for some in permutations([b"a", b"b", b"c"]):
        assert within([b"a", b"c"], some) is (some.index(b"a") < some.index(b"c"))
    assert not within([b"a", b"a"], [b"a"])
