"""promptecho: record LLM API calls once, replay them forever.

::

    with promptecho.use_cassette("cassettes/summarize.yaml"):
        client.messages.create(...)

The format is specified in ``spec/cassette-v2.md``; this package is its reference implementation.
Importing the package is cheap: the module of a public name is imported on first use. For pytest:
PYTEST_DONT_REWRITE, because no module of the package asserts what a test is about.
"""

from __future__ import annotations

from ._base.loaded_once import install
from ._version import __version__

install()
del install

TYPE_CHECKING = False  # type checkers take it for true; `typing` is slow to import
if TYPE_CHECKING:
    from typing import Any

    from ._api.block_network import block_network
    from ._api.fingerprint import fingerprint, normalize
    from ._api.llm_snapshot import llm_snapshot
    from ._api.use_cassette import Recorder, use_cassette
    from ._base.errors import CassetteError, OptionError
    from ._base.model import Failure, Interaction, RecordedRequest, RecordedResponse
    from ._base.warnings import (
        PromptechoDriftWarning,
        PromptechoFaultWarning,
        PromptechoInterceptionWarning,
        PromptechoJournalWarning,
        PromptechoOlderListsWarning,
        PromptechoOwnServerWarning,
        PromptechoQueryWarning,
        PromptechoRecordingWarning,
        PromptechoSecretWarning,
        PromptechoSnapshotWarning,
        PromptechoUnusedWarning,
        PromptechoVcrWarning,
        RecordedErrorResponse,
    )
    from ._intercept.network_block import NetworkBlocked
    from ._matching.differences import Difference
    from ._matching.normalize import register_dialect
    from ._session.cassette import Cassette
    from ._session.miss import CassetteMiss
    from ._session.modes import Mode
    from ._session.prefix_check import PrefixChanged
    from ._session.ticket import CassetteClosed
    from ._snapshots.scorers import EmbeddingScorer, JudgeScorer, StaticScorer
    from ._snapshots.snapshot import Snapshot
    from ._snapshots.values import SnapshotError

__all__ = [
    "Cassette",
    "CassetteClosed",
    "CassetteError",
    "CassetteMiss",
    "Difference",
    "EmbeddingScorer",
    "Failure",
    "Interaction",
    "JudgeScorer",
    "Mode",
    "NetworkBlocked",
    "OptionError",
    "PrefixChanged",
    "PromptechoDriftWarning",
    "PromptechoFaultWarning",
    "PromptechoInterceptionWarning",
    "PromptechoJournalWarning",
    "PromptechoOlderListsWarning",
    "PromptechoOwnServerWarning",
    "PromptechoQueryWarning",
    "PromptechoRecordingWarning",
    "PromptechoSecretWarning",
    "PromptechoSnapshotWarning",
    "PromptechoUnusedWarning",
    "PromptechoVcrWarning",
    "RecordedErrorResponse",
    "RecordedRequest",
    "RecordedResponse",
    "Recorder",
    "Snapshot",
    "SnapshotError",
    "StaticScorer",
    "__version__",
    "block_network",
    "fingerprint",
    "llm_snapshot",
    "normalize",
    "register_dialect",
    "use_cassette",
]

_HOMES = {
    "Cassette": "_session.cassette",
    "CassetteClosed": "_session.ticket",
    "CassetteError": "_base.errors",
    "CassetteMiss": "_session.miss",
    "Difference": "_matching.differences",
    "EmbeddingScorer": "_snapshots.scorers",
    "Failure": "_base.model",
    "Interaction": "_base.model",
    "JudgeScorer": "_snapshots.scorers",
    "Mode": "_session.modes",
    "NetworkBlocked": "_intercept.network_block",
    "OptionError": "_base.errors",
    "PrefixChanged": "_session.prefix_check",
    "PromptechoDriftWarning": "_base.warnings",
    "PromptechoFaultWarning": "_base.warnings",
    "PromptechoInterceptionWarning": "_base.warnings",
    "PromptechoJournalWarning": "_base.warnings",
    "PromptechoOlderListsWarning": "_base.warnings",
    "PromptechoOwnServerWarning": "_base.warnings",
    "PromptechoQueryWarning": "_base.warnings",
    "PromptechoRecordingWarning": "_base.warnings",
    "PromptechoSecretWarning": "_base.warnings",
    "PromptechoSnapshotWarning": "_base.warnings",
    "PromptechoUnusedWarning": "_base.warnings",
    "PromptechoVcrWarning": "_base.warnings",
    "RecordedErrorResponse": "_base.warnings",
    "RecordedRequest": "_base.model",
    "RecordedResponse": "_base.model",
    "Recorder": "_api.use_cassette",
    "Snapshot": "_snapshots.snapshot",
    "SnapshotError": "_snapshots.values",
    "StaticScorer": "_snapshots.scorers",
    "block_network": "_api.block_network",
    "fingerprint": "_api.fingerprint",
    "llm_snapshot": "_api.llm_snapshot",
    "normalize": "_api.fingerprint",
    "register_dialect": "_matching.normalize",
    "use_cassette": "_api.use_cassette",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted(globals().keys() | set(__all__))
