"""Requests as clients send them: of the APIs that have a dialect, and of others."""

from __future__ import annotations

from random import Random
from typing import Any

from .conversations import chat, common_members, converse, gemini, messages, responses
from .parts import MODELS, SECRETS, WORDS, Body, Made, as_json, maybe


def a_request(random: Random) -> Body:
    """A request of one of the APIs, or of none."""
    method, url, content, body = random.choice(KINDS)(random)
    headers = [["content-type", content]] if content else []
    headers += (
        [["authorization", "Bearer " + random.choice(SECRETS)]] if random.random() < 0.3 else []
    )
    for name in ("x-custom", "anthropic-beta", "api-revision", "range"):
        if random.random() < 0.08:
            headers.append([name, random.choice(("a", "b, c", "2024-10-15"))])
    return {"method": method, "url": url + a_query(random), "headers": headers, "body": body}


def a_query(random: Random) -> str:
    """Mostly none."""
    if random.random() < 0.6:
        return ""
    names = ("q", "limit", "key", "api_key", "state", "city", "beta", "api-version", "token", "alt")
    values = (*SECRETS, "", "a b", "a%20b", "a+b", "1", "é", "Paris")
    rows = [
        f"{random.choice(names)}={random.choice(values)}" for _ in range(random.choice((1, 2, 3)))
    ]
    return "?" + "&".join(each.replace(" ", "%20") for each in rows)


def rpc(random: Random) -> Made:
    """JSON-RPC, as MCP sends it."""
    arguments: Body = {"city": "Paris", "password": random.choice(SECRETS)}
    params = {
        "name": "f",
        "arguments": arguments,
        "_meta": {"progressToken": random.choice((1, "p"))},
    }
    body: Any = {
        "jsonrpc": "2.0",
        "id": random.choice((1, 7, "x", None)),
        "method": "tools/call",
        "params": params,
    }
    if random.random() < 0.2:
        body = [body, {"jsonrpc": "2.0", "method": "notifications/initialized"}]
    return "POST", "https://mcp.example.com/mcp", "application/json", as_json(random, body)


def other_json(random: Random) -> Made:
    """An API that no dialect knows."""
    body: Body = {"input": random.choice(WORDS), "model": random.choice(MODELS)}
    maybe(random, body, "api_key", SECRETS, 0.3)
    maybe(random, body, "nested", ({"token": "abcdef0123456789ABCDEF01"}, {"secret": ""}), 0.3)
    maybe(
        random,
        body,
        "url",
        ("https://u:pass@h/?api_key=abc", "postgres://u:abcdef0123456789ABCDEF01@h/"),
        0.2,
    )
    common_members(random, body)
    value: Any = random.choice((body, body, body, [body, 1], 1.5, "x", None, [], {}))
    url = random.choice(("https://api.openai.com/v1/embeddings", "https://h.example.com/v1/things"))
    return "POST", url, "application/json", as_json(random, value)


def form(random: Random) -> Made:
    """A form, in either coding."""
    rows = [
        (random.choice(("b", "a", "token", "grant_type", "é")), random.choice((*SECRETS, "", "1")))
        for _ in range(random.choice((1, 2, 4)))
    ]
    if random.random() < 0.6:
        text = "&".join(f"{name}={value}" for name, value in rows)
        return (
            "POST",
            "https://h.example.com/token",
            "application/x-www-form-urlencoded",
            {"utf8": text},
        )
    parts = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in rows
    )
    return (
        "POST",
        "https://h.example.com/up",
        "multipart/form-data; boundary=B",
        {"utf8": parts + "--B--\r\n"},
    )


def get(random: Random) -> Made:
    """No body."""
    paths = ("/v1/models", "/weather", "/v1/files/file-abc/content", "/a%2fb/c", "/", "")
    return "GET", "https://h.example.com" + random.choice(paths), "", {"utf8": ""}


KINDS = (
    chat,
    chat,
    messages,
    messages,
    gemini,
    responses,
    converse,
    rpc,
    other_json,
    other_json,
    form,
    get,
)
