"""Dispatch of one call: replay, record or pass through, in the same steps for every HTTP library.

A backend describes the call that its library is about to make as an `Exchange`; `dispatch` returns
the response for the caller. Libraries sit on each other: requests calls urllib3, and urllib3 calls
`http.client`. The outermost one dispatches the call. The inner ones find `dispatched` set and do
nothing, so a call is recorded once.

`dispatched` is a context variable. A thread that a library starts does not see it, unless the
thread runs in a copy of the context, as with `asyncio.to_thread` and anyio.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from .._base.model import Request
from .._session.capture import Capture
from .._session.options import Options
from .._session.response import LiveAnswer, ReplayFailure, ReplayResponse
from .failures import pause, pause_async, wait, wait_async
from .live_bodies import failure_kind

#: Whether an outer library has dispatched the current call. Inner libraries then make it as usual.
dispatched: ContextVar[bool] = ContextVar("promptecho_dispatched", default=False)

#: Whether it was dispatched as a pass-through. Then a call to a URL that does not pass through,
#: for example after a redirect, is dispatched again by the inner library that makes it.
passing: ContextVar[bool] = ContextVar("promptecho_passing", default=False)

#: One object for each live call that is being made now, in any thread or task. The socket guard
#: reads it: event loops look up names in threads of their own, where `dispatched` is not set.
under_way: set[object] = set()


class Gate(Protocol):
    """Decides about calls: an open cassette (`OpenCassette`) or a network block (`Block`)."""

    @property
    def options(self) -> Options:
        """The options of the cassette that answers."""

    def chosen(self, url: str) -> Gate:
        """The gate that decides about a call, where this one is for several cassettes."""

    def passes(self, url: str) -> bool:
        """Whether a call passes through: it is made and not recorded."""

    def is_telemetry(self, request: Request) -> bool:
        """Whether a call passes through because of what it sends."""

    def hold(self, url: str) -> None:
        """Raise if the network block forbids a call that no cassette records."""

    def answer(self, request: Request) -> ReplayResponse | ReplayFailure | Capture:
        """A recording or a capture for the live call; raises if there is neither."""

    def refuses(self, status: int) -> bool:
        """Whether a response of this status must not be recorded."""

    def refuse(self, capture: Capture, status: int, body: bytes) -> BaseException:
        """Discard such a response; returns the exception to raise."""

    def not_intercepted(self, library: str, error: Exception) -> None:
        """A library could not be patched, so its calls are not seen."""


class Exchange(Protocol):
    """A call that a library is about to make.

    Attributes:
        url: absolute.
    """

    @property
    def url(self) -> str: ...

    def request(self) -> Request:
        """The request, with its whole body."""

    def replay(self, answer: ReplayResponse) -> Any:
        """The library's own response object, made from a recording."""

    def failure(self, kind: str) -> BaseException:
        """The library's own exception for a call that failed in this way [FAIL-3]."""

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        """The kind of failure that an exception of the library is, or None [FAIL-6].

        Args:
            error: what the live call raised.
            until: the exception that was being handled when the call began.
        """

    def call(self) -> Any:
        """Make the live call; returns the library's response object."""

    def status(self, response: Any) -> int:
        """The status code of a response."""

    def body(self, response: Any) -> bytes:
        """Read the body of a response, content-encoding undone, and close the response."""

    def record(self, response: Any, capture: Capture) -> Any:
        """The response for the caller; the capture gets a copy of what the caller reads."""


class AsyncExchange(Protocol):
    """An `Exchange` of an async library."""

    @property
    def url(self) -> str: ...

    async def request(self) -> Request: ...

    async def replay(self, answer: ReplayResponse) -> Any: ...

    def failure(self, kind: str) -> BaseException: ...

    def kind(self, error: BaseException, until: BaseException | None) -> str | None: ...

    def call(self) -> Awaitable[Any]: ...

    def status(self, response: Any) -> int: ...

    async def body(self, response: Any) -> bytes: ...

    async def record(self, response: Any, capture: Capture) -> Any: ...


_SWITCHING_PROTOCOLS = 101  # a WebSocket has no response that could be recorded


def header_text(raw: bytes) -> str:
    """The name or value of a header as text, one character per byte [HEAD-1]."""
    return raw.decode("latin-1")


def header_bytes(text: str) -> bytes:
    """The inverse of `header_text`."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:  # the file was edited by hand
        return text.encode("utf-8")


def absolute(scheme: str, host: str, port: int | None, target: str) -> str:
    """The URL of a request, from the host of its connection and its target."""
    name = f"[{host.strip('[]')}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(scheme)
    return f"{scheme}://{name}{'' if port in (None, usual) else f':{port}'}{target}"


def dispatch(exchange: Exchange, gate: Gate) -> Any:
    """The response of a call, from the cassette or from the network.

    Raises:
        CassetteMiss, RecordedErrorResponse, CassetteError, NetworkBlocked: from the gate.
    """
    if dispatched.get() and not passing.get():
        return exchange.call()
    url = exchange.url
    gate = gate.chosen(url)
    if _is_dispatched(url, gate):
        return exchange.call()
    if gate.passes(url):
        with _outermost(passes=True):
            return exchange.call()
    request = exchange.request()
    if gate.is_telemetry(request):
        with _outermost(passes=True):
            return exchange.call()
    answer = gate.answer(request)
    if isinstance(answer, ReplayResponse):
        if answer.live is not None:
            with _compared(exchange, answer.live):
                response = exchange.call()
                answer.live.answered(exchange.status(response), exchange.body(response))
        pause(answer.wait_ms)
        return exchange.replay(answer)
    if isinstance(answer, ReplayFailure):
        pause(answer.wait_ms)
        wait(answer.failure, paced=gate.options.replay_timing)
        raise exchange.failure(answer.failure.kind)
    with _live(exchange, answer):
        response = exchange.call()
    status = exchange.status(response)
    if status == _SWITCHING_PROTOCOLS:
        answer.discard()
        return response
    if gate.refuses(status):
        raise gate.refuse(answer, status, exchange.body(response))
    return exchange.record(response, answer)


async def dispatch_async(exchange: AsyncExchange, gate: Gate) -> Any:
    """`dispatch` for an async library."""
    if dispatched.get() and not passing.get():
        return await exchange.call()
    url = exchange.url
    gate = gate.chosen(url)
    if _is_dispatched(url, gate):
        return await exchange.call()
    if gate.passes(url):
        with _outermost(passes=True):
            return await exchange.call()
    request = await exchange.request()
    if gate.is_telemetry(request):
        with _outermost(passes=True):
            return await exchange.call()
    answer = gate.answer(request)
    if isinstance(answer, ReplayResponse):
        if answer.live is not None:
            with _compared(exchange, answer.live):
                response = await exchange.call()
                answer.live.answered(exchange.status(response), await exchange.body(response))
        await pause_async(answer.wait_ms)
        return await exchange.replay(answer)
    if isinstance(answer, ReplayFailure):
        await pause_async(answer.wait_ms)
        await wait_async(answer.failure, paced=gate.options.replay_timing)
        raise exchange.failure(answer.failure.kind)
    with _live(exchange, answer):
        response = await exchange.call()
    status = exchange.status(response)
    if status == _SWITCHING_PROTOCOLS:
        answer.discard()
        return response
    if gate.refuses(status):
        raise gate.refuse(answer, status, await exchange.body(response))
    return await exchange.record(response, answer)


def _is_dispatched(url: str, gate: Gate) -> bool:
    return dispatched.get() and gate.passes(url)


@contextmanager
def _outermost(*, passes: bool = False) -> Iterator[None]:
    """Mark the current call as dispatched, so that inner libraries make it as usual."""
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
def _live(exchange: Exchange | AsyncExchange, capture: Capture) -> Iterator[None]:
    handled = sys.exc_info()[1]
    try:
        with _outermost():
            yield
    except BaseException as error:
        capture.fail(failure_kind(exchange, error, handled))
        raise


@contextmanager
def _compared(exchange: Exchange | AsyncExchange, live: LiveAnswer) -> Iterator[None]:
    """A live call whose answer is only compared: a failure of it is no failure of the client's."""
    handled = sys.exc_info()[1]
    try:
        with _outermost():
            yield
    except Exception as error:
        kind = failure_kind(exchange, error, handled)
        if kind is None:
            raise
        live.failed(kind)
