"""promptecho: record LLM API calls once, replay them for ever.

::

    with promptecho.use_cassette("cassettes/summarize.yaml"):
        client.messages.create(...)

The format is specified in ``spec/cassette-v2.md``; this package is its reference implementation.
"""

from __future__ import annotations

from ._cassette import Cassette
from ._errors import CassetteError
from ._fingerprint import fingerprint, normalize
from ._miss import CassetteMiss
from ._normalize import register_dialect
from ._modes import Mode
from ._use import Recorder, use_cassette
from ._version import __version__
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
