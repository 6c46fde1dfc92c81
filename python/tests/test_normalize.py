"""Normalization: the fixtures of the conformance suite, and what holds for any JSON object."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptecho._json import canonical
from promptecho._normalize import is_registered, normalize, register_dialect, unregister
from promptecho._normalize._trace import origin, trace
from promptecho._url import key_path

FIXTURES = Path(__file__).resolve().parents[2] / "conformance/fixtures/normalize"


def cases() -> list[Any]:
    files = [
        json.loads(path.read_text(encoding="ascii")) for path in sorted(FIXTURES.glob("*.json"))
    ]
    return [pytest.param(case, id=case["id"]) for file in files for case in file["cases"]]


def normalized(request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    body = request["body"]
    value = json.loads(body) if isinstance(body, str) else body
    return normalize(key_path(request["url"]), value, request["method"])


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any]) -> None:
    what, expected = case["given"], case["expect"]
    if "a" in what:
        one, other = normalized(what["a"])[1], normalized(what["b"])[1]
        assert (canonical(one) == canonical(other)) is expected["same_key"]
        return
    dialect, body = normalized(what)
    assert dialect == expected["dialect"]
    assert body == expected["body"]
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
)
WORDS = """
    model system messages tools tool_choice response_format context max_tokens role content type text
    user assistant developer tool function tool_calls function_call id name arguments input tool_use
    tool_result tool_use_id tool_call_id tool_call is_error cache_control cachePoint image source base64
    media_type data sha256 image_url url document contents parts functionCall function_call args
    functionResponse function_response response inlineData mimeType output json thought systemInstruction
    generationConfig maxOutputTokens thinkingConfig responseSchema toolConfig functionCallingConfig mode
    ANY auto required any none allowedFunctionNames functionDeclarations parametersJsonSchema parameters
    strict custom input_schema instructions call_id function_call_output message input_text output_text
    input_image file_data input_file text format prompt toolUse toolResult toolUseId toolSpec inputSchema
    toolChoice inferenceConfig maxTokens schemaVersion messages-v1 call_1 call_2 {} {"a":1} "x" 5
    data:image/png;base64,QUJD QUJD images tool_name output_config functions max_completion_tokens think
""".split()

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
        {"type": st.sampled_from(["tool_use", "tool_result", "tool_call"])},
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
                ["function_call", "function_call_output", "reasoning", "message"]
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


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(PATHS), bodies)
def test_any_object_normalizes_once_and_for_all(path: str, body: dict[str, Any]) -> None:
    before = copy.deepcopy(body)
    dialect, once = normalize(path, body)
    assert body == before
    assert normalize(path, once)[1] == once
    assert list(normalize(path, once)[1]) == list(once)
    traced = normalize(path, trace(body))
    assert traced == (dialect, once)
