"""Connections from before a network block: what Python sends on them is stopped.

No audit event tells of `send`, so sockets get methods of their own while the network is blocked.
Bytes that a library sends to close a connection pass, as TLS wants them, and so does what debuggers
and test runners send. `os.write` and code in C are not seen.
"""

from __future__ import annotations

import gc
import socket
import sys
from types import FrameType
from typing import Any, Callable, NamedTuple
from weakref import WeakSet

_METHODS = ("send", "sendall", "sendmsg", "sendfile")
_TLS_METHODS = ("send", "write")  # which `sendall` and `sendfile` call
# The caller of a library is who sends, if it called one of these functions.
_LAYERS = frozenset(("socket", "ssl", "asyncio", "trio", "anyio"))
_SENDS = frozenset((*_METHODS, "write", "writelines", "sendto", "send_all"))
_LOOP_SENDS = frozenset(("sock_sendall", "sock_sendto", "sock_sendfile"))
# Debuggers and test runners; they connect before the test begins.
_TOOLS = frozenset(
    ("pydevd", "_pydevd_bundle", "_pydev_bundle", "debugpy", "ptvsd", "execnet", "vscode_pytest")
)

#: Raises if a socket may not send.
Check = Callable[[socket.socket], None]


class OpenConnections:
    """The methods that send, replaced between `begin` and `end`.

    Args:
        check: is called before a send.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._replaced: list[_Method] = []

    def begin(self) -> None:
        """Replace the methods."""
        if self._replaced:
            return
        ssl = sys.modules.get("ssl")  # without it there is no such socket
        classes: list[tuple[Any, tuple[str, ...]]] = [(socket.socket, _METHODS)]
        if ssl is not None:
            classes.append((ssl.SSLSocket, _TLS_METHODS))
        for owner, names in classes:
            for name in names:
                if hasattr(owner, name):  # Windows has no `sendmsg`
                    self._replaced.append(_replaced(owner, name, self._check))

    def end(self) -> None:
        """Restore the methods."""
        while self._replaced:
            self._replaced.pop().restore()


class _Method(NamedTuple):
    owner: Any
    name: str
    own: Any
    replacement: Any

    def restore(self) -> None:
        if vars(self.owner).get(self.name) is not self.replacement:
            return  # somebody else has replaced it
        if self.own is None:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.own)


def _replaced(owner: Any, name: str, check: Check) -> _Method:
    own, inner = vars(owner).get(name), getattr(owner, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_sent(sys._getframe(1)):
            check(self)
        return inner(self, *args, **kwargs)

    method.__name__, method.__doc__ = name, inner.__doc__
    setattr(owner, name, method)
    return _Method(owner, name, own, method)


def is_sent(frame: FrameType | None) -> bool:
    """Whether a frame that calls `send` does so for code that wants to send something."""
    name = "send"
    while frame is not None and _package(frame) in _LAYERS:
        name, frame = frame.f_code.co_name, frame.f_back
    return name in _SENDS | _LOOP_SENDS and (frame is None or _package(frame) not in _TOOLS)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


#: Sockets that a server of this process accepted.
_accepted: WeakSet[socket.socket] = WeakSet()


def is_accepted(one: socket.socket, address: tuple[Any, ...]) -> bool:
    """Whether a server of this process accepted a connection: it listens on the same port."""
    if one in _accepted:
        return True
    found = any(_listens(each, address[1]) for each in gc.get_objects() if _is_socket(each))
    if found:
        _accepted.add(one)
    return found


def _is_socket(value: Any) -> bool:
    return issubclass(type(value), socket.socket)  # `isinstance` asks proxies for their class


def _listens(one: socket.socket, port: int) -> bool:
    try:
        listens = one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        return bool(listens) and one.getsockname()[1] == port
    except (OSError, AttributeError, IndexError):  # closed, or another kind of socket
        return False
