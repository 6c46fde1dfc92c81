"""Runs the application on uvicorn, until SIGTERM or Ctrl+C; then every cassette is saved."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, NamedTuple

import httpx
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .._session.options import Options
from .addresses import Upstreams
from .app import TRANSPORT, Proxy, application
from .cassettes import Cassettes, Report

#: How long open calls may take after SIGTERM, in seconds. They are recorded as far as they came.
GRACE = 5


class Running(NamedTuple):
    """A server that accepts connections.

    Attributes:
        url: of the server.
        stop: makes it save and end; of any thread.
        only_replays: whether the first cassette makes no live call.
        ticket: makes the ticket with which Python programs join the first cassette, or None.
    """

    url: str
    stop: Callable[[], None]
    only_replays: bool
    ticket: Callable[[], bytes | None]


class Settings(NamedTuple):
    """What a server is started with.

    Attributes:
        cassette: the file that answers requests without the name of a cassette.
        options: of all cassettes.
        upstreams: those that may be called.
        host: the address to listen at.
        port: the port; 0 is any free one.
        limit: how many bytes the body of a request may have.
        token: what the control endpoints ask for, or None.
    """

    cassette: str
    options: Options
    upstreams: Upstreams
    host: str = "127.0.0.1"
    port: int = 0
    limit: int = 256 * 1024 * 1024
    token: str | None = None


def serve(
    settings: Settings, ready: Callable[[Running], None], say: Callable[[str], None]
) -> list[Report]:
    """Serve until a signal, or until it is stopped.

    Args:
        settings: what to serve.
        ready: is called when the server accepts connections.
        say: prints a line for the user.

    Returns:
        What happened in each cassette.

    Raises:
        CassetteError: the first cassette cannot be used.
        OSError: the server cannot listen there.
    """
    cassettes = Cassettes(settings.cassette, settings.options)
    cassettes.get()  # a file that cannot be used is reported at once
    try:
        listener = _listener(settings.host, settings.port)
        with _signals_are_not_raised_again():
            asyncio.run(_serve(settings, cassettes, listener, ready, say))
    finally:
        reports = cassettes.close_all()
    return reports


def is_loopback(host: str) -> bool:
    """Whether an address is of this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _serve(
    settings: Settings,
    cassettes: Cassettes,
    listener: socket.socket,
    ready: Callable[[Running], None],
    say: Callable[[str], None],
) -> None:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    async with httpx.AsyncClient(timeout=None, limits=limits) as client:
        proxy = Proxy(cassettes, settings.upstreams, client, settings.limit, say)
        local = is_loopback(settings.host)
        app = application(proxy, cassettes, settings.token, local=local)
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        server = _Server(config)

        def stop() -> None:
            server.should_exit = True

        only_replays = cassettes.get().session.session.only_replays
        address = url(settings.host, listener)
        ticket = partial(cassettes.ticket, address)
        running = Running(address, stop, only_replays, ticket)
        server.when_ready = lambda: ready(running)
        await server.serve(sockets=[listener])


class _Protocol(H11Protocol):
    """HTTP/1.1 by h11; the application may close the connection."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    when_ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.when_ready()


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def url(host: str, listener: socket.socket) -> str:
    """The URL of a listening socket."""
    port = listener.getsockname()[1]
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


@contextmanager
def _signals_are_not_raised_again() -> Iterator[None]:
    """uvicorn raises the signal that has stopped it once more; the cassettes are saved first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, _ignore) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _ignore(*_: object) -> None:
    """The server has stopped for this signal."""
