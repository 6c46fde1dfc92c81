"""What `show` prints of a recorded stream is what the OpenAI SDK makes of its bytes."""

from __future__ import annotations

from typing import Any

import openai

from sdk.recorded_streams import NEEDS_CORPUS, Called, Said, Stream, compare, meant, streams

pytestmark = NEEDS_CORPUS

QUESTION: list[Any] = [{"role": "user", "content": "a"}]
#: Of these the SDK has no final answer, or a wrong one; its events are compared. Servers send:
#: a choice again after its end; the name of a call in every piece; texts in lists, as Mistral's
#: SDK has them.
CHAT_BY_EVENTS = (
    "test_ai21_provider.yaml",
    "test_tools_streaming_variant_a.yaml",
    "chat_mistral_hybrid_reasoning_streams_thinking_separately_from_content.yml",
)
#: The same: no event ``response.completed``; a reasoning item that the SDK cannot add to.
RESPONSES_BY_EVENTS = (
    "test_max_tokens/openai_gpt_4o_responses/stream.yaml",
    "providers_bedrock_mantle_responses_chat_streams_through_the_responses_surface.yml",
)


def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="placeholder", max_retries=0)


def named(stream: Stream, names: tuple[str, ...]) -> bool:
    return any(name in stream.name for name in names)


def all_there(names: tuple[str, ...], found: list[Stream]) -> bool:
    return all(any(name in stream.name for stream in found) for name in names)


def without_thoughts(stream: Stream) -> Stream:
    # The SDK has no member for them in chat, and several in Responses.
    return stream._replace(said=tuple(each._replace(reasoning="") for each in stream.said))


def chat(sdk: openai.OpenAI, stream: Stream) -> tuple[Said, ...]:
    ask: Any = {"model": "m", "messages": QUESTION}
    if named(stream, CHAT_BY_EVENTS):
        return chat_by_events(sdk.chat.completions.create(stream=True, **ask))
    try:
        with sdk.chat.completions.stream(**ask) as events:
            final = events.get_final_completion()
    except openai.LengthFinishReasonError as error:
        final = error.completion  # type: ignore[assignment]
    return tuple(
        Said(
            (choice.message.content or "") + (choice.message.refusal or ""),
            tuple(
                Called(call.function.name, meant(call.function.arguments))
                for call in choice.message.tool_calls or ()
            ),
        )
        for choice in final.choices
    )


def chat_by_events(events: Any) -> tuple[Said, ...]:
    text, calls = "", {}
    for event in events:
        for choice in event.choices:
            content = choice.delta.content or ""
            if not isinstance(content, str):
                content = "".join(each["text"] for each in content if each["type"] == "text")
            text += content
            for call in choice.delta.tool_calls or ():
                _, before = calls.get(call.index, ("", ""))
                calls[call.index] = call.function.name, before + (call.function.arguments or "")
    return (Said(text, tuple(Called(name, meant(given)) for name, given in calls.values())),)


def test_streams_of_chat_say_what_the_sdk_says() -> None:
    found = [without_thoughts(each) for each in streams(r".*chat\.completions")]
    assert all_there(CHAT_BY_EVENTS, found)
    compare(found, client, chat)


def responses(sdk: openai.OpenAI, stream: Stream) -> tuple[Said, ...]:
    if named(stream, RESPONSES_BY_EVENTS):
        events = sdk.responses.create(model="m", input="a", stream=True)
        kind = "response.output_text.delta"
        return (Said("".join(each.delta for each in events if each.type == kind)),)
    with sdk.responses.stream(model="m", input="a") as parsed:
        final = parsed.get_final_response()
    calls = (each for each in final.output if each.type == "function_call")
    return (
        Said(
            final.output_text,
            tuple(Called(call.name, meant(call.arguments)) for call in calls),
        ),
    )


def test_streams_of_responses_say_what_the_sdk_says() -> None:
    found = [without_thoughts(each) for each in streams(r".*responses")]
    assert all_there(RESPONSES_BY_EVENTS, found)
    compare(found, client, responses)
