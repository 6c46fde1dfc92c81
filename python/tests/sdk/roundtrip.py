"""Record a story against an upstream, shut that down, and tell the story again from disk."""

from __future__ import annotations

import asyncio
import inspect
import os
from pathlib import Path
from typing import Any, Callable, NamedTuple
from urllib.parse import urlsplit

import pytest

import promptecho
from support.upstream import Answer, Call, Script, Upstream

#: Every variable from which an SDK would take a key.
KEYS = (
    *("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"),
    *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_FOUNDRY_API_KEY"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    "AWS_BEARER_TOKEN_BEDROCK",
    *("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENAI_API_KEY", "GOOGLE_GENAI_ACCESS_TOKEN"),
    "MISTRAL_API_KEY",
    *("CO_API_KEY", "COHERE_API_KEY"),
    "GROQ_API_KEY",
    "TOGETHER_API_KEY",
    "OLLAMA_API_KEY",
    *("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
)

#: What is done with an SDK, given where its upstream is; a function or a coroutine function.
Story = Callable[[str], Any]


def key(name: str) -> str:
    """The key of that variable, or what a client can be made with where none is set."""
    return os.environ.get(name, "placeholder")


def keeping(bodies: list[bytes]) -> Any:
    """Hooks by which a client of httpx or httpx2 keeps the bytes of each answer for a story."""
    return {"response": [lambda response: bodies.append(response.read())]}


class Outcome(NamedTuple):
    """What was told twice, and what lay in between."""

    told: Any
    asked: tuple[Call, ...]
    sent: tuple[Answer, ...]
    recorded: promptecho.Cassette
    replayed: promptecho.Cassette
    path: Path

    @property
    def paths(self) -> list[str]:
        """Where the SDK sent its requests, in their order."""
        return [call.path for call in self.asked]

    @property
    def statuses(self) -> list[int]:
        """The recorded statuses, in file order."""
        return [each.response.status for each in self.replayed.interactions]

    @property
    def kinds(self) -> list[str | None]:
        """The kinds of the recorded failures, in file order; None for a call that did not fail."""
        return [each.failure and each.failure.kind for each in self.replayed.interactions]


class Roundtrip:
    """Called with a story, it returns the outcome once both tellings were equal."""

    def __init__(self, path: Path, environ: pytest.MonkeyPatch) -> None:
        self._path = path
        self._environ = environ

    def __call__(self, script: Script, story: Story) -> Outcome:
        self._set_keys()
        with Upstream(script) as upstream:
            with promptecho.use_cassette(self._path, on_record_error="record") as recorded:
                first = tell(story, upstream.url)
        assert upstream.refuses()
        self._delete_keys()
        with promptecho.block_network():
            with promptecho.use_cassette(self._path, mode="none") as replayed:
                second = tell(story, upstream.url)
        assert second == first
        urls = [urlsplit(each.request.url) for each in replayed.interactions]
        arrived = [url for url in urls if url.port == upstream.address[1]]
        assert len(arrived) == len(upstream.calls)
        assert len(replayed.played) == len(replayed.interactions)
        calls, sent = tuple(upstream.calls), tuple(upstream.sent)
        return Outcome(first, calls, sent, recorded, replayed, self._path)

    def _set_keys(self) -> None:
        for name in KEYS:
            self._environ.setenv(name, f"a made-up value of {name}")

    def _delete_keys(self) -> None:
        for name in KEYS:
            self._environ.delenv(name, raising=False)


def tell(story: Story, url: str) -> Any:
    """What a story comes to, in an event loop of its own if it is a coroutine."""
    told = story(url)
    return asyncio.run(told) if inspect.iscoroutine(told) else told
