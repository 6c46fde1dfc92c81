"""Each request gets its own answer, whatever the order, from the cassette as from the network.

Real clients call real servers on the loopback, which are shut down before the replay: tools of an
agent, servers of MCP, memories and threads whose question is what elsewhere is bookkeeping.
"""

from __future__ import annotations

import itertools
import json
import random
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from support.upstream import Answer, Call, Upstream, json_answer, sse_answer

#: Makes a call to a server, and gives back its answer.
Ask = Callable[[str], Any]


@pytest.fixture
def client(http: Any) -> Iterator[Any]:
    """A client of the library; it keeps its connections."""
    with http.Client(trust_env=False, verify=False) as client:
        yield client


def same_path(call: Call) -> Answer:
    """Answer with what was asked, so that a test sees whose answer it is."""
    return json_answer({"asked": call.path, "sent": call.body.decode()})


def replay(path: Path, url: str, asks: Iterable[Ask], **options: Any) -> list[Any]:
    """The answers of a cassette; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with promptecho.use_cassette(path, mode="none", **options):
            return [ask(url) for ask in asks]


def told_twice(script: Any, path: Path, asks: list[Ask], **options: Any) -> str:
    """Record the calls in order; replay them in other orders. Returns the address of the server."""
    with Upstream(script) as upstream:
        with promptecho.use_cassette(path, **options):
            live = [ask(upstream.url) for ask in asks]
    assert upstream.refuses()
    assert len({json.dumps(answer) for answer in live}) == len(asks), "answers must be told apart"
    orders = list(itertools.islice(itertools.permutations(range(len(asks))), 720))
    for order in random.Random(1).sample(orders, min(8, len(orders))):
        told = replay(path, upstream.url, [asks[index] for index in order], **options)
        assert told == [live[index] for index in order]
    return upstream.url


def get(client: Any, path: str) -> Ask:
    return lambda url: client.get(url + path).json()


def post(client: Any, path: str, body: Any, **more: Any) -> Ask:
    return lambda url: client.post(url + path, json=body, **more).json()


# --- tools that are a GET ----------------------------------------------------------------------

TOOLS = (
    "/weather?city=Rome&units=metric",
    "/weather?city=Oslo&units=metric",
    "/weather?city=Rome&units=imperial",
    "/search?q=colosseum&country=IT",
    "/search?q=colosseum&country=NO",
    "/w/api.php?action=query&format=json&titles=Rome",
    "/w/api.php?action=query&format=json&titles=Oslo",
)


def test_three_tools_of_an_agent_in_another_order(client: Any, path: Path) -> None:
    told_twice(same_path, path, [get(client, tool) for tool in TOOLS])


def test_three_tools_of_an_agent_over_requests(path: Path) -> None:
    requests = pytest.importorskip("requests", reason="requests is not installed here")
    with requests.Session() as session:
        session.trust_env = False

        def ask(tool: str) -> Ask:
            return lambda url: session.get(url + tool).json()

        told_twice(same_path, path, [ask(tool) for tool in TOOLS])


@pytest.mark.parametrize("options", [{}, {"keep_query": ["*"]}, {"keep_query": ["city"]}])
def test_another_city_is_a_miss_that_shows_it(
    client: Any, path: Path, options: dict[str, Any]
) -> None:
    url = told_twice(same_path, path, [get(client, tool) for tool in TOOLS], **options)
    with pytest.raises(promptecho.CassetteMiss) as caught:
        replay(path, url, [get(client, "/weather?city=Bergen&units=metric")], **options)
    told = str(caught.value)
    assert "city" in told
    assert "Bergen" in told
    assert "keep_query=" in told
    assert "ignore_query=" in told


def test_a_value_that_is_not_to_be_seen_is_not_in_the_file(client: Any, path: Path) -> None:
    told_twice(same_path, path, [get(client, f"/weather?city={city}") for city in ("Rome", "Oslo")])
    urls = [line for line in path.read_text("utf-8").splitlines() if " url: " in line]
    assert len(urls) == 2
    assert not any("Rome" in line or "Oslo" in line for line in urls)


def test_a_key_in_the_query_is_not_needed_on_replay(client: Any, path: Path) -> None:
    with Upstream(same_path) as upstream:
        with promptecho.use_cassette(path):
            live = get(client, "/weather?city=Rome&key=live")(upstream.url)
    assert replay(path, upstream.url, [get(client, "/weather?key=other&city=Rome")]) == [live]
    assert replay(path, upstream.url, [get(client, "/weather?city=Rome")]) == [live]


# --- MCP, JSON-RPC over HTTP -------------------------------------------------------------------


def rpc(number: Any, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def named(name: str) -> Callable[[Call], Answer]:
    """A server of MCP that has one tool."""

    def script(call: Call) -> Answer:
        asked = call.json
        if asked["method"] == "tools/list":
            result: dict[str, Any] = {"tools": [{"name": name}]}
        else:
            result = {"content": [{"type": "text", "text": f"{name} {asked['params']}"}]}
        return json_answer({"jsonrpc": "2.0", "id": asked["id"], "result": result})

    return script


def streamed(call: Call) -> Answer:
    """A server of MCP that answers with a stream: progress, then the result."""
    asked = call.json
    params = asked["params"]
    progress = {"progressToken": params["_meta"]["progressToken"], "progress": 1}
    notice = {"jsonrpc": "2.0", "method": "notifications/progress", "params": progress}
    text = [{"type": "text", "text": params["arguments"]["city"]}]
    result = {"jsonrpc": "2.0", "id": asked["id"], "result": {"content": text}}
    return sse_answer(*(f"event: message\ndata: {json.dumps(each)}" for each in (notice, result)))


def test_two_servers_of_mcp_with_one_path(client: Any, path: Path) -> None:
    ask = post(client, "/mcp", rpc(1, "tools/list"))
    with Upstream(named("git_commit")) as git, Upstream(named("send_mail")) as mail:
        with promptecho.use_cassette(path):
            live = {url: ask(url) for url in (git.url, mail.url)}
    assert live[git.url] != live[mail.url]
    for order in itertools.product(live, repeat=2):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with promptecho.use_cassette(path, mode="none"):
                assert [ask(url) for url in order] == [live[url] for url in order]


@pytest.mark.parametrize("ids", [(7, 8), ("a", "b"), (2, 1), ("1", "2"), (10**12, -1)])
def test_other_ids_come_back_in_the_answers(client: Any, path: Path, ids: tuple[Any, Any]) -> None:
    def asks(first: Any, second: Any) -> list[Ask]:
        city = {"name": "weather", "arguments": {"city": "Rome"}}
        return [
            post(client, "/mcp", rpc(first, "tools/list")),
            post(client, "/mcp", rpc(second, "tools/call", **city)),
        ]

    with Upstream(named("weather")) as upstream:
        with promptecho.use_cassette(path):
            live = [ask(upstream.url) for ask in asks(1, 2)]
    told = replay(path, upstream.url, asks(*ids))
    assert [answer["id"] for answer in told] == list(ids)
    assert [type(answer["id"]) for answer in told] == [type(each) for each in ids]
    assert [answer["result"] for answer in told] == [answer["result"] for answer in live]


def test_other_ids_and_progress_tokens_come_back_in_a_stream(client: Any, path: Path) -> None:
    def ask(number: Any, token: Any, city: str) -> Ask:
        body = rpc(
            number,
            "tools/call",
            name="weather",
            arguments={"city": city},
            _meta={"progressToken": token},
        )
        return lambda url: client.post(url + "/mcp", json=body).text

    with Upstream(streamed) as upstream:
        with promptecho.use_cassette(path):
            live = [ask(1, 1, "Rome")(upstream.url), ask(2, 2, "1")(upstream.url)]
    told = replay(path, upstream.url, [ask("x", "y", "1"), ask(5, "z", "Rome")])
    assert told[0] == live[1].replace('"progressToken": 2', '"progressToken": "y"').replace(
        '"id": 2', '"id": "x"'
    )
    assert told[1] == live[0].replace('"progressToken": 1', '"progressToken": "z"').replace(
        '"id": 1', '"id": 5'
    )


def test_a_batch_of_calls_with_other_ids(client: Any, path: Path) -> None:
    def script(call: Call) -> Answer:
        answers = [
            {"jsonrpc": "2.0", "id": each["id"], "result": {"of": each["method"], "id": 1}}
            for each in call.json
        ]
        return json_answer(answers[::-1])

    def ask(*ids: Any) -> Ask:
        methods = ("tools/list", "prompts/list")
        return post(client, "/mcp", [rpc(*each) for each in zip(ids, methods)])

    with Upstream(script) as upstream:
        with promptecho.use_cassette(path):
            ask(1, 2)(upstream.url)
    (told,) = replay(path, upstream.url, [ask(2, 1)])
    assert told == [
        {"jsonrpc": "2.0", "id": 1, "result": {"of": "prompts/list", "id": 1}},
        {"jsonrpc": "2.0", "id": 2, "result": {"of": "tools/list", "id": 1}},
    ]


def test_with_its_own_ids_an_answer_is_the_recorded_bytes(client: Any, path: Path) -> None:
    text = '{ "result": {"id": 1.50, "x": "\\u0031"},\n "id" : 1, "jsonrpc":"2.0"}\n'
    answer = Answer((text.encode(),))

    def ask(url: str) -> str:
        body = rpc(1, "tools/list")
        return str(client.post(url + "/mcp", json=body).text)

    with Upstream(lambda call: answer) as upstream:
        with promptecho.use_cassette(path):
            assert ask(upstream.url) == text
    assert replay(path, upstream.url, [ask]) == [text]


def test_an_id_is_spliced_into_the_recorded_bytes_and_nothing_else_moves(
    client: Any, path: Path
) -> None:
    text = '{ "result": {"id": 1, "x": "\\u0031", "n": 1.50},\n "id" : 1, "jsonrpc":"2.0"}\n'
    answer = Answer((text.encode(),))

    def ask(number: Any) -> Ask:
        body = rpc(number, "tools/list")
        return lambda url: client.post(url + "/mcp", json=body).text

    with Upstream(lambda call: answer) as upstream:
        with promptecho.use_cassette(path):
            ask(1)(upstream.url)
    told = replay(path, upstream.url, [ask("seven")])
    assert told == [text.replace('"id" : 1', '"id" : "seven"')]


# --- what is bookkeeping elsewhere -------------------------------------------------------------

USER = [{"role": "user", "content": "I like figs"}]


def test_threads_and_memories_are_told_apart_by_their_metadata(client: Any, path: Path) -> None:
    asks = [
        post(client, where, body)
        for where, bodies in {
            "/v1/conversations": [{"metadata": {"topic": t}} for t in ("cats", "dogs")],
            "/threads/search": [{"metadata": {"user": u}, "limit": 9} for u in ("ann", "bob")],
            "/threads": [{"metadata": {"graph_id": g}} for g in ("a", "b")],
            "/threads/t1/runs": [{"assistant_id": "a", "metadata": {"n": n}} for n in (1, 2)],
            "/v2/memories/search": [{"query": "q", "metadata": {"k": k}} for k in (1, 2)],
            "/v1/memories": [{"messages": USER, "metadata": {"k": k}} for k in (1, 2)],
            "/v1/memories/": [{"messages": USER, "user_id": u} for u in ("ann", "bob")],
            "/v1/chat-messages": [{"query": "q", "user": u} for u in ("ann", "bob")],
            "/api/generate": [{"model": "m", "keep_alive": k, "stream": False} for k in (0, "5m")],
            "/api/chat": [
                {"model": "m", "messages": [], "keep_alive": k, "stream": False} for k in (0, "5m")
            ],
        }.items()
        for body in bodies
    ]
    told_twice(same_path, path, asks)


@pytest.mark.parametrize(
    ("where", "body"),
    [
        ("/v1/conversations", {"metadata": {"topic": "birds"}}),
        ("/threads/search", {"metadata": {"user": "eve"}, "limit": 9}),
        ("/v1/memories", {"messages": USER, "metadata": {"topic": "birds"}}),
        ("/v1/memories", {"messages": USER, "user_id": "eve"}),
    ],
)
def test_other_metadata_is_never_answered_in_silence(
    client: Any, path: Path, where: str, body: dict[str, Any]
) -> None:
    known = json.loads(json.dumps(body).replace("birds", "cats").replace("eve", "ann"))
    with Upstream(same_path) as upstream:
        with promptecho.use_cassette(path):
            post(client, where, known)(upstream.url)
    with pytest.raises((promptecho.CassetteMiss, promptecho.PromptechoDriftWarning)):
        replay(path, upstream.url, [post(client, where, body)])


def test_a_guardrail_in_a_header_is_never_left_out_in_silence(client: Any, path: Path) -> None:
    def script(call: Call) -> Answer:
        headers = {name.lower(): value for name, value in call.headers}
        return json_answer({"guard": headers.get("x-amzn-bedrock-guardrailidentifier", "none")})

    def ask(guardrail: str) -> Ask:
        headers = {"X-Amzn-Bedrock-GuardrailIdentifier": guardrail} if guardrail else {}
        return post(client, "/model/m/invoke", {"prompt": "Hi"}, headers=headers)

    with Upstream(script) as upstream:
        with promptecho.use_cassette(path):
            ask("g1")(upstream.url)
    with pytest.raises(promptecho.PromptechoDriftWarning, match="guardrailidentifier"):
        replay(path, upstream.url, [ask("")])
    matched = path.with_name("matched.yaml")
    name = "x-amzn-bedrock-guardrailidentifier"
    told_twice(script, matched, [ask("g1"), ask("g2"), ask("")], match_headers=[name])
