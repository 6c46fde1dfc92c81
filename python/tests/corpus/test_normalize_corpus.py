"""Normalization over real traffic: total, idempotent, and sensitive to every leaf.

`PROMPTECHO_CORPUS` names another file of the same form; `PROMPTECHO_CORPUS_SHARE` (0 to 1) how much
of it is mutated.
"""

from __future__ import annotations

import base64
import collections
import copy
import gzip
import json
import os
import random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from promptecho._base.errors import NotCanonical
from promptecho._matching.matched_names import fields_of
from promptecho._matching.normalize import normalize
from promptecho._matching.normalize.trace import trace
from promptecho._matching.rules import default_match_on, matching
from promptecho._matching.url import key_path
from promptecho._text.canonical import canonical
from promptecho._text.json import parse
from support.paths import CORPUS

SHARE = float(os.environ.get("PROMPTECHO_CORPUS_SHARE", "1"))
MOST_LEAVES = 200

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason=f"the corpus is not at {CORPUS}")

MATCHING = matching(default_match_on())

#: Members of a request, in any dialect, that are part of what is asked.
QUESTION = {
    "model",
    "messages",
    "contents",
    "input",
    "instructions",
    "system",
    "systemInstruction",
    "system_instruction",
    "tools",
    "functions",
    "tool_choice",
    "function_call",
    "thinking",
    "think",
    "reasoning",
    "reasoning_effort",
    "response_format",
    "output_format",
    "format",
    "documents",
    "previous_response_id",
    "conversation",
    "prompt",
    "container",
    "mcp_servers",
    "cachedContent",
    "cached_content",
}

Place = tuple[Any, ...]  # of member names and indexes


class Sent(NamedTuple):
    """A request of the corpus with a JSON object for body."""

    path: str
    body: dict[str, Any]


@pytest.fixture(scope="module")
def requests() -> list[Sent]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        found = [_sent(json.loads(line)) for line in lines]
    return [sent for sent in found if sent is not None]


def _sent(row: dict[str, Any]) -> Sent | None:
    try:
        body = parse(base64.b64decode(row["request_body_b64"] or ""))
    except NotCanonical:
        return None
    path = key_path(row["url"]) if "://" in row["url"] else urlsplit(row["url"]).path
    return Sent(path, body) if isinstance(body, dict) else None


def text_of(sent: Sent) -> str:
    return canonical(normalize(sent.path, sent.body)[1])


def test_every_body_keeps_its_meaning_when_it_is_normalized_again(requests: list[Sent]) -> None:
    for sent in requests:
        before = copy.deepcopy(sent.body)
        _, once = normalize(sent.path, sent.body)
        assert sent.body == before
        _, twice = normalize(sent.path, once)
        assert canonical(twice) == canonical(once)


def test_member_order_and_spelling_of_json_say_nothing(requests: list[Sent]) -> None:
    for sent in requests:
        text = json.dumps(_respelled(sent.body), indent=1, ensure_ascii=True)
        assert text_of(Sent(sent.path, parse(text.encode()))) == text_of(sent)


def test_a_string_and_a_list_of_one_text_block_are_one(
    requests: list[Sent], record_property: Any
) -> None:
    moved = 0
    for sent in requests:
        moves = _moves(sent)
        moved += len(moves)
        for place, value in moves:
            assert text_of(Sent(sent.path, _with(sent.body, place, value))) == text_of(sent)
    print(f"\n{moved} texts moved")
    record_property("texts_moved", moved)
    assert moved


def test_every_shape_of_an_item_of_responses_is_read_or_kept_whole(
    requests: list[Sent], record_property: Any
) -> None:
    shapes: dict[tuple[Any, ...], dict[str, Any]] = {}
    for sent in requests:
        if normalize(sent.path, sent.body)[0] == "responses":
            given = sent.body.get("input")
            for item in given if isinstance(given, list) else []:
                shapes.setdefault(_shape(item), item)
    kinds = {shape[0] for shape in shapes}
    for item in shapes.values():
        body = normalize("/v1/responses", {"input": [item]})[1]
        if "system" in body:
            assert (item["role"], body["messages"]) in (("system", []), ("developer", []))
            continue
        (message,) = body["messages"]
        if item.get("type", "message") == "message":
            assert set(message) >= {"role", "content"}
        elif item["type"] == "function_call":
            assert [block["type"] for block in message["content"]] == ["tool_call"]
        elif item["type"] == "function_call_output":
            assert [block["type"] for block in message["content"]] == ["tool_result"]
        else:
            assert message == {name: each for name, each in item.items() if each is not None}
    print(f"\n{len(shapes)} shapes of items of Responses, of {len(kinds)} types")
    record_property("shapes_of_items", len(shapes))
    assert shapes


def test_traced_values_normalize_to_the_same(requests: list[Sent]) -> None:
    for sent in requests:
        traced = normalize(sent.path, trace(sent.body))[1]
        assert canonical(traced) == text_of(sent)


def test_ids_hints_and_order_of_tools_say_nothing(requests: list[Sent]) -> None:
    for sent in requests:
        if normalize(sent.path, sent.body)[0] != "generic":
            assert text_of(Sent(sent.path, _disguised(sent.body))) == text_of(sent)


def test_every_leaf_counts_unless_a_named_rule_says_otherwise(
    requests: list[Sent], record_property: Any
) -> None:
    counts: collections.Counter[str] = collections.Counter()
    failures = []
    chance = random.Random(20261122)
    for sent in requests:
        if chance.random() > SHARE:
            continue
        matched, whole = _texts(sent)
        for place, kind, mutant in _mutants(sent.body, chance):
            matched_now, whole_now = _texts(Sent(sent.path, mutant))
            if matched_now != matched:
                found = "in the key"
            elif whole_now != whole:
                found = "outside the key" if place[0] not in QUESTION else ""
            else:
                found = _explanation(sent.body, place, kind)
            counts[found or "unexplained"] += 1
            if not found:
                failures.append((sent.path, place, kind, _at(sent.body, place)))
    print(f"\nsensitivity: {dict(counts)}")
    record_property("sensitivity", dict(counts))
    assert failures == []


def _texts(sent: Sent) -> tuple[str, str]:
    """Canonical text of the matched members, and of the whole body."""
    _, body = normalize(sent.path, sent.body)
    matched = fields_of(body, MATCHING.names_in(body, sent.path))
    return canonical(matched), canonical(body)


# --- changes that must not count ---------------------------------------------------------------

_CALL_IDS = {"tool_call_id", "tool_use_id", "toolUseId", "call_id"}
_CALLS = {"tool_use", "function"}


def _disguised(body: dict[str, Any]) -> dict[str, Any]:
    """The same question with other ids, hints where they may stand, tools turned round."""
    changed = copy.deepcopy(body)
    if isinstance(changed.get("tools"), list):
        changed["tools"].reverse()
    for message in changed.get("messages") or []:
        if not isinstance(message, dict):
            continue
        for block in message["content"] if isinstance(message.get("content"), list) else []:
            if isinstance(block, dict) and "type" in block:
                block["cache_control"] = {"type": "ephemeral"}
    called = {_id_of(node) for _, node in _nodes(changed) if _is_call(node)} - {None}
    names = {old: f"pyd_ai_{number:032x}" for number, old in enumerate(sorted(called))}
    for _, node in _nodes(changed):
        if isinstance(node, dict):
            for member in _CALL_IDS & node.keys():
                node[member] = names.get(node[member], node[member])
            if _is_call(node) and "id" in node and "call_id" not in node:
                node["id"] = names.get(node["id"], node["id"])
    return changed


def _is_call(node: Any) -> bool:
    """Whether a mapping is a call in a client's own shape."""
    if not isinstance(node, dict):
        return False
    return (
        (node.get("type") == "tool_use" and "input" in node)
        or (isinstance(node.get("function"), dict) and "arguments" in node["function"])
        or (node.get("type") == "function_call" and "call_id" in node)
        or ("toolUseId" in node and "input" in node)
    )


def _id_of(node: dict[str, Any]) -> Any:
    for member in ("call_id", "toolUseId", "id"):
        if isinstance(node.get(member), str):
            return node[member]
    return None


def _respelled(value: Any) -> Any:
    """The same value with members turned round, and 1.0 for 1."""
    if isinstance(value, dict):
        return {name: _respelled(value[name]) for name in reversed(list(value))}
    if isinstance(value, list):
        return [_respelled(item) for item in value]
    return float(value) if type(value) is int else value


_TEXT_BLOCKS = ("text", "input_text", "output_text")


def _moves(sent: Sent) -> list[tuple[Place, Any]]:
    """The places of content and system text, each with the same said in the other way."""
    dialect = normalize(sent.path, sent.body)[0]
    if dialect not in ("messages", "responses"):
        return []
    kind = "text" if dialect == "messages" else "input_text"
    places = [
        place
        for place, value in _nodes(sent.body)
        if (len(place) == 3 and place[0] in ("messages", "input") and place[2] == "content")
        or (place == ("system",) and "messages" in sent.body)
        or (len(place) == 5 and place[-1] == "content" and _is_result(sent.body, place[:-1]))
    ]
    moves = [(place, _moved(_at(sent.body, place), kind)) for place in places]
    return [(place, value) for place, value in moves if value is not None]


def _moved(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        return [{"type": kind, "text": value}]
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        return None
    block = value[0]
    if block.keys() != {"type", "text"} or block["type"] not in _TEXT_BLOCKS:
        return None
    return block["text"]


def _is_result(body: dict[str, Any], place: Place) -> bool:
    return place[0] == "messages" and _at(body, place).get("type") == "tool_result"


def _shape(item: Any) -> tuple[Any, ...]:
    """Type and role of an item, its members, and the types of the blocks in it."""
    held = item.get("content", item.get("output"))
    blocks = frozenset(block.get("type") for block in held) if isinstance(held, list) else None
    return item.get("type"), item.get("role"), frozenset(item), blocks, type(held)


# --- changes that must count -------------------------------------------------------------------


def _nodes(value: Any, place: Place = ()) -> list[tuple[Place, Any]]:
    found = [(place, value)]
    if isinstance(value, dict):
        for name, item in value.items():
            found += _nodes(item, (*place, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _nodes(item, (*place, index))
    return found


def _mutants(body: dict[str, Any], chance: random.Random) -> Any:
    """Copies of a body with one leaf changed, swapped, removed or added."""
    nodes = _nodes(body)[1:]
    leaves = [place for place, value in nodes if not isinstance(value, (dict, list)) or not value]
    if len(leaves) > MOST_LEAVES:
        leaves = chance.sample(leaves, MOST_LEAVES)
    texts = [value for _, value in nodes if isinstance(value, str)]
    for place in leaves:
        value = _at(body, place)
        yield place, "change", _with(body, place, _other(value))
        if isinstance(value, str):
            other = chance.choice(texts)
            if other != value:
                yield place, f"swap:{other[:40]}", _with(body, place, other)
        yield place, "remove", _without(body, place)
    holders = [place for place, value in nodes if isinstance(value, (dict, list))]
    for place in chance.sample(holders, min(len(holders), MOST_LEAVES // 2)):
        yield place, "add", _added(body, place)


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "~"
    if isinstance(value, (int, float)):
        return 0 if value else 1
    return "~"


def _at(body: Any, place: Place) -> Any:
    for step in place:
        body = body[step]
    return body


def _holder(body: Any, place: Place) -> tuple[Any, Any]:
    """A copy of the body along the place, and what holds the place in it."""
    root = copy.copy(body)
    node = root
    for step in place[:-1]:
        node[step] = copy.copy(node[step])
        node = node[step]
    return root, node


def _with(body: Any, place: Place, value: Any) -> Any:
    root, node = _holder(body, place)
    node[place[-1]] = value
    return root


def _without(body: Any, place: Place) -> Any:
    root, node = _holder(body, place)
    del node[place[-1]]
    return root


def _added(body: Any, place: Place) -> Any:
    held = _at(body, place)
    return _with(body, place, {**held, "zz": 1} if isinstance(held, dict) else [*held, "~"])


# --- the rules that may leave a canonical body as it was ---------------------------------------

_HINTS = {"cache_control", "cachePoint", "prompt_cache_breakpoint"}


def _explanation(body: dict[str, Any], place: Place, kind: str) -> str:
    """The rule because of which a change at a place need not count; empty if there is none."""
    value, name, holder = _at(body, place), place[-1], _at(body, place[:-1])
    removed, other = kind == "remove", kind[len("swap:") :]
    tool = any(step in ("tools", "functions") for step in place)
    if _HINTS.intersection(place):
        return "NORM-4 caching hint"
    if removed and value is None:
        return "NORM-3 null member"
    if place[0] in ("systemInstruction", "system_instruction") and place[1:] == ("role",):
        return "NORM-16 role of a system instruction"
    if name == "type" and _one_type(value, other) and _in_a_schema(place[:-1]):
        return "NORM-23 two spellings of a type"
    if removed and tool and (name, value) in _SAID_TWICE:
        return "NORM-7 type and strict of a function tool"
    if removed and (name, value) == ("type", "function") and "tool_calls" in place:
        return "NORM-8 type of a tool call"
    if removed and name == "content" and value == [] and "tool_calls" in holder:
        return "NORM-8 empty content before tool calls"
    if removed and _says_nothing(place, value, holder):
        return "NORM-8, NORM-16, NORM-18, NORM-21, NORM-22 what says nothing"
    if name in ("id", "tool_call_id", "name") and removed and _answers_by_name(place, holder):
        return "NORM-11 result bound by name"
    if name in ("id", "call_id", "toolUseId") and _is_unanswered(body, place, value):
        return "NORM-11 id of a call without result"
    if place[0] == "input" and removed and (name, value) == ("type", "message"):
        return "NORM-17 type of a message item"
    if place[0] == "input" and name == "type" and {value, other} == {"input_text", "output_text"}:
        return "NORM-17 type of a text block"
    if name == "role" and {value, other} in _ROLES:
        return "NORM-6, NORM-16 two names of a role"
    return ""


def _says_nothing(place: Place, value: Any, holder: Any) -> bool:
    """Whether a member means the same as its absence."""
    name = place[-1]
    if name == "role":
        return place[0] == "contents" and value == "user" and "parts" in holder
    if name == "content":
        return value == "" and bool(holder.get("tool_calls"))
    if name == "annotations" or (name == "tool_calls" and place[0] == "messages"):
        return value == []
    if place == ("tools",):
        return value == []
    if place == ("tool_choice",):
        return value == "auto" and bool(holder.get("tools"))
    if name == "is_error":
        return value is False and holder.get("type") == "tool_result"
    return name == "status" and value == "success" and place[-2] == "toolResult"


_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
_SCHEMAS = {"parameters", "parametersJsonSchema", "response", "responseJsonSchema"}
_BY_NAME = {"properties", "patternProperties", "$defs", "definitions", "defs"}
_BY_INDEX = {"items", "prefixItems", "anyOf", "oneOf", "allOf", "any_of", "one_of", "all_of"}
_DIRECTLY = {"items", "additionalProperties", "not"}


def _one_type(one: Any, other: str) -> bool:
    """Whether two texts are one type of a schema, in lower case and as Gemini writes it."""
    names = {one, other}
    return any(names == {name, name.upper()} for name in _TYPES)


def _in_a_schema(place: Place) -> bool:
    """Whether a place is a schema, or a schema in one, of a function of Gemini."""
    if place[:1] != ("tools",) or "functionDeclarations" not in place:
        return False
    steps = list(place[place.index("functionDeclarations") + 2 :])
    if not steps or steps.pop(0) not in _SCHEMAS:
        return False
    while steps:
        step = steps.pop(0)
        indexed = bool(steps) and isinstance(steps[0], int)
        if step in _BY_NAME or (step in _BY_INDEX and indexed):
            del steps[:1]
        elif step not in _DIRECTLY:
            return False
    return True


_SAID_TWICE = (("type", "function"), ("type", "custom"), ("strict", False))
_ROLES = ({"system", "developer"}, {"model", "assistant"})


def _answers_by_name(place: Place, holder: Any) -> bool:
    parents = ("functionResponse", "function_response")
    return place[-2] in parents or (holder.get("role") == "tool" and "name" in holder)


def _is_unanswered(body: dict[str, Any], place: Place, value: Any) -> bool:
    call = place[-2] in ("functionCall", "function_call") or _is_call(_at(body, place[:-1]))
    return call and sum(node == value for _, node in _nodes(body)) == 1
