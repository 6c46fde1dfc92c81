"""Failures of calls: which kind an exception is, and which exception replays a kind.

A client raises its own exception on top of that of a lower library, and the lowest one is the most
exact: `ConnectError` of httpx is raised for a refused connection, an unknown name and a failed
handshake. So each backend names the kind of its own exceptions, and `refined` asks the cause.

An exception says where it was raised. If that is a network library or Python's own network modules,
the network has failed. If it is a mock, a network block or the test itself, nothing was sent, and
nothing is recorded [FAIL-7].
"""

from __future__ import annotations

import errno
import http.client
import socket
import time
from collections.abc import Iterator
from typing import Any

from .._base.model import Failure
from .._base.spec_data import data
from .._base.vocabulary import CANCELLED
from .._session import turns

#: The top packages whose code raises what the network has caused.
_NETWORK = frozenset(
    (
        *("_socket", "_ssl", "asyncio", "concurrent", "http", "select", "selectors"),
        *("socket", "ssl", "urllib", "zlib", "gzip"),
        *("aiodns", "aiohappyeyeballs", "aiohttp", "anyio", "botocore", "dspy", "eventlet"),
        *("gevent", "h11", "h2", "hpack", "httpcore", "httpcore2", "httpx", "httpx2"),
        *("httpx_aiohttp", "httplib2", "lm15", "python_socks", "requests", "socks", "socksio"),
        *("trio", "truststore", "urllib3", "uvloop", "winloop"),
    )
)


def chain(error: BaseException, until: BaseException | None) -> Iterator[BaseException]:
    """An exception and those that it was raised from.

    Args:
        error: the exception.
        until: the exception that was being handled when the call began; it is not a cause.
    """
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and each is not until and id(each) not in seen:
        seen.add(id(each))
        yield each
        context = each.__context__
        if each.__suppress_context__ and isinstance(context, TypeError):
            context = None  # urllib3 1.26 tries an argument that http.client does not have
        each = each.__cause__ or context


def comes_from_network(error: BaseException, until: BaseException | None) -> bool:
    """Whether network code raised the first exception of a chain [FAIL-7]."""
    origin = ""
    for each in chain(error, until):
        place = each.__traceback__
        while place is not None:
            origin, place = place.tb_frame.f_globals.get("__name__", ""), place.tb_next
    return origin.partition(".")[0] in _NETWORK


def is_cancelled(error: BaseException) -> bool:
    """Whether an exception is the cancellation of a task of asyncio or trio."""
    import asyncio

    kind = type(error)
    return isinstance(error, asyncio.CancelledError) or (
        kind.__name__ == "Cancelled" and kind.__module__.partition(".")[0] == "trio"
    )


def refined(kind: str | None, error: BaseException, until: BaseException | None) -> str | None:
    """The kind of a failed connection, by what caused it; any other kind is returned as it is."""
    if kind != "connect":
        return kind
    for each in chain(error, until):
        if isinstance(each, socket.gaierror):
            return "dns"
        if type(each).__module__ == "ssl":
            return "tls"
    return kind


def text(kind: str) -> str:
    """The message of an exception that is replayed; those of libraries are not stored."""
    return (
        f"promptecho replays a failed call ({kind}): the cassette holds the failure, or the option "
        "faults names it. To make the call again, record it again (PROMPTECHO_MODE=all)"
    )


def class_names(client: str) -> dict[str, str]:
    """The exceptions of a client by their kinds, as the specification lists them [FAIL-3]."""
    return {row["kind"]: row["clients"][client] for row in data("failure-kinds")["kinds"]}


def os_error(kind: str) -> Exception:
    """The exception that Python's own network modules raise for a kind."""
    message = text(kind)
    if kind == "connect":
        return ConnectionRefusedError(errno.ECONNREFUSED, message)
    if kind == "dns":
        return socket.gaierror(socket.EAI_NONAME, message)
    if kind == "tls":
        return _ssl_error(message)
    if kind == "write":
        return BrokenPipeError(errno.EPIPE, message)
    if kind == "reset":
        return ConnectionResetError(errno.ECONNRESET, message)
    if kind == "closed":
        return http.client.RemoteDisconnected(message)
    if kind == "protocol":
        return http.client.BadStatusLine(message)
    if kind == "decode":
        return http.client.HTTPException(message)
    if kind == "proxy":
        return OSError(message)
    return socket.timeout(message)  # an alias of TimeoutError since Python 3.10


def _ssl_error(message: str) -> Exception:
    try:
        import ssl
    except ImportError:  # Python may lack it
        return OSError(message)
    return ssl.SSLError(ssl.SSL_ERROR_SSL, message)


def kind_of_os_error(error: BaseException, *, phase: str) -> str | None:
    """The kind of an exception of Python's own network modules.

    Args:
        error: the exception.
        phase: what failed: ``connect``, ``write`` or ``read``.
    """
    if isinstance(error, socket.timeout):
        return f"{phase}-timeout"
    if isinstance(error, (http.client.RemoteDisconnected, http.client.IncompleteRead)):
        return "closed"
    if isinstance(error, http.client.HTTPException):
        return "protocol"
    if not isinstance(error, OSError):
        return None
    if phase == "connect":
        return refined("connect", error, None)
    if phase == "write" or isinstance(error, BrokenPipeError):
        return "reset" if isinstance(error, ConnectionResetError) else "write"
    return "reset"


def is_tunnel_error(error: BaseException) -> bool:
    """Whether a proxy has refused a tunnel; http.client raises a plain `OSError` for it."""
    return isinstance(error, OSError) and str(error).startswith("Tunnel connection failed")


def pause(milliseconds: int) -> None:
    """Wait as long as a fault says."""
    if milliseconds:
        time.sleep(milliseconds / 1000)


async def pause_async(milliseconds: int) -> None:
    """`pause` for a task."""
    if milliseconds:
        await _sleep(milliseconds / 1000)


def wait(failure: Failure, *, paced: bool) -> None:
    """Wait as long as the recorded call did, if replay is paced [FAIL-5]."""
    if paced and failure.after_ms:
        time.sleep(failure.after_ms / 1000)


async def wait_async(failure: Failure, *, paced: bool) -> None:
    """`wait` for a task; a recorded cancellation waits to be cancelled again [FAIL-4]."""
    if failure.kind == CANCELLED:
        await _sleep(turns.LIMIT)
    elif paced and failure.after_ms:
        await _sleep(failure.after_ms / 1000)


async def _sleep(seconds: float) -> None:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:  # the client runs on trio
        from anyio import sleep

        await sleep(seconds)
    else:
        await asyncio.sleep(seconds)


def raised_from(error: Any, cause: BaseException) -> BaseException:
    """An exception with its cause, as a library raises it."""
    error.__cause__ = cause
    raised: BaseException = error
    return raised
