"""A program that makes four calls through a cassette, and prints what it received.

    python -m support.four_calls CLIENT URL CASSETTE

A line for each call: a JSON list of the kind, the status and the bytes of the body in base64.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import Iterable
from typing import Any

import promptecho

KINDS = ("json", "stream", "binary", "error")
Received = list[tuple[int, bytes]]


def calls(url: str) -> Iterable[dict[str, Any]]:
    """What is given to a client for each call; the key is that of the environment, if any."""
    key = os.environ.get("OPENAI_API_KEY")
    headers = {"authorization": f"Bearer {key}"} if key else {}
    for kind in KINDS:
        body = {"model": "m", "input": f"a question, answered as {kind}"}
        yield {"url": f"{url}/v1/{kind}", "json": body, "headers": headers}


def with_httpx(url: str) -> Received:
    import httpx

    with httpx.Client() as client:
        received = []
        for call in calls(url):
            with client.stream("POST", **call) as response:
                received.append((response.status_code, b"".join(response.iter_bytes())))
        return received


async def with_httpx_async(url: str) -> Received:
    import httpx

    async with httpx.AsyncClient() as client:
        received = []
        for call in calls(url):
            async with client.stream("POST", **call) as response:
                body = b"".join([chunk async for chunk in response.aiter_bytes()])
                received.append((response.status_code, body))
        return received


def with_requests(url: str) -> Received:
    import requests

    with requests.Session() as session:
        answers = [session.post(**call, stream=True) for call in calls(url)]
        return [(each.status_code, b"".join(each.iter_content(None))) for each in answers]


async def with_aiohttp(url: str) -> Received:
    import aiohttp

    async with aiohttp.ClientSession() as session:
        received = []
        for call in calls(url):
            async with session.post(**call) as response:
                received.append((response.status, await response.read()))
        return received


CLIENTS: dict[str, Any] = {
    "httpx": with_httpx,
    "httpx-async": with_httpx_async,
    "requests": with_requests,
    "aiohttp": with_aiohttp,
}


def main(client: str, url: str, cassette: str) -> None:
    with promptecho.use_cassette(cassette, on_record_error="record"):
        received = CLIENTS[client](url)
        if asyncio.iscoroutine(received):
            received = asyncio.run(received)
    for kind, (status, body) in zip(KINDS, received):
        print(json.dumps([kind, status, base64.b64encode(body).decode()]))


if __name__ == "__main__":
    main(*sys.argv[1:])
