"""The newest OpenAI SDK records and replays, with the upstream gone and no key set."""

from __future__ import annotations

import threading
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from sdk import answers, chats
from sdk.faults import BROKEN, FAULTS, broken, every_fault, raised, raised_async, timeout
from sdk.roundtrip import Roundtrip, key
from support.upstream import Answer, Call

QUESTION: list[Any] = [{"role": "user", "content": "Summarize: the cat sat on the mat."}]
CHAT: Any = {"model": "gpt-4o-mini", "messages": QUESTION}
WEATHER: Any = {**CHAT, "tools": [chats.TOOL], "tool_choice": "auto"}


class Summary(BaseModel):
    """What an answer is parsed to."""

    animal: str
    words: int


def client(url: str, **more: Any) -> Any:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key("OPENAI_API_KEY"), **more)


def async_client(url: str, **more: Any) -> Any:
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key("OPENAI_API_KEY"), **more)


def test_a_completion_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            raw = sdk.chat.completions.with_raw_response.create(**CHAT)
            return (
                raw.parse().model_dump(),
                raw.content,
                raw.request_id,
                raw.http_response.http_version,
            )

    outcome = roundtrip([answers.chat("A cat sat.")], story)
    completion, content, request_id, _ = outcome.told
    assert completion["choices"][0]["message"]["content"] == "A cat sat."
    assert content == outcome.sent[0].body
    assert outcome.paths == ["/v1/chat/completions"]
    assert request_id == "req_0123456789"


def test_a_completion_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    script = [answers.chat("A cat sat.")]
    outcome = roundtrip(script, lambda url: chats.whole_async(async_client(url), CHAT))
    assert outcome.told[1] == outcome.sent[0].body


def test_a_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    script = [answers.chat_stream("A", " cat", " sat.")] * 2
    outcome = roundtrip(script, lambda url: chats.streamed(client(url), CHAT))
    events, content = outcome.told
    assert chats.words(events) == ["", "A", " cat", " sat.", None]
    assert content == outcome.sent[1].body


def test_an_async_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    script = [answers.chat_stream("A", " cat", " sat.")] * 2
    outcome = roundtrip(script, lambda url: chats.streamed_async(async_client(url), CHAT))
    events, content = outcome.told
    assert chats.words(events) == ["", "A", " cat", " sat.", None]
    assert content == outcome.sent[1].body


def test_the_first_event_arrives_while_the_upstream_still_sends(roundtrip: Roundtrip) -> None:
    gate = threading.Event()

    def story(url: str) -> Any:
        with client(url, max_retries=0) as sdk:
            with sdk.chat.completions.create(**CHAT, stream=True) as stream:
                first = next(iter(stream)).model_dump()
                gate.set()
                return [first, *(event.model_dump() for event in stream)]

    outcome = roundtrip([answers.chat_stream("A", " cat")._replace(gate=gate)], story)
    assert len(outcome.told) == 5


def test_an_answer_to_gzip_comes_back_plain(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            plain = sdk.chat.completions.with_raw_response.create(**CHAT).content
            with sdk.chat.completions.create(**CHAT, stream=True) as stream:
                return plain, [event.model_dump() for event in stream]

    script = [answers.chat("A cat sat."), answers.chat_stream("A", " cat")]
    outcome = roundtrip([answer._replace(gzip=True) for answer in script], story)
    assert outcome.told[0] == outcome.sent[0].body
    assert "A cat sat." in outcome.path.read_text(encoding="utf-8")


def test_a_tool_call_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    script = [answers.chat_tool_call(), answers.chat("It is hot.")]
    outcome = roundtrip(script, lambda url: chats.conversation(client(url), WEATHER))
    called, said = outcome.told
    assert called["tool_calls"][0]["function"]["arguments"] == answers.ARGUMENTS
    assert said == "It is hot."


def test_a_streamed_tool_call_is_put_together_from_its_pieces(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, sdk.chat.completions.stream(**WEATHER) as stream:
            return stream.get_final_completion().choices[0].message.tool_calls[0].model_dump()

    outcome = roundtrip([answers.chat_tool_stream()], story)
    assert outcome.told["function"]["arguments"] == answers.ARGUMENTS


def test_a_retried_429_replays_in_order(roundtrip: Roundtrip) -> None:
    script = [answers.rate_limited(), answers.chat("At last.")]
    outcome = roundtrip(script, lambda url: chats.retried(client(url), CHAT))
    assert outcome.told == (1, outcome.sent[1].body)
    assert outcome.statuses == [429, 200]


def test_a_retried_429_replays_in_order_to_an_async_client(roundtrip: Roundtrip) -> None:
    script = [answers.rate_limited(), answers.chat("At last.")]
    outcome = roundtrip(script, lambda url: chats.retried_async(async_client(url), CHAT))
    assert outcome.told == (1, outcome.sent[1].body)
    assert outcome.statuses == [429, 200]


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, pytest.raises(openai.BadRequestError) as caught:
            sdk.chat.completions.create(**CHAT, stop=["4242"])
        error = caught.value
        return str(error), error.code, error.param, error.body, error.response.content

    outcome = roundtrip([answers.bad_request()], story)
    assert outcome.told[1] == "unsupported_parameter"
    assert outcome.told[-1] == outcome.sent[0].body


def test_embeddings_are_the_same_numbers_in_both_encodings(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            create = sdk.embeddings.with_raw_response.create
            packed = create(model="text-embedding-3-small", input=["first", "second"])
            plain = create(model="text-embedding-3-small", input="first", encoding_format="float")
            vectors = [each.parse().data[0].embedding for each in (packed, plain)]
            return vectors, [packed.content, plain.content]

    outcome = roundtrip(answers.embeddings, story)
    vectors, contents = outcome.told
    assert vectors[1] == list(answers.EMBEDDING)
    assert contents == [answer.body for answer in outcome.sent]


def test_each_input_of_embeddings_has_its_own_answer(roundtrip: Roundtrip) -> None:
    def upstream(call: Call) -> Answer:
        return answers.json_answer({"data": [], "object": "list", "model": call.json["input"]})

    def story(url: str) -> Any:
        with client(url) as sdk:
            create = sdk.embeddings.create
            return [create(model="e", input=text, encoding_format="float").model for text in "abc"]

    assert roundtrip(upstream, story).told == ["a", "b", "c"]


def test_audio_comes_back_byte_for_byte(roundtrip: Roundtrip) -> None:
    speech = {"model": "tts-1", "voice": "alloy", "input": "This is a speech test!"}

    def story(url: str) -> Any:
        with client(url) as sdk:
            whole = sdk.audio.speech.create(**speech).content
            with sdk.audio.speech.with_streaming_response.create(**speech) as response:
                return whole, b"".join(response.iter_bytes())

    assert roundtrip([answers.speech()] * 2, story).told == (answers.MP3, answers.MP3)


def test_several_answers_to_one_prompt_stay_several(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return [sdk.chat.completions.create(**CHAT).id for _ in range(3)]

    outcome = roundtrip([answers.chat("A cat.", number) for number in range(3)], story)
    assert outcome.told == ["chatcmpl-0", "chatcmpl-1", "chatcmpl-2"]


def test_a_parsed_completion_is_the_same_object(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            said = sdk.chat.completions.parse(**CHAT, response_format=Summary)
            return said.choices[0].message.parsed

    script = [answers.chat('{"animal": "cat", "words": 3}')]
    assert roundtrip(script, story).told == Summary(animal="cat", words=3)


def test_a_parsed_stream_is_the_same_object(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            with sdk.chat.completions.stream(**CHAT, response_format=Summary) as stream:
                return stream.get_final_completion().choices[0].message.parsed

    script = [answers.chat_stream('{"animal": "cat"', ', "words": 3}')]
    assert roundtrip(script, story).told == Summary(animal="cat", words=3)


def test_a_parsed_completion_is_the_same_object_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            said = await sdk.chat.completions.parse(**CHAT, response_format=Summary)
            return said.choices[0].message.parsed

    script = [answers.chat('{"animal": "cat", "words": 3}')]
    assert roundtrip(script, story).told == Summary(animal="cat", words=3)


# Calls without an answer


@pytest.mark.parametrize("kind", ["reset", "closed"])
@pytest.mark.parametrize(
    ("made", "retried"),
    [(client, chats.retried), (async_client, chats.retried_async)],
    ids=["sync", "async"],
)
def test_a_retry_after_a_failure_replays_in_order(
    made: Any, retried: Any, kind: str, roundtrip: Roundtrip
) -> None:
    script = [FAULTS[kind], answers.chat("At last.")]
    outcome = roundtrip(script, lambda url: retried(made(url), CHAT))
    assert outcome.told == (1, outcome.sent[1].body)
    assert outcome.kinds == [kind, None]


#: What the SDK raises for a kind, if it does not try again.
RAISED = {"read-timeout": "openai.APITimeoutError"}


@every_fault
def test_a_call_that_fails_for_good_is_the_same_exception(
    kind: str, refusing: str, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        at = refusing if kind == "connect" else url
        with client(at, max_retries=0, timeout=timeout(kind)) as bad, client(url) as good:
            told = raised(lambda: bad.chat.completions.create(**{**CHAT, "model": BROKEN}))
            return told, good.chat.completions.create(**CHAT).choices[0].message.content

    outcome = roundtrip(broken(kind, lambda _: answers.chat("A cat sat.")), story)
    assert outcome.told[0][0] == RAISED.get(kind, "openai.APIConnectionError")
    assert (outcome.told[1], outcome.kinds) == ("A cat sat.", [kind, None])


@every_fault
def test_a_call_that_fails_for_good_is_the_same_exception_to_an_async_client(
    kind: str, refusing: str, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        at = refusing if kind == "connect" else url
        bad = async_client(at, max_retries=0, timeout=timeout(kind))
        async with bad, async_client(url) as good:
            create = bad.chat.completions.create
            told = await raised_async(lambda: create(**{**CHAT, "model": BROKEN}))
            return told, (await good.chat.completions.create(**CHAT)).choices[0].message.content

    outcome = roundtrip(broken(kind, lambda _: answers.chat("A cat sat.")), story)
    assert outcome.told[0][0] == RAISED.get(kind, "openai.APIConnectionError")
    assert (outcome.told[1], outcome.kinds) == ("A cat sat.", [kind, None])


BREAKS_OFF: dict[str, Any] = {"read-timeout": "stalled", "closed": "closed"}


@pytest.mark.parametrize("kind", BREAKS_OFF)
def test_a_stream_that_breaks_off_is_the_same_exception(kind: str, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        said: list[str] = []
        with client(url, max_retries=0, timeout=timeout(kind)) as sdk:
            with sdk.chat.completions.create(**CHAT, stream=True) as stream:
                told = raised(lambda: said.extend(e.choices[0].delta.content for e in stream))
        return told, said

    whole = answers.chat_stream("A", " cat")
    start = whole._replace(chunks=whole.chunks[:3], fault=BREAKS_OFF[kind])
    outcome = roundtrip([start], story)
    assert (outcome.told[1], outcome.kinds) == (["", "A", " cat"], [kind])


@pytest.mark.parametrize("kind", BREAKS_OFF)
def test_an_async_stream_that_breaks_off_is_the_same_exception(
    kind: str, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        said: list[str] = []

        async def read(stream: Any) -> None:
            async for event in stream:
                said.append(event.choices[0].delta.content)

        async with async_client(url, max_retries=0, timeout=timeout(kind)) as sdk:
            async with await sdk.chat.completions.create(**CHAT, stream=True) as stream:
                return await raised_async(lambda: read(stream)), said

    whole = answers.chat_stream("A", " cat")
    start = whole._replace(chunks=whole.chunks[:3], fault=BREAKS_OFF[kind])
    outcome = roundtrip([start], story)
    assert (outcome.told[1], outcome.kinds) == (["", "A", " cat"], [kind])
