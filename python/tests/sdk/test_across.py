"""What one SDK recorded, another replays where the paths are equal; elsewhere the bodies are equal.

The same conversation is written as each SDK writes it: system text, two tools, a tool call, its
result, and a second turn.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import anthropic
import groq
import openai
import pytest

import promptecho
from sdk import answers
from support.upstream import Upstream, json_answer

MODEL = "model-of-a-gateway"
SYSTEM = "Be brief."
WEATHER = "Is it hot in Las Vegas?"
RESULT = "31 C"
AND_OSLO = "And in Oslo?"
SCHEMA: Any = {"type": "object", "properties": {"location": {"type": "string"}}}
NAMES = ("get_weather", "get_time")
API_VERSION = "2024-10-21"

Story = Callable[[str], Any]


def through_openai(url: str) -> Any:
    """System text as a developer's blocks, ids as the answer has them."""
    with openai.OpenAI(base_url=f"{url}/openai/v1", api_key="none") as sdk:
        return openai_story(sdk)


def through_openai_with_the_address_of_azure(url: str) -> Any:
    address = f"{url}/openai/deployments/{MODEL}"
    query = {"api-version": API_VERSION}
    with openai.OpenAI(base_url=address, api_key="none", default_query=query) as sdk:
        return openai_story(sdk)


def through_azure(url: str) -> Any:
    options = {"azure_endpoint": url, "api_version": API_VERSION, "api_key": "none"}
    with openai.AzureOpenAI(**options) as sdk:
        return openai_story(sdk)


def openai_story(sdk: Any) -> Any:
    tools = [{"type": "function", "function": function(name)} for name in NAMES]
    system = {"role": "developer", "content": [{"type": "text", "text": SYSTEM}]}
    question = {"role": "user", "content": [{"type": "text", "text": WEATHER}]}
    shared: Any = {"model": MODEL, "tools": tools, "tool_choice": "required"}
    asked = sdk.chat.completions.create(messages=[system, question], **shared).choices[0].message
    result = {"role": "tool", "tool_call_id": asked.tool_calls[0].id, "content": RESULT}
    history = [system, question, asked, result, {"role": "user", "content": AND_OSLO}]
    said = sdk.chat.completions.create(messages=history, temperature=1, **shared)
    with sdk.chat.completions.create(messages=history[:2], stream=True, **shared) as stream:
        words = [chunk.choices[0].delta.content for chunk in stream if chunk.choices]
    return asked.tool_calls[0].function.arguments, said.choices[0].message.content, words


def through_groq(url: str) -> Any:
    """System text as a string, tools turned round, ids and arguments of its own."""
    tools = [{"type": "function", "function": function(name)} for name in reversed(NAMES)]
    messages: list[Any] = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": WEATHER},
    ]
    shared: Any = {"model": MODEL, "tools": tools, "tool_choice": "required"}
    with groq.Groq(base_url=url, api_key="none") as sdk:
        create = sdk.chat.completions.create
        asked = create(messages=messages, **shared).choices[0].message
        arguments = json.dumps(json.loads(asked.tool_calls[0].function.arguments), indent=1)
        call = {"name": asked.tool_calls[0].function.name, "arguments": arguments}
        history: list[Any] = [
            *messages,
            {
                "role": "assistant",
                "tool_calls": [{"id": "mine", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": "mine", "content": [{"type": "text", "text": RESULT}]},
            {"role": "user", "content": AND_OSLO},
        ]
        said = create(messages=history, temperature=1, **shared)
        with create(messages=messages, stream=True, **shared) as stream:
            words = [chunk.choices[0].delta.content for chunk in stream if chunk.choices]
        return asked.tool_calls[0].function.arguments, said.choices[0].message.content, words


def function(name: str) -> Any:
    return {"name": name, "description": f"Look: {name}.", "parameters": SCHEMA}


@pytest.mark.parametrize(
    ("recording", "replaying"),
    [
        (through_openai, through_groq),
        (through_groq, through_openai),
        (through_azure, through_openai_with_the_address_of_azure),
        (through_openai_with_the_address_of_azure, through_azure),
    ],
)
def test_what_one_sdk_recorded_another_replays(
    recording: Story, replaying: Story, tmp_path: Path
) -> None:
    cassette = tmp_path / "cassette.yaml"
    script = [
        answers.chat_tool_call(),
        answers.chat("Not in Oslo."),
        answers.chat_stream("A", " look"),
    ]
    with Upstream(script) as upstream:
        with promptecho.use_cassette(cassette):
            told = recording(upstream.url)
    assert upstream.refuses()
    with promptecho.use_cassette(cassette, mode="none", on_drift="raise") as replayed:
        assert replaying("https://another-host.invalid") == told
    assert told == (answers.ARGUMENTS, "Not in Oslo.", ["", "A", " look", None])
    assert len(replayed.played) == 3
    assert not replayed.unplayed


# Where paths differ, keys do; what the keys are taken from is the same.


def chat(url: str) -> None:
    call = {"id": "call_1vBU", "type": "function"}
    called = {"name": NAMES[0], "arguments": answers.ARGUMENTS}
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none") as sdk:
        sdk.chat.completions.create(
            model=MODEL,
            messages=[
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": WEATHER},
                {"role": "assistant", "tool_calls": [{**call, "function": called}]},
                {"role": "tool", "tool_call_id": "call_1vBU", "content": RESULT},
                {"role": "user", "content": AND_OSLO},
            ],
            tools=[{"type": "function", "function": function(name)} for name in NAMES],
            tool_choice="required",
        )


def responses(url: str) -> None:
    called = {"type": "function_call", "call_id": "fc_9", "name": NAMES[0]}
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none") as sdk:
        sdk.responses.create(
            model=MODEL,
            instructions=SYSTEM,
            input=[
                {"role": "user", "content": [{"type": "input_text", "text": WEATHER}]},
                {**called, "arguments": answers.ARGUMENTS},
                {"type": "function_call_output", "call_id": "fc_9", "output": RESULT},
                {"type": "message", "role": "user", "content": AND_OSLO},
            ],
            tools=[{"type": "function", **function(name), "strict": False} for name in NAMES],
            tool_choice="required",
        )


def messages(url: str) -> None:
    use = {"type": "tool_use", "id": "toolu_01", "name": NAMES[0]}
    tools: list[Any] = [
        {"name": name, "description": f"Look: {name}.", "input_schema": SCHEMA} for name in NAMES
    ]
    with anthropic.Anthropic(base_url=url, api_key="none") as sdk:
        sdk.messages.create(
            model=MODEL,
            max_tokens=100,
            system=[{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}],
            messages=[
                {"role": "user", "content": WEATHER},
                {"role": "assistant", "content": [{**use, "input": json.loads(answers.ARGUMENTS)}]},
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "toolu_01", "content": RESULT},
                        {"type": "text", "text": AND_OSLO},
                    ],
                },
            ],
            tools=tools,
            tool_choice={"type": "any"},
        )


def test_three_apis_ask_one_question(tmp_path: Path) -> None:
    script = [answers.chat("No."), json_answer({"output": []}), answers.message("No.")]
    with Upstream(script) as upstream:
        with promptecho.use_cassette(tmp_path / "cassette.yaml") as cassette:
            for story in (chat, responses, messages):
                story(upstream.url)
    asked = [matched(each.body) for each in cassette.sent]
    assert asked[0] == asked[1] == asked[2]
    assert asked[0] == {
        "model": MODEL,
        "system": SYSTEM,
        "messages": [
            {"role": "user", "content": WEATHER},
            {
                "role": "assistant",
                "content": [
                    {
                        "type": "tool_call",
                        "id": "call_1",
                        "name": "get_weather",
                        "arguments": {"location": "Las Vegas"},
                    }
                ],
            },
            {
                "role": "tool",
                "content": [{"type": "tool_result", "id": "call_1", "content": RESULT}],
            },
            {"role": "user", "content": AND_OSLO},
        ],
        "tools": [function("get_time"), function("get_weather")],
        "tool_choice": {"mode": "any"},
    }


def matched(body: Any) -> Any:
    names = ("model", "system", "messages", "tools", "tool_choice")
    return {name: body[name] for name in names if name in body}
