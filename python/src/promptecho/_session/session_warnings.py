"""The warnings of one session: their texts, and what happens when a filter makes one an error."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from types import FrameType
from typing import TYPE_CHECKING, Callable

from .._base.model import Interaction, RecordedRequest
from .._base.printable import printable
from .._base.warnings import (
    PromptechoDriftWarning,
    PromptechoFaultWarning,
    PromptechoInterceptionWarning,
    PromptechoJournalWarning,
    PromptechoOlderListsWarning,
    PromptechoOwnServerWarning,
    PromptechoQueryWarning,
    PromptechoRecordingWarning,
    PromptechoSecretWarning,
    PromptechoUnusedWarning,
)
from .look_alikes import distinct

if TYPE_CHECKING:
    from .._foreign.calls import Lost
    from .faults import Unhappened
    from .secret_parameters import Parameter
    from .session import Replay

#: Modules of libraries that reach the network and cannot be recorded.
_NOT_INTERCEPTED = (
    "grpc",
    "pycurl",
    "curl_cffi",
    "websockets",
    "websocket",
    "niquests",
    "tornado.httpclient",
)
#: Files whose frames are not the caller's: this package, and the context managers it uses.
_OURS = (os.path.dirname(os.path.dirname(os.path.abspath(__file__))), str(contextlib.__file__))


class SessionWarnings:
    """Warns about one cassette.

    Attributes:
        held: warnings that the user's filters turned into errors. They are raised when the block
            ends: inside it, an SDK would take one for a network failure and retry.
        report: is called with each of them; in a child process it tells the parent.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.held: list[Warning] = []
        self.report: Callable[[BaseException], None] | None = None
        self._told_of_older_lists = False

    def not_intercepted(self, library: str, error: Exception) -> None:
        """A library could not be patched."""
        self._warn(
            PromptechoInterceptionWarning,
            f"{self._path}: Could not patch {library} ({type(error).__name__}: {error}). Its calls "
            "go to the real network and are not recorded. Install a version that SUPPORT.md lists.",
        )

    def secret(self, what: str, *, redacted: bool) -> None:
        """A request or response contains text that looks like a credential."""
        done = (
            "It was redacted. If it is not a secret, pass on_secret='warn' to keep it."
            if redacted
            else "It is stored in the cassette. If it is a secret, pass on_secret='redact' and "
            "record again (PROMPTECHO_MODE=all)."
        )
        self._warn(PromptechoSecretWarning, f"{self._path}: {what}. {done}")

    def replaced_by_name(self, request: RecordedRequest, places: tuple[str, ...]) -> None:
        """Values of an answer were replaced for the names of their members [RED-11]."""
        shown = ", ".join(places[:8])
        self._warn(
            PromptechoSecretWarning,
            f"{self._path}: the answer to {request.method} {request.url} has members that are "
            f"named like secrets, at {shown}. Their values were redacted, so your code gets "
            "REDACTED on replay. If a member is no secret, pass its name in keep_members.",
        )

    def secret_decides(self, parameter: Parameter) -> None:
        """Two calls that differ in a secret value only got different answers [URL-10] [RED-28]."""
        name, option = parameter
        in_query = option == "keep_query"
        what = "query parameter" if in_query else "member"
        self._warn(
            PromptechoQueryWarning if in_query else PromptechoSecretWarning,
            f"{self._path}: two calls differ only in the {what} {name}, and got different "
            f"answers. Its value is redacted and not matched, so one of the answers will be "
            f"replayed for both. If the value is no secret, pass {option}=[{name!r}]",
        )

    def error_recorded(self, request: RecordedRequest, status: int) -> None:
        """An error response was recorded."""
        self._warn(
            PromptechoRecordingWarning,
            f"{self._path}: recorded an error response: {request.method} {request.url} returned "
            f"status {status}. If you want to keep it, pass on_record_error='record'. Otherwise "
            "fix the request and record again (PROMPTECHO_MODE=all).",
        )

    def failure_recorded(self, request: RecordedRequest, kind: str) -> None:
        """A call that failed was recorded [FAIL-8]."""
        self._warn(
            PromptechoRecordingWarning,
            f"{self._path}: recorded a failed call: {request.method} {request.url} failed "
            f"({kind}). On replay it fails in the same way. If you want to keep it, pass "
            "on_record_error='record'. Otherwise fix the cause and record again "
            "(PROMPTECHO_MODE=all).",
        )

    def only_failures(self, first: Interaction) -> None:
        """No call of the session got an answer, so nothing was saved [FAIL-9]."""
        request, failure = first.request, first.failure
        kind = failure.kind if failure is not None else ""
        self._warn(
            PromptechoRecordingWarning,
            f"{self._path}: nothing was saved, because no call got an answer: {request.method} "
            f"{request.url} failed ({kind}). Check the network and the address, and record again.",
        )

    def unread(self, request: RecordedRequest) -> None:
        """A response was not read before the end of the block [FAIL-11]."""
        self._warn(
            PromptechoRecordingWarning,
            f"{self._path}: the block ended before the response to {request.method} {request.url} "
            "was read, so the recording ends there, and on replay the client gets an error. Read "
            "the response, or close it, inside the block, and record again (PROMPTECHO_MODE=all).",
        )

    def read_past(self, replay: Replay) -> None:
        """A client read past the end of a truncated recording [FAIL-12]."""
        request = replay.interaction.request
        self._warn(
            PromptechoRecordingWarning,
            f"{self._path}: the client read past the end of the recorded response to "
            f"{request.method} {request.url} and got an error. While it was recorded, the client "
            "stopped reading there, the block ended, or the connection broke. To read further, "
            "read the whole response inside the block and record again (PROMPTECHO_MODE=all).",
        )

    def drift(self, replay: Replay) -> None:
        """A request was answered, but differs from its recording outside the matched fields."""
        request = replay.interaction.request
        places = ", ".join(distinct(difference.path for difference in replay.drift[:8]))
        self._warn(
            PromptechoDriftWarning,
            f"{self._path}: replayed {request.method} {request.url}, but the request differs from "
            f"its recording at {places}, which match_on does not include. If the change is "
            "intended, record again (PROMPTECHO_MODE=all) or pass on_drift='ignore'.",
        )

    def waited(self, replay: Replay) -> None:
        """An event was handed out, or left out, because a request it waits for did not come."""
        request = replay.interaction.request
        self._warn(
            PromptechoDriftWarning,
            f"{self._path}: {request.method} {request.url} is a stream with an event that came "
            "after a later request. That request did not come, so the event was replayed without "
            "it, or left out if it answers this request. If your code makes fewer requests now, "
            "record again (PROMPTECHO_MODE=all) or pass on_drift='ignore'.",
        )

    def older_lists(self) -> None:
        """A recording was found by the present lists only; said once in a session [SEL-7]."""
        if self._told_of_older_lists:
            return
        self._told_of_older_lists = True
        self._warn(
            PromptechoOlderListsWarning,
            f"{self._path}: replayed a recording that was made with older lists of secrets and "
            "volatile names. It was found by redacting its request again. To update the file, "
            "record again (PROMPTECHO_MODE=all).",
        )

    def of_children(self, count: int) -> None:
        """Child processes have recorded: the order of their calls is not known [MODE-6]."""
        self._warn(
            PromptechoRecordingWarning,
            f"{self._path}: {count} of the new recordings were made in child processes. They are "
            "in the file behind the others, one process after another. If several processes made "
            "the same request, its answers may be replayed in another order than they came.",
        )

    def journal_left(self, journal: str) -> None:
        """A journal lies beside the cassette, and this session does not record [STORE-12]."""
        self._warn(
            PromptechoJournalWarning,
            f"{self._path}: {journal} is the journal of a session that did not end, or somebody "
            "put it there. Its recordings are not replayed in mode 'none'. To add them to the "
            "cassette, run once in a mode that records. Otherwise delete the file.",
        )

    def fault_left(self, left: Unhappened) -> None:
        """A fault has not happened."""
        self._warn(
            PromptechoFaultWarning,
            f"{self._path}: fault {left.number} did not happen ({left.fault}): {left.why}. Check "
            "which calls the code makes, or remove the fault from faults.",
        )

    def not_read(self, calls: tuple[tuple[int, Lost], ...]) -> None:
        """Calls of another tool's file are not replayed."""
        from .._foreign.calls import REASONS

        shown = "; ".join(
            f"call {n} ({each.label}): {REASONS[each.reason]}" for n, each in calls[:4]
        )
        what = f"{len(calls)} calls of this file of another tool are"
        if len(calls) == 1:
            what = "1 call of this file of another tool is"
        self._warn(
            PromptechoRecordingWarning,
            f"{self._path}: {what} not replayed. {shown}. `promptecho import` names each.",
        )

    def own_server(self, host: str) -> None:
        """A call to a server of this process was replayed, or recorded beside calls to others."""
        name = host.rpartition(":")[0]
        self._warn(
            PromptechoOwnServerWarning,
            f"{self._path}: this test calls its own server; name it in passthrough. The server at "
            f"{host} runs in this process, but its answers are in the cassette, so a replay does "
            f"not call it. Pass passthrough=[{name!r}] and record again (PROMPTECHO_MODE=all).",
        )

    def no_request(self) -> None:
        """The cassette was closed and had seen no request."""
        unseen = ", ".join(each for each in _NOT_INTERCEPTED if each in sys.modules)
        loaded = f" (loaded here: {unseen})" if unseen else ""
        self._warn(
            PromptechoUnusedWarning,
            f"{self._path}: No request reached this cassette. If your code made one, it used a "
            f"library promptecho cannot record{loaded} or a host in `passthrough`.",
        )

    def _warn(self, category: type[Warning], text: str) -> None:
        try:
            warnings.warn(printable(text), category, stacklevel=_caller_level())
        except category as warning:
            self.held.append(warning)
            if self.report is not None:
                self.report(warning)


def _caller_level() -> int:
    """The `stacklevel` of the first frame outside promptecho and installed libraries."""
    level = 2
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_OURS) and "site-packages" not in name:
            return level
        level, frame = level + 1, frame.f_back
    return 2
