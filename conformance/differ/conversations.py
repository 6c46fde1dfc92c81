"""Requests of the APIs that have a dialect, as SDKs send them."""

from __future__ import annotations

from random import Random
from typing import Any, Callable

from .parts import MODELS, NAMES, SCHEMAS, SECRETS, WORDS, Body, Made, as_json, maybe


def chat(random: Random) -> Made:
    """Chat completions, as OpenAI and those like it take them."""
    turns: list[Body] = []
    for _ in range(random.choice((1, 1, 2, 4))):
        turns += random.choice(CHAT_TURNS)(random)
    body: Body = {"model": random.choice(MODELS), "messages": turns}
    if random.random() < 0.4:
        function = {"name": random.choice(NAMES), "parameters": random.choice(SCHEMAS)}
        maybe(random, function, "strict", (True, False, None))
        maybe(random, function, "description", ("d", None, ""))
        body["tools"] = [{"type": "function", "function": function}]
    choices = ("auto", "none", "required", {"type": "function", "function": {"name": "f"}}, None)
    maybe(random, body, "tool_choice", choices)
    maybe(random, body, "functions", ([{"name": "f", "parameters": {}}], []), 0.05)
    common_members(random, body)
    hosts = (
        "https://api.openai.com/v1",
        "https://api.groq.com/openai/v1",
        "https://r.openai.azure.com",
    )
    return (
        "POST",
        random.choice(hosts) + "/chat/completions",
        "application/json",
        as_json(random, body),
    )


def common_members(random: Random, body: Body) -> None:
    """Members that say how, and those that say what."""
    maybe(random, body, "temperature", (0, 0.5, 1.0, 1e-7, None))
    maybe(random, body, "stream", (True, False, None))
    maybe(random, body, "max_tokens", (1, 100, 1.0))
    maybe(random, body, "max_completion_tokens", (1, 100), 0.1)
    maybe(random, body, "metadata", ({"a": "b"}, {}, None), 0.1)
    maybe(random, body, "user", ("u", ""), 0.1)
    maybe(random, body, "store", (True, False), 0.05)
    maybe(random, body, "seed", (1, 2**53 - 1), 0.05)
    maybe(random, body, "response_format", ({"type": "text"}, {"type": "json_object"}, None), 0.1)
    maybe(random, body, "reasoning_effort", ("low", None), 0.1)
    maybe(random, body, "documents", ([{"text": "d"}], []), 0.05)
    maybe(random, body, "context", ({"documents": [1]}, "c", [1]), 0.05)
    maybe(random, body, "password", SECRETS, 0.03)
    maybe(random, body, "_x", (1,), 0.02)


def content(random: Random) -> Any:
    """What a message says."""
    text = random.choice(WORDS)
    part: Body = {"type": random.choice(("text", "input_text")), "text": text}
    maybe(random, part, "cache_control", ({"type": "ephemeral"}, None))
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    other = {"type": "image", "source": source}
    return random.choice(
        (text, text, [part], [part, image], [part, other], [text], None, [], [part, part])
    )


def chat_message(random: Random) -> list[Body]:
    role = random.choice(("user", "system", "developer", "assistant", "user"))
    turn: Body = {"role": role, "content": content(random)}
    maybe(random, turn, "name", ("n", None, ""), 0.1)
    maybe(random, turn, "refusal", (None, "no"), 0.05)
    maybe(random, turn, "tool_calls", ([], None), 0.05)
    return [turn]


def chat_tools(random: Random) -> list[Body]:
    ident = random.choice(("call_1", "call_" + "aB3" * 8, "toolu_01"))
    arguments = random.choice(('{"city": "Paris"}', '{"city":"Paris"}', "", "{", "{}", "null"))
    function = {"name": random.choice(NAMES), "arguments": arguments}
    turn: Body = {
        "role": "assistant",
        "tool_calls": [{"id": ident, "type": "function", "function": function}],
    }
    maybe(random, turn, "content", (None, "", "x"), 0.7)
    result = {"role": "tool", "tool_call_id": ident, "content": content(random)}
    maybe(random, result, "name", NAMES)
    return random.choice(([turn, result], [turn], [turn, result, result]))


CHAT_TURNS: tuple[Callable[[Random], list[Body]], ...] = (chat_message, chat_message, chat_tools)


def messages(random: Random) -> Made:
    """Messages, as Anthropic takes them."""
    turns = [{"role": random.choice(("user", "assistant")), "content": content(random)}]
    if random.random() < 0.4:
        use = {"type": "tool_use", "id": "toolu_01", "name": "f", "input": {"city": "Paris"}}
        result: Body = {
            "type": "tool_result",
            "tool_use_id": "toolu_01",
            "content": content(random),
        }
        maybe(random, result, "is_error", (True, False, None))
        turns += [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    body: Body = {"model": random.choice(MODELS), "messages": turns, "max_tokens": 10}
    maybe(random, body, "system", ("s", [{"type": "text", "text": "s"}], "", None), 0.5)
    tool = {"name": "f", "description": "d", "input_schema": random.choice(SCHEMAS)}
    maybe(random, body, "tools", ([tool], []), 0.4)
    maybe(
        random,
        body,
        "tool_choice",
        ({"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "f"}),
    )
    thinking = (
        {"type": "enabled", "budget_tokens": 100},
        {"type": "disabled"},
        {"type": "adaptive"},
    )
    maybe(random, body, "thinking", thinking, 0.2)
    common_members(random, body)
    return (
        "POST",
        "https://api.anthropic.com/v1/messages",
        "application/json",
        as_json(random, body),
    )


def gemini(random: Random) -> Made:
    """generateContent, as Google takes it."""
    parts = random.choice(
        (
            [{"text": random.choice(WORDS)}],
            [{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}],
            [{"inline_data": {"mime_type": "image/png", "data": "iVBORw0KGgo="}}],
            [{"functionCall": {"name": "f", "args": {"a": 1}}}],
            [{"functionResponse": {"name": "f", "response": {"a": None}}}],
            [{"text": "x", "thought": True, "thoughtSignature": "a" * 80}],
        )
    )
    turn: Body = {"parts": parts}
    maybe(random, turn, "role", ("user", "model", "function", None), 0.8)
    body: Body = {"contents": [turn]}
    instruction = ({"parts": [{"text": "s"}]}, {"role": "user", "parts": [{"text": "s"}]}, "s")
    maybe(
        random, body, random.choice(("systemInstruction", "system_instruction")), instruction, 0.3
    )
    declared = {"name": "f", "description": "d", "parameters": random.choice(SCHEMAS)}
    tools: tuple[Any, ...] = (
        [{"functionDeclarations": [declared]}],
        [{"function_declarations": [declared]}],
        [{"googleSearch": {}}],
    )
    maybe(random, body, "tools", tools, 0.4)
    config: tuple[Any, ...] = (
        {"temperature": 0.5, "responseMimeType": "application/json"},
        {"maxOutputTokens": 5},
        {"thinkingConfig": {"thinkingBudget": 0}},
        {},
    )
    maybe(random, body, "generationConfig", config, 0.4)
    maybe(random, body, "toolConfig", ({"functionCallingConfig": {"mode": "ANY"}}, {}), 0.2)
    verb = random.choice(("generateContent", "streamGenerateContent", "countTokens"))
    url = f"https://generativelanguage.googleapis.com/v1beta/models/{random.choice(MODELS)}:{verb}"
    return "POST", url, "application/json", as_json(random, body)


def responses(random: Random) -> Made:
    """Responses, as OpenAI takes them."""
    call_item = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a": 1}'}
    output = {"type": "function_call_output", "call_id": "c1", "output": random.choice(WORDS)}
    message = {"role": "user", "content": content(random)}
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "a" * 80}
    inputs = (random.choice(WORDS), [message], [message, call_item, output], [reasoning, message])
    body: Body = {"model": random.choice(MODELS), "input": random.choice(inputs)}
    maybe(random, body, "instructions", ("s", "", None), 0.4)
    tool = {"type": "function", "name": "f", "parameters": random.choice(SCHEMAS)}
    maybe(random, tool, "strict", (True, False, None), 0.5)
    maybe(random, body, "tools", ([tool], [{"type": "web_search"}], []), 0.4)
    maybe(random, body, "text", ({"format": {"type": "text"}}, {"verbosity": "low"}, {}), 0.2)
    maybe(random, body, "reasoning", ({"effort": "low"}, {"effort": None}, {}), 0.2)
    maybe(random, body, "conversation", ("x", {"id": "x"}), 0.1)
    maybe(random, body, "previous_response_id", ("r", None), 0.1)
    common_members(random, body)
    return "POST", "https://api.openai.com/v1/responses", "application/json", as_json(random, body)


def converse(random: Random) -> Made:
    """Converse, as Bedrock takes it."""
    use = {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}}
    result = {"toolResult": {"toolUseId": "t1", "content": [{"text": "x"}, {"json": {"a": None}}]}}
    body: Body = {"messages": [{"role": "user", "content": [{"text": random.choice(WORDS)}]}]}
    if random.random() < 0.4:
        body["messages"] += [
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result]},
        ]
    maybe(random, body, "system", ([{"text": "s"}], []), 0.4)
    maybe(random, body, "inferenceConfig", ({"maxTokens": 5, "temperature": 0.5}, {}), 0.4)
    spec = {"toolSpec": {"name": "f", "inputSchema": {"json": random.choice(SCHEMAS)}}}
    maybe(
        random,
        body,
        "toolConfig",
        ({"tools": [spec]}, {"tools": [spec], "toolChoice": {"auto": {}}}),
        0.4,
    )
    maybe(
        random,
        body,
        "additionalModelRequestFields",
        ({"top_k": 1, "thinking": {"type": "enabled"}}, {}),
    )
    maybe(random, body, "guardrailConfig", ({"guardrailIdentifier": "g"},), 0.1)
    url = f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{random.choice(MODELS)}/converse"
    return "POST", url, "application/json", as_json(random, body)
