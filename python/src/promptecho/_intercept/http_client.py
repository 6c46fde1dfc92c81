"""`http.client`, on which `urllib.request` and much else sits: the lowest net.

A connection does not connect while a cassette is open. What it sends is kept until a response is
asked for; then the request is whole, and is played, or is sent.
"""

from __future__ import annotations

from http.client import HTTPException
from typing import Any, Callable

from .._base.model import Request
from .._session.capture import Capture
from .._session.response import ReplayResponse
from . import Patches
from .dispatch import Gate, dispatch, dispatched
from .http_client_io import FakeSocket, ReplaySocket, parse_request, read_all, tap

#: Marks an error that was raised before a response was waited for.
UNSENT = "promptecho_unsent"


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every call of `http.client` through `gate`."""
    connection = module.HTTPConnection
    send, receive = connection.send, connection.getresponse

    def keep(self: Any, data: Any) -> None:
        if not dispatched.get() and not isinstance(self.sock, _Held):
            self.sock = _Held(self)
        send(self, data)

    def getresponse(self: Any) -> Any:
        held = self.sock
        if dispatched.get() or not isinstance(held, _Held):
            return receive(self)
        self.sock = held.real
        if not held.sent:
            return receive(self)  # raises: nothing was asked
        try:
            return dispatch(_Exchange(self, bytes(held.sent), gate, send, receive), gate)
        except BaseException:
            self.close()  # or it would wait for the response for ever
            raise

    patches.replace(connection, "send", keep)
    patches.replace(connection, "getresponse", getresponse)
    for each in (connection, getattr(module, "HTTPSConnection", None)):  # Python without ssl
        if each is not None:
            patches.replace(each, "connect", _lazy(each.connect))


def _lazy(connect: Callable[[Any], None]) -> Callable[[Any], None]:
    """Leave connecting to the live call, if there is one."""

    def connect_later(self: Any) -> None:
        if dispatched.get():
            connect(self)
        else:
            self.sock = _Held(self)

    return connect_later


class _Held(FakeSocket):
    """Stands in for the socket of a connection, which may have none yet."""

    def __init__(self, connection: Any) -> None:
        super().__init__()
        self.real = connection.sock
        self._connection = connection

    def makefile(self, *mode: Any) -> Any:
        """A response is read by nobody who would ask a cassette: it was closed meanwhile."""
        connection = self._connection
        connection.sock = self.real
        connection.send(bytes(self.sent))  # connects, if it must
        if isinstance(connection.sock, _Held) and connection.sock is not self.real:  # still open
            raise HTTPException("a response that is read past getresponse() cannot be recorded")
        return connection.sock.makefile(*mode)

    def close(self) -> None:
        if self.real is not None:
            self.real.close()


class _Exchange:
    """A request that is written, before its response is read."""

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
        self._method, self._target, self._headers, self._body = parse_request(sent)

    @property
    def url(self) -> str:
        connection = self._connection
        if self._target.startswith(("http://", "https://")):
            return self._target  # by way of a proxy
        host = connection._tunnel_host or connection.host
        port = connection._tunnel_port if connection._tunnel_host else connection.port
        return absolute(_scheme(connection), host, port, self._target)

    def request(self) -> Request:
        return Request(self._method, self.url, self._headers, self._body)

    def replay(self, answer: ReplayResponse) -> Any:
        connection, paced = self._connection, self._gate.options.replay_timing
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
            vars(error)[UNSENT] = True
            raise
        return self._receive(self._connection)

    def status(self, response: Any) -> int:
        return int(response.status)

    def body(self, response: Any) -> bytes:
        with response:
            return read_all(response)

    def record(self, response: Any, capture: Capture) -> Any:
        tap(response, capture)
        return response


def absolute(scheme: str, host: str, port: int | None, target: str) -> str:
    """The URL of a request that was made on a connection to a host."""
    name = f"[{host.strip('[]')}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(scheme)
    return f"{scheme}://{name}{'' if port in (None, usual) else f':{port}'}{target}"


def _scheme(connection: Any) -> str:
    return "https" if connection.default_port == 443 else "http"
