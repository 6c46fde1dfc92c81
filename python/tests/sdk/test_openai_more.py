"""The newest OpenAI SDK beside chats: Responses, files, batches, transcriptions."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openai
from pydantic import BaseModel

from sdk import answers, answers_openai
from sdk.roundtrip import Roundtrip, key

ASKED: Any = {"model": "gpt-4o", "input": "Say hello in one word."}
TOOL: Any = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    "strict": False,
}
WEATHER: Any = {
    "model": "gpt-4o",
    "input": [{"role": "user", "content": "Is it hot in Las Vegas?"}],
    "tools": [TOOL],
}
LINES = b'{"custom_id": "request-1", "method": "POST", "url": "/v1/chat/completions"}\n'


class Greeting(BaseModel):
    """What a response is parsed to."""

    word: str


def client(url: str) -> Any:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key("OPENAI_API_KEY"))


def async_client(url: str) -> Any:
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key("OPENAI_API_KEY"))


def words(events: list[Any]) -> list[str]:
    return [each["delta"] for each in events if each["type"] == "response.output_text.delta"]


# Responses


def test_a_response_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            raw = sdk.responses.with_raw_response.create(**ASKED)
            response = raw.parse()
            return response.model_dump(), response.output_text, raw.content

    outcome = roundtrip([answers_openai.response("Hello!")], story)
    assert outcome.told[1:] == ("Hello!", outcome.sent[0].body)
    assert outcome.paths == ["/v1/responses"]


def test_a_response_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            raw = await sdk.responses.with_raw_response.create(**ASKED)
            return raw.content

    outcome = roundtrip([answers_openai.response("Hello!")], story)
    assert outcome.told == outcome.sent[0].body


def test_a_streamed_response_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            with sdk.responses.create(**ASKED, stream=True) as stream:
                events = [event.model_dump() for event in stream]
            create = sdk.responses.with_streaming_response.create
            with create(**ASKED, stream=True) as response:
                return events, b"".join(response.iter_bytes())

    outcome = roundtrip([answers_openai.response_stream("Hel", "lo", "!")] * 2, story)
    events, content = outcome.told
    assert words(events) == ["Hel", "lo", "!"]
    assert content == outcome.sent[1].body


def test_an_async_streamed_response_has_the_same_events(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            async with await sdk.responses.create(**ASKED, stream=True) as stream:
                return [event.model_dump() async for event in stream]

    told = roundtrip([answers_openai.response_stream("Hel", "lo", "!")], story).told
    assert words(told) == ["Hel", "lo", "!"]


def test_a_function_call_of_a_response_is_answered_with_its_id(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            first = sdk.responses.create(**WEATHER)
            called = first.output[0]
            result = {"type": "function_call_output", "call_id": called.call_id, "output": "31 C"}
            known: Any = {"previous_response_id": first.id, "input": [result]}
            said = sdk.responses.create(**{**WEATHER, **known})
            return called.model_dump(), said.output_text

    script = [answers_openai.response_tool_call(), answers_openai.response("It is hot.")]
    called, said = roundtrip(script, story).told
    assert called["arguments"] == answers.ARGUMENTS
    assert said == "It is hot."


def test_a_streamed_function_call_is_put_together_from_its_pieces(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, sdk.responses.stream(**WEATHER) as stream:
            events = [event.type for event in stream]
            return events, stream.get_final_response().output[0].model_dump()

    events, called = roundtrip([answers_openai.response_tool_stream()], story).told
    assert events.count("response.function_call_arguments.delta") > 1
    assert called["arguments"] == answers.ARGUMENTS


def test_a_parsed_response_is_the_same_object(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.responses.parse(**ASKED, text_format=Greeting).output_parsed

    told = roundtrip([answers_openai.response('{"word": "Hello"}')], story).told
    assert told == Greeting(word="Hello")


# Files, batches, transcriptions


def test_an_upload_is_matched_though_its_boundary_changes(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.files.create(file=("batch.jsonl", LINES), purpose="batch").model_dump()

    told = roundtrip([answers_openai.uploaded("batch.jsonl", len(LINES))], story).told
    assert told["bytes"] == len(LINES)


def test_the_content_of_a_file_comes_back_byte_for_byte(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.files.content("file-UFWxv1T7").content

    assert roundtrip([answers_openai.file_content(answers.MP3)], story).told == answers.MP3


def test_a_batch_is_sent_watched_and_read(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            file = sdk.files.create(file=BytesIO(LINES), purpose="batch")
            made: Any = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
            sent = sdk.batches.create(input_file_id=file.id, **made)
            seen = [sdk.batches.retrieve(sent.id) for _ in range(2)]
            return [each.status for each in seen], sdk.files.content(seen[-1].output_file_id).text

    script = [
        answers_openai.uploaded("upload", len(LINES)),
        *(answers_openai.batch(status) for status in ("validating", "in_progress", "completed")),
        answers_openai.file_content(LINES),
    ]
    assert roundtrip(script, story).told == (["in_progress", "completed"], LINES.decode())


def test_a_transcription_of_bytes_comes_back_whole(roundtrip: Roundtrip) -> None:
    speech: Any = {"model": "whisper-1", "file": ("ruby.mp3", answers.MP3)}

    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.audio.transcriptions.create(**speech).model_dump()

    told = roundtrip([answers_openai.transcription("Ruby is a language.")], story).told
    assert told["text"] == "Ruby is a language."


def test_a_streamed_transcription_has_the_same_events(roundtrip: Roundtrip) -> None:
    speech: Any = {"model": "gpt-4o-transcribe", "file": ("ruby.mp3", answers.MP3)}

    def story(url: str) -> Any:
        with client(url) as sdk:
            events = sdk.audio.transcriptions.create(**speech, stream=True)
            return [event.model_dump() for event in events]

    told = roundtrip([answers_openai.transcription_stream("Ruby", " is")], story).told
    assert [each.get("delta") for each in told] == ["Ruby", " is", None]


def test_uploads_of_other_bytes_have_other_answers(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with async_client(url) as sdk:
            create = sdk.audio.transcriptions.create
            files = [("one.mp3", answers.MP3), ("two.mp3", answers.MP3[::-1])]
            return [(await create(model="whisper-1", file=file)).text for file in files]

    script = [answers_openai.transcription("One."), answers_openai.transcription("Two.")]
    assert roundtrip(script, story).told == ["One.", "Two."]
