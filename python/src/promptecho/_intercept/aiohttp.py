"""aiohttp 3: every session, with any connector.

A session gets a connection from its connector, sends the request on it, and starts the response.
`BaseConnector.connect` returns a `_DeferredConnection`, and `ClientRequest.send`, where the request
is complete, dispatches the call. aiohttp itself replays a recording, over a connection with a
`ReplayTransport`. `ClientSession._request` is replaced too: there a connector class that overrides
`connect` is found before it is used.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Callable, NamedTuple

from .._base.model import Request
from .._session.capture import Capture
from .._session.response import ReplayResponse
from .aiohttp_events import connected
from .aiohttp_failures import AiohttpFailures
from .aiohttp_streams import ReplayTransport, tee_reader
from .chunks import without_waiting
from .dispatch import Gate, dispatch_async, dispatched, header_text
from .failures import is_cancelled, text
from .http_message import BrokenOff, message
from .patches import Patches


class _Library(NamedTuple):
    """The parts of aiohttp that are used, and the differences of its versions."""

    module: Any
    send: Callable[[Any, Any], Awaitable[Any]]
    tee: Callable[[Any, Capture], Any]
    connection: Callable[..., Any]
    codings: frozenset[str]
    connect_timeout: type[Exception]
    failures: AiohttpFailures


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every call of aiohttp's sessions through `gate`."""
    library = _library(module)
    requesting = patches.place(module.ClientSession, "_request")
    taken: set[Any] = set()

    def take_over(connector: Any) -> None:
        places = (connector, *type(connector).__mro__)
        owner = next((each for each in places if "connect" in getattr(each, "__dict__", ())), None)
        if owner is not None and owner not in taken:
            connect = vars(owner)["connect"]
            deferred = _defer(connect, library)
            if owner is connector:  # a mock on the instance is not bound
                deferred = partial(_defer(lambda _, *a, **k: connect(*a, **k), library), connector)
            patches.replace(owner, "connect", deferred)
            taken.add(owner)

    def request(session: Any, *args: Any, **more: Any) -> Any:
        take_over(session._connector)
        return requesting.before(session, *args, **more)

    async def send(sent: Any, connection: Any) -> Any:
        if not isinstance(connection, _DeferredConnection):
            return await library.send(sent, connection)
        return await dispatch_async(_Exchange(sent, connection, library, gate), gate)

    patches.replace(
        module.BaseConnector, "connect", _defer(vars(module.BaseConnector)["connect"], library)
    )
    taken.add(module.BaseConnector)
    requesting.replace(request)
    patches.replace(module.ClientRequest, "send", send)


def _library(module: Any) -> _Library:
    codings = {"gzip", "deflate", "br"}
    if hasattr(module.compression_utils, "HAS_ZSTD"):
        codings.add("zstd")
    failures = AiohttpFailures(module)
    return _Library(
        module,
        module.ClientRequest.send,
        tee_reader(module.StreamReader, failures, module.ClientPayloadError),
        _connection_class(module.connector.Connection),
        frozenset(codings),
        getattr(module, "ConnectionTimeoutError", module.ServerTimeoutError),
        failures,
    )


def _connection_class(base: Any) -> Any:
    class ReplayConnection(base):  # type: ignore[misc]
        """A connection that belongs to no connector."""

        def close(self) -> None:
            self._notify_release()
            if self.protocol is not None:
                self.protocol.close()
            self._protocol = None

        release = close

        def __del__(self) -> None:
            """Without aiohttp's warning about unclosed connections: no socket is open."""

    return ReplayConnection


def _defer(connect: Callable[..., Awaitable[Any]], library: _Library) -> Callable[..., Any]:
    """Connect only when a live call is made."""

    async def connect_later(connector: Any, req: Any, traces: Any, timeout: Any) -> Any:
        async def live() -> Any:
            return await connect(connector, req, traces=traces, timeout=timeout)

        async def in_time() -> Any:
            ceil_timeout = library.module.helpers.ceil_timeout
            try:
                async with ceil_timeout(timeout.connect, ceil_threshold=timeout.ceil_threshold):
                    return await live()
            except asyncio.TimeoutError as error:
                text = f"Connection timeout to host {req.url}"
                raise library.connect_timeout(text) from error

        if dispatched.get():
            return await live()
        return _DeferredConnection(connector, in_time, traces or ())

    return connect_later


class _DeferredConnection:
    """A connection that is not made yet, with the parts of its protocol that a session uses."""

    def __init__(
        self, connector: Any, connect: Callable[[], Awaitable[Any]], traces: Sequence[Any]
    ) -> None:
        self.connector = connector
        self.connect = connect
        self.traces = traces
        self.protocol = self.transport = self
        self.response_params: dict[str, Any] = {}

    def set_response_params(self, **params: Any) -> None:
        """Store the parameters for the protocol of the real connection."""
        self.response_params = params

    def close(self) -> None:
        """There is no connection to close."""


class _Exchange:
    """A request that is about to be sent."""

    def __init__(
        self, request: Any, connection: _DeferredConnection, library: _Library, gate: Gate
    ) -> None:
        self._request = request
        self._connection = connection
        self._library = library
        self._gate = gate

    @property
    def url(self) -> str:
        return str(self._request.url)

    async def request(self) -> Request:
        body = await _read(self._request, self._library.module.payload)
        headers = [(str(name), str(value)) for name, value in self._request.headers.items()]
        if self._request.compress:  # aiohttp compresses the body later, while it sends it
            headers = [pair for pair in headers if pair[0].lower() != "content-encoding"]
        return Request(self._request.method, self.url, tuple(headers), body)

    async def replay(self, answer: ReplayResponse) -> Any:
        deferred, module = self._connection, self._library.module
        await connected(deferred.traces, self._request, deferred.connector, module)
        loop = asyncio.get_running_loop()
        protocol = module.client_proto.ResponseHandler(loop=loop)
        transport = ReplayTransport(
            protocol,
            message(answer, self._request.method, without_waiting(answer)),
            turns=answer.turns,
            paced=self._gate.options.replay_timing,
            broken=self._broken,
        )
        protocol.connection_made(transport)
        key = self._request.connection_key
        response = await self._over(
            self._library.connection(deferred.connector, key, protocol, loop)
        )
        transport.play(response.content)
        return response

    async def call(self) -> Any:
        return await self._over(await self._connection.connect())

    def failure(self, kind: str) -> BaseException:
        return self._library.failures.made(kind, self._request, self._connection)

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        timer = self._connection.response_params.get("timer")
        if is_cancelled(error) and getattr(timer, "_cancelled", False):
            return "read-timeout"  # `ClientTimeout.total` has cancelled the task
        return self._library.failures.kind(error, until)

    def _broken(self, end: BrokenOff) -> BaseException:
        """What aiohttp raises where a response breaks off."""
        if end.failure is None or "timeout" not in end.failure.kind:
            message = str(end) if end.failure is None else text(end.failure.kind)
            broken: BaseException = self._library.module.ClientPayloadError(message)
            return broken
        return self._library.failures.made(end.failure.kind, self._request, self._connection)

    def status(self, response: Any) -> int:
        return int(response.status)

    async def body(self, response: Any) -> bytes:
        chunks = []
        try:
            with suppress(Exception):
                async for chunk in response.content.iter_any():
                    chunks.append(chunk)
        finally:
            response.close()
        return b"".join(chunks)

    async def record(self, response: Any, capture: Capture) -> Any:
        content = response.content
        headers = [(header_text(name), header_text(value)) for name, value in response.raw_headers]
        if self._is_decoded(response):
            headers = [pair for pair in headers if pair[0].lower() != "content-encoding"]
        reason = (response.reason or "").encode("utf-8", "surrogateescape")
        capture.head(response.status, header_text(reason), tuple(headers))
        if content.at_eof():
            capture.end()
        else:
            response.content = self._library.tee(content, capture)
        return response

    async def _over(self, connection: Any) -> Any:
        """Send the request over a connection and start the response, as a session does."""
        try:
            connection.protocol.set_response_params(**self._connection.response_params)
            response = await self._library.send(self._request, connection)
            try:
                await response.start(connection)
            except BaseException:
                response.close()
                raise
        except BaseException:
            connection.close()
            raise
        response.start = _started
        return response

    def _is_decoded(self, response: Any) -> bool:
        coding = response.headers.get("content-encoding", "").lower()
        return (
            coding in self._library.codings and self._connection.response_params["auto_decompress"]
        )


async def _started(connection: Any) -> None:
    """Replaces `start` of a response that has started; the session calls it again."""


async def _read(request: Any, payload: Any) -> bytes:
    """The body of a request; one that can be read only once is replaced by a copy."""
    body = request.body
    if not body or isinstance(body, (bytes, bytearray)):
        return bytes(body)
    writer = _BodyWriter()
    await body.write(writer)
    if not isinstance(body, payload.BytesPayload):
        if hasattr(body, "close"):
            await body.close()
        # In newer versions `ClientRequest.body` is a property whose setter changes headers.
        name = "_body" if hasattr(request, "_body") else "body"
        setattr(request, name, payload.BytesIOPayload(io.BytesIO(writer.data)))
    return bytes(writer.data)


class _BodyWriter:
    """A stream writer that collects what aiohttp writes."""

    def __init__(self) -> None:
        self.data = bytearray()

    async def write(self, chunk: Any) -> None:
        self.data += chunk

    async def drain(self) -> None:
        """Nothing to wait for."""

    async def write_eof(self, chunk: bytes = b"") -> None:
        self.data += chunk
