"""Generated calls: requests as SDKs send them and answers as providers give them, from parts.

A call is asked in one of three ways: the key of its request, what is stored of both, or a session
that records it and then asks it again, a little changed.
"""

from __future__ import annotations

import gzip
import json
from random import Random
from typing import Any, Callable

from runner.cases import bytes_form

from .questions import Question

SECRETS = (
    "sk-" + "aB3" * 12,
    "ghp_" + "a1B2" * 9,
    "abcdef0123456789ABCDEF01",
    "hunter2",
    "REDACTED",
)
WORDS = ("hi", "", "what is 2+2?", "é\U0001f600", "line\nline", "  ", '{"a": 1}', "data: x", "null")
MODELS = ("gpt-4o-2024-08-06", "claude-opus-4-20250514", "gemini-2.5-pro", "command-r", "m")
NAMES = ("get_weather", "search", "f")
SCHEMAS: tuple[Any, ...] = (
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    {"type": "OBJECT", "properties": {"city": {"type": "STRING", "nullable": True}}},
    {"type": "object", "properties": {}, "additionalProperties": False},
    {},
    None,
)

Body = dict[str, Any]


def call(random: Random) -> Question:
    """A question about one generated call."""
    request = a_request(random)
    way = random.choices(("key", "redact", "encode", "replay"), (5, 5, 2, 2))[0]
    if way == "key":
        given: Body = {"request": request, "options": some_options(random)}
    elif way == "redact":
        given = {"request": request, "response": an_answer(random), "options": some_options(random)}
    elif way == "encode":
        answer = an_answer(random)
        given = {
            "status": answer["status"],
            "headers": answer["headers"],
            "bytes": answer["body"],
            "stopped": random.random() < 0.2,
        }
    else:
        given = a_session(random, request)
    return Question(way, given, "generated")


def a_session(random: Random, request: Body) -> Body:
    """A session that records a call, and others like it."""
    asked = [{"request": request, "upstream": an_answer(random)}]
    for _ in range(random.choice((1, 1, 2, 3))):
        other = request if random.random() < 0.6 else a_request(random)
        asked.append({"request": other, "upstream": an_answer(random)})
    for each in asked:
        if random.random() < 0.1:
            del each["upstream"]
        elif random.random() < 0.1:
            each["upstream"] = {**each["upstream"], "breaks": True}
    mode = random.choice(("once", "new_episodes", "all", "none"))
    options = some_options(random)
    return {"cassette": None, "mode": mode, "options": options, "requests": asked}


def some_options(random: Random) -> Body:
    """Mostly none."""
    choices: tuple[Body, ...] = (
        {"match_on": ["*"]},
        {"match_on": ["model", "messages"]},
        {"match_on": ["model", "context", "temperature"]},
        {"match_host": True},
        {"match_headers": ["x-custom"]},
        {"redact_query": ["limit"]},
        {"ignore_query": ["q"]},
        {"keep_query": ["*"]},
        {"keep_query": ["q"]},
        {"redact_members": ["city"]},
        {"keep_members": ["password"]},
        {"keep_headers": ["server"]},
        {"redact_headers": ["x-custom"]},
        {"on_record_error": "record"},
        {"on_exhausted": "miss"},
    )
    return dict(random.choice(choices)) if random.random() < 0.4 else {}


# --- requests ----------------------------------------------------------------------------------


def a_request(random: Random) -> Body:
    """A request of one of the APIs, or of none."""
    method, url, content, body = random.choice(KINDS)(random)
    headers = [["content-type", content]] if content else []
    headers += (
        [["authorization", "Bearer " + random.choice(SECRETS)]] if random.random() < 0.3 else []
    )
    for name in ("x-custom", "anthropic-beta", "api-revision", "range"):
        if random.random() < 0.08:
            headers.append([name, random.choice(("a", "b, c", "2024-10-15"))])
    return {"method": method, "url": url + a_query(random), "headers": headers, "body": body}


def a_query(random: Random) -> str:
    """Mostly none."""
    if random.random() < 0.6:
        return ""
    names = ("q", "limit", "key", "api_key", "state", "city", "beta", "api-version", "token", "alt")
    values = (*SECRETS, "", "a b", "a%20b", "a+b", "1", "é", "Paris")
    rows = [
        f"{random.choice(names)}={random.choice(values)}" for _ in range(random.choice((1, 2, 3)))
    ]
    return "?" + "&".join(each.replace(" ", "%20") for each in rows)


Made = tuple[str, str, str, Body]


def as_json(random: Random, body: Any) -> Body:
    """A body, compact or spaced, in ASCII or not."""
    separators = random.choice((None, (",", ":")))
    text = json.dumps(body, separators=separators, ensure_ascii=random.random() < 0.5)
    return {"utf8": text}


def maybe(
    random: Random, body: Body, name: str, values: tuple[Any, ...], chance: float = 0.2
) -> None:
    """Put a member in, or not."""
    if random.random() < chance:
        body[name] = random.choice(values)


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
    tools = (
        [{"functionDeclarations": [declared]}],
        [{"function_declarations": [declared]}],
        [{"googleSearch": {}}],
    )
    maybe(random, body, "tools", tools, 0.4)
    config = (
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


def rpc(random: Random) -> Made:
    """JSON-RPC, as MCP sends it."""
    arguments: Body = {"city": "Paris", "password": random.choice(SECRETS)}
    params = {
        "name": "f",
        "arguments": arguments,
        "_meta": {"progressToken": random.choice((1, "p"))},
    }
    body: Any = {
        "jsonrpc": "2.0",
        "id": random.choice((1, 7, "x", None)),
        "method": "tools/call",
        "params": params,
    }
    if random.random() < 0.2:
        body = [body, {"jsonrpc": "2.0", "method": "notifications/initialized"}]
    return "POST", "https://mcp.example.com/mcp", "application/json", as_json(random, body)


def other_json(random: Random) -> Made:
    """An API that no dialect knows."""
    body: Body = {"input": random.choice(WORDS), "model": random.choice(MODELS)}
    maybe(random, body, "api_key", SECRETS, 0.3)
    maybe(random, body, "nested", ({"token": "abcdef0123456789ABCDEF01"}, {"secret": ""}), 0.3)
    maybe(
        random,
        body,
        "url",
        ("https://u:pass@h/?api_key=abc", "postgres://u:abcdef0123456789ABCDEF01@h/"),
        0.2,
    )
    common_members(random, body)
    value: Any = random.choice((body, body, body, [body, 1], 1.5, "x", None, [], {}))
    url = random.choice(("https://api.openai.com/v1/embeddings", "https://h.example.com/v1/things"))
    return "POST", url, "application/json", as_json(random, value)


def form(random: Random) -> Made:
    """A form, in either coding."""
    rows = [
        (random.choice(("b", "a", "token", "grant_type", "é")), random.choice((*SECRETS, "", "1")))
        for _ in range(random.choice((1, 2, 4)))
    ]
    if random.random() < 0.6:
        text = "&".join(f"{name}={value}" for name, value in rows)
        return (
            "POST",
            "https://h.example.com/token",
            "application/x-www-form-urlencoded",
            {"utf8": text},
        )
    parts = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in rows
    )
    return (
        "POST",
        "https://h.example.com/up",
        "multipart/form-data; boundary=B",
        {"utf8": parts + "--B--\r\n"},
    )


def get(random: Random) -> Made:
    """No body."""
    paths = ("/v1/models", "/weather", "/v1/files/file-abc/content", "/a%2fb/c", "/", "")
    return "GET", "https://h.example.com" + random.choice(paths), "", {"utf8": ""}


KINDS = (
    chat,
    chat,
    messages,
    messages,
    gemini,
    responses,
    converse,
    rpc,
    other_json,
    other_json,
    form,
    get,
)


# --- answers -----------------------------------------------------------------------------------


def an_answer(random: Random) -> Body:
    """What an upstream gives back."""
    content_type, data = random.choice(ANSWERS)(random)
    headers = [["content-type", content_type]] if content_type else []
    if random.random() < 0.15:
        data, headers = gzip.compress(data, mtime=0), [*headers, ["content-encoding", "gzip"]]
    extra = (
        [
            "set-cookie",
            "sid=abcdef0123456789abcdef01; Path=/; Expires=Wed, 21 Oct 2065 07:28:00 GMT",
        ],
        ["set-cookie", "a=b"],
        ["x-request-id", "r1"],
        ["server", "s"],
        ["location", "https://h/?token=abc&a=1"],
        ["retry-after", "7"],
        ["date", "Wed, 21 Oct 2065 07:27:00 GMT"],
        ["www-authenticate", 'Bearer realm="r", error="e"'],
        ["X-Trace", "a, b"],
        ["transfer-encoding", "chunked"],
        ["authorization", "Bearer " + SECRETS[0]],
        ["etag", '"abc"'],
        ["content-length", str(len(data))],
    )
    headers += [list(each) for each in random.sample(extra, random.choice((0, 0, 1, 2, 4)))]
    if random.random() < 0.05:  # in seconds from `date`, because the two clocks differ
        date = ["date", "Wed, 21 Oct 2065 07:27:00 GMT"]
        headers += [date, ["retry-after", "Wed, 21 Oct 2065 07:28:00 GMT"]]
    status = random.choice((200, 200, 200, 200, 201, 204, 400, 401, 429, 500))
    return {"status": status, "headers": headers, "body": bytes_form(data)}


def json_answer(random: Random) -> tuple[str, bytes]:
    """A JSON body, in one of the layouts that servers have."""
    value: Any = {
        "id": "x1",
        "choices": [{"message": {"role": "assistant", "content": random.choice(WORDS)}}],
        "usage": {"total": 1.0, "big": 12345678901234567890},
    }
    maybe(random, value, "access_token", SECRETS, 0.3)
    maybe(random, value, "error", ({"message": "bad key " + SECRETS[0]}, None), 0.2)
    if random.random() < 0.2:
        value = random.choice(([], {}, [1], "x", None, 1e-7, [value]))
    indent = random.choice((None, None, 2, 4))
    separators = random.choice((None, (",", ":"))) if indent is None else None
    ascii_only = random.random() < 0.5
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=ascii_only)
    text += random.choice(("", "", "\n", " "))
    return random.choice(("application/json", "application/json; charset=utf-8")), text.encode()


def sse_answer(random: Random) -> tuple[str, bytes]:
    """Events."""
    end = random.choice(("\n", "\n", "\r\n"))
    rows = []
    for number in range(random.choice((1, 2, 5))):
        if random.random() < 0.3:
            rows.append(f"event: {random.choice(('message', 'content_block_delta', 'ping'))}{end}")
        delta = {"i": number, "delta": random.choice((*WORDS, *SECRETS))}
        rows.append(f"data: {json.dumps(delta)}{end}{end}")
    rows.append(random.choice((f"data: [DONE]{end}{end}", "", f": ping{end}{end}", "data: cut")))
    return "text/event-stream", "".join(rows).encode()


def line_answer(random: Random) -> tuple[str, bytes]:
    """NDJSON."""
    rows = [json.dumps({"i": number, "text": random.choice(WORDS)}) for number in range(3)]
    return "application/x-ndjson", ("\n".join(rows) + random.choice(("\n", "", "\r\n"))).encode()


def text_answer(random: Random) -> tuple[str, bytes]:
    """Text, or bytes."""
    data = random.choice(
        (b"", b"hi", b"\xff\xfe", "é".encode(), b"<a>" + SECRETS[1].encode() + b"</a>", b"\0")
    )
    return random.choice(("text/plain", "application/octet-stream", "", "text/html")), data


ANSWERS = (json_answer, json_answer, json_answer, sse_answer, sse_answer, line_answer, text_answer)
