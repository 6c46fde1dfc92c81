"""The `converse` dialect: Bedrock Converse, and Nova through Bedrock invoke. [NORM-2] [NORM-18]

A block is a mapping with one member, which says its kind.
"""

from __future__ import annotations

from ..._base.model import JSON
from . import chat_paths
from .canonical import canonical
from .chat_paths import Row, move_row
from .content import clean_block
from .media import inline
from .members import Members, clean, present, rename, without_hints
from .trace import derived

NAME = "converse"

_MEDIA = ("image", "document", "video", "audio")
_DOCUMENTS = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_STATUS = {"error": True, "success": False}


def normalize(path: str, body: Members) -> Members:
    """The canonical body of a Converse request."""
    return canonical(translated(present(body)))


def translated(members: Members) -> Members:
    """The members, changed in place, in the shapes of the `messages` dialect."""
    if isinstance(members.get("system"), list):
        members["system"] = _blocks(members["system"])
    if isinstance(members.get("messages"), list):
        members["messages"] = [_message(message) for message in members["messages"]]
    _tool_config(members)
    chat_paths.move(members, NAME)
    return members


def _message(given: JSON) -> JSON:
    if not isinstance(given, dict) or not isinstance(given.get("content"), list):
        return given
    return derived({**given, "content": _blocks(given["content"])}, given)


def _blocks(items: list[JSON], *, in_result: bool = False) -> list[JSON]:
    return [_block(item, in_result) for item in items]


def _block(item: JSON, in_result: bool) -> JSON:
    """A block in the shape of the `messages` dialect; one of a kind not named here stays."""
    members = clean_block(item) if isinstance(item, dict) else {}
    if len(members) != 1:
        return item
    ((kind, value),) = members.items()
    convert = None if in_result and kind in _NOT_IN_RESULTS else _KINDS.get(kind)
    block = None if convert is None else convert(value)
    return item if block is None else derived(block, item)


def _text(value: JSON) -> Members | None:
    return {"type": "text", "text": value} if isinstance(value, str) else None


def _tool_use(value: JSON) -> Members | None:
    if not isinstance(value, dict) or not value.keys().isdisjoint(("type", "id", "arguments")):
        return None
    members = dict(value)
    if not isinstance(members.get("name"), str) or not isinstance(members.get("toolUseId"), str):
        return None
    rename(members, "toolUseId", "id")
    rename(members, "input", "arguments")
    return {"type": "tool_call", **members}


def _tool_result(value: JSON) -> Members | None:
    if not isinstance(value, dict) or not value.keys().isdisjoint(("type", "id", "is_error")):
        return None
    members = dict(value)
    if not isinstance(members.get("toolUseId"), str):
        return None
    rename(members, "toolUseId", "id")
    status = members.get("status")
    if isinstance(status, str) and status in _STATUS:
        members["is_error"] = _STATUS[members.pop("status")]
    if isinstance(members.get("content"), list):
        members["content"] = _blocks(members["content"], in_result=True)
    return {"type": "tool_result", **members}


def _json(value: JSON) -> Members:
    return {"type": "json", "json": value}


def _media(kind: str) -> JSON:
    def convert(value: JSON) -> Members | None:
        if not isinstance(value, dict):
            return None
        source, form = value.get("source"), value.get("format")
        if not isinstance(source, dict) or source.keys() != {"bytes"} or not isinstance(form, str):
            return None
        rest = {k: v for k, v in value.items() if k not in ("source", "format")}
        if "type" in rest:
            return None
        return inline(kind, derived(_media_type(kind, form), form), source["bytes"], rest)

    return convert


def _media_type(kind: str, form: str) -> str:
    if kind == "document":
        return _DOCUMENTS.get(form, form)
    return f"{kind}/{form}"


_KINDS = {
    "text": _text,
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    "json": _json,
    **{kind: _media(kind) for kind in _MEDIA},
}

_NOT_IN_RESULTS = ("toolUse", "toolResult")


# --- tools -------------------------------------------------------------------------------------


_TOOLS = Row(NAME, ("toolConfig", "tools"), ("tools",))
_CHOICE = Row(NAME, ("toolConfig", "toolChoice"), ("tool_choice",))


def _tool_config(members: Members) -> None:
    """`toolConfig` is `tools` and `toolChoice`; what else it holds stays."""
    if move_row(members, _TOOLS) and isinstance(members["tools"], list):
        members["tools"] = [_tool(tool) for tool in members["tools"]]
    if move_row(members, _CHOICE) and isinstance(members["tool_choice"], dict):
        members["tool_choice"] = _choice(members["tool_choice"])


def _tool(given: JSON) -> JSON:
    members = clean(given) if isinstance(given, dict) else {}
    if members.keys() != {"toolSpec"}:
        return given
    spec = members["toolSpec"]
    if not isinstance(spec, dict) or not spec.keys().isdisjoint(("type", "parameters")):
        return given
    tool, schema = dict(spec), spec.get("inputSchema")
    if not isinstance(tool.get("name"), str):
        return given
    if isinstance(schema, dict) and schema.keys() == {"json"}:
        tool["parameters"] = schema["json"]
        del tool["inputSchema"]
    return derived(tool, given)


def _choice(given: Members) -> Members:
    """`{auto: {}}`, `{any: {}}`, `{tool: {name}}`."""
    members = without_hints(given)
    if len(members) != 1:
        return given
    ((mode, value),) = members.items()
    if mode not in ("auto", "any", "tool") or not isinstance(value, dict) or "mode" in value:
        return given
    if "type" in value:
        return given
    return derived({"mode": mode, **value}, given)
