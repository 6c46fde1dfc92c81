"""Where a request goes: upstreams, cassettes, and what is refused."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from promptecho._serve.addresses import Upstreams, address
from promptecho._serve.refusals import Refused
from support.record_replay import prompts
from support.serving import CLIENT, Served
from support.upstream import Upstream, echo, json_answer

KNOWN = Upstreams.of([])
SIGNED = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/bedrock/aws4_request, Signature=0"


@pytest.mark.parametrize(
    ("target", "headers", "url"),
    [
        ("/v1/chat/completions", {}, "https://api.openai.com/v1/chat/completions"),
        ("/v1/messages", {}, "https://api.anthropic.com/v1/messages"),
        ("/v1/models", {"anthropic-version": "x"}, "https://api.anthropic.com/v1/models"),
        (
            "/v1beta/models/g:generateContent",
            {},
            "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent",
        ),
        (
            "/model/a%3A0/converse",
            {"authorization": SIGNED},
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a%3A0/converse",
        ),
        ("/api/chat", {}, "http://127.0.0.1:11434/api/chat"),
        ("/v2/chat", {}, "https://api.cohere.com/v2/chat"),
        ("/openai/v1/models", {}, "https://api.groq.com/openai/v1/models"),
        ("/_upstream/api.mistral.ai/v1/x", {}, "https://api.mistral.ai/v1/x"),
        ("/_upstream/API.OpenAI.com/v1/x", {}, "https://api.openai.com/v1/x"),
        ("/_upstream/a.openai.azure.com/openai/x", {}, "https://a.openai.azure.com/openai/x"),
        ("/_cassette/t/_upstream/api.x.ai/v1/x", {}, "https://api.x.ai/v1/x"),
    ],
)
def test_a_known_upstream_is_found(target: str, headers: dict[str, str], url: str) -> None:
    assert address(target, "", headers, KNOWN).url == url
    assert address(target, "a=%20&b", headers, KNOWN).url == f"{url}?a=%20&b"


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/v1/chat/completions",
        "evil.example:443",
        "*",
        "/unknown/path",
        "/_upstream/evil.example/v1/chat/completions",
        "/_upstream/api.openai.com@evil.example/v1/x",
        "/_upstream/api.openai.com%40evil.example/v1/x",
        "/_upstream/evil.example%2F.openai.azure.com/v1/x",
        "/_upstream/evil.example%23.openai.azure.com/v1/x",
        "/_upstream/evil.example%5C.openai.azure.com/v1/x",
        "/_upstream/api.openai.com%0d%0ax/v1/x",
        "/_upstream/127.0.0.1:22/v1/x",
        "/_upstream/169.254.169.254/latest/meta-data",
        "/_cassette/..%2F..%2Fetc%2Fpasswd/v1/models",
        "/_cassette/../v1/models",
        "/_cassette/%2e%2e/v1/models",
        "/_cassette/a%00b/v1/models",
        "/_cassette/a%5Cb/v1/models",
        "/_cassette/%2Fetc%2Fx/v1/models",
    ],
)
def test_what_is_neither_known_nor_named_is_refused(target: str) -> None:
    with pytest.raises(Refused):
        address(target, "", {}, KNOWN)


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../b", ".hidden", "-x", "a//b", "", "a\x00", "a" * 201]
)
def test_a_name_of_a_cassette_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        address("/v1/models", "", {"x-promptecho-cassette": name}, KNOWN)


def test_a_named_upstream_goes_before_the_shape_of_a_path() -> None:
    named = Upstreams.of(
        ["https://gateway.example/llm/", "https://other.example", "anthropic=http://127.0.0.1:9"]
    )
    found = {
        target: address(target, "", {}, named).url
        for target in ("/v1/chat/completions", "/v1/messages", "/x", "/_upstream/other.example/x")
    }
    assert found == {
        "/v1/chat/completions": "https://gateway.example/llm/v1/chat/completions",
        "/v1/messages": "http://127.0.0.1:9/v1/messages",
        "/x": "https://gateway.example/llm/x",
        "/_upstream/other.example/x": "https://other.example/x",
    }


@pytest.mark.parametrize(
    "given",
    ["api.example.com", "ftp://a", "https://u:p@a", "https://a?b", "nobody=https://a", "https://"],
)
def test_an_upstream_of_another_form_is_an_error(given: str) -> None:
    with pytest.raises(ValueError, match="--upstream"):
        Upstreams.of([given])


def test_two_slashes_do_not_change_the_host(path: Path) -> None:
    with Upstream(lambda _: json_answer({})) as upstream, Served(path, upstream.url) as server:
        raw(server.url, b"GET //evil.example/x HTTP/1.1\r\nhost: evil.example\r\n")
    (call,) = upstream.calls  # http.server makes one slash of two
    host = dict(call.headers)["Host"]
    assert call.path == "/evil.example/x"
    assert host == upstream.url.partition("//")[2]


def raw(url: str, head: bytes) -> bytes:
    """Send a request as it is; returns what comes back."""
    host, _, port = url.partition("//")[2].partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head + b"connection: close\r\n\r\n")
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_cassettes_are_named_by_header_and_by_prefix(tmp_path: Path) -> None:
    path = tmp_path / "main.yaml"
    with Upstream(echo) as upstream, Served(path, upstream.url) as server:
        chat(server.url, "main")
        chat(server.url, "one", headers={"x-promptecho-cassette": "sub/one"})
        chat(f"{server.url}/_cassette/two", "two")
        chat(f"{server.url}/_cassette/sub%2Fone", "more")
    files = {name: prompts(tmp_path / name) for name in ("main.yaml", "sub/one.yaml", "two.yaml")}
    assert files == {"main.yaml": ["main"], "sub/one.yaml": ["one", "more"], "two.yaml": ["two"]}
    names = {name.lower() for call in upstream.calls for name, _ in call.headers}
    assert not any(name.startswith("x-promptecho") for name in names)
    assert {call.path for call in upstream.calls} == {"/v1/chat/completions"}


def chat(url: str, prompt: str, headers: Any = None) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}]}
    return CLIENT.post(f"{url}/v1/chat/completions", json=body, headers=headers)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(path: Path, chunked: bool) -> None:
    with Upstream([]) as upstream, Served(path, upstream.url, server={"limit": 1000}) as server:
        content: Any = iter([b"a" * 600, b"b" * 600]) if chunked else b"a" * 1200
        response = CLIENT.post(f"{server.url}/v1/x", content=content)
    assert response.status_code == 413
    assert "larger than 1000 bytes" in response.json()["error"]["message"]
    assert upstream.calls == []
