"""A value that an answer gives and a later request carries is found again on replay. [RED-16]

Each story is recorded against a server that checks what it gets, the server is shut down, and the
story runs again from the file. No file ever holds the value. The secrets are put together at run
time, so that no text of this repository looks like one.
"""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable
from urllib.parse import parse_qs, quote, unquote, urlsplit

import httpx
import pytest

import promptecho
from promptecho import PromptechoSecretWarning
from support.upstream import Answer, Call, Upstream, compact, json_answer, sse_answer

TOKEN = "Qm7" + "-xT2_pL9" * 3
ODD = "Qm7+xT2=" + 'pL9"Vk4' + "&Zr8"  # has other spellings in a URL and in JSON
Story = Callable[[httpx.Client], Any]


@contextlib.contextmanager
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as opened:
        yield opened


def live_and_replayed(
    serve: Callable[[Call], Answer], path: Path, story: Story, *secrets: str, **options: Any
) -> tuple[Any, Any]:
    """What a story returns against a server, and from the cassette with the server shut down."""
    with Upstream(serve) as upstream, warnings.catch_warnings():
        warnings.simplefilter("ignore", PromptechoSecretWarning)
        with promptecho.use_cassette(path, **options), client(upstream.url) as opened:
            live = story(opened)
            search(path.parent, secrets)  # the journal
    assert upstream.refuses()
    search(path.parent, secrets)
    with promptecho.use_cassette(path, **{**options, "mode": "none"}) as cassette:
        with client(upstream.url) as opened:
            replayed = story(opened)
    assert not cassette.unplayed
    return live, replayed


def search(folder: Path, secrets: tuple[str, ...]) -> None:
    files = [path.read_bytes() for path in folder.iterdir()]
    assert files
    for data in files:
        for secret in secrets:
            for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
                assert form.encode() not in data


# --- tools and judges: names do not count in a conversation ---------------------------------------

PASSWORD = "hunter2"
ARGUMENTS = {"user": "ann", "password": PASSWORD, "api_key": "k-1"}


def anthropic(arguments: dict[str, str], *, stream: bool) -> Answer:
    """A call of a tool, as the Messages API sends it."""
    if not stream:
        block = {"type": "tool_use", "id": "toolu_1", "name": "login", "input": arguments}
        return json_answer({"type": "message", "content": [block], "stop_reason": "tool_use"})
    start = {"type": "tool_use", "id": "toolu_1", "name": "login", "input": {}}
    text = compact(arguments)
    deltas = [
        {"type": "input_json_delta", "partial_json": text[i : i + 9]} for i in range(0, 99, 9)
    ]
    events = [{"type": "content_block_start", "content_block": start}]
    events += [{"type": "content_block_delta", "delta": delta} for delta in deltas]
    events += [{"type": "tool_use", "input": arguments}, {"type": "message_stop"}]
    return sse_answer(*(f"event: {each['type']}\ndata: {compact(each)}" for each in events))


def openai(arguments: dict[str, str], *, stream: bool) -> Answer:
    """A call of a tool, as the Chat Completions API sends it."""
    call = {"name": "login", "arguments": json.dumps(arguments)}
    if not stream:
        message = {"role": "assistant", "tool_calls": [{"id": "call_1", "function": call}]}
        return json_answer({"choices": [{"message": message}]})
    delta = {"tool_calls": [{"index": 0, "id": "call_1", "function": call}]}
    return sse_answer(f"data: {compact({'choices': [{'delta': delta}]})}", "data: [DONE]")


TOOL_USE = {"/v1/messages": anthropic, "/v1/chat/completions": openai}


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize("url", TOOL_USE)
def test_a_tool_that_takes_a_password_gets_it_on_replay(
    tmp_path: Path, url: str, stream: bool
) -> None:
    def serve(call: Call) -> Answer:
        if len(call.json["messages"]) == 1:
            return TOOL_USE[url](ARGUMENTS, stream=stream)
        assert call.json["messages"][1]["content"][0]["input"]["password"] == PASSWORD
        return json_answer({"content": [{"type": "text", "text": "You are logged in."}]})

    def story(opened: httpx.Client) -> Any:
        asked = [{"role": "user", "content": "Log me in"}]
        body = {"model": "m", "messages": asked, "stream": stream}
        first = opened.post(url, json=body).content
        used = {"type": "tool_use", "id": "toolu_1", "name": "login", "input": ARGUMENTS}
        assert PASSWORD.encode() in first
        done = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}
        asked += [
            {"role": "assistant", "content": [used]},
            {"role": "user", "content": [done]},
        ]
        return first, opened.post(url, json={"model": "m", "messages": asked}).content

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story)
    assert replayed == live


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_two_passwords_of_a_tool_are_two_requests(tmp_path: Path, stream: bool) -> None:
    def serve(call: Call) -> Answer:
        return json_answer({"said": call.json["messages"][0]["content"][0]["input"]})

    def story(opened: httpx.Client) -> Any:
        def answer(password: str) -> Any:
            block = {"type": "tool_use", "id": "t", "name": "f", "input": {"password": password}}
            body = {"model": "m", "messages": [{"role": "assistant", "content": [block]}]}
            return opened.post("/v1/messages", json={**body, "stream": stream}).json()

        return answer("one"), answer("two"), answer("one")

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story)
    assert replayed == live
    assert live[0] != live[1]


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_the_assertion_of_a_judge_comes_back_as_it_was(tmp_path: Path, stream: bool) -> None:
    verdict = json.dumps({"assertion": "The answer names Paris", "password": "none", "ok": True})

    def serve(call: Call) -> Answer:
        message = {"role": "assistant", "content": verdict}
        if not stream:
            return json_answer({"choices": [{"message": message}], "parsed": json.loads(verdict)})
        return sse_answer(f"data: {compact({'choices': [{'delta': message}]})}", "data: [DONE]")

    def story(opened: httpx.Client) -> bytes:
        body = {"model": "m", "messages": [{"role": "user", "content": "judge"}], "stream": stream}
        return opened.post("/v1/chat/completions", json=body).content

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story)
    assert replayed == live
    assert b"The answer names Paris" in live


# --- logins ---------------------------------------------------------------------------------------


def in_the_body(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", json={"t": token})


def in_a_text(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", json={"input": f"use {token} for this"})


def in_json_in_a_string(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", json={"arguments": json.dumps({"t": f"Bearer {token}"})})


def in_a_header(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", json={}, headers={"authorization": f"Bearer {token}"})


def in_a_matched_header(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", json={}, headers={"x-session": f"v1 {token}"})


def in_a_stored_header(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", json={}, headers={"openai-beta": f"v1 {token}"})


def in_the_query(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.get("/use", params={"access_token": token})


def in_another_parameter(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.get("/use", params={"cursor": token, "n": 1})


def in_a_part_of_a_parameter(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.get("/use", params={"q": f"from {token} to"})


def in_the_path(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.get(f"/use/{quote(token, safe='')}/more")


def in_the_path_in_small_digits(opened: httpx.Client, token: str) -> httpx.Response:
    written = "".join(c if c.isalnum() or c in "-_" else f"%{ord(c):02x}" for c in token)
    return opened.get(f"/use/{written}/more")


def in_a_form(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", data={"a": "1", "t": token})


def in_a_part(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", data={"a": "1"}, files={"t": ("t.txt", f"use {token}".encode())})


def in_a_long_part(opened: httpx.Client, token: str) -> httpx.Response:
    content = b"\xff" * 5000 + token.encode()
    return opened.post("/use", files={"t": ("t.bin", content)})


def in_a_text_body(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", content=f"use {token}", headers={"content-type": "text/plain"})


def in_bytes(opened: httpx.Client, token: str) -> httpx.Response:
    return opened.post("/use", content=b"\xff\xfe" + token.encode())


PLACES = [each for name, each in sorted(globals().items()) if name.startswith("in_")]
BY_NAME = {"access_token": "the name of a member", "accessToken": "another case"}


def carries(call: Call, token: str) -> bool:
    """Whether a request of a client carries a value, however it is written."""
    texts = [call.path, *(value for _, value in call.headers), call.body.decode("latin-1")]
    texts += [unquote(text.replace("+", " ")) for text in texts]
    texts += [text.replace("\\", "") for text in texts]
    return any(token in text for text in texts)


def logs_in(token: str) -> Callable[[Call], Answer]:
    """A server that gives a token, and wants it back in the next call."""

    def serve(call: Call) -> Answer:
        if urlsplit(call.path).path == "/login":
            return json_answer({"access_token": token, "expires_in": 3600})
        right = carries(call, token)
        return json_answer({"right": right}, status=200 if right else 401)

    return serve


@pytest.mark.parametrize("use", PLACES, ids=lambda use: use.__name__)
@pytest.mark.parametrize("token", [TOKEN, ODD], ids=["plain", "odd"])
def test_a_token_of_a_login_returns_in_the_next_request(
    tmp_path: Path, use: Callable[[httpx.Client, str], httpx.Response], token: str
) -> None:
    def story(opened: httpx.Client) -> Any:
        given = opened.post("/login", json={"user": "ann", "password": PASSWORD}).json()
        used = use(opened, given["access_token"])
        return used.status_code, used.json()

    live, replayed = live_and_replayed(
        logs_in(token), tmp_path / "c.yaml", story, token, match_headers=["x-session"]
    )
    assert live == replayed == (200, {"right": True})


Tells = Callable[[], Answer]


def beside_its_name() -> Answer:
    return json_answer({"session": TOKEN, "access_token": TOKEN, "hint": f"Bearer {TOKEN}"})


def in_a_cookie_and_the_body() -> Answer:
    return json_answer({"session": TOKEN}, ("set-cookie", f"sid={TOKEN}; Path=/"))


def in_a_location_and_the_body() -> Answer:
    target = f"https://b.example/?access_token={TOKEN}"
    return json_answer({"session": TOKEN}, ("location", target))


@pytest.mark.parametrize(
    "tells", [beside_its_name, in_a_cookie_and_the_body, in_a_location_and_the_body]
)
def test_a_token_that_an_answer_repeats_returns(tmp_path: Path, tells: Tells) -> None:
    def serve(call: Call) -> Answer:
        return tells() if call.path == "/login" else json_answer({"right": carries(call, TOKEN)})

    def story(opened: httpx.Client) -> Any:
        token = opened.post("/login", json={}).json()["session"]
        return opened.post("/use", json={"t": token}).json()

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story, TOKEN)
    assert live == replayed == {"right": True}


def test_a_token_that_a_later_event_repeats_returns(tmp_path: Path) -> None:
    def serve(call: Call) -> Answer:
        if call.path == "/login":
            first = f"data: https://b.example/?access_token={TOKEN}"
            return sse_answer(first, "data: wait", f"data: {TOKEN}")
        return json_answer({"right": carries(call, TOKEN)})

    def story(opened: httpx.Client) -> Any:
        *_, last = opened.post("/login", json={}).text.split()
        return opened.post("/use", json={"t": last}).json()

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story, TOKEN)
    assert live == replayed == {"right": True}


def test_a_hit_in_an_answer_is_an_error_though_a_request_came_between(tmp_path: Path) -> None:
    def serve(call: Call) -> Answer:
        if call.path == "/login":
            told = ("location", f"https://b.example/?access_token={TOKEN}")
            return Answer((b"{}", b"\n"), headers=(("content-type", "application/json"), told))
        return json_answer({"ok": True})

    with Upstream(serve) as upstream, client(upstream.url) as opened:
        with pytest.raises(promptecho.CassetteError, match="secret"):
            with promptecho.use_cassette(tmp_path / "c.yaml", on_secret="raise"):
                with opened.stream("POST", "/login", json={}) as login:
                    next(login.iter_bytes())
                    opened.post("/use", json={})
                    login.read() if not login.is_stream_consumed else None


def test_a_token_of_a_stream_is_known_while_the_stream_is_open(tmp_path: Path) -> None:
    def serve(call: Call) -> Answer:
        if call.path == "/events":
            link = f"data: https://b.example/?access_token={TOKEN}"
            return sse_answer("data: hello", link, "data: bye")
        return json_answer({"right": carries(call, TOKEN)})

    def story(opened: httpx.Client) -> Any:
        rights = []
        with opened.stream("POST", "/events", json={}) as events:
            for line in events.iter_lines():
                if line:
                    token = line.rpartition("=")[2]
                    rights.append(opened.post("/use", json={"t": token}).json()["right"])
        return rights

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story, TOKEN)
    assert live == replayed == [False, True, False]


def test_a_password_that_decides_is_warned_of(tmp_path: Path) -> None:
    def serve(call: Call) -> Answer:
        return json_answer({"said": call.json["password"][::-1]})

    path = tmp_path / "c.yaml"
    with warnings.catch_warnings(record=True) as caught, Upstream(serve) as upstream:
        warnings.simplefilter("always")
        with promptecho.use_cassette(path), client(upstream.url) as opened:
            for password in ("figs", "dates"):
                opened.post("/x", json={"password": password})
    (warning,) = (each for each in caught if each.category is PromptechoSecretWarning)
    assert str(warning.message) == (
        f"{path}: two calls differ only in the member password, and got different answers. Its "
        "value is redacted and not matched, so one of the answers will be replayed for both. If "
        "the value is no secret, pass keep_members=['password']"
    )


def test_a_token_is_known_before_its_answer_is_read_to_the_end(tmp_path: Path) -> None:
    def serve(call: Call) -> Answer:
        if call.path == "/login":
            text = compact({"access_token": TOKEN})
            return Answer((text.encode(), b"\n"), headers=(("content-type", "application/json"),))
        return json_answer({"right": carries(call, TOKEN)})

    def story(opened: httpx.Client) -> Any:
        with opened.stream("POST", "/login", json={}) as login:
            token = json.loads(next(login.iter_bytes()))["access_token"]
            used = opened.post("/use", json={"t": token}).json()
            login.read() if not login.is_stream_consumed else None
        return used

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story, TOKEN)
    assert live == replayed == {"right": True}


def test_a_token_in_an_answer_that_is_stored_as_text_returns(tmp_path: Path) -> None:
    def serve(call: Call) -> Answer:
        if call.path == "/login":
            return Answer((f'{{ "access_token" : "{TOKEN}",\t"n":1 }}'.encode(),))
        return json_answer({"right": carries(call, TOKEN)})

    def story(opened: httpx.Client) -> Any:
        token = opened.post("/login", json={}).json()["access_token"]
        return opened.post("/use", json={"t": token}).json()

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story, TOKEN)
    assert live == replayed == {"right": True}


def test_a_cookie_returns_in_a_form(tmp_path: Path) -> None:
    cookie = f"csrftoken={TOKEN}; Expires=Wed, 09 Jun 2100 10:18:14 GMT; Path=/"

    def serve(call: Call) -> Answer:
        if call.method == "GET":
            return json_answer({}, ("set-cookie", cookie))
        right = parse_qs(call.body.decode())["csrfmiddlewaretoken"] == [TOKEN]
        return json_answer({"right": right and carries(call._replace(body=b""), TOKEN)})

    def story(opened: httpx.Client) -> Any:
        opened.get("/form")
        token = opened.cookies["csrftoken"]
        form = {"csrfmiddlewaretoken": token, "name": "ann"}
        return opened.post("/form", data=form, headers={"x-csrftoken": token}).json()

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story, TOKEN)
    assert live == replayed == {"right": True}


def test_a_link_with_a_signature_returns_as_an_address(tmp_path: Path) -> None:
    def serve(call: Call) -> Answer:
        if call.path == "/link":
            return json_answer({"next": f"/file?sig={quote(TOKEN)}&n=1"})
        return json_answer({"right": carries(call, TOKEN)})

    def story(opened: httpx.Client) -> Any:
        return opened.get(opened.get("/link").json()["next"]).json()

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story, TOKEN)
    assert live == replayed == {"right": True}


# --- what is not taken from an answer -------------------------------------------------------------


def recorded_bodies(
    path: Path, serve: Callable[[Call], Answer], story: Story, **options: Any
) -> Any:
    """The bodies of the requests that a story records."""
    with Upstream(serve) as upstream, warnings.catch_warnings():
        warnings.simplefilter("ignore", PromptechoSecretWarning)
        with promptecho.use_cassette(path, **options) as cassette, client(upstream.url) as opened:
            story(opened)
    return [item.request.body for item in cassette.recorded]


@pytest.mark.parametrize(
    "value", ["short-1", "none-of-the-above-please", "0f8fad5b-d9cb-469f-a165-70867728950e"]
)
def test_a_value_that_does_not_look_secret_is_not_taken(tmp_path: Path, value: str) -> None:
    def story(opened: httpx.Client) -> None:
        opened.post("/use", json={"t": opened.post("/login").json()["access_token"]})

    _, second = recorded_bodies(tmp_path / "c.yaml", logs_in(value), story)
    assert second == {"t": value}


@pytest.mark.parametrize("first", [{"mine": TOKEN}, {"password": TOKEN}])
def test_a_value_that_the_client_had_before_is_not_taken(
    tmp_path: Path, first: dict[str, str]
) -> None:
    def serve(call: Call) -> Answer:
        return json_answer({"api_key": TOKEN} if call.path == "/echo" else {"ok": True})

    def story(opened: httpx.Client) -> Any:
        opened.post("/echo", json=first)
        return opened.post("/use", json={"t": TOKEN}).json()

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story)
    assert live == replayed == {"ok": True}


def test_a_value_that_an_earlier_request_carried_is_not_taken(tmp_path: Path) -> None:
    def serve(call: Call) -> Answer:
        return json_answer({"api_key": TOKEN} if call.path == "/me" else {"ok": True})

    def story(opened: httpx.Client) -> Any:
        opened.post("/first", headers={"x-mine": TOKEN})
        opened.get("/me")
        return opened.post("/use", json={"t": TOKEN}).json()

    live, replayed = live_and_replayed(serve, tmp_path / "c.yaml", story)
    assert live == replayed == {"ok": True}


@pytest.mark.parametrize("on_secret", ["redact", "warn", "raise"])
def test_a_login_is_recorded_under_each_setting(tmp_path: Path, on_secret: str) -> None:
    def story(opened: httpx.Client) -> Any:
        token = opened.post("/login", json={}).json()["access_token"]
        return opened.post("/use", json={"t": token}).json()

    live, replayed = live_and_replayed(
        logs_in(TOKEN), tmp_path / "c.yaml", story, TOKEN, on_secret=on_secret
    )
    assert live == replayed == {"right": True}


def test_a_replaced_member_of_an_answer_is_warned_of_with_the_option(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    with Upstream(logs_in(TOKEN)) as upstream, pytest.warns(PromptechoSecretWarning) as warned:
        with promptecho.use_cassette(path), client(upstream.url) as opened:
            opened.post("/login")
    assert [str(each.message) for each in warned] == [
        f"{path}: the answer to POST {upstream.url}/login has members that are named like secrets, "
        "at response.body.access_token. Their values were redacted, so your code gets REDACTED on "
        "replay. If a member is no secret, pass its name in keep_members."
    ]
