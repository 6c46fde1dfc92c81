"""Which dialect a request is in: its path and its shape decide, never its host. [NORM-2]

The rules of all dialects are here, so that a request loads the module of its own dialect only.
"""

from __future__ import annotations

from ..rpc_call import is_call
from .members import Members

GENERIC = "generic"

_GEMINI = (":generateContent", ":streamGenerateContent", ":countTokens")
_OF_RESPONSES = frozenset(("input", "instructions", "prompt", "previous_response_id"))


def dialect_of(path: str, body: Members) -> str:
    """The name of the built-in dialect of a request, which is that of its module."""
    return next((name for name, matches in _DIALECTS if matches(path, body)), GENERIC)


def _is_jsonrpc(path: str, body: Members) -> bool:
    return is_call(body)


def _is_gemini(path: str, body: Members) -> bool:
    if path.endswith(_GEMINI):
        return True
    # Elsewhere the path decides, so that the canonical body is of the same dialect.
    elsewhere = _is_converse(path, body) or _is_path_of_responses(path)
    return isinstance(body.get("contents"), list) and not elsewhere


def _is_converse(path: str, body: Members) -> bool:
    return path.endswith(("/converse", "/converse-stream"))


def _is_path_of_responses(path: str) -> bool:
    return path.endswith("/responses") or "/responses/" in path


def _is_responses(path: str, body: Members) -> bool:
    return _is_path_of_responses(path) and not _OF_RESPONSES.isdisjoint(body)


def _is_messages(path: str, body: Members) -> bool:
    return isinstance(body.get("messages"), list)


#: They are asked in this order.
_DIALECTS = (
    ("jsonrpc", _is_jsonrpc),
    ("gemini", _is_gemini),
    ("converse", _is_converse),
    ("responses", _is_responses),
    ("messages", _is_messages),
)
