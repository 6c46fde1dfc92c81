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
    for index, chunk in enumerate(answer.chunks):
        turns.wait(index)
        yield chunk
    turns.wait(len(answer.chunks))


async def its_turn(
    answer: ReplayResponse, index: int, sleep: Callable[[float], Awaitable[None]] | None = None
) -> None:
    """Wait in an event loop for the turn of a chunk; behind the last chunk, for the end.

    Args:
        answer: the response.
        index: of the chunk.
        sleep: that of the event loop; by default that of anyio, for asyncio and trio.
    """
    if answer.turns is None:
        return
    if sleep is None:
        import anyio

        sleep = anyio.sleep
    while answer.turns.has_to_wait(index):
        await sleep(PAUSE)
