"""An event loop for frameworks that run one for their sync callers, and leave it open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loop_of_the_caller() -> Iterator[asyncio.AbstractEventLoop]:
    """The loop that such a framework finds; it is closed at the end of the block."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()
