"""What is sent and answered in every benchmark, and an upstream that answers at once.

The upstream stands in the place of ``ConnectionPool.handle_request`` of each httpcore before a
recorder is imported, so that every recorder finds it where it looks for the network. It counts what
reaches it: a replay must leave the count as it is.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

URL = "https://api.openai.com/v1/chat/completions"
REQUEST_HEADERS = {
    "content-type": "application/json",
    "authorization": "Bearer " + "none",
    "x-stainless-lang": "python",
    "x-stainless-retry-count": "0",
}
ANSWER_HEADERS = {
    "date": "Sun, 22 Nov 2026 12:00:00 GMT",
    "server": "cloudflare",
    "openai-processing-ms": "412",
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "9999",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}

SENTENCE = "The quick brown fox jumps over the lazy dog and writes it down. "
PARAGRAPH = SENTENCE * 8 + "It’s “done”, she said — really?\n"
CODE = '    def run(self, value: int) -> int:\n        return self._inner["key"].run(value + 1)\n'


@cache
def question(number: int, size: int) -> bytes:
    """A chat request of about so many bytes; no two numbers ask the same."""
    messages = [_message("system", "You are a helpful assistant. " + SENTENCE)]
    last = _message("user", f"Question {number}: " + SENTENCE * 10)
    left = size - len(_encoded(_chat([*messages, last])))
    turn = 0
    while left > 0:
        texts = (PARAGRAPH, CODE * 30, PARAGRAPH)
        for role, text in zip(("user", "assistant", "user"), texts):
            if left > 0:
                messages.append(_message(role, f"{turn}. {text}"[:left]))
                left -= len(_encoded(messages[-1])) + 2
                turn += 1
    return _encoded(_chat([*messages, last]))


def answer(number: int, size: int) -> bytes:
    """The answer to a question, of about so many bytes."""
    text = f"Answer {number}: " + PARAGRAPH * (1 + size // len(PARAGRAPH))
    spare = size - len(_encoded(_completion(number, "")))
    return _encoded(_completion(number, text[: max(spare, 20)]))


@cache
def turns(count: int, size: int) -> list[bytes]:
    """The requests of a conversation: each has the whole history, and the last has `size` bytes."""
    messages: list[dict[str, Any]] = []
    bodies = []
    for turn in range(count):
        text = f"{turn} {PARAGRAPH * (size // count // len(PARAGRAPH))}"
        messages.append(_message("user", text))
        bodies.append(_encoded(_chat(messages)))
        messages.append(_message("assistant", f"Answer {turn}"))
    return bodies


@cache
def events(count: int) -> list[bytes]:
    """An answer as so many server-sent events."""
    texts = [f"token{number} " for number in range(count - 1)]
    return [b"data: " + _encoded(_delta(text)) + b"\n\n" for text in texts] + [b"data: [DONE]\n\n"]


def number_of(content: bytes) -> int:
    """Which question an answer answers."""
    return int(json.loads(content)["id"].rpartition("-")[2])


def _message(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content}


def _chat(messages: list[dict[str, Any]]) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": messages, "temperature": 0.7, "max_tokens": 256}


def _completion(number: int, text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": _message("assistant", text), "finish_reason": "stop"}
    usage = {"prompt_tokens": 211, "completion_tokens": 187, "total_tokens": 398}
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1795348800}
    return {**head, "model": "gpt-4o-mini-2024-07-18", "choices": [choice], "usage": usage}


def _delta(text: str) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    head = {"id": "chatcmpl-0", "object": "chat.completion.chunk", "created": 1795348800}
    return {**head, "model": "gpt-4o-mini-2024-07-18", "choices": [choice]}


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Upstream:
    """Answers the first request with the first answer, and so on, and after the last begins again.

    Attributes:
        reached: how many requests came through to it.
    """

    def __init__(self) -> None:
        self.reached = 0
        self._answers: list[list[bytes]] = []
        self._media_type = "application/json"

    def start(self, answers: list[list[bytes]], media_type: str = "application/json") -> None:
        """Begin again, with these answers, each a list of chunks."""
        self.reached = 0
        self._answers = answers
        self._media_type = media_type

    def install(self, name: str) -> Any:
        """Stand in the place of the network of an HTTP library; returns the library."""
        library: Any = importlib.import_module(name)
        core: Any = importlib.import_module(name.replace("httpx", "httpcore"))
        stream = _stream(library)

        def handle_request(_: Any, request: Any) -> Any:
            answer = self._answer(library, stream)
            return core.Response(200, headers=answer.headers.raw, content=answer.stream)

        core.ConnectionPool.handle_request = handle_request
        return library

    def bare(self, library: Any) -> Any:
        """A client of the library that gets its answers from `MockTransport`."""
        stream = _stream(library)
        transport = library.MockTransport(lambda _: self._answer(library, stream))
        return library.Client(transport=transport)

    def _answer(self, library: Any, stream: Any) -> Any:
        chunks = self._answers[self.reached % len(self._answers)]
        self.reached += 1
        headers = {**ANSWER_HEADERS, "content-type": self._media_type}
        return library.Response(200, headers=headers, stream=stream(chunks))


def _stream(library: Any) -> Any:
    class Chunks(library.SyncByteStream):  # type: ignore[misc]
        def __init__(self, chunks: list[bytes]) -> None:
            self._chunks = chunks

        def __iter__(self) -> Iterator[bytes]:
            yield from self._chunks

    return Chunks
