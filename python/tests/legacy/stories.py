"""Calls that promptecho 0.1.3 records with the SDKs of its time, and that we replay.

Told by two interpreters: by the one that holds promptecho 0.1.3, and by the one under test.
"""

from __future__ import annotations

import base64
from typing import Any, Callable, NamedTuple

from sdk import answers
from support.upstream import Answer

PROMPT = "Summarize: the cat sat on the mat. Naïve “quotes”, 日本語, 🐈."
SCHEMA = {"type": "object", "properties": {"location": {"type": "string"}}}


class Story(NamedTuple):
    """What the upstream answers and what a user of the SDK sees of it."""

    answer: Answer
    tell: Callable[[str], dict[str, Any]]


def openai_plain(url: str) -> dict[str, Any]:
    with _openai(url) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(**_chat(), temperature=0.5)
        said = raw.parse().choices[0].message.content
        return {"said": said, "bytes": _ascii(raw.http_response.content)}


def openai_tools(url: str) -> dict[str, Any]:
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}
    with _openai(url) as sdk:
        create = sdk.chat.completions.with_raw_response.create
        raw = create(**_chat(), tools=[tool], tool_choice="required")
        call = raw.parse().choices[0].message.tool_calls[0]
        return {"said": call.function.arguments, "bytes": _ascii(raw.http_response.content)}


def openai_query(url: str) -> dict[str, Any]:
    query = {"api-version": "2024-10-21", "key": "figs", "tag": "Rome"}
    with _openai(url, default_query=query) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(**_chat())
        said = raw.parse().choices[0].message.content
        return {"said": said, "bytes": _ascii(raw.http_response.content)}


def openai_stream(url: str) -> dict[str, Any]:
    with _openai(url) as sdk:
        with sdk.chat.completions.create(**_chat(), stream=True) as stream:
            deltas = [event.choices[0].delta for event in stream if event.choices]
        said = "".join(delta.content or "" for delta in deltas)
        create = sdk.chat.completions.with_streaming_response.create
        with create(**_chat(), stream=True) as response:
            return {"said": said, "bytes": _ascii(b"".join(response.iter_bytes()))}


def anthropic_plain(url: str) -> dict[str, Any]:
    with _anthropic(url) as sdk:
        raw = sdk.messages.with_raw_response.create(**_message())
        return {"said": raw.parse().content[0].text, "bytes": _ascii(raw.http_response.content)}


def anthropic_tools(url: str) -> dict[str, Any]:
    tool = {"name": "get_weather", "input_schema": SCHEMA}
    with _anthropic(url) as sdk:
        raw = sdk.messages.with_raw_response.create(**_message(), tools=[tool])
        return {"said": raw.parse().content[0].input, "bytes": _ascii(raw.http_response.content)}


def anthropic_stream(url: str) -> dict[str, Any]:
    with _anthropic(url) as sdk:
        with sdk.messages.create(**_message(), stream=True) as stream:
            deltas = [event.delta for event in stream if event.type == "content_block_delta"]
        create = sdk.messages.with_streaming_response.create
        with create(**_message(), stream=True) as response:
            said = "".join(delta.text for delta in deltas)
            return {"said": said, "bytes": _ascii(b"".join(response.iter_bytes()))}


def openai_conversation(url: str) -> dict[str, Any]:
    call = {"name": "get_weather", "arguments": answers.ARGUMENTS}
    asked = {"id": "call_1", "type": "function", "function": call}
    turns = [
        {"role": "assistant", "content": None, "tool_calls": [asked]},
        {"role": "tool", "tool_call_id": "call_1", "content": "31 C"},
    ]
    tools = [
        {"type": "function", "function": {"name": name, "parameters": SCHEMA}}
        for name in ("get_weather", "ask_somebody")
    ]
    chat = _chat()
    with _openai(url) as sdk:
        create = sdk.chat.completions.with_raw_response.create
        more = {"messages": [*chat["messages"], *turns], "max_completion_tokens": 50}
        raw = create(**{**chat, **more}, tools=tools)
        said = raw.parse().choices[0].message.content
        return {"said": said, "bytes": _ascii(raw.http_response.content)}


def anthropic_conversation(url: str) -> dict[str, Any]:
    use = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "X"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "31 C"}
    image = {"type": "base64", "media_type": "image/png", "data": _ascii(b"\x89PNG\r\n")}
    turns = [
        {"role": "user", "content": [{"type": "image", "source": image}]},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result, {"type": "text", "text": "Go on."}]},
    ]
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    with _anthropic(url) as sdk:
        create = sdk.messages.with_raw_response.create
        raw = create(**{**_message(), "messages": turns, "system": system})
        return {"said": raw.parse().content[0].text, "bytes": _ascii(raw.http_response.content)}


STORIES = {
    "openai-plain": Story(answers.chat("A cat sat. 猫 ☂"), openai_plain),
    "openai-tools": Story(answers.chat_tool_call(), openai_tools),
    "openai-conversation": Story(answers.chat("It is hot."), openai_conversation),
    "openai-query": Story(answers.chat("A cat sat in Rome."), openai_query),
    "openai-stream": Story(answers.chat_stream("A", " cat", " 猫"), openai_stream),
    "anthropic-plain": Story(answers.message("A cat sat. 猫 ☂"), anthropic_plain),
    "anthropic-tools": Story(answers.message_tool_use(), anthropic_tools),
    "anthropic-conversation": Story(answers.message("It is hot."), anthropic_conversation),
    "anthropic-stream": Story(answers.message_stream("A", " cat", " 猫"), anthropic_stream),
}


def _chat() -> dict[str, Any]:
    system = {"role": "system", "content": "Be brief.\nBe kind."}
    parts = [{"type": "text", "text": PROMPT}]
    return {"model": "gpt-4o-mini", "messages": [system, {"role": "user", "content": parts}]}


def _message() -> dict[str, Any]:
    messages = [
        {"role": "user", "content": PROMPT},
        {"role": "assistant", "content": [{"type": "text", "text": "Which cat?"}]},
        {"role": "user", "content": [{"type": "text", "text": "Yours."}]},
    ]
    head = {"model": "claude-opus-4-8", "max_tokens": 100, "system": "Be brief.\nBe kind."}
    return {**head, "messages": messages}


def _openai(url: str, **options: Any) -> Any:
    import openai

    options = {"api_key": "placeholder", "max_retries": 0, **options}
    return openai.OpenAI(base_url=f"{url}/v1", **options)


def _anthropic(url: str) -> Any:
    import anthropic

    return anthropic.Anthropic(base_url=url, api_key="placeholder", max_retries=0)


def _ascii(data: bytes) -> str:
    return base64.b64encode(data).decode()
