"""What promptecho warns of, and the error that a warning can be made into."""

from __future__ import annotations


class PromptechoRecordingWarning(UserWarning):
    """An error answer (status 400 and above) was recorded; see `on_record_error`."""

    __module__ = "promptecho"


class PromptechoDriftWarning(UserWarning):
    """A request was answered though it differs from its recording outside the key: `on_drift`."""

    __module__ = "promptecho"


class PromptechoSecretWarning(UserWarning):
    """Something that looks like a credential stood in a body; names the place, never the value."""

    __module__ = "promptecho"


class PromptechoUnusedWarning(UserWarning):
    """A cassette was open and saw no request: nothing was recorded, and nothing was replayed."""

    __module__ = "promptecho"


class PromptechoInterceptionWarning(UserWarning):
    """An HTTP library has a version that is not known here; its calls are not seen."""

    __module__ = "promptecho"


class RecordedErrorResponse(BaseException):
    """An error answer came while recording with `on_record_error="raise"`; it was not recorded.

    A `BaseException`, so that an SDK does not take it for a network failure and call again.

    Attributes:
        cassette: path of the cassette file, which was left as it was.
        method, url: of the request; the URL is redacted.
        status: HTTP status, 400 or above.
        body: the answer's text, redacted.
    """

    __module__ = "promptecho"

    def __init__(self, cassette: str, method: str, url: str, status: int, body: str) -> None:
        self.cassette = cassette
        self.method = method
        self.url = url
        self.status = status
        self.body = body
        super().__init__(cassette, method, url, status, body)

    def __str__(self) -> str:
        shown = self.body if len(self.body) <= 300 else self.body[:297] + "..."
        return (
            f"{self.cassette}: {self.method} {self.url} was answered {self.status}: {shown}\n"
            "Nothing was recorded. Mend the request and record again, or record error answers "
            "with on_record_error='warn'."
        )
