"""`http.client`, which `urllib.request` and many libraries use.

While a cassette is open, a connection does not connect, and a `_DeferredSocket` buffers what is
sent. `HTTPConnection.getresponse` is called when the request is complete. Then the request is
dispatched: a recording is replayed, or the connection is made and the buffer is sent.
"""

from __future__ import annotations

from http.client import _CS_REQ_SENT, HTTPException  # type: ignore[attr-defined]
from typing import Any, Callable

from .._base.model import Request
from .._base.vocabulary import CANCELLED
from .._session.capture import Capture
from .._session.response import ReplayResponse
from .dispatch import Gate, absolute, dispatch, dispatched
from .failures import is_tunnel_error, kind_of_os_error, os_error
from .http_client_io import FakeSocket, ReplaySocket, parse_request, read_all, tee
from .patches import Patches

#: The attribute of an error that was raised while a request was sent.
UNSENT = "promptecho_unsent"
#: Kinds of failures that happen then.
_SENDING = frozenset(
    ("connect", "connect-timeout", "dns", "proxy", "tls", "write", "write-timeout")
)


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every call of `http.client` through `gate`."""
    connection = module.HTTPConnection
    sending, receiving = (patches.place(connection, each) for each in ("send", "getresponse"))
    send, receive = sending.before, receiving.before

    def defer_send(self: Any, data: Any) -> None:
        if not dispatched.get() and not isinstance(self.sock, _DeferredSocket):
            self.sock = _DeferredSocket(self)
        send(self, data)

    def getresponse(self: Any) -> Any:
        deferred = self.sock
        if dispatched.get() or not isinstance(deferred, _DeferredSocket):
            return receive(self)
        self.sock = deferred.real
        if not deferred.sent:
            return receive(self)  # raises: no request was sent
        try:
            return dispatch(_Exchange(self, bytes(deferred.sent), gate, send, receive), gate)
        except BaseException:
            self.close()  # otherwise the connection would still wait for the response
            raise

    sending.replace(defer_send)
    receiving.replace(getresponse)
    for each in (connection, getattr(module, "HTTPSConnection", None)):  # Python may lack ssl
        if each is not None:
            connecting = patches.place(each, "connect")
            connecting.replace(_defer(connecting.before))


def _defer(connect: Callable[[Any], None]) -> Callable[[Any], None]:
    """Connect only when a live call is made."""

    def connect_later(self: Any) -> None:
        if dispatched.get():
            connect(self)
        else:
            self.sock = _DeferredSocket(self)

    return connect_later


class _DeferredSocket(FakeSocket):
    """Buffers what a connection sends, until the request is complete.

    Attributes:
        real: the socket of the connection, or None if it is not connected.
    """

    def __init__(self, connection: Any) -> None:
        super().__init__()
        self.real = connection.sock
        self._connection = connection

    def makefile(self, *mode: Any) -> Any:
        """Read a response without `getresponse`, for example after the cassette was closed."""
        connection = self._connection
        connection.sock = self.real
        connection.send(bytes(self.sent))  # connects, if it must
        is_deferred = isinstance(connection.sock, _DeferredSocket)
        if is_deferred and connection.sock is not self.real:  # a cassette is open
            raise HTTPException(
                "a response that is not read through HTTPConnection.getresponse cannot be recorded"
            )
        return connection.sock.makefile(*mode)

    def close(self) -> None:
        if self.real is not None:
            self.real.close()


class _Exchange:
    """A request that is complete and whose response is requested."""

    def __init__(
        self,
        connection: Any,
        sent: bytes,
        gate: Gate,
        send: Callable[[Any, Any], None],
        receive: Callable[[Any], Any],
    ) -> None:
        self._connection = connection
        self._sent = sent
        self._gate = gate
        self._send = send
        self._receive = receive
        self._phase = "connect"
        self._method, self._target, self._headers, self._body = parse_request(sent)

    @property
    def url(self) -> str:
        connection = self._connection
        if self._target.startswith(("http://", "https://")):
            return self._target  # through a proxy
        host = connection._tunnel_host or connection.host
        port = connection._tunnel_port if connection._tunnel_host else connection.port
        return absolute(_scheme(connection), host, port, self._target)

    def request(self) -> Request:
        return Request(self._method, self.url, self._headers, self._body)

    def replay(self, answer: ReplayResponse) -> Any:
        connection, paced = self._connection, self._gate.options.replay_timing
        # `getresponse` reads one response for each request; mode ``verify`` has read a live one.
        connection._HTTPConnection__state = _CS_REQ_SENT
        connection._HTTPConnection__response = None
        real = connection.sock
        connection.sock = ReplaySocket(answer, self._method, paced=paced)
        try:
            return self._receive(connection)
        finally:
            connection.sock = real

    def call(self) -> Any:
        try:
            self._send(self._connection, self._sent)
        except OSError as error:
            self._phase = "connect" if self._connection.sock is None else "write"
            vars(error)[UNSENT] = True
            raise
        self._phase = "read"
        return self._receive(self._connection)

    def failure(self, kind: str) -> BaseException:
        error = os_error("read-timeout" if kind == CANCELLED else kind)
        if kind in _SENDING:
            vars(error)[UNSENT] = True
        return error

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        return "proxy" if is_tunnel_error(error) else kind_of_os_error(error, phase=self._phase)

    def status(self, response: Any) -> int:
        return int(response.status)

    def body(self, response: Any) -> bytes:
        with response:
            return read_all(response)

    def record(self, response: Any, capture: Capture) -> Any:
        tee(response, capture)
        return response


def _scheme(connection: Any) -> str:
    return "https" if connection.default_port == 443 else "http"
