"""The `gemini` dialect: Gemini API, Vertex, proxies of them. [NORM-2] [NORM-16]"""

from __future__ import annotations

from ..._base.model import JSON
from .canonical import move_from
from .gemini_names import snake
from .media import inline
from .members import Members, present, rename
from .messages import finish
from .trace import derived

NAME = "gemini"

_METHODS = (":generateContent", ":streamGenerateContent", ":countTokens")
_ROLES = {"model": "assistant"}
_MODES = {"AUTO": "auto", "ANY": "any", "NONE": "none"}
_FORMAT = (
    ("response_mime_type", "mime_type"),
    ("response_schema", "schema"),
    ("response_json_schema", "json_schema"),
)


def matches(path: str, body: Members) -> bool:
    """Whether a request is in this dialect."""
    return path.endswith(_METHODS) or isinstance(body.get("contents"), list)


def normalize(path: str, body: Members) -> Members:
    """The canonical body of a Gemini request."""
    members = snake(present(body))
    _system(members)
    _messages(members)
    _tools(members)
    _tool_choice(members)
    _generation_config(members)
    return finish(members)


# --- members of the body -----------------------------------------------------------------------


def _messages(members: Members) -> None:
    contents = members.get("contents")
    if isinstance(contents, dict):
        contents = [contents]
    if isinstance(contents, list) and "messages" not in members:
        members["messages"] = [_message(content) for content in contents]
        del members["contents"]


def _system(members: Members) -> None:
    """`system_instruction`: a content, whose role says nothing, or a string."""
    given = members.get("system_instruction")
    if "system" in members or given is None:
        return
    blocks = _parts(given.get("parts")) if isinstance(given, dict) else None
    if isinstance(given, str):
        rename(members, "system_instruction", "system")
    elif blocks and given.keys() <= {"role", "parts"} and isinstance(given.get("role", ""), str):
        members["system"] = blocks
        del members["system_instruction"]


def _tools(members: Members) -> None:
    rename(members, "functions", "tools")  # as the common steps would do [NORM-13]
    given = members.get("tools")
    entries = [given] if isinstance(given, dict) else given
    if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
        members["tools"] = [tool for entry in entries for tool in _entry(entry)]


def _entry(given: Members) -> list[Members]:
    """Function tools of an entry one by one; what else it holds stays one tool."""
    entry = snake(given)
    functions = entry.get("function_declarations")
    if not isinstance(functions, list) or not functions:
        return [entry]
    if not all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in functions):
        return [entry]
    rest = {k: v for k, v in entry.items() if k != "function_declarations"}
    return [_function(item) for item in functions] + ([derived(rest, given)] if rest else [])


def _function(given: Members) -> Members:
    function = {name: item for name, item in snake(given).items() if item is not None}
    rename(function, "parameters_json_schema", "parameters")
    return derived(function, given)


def _tool_choice(members: Members) -> None:
    """`tool_config.function_calling_config`; what else `tool_config` holds stays."""
    config = members.get("tool_config")
    if not isinstance(config, dict) or "tool_choice" in members:
        return
    members["tool_config"] = config = snake(config)
    calling = config.get("function_calling_config")
    if not isinstance(calling, dict):
        return
    members["tool_config"] = derived(
        {**config, "function_calling_config": _choice(calling)}, config
    )
    move_from(members, "tool_config", "function_calling_config", "tool_choice")


def _choice(calling: Members) -> Members:
    choice = dict(snake(calling))
    mode, names = choice.get("mode"), choice.get("allowed_function_names")
    if not isinstance(mode, str) or mode not in _MODES:
        return derived(choice, calling)
    choice["mode"] = derived(_MODES[mode], mode)
    if mode == "ANY" and "name" not in choice and isinstance(names, list) and len(names) == 1:
        del choice["allowed_function_names"]
        choice = {**choice, "mode": derived("tool", mode), "name": names[0]}
    return derived(choice, calling)


def _generation_config(members: Members) -> None:
    given = members.get("generation_config")
    if not isinstance(given, dict):
        return
    config = snake(given)
    if isinstance(config.get("thinking_config"), dict):
        config = {**config, "thinking_config": snake(config["thinking_config"])}
    members["generation_config"] = derived(config, given)
    move_from(members, "generation_config", "max_output_tokens", "max_tokens")
    move_from(members, "generation_config", "thinking_config", "thinking")
    _response_format(members)


def _response_format(members: Members) -> None:
    config = members.get("generation_config")
    if not isinstance(config, dict) or "response_format" in members:
        return
    wanted = {new: config[old] for old, new in _FORMAT if config.get(old) is not None}
    if not wanted:
        return
    members["response_format"] = derived(wanted, config)
    rest = {k: v for k, v in config.items() if v is None or k not in dict(_FORMAT)}
    if rest:
        members["generation_config"] = derived(rest, config)
    else:
        del members["generation_config"]


# --- contents ----------------------------------------------------------------------------------


def _message(given: JSON) -> JSON:
    if not isinstance(given, dict) or "content" in given:
        return given
    blocks = _parts(given.get("parts"))
    message = dict(given)
    role = given.get("role")
    if isinstance(role, str) and role in _ROLES:
        message["role"] = derived(_ROLES[role], role)
    if blocks is not None:
        del message["parts"]
        message["content"] = blocks
    return derived(message, given)


def _parts(parts: JSON) -> list[JSON] | None:
    """The parts as blocks: a list, or a single one; None if it is something else."""
    if isinstance(parts, dict):
        parts = [parts]
    return [_part(part) for part in parts] if isinstance(parts, list) else None


def _part(given: JSON) -> JSON:
    if not isinstance(given, dict) or "type" in given:
        return given
    part = dict(snake(given))
    for member, convert in _KINDS:
        if member in part:
            value = part.pop(member)
            block = convert(value, part)
            return derived({member: value, **part} if block is None else block, given)
    return derived(part, given)


def _text(value: JSON, rest: Members) -> Members | None:
    return {"type": "text", "text": value, **rest} if isinstance(value, str) else None


def _call(value: JSON, rest: Members) -> Members | None:
    members = _merged(value, rest)
    if members is None or "arguments" in members or not isinstance(members.get("name"), str):
        return None
    rename(members, "args", "arguments")
    return {"type": "tool_call", **members}


def _result(value: JSON, rest: Members) -> Members | None:
    members = _merged(value, rest)
    if members is None or "content" in members or not isinstance(members.get("name"), str):
        return None
    if isinstance(members.get("parts"), list):
        members["parts"] = _parts(members["parts"])
    if isinstance(members.get("response"), dict):
        members["content"] = _answer(members.pop("response"))
    return {"type": "tool_result", **members}


def _answer(response: Members) -> JSON:
    """The API takes `output` for the whole answer; any other object is the answer itself."""
    if response.keys() == {"output"} and isinstance(response["output"], str):
        return response["output"]
    return [derived({"type": "json", "json": response}, response)]


def _merged(value: JSON, rest: Members) -> Members | None:
    if not isinstance(value, dict):
        return None
    inner = snake(value)
    if "type" in inner or not inner.keys().isdisjoint(rest) or not _is_id(inner.get("id")):
        return None
    return {**inner, **rest}


def _is_id(value: JSON) -> bool:
    return value is None or isinstance(value, str)


def _inline_data(value: JSON, rest: Members) -> Members | None:
    if not isinstance(value, dict):
        return None
    inner = snake(value)
    mime_type = inner.get("mime_type")
    if not isinstance(mime_type, str) or not inner.keys().isdisjoint(rest):
        return None
    kind = mime_type.partition("/")[0]
    kind = kind if kind in ("image", "audio", "video") else "document"
    others = {k: v for k, v in inner.items() if k not in ("mime_type", "data")}
    return inline(derived(kind, mime_type), mime_type, inner.get("data"), {**others, **rest})


def _named(member: str) -> JSON:
    """Keep a part as it is, under snake_case names."""

    def convert(value: JSON, rest: Members) -> Members | None:
        return {member: snake(value), **rest} if isinstance(value, dict) else None

    return convert


_KINDS = (
    ("text", _text),
    ("function_call", _call),
    ("function_response", _result),
    ("inline_data", _inline_data),
    ("file_data", _named("file_data")),
    ("executable_code", _named("executable_code")),
    ("code_execution_result", _named("code_execution_result")),
    ("tool_call", _named("tool_call")),
    ("tool_response", _named("tool_response")),
)
