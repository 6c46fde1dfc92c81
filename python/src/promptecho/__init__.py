"""promptecho: record LLM API calls once, replay them for ever.

::

    with promptecho.use_cassette("cassettes/summarize.yaml"):
        client.messages.create(...)

The format is specified in ``spec/cassette-v2.md``; this package is its reference implementation.
Importing it imports next to nothing: each public name brings its module when it is first used.
"""

from __future__ import annotations

from ._version import __version__

TYPE_CHECKING = False  # as type checkers know it; `typing` costs more than all of this package
if TYPE_CHECKING:
    from typing import Any

    from ._block import NetworkBlocked
    from ._cassette import Cassette
    from ._errors import CassetteError
    from ._fingerprint import fingerprint, normalize
    from ._miss import CassetteMiss
    from ._modes import Mode
    from ._network import block_network
    from ._normalize import register_dialect
    from ._use import Recorder, use_cassette
    from ._warnings import (
        PromptechoDriftWarning,
        PromptechoInterceptionWarning,
        PromptechoRecordingWarning,
        PromptechoSecretWarning,
        PromptechoUnusedWarning,
        RecordedErrorResponse,
    )

__all__ = [
    "Cassette",
    "CassetteError",
    "CassetteMiss",
    "Mode",
    "NetworkBlocked",
    "PromptechoDriftWarning",
    "PromptechoInterceptionWarning",
    "PromptechoRecordingWarning",
    "PromptechoSecretWarning",
    "PromptechoUnusedWarning",
    "RecordedErrorResponse",
    "Recorder",
    "__version__",
    "block_network",
    "fingerprint",
    "normalize",
    "register_dialect",
    "use_cassette",
]

_HOMES = {
    "Cassette": "_cassette",
    "CassetteError": "_errors",
    "CassetteMiss": "_miss",
    "Mode": "_modes",
    "NetworkBlocked": "_block",
    "PromptechoDriftWarning": "_warnings",
    "PromptechoInterceptionWarning": "_warnings",
    "PromptechoRecordingWarning": "_warnings",
    "PromptechoSecretWarning": "_warnings",
    "PromptechoUnusedWarning": "_warnings",
    "RecordedErrorResponse": "_warnings",
    "Recorder": "_use",
    "block_network": "_network",
    "fingerprint": "_fingerprint",
    "normalize": "_fingerprint",
    "register_dialect": "_normalize",
    "use_cassette": "_use",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted(globals().keys() | set(__all__))
