"""The body of a response in a file: from its members to one of the stored forms. [FILE-13] [BODY-1]

`_write.body_tree` is the inverse.
"""

from __future__ import annotations

import base64
import binascii

from .._base.model import (
    JSON,
    BinaryBody,
    BinaryStream,
    Body,
    Empty,
    EventStream,
    Frame,
    FrameStream,
    JsonBody,
    Layout,
    Steps,
    TextBody,
)
from .._base.vocabulary import AWS, NDJSON, SSE_CRLF, SSE_LF
from .._bodies import forms
from .members import Invalid, Members, Problem

_FRAMINGS = (SSE_LF, SSE_CRLF, NDJSON)
_NO_FRAME = Frame((), "")  # stands for one with a fault


class Bodies(Members):
    """Reads what the members of a response say of its body."""

    def _body(self, tree: dict[str, JSON], path: Steps) -> Body:
        streaming = self._flag(tree, "streaming", path, required=True)
        binary = self._flag(tree, "binary", path)
        self._one_form(tree, path, streaming=streaming, binary=binary)
        if streaming:
            stream = self._stream(tree, path, binary=binary)
            return stream if tree["events"] or tree.get("tail") else Empty()  # BODY-3
        if tree.get("body", "") == "":
            return Empty()
        value, place = tree["body"], (*path, "body")
        if binary:
            return BinaryBody(self._bytes(value, place))
        if isinstance(value, str):
            return TextBody(value)
        if isinstance(value, (dict, list)):
            return JsonBody(value, self.recover(Layout(), lambda: self._layout(tree, path)))
        if self._legacy:
            return Empty()  # V20-5
        self._fail("cassette.type", place, "a body is a mapping, a list or a string")

    def _one_form(
        self, tree: dict[str, JSON], path: Steps, *, streaming: bool, binary: bool
    ) -> None:
        """Refuse members that do not belong to the body's form [BODY-1]."""
        allowed = {"events"} if streaming else {"body"}
        if streaming and not binary and not self._legacy:
            allowed |= {"framing", "tail"}
        if isinstance(tree.get("body"), (dict, list)) and not binary and not self._legacy:
            allowed.add("layout")
        wrong = [
            Problem(
                "cassette.body-form", (*path, name), f"{name} does not belong to this body form"
            )
            for name in ("body", "events", "framing", "tail", "layout")
            if name in tree and name not in allowed
        ]
        if streaming and "events" not in tree:
            wrong.append(Problem("cassette.body-form", path, "a stream has events"))
        if binary and not streaming and "body" not in tree:
            wrong.append(Problem("cassette.body-form", path, "a binary answer has a body"))
        if wrong:
            raise Invalid(*wrong)

    def _stream(self, tree: dict[str, JSON], path: Steps, *, binary: bool) -> Body:
        place = (*path, "events")
        items = self._list(tree["events"], place)
        if binary:
            return BinaryStream(
                tuple(self._kept_bytes(x, (*place, i)) for i, x in enumerate(items))
            )
        if self._legacy:
            return EventStream("", self._names(items, place))
        if "framing" not in tree:
            self._fail("cassette.body-form", path, "a stream has a framing, or is binary")
        framing = self._text_of(tree, "framing", path)
        if framing == AWS:
            if "tail" in tree:
                self._fail("cassette.body-form", (*path, "tail"), f"{AWS} has no tail")
            return FrameStream(tuple(self._kept_frame(x, (*place, i)) for i, x in enumerate(items)))
        if framing not in _FRAMINGS:
            known = ", ".join((*_FRAMINGS, AWS))
            self._fail("cassette.value", (*path, "framing"), f"framing is one of {known}")
        tail = self._text_of(tree, "tail", path) if "tail" in tree else ""
        return EventStream(framing, self._names(items, place), tail)

    def _kept_frame(self, value: JSON, path: Steps) -> Frame:
        return self.recover(_NO_FRAME, lambda: self._frame(value, path))

    def _frame(self, value: JSON, path: Steps) -> Frame:
        tree = self._mapping(value, path)
        self._only(tree, ("headers", "payload"), path)
        headers = self._mapping(self._member(tree, "headers", path), (*path, "headers"))
        pairs = tuple((k, self._string(v, (*path, "headers", k))) for k, v in headers.items())
        for name, text in pairs:
            # A frame counts the octets of a name in one octet, those of a value in two.
            if not 0 < len(name.encode()) <= 0xFF or len(text.encode()) > 0xFFFF:
                problem = (
                    "a frame's header has a name of 1 to 255 octets and a value of at most 65535"
                )
                self._fail("cassette.value", (*path, "headers", name), problem)
        return Frame(pairs, self._text_of(tree, "payload", path))

    def _layout(self, tree: dict[str, JSON], path: Steps) -> Layout:
        if self._legacy:
            # V20-5: what Python's json.dumps writes; it escapes DEL as well.
            return Layout("spaced", "\x7f", ascii=True)
        if "layout" not in tree:
            return Layout()
        place = (*path, "layout")
        layout = self._mapping(tree["layout"], place)
        self._only(layout, Layout._fields, place)
        whitespace = "compact"
        if "whitespace" in layout:
            whitespace = self._text_of(layout, "whitespace", place)
        if whitespace not in ("compact", "spaced", "indented"):
            problem = "whitespace is compact, spaced or indented"
            self._fail("cassette.value", (*place, "whitespace"), problem)
        escape = self._text_of(layout, "escape", place) if "escape" in layout else ""
        if escape != "".join(c for c in forms.ESCAPABLE if c in escape):
            problem = f"escape holds some of {forms.ESCAPABLE}, in this order"
            self._fail("cassette.value", (*place, "escape"), problem)
        return Layout(
            whitespace,
            escape,
            self._flag(layout, "ascii", place),
            self._flag(layout, "final_newline", place),
        )

    def _kept_bytes(self, value: JSON, path: Steps) -> bytes:
        return self.recover(b"", lambda: self._bytes(value, path))

    def _bytes(self, value: JSON, path: Steps) -> bytes:
        text = self._string(value, path)
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self._fail("cassette.base64", path, "this is not base64")
        if base64.b64encode(data).decode() != text and not self._legacy:
            self._fail("cassette.base64", path, "this base64 has bits that say nothing")
        return data

    def _delays(
        self, tree: dict[str, JSON], path: Steps, body: Body | None
    ) -> tuple[int, ...] | None:
        if "delays_ms" not in tree:
            return None
        place = (*path, "delays_ms")
        items = self._list(tree["delays_ms"], place)
        delays = tuple(self._integer(item, (*place, i)) for i, item in enumerate(items))
        wrong = any(delay < 0 for delay in delays)
        if wrong or (body is not None and len(delays) != len(forms.decode(body))):
            problem = "delays_ms are milliseconds, 0 or more, one for each chunk of the body"
            self._fail("cassette.value", place, problem)
        return delays
