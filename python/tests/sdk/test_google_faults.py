"""Faults under the newest Google SDK: retries, its own errors, streams that break off."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

import promptecho
from sdk import answers_google
from sdk.changed_prompts import KINDS, Story, is_noticed
from sdk.roundtrip import key
from support.machines import leave_ci
from support.upstream import Answer, Call, Upstream

ASKED: Any = {"model": "gemini-2.0-flash", "contents": "Tell me a story about a cat."}
#: The SDK reads no header before it tries again, so its own option makes that fast.
AT_ONCE: Any = types.HttpRetryOptions(attempts=3, initial_delay=0.001, jitter=0.001)


def client(url: str, **more: Any) -> Any:
    options = types.HttpOptions(base_url=url, **more)
    return genai.Client(api_key=key("GEMINI_API_KEY"), http_options=options)


def answer(call: Call) -> Answer:
    if "streamGenerateContent" in call.path:
        return answers_google.stream("A", " cat", " sat.")
    return answers_google.generated("A cat.")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.yaml"


@pytest.fixture
def url(path: Path) -> str:
    """Where the SDK sends its calls; the cassette has them, and the server is shut down."""
    with Upstream(answer) as upstream, promptecho.use_cassette(path), client(upstream.url) as sdk:
        sdk.models.generate_content(**ASKED)
        list(sdk.models.generate_content_stream(**ASKED))
    return upstream.url


def faulty(path: Path, *faults: dict[str, Any], **options: Any) -> Any:
    return promptecho.use_cassette(path, mode="none", faults=faults, **options)


def test_the_sdk_tries_again(path: Path, url: str) -> None:
    faults: list[Any] = [{"on": 1, "status": 429}, {"on": 2, "status": 503}]
    with faulty(path, *faults) as cassette, client(url, retry_options=AT_ONCE) as sdk:
        assert sdk.models.generate_content(**ASKED).text == "A cat."
    assert len(cassette.sent) == 3


def test_an_async_client_tries_again(path: Path, url: str) -> None:
    async def story() -> str:
        async with client(url, retry_options=AT_ONCE).aio as sdk:
            return str((await sdk.models.generate_content(**ASKED)).text)

    with faulty(path, {"on": 1, "status": 429}) as cassette:
        assert asyncio.run(story()) == "A cat."
    assert len(cassette.sent) == 2


@pytest.mark.parametrize(
    ("status", "kind", "name"),
    [
        (400, errors.ClientError, "INVALID_ARGUMENT"),
        (429, errors.ClientError, "RESOURCE_EXHAUSTED"),
        (503, errors.ServerError, "UNAVAILABLE"),
    ],
)
def test_an_error_has_the_shape_of_the_provider(
    path: Path, url: str, status: int, kind: type[errors.APIError], name: str
) -> None:
    with faulty(path, {"on": 1, "status": status}), client(url) as sdk:
        with pytest.raises(kind) as caught:
            sdk.models.generate_content(**ASKED)
    assert (caught.value.code, caught.value.status) == (status, name)


def test_a_stream_that_breaks_off_gives_its_first_parts(path: Path, url: str) -> None:
    texts = []
    with faulty(path, {"on": 1, "cut_after_events": 2}), client(url) as sdk:
        with pytest.raises(Exception, match="faults"):
            for part in sdk.models.generate_content_stream(**ASKED):
                texts.append(part.text)
    assert texts == ["A", " cat"]


def test_an_async_stream_that_breaks_off_gives_its_first_parts(path: Path, url: str) -> None:
    async def story() -> list[str]:
        texts = []
        async with client(url).aio as sdk:
            parts = await sdk.models.generate_content_stream(**ASKED)
            with pytest.raises(Exception, match="faults"):
                async for part in parts:
                    texts.append(part.text)
        return texts

    with faulty(path, {"on": 1, "cut_after_events": 2}):
        assert asyncio.run(story()) == ["A", " cat"]


# The prompt cache

FIRST = types.Content(role="user", parts=[types.Part(text="Tell me a story about a cat.")])
MORE = [
    types.Content(role="model", parts=[types.Part(text="A cat sat.")]),
    types.Content(role="user", parts=[types.Part(text="And the dog?")]),
]
TURNS: list[Any] = [
    {**ASKED, "contents": [FIRST], "config": {"system_instruction": "It is 10:41."}},
    {**ASKED, "contents": [FIRST, *MORE], "config": {"system_instruction": "It is 10:42."}},
]
PLACE = "is systemInstruction "


def async_client(url: str) -> Any:
    return client(url).aio


def create(sdk: Any, *, stream: bool, **asked: Any) -> Any:
    if stream:
        return sdk.models.generate_content_stream(**asked)
    return sdk.models.generate_content(**asked)


@KINDS
def test_a_prompt_that_changes_at_its_beginning_is_noticed(path: Path, kind: str) -> None:
    is_noticed(Story(client, async_client, create, answer, TURNS, PLACE), path, kind)


# A fuzzy answer, and snapshots


def test_an_edited_prompt_gets_a_fuzzy_answer(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_ci(monkeypatch)
    edited = {**ASKED, "contents": "Tell me one story about a cat."}

    async def story() -> str:
        async with client(url).aio as sdk:
            return str((await sdk.models.generate_content(**edited)).text)

    with promptecho.use_cassette(path, mode="none", fuzzy=0.7) as cassette, client(url) as sdk:
        assert sdk.models.generate_content(**edited).text == asyncio.run(story()) == "A cat."
        parts = sdk.models.generate_content_stream(**edited)
        assert "".join(part.text for part in parts) == "A cat sat."
    assert len(cassette.fuzzy) == 3


def test_snapshots_of_an_answer_and_of_a_stream(path: Path, url: str) -> None:
    async def story() -> Any:
        async with client(url).aio as sdk:
            return await sdk.models.generate_content(**ASKED)

    with promptecho.use_cassette(path, mode="none"), client(url) as sdk:
        answered = sdk.models.generate_content(**ASKED)
        expected = answered.model_dump(mode="json", exclude_none=True)
        assert answered == promptecho.llm_snapshot(expected)
        assert asyncio.run(story()) == promptecho.llm_snapshot(expected)
        assert answered.text == promptecho.llm_snapshot("a cat")
        assert answered.text != promptecho.llm_snapshot("no dog")
        text = "".join(part.text for part in sdk.models.generate_content_stream(**ASKED))
    assert text == promptecho.llm_snapshot("the cat sat")
