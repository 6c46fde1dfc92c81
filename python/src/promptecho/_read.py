"""What the text of a cassette says (spec sections "The file", "YAML profile", "2.0 files").

Every file goes through the full profile reader; whatever is wrong is named with its line and the
next step. `_write` is the inverse. Nothing here opens a file.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Callable, NamedTuple, NoReturn, TypeVar

from . import _body
from ._errors import CassetteError, YamlError
from ._model import (
    JSON,
    BinaryBody,
    BinaryStream,
    Body,
    CassetteFile,
    Empty,
    EventStream,
    Frame,
    FrameStream,
    Interaction,
    JsonBody,
    Layout,
    Number,
    RecordedRequest,
    RecordedResponse,
    Steps,
    TextBody,
)
from ._normalize import BUILT_IN
from ._write import AWS, MINOR, VERSION
from ._yaml_read import Place, ends_with_marker, places, read

_HAS_MINOR = re.compile(r"^[\"']?minor[\"']?[ \t]*:", re.MULTILINE)
_KEY = re.compile(r"[0-9a-f]{16}\Z")
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Z-]+\Z")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\x00-\x20\x7f#/?@]*([/?][^\x00-\x20\x7f#]*)?\Z")
_KEY_IS = "match_key is 16 lower-case hexadecimal digits"
_TIME = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?Z\Z"
)
_DIALECT = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_FRAMINGS = ("sse-lf", "sse-crlf", "ndjson")

T = TypeVar("T")


def load(data: bytes, name: str) -> CassetteFile:
    """What a cassette file says.

    Args:
        data: the bytes of the file.
        name: its path, for messages.

    Raises:
        CassetteError: the file is not a cassette that this version can read; nothing of it is used.
    """
    try:
        reading = survey(data)
    except YamlError as error:
        raise refusal(error.code, error.reason, name, error.line) from None
    if reading.faults:
        fault = reading.faults[0]
        line = fault.line(places(reading.text, [fault.path])[fault.path])
        raise refusal(fault.code, fault.problem, name, line)
    return reading.file


class Fault(NamedTuple):
    """Something that a reader refuses a file for.

    Attributes:
        code: of the spec's list [ERR-1].
        path: where it is; that of a missing member ends in its name.
        problem: one sentence.
    """

    code: str
    path: Steps
    problem: str

    def line(self, place: Place) -> int:
        """Where the fault begins: a name that is unknown, or the value."""
        return place.name if self.code == "cassette.unknown-member" else place.value


class Reading(NamedTuple):
    """What a text says, with all that is wrong about it.

    Attributes:
        text: the text, without a byte order mark.
        tree: the value of the text.
        file: what it says; parts with a fault are empty, and stand for nothing.
        faults: in the order of reading; none in a file that can be used.
    """

    text: str
    tree: JSON
    file: CassetteFile
    faults: tuple[Fault, ...]


def survey(data: bytes) -> Reading:
    """Read on past faults, so that all of them are known.

    Raises:
        YamlError: the text is outside the YAML profile; nothing more can be said about it.
    """
    reader = _Reader(_text(data))
    file = reader.kept(CassetteFile(()), reader.file)
    return Reading(reader.text, reader.tree, file, tuple(reader.faults))


def refusal(code: str, problem: str, name: str, line: int | None) -> CassetteError:
    """The error for a fault of a file, with the step to take."""
    return CassetteError(code, problem, remedy(code), path=name, line=line)


def remedy(code: str) -> str:
    """The step to take after a refusal."""
    return _REMEDIES.get(code, _REMEDY)


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlError("yaml.encoding", line, "this is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise YamlError("yaml.encoding", 1, "two byte order marks")
    if not text.strip():
        raise YamlError("cassette.empty", 1, "the file is empty")
    return text


_REMEDY = (
    "Mend the file by hand, restore it from version control, or delete it and record again; "
    "it was left as it is."
)
_REMEDIES = {
    "cassette.empty": "An empty file is not an absent one: delete it, then record again.",
    "cassette.truncated": (
        "The end of the file is lost: restore it from version control, or delete it and record "
        "again; it was left as it is."
    ),
    "cassette.version": "Read it with a version of promptecho that knows this format.",
    "cassette.minor": "Update promptecho: the file was written by a newer version.",
    "cassette.dialect": "Register the dialect with promptecho.register_dialect before this.",
    "yaml.ambiguous-scalar": "Put quotes around it.",
    "yaml.anchor": "Write the value out: a cassette has no anchors and aliases.",
    "yaml.tag": "Remove the tag: a cassette holds plain values only.",
}


class _Faulty(Exception):
    """A part cannot be read; its arguments are the faults."""


class _Reader:
    """One pass over a tree, with the place in hand for a message."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[Fault] = []
        self._legacy = _HAS_MINOR.search(text) is None
        if not self._legacy and not ends_with_marker(text):
            last = text.count("\n") + (not text.endswith("\n"))
            raise YamlError(
                "cassette.truncated", last, "the file does not end with its end marker `...`"
            )
        self.tree = read(text, legacy=self._legacy)
        if self._legacy and isinstance(self.tree, dict) and "minor" in self.tree:
            # A 2.1 file all the same: in flow style, say [VER-1].
            self._legacy = False
            self.tree = read(text, legacy=False)

    def kept(self, default: T, part: Callable[[], T]) -> T:
        """A part of the file; the default if it has a fault, which is noted."""
        try:
            return part()
        except _Faulty as faulty:
            self.faults.extend(faulty.args)
            return default

    def file(self) -> CassetteFile:
        tree = self.tree
        if not isinstance(tree, dict):
            self._fail("cassette.not-a-mapping", (), "a cassette is a mapping at its root")
        self._versions(tree)
        known = ("version", "minor", "match_on", "incomplete", "interactions")
        extras = self._extras(tree, known, ())
        return CassetteFile(
            match_on=self.kept((), lambda: self._match_on(tree)),
            interactions=self.kept((), lambda: self._interactions(tree)),
            incomplete=self.kept(False, lambda: self._flag(tree, "incomplete", ())),
            minor=0 if self._legacy else tree["minor"],
            extras=extras,
        )

    def _versions(self, tree: dict[str, JSON]) -> None:
        version = self._integer(self._member(tree, "version", ()), ("version",))
        if version != VERSION:
            self._fail("cassette.version", ("version",), f"version {version} is not {VERSION}")
        if self._legacy:
            return
        minor = self._integer(self._member(tree, "minor", ()), ("minor",))
        if minor == 0:
            self._fail("cassette.value", ("minor",), "a 2.0 file has no member minor")
        if minor > MINOR:
            known = f"{VERSION}.{MINOR}"
            self._fail("cassette.minor", ("minor",), f"{VERSION}.{minor} is newer than {known}")

    def _match_on(self, tree: dict[str, JSON]) -> tuple[str, ...]:
        names = self._names(self._member(tree, "match_on", ()), ("match_on",))
        alone = "*" not in names or len(names) == 1
        sized = all(0 < len(name) <= 512 for name in names)
        some = bool(names) or self._legacy
        if not (some and alone and sized and len(set(names)) == len(names)):
            problem = 'match_on is a list of different names, or ["*"]'
            self._fail("cassette.value", ("match_on",), problem)
        return names

    def _interactions(self, tree: dict[str, JSON]) -> tuple[Interaction, ...]:
        path: Steps = ("interactions",)
        items = self._list(self._member(tree, "interactions", ()), path)
        return tuple(self._kept_interaction(x, (*path, i)) for i, x in enumerate(items))

    def _kept_interaction(self, value: JSON, path: Steps) -> Interaction:
        return self.kept(_NO_INTERACTION, lambda: self._interaction(value, path))

    def _interaction(self, value: JSON, path: Steps) -> Interaction:
        tree = self._mapping(value, path)
        extras = self._extras(tree, ("request", "response", "recorded_at", "redacted"), path)
        return Interaction(
            self.kept(
                _NO_REQUEST,
                lambda: self._request(self._member(tree, "request", path), (*path, "request")),
            ),
            self.kept(
                _NO_RESPONSE,
                lambda: self._response(self._member(tree, "response", path), (*path, "response")),
            ),
            self.kept(None, lambda: self._recorded_at(tree, path)),
            self.kept((), lambda: self._names(tree.get("redacted", []), (*path, "redacted"))),
            extras,
        )

    def _recorded_at(self, tree: dict[str, JSON], path: Steps) -> str | None:
        if "recorded_at" not in tree:
            return None
        what = "recorded_at is a time such as 2026-01-31T12:00:00Z"
        return self._matching(tree, "recorded_at", path, _TIME, what)

    def _request(self, value: JSON, path: Steps) -> RecordedRequest:
        tree = self._mapping(value, path)
        known = ("method", "url", "match_key", "matched_on", "dialect", "body")
        extras = self._extras(tree, known, path)
        return RecordedRequest(
            self._matching(tree, "method", path, _METHOD, "method is in upper case"),
            self._matching(tree, "url", path, _URL, "url is absolute, without user and fragment"),
            self._matching(tree, "match_key", path, _KEY, _KEY_IS, "cassette.key"),
            self.kept((), lambda: self._matched_on(tree, path)),
            self.kept({}, lambda: self._mapping(self._member(tree, "body", path), (*path, "body"))),
            self.kept(None, lambda: self._dialect(tree, path)),
            extras,
        )

    def _matched_on(self, tree: dict[str, JSON], path: Steps) -> tuple[str, ...]:
        return self._names(self._member(tree, "matched_on", path), (*path, "matched_on"))

    def _dialect(self, tree: dict[str, JSON], path: Steps) -> str | None:
        if "dialect" not in tree:
            return None
        dialect = self._text_of(tree, "dialect", path)
        if dialect in BUILT_IN or not _DIALECT.match(dialect):
            place = (*path, "dialect")
            self._fail("cassette.value", place, "dialect is the name of a user's dialect")
        return dialect

    def _response(self, value: JSON, path: Steps) -> RecordedResponse:
        tree = self._mapping(value, path)
        extras = self._extras(tree, _RESPONSE_MEMBERS, path)
        unread = len(self.faults)
        body: Body = Empty()
        body = self.kept(body, lambda: self._body(tree, path))
        sound = len(self.faults) == unread
        return RecordedResponse(
            self.kept(0, lambda: self._status(tree, path)),
            self.kept((), lambda: self._headers(tree, path)),
            body,
            self.kept(None, lambda: self._reason(tree, path)),
            self.kept(False, lambda: self._flag(tree, "truncated", path)),
            self.kept(None, lambda: self._delays(tree, path, body if sound else None)),
            extras,
        )

    def _status(self, tree: dict[str, JSON], path: Steps) -> int:
        status = self._integer(self._member(tree, "status", path), (*path, "status"))
        if not 100 <= status <= 999:
            self._fail("cassette.value", (*path, "status"), f"{status} is not an HTTP status")
        return status

    def _reason(self, tree: dict[str, JSON], path: Steps) -> str | None:
        return self._text_of(tree, "reason", path) if "reason" in tree else None

    def _headers(
        self, tree: dict[str, JSON], path: Steps
    ) -> tuple[tuple[str, tuple[str, ...]], ...]:
        path = (*path, "headers")
        headers = self._mapping(self._member(tree, "headers", path[:-1]), path)
        merged: dict[str, tuple[str, ...]] = {}
        for name, value in headers.items():
            lower = name.lower()
            merged[lower] = (*merged.get(lower, ()), *self._kept_values(value, (*path, name)))
        return tuple(merged.items())

    def _kept_values(self, value: JSON, path: Steps) -> tuple[str, ...]:
        if isinstance(value, str):
            return (value,)
        return self.kept((), lambda: self._values(value, path))

    def _values(self, value: JSON, path: Steps) -> tuple[str, ...]:
        if isinstance(value, list):
            return self._names(value, path)
        return (self._string(value, path),)

    def _delays(
        self, tree: dict[str, JSON], path: Steps, body: Body | None
    ) -> tuple[int, ...] | None:
        if "delays_ms" not in tree:
            return None
        place = (*path, "delays_ms")
        items = self._list(tree["delays_ms"], place)
        delays = tuple(self._integer(item, (*place, i)) for i, item in enumerate(items))
        wrong = any(delay < 0 for delay in delays)
        if wrong or (body is not None and len(delays) != len(_body.decode(body))):
            problem = "delays_ms are milliseconds, 0 or more, one for each chunk of the body"
            self._fail("cassette.value", place, problem)
        return delays

    # Body forms

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
            return JsonBody(value, self.kept(Layout(), lambda: self._layout(tree, path)))
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
            Fault("cassette.body-form", (*path, name), f"{name} does not belong to this body form")
            for name in ("body", "events", "framing", "tail", "layout")
            if name in tree and name not in allowed
        ]
        if streaming and "events" not in tree:
            wrong.append(Fault("cassette.body-form", path, "a stream has events"))
        if binary and not streaming and "body" not in tree:
            wrong.append(Fault("cassette.body-form", path, "a binary answer has a body"))
        if wrong:
            raise _Faulty(*wrong)

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
        return self.kept(_NO_FRAME, lambda: self._frame(value, path))

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
        if escape != "".join(c for c in _body.ESCAPABLE if c in escape):
            problem = f"escape holds some of {_body.ESCAPABLE}, in this order"
            self._fail("cassette.value", (*place, "escape"), problem)
        return Layout(
            whitespace,
            escape,
            self._flag(layout, "ascii", place),
            self._flag(layout, "final_newline", place),
        )

    def _kept_bytes(self, value: JSON, path: Steps) -> bytes:
        return self.kept(b"", lambda: self._bytes(value, path))

    def _bytes(self, value: JSON, path: Steps) -> bytes:
        text = self._string(value, path)
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self._fail("cassette.base64", path, "this is not base64")
        if base64.b64encode(data).decode() != text and not self._legacy:
            self._fail("cassette.base64", path, "this base64 has bits that say nothing")
        return data

    # Members and scalars

    def _member(self, tree: dict[str, JSON], name: str, path: Steps) -> JSON:
        if name not in tree:
            self._fail("cassette.missing-member", (*path, name), f"the member {name} is missing")
        return tree[name]

    def _text_of(self, tree: dict[str, JSON], name: str, path: Steps) -> str:
        return self._string(self._member(tree, name, path), (*path, name))

    def _matching(
        self,
        tree: dict[str, JSON],
        name: str,
        path: Steps,
        pattern: re.Pattern[str],
        what: str,
        code: str = "cassette.value",
    ) -> str:
        def text() -> str:
            text = self._text_of(tree, name, path)
            if not pattern.match(text):
                self._fail(code, (*path, name), what)
            return text

        return self.kept("", text)

    def _extras(
        self, tree: dict[str, JSON], known: tuple[str, ...], path: Steps
    ) -> tuple[tuple[str, JSON], ...]:
        new = _NEW_IN_2_1 if self._legacy else ()
        unknown = [name for name in tree if name not in known or name in new]
        for name in unknown:
            if not name.startswith("x-"):
                self._unknown(name, path, " (names of your own begin with x-)")
        return tuple((name, tree[name]) for name in unknown if name.startswith("x-"))

    def _only(self, tree: dict[str, JSON], known: tuple[str, ...], path: Steps) -> None:
        for name in tree:
            if name not in known:
                self._unknown(name, path, "")

    def _unknown(self, name: str, path: Steps, hint: str) -> None:
        problem = f"the member {name} is unknown{hint}"
        self.faults.append(Fault("cassette.unknown-member", (*path, name), problem))

    def _mapping(self, value: JSON, path: Steps) -> dict[str, JSON]:
        return self._typed(value, dict, path, "a mapping")

    def _list(self, value: JSON, path: Steps) -> list[JSON]:
        return self._typed(value, list, path, "a list")

    def _names(self, value: JSON, path: Steps) -> tuple[str, ...]:
        items = self._list(value, path)
        return tuple(
            item if isinstance(item, str) else self._kept_string(item, (*path, i))
            for i, item in enumerate(items)
        )

    def _kept_string(self, value: JSON, path: Steps) -> str:
        return self.kept("", lambda: self._string(value, path))

    def _string(self, value: JSON, path: Steps) -> str:
        if not isinstance(value, str) and self._legacy:
            return self._plain(value, path)  # YAML-R5
        return self._typed(value, str, path, "a string (put quotes around it)")

    def _plain(self, value: JSON, path: Steps) -> str:
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, (int, float, Number)):
            return value.token if isinstance(value, Number) else repr(value)
        self._fail("cassette.type", path, f"{_name(path)} is a string")

    def _integer(self, value: JSON, path: Steps) -> int:
        if isinstance(value, bool):
            value = None
        if isinstance(value, Number) and "." not in value.token:
            self._fail("cassette.value", path, f"{_name(path)} is out of range")
        return self._typed(value, int, path, "a whole number")

    def _flag(
        self, tree: dict[str, JSON], name: str, path: Steps, *, required: bool = False
    ) -> bool:
        if name not in tree and not required:
            return False
        value = self._member(tree, name, path)
        return self._typed(value, bool, (*path, name), "true or false")

    def _typed(self, value: JSON, kind: type[T], path: Steps, what: str) -> T:
        if not isinstance(value, kind):
            self._fail("cassette.type", path, f"{_name(path)} is {what}")
        return value

    def _fail(self, code: str, path: Steps, problem: str) -> NoReturn:
        raise _Faulty(Fault(code, path, problem))


# What stands for a part with a fault.
_NO_REQUEST = RecordedRequest("", "", "", (), {})
_NO_RESPONSE = RecordedResponse(0, (), Empty())
_NO_INTERACTION = Interaction(_NO_REQUEST, _NO_RESPONSE)
_NO_FRAME = Frame((), "")

_RESPONSE_MEMBERS = (
    "status",
    "reason",
    "headers",
    "streaming",
    "binary",
    "framing",
    "body",
    "events",
    "tail",
    "layout",
    "truncated",
    "delays_ms",
)

#: Members that a 2.0 file does not have [V20-1].
_NEW_IN_2_1 = frozenset(
    (
        "minor",
        "incomplete",
        "recorded_at",
        "redacted",
        "dialect",
        "reason",
        "framing",
        "tail",
        "layout",
        "truncated",
        "delays_ms",
    )
)


def _name(path: Steps) -> str:
    names = [step for step in path if isinstance(step, str)]
    item = "an item of " if path and isinstance(path[-1], int) else ""
    return item + (names[-1] if names else "the root")
