"""Whether headers are stored as a writer stores them. [HEAD-1] to [HEAD-5]"""

from __future__ import annotations

from collections.abc import Iterator

from .._base.model import JSON, BinaryBody, BinaryStream, Empty, RecordedResponse, Steps
from .._base.vocabulary import REDACTED
from .._bodies import forms
from .._bodies.content_coding import undo
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
        if lower in rules.headers.redacted and any(v not in ("", REDACTED) for v in values):
            problem = f"the header {name} stands in clear"
            remedy = f"Write {REDACTED} for its value, and revoke it if it is real."
            yield Note(here, "finding.header", problem, remedy)
        if not current:
            continue
        if lower in stored:
            problem = f"the header {name} is there as {stored[lower]} too"
            yield Note(here, "finding.header", problem, "Write one list of values.", at_name=True)
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
            problem = "content-encoding stands here, but the body is not encoded"
            yield problem, "Take the header out: clients would decode the body again."
    elif lower in rules.headers.dropped:
        yield f"the header {name} is one that is not stored", "Take it out."
    if isinstance(value, list) and len(value) < 2:
        yield f"the header {name} is a list of {len(value)}", "Write a string."
    texts = [text for text in values if isinstance(text, str)]
    if any(text != text.strip(" \t") for text in texts):
        yield f"the header {name} is not trimmed", "Trim its value."


def _is_undone(response: RecordedResponse, values: list[JSON]) -> bool:
    # BODY-2: it is kept only where it could not be undone, and then the body is bytes.
    body = response.body
    if isinstance(body, Empty):
        return False
    if not isinstance(body, (BinaryBody, BinaryStream)):
        return True
    coding = ", ".join(value for value in values if isinstance(value, str))
    return undo(b"".join(forms.decode(body)), coding) is not None
