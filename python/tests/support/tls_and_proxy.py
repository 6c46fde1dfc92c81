"""Other roads to an upstream: TLS without a certificate, and a proxy that keeps its requests."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

from support.upstream import Script, Upstream


def tls(side: int) -> ssl.SSLContext:
    """A context of anonymous TLS: nobody needs a certificate, and nobody is known."""
    context = ssl.SSLContext(side)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    return context


class SecureUpstream(Upstream):
    """An upstream that speaks TLS."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        context = tls(ssl.PROTOCOL_TLS_SERVER)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def url(self) -> str:
        return "https://{}:{}".format(*self.address)


class Proxy:
    """A proxy for tunnels; wherever one is asked to, it leads to one place.

    Attributes:
        asked: the request lines that it got, in order.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.asked: list[str] = []
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self._listener.getsockname())

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        with client, client.makefile("rb", 0) as file:
            self.asked.append(file.readline().decode().strip())
            while file.readline().strip():
                pass
            with socket.create_connection(self._target) as upstream:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                there = threading.Thread(target=_carry, args=(client, upstream), daemon=True)
                there.start()
                _carry(upstream, client)
                there.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
