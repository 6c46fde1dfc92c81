"""SDKs that call by aiohttp: google-genai where it is installed, others if they are told to.

openai and anthropic do it by way of httpx2: a call of theirs passes two libraries that are
intercepted, and is one recording.
"""

from __future__ import annotations

from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from sdk import answers, answers_google, chats
from sdk.faults import BROKEN, broken, every_fault, raised_async, timeout
from sdk.roundtrip import Outcome, Roundtrip, key

QUESTION: list[Any] = [{"role": "user", "content": "Summarize: the cat sat on the mat."}]
CHAT: Any = {"model": "gpt-4o-mini", "messages": QUESTION}
MESSAGE: Any = {"model": "claude-opus-4-8", "max_tokens": 100, "messages": QUESTION}
ASKED: Any = {"model": "gemini-2.0-flash", "contents": "Tell me a story about a cat."}

#: google-genai makes a class of its own of aiohttp's session.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning"
)

TOOL = types.Tool(function_declarations=[types.FunctionDeclaration(name="get_weather")])
WEATHER: Any = {**ASKED, "config": types.GenerateContentConfig(tools=[TOOL])}


def openai_client(url: str, **more: Any) -> Any:
    own, known = openai.DefaultAioHttpClient(), key("OPENAI_API_KEY")
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=known, http_client=own, **more)


def anthropic_client(url: str) -> Any:
    own = anthropic.DefaultAioHttpClient()
    known = key("ANTHROPIC_API_KEY")
    return anthropic.AsyncAnthropic(base_url=url, api_key=known, http_client=own)


def google_client(url: str) -> Any:
    options = types.HttpOptions(base_url=url)
    return genai.Client(api_key=key("GEMINI_API_KEY"), http_options=options).aio


def dump(value: Any) -> Any:
    return value.model_dump(exclude={"sdk_http_response"})


def assert_sent_by_aiohttp(outcome: Outcome) -> None:
    """httpx2 would say that it keeps a connection alive; aiohttp leaves that to HTTP/1.1."""
    for call in outcome.asked:
        assert "connection" not in {name.lower() for name, _ in call.headers}


# google-genai


def test_an_answer_comes_back_whole(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with google_client(url) as sdk:
            answer = await sdk.models.generate_content(**ASKED)
            tier = answer.sdk_http_response.headers["x-gemini-service-tier"]
            return dump(answer), answer.text, tier

    outcome = roundtrip([answers_google.generated("Whiskers twitched.")], story)
    _, *told = outcome.told
    assert told == ["Whiskers twitched.", "standard"]
    assert_sent_by_aiohttp(outcome)


def test_a_stream_has_the_same_parts(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with google_client(url) as sdk:
            parts = await sdk.models.generate_content_stream(**ASKED)
            return [(dump(part), part.text) async for part in parts]

    outcome = roundtrip([answers_google.stream("Wh", "iskers", " tw\u2028itched.")], story)
    assert [text for _, text in outcome.told] == ["Wh", "iskers", " tw\u2028itched."]
    assert_sent_by_aiohttp(outcome)


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with google_client(url) as sdk:
            with pytest.raises(errors.ClientError) as caught:
                await sdk.models.generate_content(**{**ASKED, "model": "no-such-model"})
        return caught.value.code, caught.value.status, caught.value.message, caught.value.details

    outcome = roundtrip([answers_google.not_found()], story)
    assert outcome.told[:2] == (404, "NOT_FOUND")
    assert outcome.told[-1] == outcome.sent[0].json
    assert_sent_by_aiohttp(outcome)


def test_a_function_call_comes_back_whole(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with google_client(url) as sdk:
            whole = await sdk.models.generate_content(**WEATHER)
            parts = await sdk.models.generate_content_stream(**WEATHER)
            calls = [*whole.function_calls, *[c async for p in parts for c in p.function_calls]]
            return [call.model_dump() for call in calls]

    script = [answers_google.function_call(), answers_google.function_call_stream()]
    outcome = roundtrip(script, story)
    assert [call["args"] for call in outcome.told] == [{"location": "Las Vegas"}] * 2
    assert_sent_by_aiohttp(outcome)


# openai and anthropic


def test_openai_s_answers_come_back_whole(roundtrip: Roundtrip) -> None:
    outcome = roundtrip(
        [answers.chat("A cat sat.")], lambda url: chats.whole_async(openai_client(url), CHAT)
    )
    assert outcome.told[1] == outcome.sent[0].body


def test_openai_s_streams_have_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    script = [answers.chat_stream("A", " cat", " sat.")] * 2
    outcome = roundtrip(script, lambda url: chats.streamed_async(openai_client(url), CHAT))
    assert outcome.told[1] == outcome.sent[1].body


def test_anthropic_s_answers_come_back_whole(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with anthropic_client(url) as sdk:
            raw = await sdk.messages.with_raw_response.create(**MESSAGE)
            return raw.http_response.content

    outcome = roundtrip([answers.message("A cat sat.")], story)
    assert outcome.told == outcome.sent[0].body


def test_anthropic_s_streams_have_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with anthropic_client(url) as sdk:
            async with sdk.messages.stream(**MESSAGE) as stream:
                events = [event.model_dump() async for event in stream]
            create = sdk.messages.with_streaming_response.create
            async with create(**MESSAGE, stream=True) as response:
                return events, b"".join([chunk async for chunk in response.iter_bytes()])

    outcome = roundtrip([answers.message_stream("A", " cat", " sat.")] * 2, story)
    assert outcome.told[1] == outcome.sent[1].body


def test_an_error_answer_of_either_is_the_same_exception(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with openai_client(url) as sdk:
            with pytest.raises(openai.BadRequestError) as of_openai:
                await sdk.chat.completions.create(**CHAT)
        async with anthropic_client(url) as other:
            with pytest.raises(anthropic.BadRequestError) as of_anthropic:
                await other.messages.create(**MESSAGE)
        return [
            (str(each.value), each.value.response.content) for each in (of_openai, of_anthropic)
        ]

    outcome = roundtrip(
        [answers.bad_request(), answers.anthropic_error(400, "invalid_request_error")], story
    )
    assert [content for _, content in outcome.told] == [each.body for each in outcome.sent]


# Calls without an answer


@every_fault
def test_a_call_of_openai_that_fails_for_good_is_the_same_exception(
    kind: str, refusing: str, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        at = refusing if kind == "connect" else url
        bad = openai_client(at, max_retries=0, timeout=timeout(kind))
        async with bad, openai_client(url) as good:
            create = bad.chat.completions.create
            told = await raised_async(lambda: create(**{**CHAT, "model": BROKEN}))
            return told, (await good.chat.completions.create(**CHAT)).choices[0].message.content

    outcome = roundtrip(broken(kind, lambda _: answers.chat("A cat sat.")), story)
    # Its transport makes `ConnectTimeout` of every error of aiohttp but a timeout while it reads.
    recorded = kind if kind == "read-timeout" else "connect-timeout"
    assert outcome.told[0][0] == "openai.APITimeoutError"
    assert (outcome.told[1], outcome.kinds) == ("A cat sat.", [recorded, None])
