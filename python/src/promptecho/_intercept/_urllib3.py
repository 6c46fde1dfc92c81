"""urllib3 1.26 and 2, and so requests, botocore and what else sits on it.

A call is taken over where a pool makes one attempt of it, `_make_request`, since retries and
redirects are attempts of their own. A recording is played by urllib3 itself, over a connection
whose socket is a playback. A tunnel through a proxy is dug when a live call needs it.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any, Callable
from weakref import WeakSet

from .._model import Request
from .._response import Playable
from .._run import Capture
from . import Patches
from ._exchange import Gate, settle, settled
from ._http_client import absolute
from ._wire import Playback, tap

Attempt = Callable[..., Any]


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every attempt of urllib3's pools through `gate`."""
    from urllib3 import connectionpool

    plain, secure = connectionpool.HTTPConnectionPool, connectionpool.HTTPSConnectionPool
    attempt, prepare_proxy = plain._make_request, secure._prepare_proxy
    untunneled: WeakSet[Any] = WeakSet()

    def make_request(pool: Any, connection: Any, method: str, url: str, **more: Any) -> Any:
        def live(**changed: Any) -> Any:
            if connection in untunneled:
                untunneled.discard(connection)
                prepare_proxy(pool, connection)
            return attempt(pool, connection, method, url, **changed)

        return settle(_Exchange(pool, connection, method, url, more, live, gate), gate)

    def prepare_later(pool: Any, connection: Any) -> None:
        if settled.get():
            prepare_proxy(pool, connection)
        else:
            untunneled.add(connection)

    patches.replace(plain, "_make_request", make_request)
    patches.replace(secure, "_prepare_proxy", prepare_later)


class _Exchange:
    """One attempt of a pool.

    Its keyword arguments differ: 2 passes `preload_content`, and reads the body before it returns.
    """

    def __init__(
        self,
        pool: Any,
        connection: Any,
        method: str,
        target: str,
        more: dict[str, Any],
        attempt: Attempt,
        gate: Gate,
    ) -> None:
        self._pool = pool
        self._connection = connection
        self._method = method
        self._target = target
        self._more = more
        self._attempt = attempt
        self._gate = gate
        self._unread: dict[str, bool] = {}

    @property
    def url(self) -> str:
        if self._target.startswith(("http://", "https://")):
            return self._target  # by way of a proxy
        pool = self._pool
        return absolute(pool.scheme, pool.host, pool.port, self._target)

    def request(self) -> Request:
        if "preload_content" in self._more:
            self._unread = {"preload_content": False}
        given = self._more.get("body")
        body = _read(given)
        if body is not None and not isinstance(given, (str, bytes)):
            self._more["body"] = io.BytesIO(body)  # framed as what was given
        headers = self._more.get("headers") or {}
        seen = tuple((_text(name), _text(value)) for name, value in headers.items())
        return Request(self._method, self.url, seen, body or b"")

    def replay(self, answer: Playable) -> Any:
        connection = self._connection
        before = connection.sock, connection.is_verified
        paced = self._gate.options.replay_timing
        connection.sock = Playback(answer, self._method, paced=paced)
        connection.is_verified = True  # or urllib3 warns that nobody is
        token = settled.set(True)
        try:
            return self._attempt(**self._more)
        finally:
            settled.reset(token)
            connection.sock, connection.is_verified = before

    def call(self) -> Any:
        return self._attempt(**{**self._more, **self._unread})

    def status(self, response: Any) -> int:
        return int(response.status)

    def body(self, response: Any) -> bytes:
        with suppress(Exception), response:
            data: bytes = response.read()
            return data
        return b""

    def record(self, response: Any, capture: Capture) -> Any:
        tap(getattr(response, "_original_response", response), capture)
        if self._unread and self._more["preload_content"]:
            response.data  # noqa: B018, reads it
        return response


def _read(body: Any) -> bytes | None:
    """A body of any of the kinds that urllib3 takes, as it is sent."""
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return _read(body.read())
    try:
        return bytes(memoryview(body))
    except TypeError:
        return b"".join(_read(each) or b"" for each in body)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
