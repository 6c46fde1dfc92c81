"""A chat request through each HTTP library, for tests that only need a request to be made."""

from __future__ import annotations

import json
from typing import Any

import httpx

CHAT = "/v1/chat/completions"
#: Options of httpx and httpx2 clients: no proxy of the environment, no certificates to load, and
#: more time than the default of five seconds, which a loaded machine may need.
PLAIN: dict[str, Any] = {"trust_env": False, "verify": False, "timeout": 60}


def question(prompt: str) -> dict[str, Any]:
    """The body of a chat request."""
    return {"model": "m", "messages": [{"role": "user", "content": prompt}]}


def reply_in(answer: Any) -> str:
    """The message in the body of a chat response."""
    return str(answer["choices"][0]["message"]["content"])


def reply(response: Any) -> str:
    """The message in a chat response of httpx, httpx2 or requests."""
    return reply_in(response.json())


def send_httpx(http: Any, url: str = "http://x", prompt: str = "hello", **more: Any) -> Any:
    """Send a chat request with httpx or httpx2, and return the response."""
    with http.Client(**PLAIN) as client:
        return client.post(url + CHAT, json={**question(prompt), **more})


def post_httpx(url: str, prompt: str, **more: Any) -> str:
    """Send a chat request with httpx, and return the reply."""
    return reply(send_httpx(httpx, url, prompt, **more))


async def post_httpx_async(url: str, prompt: str) -> str:
    """Send a chat request with httpx's asynchronous client, and return the reply."""
    async with httpx.AsyncClient(**PLAIN) as client:
        return reply(await client.post(url + CHAT, json=question(prompt)))


def post_requests(session: Any, url: str, prompt: str) -> str:
    """Send a chat request with requests, or a session of it, and return the reply."""
    return reply(session.post(url + CHAT, json=question(prompt)))


def post_urllib3(pool: Any, url: str, prompt: str) -> str:
    """Send a chat request with a pool of urllib3, and return the reply."""
    body = json.dumps(question(prompt)).encode()
    headers = {"content-type": "application/json"}
    response = pool.request("POST", url + CHAT, body=body, headers=headers)
    return reply_in(json.loads(response.data))


async def post_aiohttp(session: Any, url: str, prompt: str) -> str:
    """Send a chat request with a session of aiohttp, and return the reply."""
    async with session.post(url, json=question(prompt)) as response:
        return reply_in(await response.json())


def post_http_client(connection: Any, prompt: str) -> str:
    """Send a chat request on a connection of http.client, and return the reply."""
    headers = {"content-type": "application/json"}
    connection.request("POST", CHAT, json.dumps(question(prompt)), headers)
    with connection.getresponse() as response:
        return reply_in(json.load(response))
