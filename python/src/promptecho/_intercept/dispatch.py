"""One call, and what becomes of it: the same steps for every HTTP library.

A backend makes an `Exchange` of a call that its library is about to make, and gets back what to
hand to the caller. While the outermost library makes the live call, the ones that it sits on let it
through, so a call is recorded once. Threads that a library starts in between do not see that,
unless they run in a copy of its context, as those of `asyncio.to_thread` and anyio do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from .._base.model import Request
from .._session.capture import Capture
from .._session.options import Options
from .._session.response import ReplayResponse

#: Whether the call under way was settled further out: recorded, replayed, or let through there.
dispatched: ContextVar[bool] = ContextVar("promptecho_settled", default=False)

#: Whether that was since the gate lets its URL pass: what it calls elsewhere is asked about.
passing: ContextVar[bool] = ContextVar("promptecho_passing", default=False)

#: The live calls under way, in any thread or task.
under_way: set[object] = set()


class Gate(Protocol):
    """What decides about calls: an open cassette (`OpenCassette`), or a block of the network."""

    options: Options

    def passes(self, url: str) -> bool:
        """Whether a call is none of its business."""

    def hold(self, url: str) -> None:
        """Raise if a call that no cassette records may not be made."""

    def answer(self, request: Request) -> ReplayResponse | Capture:
        """What answers a request; raises where nothing does."""

    def refuses(self, status: int) -> bool:
        """Whether an answer must not be recorded."""

    def refuse(self, capture: Capture, status: int, body: bytes) -> BaseException:
        """Drop such an answer; the exception to raise."""

    def not_intercepted(self, library: str, error: Exception) -> None:
        """Take note that calls of a library cannot be seen, and why."""


class Exchange(Protocol):
    """A call that a library is about to make.

    Attributes:
        url: absolute.
    """

    @property
    def url(self) -> str: ...

    def request(self) -> Request:
        """The request, its body read to the end."""

    def replay(self, answer: ReplayResponse) -> Any:
        """The library's response of a recording."""

    def call(self) -> Any:
        """The library's response of the live call."""

    def status(self, response: Any) -> int:
        """Its status code."""

    def body(self, response: Any) -> bytes:
        """All that comes of its body, decoded; then it is closed."""

    def record(self, response: Any, capture: Capture) -> Any:
        """The response to hand on: as it is read, the capture gets a copy."""


class AsyncExchange(Protocol):
    """The same, for a library that awaits."""

    @property
    def url(self) -> str: ...

    async def request(self) -> Request: ...

    async def replay(self, answer: ReplayResponse) -> Any: ...

    def call(self) -> Awaitable[Any]: ...

    def status(self, response: Any) -> int: ...

    async def body(self, response: Any) -> bytes: ...

    async def record(self, response: Any, capture: Capture) -> Any: ...


_SWITCHING_PROTOCOLS = 101  # a WebSocket is not a call with an answer

CUT = (
    "the recording ends here: when it was made, the client stopped reading or the upstream broke "
    "off. Record again (PROMPTECHO_MODE=all) to read further."
)


def header_text(raw: bytes) -> str:
    """A header's name or value as it is stored [HEAD-1]: one character a byte."""
    return raw.decode("latin-1")


def header_bytes(text: str) -> bytes:
    """The same the other way round."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:  # written into the file by hand
        return text.encode("utf-8")


def dispatch(exchange: Exchange, gate: Gate) -> Any:
    """The response of a call, from the cassette or from the network."""
    if _is_settled(exchange.url, gate):
        return exchange.call()
    if gate.passes(exchange.url):
        with _outermost(passes=True):
            return exchange.call()
    asked = gate.answer(exchange.request())
    if isinstance(asked, ReplayResponse):
        return exchange.replay(asked)
    with _live(asked):
        response = exchange.call()
    status = exchange.status(response)
    if status == _SWITCHING_PROTOCOLS:
        asked.fail()
        return response
    if gate.refuses(status):
        raise gate.refuse(asked, status, exchange.body(response))
    return exchange.record(response, asked)


async def dispatch_async(exchange: AsyncExchange, gate: Gate) -> Any:
    """The same, for a library that awaits."""
    if _is_settled(exchange.url, gate):
        return await exchange.call()
    if gate.passes(exchange.url):
        with _outermost(passes=True):
            return await exchange.call()
    asked = gate.answer(await exchange.request())
    if isinstance(asked, ReplayResponse):
        return await exchange.replay(asked)
    with _live(asked):
        response = await exchange.call()
    status = exchange.status(response)
    if status == _SWITCHING_PROTOCOLS:
        asked.fail()
        return response
    if gate.refuses(status):
        raise gate.refuse(asked, status, await exchange.body(response))
    return await exchange.record(response, asked)


def _is_settled(url: str, gate: Gate) -> bool:
    return dispatched.get() and (not passing.get() or gate.passes(url))


@contextmanager
def _outermost(*, passes: bool = False) -> Iterator[None]:
    """Let the libraries below through."""
    call = object()
    under_way.add(call)
    token, passing_token = dispatched.set(True), passing.set(passes)
    try:
        yield
    finally:
        passing.reset(passing_token)
        dispatched.reset(token)
        under_way.discard(call)


@contextmanager
def _live(capture: Capture) -> Iterator[None]:
    try:
        with _outermost():
            yield
    except BaseException:
        capture.fail()
        raise
