"""Whether bodies are what was recorded, in the form that a writer gives them.

[BODY-5] [BODY-7] [BODY-14] [SSE-3]
"""

from __future__ import annotations

from collections.abc import Iterator

from .._base.model import (
    BinaryStream,
    Body,
    EventStream,
    FrameStream,
    RecordedResponse,
    Steps,
)
from .._bodies import forms
from .._bodies.checksum import digits
from .finding import WARNING, Note


def layout_note(path: Steps) -> Note:
    problem = "a smaller layout gives the same bytes"
    place = (*path, "response", "layout")
    return Note(place, "finding.layout", problem, "Run `promptecho fmt` on the file.", WARNING)


def body_notes(
    response: RecordedResponse, data: bytes, path: Steps, redacted: tuple[str, ...]
) -> Iterator[Note]:
    """What is wrong with a body; `data` is its bytes."""
    yield from _checksum_notes(response.checksum, data, path)
    if data:
        yield from _framing_notes(response, data, path, redacted)


def _checksum_notes(stored: str | None, data: bytes, path: Steps) -> Iterator[Note]:
    right = digits(data)
    if stored is not None and stored != right:
        yield Note(
            (*path, "checksum"),
            "finding.checksum",
            "the body is not the one that was recorded: it was edited, or merged from two",
            "Restore the body, or record the call again. If you edited it on purpose, write "
            f'checksum: "{right}".',
            WARNING,
        )


def _framing_notes(
    response: RecordedResponse, data: bytes, path: Steps, redacted: tuple[str, ...]
) -> Iterator[Note]:
    body = response.body
    content_type = dict(response.headers).get("content-type", ())
    declared = forms.declared_stream(content_type[-1] if content_type else "", data)
    right = body
    if isinstance(body, EventStream):
        right = forms.encode(forms.MEDIA_TYPES[body.framing], data)
    if right != body:
        yield Note(
            (*path, "events"),
            "finding.framing",
            "joined and split again, these events become other events",
            "Write one item for each event, without the line ends behind it.",
        )
    elif declared is not None and _kind(declared) != _kind(body) and not _swept(redacted):
        yield Note(
            (*path, "streaming"),
            "finding.framing",
            f"content-type declares a stream. It is stored as {_kind(body)}, but must be "
            f"{_kind(declared)}",
            "Record the call again, or correct content-type.",
        )


def _swept(redacted: tuple[str, ...]) -> bool:
    """Whether something was taken out of the body, after its form was chosen [BODY-8]."""
    return any(place.startswith(("response.body", "response.events")) for place in redacted)


def _kind(body: Body) -> str:
    if isinstance(body, (EventStream, FrameStream)):
        return f"framing {body.framing}"
    return "binary events" if isinstance(body, BinaryStream) else "a body"
