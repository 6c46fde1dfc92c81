"""A request of any chat dialect is a conversation in one shape."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from typing import Any

import pytest

from promptecho._base.model import RecordedRequest
from promptecho._views.lines import of_conversation
from promptecho._views.recording import as_json
from promptecho._views.requests import conversation
from promptecho._views.view import (
    Conversation,
    Media,
    Other,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from support.session_builders import sent

IMAGE = b"\x89PNG"
DATA = base64.b64encode(IMAGE).decode()
SEEN = Media("image", "image/png", None, f"sha256:{hashlib.sha256(IMAGE).hexdigest()[:12]}")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "unit": {"type": "string"}}}
TOOL = {"name": "weather", "description": "The weather.\nOf a city."}
ARGUMENTS = {"city": "Paris"}

CHAT = {
    "model": "m",
    "temperature": 0,
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Warm?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": json.dumps(ARGUMENTS)},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "31 degrees"},
    ],
    "tools": [{"type": "function", "function": {**TOOL, "parameters": SCHEMA}}],
}
MESSAGES = {
    "model": "m",
    "temperature": 0,
    "system": "Be brief.",
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Warm?"},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": DATA},
                },
            ],
        },
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": ARGUMENTS}],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "31 degrees"}],
        },
    ],
    "tools": [{**TOOL, "input_schema": SCHEMA}],
}
RESPONSES = {
    "model": "m",
    "temperature": 0,
    "instructions": "Be brief.",
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Warm?"},
                {"type": "input_image", "image_url": f"data:image/png;base64,{DATA}"},
            ],
        },
        {
            "type": "function_call",
            "call_id": "c1",
            "name": "weather",
            "arguments": json.dumps(ARGUMENTS),
        },
        {"type": "function_call_output", "call_id": "c1", "output": "31 degrees"},
    ],
    "tools": [{"type": "function", **TOOL, "parameters": SCHEMA}],
}
GEMINI = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "generationConfig": {"temperature": 0},
    "contents": [
        {
            "role": "user",
            "parts": [
                {"text": "Warm?"},
                {"inlineData": {"mimeType": "image/png", "data": DATA}},
            ],
        },
        {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": ARGUMENTS}}]},
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "weather", "response": {"result": "31 degrees"}}}
            ],
        },
    ],
    "tools": [{"functionDeclarations": [{**TOOL, "parameters": SCHEMA}]}],
}
CONVERSE = {
    "system": [{"text": "Be brief."}],
    "inferenceConfig": {"temperature": 0},
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "Warm?"},
                {"image": {"format": "png", "source": {"bytes": DATA}}},
            ],
        },
        {
            "role": "assistant",
            "content": [{"toolUse": {"toolUseId": "c1", "name": "weather", "input": ARGUMENTS}}],
        },
        {
            "role": "user",
            "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "31 degrees"}]}}],
        },
    ],
    "toolConfig": {"tools": [{"toolSpec": {**TOOL, "inputSchema": {"json": SCHEMA}}}]},
}
HOST = "https://api.example.com"


def asked(body: Any, path: str = "/v1/chat/completions") -> Conversation:
    return conversation(sent(body, url=HOST + path).request)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/messages", MESSAGES),
        ("/v1/responses", RESPONSES),
        ("/v1beta/models/m:generateContent", GEMINI),
        ("/model/m/converse", CONVERSE),
    ],
    ids=["chat", "messages", "Responses", "Gemini", "Converse"],
)
def test_a_request_has_one_shape(path: str, body: Any) -> None:
    found = asked(body, path)
    system, user, call, result = found.turns
    assert found.model == "m"
    assert system == Turn("system", (Text("Be brief."),))
    assert user == Turn("user", (Text("Warm?"), SEEN))
    assert call == Turn("assistant", (ToolCall("weather", ARGUMENTS, "call_1"),))
    assert result.role == "tool"
    assert found.tools == (Tool("weather", "The weather.\nOf a city.", ("city", "unit")),)
    (given,) = result.parts
    assert isinstance(given, ToolResult)
    assert given.id == "call_1"
    if body is not GEMINI:
        assert given.parts == (Text("31 degrees"),)


def test_the_rest_of_a_body_are_settings() -> None:
    assert asked(CHAT).settings == (("temperature", 0),)
    settings = asked(GEMINI, "/v1beta/models/m:generateContent").settings
    assert settings == (("generation_config", {"temperature": 0}),)


def test_what_a_model_thought_is_a_part() -> None:
    blocks = [{"type": "thinking", "thinking": "Let me see.", "signature": "x"}]
    body = {"model": "m", "messages": [{"role": "assistant", "content": blocks}]}
    assert asked(body, "/v1/messages").turns[0].parts == (Reasoning("Let me see."),)
    body = {"model": "m", "messages": [{"role": "assistant", "content": "a", "reasoning": "b"}]}
    assert asked(body).turns[0].parts == (Text("a"), Reasoning("b"))


def test_an_image_by_its_address_has_it() -> None:
    block = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
    body = {"model": "m", "messages": [{"role": "user", "content": [block]}]}
    seen = Media("image", "", None, "https://example.com/cat.png")
    assert asked(body).turns[0].parts == (seen,)


def test_an_image_of_ollama_is_one() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "a", "images": [DATA]}]}
    (text, image) = asked(body, "/api/chat").turns[0].parts
    assert text == Text("a")
    assert image == SEEN._replace(media_type="")


def test_what_is_no_conversation_has_a_body_only() -> None:
    found = asked({"model": "m", "input": ["a", "b"]}, "/v1/embeddings")
    assert found == Conversation("m", (), (), (("input", ["a", "b"]),))


def test_an_item_that_no_rule_names_is_there_as_it_is() -> None:
    item = {"type": "item_reference", "id": "x"}
    body = {"model": "m", "input": [{"role": "user", "content": "a"}, item]}
    *_, last = asked(body, "/v1/responses").turns
    assert last == Turn("item_reference", (Other("item_reference", item),))


def test_a_body_that_is_not_canonical_is_read_as_one_that_is() -> None:
    request = RecordedRequest("POST", f"{HOST}/v1/chat/completions", "0" * 16, (), CHAT)
    assert conversation(request) == asked(CHAT)


ODD: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", [], {}, [[]], [None], {"a": []}, [{"a": 1}])


def changed(value: Any, chance: random.Random) -> Any:
    """A value of which a part is of another type."""
    if chance.random() < 0.1:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: changed(each, chance) for name, each in value.items()}
    return [changed(each, chance) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("body", [CHAT, MESSAGES, RESPONSES, GEMINI, CONVERSE])
def test_a_request_of_odd_types_is_shown_and_raises_nothing(body: dict[str, Any]) -> None:
    chance = random.Random(7)
    for path in ("/v1/chat/completions", "/v1/responses", "/v1beta/models/m:generateContent"):
        for _ in range(60):
            odd = {name: changed(value, chance) for name, value in body.items()}
            request = RecordedRequest("POST", HOST + path, "0" * 16, (), odd)
            found = conversation(request)
            assert all(isinstance(line.text, str) for line in of_conversation(found))
            json.dumps(as_json(found))
