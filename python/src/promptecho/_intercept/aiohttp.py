"""aiohttp 3: every session, whatever its connector.

A session asks its connector for a connection, sends its request on it, and starts the response. A
call is taken over where the connection is asked for, but that is put off until the request is sent:
then it is whole. A recording is played by aiohttp itself, over a connection whose transport is a
tape. `_request` is where a connector that brings a `connect` of its own is seen in time.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from typing import Any, Callable, NamedTuple

from .._base.model import Request
from .._session.capture import Capture
from .._session.response import ReplayResponse
from . import Patches
from .aiohttp_streams import ReplayTransport, copies
from .dispatch import Gate, dispatch_async, dispatched, header_text
from .http_message import message


class _Library(NamedTuple):
    """What is needed of aiohttp, and how its versions differ."""

    module: Any
    send: Callable[[Any, Any], Awaitable[Any]]
    copy: Callable[[Any, Capture], Any]
    connection: Callable[..., Any]
    codings: frozenset[str]
    connect_timeout: type[Exception]


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every call of aiohttp's sessions through `gate`."""
    library = _library(module)
    ask = module.ClientSession._request
    taken: set[Any] = set()

    def take_over(connector: Any) -> None:
        places = (connector, *type(connector).__mro__)
        owner = next((each for each in places if "connect" in getattr(each, "__dict__", ())), None)
        if owner is not None and owner not in taken:
            connect = vars(owner)["connect"]
            later = _later(connect, library)
            if owner is connector:  # a mock: it is not bound
                later = partial(_later(lambda _, *a, **k: connect(*a, **k), library), connector)
            patches.replace(owner, "connect", later)
            taken.add(owner)

    def request(session: Any, *args: Any, **more: Any) -> Any:
        take_over(session._connector)
        return ask(session, *args, **more)

    async def send(sent: Any, connection: Any) -> Any:
        if not isinstance(connection, _Later):
            return await library.send(sent, connection)
        return await dispatch_async(_Exchange(sent, connection, library, gate), gate)

    patches.replace(
        module.BaseConnector, "connect", _later(vars(module.BaseConnector)["connect"], library)
    )
    taken.add(module.BaseConnector)
    patches.replace(module.ClientSession, "_request", request)
    patches.replace(module.ClientRequest, "send", send)


def _library(module: Any) -> _Library:
    codings = {"gzip", "deflate", "br"}
    if hasattr(module.compression_utils, "HAS_ZSTD"):
        codings.add("zstd")
    return _Library(
        module,
        module.ClientRequest.send,
        copies(module.StreamReader),
        _connection_class(module.connector.Connection),
        frozenset(codings),
        getattr(module, "ConnectionTimeoutError", module.ServerTimeoutError),
    )


def _connection_class(base: Any) -> Any:
    class Played(base):  # type: ignore[misc]
        """A connection that no connector has lent."""

        def close(self) -> None:
            self._notify_release()
            if self.protocol is not None:
                self.protocol.close()
            self._protocol = None

        release = close

        def __del__(self) -> None:
            """Nothing is open that could be left open."""

    return Played


def _later(connect: Callable[..., Awaitable[Any]], library: _Library) -> Callable[..., Any]:
    """Leave connecting to the live call, if there is one."""

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

        return await live() if dispatched.get() else _Later(connector, in_time)

    return connect_later


class _Later:
    """A connection that is not made yet, with as much of its protocol as a session touches."""

    def __init__(self, connector: Any, connect: Callable[[], Awaitable[Any]]) -> None:
        self.connector = connector
        self.connect = connect
        self.protocol = self.transport = self
        self.response_params: dict[str, Any] = {}

    def set_response_params(self, **params: Any) -> None:
        """Keep what the protocol is to be told."""
        self.response_params = params

    def close(self) -> None:
        """There is nothing to close."""


class _Exchange:
    """A request that is about to be sent."""

    def __init__(self, request: Any, later: _Later, library: _Library, gate: Gate) -> None:
        self._request = request
        self._later = later
        self._library = library
        self._gate = gate

    @property
    def url(self) -> str:
        return str(self._request.url)

    async def request(self) -> Request:
        body = await _read(self._request, self._library.module.payload)
        headers = [(str(name), str(value)) for name, value in self._request.headers.items()]
        if self._request.compress:  # this is done on the way out
            headers = [pair for pair in headers if pair[0].lower() != "content-encoding"]
        return Request(self._request.method, self.url, tuple(headers), body)

    async def replay(self, answer: ReplayResponse) -> Any:
        loop = asyncio.get_running_loop()
        protocol = self._library.module.client_proto.ResponseHandler(loop=loop)
        tape = ReplayTransport(
            protocol,
            message(answer, self._request.method),
            paced=self._gate.options.replay_timing,
            broken=self._library.module.ClientPayloadError,
        )
        protocol.connection_made(tape)
        key = self._request.connection_key
        response = await self._over(
            self._library.connection(self._later.connector, key, protocol, loop)
        )
        tape.play(response.content)
        return response

    async def call(self) -> Any:
        return await self._over(await self._later.connect())

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
            response.content = self._library.copy(content, capture)
        return response

    async def _over(self, connection: Any) -> Any:
        """Send the request over a connection, and start its response, as a session does."""
        try:
            connection.protocol.set_response_params(**self._later.response_params)
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
        return coding in self._library.codings and self._later.response_params["auto_decompress"]


async def _started(connection: Any) -> None:
    """A response is started once; the session will ask for it again."""


async def _read(request: Any, payload: Any) -> bytes:
    """The body of a request; where it can be read but once, it is put back."""
    body = request.body
    if not body or isinstance(body, (bytes, bytearray)):
        return bytes(body)
    sink = _Sink()
    await body.write(sink)
    if not isinstance(body, payload.BytesPayload):
        if hasattr(body, "close"):
            await body.close()
        # `body` is a property in newer versions, and would change the headers too.
        name = "_body" if hasattr(request, "_body") else "body"
        setattr(request, name, payload.BytesIOPayload(io.BytesIO(sink.data)))
    return bytes(sink.data)


class _Sink:
    """What a body is written to, to be read."""

    def __init__(self) -> None:
        self.data = bytearray()

    async def write(self, chunk: Any) -> None:
        self.data += chunk

    async def drain(self) -> None:
        """Nothing has to wait."""

    async def write_eof(self, chunk: bytes = b"") -> None:
        self.data += chunk
