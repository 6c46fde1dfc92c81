"""What `show` prints of a recorded stream is what the Google SDK makes of its bytes."""

from __future__ import annotations

from google import genai
from google.genai import types

from sdk.recorded_streams import NEEDS_CORPUS, Called, Said, Stream, compare, streams

pytestmark = NEEDS_CORPUS


def client(url: str) -> genai.Client:
    options = types.HttpOptions(base_url=url)
    return genai.Client(api_key="placeholder", http_options=options)


def tell(sdk: genai.Client, stream: Stream) -> tuple[Said, ...]:
    text, reasoning, calls = "", "", []
    for event in sdk.models.generate_content_stream(model="m", contents="a"):
        for candidate in event.candidates or ():
            parts = candidate.content.parts if candidate.content else None
            for part in parts or ():
                if part.function_call:
                    name, given = part.function_call.name, part.function_call.args
                    calls.append(Called(name or "", given or {}))
                elif part.thought:
                    reasoning += part.text or ""
                else:
                    text += part.text or ""
    return (Said(text, tuple(calls), reasoning),)


def test_streams_of_gemini_say_what_the_sdk_says() -> None:
    compare(streams(r"(gemini|gemini_proxy|vertex) streamGenerateContent"), client, tell)
