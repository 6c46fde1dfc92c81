"""Tools and tool choices: one shape, one order. [NORM-7] [NORM-12]"""

from __future__ import annotations

from ..._base.errors import NotCanonical
from ..._base.model import JSON
from ..._text.canonical import canonical, utf16
from .members import Members, clean, rename, without_hints
from .trace import derived

_MODES = {"auto": "auto", "any": "any", "required": "any", "none": "none", "tool": "tool"}
_WORDS = {"auto": "auto", "any": "any", "required": "any", "none": "none"}


def tools(value: JSON, *, strict: str | None = None) -> JSON:
    """Function tools in one shape, all tools in one order; other types stay.

    Args:
        value: the list of tools.
        strict: what `strict` of a function tool is where it is absent [NORM-25].
    """
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return value
    made = ((item, tool(item, strict)) for item in value)
    kept = [derived(new, item) for item, new in made if new or not item]
    return kept if len(kept) < 2 else _in_order(kept)


def tool(given: Members, strict: str | None = None) -> Members:
    """One tool: a function tool as `{name, description, parameters, strict}`, others as given."""
    members = clean(given)
    function = _function(members)
    if function is None:
        return members
    flat: Members = {"name": function.pop("name")}
    if strict is not None:
        function.setdefault("strict", strict)
    if function.get("strict") is False:
        del function["strict"]
    for name in ("description", "parameters", "strict"):
        if name in function:
            flat[name] = function.pop(name)
    flat.update(function)
    return flat


def choice(value: JSON) -> JSON:
    """`{mode, name?, ...}`; what no rule names stays. [NORM-12]"""
    if isinstance(value, str):
        return {"mode": derived(_WORDS[value], value)} if value in _WORDS else value
    if not isinstance(value, dict):
        return value
    members = without_hints(value)
    if isinstance(members.get("function"), dict):
        function = members["function"]
        members = {**members, "function": derived(without_hints(function), function)}
    if "type" not in members:
        return _mode(members)
    if "mode" in members:
        return members
    kind = members["type"]
    rest = {k: v for k, v in members.items() if k != "type"}
    if kind == "function":
        named = _named(rest)
        return members if named is None else {"mode": derived("tool", kind), **named}
    if isinstance(kind, str) and kind in _MODES:
        return {"mode": derived(_MODES[kind], kind), **rest}
    return members


def legacy_choice(value: JSON) -> JSON | None:
    """OpenAI's former `function_call` member of the body; None if it is something else."""
    if isinstance(value, str):
        return choice(value) if value in ("auto", "none") else None
    if isinstance(value, dict) and value.keys() == {"name"} and isinstance(value["name"], str):
        return {"mode": derived("tool", value["name"]), "name": value["name"]}
    return None


def _mode(members: Members) -> Members:
    # promptecho 0.1.3 wrote `{mode: required}`.
    mode = members.get("mode")
    return {**members, "mode": derived("any", mode)} if mode == "required" else members


def _named(rest: Members) -> Members | None:
    """`{function: {name}}` or `{name}` as `{name}`."""
    function = rest.pop("function", None)
    if function is None:
        return rest if isinstance(rest.get("name"), str) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return None
    if not function.keys().isdisjoint(rest.keys() | {"type", "mode", "function"}):
        return None
    return {**function, **rest}


def _function(members: Members) -> Members | None:
    """The members of a function tool, flat; None if it is another tool."""
    kind = members.get("type")
    rest = {k: v for k, v in members.items() if k != "type"}
    if kind == "custom" and "input_schema" not in rest:
        return None  # OpenAI's custom tool takes text; Anthropic's is a function with a schema
    if not (kind in ("function", "custom") or kind is None):
        return None
    if isinstance(rest.get("function"), dict):
        inner = rest.pop("function")
        if not inner.keys().isdisjoint(rest.keys() | {"type", "function"}):
            return None
        rest = {**inner, **rest}
    if "input_schema" in rest:
        if "parameters" in rest:
            return None
        rename(rest, "input_schema", "parameters")
    return rest if isinstance(rest.get("name"), str) else None


def _in_order(items: list[Members]) -> list[Members]:
    named: dict[str, list[Members]] = {}
    for item in items:
        name = item.get("name")
        named.setdefault(name if isinstance(name, str) else "", []).append(item)
    ordered: list[Members] = []
    for name in sorted(named, key=utf16):
        same = named[name]
        ordered.extend(same if len(same) == 1 else sorted(same, key=_text))
    return ordered


def _text(item: Members) -> tuple[bytes, str]:
    try:
        text = canonical(item)
    except NotCanonical:
        text = repr(item)
    return utf16(text), text
