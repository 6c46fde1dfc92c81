"""Which members of a body are matched: lists of names, conversations, JSON-RPC calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._matching import json_rpc
from promptecho._matching.matched_names import (
    fields_of,
    is_conversation,
    places,
    volatile_in,
)
from promptecho._matching.normalize import normalize
from promptecho._matching.rules import default_match_on, matching
from support.json_strategies import VALUES
from support.paths import ROOT

CHAT = "/v1/chat/completions"
ASKED = [{"role": "user", "content": "x"}]
VOLATILE = json.loads((ROOT / "spec/data/volatile.json").read_text())
DEFAULT = matching(default_match_on())
ALL = matching(("*",))


def listed(name: str) -> list[str]:
    names: list[str] = VOLATILE[name]
    return names


@pytest.mark.parametrize("name", listed("everywhere"))
def test_what_is_volatile_everywhere_is_never_matched(name: str) -> None:
    assert DEFAULT.names_in({"input": "x", name: 1}, "/v1/x") == ("input",)
    assert ALL.names_in({"messages": ASKED, name: 1}, CHAT) == ("messages",)


@pytest.mark.parametrize("name", listed("beside_model"))
def test_what_is_volatile_beside_a_model_is_the_payload_elsewhere(name: str) -> None:
    assert DEFAULT.names_in({"input": "x", name: 1}, "/v1/x") == ("input", name)
    assert DEFAULT.names_in({"model": "m", name: 1}, "/v1/x") == ("model",)
    assert ALL.names_in({"messages": ASKED, name: 1}, CHAT) == ("messages",)


@pytest.mark.parametrize("name", listed("conversations"))
def test_what_is_volatile_in_conversations_is_the_payload_elsewhere(name: str) -> None:
    assert DEFAULT.names_in({name: 1}, "/v1/conversations") == (name,)
    assert DEFAULT.names_in({"model": "m", name: 1}, "/v1/x") == ("model", name)
    assert ALL.names_in({"model": "m", "messages": ASKED, name: 1}, "/v1/x") == (
        "model",
        "messages",
    )


@pytest.mark.parametrize("end", listed("chat_paths"))
def test_messages_on_a_chat_path_are_a_conversation(end: str) -> None:
    assert is_conversation({"messages": ASKED}, f"/x{end}")
    assert not is_conversation({"messages": []}, f"/x{end}")
    assert not is_conversation({"messages": "x"}, f"/x{end}")
    assert not is_conversation({"messages": ASKED}, f"/x{end}/more")


@pytest.mark.parametrize("end", listed("model_paths"))
def test_each_body_on_the_path_of_a_model_is_a_conversation(end: str) -> None:
    assert is_conversation({}, f"/x{end}")
    assert not is_conversation({}, f"/x{end}/more")


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        ({"messages": ASKED, "model": "m"}, "/any", True),
        ({"messages": ASKED}, "/any", False),
        ({"messages": [], "model": "m"}, CHAT, False),
        ({"messages": []}, "/v1/responses", True),
        ({"system": "s"}, "/v1/responses", True),
        ({"context": {}}, "/v1/responses/compact", True),
        ({"metadata": {}}, "/v1/responses/resp_1", False),
        ({"system": "s"}, "/v1/x", False),
    ],
)
def test_what_a_conversation_is(body: dict[str, Any], path: str, expected: bool) -> None:
    assert is_conversation(body, path) is expected


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, {"model": "m", "messages": ASKED}),
        ("/v1/responses", {"model": "m", "input": "x"}),
        ("/v1/responses", {"prompt": {"id": "p"}}),
        ("/v1/agents/completions", {"agent_id": "a", "messages": ASKED}),
        ("/m:generateContent", {"contents": []}),
        ("/model/m/converse", {"messages": ASKED}),
    ],
)
def test_the_stored_body_of_a_conversation_is_one_too(path: str, body: dict[str, Any]) -> None:
    stored = normalize(path, body)[1]
    assert is_conversation(stored, path)
    assert is_conversation(normalize(path, stored)[1], path)


# --- names -------------------------------------------------------------------------------------


def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / "spec/data/chat-paths.json").read_text())[
        "rows"
    ]
    return found


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['dialect']}-{row['from']}")
def test_a_name_leads_to_where_its_row_moves_it(row: dict[str, Any]) -> None:
    first, _, rest = row["to"].partition(".")
    place = row["to"] if first == "context" and rest else first
    assert place in places(row["from"])
    assert place in places(row["from"].split(".")[0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model", ("model",)),
        ("max_completion_tokens", ("max_completion_tokens", "max_tokens")),
        ("documents", ("documents", "context.documents")),
        ("cachedContent", None),
        ("guided_json", ("guided_json", "context.guided_json")),
        ("function_call", ("function_call", "tool_choice")),
        ("systemInstruction", ("systemInstruction", "system_instruction", "system")),
        ("system_instruction", ("system_instruction", "system")),
        ("contents", ("contents", "messages")),
        ("context.x", ("context.x",)),
        ("mesages", ("mesages",)),
    ],
)
def test_where_a_name_leads(name: str, expected: tuple[str, ...] | None) -> None:
    if expected is None:
        expected = (name, "cached_content", "context.cachedContent", "context.cached_content")
    assert places(name) == expected


@pytest.mark.parametrize(
    ("names", "body", "expected"),
    [
        (("messages", "model"), {"model": "m", "messages": ASKED}, ("messages", "model")),
        (("max_completion_tokens", "max_tokens"), {"max_tokens": 1}, ("max_tokens",)),
        (("documents",), {"context": {"documents": []}}, ("context.documents",)),
        (("context.documents",), {"context": {"documents": []}}, ("context.documents",)),
        (("documents", "context"), {"context": {"documents": []}}, ("context",)),
        (("context", "documents"), {"context": {"documents": []}}, ("context",)),
        (("documents",), {"context": [], "documents": []}, ("documents",)),
        (("generationConfig",), {"max_tokens": 1, "thinking": {}}, ("max_tokens", "thinking")),
        (("user",), {"model": "m", "user": "u"}, ("user",)),
        (("model",), {"input": "x"}, ()),
    ],
)
def test_an_explicit_list(
    names: tuple[str, ...], body: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert matching(names).names_in(body, CHAT) == expected


def test_the_default_list_takes_members_that_could_not_be_gathered() -> None:
    body = {"model": "m", "messages": ASKED, "context": [1], "documents": [], "top_p": 1}
    assert DEFAULT.names_in(body, "/api/chat") == ("model", "messages", "context", "documents")


def test_members_of_context_are_fields_of_context() -> None:
    body = {"context": {"documents": [1], "prompt": "p"}, "model": "m"}
    assert fields_of(body, ("context.documents", "model")) == {
        "context": {"documents": [1]},
        "model": "m",
    }
    assert fields_of(body, ("context",)) == {"context": body["context"]}
    assert fields_of({"context.x": 1}, ("context.x",)) == {"context.x": 1}


# --- JSON-RPC ----------------------------------------------------------------------------------


def call(**members: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "tools/call", **members}


@pytest.mark.parametrize(
    ("given_body", "counts"),
    [
        (call(id=1), call()),
        (call(id=1, params={}), call(params={})),
        (call(params={"_meta": {"progressToken": 1}}), call()),
        (call(params={"_meta": {"progressToken": 1, "x": 1}}), call(params={"_meta": {"x": 1}})),
        (call(params={"_meta": {}}), call(params={"_meta": {}})),
        (call(params={"requestId": 1}), call(params={"requestId": 1})),
        (
            call(method="notifications/cancelled", params={"requestId": 1}),
            call(method="notifications/cancelled"),
        ),
        ({"jsonrpc": "2.0", "id": 1, "result": 1}, {"jsonrpc": "2.0", "id": 1, "result": 1}),
        ({"jsonrpc": "1.0", "id": 1, "method": "m"}, {"jsonrpc": "1.0", "id": 1, "method": "m"}),
        ({"__json__": [call(id=1), {"id": 2}]}, {"__json__": [call(), {"id": 2}]}),
    ],
)
def test_numbers_of_calls_do_not_count(given_body: dict[str, Any], counts: dict[str, Any]) -> None:
    assert json_rpc.without_numbers(given_body) == counts
    names = DEFAULT.names_in(given_body, "/mcp")
    assert fields_of(given_body, names) == counts
    assert "id" not in names or "id" in counts


def test_an_id_that_is_named_counts() -> None:
    names = matching(("jsonrpc", "id")).names_in(call(id=7), "/mcp")
    assert names == ("jsonrpc", "id")
    assert fields_of(call(id=7), names) == {"jsonrpc": "2.0", "id": 7}


@given(st.dictionaries(st.sampled_from(["id", "params", "_meta", "x"]), VALUES))
def test_a_call_differs_by_all_but_its_numbers(members: dict[str, Any]) -> None:
    body = normalize("/mcp", call(**members))[1]
    lasting = json_rpc.without_numbers(body)
    assert json_rpc.without_numbers(lasting) == lasting
    assert {k: v for k, v in body.items() if k != "id"} == lasting or "params" in body
    assert volatile_in(body, "/mcp") >= {"id"}
