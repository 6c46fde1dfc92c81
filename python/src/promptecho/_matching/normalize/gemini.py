"""The `gemini` dialect: Gemini API, Vertex, proxies of them. [NORM-2] [NORM-16]"""

from __future__ import annotations

from ..._base.model import JSON
from . import chat_paths
from .gemini_names import snake
from .media import inline
from .members import Members, clean, disjoint, present, rename
from .messages import finish
from .schema_types import lower_types_at
from .trace import derived

NAME = "gemini"

_ROLES = {"model": "assistant"}
_MODES = {"AUTO": "auto", "ANY": "any", "NONE": "none"}
_CONFIGS = {
    "tool_config": ("function_calling_config", "retrieval_config"),
    "generation_config": ("thinking_config", "speech_config", "image_config"),
}


def normalize(path: str, body: Members) -> Members:
    """The canonical body of a Gemini request."""
    members = clean(snake(present(body)))  # a null under a snake name makes room for the other
    _system(members)
    _messages(members)
    _tools(members)
    _configs(members)
    made = finish(members)
    # A member under both names: a step took the one away, so the other can be renamed now.
    return made if snake(made) is made else normalize(path, made)


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
    entry = _snake_tool(given)
    functions = _declarations(entry)
    if not functions or not all(map(_is_declaration, functions)):
        return [entry] if entry or not given else []  # one that nulls and hints empty is dropped
    rest = {k: v for k, v in entry.items() if k != "function_declarations"}
    return [_function(item) for item in functions] + ([derived(rest, given)] if rest else [])


def _snake_tool(given: Members) -> Members:
    """A tool under snake names, and so its `function`, whose members become those of the tool."""
    tool = snake(clean(given))
    function = tool.get("function")
    return {**tool, "function": snake(function)} if isinstance(function, dict) else tool


def _declarations(entry: Members) -> list[JSON]:
    functions = entry.get("function_declarations")
    return functions if isinstance(functions, list) else []


def _is_declaration(item: JSON) -> bool:
    """Whether it is a function: one that holds declarations would be taken apart the next time."""
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        return False
    return not _declarations(snake(item))


def _function(given: Members) -> Members:
    function = dict(_snake_tool(given))
    rename(function, "parameters_json_schema", "parameters")
    return derived(lower_types_at(function, "parameters", "response"), given)


def _configs(members: Members) -> None:
    """Move what `tool_config` and `generation_config` hold to its place. [NORM-13]"""
    _snake_configs(members)
    given_choice = "tool_choice" in members
    given_format = "response_format" in members
    chat_paths.move(members, NAME, keep=("response_format",) if given_format else ())
    _snake_configs(members)  # of a member under both names, the one that was moved made room
    if not given_choice and isinstance(members.get("tool_choice"), dict):
        members["tool_choice"] = _choice(members["tool_choice"])
    if not given_format and "response_format" in members:
        wanted = members["response_format"]
        members["response_format"] = derived(lower_types_at(wanted, "schema"), wanted)


def _snake_configs(members: Members) -> None:
    """Put these objects, and some objects that they hold, under snake names."""
    for name, inside in _CONFIGS.items():
        given = members.get(name)
        if isinstance(given, dict):
            config = snake(given)
            found = {k: snake(config[k]) for k in inside if isinstance(config.get(k), dict)}
            members[name] = derived({**config, **found}, given)


def _choice(calling: Members) -> Members:
    choice = dict(calling)
    mode, names = choice.get("mode"), choice.get("allowed_function_names")
    if not isinstance(mode, str) or mode not in _MODES:
        return calling
    choice["mode"] = derived(_MODES[mode], mode)
    if mode == "ANY" and "name" not in choice and isinstance(names, list) and len(names) == 1:
        del choice["allowed_function_names"]
        choice = {**choice, "mode": derived("tool", mode), "name": names[0]}
    return derived(choice, calling)


# --- contents ----------------------------------------------------------------------------------


def _message(given: JSON) -> JSON:
    if not isinstance(given, dict):
        return given
    message = present(given)
    if "content" in message:
        return derived(message, given)
    blocks = _parts(message.get("parts"))
    role = message.get("role")
    if isinstance(role, str) and role in _ROLES:
        message["role"] = derived(_ROLES[role], role)
    if "parts" in message:
        message.setdefault("role", "user")
    if blocks is not None:
        del message["parts"]
        message["content"] = blocks
    return derived(message, given)


def _parts(parts: JSON) -> list[JSON] | None:
    """The parts as blocks: a list, or a single one; None if it is something else."""
    if isinstance(parts, dict):
        parts = [parts]
    if not isinstance(parts, list):
        return None
    blocks = ((part, _part(part)) for part in parts)
    return [new for part, new in blocks if new != {} or part == {}]


def _part(given: JSON) -> JSON:
    if not isinstance(given, dict) or given.get("type") is not None:
        return given
    part = present(snake(clean(given)))
    for member, convert in _KINDS:
        if member in part:
            value = part.pop(member)
            block = convert(value, part)
            if block is None:
                block = {member: snake(value) if isinstance(value, dict) else value, **part}
            return derived(block, given)
    return derived(part, given)


def _text(value: JSON, rest: Members) -> Members | None:
    return {"type": "text", "text": value, **rest} if isinstance(value, str) else None


def _call(value: JSON, rest: Members) -> Members | None:
    call = _held(value, rest, "arguments")
    if call is None:
        return None
    rename(call, "args", "arguments")
    return {"type": "tool_call", **call, **rest}


def _result(value: JSON, rest: Members) -> Members | None:
    result = _held(value, rest, "content")
    if result is None:
        return None
    if isinstance(result.get("parts"), list):
        result["parts"] = _parts(result["parts"])
    if isinstance(result.get("response"), dict):
        result["content"] = _answer(result.pop("response"))
    return {"type": "tool_result", **result, **rest}


def _answer(response: Members) -> JSON:
    """The API takes `output` for the whole answer; any other object is the answer itself."""
    if response.keys() == {"output"} and isinstance(response["output"], str):
        return response["output"]
    return [derived({"type": "json", "json": response}, response)]


def _held(value: JSON, rest: Members, made: str) -> Members | None:
    """A call or a result that a part holds; None if a member would stand twice, or a type is off.

    Args:
        value: what the part holds.
        rest: the other members of the part.
        made: the member of the block that another one becomes.
    """
    if not isinstance(value, dict):
        return None
    inner = dict(snake(value))
    if not disjoint(inner, ("type", made, *rest)) or not disjoint(rest, ("id", made)):
        return None
    return inner if isinstance(inner.get("name"), str) and _is_id(inner.get("id")) else None


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
