"""The chunks of a recorded response, each in its turn. [BODY-12] [AFTER-3]"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import Callable

from .._session.response import ReplayResponse
from .._session.turns import PAUSE


def in_turn(answer: ReplayResponse) -> Iterator[bytes]:
    """The chunks for a client that may block its thread."""
    turns = answer.turns
    if turns is None:
        yield from answer.chunks
        return
    turns.wait()
    while (chunk := turns.take()) is not None:
        yield chunk
        turns.wait()


def without_waiting(answer: ReplayResponse) -> Iterator[bytes]:
    """The chunks for a client that asks the turns of the response before it takes one."""
    turns = answer.turns
    return iter(answer.chunks) if turns is None else iter(turns.take, None)


async def next_in_turn(
    answer: ReplayResponse,
    chunks: Iterator[bytes],
    sleep: Callable[[float], Awaitable[None]] | None = None,
) -> bytes | None:
    """Wait in an event loop for the next chunk; None at the end.

    Args:
        answer: the response.
        chunks: `without_waiting(answer)`.
        sleep: that of the event loop; by default that of anyio, for asyncio and trio.
    """
    if answer.turns is not None:
        if sleep is None:
            import anyio

            sleep = anyio.sleep
        while answer.turns.has_to_wait():
            await sleep(PAUSE)
    return next(chunks, None)
