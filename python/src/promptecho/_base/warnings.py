"""The warnings of promptecho, and the exception that `on_record_error="raise"` raises."""

from __future__ import annotations

from .printable import printable
from .stop import Stop


class PromptechoRecordingWarning(UserWarning):
    """A recording is an error, a failure or not complete; see `on_record_error`."""

    __module__ = "promptecho"


class PromptechoQueryWarning(PromptechoRecordingWarning):
    """Two recorded calls differ in a query parameter that is not matched, and in their answers."""

    __module__ = "promptecho"


class PromptechoOlderListsWarning(PromptechoRecordingWarning):
    """A recording made with older lists of the specification was found by redacting it again."""

    __module__ = "promptecho"


class PromptechoJournalWarning(PromptechoRecordingWarning):
    """A journal lies beside a cassette that is only replayed; its recordings are not used."""

    __module__ = "promptecho"


class PromptechoDriftWarning(UserWarning):
    """A replayed request differs from its recording in fields that are not matched: `on_drift`."""

    __module__ = "promptecho"


class PromptechoFaultWarning(UserWarning):
    """A fault of the option `faults` did not happen, for example because its call was not made."""

    __module__ = "promptecho"


class PromptechoSecretWarning(UserWarning):
    """A call contains text that looks like a credential; the warning names the place only."""

    __module__ = "promptecho"


class PromptechoUnusedWarning(UserWarning):
    """A cassette was open and no request reached it: it recorded and replayed nothing."""

    __module__ = "promptecho"


class PromptechoOwnServerWarning(UserWarning):
    """A call to a server of this very process was answered from the cassette, or recorded."""

    __module__ = "promptecho"


class PromptechoSnapshotWarning(UserWarning):
    """An answer passes a snapshot by little: its score is close to the threshold."""

    __module__ = "promptecho"


class PromptechoVcrWarning(UserWarning):
    """An option of vcrpy has no effect; the warning says what to use in its place."""

    __module__ = "promptecho"


class PromptechoInterceptionWarning(UserWarning):
    """An HTTP library could not be patched; its calls are not recorded."""

    __module__ = "promptecho"


class RecordedErrorResponse(Stop):
    """A live call failed or returned an error, and was not recorded (`on_record_error="raise"`).

    It is a `BaseException`, so an SDK does not take it for a network failure and retry. Where
    pytest is loaded, it is a `pytest.fail.Exception` too.

    Attributes:
        cassette: path of the cassette file, which was not changed.
        method: the HTTP method of the request.
        url: the URL of the request, redacted.
        status: HTTP status, 400 or above; None if the call got no answer or not its end.
        body: the text of the response, redacted.
        failure: the kind of the failure, such as ``connect``; None if there is a status.
    """

    __module__ = "promptecho"

    def __init__(
        self,
        cassette: str,
        method: str,
        url: str,
        status: int | None,
        body: str,
        failure: str | None = None,
    ) -> None:
        self.cassette = cassette
        self.method = method
        self.url = url
        self.status = status
        self.body = body
        self.failure = failure
        BaseException.__init__(self, cassette, method, url, status, body, failure)

    def __str__(self) -> str:
        shown = self.body if len(self.body) <= 300 else self.body[:297] + "..."
        what, such = f"returned status {self.status}: {shown}", "error responses"
        if self.failure is not None:
            what, such = f"failed ({self.failure})", "failed calls"
        head = f"{self.cassette}: {self.method} {self.url} {what}"
        return (
            f"{printable(head)}\n"
            "It was not recorded. Fix the request and record again, or pass "
            f"on_record_error='warn' to record {such}."
        )
