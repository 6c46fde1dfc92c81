"""The `jsonrpc` dialect: calls of MCP and A2A. [NORM-2] [NORM-19]"""

from __future__ import annotations

from . import generic
from .members import Members


def normalize(path: str, body: Members) -> Members:
    """The body without null members, in order. [NORM-19]"""
    return generic.normalize(path, body)
