"""What a call of JSON-RPC is. [RPC-1]"""

from __future__ import annotations

from collections.abc import Mapping

from .._base.model import JSON


def is_call(value: JSON) -> bool:
    """Whether a value is a JSON-RPC call [RPC-1]."""
    return (
        isinstance(value, Mapping)
        and value.get("jsonrpc") == "2.0"
        and isinstance(value.get("method"), str)
    )
