"""Whether headers are stored as a writer stores them. [HEAD-1] to [HEAD-5]"""

from __future__ import annotations

import time
from collections.abc import Iterator

from .._base.model import JSON, BinaryBody, BinaryStream, Empty, RecordedResponse, Steps
from .._base.vocabulary import REDACTED
from .._bodies import forms
from .._bodies.content_coding import undo
from .._bodies.dates import seconds
from .._bodies.headers import stored_value
from .._matching.rules import RecordingPolicy
from .finding import WARNING, Note


def header_notes(
    headers: dict[str, JSON],
    response: RecordedResponse,
    path: Steps,
    rules: RecordingPolicy,
    current: bool,
) -> Iterator[Note]:
    place = (*path, "headers")
    stored: dict[str, str] = {}
    for name, value in headers.items():
        values = value if isinstance(value, list) else [value]
        lower = name.lower()
        here = (*place, name)
        if any(_is_in_clear(lower, text, rules) for text in values):
            problem = f"the header {name} holds a secret in clear"
            remedy = f"Write {REDACTED} in place of the secret. Revoke the secret if it is real."
            yield Note(here, "finding.header", problem, remedy)
        if not current:
            continue
        if lower in stored:
            problem = f"the header {name} is stored twice, also as {stored[lower]}"
            yield Note(
                here,
                "finding.header",
                problem,
                "Write one header with a list of values.",
                at_name=True,
            )
        stored[lower] = name
        for problem, remedy in _header_problems(name, value, values, response, rules):
            yield Note(here, "finding.header", problem, remedy, WARNING, at_name=True)


def _header_problems(
    name: str, value: JSON, values: list[JSON], response: RecordedResponse, rules: RecordingPolicy
) -> Iterator[tuple[str, str]]:
    lower = name.lower()
    if lower != name:
        yield f"the header {name} is not in lower case", f"Write {lower}."
    if lower == "content-encoding":
        if _is_undone(response, values):
            problem = "content-encoding is stored, but the body is not encoded"
            yield problem, "Delete the header: clients would decode the body again."
    elif lower in rules.framing_headers:
        yield f"promptecho does not store the header {name}", "Delete the header."
    if isinstance(value, list) and len(value) < 2:
        yield f"the header {name} is a list of {len(value)}", "Write the value as a string."
    texts = [text for text in values if isinstance(text, str)]
    if any(text != text.strip(" \t") for text in texts):
        yield f"the header {name} has spaces around its value", "Delete the spaces."
    if lower in rules.headers.waits and any(seconds(text) is not None for text in texts):
        yield f"the header {name} is a date", "Write the seconds to wait instead."


def _is_in_clear(name: str, value: JSON, rules: RecordingPolicy) -> bool:
    """Whether a header holds a secret [HEAD-5], or what a writer leaves out beside it [HEAD-12]."""
    if not isinstance(value, str) or not value or name in rules.headers.waits:
        return False
    return stored_value(name, value, rules.headers, time.time()) != value


def _is_undone(response: RecordedResponse, values: list[JSON]) -> bool:
    # BODY-31: it is kept only where it could not be undone, and then the body is bytes.
    body = response.body
    if isinstance(body, Empty):
        return False
    if not isinstance(body, (BinaryBody, BinaryStream)):
        return True
    coding = ", ".join(value for value in values if isinstance(value, str))
    return undo(b"".join(forms.decode(body)), coding) is not None
