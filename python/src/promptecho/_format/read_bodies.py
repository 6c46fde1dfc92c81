"""The body of a response in a file: from its members to one of the stored forms. [FILE-13] [BODY-1]

`writer.body_tree` is the inverse.
"""

from __future__ import annotations

import base64
import binascii

from .._base.model import (
    AWS,
    NDJSON,
    SSE_CRLF,
    SSE_LF,
    BinaryBody,
    BinaryStream,
    Body,
    Empty,
    EventStream,
    Frame,
    FrameStream,
    JsonBody,
    Layout,
    TextBody,
)
from .._bodies import forms
from .cursor import Cursor, Invalid, Problem
from .patterns import KEY
from .strict import note_names

_FRAMINGS = (SSE_LF, SSE_CRLF, NDJSON)
_WHITESPACES = ("compact", "spaced", "indented")
_LAYOUT = frozenset(Layout._fields) - {"extras"}
_FRAME = frozenset(("headers", "payload"))
_NO_FRAME = Frame((), "")  # in place of an invalid one


def body(at: Cursor) -> Body:
    """What the members of a response say of its body."""
    streaming = at.flag("streaming", required=True)
    binary = at.flag("binary")
    _refuse_other_forms(at, streaming=streaming, binary=binary)
    if streaming:
        stream = _stream(at, binary=binary)
        return stream if at.value["events"] or at.value.get("tail") else Empty()  # BODY-3
    if at.value.get("body", "") == "":
        return Empty()
    inner = at.member("body")
    if binary:
        return BinaryBody(_bytes(inner))
    if isinstance(inner.value, str):
        return TextBody(inner.value)
    if isinstance(inner.value, (dict, list)):
        note_names(inner)
        return JsonBody(inner.value, at.recover(Layout(), _layout))
    if at.notes.legacy:
        return Empty()  # V20-5
    inner.fail("cassette.type", "body must be a mapping, a list or a string")


def _refuse_other_forms(at: Cursor, *, streaming: bool, binary: bool) -> None:
    """Refuse members that do not belong to the body's form [BODY-1]."""
    allowed = {"events"} if streaming else {"body"}
    if streaming and not binary and not at.notes.legacy:
        allowed |= {"framing", "tail"}
    if isinstance(at.value.get("body"), (dict, list)) and not binary and not at.notes.legacy:
        allowed.add("layout")
    wrong = [
        _other_form(
            at.child(name), f"{name} belongs to another form of body than streaming and binary say"
        )
        for name in ("body", "events", "framing", "tail", "layout")
        if at.has(name) and name not in allowed
    ]
    if streaming and not at.has("events"):
        wrong.append(_other_form(at, "streaming is true, but the member events is missing"))
    if binary and not streaming and not at.has("body"):
        wrong.append(_other_form(at, "binary is true, but the member body is missing"))
    if wrong:
        raise Invalid(*wrong)
    if at.notes.legacy and at.notes.strict and streaming and at.has("binary"):
        at.child("binary").note(
            "cassette.body-form", "binary belongs to another form of body than streaming says"
        )


def _other_form(at: Cursor, problem: str) -> Problem:
    return Problem("cassette.body-form", at.path, problem)


# --- streams -----------------------------------------------------------------------------------


def _stream(at: Cursor, *, binary: bool) -> Body:
    events = at.member("events").sequence()
    if binary:
        return BinaryStream(events.each(b"", _bytes))
    if at.notes.legacy:
        return EventStream("", events.texts())
    if not at.has("framing"):
        at.fail("cassette.body-form", "streaming is true, but there is neither framing nor binary")
    framing = at.member("framing").text()
    if framing == AWS:
        if at.has("tail"):
            at.child("tail").fail(
                "cassette.body-form", f"a stream with framing {AWS} cannot have a tail"
            )
        return FrameStream(events.each(_NO_FRAME, _frame))
    if framing not in _FRAMINGS:
        known = ", ".join((*_FRAMINGS, AWS))
        at.child("framing").fail("cassette.value", f"framing must be one of {known}")
    tail = at.member("tail").text() if at.has("tail") else ""
    if at.has("tail") and not tail:
        at.child("tail").fail("cassette.value", "a tail is never empty: remove the member")
    return EventStream(framing, events.texts(), tail)


def _frame(at: Cursor) -> Frame:
    extras = at.mapping().reserved(_FRAME)
    headers = at.member("headers").mapping()
    pairs = tuple((name, value.text()) for name, value in headers.members())
    for name, text in pairs:
        # A frame counts the octets of a name in one octet, those of a value in two.
        if not 0 < len(name.encode()) <= 0xFF or len(text.encode()) > 0xFFFF:
            problem = (
                "a header of a frame must have 1 to 255 octets of name, and at most 65535 of value"
            )
            headers.child(name).fail("cassette.value", problem)
    return Frame(pairs, at.member("payload").text(), extras)


def _bytes(at: Cursor) -> bytes:
    text = at.text()
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        at.fail("cassette.base64", "this text is not base64")
    if base64.b64encode(data).decode() != text and not at.notes.legacy:
        at.fail(
            "cassette.base64", "the last character of this base64 has unused bits that are not zero"
        )
    return data


# --- beside the body ---------------------------------------------------------------------------


def _layout(at: Cursor) -> Layout:
    if at.notes.legacy:
        # V20-5: what Python's json.dumps writes; it escapes DEL as well.
        return Layout("spaced", "\x7f", ascii=True)
    if not at.has("layout"):
        return Layout()
    layout = at.member("layout").mapping()
    extras = layout.reserved(_LAYOUT)
    whitespace = layout.member("whitespace").text() if layout.has("whitespace") else "compact"
    if whitespace not in _WHITESPACES:
        problem = "whitespace must be compact, spaced or indented"
        layout.child("whitespace").fail("cassette.value", problem)
    escape = layout.member("escape").text() if layout.has("escape") else ""
    if escape != "".join(c for c in forms.ESCAPABLE if c in escape):
        problem = f"escape must hold characters of {forms.ESCAPABLE}, in this order"
        layout.child("escape").fail("cassette.value", problem)
    ascii_only, final_newline = layout.flag("ascii"), layout.flag("final_newline")
    return Layout(whitespace, escape, ascii_only, final_newline, extras)


def checksum(at: Cursor) -> str | None:
    """The checksum of a response, unchecked [BODY-14]."""
    if not at.has("checksum"):
        return None
    return at.member("checksum").matching(KEY, "checksum is 16 lower-case hexadecimal digits")


def after(at: Cursor, body: Body | None) -> tuple[int, ...] | None:
    """What the events of a response wait for [AFTER-1]; `body` is None where it is not known."""
    if not at.has("after"):
        return None
    member = at.member("after")
    found = tuple(item.integer() for item in member.items())
    wrong = not found or min(found) < 1
    if wrong or (body is not None and len(found) != forms.count_events(body)):
        problem = "after must have an integer from 1 for each of the events"
        member.fail("cassette.value", problem)
    return found


def delays(at: Cursor, body: Body | None) -> tuple[int, ...] | None:
    """The delays of a response; `body` is None where its chunks are not known."""
    if not at.has("delays_ms"):
        return None
    member = at.member("delays_ms")
    found = tuple(item.integer() for item in member.items())
    wrong = any(delay < 0 for delay in found)
    if wrong or (body is not None and len(found) != len(forms.decode(body))):
        problem = "delays_ms must have one integer from 0 for each chunk of the body"
        member.fail("cassette.value", problem)
    return found
