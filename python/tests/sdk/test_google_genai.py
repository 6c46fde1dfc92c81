"""The newest Google SDK, for Gemini and for Vertex, records and replays without a key.

It is on httpx2; test_over_aiohttp.py has its async clients where aiohttp is installed.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import httpx2
import pytest
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials

from sdk import answers, answers_google
from sdk.roundtrip import Roundtrip, keeping, key

ASKED: Any = {
    "model": "gemini-2.0-flash",
    "contents": "Tell me a short story about a cat within 20 words.",
}
PARAMETERS = {"type": "OBJECT", "properties": {"location": {"type": "STRING"}}}
TOOL = types.Tool(
    function_declarations=[{"name": "get_weather", "parameters": PARAMETERS}]  # type: ignore[list-item]
)
WEATHER: Any = {**ASKED, "config": types.GenerateContentConfig(tools=[TOOL])}
QUESTION = types.Content(role="user", parts=[types.Part(text="Is it hot in Las Vegas?")])


def client(url: str, **more: Any) -> Any:
    options = types.HttpOptions(base_url=url, **more)
    return genai.Client(api_key=key("GEMINI_API_KEY"), http_options=options)


def vertex(url: str) -> Any:
    """Credentials that need no refresh; test_credentials.py has some that do."""
    options = types.HttpOptions(base_url=url)
    known = {"project": "a-project", "location": "us-central1"}
    credentials = Credentials(token=key("GOOGLE_GENAI_ACCESS_TOKEN"))
    return genai.Client(enterprise=True, credentials=credentials, http_options=options, **known)


def dump(value: Any) -> Any:
    return value.model_dump(exclude={"sdk_http_response"})


def test_an_answer_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            answer = sdk.models.generate_content(**ASKED)
            headers = answer.sdk_http_response.headers
            return dump(answer), answer.text, headers["x-gemini-service-tier"]

    outcome = roundtrip([answers_google.generated("Whiskers twitched.")], story)
    _, text, tier = outcome.told
    assert text == "Whiskers twitched."
    assert outcome.paths == ["/v1/models/gemini-2.0-flash:generateContent"]
    assert tier == "standard"


def test_an_answer_comes_back_byte_for_byte(roundtrip: Roundtrip) -> None:
    config = types.GenerateContentConfig(should_return_http_response=True)

    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.models.generate_content(**ASKED, config=config).sdk_http_response.body

    outcome = roundtrip([answers_google.generated("Whiskers twitched.")], story)
    assert outcome.told.encode() == outcome.sent[0].body


def test_an_answer_comes_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with client(url).aio as sdk:
            return dump(await sdk.models.generate_content(**ASKED))

    told = roundtrip([answers_google.generated("Whiskers twitched.")], story).told
    assert told["candidates"][0]["content"]["parts"][0]["text"] == "Whiskers twitched."


def test_a_stream_has_the_same_parts(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            parts = list(sdk.models.generate_content_stream(**ASKED))
            return [dump(part) for part in parts], [part.text for part in parts]

    told = roundtrip([answers_google.stream("Wh", "iskers", " tw\u2028itched.")], story).told
    assert told[1] == ["Wh", "iskers", " tw\u2028itched."]
    assert told[0][-1]["candidates"][0]["finish_reason"] == types.FinishReason.STOP


def test_a_stream_comes_back_byte_for_byte(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        bodies: list[bytes] = []
        http = httpx2.Client(event_hooks=keeping(bodies))
        with http, client(url, httpx_client=http) as sdk:
            list(sdk.models.generate_content_stream(**ASKED))
        return bodies

    outcome = roundtrip([answers_google.stream("Wh", "iskers")], story)
    assert outcome.told == [outcome.sent[0].body]


def test_an_async_stream_has_the_same_parts(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with client(url).aio as sdk:
            parts = await sdk.models.generate_content_stream(**ASKED)
            return [(dump(part), part.text) async for part in parts]

    told = roundtrip([answers_google.stream("Wh", "iskers")], story).told
    assert [text for _, text in told] == ["Wh", "iskers"]


def test_a_function_call_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            asked = {**WEATHER, "contents": [QUESTION]}
            called = sdk.models.generate_content(**asked)
            part = types.Part.from_function_response(
                name=called.function_calls[0].name, response={"result": "31 C"}
            )
            history = [
                QUESTION,
                called.candidates[0].content,
                types.Content(role="user", parts=[part]),
            ]
            said = sdk.models.generate_content(**{**asked, "contents": history})
            return called.function_calls[0].model_dump(), said.text

    script = [answers_google.function_call(), answers_google.generated("It is hot.")]
    called, said = roundtrip(script, story).told
    assert called["args"] == json.loads(answers.ARGUMENTS)
    assert said == "It is hot."


def test_functions_that_the_sdk_calls_by_itself_are_called_again(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        places = []

        def get_weather(location: str) -> str:
            """Tell the weather of a place."""
            places.append(location)
            return "31 C"

        config = types.GenerateContentConfig(tools=[get_weather])
        with client(url) as sdk:
            return sdk.models.generate_content(**ASKED, config=config).text, places

    script = [answers_google.function_call(), answers_google.generated("It is hot.")]
    assert roundtrip(script, story).told == ("It is hot.", ["Las Vegas"])


def test_a_streamed_function_call_comes_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            parts = sdk.models.generate_content_stream(**WEATHER)
            return [call.model_dump() for part in parts for call in part.function_calls]

    (call,) = roundtrip([answers_google.function_call_stream()], story).told
    assert call["args"] == json.loads(answers.ARGUMENTS)


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, pytest.raises(errors.ClientError) as caught:
            sdk.models.generate_content(**ASKED)
        error = caught.value
        return str(error), error.code, error.status, error.details, error.response.content

    outcome = roundtrip([answers_google.not_found()], story)
    assert outcome.told[1:3] == (404, "NOT_FOUND")
    assert outcome.told[-1] == outcome.sent[0].body


def test_embeddings_are_the_same_numbers(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            made = sdk.models.embed_content(model="gemini-embedding-001", contents=["one", "two"])
            return [each.values for each in made.embeddings]

    told = roundtrip(answers_google.embeddings, story).told
    assert told == [list(answers.EMBEDDING)] * 2


def test_counted_tokens_are_the_same(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.models.count_tokens(**ASKED).total_tokens

    assert roundtrip([answers_google.tokens()], story).told == 8


def test_an_upload_in_two_requests_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            config = types.UploadFileConfig(mime_type="text/plain")
            return dump(sdk.files.upload(file=BytesIO(b"Paris is a city."), config=config))

    outcome = roundtrip(answers_google.uploaded, story)
    assert outcome.told["size_bytes"] == 16
    assert outcome.asked[1].body == b"Paris is a city."


def test_an_interaction_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            return sdk.interactions.create(model="gemini-2.5-flash", input="A joke.").model_dump()

    told = roundtrip([answers_google.interaction("Light attracts bugs!")], story).told
    assert told["steps"][0]["content"][0]["text"] == "Light attracts bugs!"


def test_a_streamed_interaction_has_the_same_events(roundtrip: Roundtrip) -> None:
    asked: Any = {"model": "gemini-2.5-flash", "input": "A joke.", "stream": True}

    def story(url: str) -> Any:
        with client(url) as sdk:
            return [event.model_dump() for event in sdk.interactions.create(**asked)]

    told = roundtrip([answers_google.interaction_stream("Light", " attracts bugs!")], story).told
    deltas = [each["delta"]["text"] for each in told if each["event_type"] == "step.delta"]
    assert deltas == ["Light", " attracts bugs!"]


def test_vertex_answers_come_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with vertex(url) as sdk:
            whole = sdk.models.generate_content(**ASKED)
            parts = list(sdk.models.generate_content_stream(**ASKED))
            return dump(whole), [dump(part) for part in parts], [part.text for part in parts]

    script = [answers_google.generated("One."), answers_google.stream("On", "e.")]
    outcome = roundtrip(script, story)
    assert outcome.told[-1] == ["On", "e."]
    model = "projects/a-project/locations/us-central1/publishers/google/models/gemini-2.0-flash"
    whole, streamed = f"/v1beta1/{model}:generateContent", f"/v1beta1/{model}:streamGenerateContent"
    assert outcome.paths == [whole, f"{streamed}?alt=sse"]


def test_vertex_answers_come_back_whole_to_an_async_client(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        async with vertex(url).aio as sdk:
            whole = await sdk.models.generate_content(**ASKED)
            parts = await sdk.models.generate_content_stream(**ASKED)
            return dump(whole), [part.text async for part in parts]

    script = [answers_google.generated("One."), answers_google.stream("On", "e.")]
    assert roundtrip(script, story).told[-1] == ["On", "e."]
