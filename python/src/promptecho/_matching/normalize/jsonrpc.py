"""The `jsonrpc` dialect: calls of MCP and A2A. [NORM-2] [NORM-19]"""

from __future__ import annotations

from ..rpc_call import is_call
from . import generic
from .members import Members

NAME = "jsonrpc"


def matches(path: str, body: Members) -> bool:
    """Whether a request is in this dialect."""
    return is_call(body)


def normalize(path: str, body: Members) -> Members:
    """The body without null members, in order. [NORM-19]"""
    return generic.normalize(path, body)
