"""The `jsonrpc` dialect: calls of MCP and A2A. [NORM-2] [NORM-19]"""

from __future__ import annotations

from collections.abc import Mapping

from ..._base.model import JSON
from . import generic
from .members import Members

NAME = "jsonrpc"


def is_call(value: JSON) -> bool:
    """Whether a value is a JSON-RPC call [RPC-1]."""
    return (
        isinstance(value, Mapping)
        and value.get("jsonrpc") == "2.0"
        and isinstance(value.get("method"), str)
    )


def matches(path: str, body: Members) -> bool:
    """Whether a request is in this dialect."""
    return is_call(body)


def normalize(path: str, body: Members) -> Members:
    """The body without null members, in order. [NORM-19]"""
    return generic.normalize(path, body)
