"""Normalization: the fixtures of the conformance suite, and what holds for any JSON object."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptecho._matching.normalize import is_registered, normalize, register_dialect, unregister
from promptecho._matching.normalize.trace import origin, trace
from promptecho._matching.url import key_path
from promptecho._text.canonical import canonical
from support.conformance_fixtures import cases
from support.paths import ROOT


def normalized(request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    body = request["body"]
    value = json.loads(body) if isinstance(body, str) else body
    return normalize(key_path(request["url"]), value, request["method"])


@cases("normalize")
def test_case(case: dict[str, Any]) -> None:
    what, expected = case["given"], case["expect"]
    if "a" in what:
        one, other = normalized(what["a"])[1], normalized(what["b"])[1]
        assert (canonical(one) == canonical(other)) is expected["same_key"]
        return
    dialect, body = normalized(what)
    assert dialect == expected.get("dialect", dialect)
    assert body == expected.get("body", body)
    assert list(body) == expected.get("names", list(body))
    assert normalize(key_path(what["url"]), body)[1] == body


# --- any JSON object ---------------------------------------------------------------------------

PATHS = (
    "/v1/chat/completions",
    "/v1/messages",
    "/v1/responses",
    "/v1beta/models/gemini-2.5-flash:generateContent",
    "/model/amazon.nova-lite-v1:0/converse",
    "/api/chat",
    "/v1/embeddings",
    "/mcp",
)
WORDS = """
    model system messages tools tool_choice response_format context max_tokens role content
    type text user assistant developer tool function tool_calls function_call id name
    arguments input tool_use tool_result tool_use_id tool_call_id tool_call is_error
    cache_control cachePoint image source base64 media_type data sha256 image_url url document
    contents parts functionCall function_call args functionResponse function_response response
    inlineData mimeType output json thought systemInstruction generationConfig maxOutputTokens
    thinkingConfig responseSchema toolConfig functionCallingConfig mode ANY auto required any
    none allowedFunctionNames functionDeclarations parametersJsonSchema parameters strict
    custom input_schema instructions call_id function_call_output message input_text
    output_text input_image file_data input_file text format prompt toolUse toolResult
    toolUseId toolSpec inputSchema toolChoice inferenceConfig maxTokens schemaVersion
    messages-v1 call_1 call_2 {} {"a":1} "x" 5 data:image/png;base64,QUJD QUJD images
    tool_name output_config functions max_completion_tokens think
    jsonrpc 2.0 method params conversation agent_id enable_thinking enabled thinking_budget
    guided_json search_x annotations mcp_tool_use mcp_tool_result custom_tool_call effort
    custom_tool_call_output computer_call verbosity response_modalities responseModalities
    max_output_tokens tool_config generation_config STRING OBJECT properties anyOf status
""".split()  # noqa: SIM905

words = st.sampled_from(WORDS)
leaves = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | words | st.text(max_size=3)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=5),
    max_leaves=30,
)


def shaped(**members: Any) -> Any:
    return st.fixed_dictionaries({}, optional=members)


names = st.sampled_from(["f", "g", 5])
ids = st.sampled_from(["x", "y", "call_1", "call_2", "", None, 7])
block = (
    shaped(type=st.just("text"), text=words, cache_control=leaves)
    | st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                [
                    "tool_use",
                    "tool_result",
                    "tool_call",
                    "custom",
                    "mcp_tool_use",
                    "mcp_tool_result",
                ]
            )
        },
        optional={"id": ids, "tool_use_id": ids, "name": names, "input": values, "content": values},
    )
    | shaped(functionCall=shaped(id=ids, name=names, args=values), thoughtSignature=words)
    | shaped(functionResponse=shaped(id=ids, name=names, response=values))
    | shaped(toolUse=shaped(toolUseId=ids, name=names, input=values))
    | shaped(toolResult=shaped(toolUseId=ids, content=values, status=words))
    | values
)
call = shaped(
    id=ids,
    type=st.sampled_from(["function", "custom", "text"]),
    function=shaped(name=names, arguments=values),
    index=leaves,
)
message = (
    shaped(
        role=st.sampled_from(
            ["system", "developer", "user", "assistant", "tool", "function", "model"]
        ),
        content=st.lists(block, max_size=4) | words | values,
        parts=st.lists(block, max_size=4) | values,
        tool_calls=st.lists(call, max_size=3) | values,
        function_call=shaped(name=names, arguments=values),
        tool_call_id=ids,
        tool_name=names,
        name=names,
        images=values,
    )
    | st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                [
                    "function_call",
                    "function_call_output",
                    "custom_tool_call",
                    "custom_tool_call_output",
                    "computer_call",
                    "computer_call_output",
                    "reasoning",
                    "message",
                ]
            )
        },
        optional={
            "call_id": ids,
            "id": ids,
            "name": names,
            "arguments": values,
            "output": values,
            "role": words,
            "content": st.lists(block, max_size=3),
        },
    )
    | values
)
conversations = st.lists(message, max_size=6) | values
tool = (
    shaped(type=words, function=shaped(name=names, parameters=values, strict=leaves), strict=leaves)
    | shaped(name=names, input_schema=values, description=leaves, type=words)
    | shaped(functionDeclarations=st.lists(shaped(name=names, parameters=values), max_size=3))
    | values
)
bodies = st.dictionaries(words, values, max_size=8) | shaped(
    system=conversations,
    instructions=values,
    messages=conversations,
    input=conversations,
    contents=conversations,
    tools=st.lists(tool, max_size=4) | values,
    tool_choice=values,
    toolConfig=values,
    generationConfig=values,
    schemaVersion=st.just("messages-v1"),
    format=values,
    output_config=values,
    context=values,
    documents=values,
)


@settings(max_examples=200)
@given(st.sampled_from(PATHS), bodies)
def test_any_object_normalizes_once_and_for_all(path: str, body: dict[str, Any]) -> None:
    before = copy.deepcopy(body)
    dialect, once = normalize(path, body)
    assert body == before
    again = normalize(path, once)[1]
    assert again == once
    assert list(again) == list(once)
    # A list `contents` makes it a body of Gemini on that path [NORM-26].
    if isinstance(once.get("messages"), list) and not isinstance(once.get("contents"), list):
        assert normalize("/v1/messages", once)[1] == once
    assert normalize(path, trace(body)) == (dialect, once)


def data(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "spec" / "data" / f"{name}.json").read_text())
    return found


PATH_OF = {
    "*": "/v1/messages",
    "gemini": "/v1beta/models/g:generateContent",
    "responses": "/v1/responses",
    "converse": "/model/m/converse",
}


def nested(place: str, value: Any) -> dict[str, Any]:
    """The object that has a value at a place."""
    name, _, rest = place.partition(".")
    return {name: nested(rest, value) if rest else value}


@pytest.mark.parametrize(
    "row", data("chat-paths")["rows"], ids=lambda row: f"{row['dialect']}-{row['from']}"
)
def test_each_row_of_chat_paths_moves_its_member(row: dict[str, Any]) -> None:
    path, start = PATH_OF[row["dialect"]], {"messages": [], "previous_response_id": "r"}
    for old, new in row.get("values", [["v", "v"]]):
        body = normalize(path, {**start, **nested(row["from"], old)})[1]
        expected = nested(row["to"], new)
        context = {**expected.pop("context", {}), "previous_response_id": "r"}
        assert body.pop("context") == context
        assert body == {"messages": [], **expected}
    # Another value at the place stays, and so does what would have been moved there.
    taken = {**start, **nested(row["from"], "v"), **nested(row["to"], "w")}
    assert normalize(path, taken)[1] != normalize(path, {**start, **nested(row["to"], "w")})[1]
    # A null is never moved out of an object.
    if "." in row["from"]:
        body = normalize(path, {**start, **nested(row["from"], None)})[1]
        first = row["from"].split(".")[0]
        assert {**body, **body["context"]}[first] == nested(row["from"], None)[first]


@pytest.mark.parametrize(
    "name",
    [row["name"] for row in data("context-members")["members"]]
    + [row["prefix"] + "x" for row in data("context-members")["prefixes"]],
)
def test_each_context_member_is_gathered(name: str) -> None:
    value = ["v"]
    assert normalize("/v1/messages", {"messages": [], name: value})[1] == {
        "messages": [],
        "context": {name: value},
    }
    held = {"messages": [], "context": {"a": 1}, name: value}
    assert normalize("/v1/messages", held)[1]["context"] == {"a": 1, name: value}
    taken = {"messages": [], "context": {name: 1}, name: value}
    assert normalize("/v1/messages", taken)[1] == taken
    text = {"messages": [], "context": [1], name: value}
    assert normalize("/v1/messages", text)[1] == text
    assert normalize("/v1/other", {name: value})[1] == {name: value}


def test_a_name_that_only_looks_like_a_context_member_stays() -> None:
    for name in ("guided", "research_x", "Documents", "documents2"):
        assert normalize("/v1/messages", {"messages": [], name: 1})[1][name] == 1


# --- where values come from --------------------------------------------------------------------


def test_leaves_remember_where_they_stood() -> None:
    body = {
        "messages": [
            {"role": "system", "content": "be"},
            {"role": "developer", "content": [{"type": "text", "text": "so"}]},
            {"role": "assistant", "tool_calls": [_call("x", "f", '{"a": [1]}')]},
            {"role": "tool", "tool_call_id": "x", "content": [{"type": "text", "text": "ok"}]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": URL}}]},
        ],
        "tools": [
            {"type": "function", "function": {"name": "g"}},
            {"type": "function", "function": {"name": "f"}},
        ],
        "tool_choice": "required",
        "max_completion_tokens": 5,
    }
    _, canonical_body = normalize("/v1/chat/completions", trace(body))
    asked, answered, shown = canonical_body["messages"]
    function = ("messages", 2, "tool_calls", 0, "function")
    image = ("messages", 4, "content", 0, "image_url")
    assert origin(canonical_body["system"]) == ("messages", 0, "content")
    assert origin(asked["content"][0]["id"]) == ("messages", 2, "tool_calls", 0, "id")
    assert origin(asked["content"][0]["arguments"]) == (*function, "arguments")
    assert origin(asked["content"][0]["arguments"]["a"][0]) == (*function, "arguments", "a", 0)
    assert origin(asked["content"][0]["name"]) == (*function, "name")
    assert origin(answered["content"][0]["id"]) == ("messages", 3, "tool_call_id")
    assert origin(answered["content"][0]["content"]) == ("messages", 3, "content", 0, "text")
    assert origin(shown["content"][0]["sha256"]) == (*image, "url")
    assert origin(shown) == ("messages", 4)
    assert origin(canonical_body["tools"][0]["name"]) == ("tools", 1, "function", "name")
    assert origin(canonical_body["tool_choice"]["mode"]) == ("tool_choice",)
    assert origin(canonical_body["max_tokens"]) == ("max_completion_tokens",)


def test_plain_values_stay_plain_and_are_not_copied() -> None:
    text = "a rather long text"
    _, body = normalize("/v1/messages", {"messages": [{"role": "user", "content": [_text(text)]}]})
    assert body["messages"][0]["content"] is text
    assert origin(text) is None


URL = "data:image/png;base64,QUJD"


def _call(name: str, function: str, arguments: str) -> dict[str, Any]:
    return {"id": name, "type": "function", "function": {"name": function, "arguments": arguments}}


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


# --- dialects of users -------------------------------------------------------------------------


@pytest.fixture
def acme() -> Iterator[None]:
    register_dialect(
        "acme",
        lambda method, path, body: method == "POST" and path == "/ask" and "question" in body,
        lambda path, body: {"messages": [{"role": "user", "content": body["question"]}]},
    )
    yield
    unregister("acme")


@pytest.mark.usefixtures("acme")
def test_a_dialect_of_the_user_is_asked_first_and_named() -> None:
    assert is_registered("acme")
    body = {"question": "a", "messages": []}
    expected = {"messages": [{"role": "user", "content": "a"}]}
    assert normalize("/ask", body) == ("acme", expected)
    assert normalize("/ask", body, "PUT") == ("messages", {"messages": [], "question": "a"})
    assert normalize("/other", {"question": "a"}) == ("generic", {"question": "a"})


@pytest.mark.usefixtures("acme")
def test_the_dialect_registered_last_is_asked_first() -> None:
    register_dialect("other", lambda method, path, body: True, lambda path, body: body)
    try:
        assert normalize("/ask", {"question": "a"})[0] == "other"
        register_dialect("acme", lambda method, path, body: True, lambda path, body: {})
        assert normalize("/ask", {"question": "a"}) == ("acme", {})
    finally:
        unregister("other")


@pytest.mark.parametrize("name", ["", "messages", "opaque", "two words", "a" * 65, "acm\u00e9"])
def test_a_dialect_has_a_name_of_its_own(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a dialect"):
        register_dialect(name, lambda method, path, body: True, lambda path, body: body)


# --- promptecho 0.1.3 --------------------------------------------------------------------------


def _sent_and_written() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Requests, and the canonical bodies that promptecho 0.1.3 wrote of them."""
    tool = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}
    call = {"role": "assistant", "content": None, "tool_calls": [_call("c", "f", '{"a": 1}')]}
    answer = {"role": "tool", "tool_call_id": "c", "content": "x"}
    turn = {"role": "user", "content": [_result("t", "ok"), _text("go")]}
    use = {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}
    return [
        (
            "/v1/chat/completions",
            {
                "messages": [{"role": "system", "content": "be"}, _user([_text("hi")])],
                "tools": [{"type": "function", "function": tool}],
                "tool_choice": "required",
                "max_completion_tokens": 5,
            },
            {
                "messages": [_user("hi")],
                "tools": [tool],
                "tool_choice": {"mode": "required"},
                "system": "be",
                "max_tokens": 5,
            },
        ),
        (
            "/v1/chat/completions",
            {"messages": [_user("hi"), call, answer]},
            {"messages": [_user("hi"), call, answer]},
        ),
        (
            "/v1/messages",
            {
                "system": [_text("a"), {**_text("b"), "cache_control": {"type": "ephemeral"}}],
                "messages": [_user("hi"), {"role": "assistant", "content": [use]}, turn],
                "tools": [{"name": "f", "input_schema": {"type": "object"}}],
                "tool_choice": {"type": "tool", "name": "f"},
            },
            {
                "system": "a\nb",
                "messages": [_user("hi"), {"role": "assistant", "content": [use]}, turn],
                "tools": [{"name": "f", "parameters": {"type": "object"}}],
                "tool_choice": {"mode": "tool", "name": "f"},
            },
        ),
    ]


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _result(name: str, content: str) -> dict[str, str]:
    return {"type": "tool_result", "tool_use_id": name, "content": content}


@pytest.mark.parametrize(("path", "sent", "written"), _sent_and_written())
def test_what_0_1_3_wrote_means_what_was_sent(
    path: str, sent: dict[str, Any], written: dict[str, Any]
) -> None:
    assert normalize(path, written)[1] == normalize(path, sent)[1]
