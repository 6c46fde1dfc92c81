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

    from ._cassette import Cassette
    from ._errors import CassetteError
    from ._fingerprint import fingerprint, normalize
    from ._miss import CassetteMiss
    from ._modes import Mode
    from ._normalize import register_dialect
    from ._use import Recorder, use_cassette
    from ._warnings import (
        PromptechoDriftWarning,
        PromptechoRecordingWarning,
        PromptechoSecretWarning,
        RecordedErrorResponse,
    )

__all__ = [
    "Cassette",
    "CassetteError",
    "CassetteMiss",
    "Mode",
    "PromptechoDriftWarning",
    "PromptechoRecordingWarning",
    "PromptechoSecretWarning",
    "RecordedErrorResponse",
    "Recorder",
    "__version__",
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
    "PromptechoDriftWarning": "_warnings",
    "PromptechoRecordingWarning": "_warnings",
    "PromptechoSecretWarning": "_warnings",
    "RecordedErrorResponse": "_warnings",
    "Recorder": "_use",
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
