"""A blocked network: what no cassette allows does not leave the process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import subprocess
import sys
import textwrap
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from promptecho._matching.hosts import Hosts
from support.clients import CHAT, PLAIN, question
from support.paths import TESTS
from support.upstream import Upstream


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that listens; nobody may get through to it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        yield listening


def nobody_came(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except socket.timeout:
        return True
    return False


def test_a_call_that_no_cassette_allows_is_held_with_its_url(http: Any, upstream: Upstream) -> None:
    with http.Client(**PLAIN) as client:
        client.post(upstream.url, json=question("warm"))  # a connection that is kept alive
        with pytest.raises(promptecho.NetworkBlocked) as caught:
            with promptecho.block_network():
                client.get(upstream.url + "/v1/models?token=abc")
    assert str(caught.value) == (
        f"the network is blocked: {upstream.url}/v1/models?token=REDACTED was not called, because "
        "no open cassette records it\n"
        "Open a cassette around the call, or add the host to allowed_hosts."
    )
    assert len(upstream.calls) == 1


def test_an_async_call_is_held(http: Any, run: Callable[..., Any], listener: socket.socket) -> None:
    async def story() -> None:
        async with http.AsyncClient(**PLAIN) as client:
            with pytest.raises(promptecho.NetworkBlocked):
                with promptecho.block_network():
                    await client.get(f"http://127.0.0.1:{listener.getsockname()[1]}")

    run(story)
    assert nobody_came(listener)


def test_urllib_is_held(upstream: Upstream) -> None:
    with pytest.raises(promptecho.NetworkBlocked, match="/v1/models was not called"):
        with promptecho.block_network():
            urllib.request.urlopen(upstream.url + "/v1/models")
    assert upstream.calls == []


def connect(address: tuple[str, int]) -> None:
    socket.create_connection(address).close()


def connect_ex(address: tuple[str, int]) -> None:
    with socket.socket() as client:
        client.connect_ex(address)


def datagram(address: tuple[str, int]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"hello", address)


def message(address: tuple[str, int]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendmsg([b"hello"], [], 0, address)


def on_a_loop(address: tuple[str, int]) -> None:
    async def story() -> None:
        await asyncio.open_connection(*address)

    asyncio.run(story())


@pytest.mark.parametrize("way", [connect, connect_ex, datagram, message, on_a_loop])
def test_a_connection_of_any_kind_is_held(
    way: Callable[[tuple[str, int]], None], listener: socket.socket
) -> None:
    address = listener.getsockname()
    with pytest.raises(promptecho.NetworkBlocked) as caught:
        with promptecho.block_network():
            way(address)
    assert caught.value.target == f"127.0.0.1:{address[1]}"
    assert nobody_came(listener)


def test_a_thread_is_held_too(listener: socket.socket) -> None:
    raised = []

    def ask() -> None:
        try:
            connect(listener.getsockname())
        except promptecho.NetworkBlocked as error:
            raised.append(error)

    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network():
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()
    assert len(raised) == 1
    assert nobody_came(listener)


@pytest.mark.parametrize(
    "look_up",
    [
        socket.gethostbyname,
        socket.gethostbyname_ex,
        socket.gethostbyaddr,
        lambda name: socket.getaddrinfo(name, 1),
        lambda name: socket.getnameinfo((name, 1), 0),
    ],
)
def test_a_name_is_not_looked_up(look_up: Callable[[str], Any]) -> None:
    with pytest.raises(promptecho.NetworkBlocked, match=r"example\.invalid"):
        with promptecho.block_network():
            look_up("example.invalid")


@pytest.mark.parametrize(
    "look_up", [socket.gethostbyaddr, lambda address: socket.getnameinfo((address, 1), 0)]
)
def test_the_name_of_an_address_is_not_looked_up(look_up: Callable[[str], Any]) -> None:
    with pytest.raises(promptecho.NetworkBlocked, match=r"192\.0\.2\.1"):
        with promptecho.block_network():
            look_up("192.0.2.1")
    with promptecho.block_network():
        look_up("127.0.0.1")  # as a server does that starts


def socketpair(address: tuple[str, int]) -> None:
    socket.create_connection(address)


def _fallback_socketpair(address: tuple[str, int]) -> None:
    with socket.socket() as client:
        client.connect(address)


@pytest.mark.parametrize("way", [socketpair, _fallback_socketpair])
def test_a_function_that_is_called_as_that_of_pairs_is_held(
    way: Callable[[tuple[str, int]], None], listener: socket.socket
) -> None:
    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network():
            way(listener.getsockname())
    assert nobody_came(listener)


def test_a_pair_over_tcp_may_be_made() -> None:
    pair = getattr(socket, "_fallback_socketpair", None)
    if pair is None:
        pytest.skip("this Python makes no pairs over TCP")
    with promptecho.block_network():
        one, other = pair()
        with one, other:
            one.sendall(b"hello")
            assert other.recv(5) == b"hello"


# Connections from before the block


@pytest.fixture
def connection(listener: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connected client of the listener, and the other end."""
    listener.settimeout(5)
    with socket.create_connection(listener.getsockname()) as client:
        with listener.accept()[0] as server:
            yield client, server


def write_to_a_file(client: socket.socket) -> None:
    with client.makefile("wb", buffering=0) as file:
        file.write(b"secret")


def send_all_of_a_file(client: socket.socket) -> None:
    with open(__file__, "rb") as file:
        client.sendfile(file)


@pytest.mark.parametrize(
    "way",
    [
        lambda client: client.send(b"secret"),
        lambda client: client.sendall(b"secret"),
        lambda client: client.sendmsg([b"secret"]),
        write_to_a_file,
        send_all_of_a_file,
    ],
    ids=["send", "sendall", "sendmsg", "makefile", "sendfile"],
)
def test_nothing_is_sent_on_a_connection_from_before_the_block(
    way: Callable[[socket.socket], Any], connection: tuple[socket.socket, socket.socket]
) -> None:
    client, server = connection
    with pytest.raises(promptecho.NetworkBlocked, match=r"127\.0\.0\.1:\d+ was not called"):
        with promptecho.block_network():
            way(client)
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.recv(1)
    client.sendall(b"after")
    server.setblocking(True)
    assert server.recv(5) == b"after"
    assert "send" not in vars(socket.socket)


def test_a_datagram_on_a_connected_socket_is_not_sent(upstream: Upstream) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.connect(server.getsockname())
            with pytest.raises(promptecho.NetworkBlocked):
                with promptecho.block_network():
                    client.send(b"secret")
        with pytest.raises(BlockingIOError):
            server.recv(1)


def test_a_stream_of_asyncio_from_before_the_block_is_held(listener: socket.socket) -> None:
    listener.settimeout(5)

    async def story() -> None:
        _, writer = await asyncio.open_connection(*listener.getsockname())
        with pytest.raises(promptecho.NetworkBlocked):
            with promptecho.block_network():
                writer.write(b"secret")
        with pytest.raises(promptecho.NetworkBlocked):
            await writer.wait_closed()  # asyncio gives up the connection

    asyncio.run(story())
    with listener.accept()[0] as server:
        assert server.recv(10) == b""


def test_an_allowed_connection_from_before_the_block_may_send(
    connection: tuple[socket.socket, socket.socket],
) -> None:
    client, server = connection
    with promptecho.block_network(allowed_hosts=[f"127.0.0.1:{client.getpeername()[1]}"]):
        client.sendall(b"hello")
    assert server.recv(5) == b"hello"


def test_a_server_may_answer(connection: tuple[socket.socket, socket.socket]) -> None:
    client, server = connection  # the listener is open
    with promptecho.block_network():
        server.sendall(b"hello")
        server.sendall(b"again")
    assert client.recv(10) in (b"hello", b"helloagain")


def test_a_debugger_stays_connected(connection: tuple[socket.socket, socket.socket]) -> None:
    client, server = connection
    debugger = {"__name__": "_pydevd_bundle.pydevd_comm", "client": client}
    with promptecho.block_network():
        exec("client.sendall(b'break')", debugger)
    assert server.recv(5) == b"break"


def test_what_was_swallowed_is_raised_at_the_end(listener: socket.socket) -> None:
    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network():
            with contextlib.suppress(BaseException):
                connect(listener.getsockname())


def test_an_error_of_the_block_is_not_hidden(listener: socket.socket) -> None:
    with pytest.raises(KeyError):
        with promptecho.block_network():
            try:
                connect(listener.getsockname())
            except promptecho.NetworkBlocked:
                raise KeyError from None


def test_a_cassette_records_and_replays_in_a_block(
    http: Any, upstream: Upstream, path: Path
) -> None:
    def ask() -> Any:
        with http.Client(**PLAIN) as client:
            return client.post(upstream.url + CHAT, json=question("hello")).json()

    with promptecho.block_network():
        with promptecho.use_cassette(path):
            first = ask()
        upstream.close()
        with promptecho.use_cassette(path, mode="none"):
            assert ask() == first
        with pytest.raises(promptecho.CassetteMiss):
            with promptecho.use_cassette(path, mode="none"):
                http.post(upstream.url + CHAT, json=question("other"), **PLAIN)


def test_an_async_client_records_in_a_block_by_a_name(
    http: Any, run: Callable[..., Any], upstream: Upstream, path: Path
) -> None:
    async def story() -> None:
        url = upstream.url.replace("127.0.0.1", "localhost")  # which a thread looks up
        async with http.AsyncClient(**PLAIN) as client:
            with promptecho.block_network(), promptecho.use_cassette(path) as cassette:
                await client.post(url + CHAT, json=question("hello"))
        assert len(cassette.recorded) == 1

    run(story)


def test_a_block_in_a_cassette_stays_when_the_cassette_is_closed(
    http: Any, upstream: Upstream, path: Path, listener: socket.socket
) -> None:
    block = promptecho.block_network()
    with promptecho.use_cassette(path):
        block.__enter__()
        http.post(upstream.url + CHAT, json=question("hello"), **PLAIN)
    with pytest.raises(promptecho.NetworkBlocked):
        http.post(upstream.url + CHAT, json=question("hello"), **PLAIN)
    with pytest.raises(promptecho.NetworkBlocked):
        block.__exit__(None, None, None)
    assert http.post(upstream.url + CHAT, json=question("free"), **PLAIN).status_code == 200


def test_blocks_may_overlap(listener: socket.socket) -> None:
    first, second = promptecho.block_network(), promptecho.block_network()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    with pytest.raises(promptecho.NetworkBlocked):
        connect(listener.getsockname())
    with pytest.raises(promptecho.NetworkBlocked):
        second.__exit__(None, None, None)
    connect(listener.getsockname())
    assert not nobody_came(listener)


@pytest.mark.parametrize("pattern", ["127.0.0.1", "127.0.0.*", "localhost"])
def test_an_allowed_host_may_be_reached(
    http: Any, upstream: Upstream, listener: socket.socket, pattern: str
) -> None:
    with promptecho.block_network(allowed_hosts=[pattern]):
        connect(listener.getsockname())
        if pattern != "localhost":
            assert http.post(upstream.url, json=question("hello"), **PLAIN).status_code == 200
    assert not nobody_came(listener)


def test_an_allowed_host_may_be_reached_by_its_name(upstream: Upstream) -> None:
    url = upstream.url.replace("127.0.0.1", "localhost")
    with promptecho.block_network(allowed_hosts=["localhost"]):
        urllib.request.urlopen(url, json.dumps(question("hello")).encode()).close()
    assert len(upstream.calls) == 1


def test_the_port_of_an_allowed_host_counts(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with promptecho.block_network(allowed_hosts=[f"localhost:{port}"]):
        connect(("127.0.0.1", port))
    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network(allowed_hosts=[f"localhost:{port + 1}"]):
            connect(("127.0.0.1", port))


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(promptecho.CassetteError) as caught:
        with promptecho.block_network(allowed_hosts=["https://api.example.com"]):
            pass
    assert str(caught.value) == (
        "'https://api.example.com' is no pattern of a host [option.value]\n"
        "Write a host, such as api.example.com, *.example.com, [::1] or localhost:8080, and a path "
        "behind it if only that is meant; no scheme."
    )


def test_telemetry_sees_a_network_that_is_down() -> None:
    with promptecho.block_network():
        with pytest.raises(OSError, match="the network is blocked"):
            urllib.request.urlopen("http://169.254.169.254/latest/api/token", timeout=1)


def test_telemetry_through_httpx_sees_an_error_of_httpx(http: Any) -> None:
    with promptecho.block_network(), http.Client(**PLAIN) as client:
        with pytest.raises(http.ConnectError, match="the network is blocked"):
            client.get("http://169.254.169.254/latest/api/token")


def test_what_is_held_shows_no_secret(http: Any) -> None:
    made_up = "AKIA" + "EXAMPLE0" * 2
    with pytest.raises(promptecho.NetworkBlocked) as caught:
        with promptecho.block_network(), http.Client(**PLAIN) as client:
            client.get(f"http://127.0.0.1:1/bot/{made_up}/send")
    assert caught.value.target == "http://127.0.0.1:1/bot/REDACTED/send"


def test_what_a_handed_on_call_calls_is_asked_about(
    http: Any, upstream: Upstream, path: Path
) -> None:
    class App(http.BaseTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            with http.Client(**PLAIN) as client:
                answer = client.post(upstream.url + CHAT, json=question("inner"))
            return http.Response(200, json=answer.json())

    def call() -> Any:
        with http.Client(transport=App(), timeout=60) as client:
            return client.get("http://app.local/").json()

    with promptecho.use_cassette(path, passthrough=["app.local"]) as cassette:
        first = call()
    assert len(cassette.recorded) == len(upstream.calls) == 1
    upstream.close()
    with promptecho.use_cassette(path, mode="none", passthrough=["app.local"]):
        assert call() == first
    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network(allowed_hosts=["app.local"]):
            call()


def test_unix_sockets_and_pairs_are_left_alone(tmp_path: Path) -> None:
    with promptecho.block_network():
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind(str(tmp_path / "s"))
            server.listen()
            client.connect(str(tmp_path / "s"))
        asyncio.run(asyncio.sleep(0))


def test_no_channel_of_grpc_is_made(http: Any, upstream: Upstream, path: Path) -> None:
    grpc = pytest.importorskip("grpc", reason="grpcio is not installed here")
    make_channel = grpc.insecure_channel  # as code that has imported it before
    with promptecho.block_network(allowed_hosts=["localhost", "127.0.0.1"]):
        for target in ("dns:///localhost:1", "localhost:1", "ipv4:127.0.0.1:1", "unix:/tmp/none"):
            grpc.insecure_channel(target).close()
    with pytest.raises(promptecho.NetworkBlocked, match=r"grpc://10\.0\.0\.1:1 was not"):
        with promptecho.block_network(allowed_hosts=["127.0.0.1"]):
            make_channel("ipv4:127.0.0.1:1,10.0.0.1:1")
    with promptecho.use_cassette(path):
        grpc.insecure_channel("example.invalid:1").close()
        http.post(upstream.url + CHAT, json=question("hello"), **PLAIN)
    for module in (grpc, grpc.aio):
        with pytest.raises(promptecho.NetworkBlocked) as caught:
            with promptecho.block_network(), promptecho.use_cassette(path):
                module.insecure_channel("example.invalid:1")
        assert caught.value.target == "grpc://example.invalid:1"


def test_passthrough_hosts_are_handed_on_in_every_mode(
    http: Any, upstream: Upstream, path: Path
) -> None:
    for mode in ("once", "none"):
        with promptecho.use_cassette(path, mode=mode, passthrough=["127.0.0.1"]) as cassette:
            http.post(upstream.url + CHAT, json=question("hello"), **PLAIN)
        assert cassette.sent == []
    assert len(upstream.calls) == 2
    assert not path.exists()


def test_a_block_holds_what_a_cassette_hands_on(http: Any, upstream: Upstream, path: Path) -> None:
    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network():
            with promptecho.use_cassette(path, passthrough=["127.0.0.1"]):
                http.post(upstream.url + CHAT, json=question("hello"), **PLAIN)
    assert upstream.calls == []


def test_a_cassette_that_saw_no_request_warns(path: Path) -> None:
    with pytest.warns(promptecho.PromptechoUnusedWarning) as caught:
        with promptecho.use_cassette(path):
            pass
    assert re.fullmatch(
        re.escape(f"{path}: No request reached this cassette. If your code made one, it used a ")
        + r"library promptecho cannot record( \(loaded here: [a-z_., ]+\))? or a host in "
        + r"`passthrough`\.",
        str(caught[0].message),
    )


def test_the_warning_names_libraries_that_are_never_intercepted(tmp_path: Path) -> None:
    (tmp_path / "pycurl.py").write_text("", encoding="utf-8")
    story = """
        import warnings
        import promptecho
        import pycurl

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with promptecho.use_cassette("c.yaml"):
                pass
        print(caught[0].message)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(story)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "c.yaml: No request reached this cassette. If your code made one, it used a library "
        "promptecho cannot record (loaded here: pycurl) or a host in `passthrough`.\n"
    )


def test_a_cassette_whose_block_raised_does_not_warn(path: Path) -> None:
    with pytest.raises(KeyError):
        with promptecho.use_cassette(path):
            raise KeyError


def test_there_is_no_hook_before_the_first_block_and_none_of_it_shows_between_blocks() -> None:
    story = """
        import socket
        import promptecho
        from support.upstream import Upstream, json_answer

        with Upstream([json_answer(1)] * 2) as upstream:
            socket.create_connection(upstream.address).close()
            with promptecho.block_network():
                pass
            socket.create_connection(upstream.address).close()
    """
    subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(story)],
        cwd=TESTS,
        check=True,
    )


def test_no_pattern_matches_nothing() -> None:
    assert not Hosts([]).match("http://h/")
