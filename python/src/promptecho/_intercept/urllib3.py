"""urllib3 1.26 and 2, and so requests, botocore and what else sits on it.

A call is taken over where a pool makes one attempt of it, `_make_request`, since retries and
redirects are attempts of their own. A recording is played by the pool itself, over a connection of
its own whose socket is a playback; the one that the pool chose stays as it was. A tunnel through a
proxy is dug when a live call needs it.
"""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any, Callable
from weakref import WeakSet

from .._base.model import Request
from .._session.capture import Capture
from .._session.response import ReplayResponse
from . import Patches
from .dispatch import Gate, dispatch, dispatched
from .http_client import absolute
from .http_client_io import ReplaySocket, as_text, read_all, read_body, tap


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every attempt of urllib3's pools through `gate`."""
    plain = module.connectionpool.HTTPConnectionPool
    secure = module.connectionpool.HTTPSConnectionPool
    if not issubclass(plain.ConnectionCls, HTTPConnection):
        raise TypeError("its connections are not those of http.client")
    attempt, prepare_proxy = plain._make_request, secure._prepare_proxy
    untunneled: WeakSet[Any] = WeakSet()

    def make_request(pool: Any, conn: Any, method: str, url: str, **more: Any) -> Any:
        def live(**changed: Any) -> Any:
            if conn in untunneled:
                untunneled.discard(conn)
                prepare_proxy(pool, conn)
            return attempt(pool, conn, method, url, **{**more, **changed})

        def replay(socket: ReplaySocket) -> Any:
            connection = plain.ConnectionCls(pool.host, pool.port)
            connection.sock = socket
            connection.is_verified = True  # or urllib3 warns that nobody is
            return attempt(pool, connection, method, url, **more)

        return dispatch(_Exchange(pool, method, url, more, live, replay, gate), gate)

    def prepare_later(pool: Any, conn: Any) -> None:
        if dispatched.get():
            prepare_proxy(pool, conn)
        else:
            untunneled.add(conn)

    patches.replace(plain, "_make_request", make_request)
    patches.replace(secure, "_prepare_proxy", prepare_later)


class _Exchange:
    """One attempt of a pool.

    Its keyword arguments differ: 2 passes `preload_content`, and reads the body before it returns.
    """

    def __init__(
        self,
        pool: Any,
        method: str,
        target: str,
        more: dict[str, Any],
        live: Callable[..., Any],
        replay: Callable[[ReplaySocket], Any],
        gate: Gate,
    ) -> None:
        self._pool = pool
        self._method = method
        self._target = target
        self._more = more
        self._live = live
        self._replay = replay
        self._gate = gate
        self._unread: dict[str, bool] = {}

    @property
    def url(self) -> str:
        if self._target.startswith(("http://", "https://")):
            return self._target  # by way of a proxy
        pool = self._pool
        return absolute(pool.scheme, pool.host, pool.port, self._target)

    def request(self) -> Request:
        more, charset = self._more, "latin-1"  # in which 1.26 sends text
        if "preload_content" in more:
            self._unread, charset = {"preload_content": False}, "utf-8"
        body, more["body"] = read_body(more.get("body"), charset)
        headers = more.get("headers") or {}
        seen = tuple((as_text(name), as_text(value)) for name, value in headers.items())
        return Request(self._method, self.url, seen, body)

    def replay(self, answer: ReplayResponse) -> Any:
        paced = self._gate.options.replay_timing
        token = dispatched.set(True)
        try:
            return self._replay(ReplaySocket(answer, self._method, paced=paced))
        finally:
            dispatched.reset(token)

    def call(self) -> Any:
        return self._live(**self._unread)

    def status(self, response: Any) -> int:
        return int(response.status)

    def body(self, response: Any) -> bytes:
        try:
            return read_all(_original(response))
        finally:
            response.close()

    def record(self, response: Any, capture: Capture) -> Any:
        tap(_original(response), capture)
        if self._more.get("preload_content"):
            response.data  # noqa: B018, reads it
        return response


def _original(response: Any) -> Any:
    """The response of `http.client`, which in 1.26 an attempt returns."""
    return getattr(response, "_original_response", response)
