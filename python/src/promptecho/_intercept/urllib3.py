"""urllib3 1.26 and 2, and the libraries that use it, such as requests and botocore.

`HTTPConnectionPool._make_request` makes one attempt of a call; retries and redirects are attempts
too. It is replaced. The pool itself replays a recording, over a new connection with a
`ReplaySocket`; the connection that the pool chose is not used. A proxy tunnel is opened only for a
live call.
"""

from __future__ import annotations

import socket
from http.client import HTTPConnection
from typing import Any, Callable
from weakref import WeakSet

from .._base.model import Request
from .._session.capture import Capture
from .._session.response import ReplayResponse
from .dispatch import Gate, absolute, dispatch, dispatched
from .failures import is_tunnel_error, kind_of_os_error, os_error, raised_from, refined, text
from .http_client_io import ReplaySocket, as_text, read_all, read_body, tee
from .patches import Patches


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every attempt of urllib3's pools through `gate`."""
    plain = module.connectionpool.HTTPConnectionPool
    secure = module.connectionpool.HTTPSConnectionPool
    if not issubclass(plain.ConnectionCls, HTTPConnection):
        raise TypeError("its connections are not those of http.client")
    errors = module.exceptions
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
            connection.is_verified = True  # urllib3 warns about unverified connections
            return attempt(pool, connection, method, url, **more)

        exchange = _Exchange(pool, conn, method, url, more, live, replay, gate, errors)
        return dispatch(exchange, gate)

    def prepare_later(pool: Any, conn: Any) -> None:
        if dispatched.get():
            prepare_proxy(pool, conn)
        else:
            untunneled.add(conn)

    patches.replace(plain, "_make_request", make_request)
    patches.replace(secure, "_prepare_proxy", prepare_later)


class _Exchange:
    """One attempt of a pool.

    urllib3 2 passes `preload_content` to it, and reads the body before it returns; 1.26 does not.
    """

    def __init__(
        self,
        pool: Any,
        connection: Any,
        method: str,
        target: str,
        more: dict[str, Any],
        live: Callable[..., Any],
        replay: Callable[[ReplaySocket], Any],
        gate: Gate,
        errors: Any,
    ) -> None:
        self._pool = pool
        self._connection = connection
        self._errors = errors
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
            return self._target  # through a proxy
        pool = self._pool
        return absolute(pool.scheme, pool.host, pool.port, self._target)

    def request(self) -> Request:
        more, charset = self._more, "latin-1"  # urllib3 1.26 encodes text so
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

    def failure(self, kind: str) -> BaseException:
        """What one attempt raises; the pool makes the exception of a call of it, or retries."""
        errors, message, cause = self._errors, text(kind), os_error(kind)
        if kind in ("connect", "dns"):
            if kind == "dns" and hasattr(errors, "NameResolutionError"):  # new in urllib3 2
                error = errors.NameResolutionError(self._pool.host, self._connection, cause)
            else:
                error = errors.NewConnectionError(self._connection, message)
        elif kind == "connect-timeout":
            error = errors.ConnectTimeoutError(self._connection, message)
        elif kind in ("read-timeout", "cancelled"):
            error = errors.ReadTimeoutError(self._pool, self._target, message)
        elif kind == "pool-timeout":
            error = errors.EmptyPoolError(self._pool, message)
        elif kind == "decode":
            error = errors.DecodeError(message)
        elif kind == "proxy":
            error = errors.ProxyError(message, cause)
        else:
            return cause  # the pool wraps it
        return raised_from(error, cause)

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        errors = self._errors
        if isinstance(error, errors.ConnectTimeoutError) and not isinstance(
            error,
            errors.NewConnectionError,  # a subclass of it in urllib3 1.26
        ):
            return "connect-timeout"
        if isinstance(error, errors.ReadTimeoutError):
            return "read-timeout"
        if isinstance(error, errors.ProxyError):
            return "proxy"
        if isinstance(error, errors.SSLError):
            return "tls"
        if isinstance(error, errors.NewConnectionError):
            return refined("connect", error, until)
        if type(error).__module__ == "ssl":
            return "tls"
        if isinstance(error, socket.timeout):
            return "write-timeout"  # urllib3 has made its own exception of any other
        if is_tunnel_error(error):
            return "proxy"
        return kind_of_os_error(error, phase="read")

    def status(self, response: Any) -> int:
        return int(response.status)

    def body(self, response: Any) -> bytes:
        try:
            return read_all(_original(response))
        finally:
            response.close()

    def record(self, response: Any, capture: Capture) -> Any:
        tee(_original(response), capture)
        if self._more.get("preload_content"):
            response.data  # noqa: B018, the property reads the body
        return response


def _original(response: Any) -> Any:
    """The response of `http.client`; urllib3 1.26 returns it itself, 2 wraps it."""
    return getattr(response, "_original_response", response)
