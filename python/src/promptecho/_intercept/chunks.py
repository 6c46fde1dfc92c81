"""The chunks of a recorded response, each in its turn. [BODY-12] [AFTER-3]"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Callable

from .._session.response import ReplayResponse
from .._session.turns import PAUSE


def in_turn(answer: ReplayResponse) -> Iterator[bytes]:
    """The chunks for a client that may block its thread."""
    turns = answer.turns
    if turns is None:
        yield from answer.chunks
        return
    for index, chunk in enumerate(answer.chunks):
        turns.wait(index)
        yield chunk
    turns.wait(len(answer.chunks))


async def in_turn_async(
    answer: ReplayResponse, sleep: Callable[[float], Awaitable[None]] | None = None
) -> AsyncIterator[bytes]:
    """The chunks for a client that runs in an event loop.

    Args:
        answer: the response.
        sleep: that of the event loop; by default that of anyio, for asyncio and trio.
    """
    turns = answer.turns
    if turns is None:
        for chunk in answer.chunks:
            yield chunk
        return
    if sleep is None:
        import anyio

        sleep = anyio.sleep
    for index, chunk in enumerate((*answer.chunks, b"")):  # behind the last one, the end
        while turns.has_to_wait(index):
            await sleep(PAUSE)
        if index < len(answer.chunks):
            yield chunk
