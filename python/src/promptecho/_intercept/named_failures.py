"""Failures of clients with one class for each reason: httpx, httpx2, lm15. [FAIL-3] [FAIL-6]"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from .._base.vocabulary import CANCELLED
from .failures import os_error, raised_from, refined, text


class NamedFailures:
    """The exceptions of such a client, and the kinds of failure that they are.

    Args:
        module: the client.
        names: the names of its exceptions by their kinds, the usual kind of an exception first.
    """

    def __init__(self, module: Any, names: Mapping[str, str]) -> None:
        self._names = names
        self._classes = {
            kind: getattr(module, name.rpartition(".")[2], None)
            for kind, name in names.items()
            if kind != CANCELLED  # the exception of a task, not of the client
        }

    def made(self, kind: str) -> BaseException:
        """The exception that replays a kind; a call that nobody cancels again times out."""
        owned = self._classes["read-timeout" if kind == CANCELLED else kind]
        if owned is None:  # an exception of httpx that httpcore does not have
            client, _, name = self._names[kind].rpartition(".")
            owned = getattr(importlib.import_module(client), name)
        return raised_from(owned(text(kind)), os_error(kind))

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        """The kind of an exception, or None."""
        found = next((k for k, owned in self._classes.items() if type(error) is owned), None)
        if type(error) is self._classes["closed"] and _is_closed(str(error)):
            return "closed"
        return refined(found, error, until)


def _is_closed(message: str) -> bool:
    # httpcore raises RemoteProtocolError for a connection that was closed too early, and for one
    # whose bytes are not HTTP. Only the text differs; so do the texts of lm15.
    return "closed connection" in message or "disconnected" in message
