"""promptecho: record LLM API calls once, replay them for ever.

::

    with promptecho.use_cassette("cassettes/summarize.yaml"):
        client.messages.create(...)

The format is specified in ``spec/cassette-v2.md``; this package is its reference implementation.
Importing it is light: what only an open cassette needs is imported when one is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._errors import CassetteError
from ._modes import Mode
from ._use import Recorder, use_cassette
from ._version import __version__
from ._warnings import (
    PromptechoDriftWarning,
    PromptechoInterceptionWarning,
    PromptechoRecordingWarning,
    PromptechoSecretWarning,
    PromptechoUnusedWarning,
    RecordedErrorResponse,
)

if TYPE_CHECKING:
    from ._block import NetworkBlocked
    from ._cassette import Cassette
    from ._fingerprint import fingerprint, normalize
    from ._miss import CassetteMiss
    from ._network import block_network
    from ._normalize import register_dialect

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

_LATER = {
    "Cassette": "_cassette",
    "CassetteMiss": "_miss",
    "NetworkBlocked": "_block",
    "block_network": "_network",
    "fingerprint": "_fingerprint",
    "normalize": "_fingerprint",
    "register_dialect": "_normalize",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_LATER[name]}", __name__), name)
