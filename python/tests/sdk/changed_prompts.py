"""A prompt that changes at its beginning, with the client of any SDK."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest

import promptecho
from support.upstream import Answer, Call, Upstream

KINDS = pytest.mark.parametrize("kind", ["plain", "stream", "async", "async stream"])


class Story(NamedTuple):
    """What differs between SDKs.

    Attributes:
        client: makes a client for the URL of a server.
        async_client: makes an asynchronous one.
        create: makes a call with a client, a request, and whether the answer is a stream.
        answer: of the server.
        turns: two requests; the second does not extend the first.
        place: of the first block that differs, as the error names it.
    """

    client: Callable[[str], Any]
    async_client: Callable[[str], Any]
    create: Callable[..., Any]
    answer: Callable[[Call], Answer]
    turns: Sequence[dict[str, Any]]
    place: str


def is_noticed(story: Story, path: Path, kind: str) -> None:
    """The check fails with ``stable`` and not with ``any``; the second run replays."""
    with Upstream(story.answer) as upstream:
        for prefix in ("any", "stable"):
            with contextlib.ExitStack() as stack:
                if prefix == "stable":
                    error = pytest.raises(promptecho.PrefixChanged, match=story.place)
                    stack.enter_context(error)
                stack.enter_context(promptecho.use_cassette(path, prefix=prefix))
                if "async" in kind:
                    asyncio.run(_async_turns(story, upstream.url, stream="stream" in kind))
                else:
                    _turns(story, upstream.url, stream="stream" in kind)
    assert len(upstream.calls) == 2


def _turns(story: Story, url: str, *, stream: bool) -> None:
    with story.client(url) as sdk:
        for asked in story.turns:
            answered = story.create(sdk, **asked, stream=stream)
            assert list(answered) if stream else answered


async def _async_turns(story: Story, url: str, *, stream: bool) -> None:
    async with story.async_client(url) as sdk:
        for asked in story.turns:
            answered = await story.create(sdk, **asked, stream=stream)
            if stream:
                assert [event async for event in answered]
