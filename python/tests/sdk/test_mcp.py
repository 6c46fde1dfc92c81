"""The SDK of the Model Context Protocol: other ids, the same answers, and events that wait.

A client numbers its calls. One call more, or another order, gives all later calls another id and
another progress token. Over streamable HTTP each still gets its own answer, with the id that the
client waits for.

Over HTTP with SSE all answers come on one long stream, and over streamable HTTP a server may ask
its client before it answers. These events wait for the requests that they came after.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from mcp import types
from mcp.client.client import Client
from mcp.client.sse import sse_client
from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

import promptecho

Step = tuple[str, str]  # a tool and its argument; "list" lists the tools

STEPS: tuple[Step, ...] = (
    ("list", ""),
    ("weather", "Rome"),
    ("wiki", "Rome"),
    ("weather", "Oslo"),
    ("wiki", "weather"),
)
ORDERS = {
    "the same": (0, 1, 2, 3, 4),
    "turned round": (4, 3, 2, 1, 0),
    "another first": (2, 0, 4, 1, 3),
    "one twice": (1, 1, 3, 0),
    "some only": (3, 4),
}
#: Below this, a client that waits for an id that never comes would hang.
SECONDS = 30


def server(name: str) -> MCPServer:
    """A server with two tools, one of which tells its progress."""
    made = MCPServer(name)

    @made.tool()
    async def weather(argument: str, context: Context) -> str:
        await context.report_progress(1, 2, f"on the way to {argument}")
        return f"{name}: it is hot in {argument}"

    @made.tool()
    def wiki(argument: str) -> str:
        return f"{name}: all about {argument}"

    return made


@contextlib.contextmanager
def served(made: MCPServer, *, json_response: bool) -> Iterator[str]:
    """The address of a server on the loopback, which is gone after the block."""
    with listening(made.streamable_http_app(json_response=json_response)) as url:
        yield f"{url}/mcp"


@contextlib.contextmanager
def listening(app: Any, port: int = 0) -> Iterator[str]:
    """The address of an app on the loopback, which is gone after the block."""
    listener = socket.create_server(("127.0.0.1", port))
    settings = uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=5)
    running = uvicorn.Server(settings)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join()
        listener.close()


async def told(url: str, mode: Any, steps: Sequence[Step]) -> list[Any]:
    """What a client is told in one session, step by step; progress too."""
    answers: list[Any] = []
    server = sse_client(url) if url.endswith("/sse") else url
    async with Client(server, mode=mode) as client:
        for tool, argument in steps:
            if tool == "list":
                answers.append([each.name for each in (await client.list_tools()).tools])
                continue
            progress: list[Any] = []

            async def note(*seen: Any, progress: list[Any] = progress) -> None:
                progress.append(seen)

            result = await client.call_tool(tool, {"argument": argument}, progress_callback=note)
            answers.append((result.content[0].text, progress))
    return answers


def tell(url: str, mode: str, steps: Sequence[Step]) -> list[Any]:
    return asyncio.run(asyncio.wait_for(told(url, mode, steps), SECONDS))


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    """A client that speaks the newest protocol, and one that shakes hands first."""
    return str(request.param)


@pytest.fixture(params=[True, False], ids=["json", "stream"])
def json_response(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_calls_in_another_order_with_other_ids(
    path: Path, mode: str, json_response: bool, order: tuple[int, ...]
) -> None:
    with served(server("a"), json_response=json_response) as url:
        with promptecho.use_cassette(path):
            live = tell(url, mode, STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", promptecho.PromptechoDriftWarning)
        with promptecho.use_cassette(path, mode="none"):
            replayed = tell(url, mode, [STEPS[index] for index in order])
    assert replayed == [live[index] for index in order]


def test_two_servers_with_one_path(path: Path, mode: str, json_response: bool) -> None:
    options = {"json_response": json_response}
    with served(server("git"), **options) as git, served(server("mail"), **options) as mail:
        with promptecho.use_cassette(path):
            live = {url: tell(url, mode, STEPS) for url in (git, mail)}
    assert live[git] != live[mail]
    with promptecho.use_cassette(path, mode="none"):
        assert tell(mail, mode, STEPS[::-1]) == live[mail][::-1]
        assert tell(git, mode, STEPS) == live[git]


def test_another_argument_is_a_miss(path: Path, mode: str) -> None:
    with served(server("a"), json_response=True) as url:
        with promptecho.use_cassette(path):
            tell(url, mode, STEPS)
    raised: list[BaseException] = []
    try:
        with promptecho.use_cassette(path, mode="none"):
            tell(url, mode, [("weather", "Bergen")])
    except BaseException as error:  # a miss, or a group of errors with the miss in it
        raised += _leaves(error)
    misses = [each for each in raised if isinstance(each, promptecho.CassetteMiss)]
    assert any("Bergen" in str(miss) for miss in misses)


#: A client that closes its session may leave the response to its last POST unread, and then that
#: recording is truncated. So each recorded session ends with a call that no test replays earlier.
LAST: Step = ("wiki", "the end")
SSE_ORDERS = {**ORDERS, "fewer": (0, 1)}


@pytest.mark.parametrize("order", SSE_ORDERS.values(), ids=SSE_ORDERS)
def test_over_sse_each_answer_waits_for_its_call(path: Path, order: tuple[int, ...]) -> None:
    with listening(server("a").sse_app()) as url:
        with promptecho.use_cassette(path):
            live = tell(f"{url}/sse", "legacy", (*STEPS, LAST))
    with warnings.catch_warnings():
        warnings.simplefilter("error", promptecho.PromptechoDriftWarning)
        with promptecho.use_cassette(path, mode="none"):
            replayed = tell(f"{url}/sse", "legacy", [STEPS[index] for index in order])
    assert replayed == [live[index] for index in order]


def test_over_sse_two_sessions_get_their_own_answers(path: Path) -> None:
    first, second = STEPS[1:3], STEPS[3:]

    async def both(url: str, one: Sequence[Step], other: Sequence[Step]) -> list[Any]:
        """Two sessions that are open at the same time, one step of each in turn."""
        async with Client(sse_client(url), mode="legacy") as a:
            async with Client(sse_client(url), mode="legacy") as b:
                found = []
                for pair in zip(one, other):
                    for client, (tool, argument) in zip((a, b), pair):
                        result = await client.call_tool(tool, {"argument": argument})
                        found.append(result.content[0].text)
                return found

    def run(url: str, one: Sequence[Step], other: Sequence[Step]) -> list[Any]:
        return asyncio.run(asyncio.wait_for(both(url, one, other), SECONDS))

    with listening(server("a").sse_app()) as url:
        with promptecho.use_cassette(path):
            live = run(f"{url}/sse", (*first, LAST), (*second, LAST))[:-2]
    with promptecho.use_cassette(path, mode="none"):
        replayed = run(f"{url}/sse", first[::-1], second[::-1])
    assert replayed == live[2:] + live[:2]
    assert len(set(live)) == 4


class City(BaseModel):
    city: str


def test_a_server_that_asks_before_it_answers(path: Path) -> None:
    made = MCPServer("a")

    @made.tool()
    async def weather(context: Context) -> str:
        answer = await context.elicit("Which city?", City)
        return f"it is hot in {answer.data.city}"

    async def story(url: str) -> list[str]:
        log: list[str] = []

        async def ask(context: Any, params: Any) -> types.ElicitResult:
            log.append(params.message)
            return types.ElicitResult(action="accept", content={"city": "Rome"})

        async with Client(url, mode="legacy", elicitation_callback=ask) as client:
            for _ in range(2):
                log.append((await client.call_tool("weather", {})).content[0].text)
        return log

    def session(url: str) -> list[str]:
        return asyncio.run(asyncio.wait_for(story(url), SECONDS))

    with served(made, json_response=False) as url:
        with promptecho.use_cassette(path):
            live = session(url)
    assert live == ["Which city?", "it is hot in Rome"] * 2
    with promptecho.use_cassette(path, mode="none") as cassette:
        assert session(url) == live
    assert cassette.unplayed == []


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group of errors."""
    for each in getattr(error, "exceptions", ()):
        yield from _leaves(each)
    if not hasattr(error, "exceptions"):
        yield error
