"""A conversation in canonical messages: roles, content, calls and results. [NORM-5] [NORM-8]"""

from __future__ import annotations

from ..._base.model import JSON
from . import calls as _calls
from .content import block_of, blocks, clean_block, collapse, content, is_plain, text_block
from .ids import Log, bind
from .media import image_names
from .members import Members, present
from .trace import derived

SYSTEM_ROLES = ("system", "developer")

_SIMPLE_ROLES = ("user", "assistant", *SYSTEM_ROLES)

#: Lists of a message that say nothing if they are empty. [NORM-21]
_EMPTY_LISTS = ("tool_calls", "annotations")
#: A message with such a block has calls already, so its `function_call` stays. [NORM-8]
_CALLS = ("tool_call", "tool_use", "custom")


def conversation(messages: list[JSON]) -> list[JSON]:
    """Canonical messages; a message that holds tool results becomes several. [NORM-8]"""
    log: Log = []
    out: list[JSON] = []
    for message in messages:
        if not isinstance(message, dict) or _is_simple(message):
            out.append(message)
        else:
            own = derived(present(message), message)
            out += [derived(part, message) for part in _message(own, log)]
    bind(log)
    return out


def _is_simple(message: Members) -> bool:
    """Whether a message is canonical at first sight: role, then a string."""
    return (
        len(message) == 2
        and next(iter(message)) == "role"
        and isinstance(message.get("content"), str)
        and message["role"] in _SIMPLE_ROLES
    )


def _message(message: Members, log: Log) -> list[Members]:
    role = message.get("role")
    for name in _EMPTY_LISTS:
        if name in message and message[name] == []:
            del message[name]
    if role is None and "type" in message:  # an item of OpenAI Responses
        _calls.log_item(message, log)
        return [message]
    if "images" in message:
        message["images"] = image_names(message["images"])
    if role in ("tool", "function"):
        return [_in_message_order(part) for part in _tool_messages(message, log)]
    given = message.get("content")
    if isinstance(given, list):
        message["content"] = (
            blocks(given) if role in SYSTEM_ROLES else _blocks_with_calls(given, role, log)
        )
    if role == "assistant":
        _join_calls(message, log)
    if role == "user":
        return _split_results(message)
    if isinstance(message.get("content"), list):
        message["content"] = collapse(message["content"])
    return [_in_message_order(message)]


def _in_message_order(message: Members) -> Members:
    ordered: Members = {name: message[name] for name in ("role", "content") if name in message}
    ordered.update(message)
    return ordered


def _blocks_with_calls(items: list[JSON], role: JSON, log: Log) -> list[JSON]:
    out: list[JSON] = []
    for item in items:
        if not isinstance(item, dict) or is_plain(item):
            out.append(item)
            continue
        new = _block_or_call(clean_block(item), role, log)
        if new != {} or item == {}:
            out.append(new)
    return out


def _block_or_call(clean: Members, role: JSON, log: Log) -> Members:
    call = _calls.from_block(clean, log) or _calls.from_other(clean, role, log)
    return block_of(clean) if call is None else call


def _join_calls(message: Members, log: Log) -> None:
    """OpenAI's `tool_calls`, or the former `function_call`, go behind the content. [NORM-8]"""
    spoken = _spoken(message.get("content"))
    if spoken is None:
        return
    mine: Log = []
    if "tool_calls" in message:
        member = "tool_calls"
        calls = _entries(message[member], mine)
    elif "function_call" in message and not any(map(_is_call, spoken)):
        member = "function_call"
        calls = [_former_call(message[member], mine)]
    else:
        return
    if not calls or any(item is None for item in calls):
        return
    del message[member]
    message["content"] = spoken + calls
    log.extend(mine)


def _entries(entries: JSON, log: Log) -> list[JSON | None]:
    if not isinstance(entries, list):
        return []
    return [_custom_call(entry, log) or _calls.from_entry(entry, log) for entry in entries]


def _custom_call(entry: JSON, log: Log) -> Members | None:
    """OpenAI's call of a custom tool has text for arguments; it keeps its form."""
    if not isinstance(entry, dict) or entry.get("type") != "custom":
        return None
    return _calls.from_other(clean_block(entry), "assistant", log)


def _former_call(given: JSON, log: Log) -> Members | None:
    if not isinstance(given, dict) or "id" in given:
        return None
    return _calls.call(given, log)


def _is_call(item: JSON) -> bool:
    return isinstance(item, dict) and item.get("type") in _CALLS


def _spoken(given: JSON) -> list[JSON] | None:
    """What an assistant said, as blocks; None if it is something else."""
    said = collapse(given) if isinstance(given, list) else given
    if said is None or said == "":
        return []
    if isinstance(said, str):
        return [text_block(said)]
    return said if isinstance(said, list) else None


def _split_results(message: Members) -> list[Members]:
    """Each tool result of a user's turn is a message of role `tool`, in its place. [NORM-8]"""
    items = message.get("content")
    if not isinstance(items, list):
        return [_in_message_order(message)]
    if message.keys() != {"role", "content"} or not any(_calls.is_result(item) for item in items):
        message["content"] = collapse(items)
        return [_in_message_order(message)]
    out: list[Members] = []
    spoken: list[JSON] = []
    for item in items:
        if _calls.is_result(item):
            _flush(spoken, message["role"], out)
            out.append({"role": "tool", "content": [item]})
        else:
            spoken.append(item)
    _flush(spoken, message["role"], out)
    return out


def _flush(spoken: list[JSON], role: JSON, out: list[Members]) -> None:
    if spoken:
        out.append({"role": role, "content": collapse(list(spoken))})
        spoken.clear()


def _tool_messages(message: Members, log: Log) -> list[Members]:
    """A message of role `tool` holds one result; OpenAI's and Ollama's are one by themselves."""
    given = message.get("content")
    holds = message["role"] == "tool" and "tool_call_id" not in message
    if holds and isinstance(given, list):
        mine: Log = []
        items = _blocks_with_calls(given, message["role"], mine)
        if any(_calls.is_result(item) for item in items):
            log.extend(mine)
            return _held_results(message, items)
    wrapped = _wrapped(message, log)
    if wrapped is not None:
        return [wrapped]
    if isinstance(given, list):
        made = content(given)
        is_list = isinstance(made, list)
        message["content"] = [_calls.bound(item, log) for item in made] if is_list else made
    return [message]


def _held_results(message: Members, items: list[JSON]) -> list[Members]:
    if message.keys() == {"role", "content"} and all(_calls.is_result(item) for item in items):
        return [{"role": message["role"], "content": [item]} for item in items]
    return [{**message, "content": items}]


def _wrapped(message: Members, log: Log) -> Members | None:
    """A whole message as one result; None if its id or name has another type."""
    members = {_RESULT_NAMES.get(name, name): item for name, item in message.items()}
    if len(members) < len(message) or "id" in message:
        return None
    if "tool_call_id" in message and not isinstance(message["tool_call_id"], str):
        return None
    if message["role"] == "function" and not isinstance(message.get("name"), str):
        return None
    if not isinstance(members.get("name", ""), str):
        return None
    held: Members = {
        name: members.pop(name) for name in ("id", "name", "content") if name in members
    }
    block = _calls.result(held, log)
    if block is None:
        return None
    members.update(role=derived("tool", message["role"]), content=[block])
    return members


_RESULT_NAMES = {"tool_call_id": "id", "tool_name": "name"}
