"""What the tree of a cassette's text says (spec section "The file").

Reads on past faults, so that all of them are known; a part with a fault is left empty.
"""

from __future__ import annotations

import re

from .._base.model import (
    JSON,
    Body,
    CassetteFile,
    Empty,
    Interaction,
    RecordedRequest,
    RecordedResponse,
    Steps,
)
from .._base.vocabulary import BUILT_IN, DIALECT_NAME, is_match_on
from .read_bodies import Bodies
from .writer import MINOR, VERSION

_KEY = re.compile(r"[0-9a-f]{16}\Z")
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Z-]+\Z")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\x00-\x20\x7f#/?@]*([/?][^\x00-\x20\x7f#]*)?\Z")
_KEY_IS = "match_key is 16 lower-case hexadecimal digits"
_TIME = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?Z\Z"
)


class Tree(Bodies):
    """Reads a cassette, or one interaction of it; `problems` are in the order of reading."""

    def file(self, tree: JSON) -> CassetteFile:
        """What the whole tree says."""
        if not isinstance(tree, dict):
            self._fail("cassette.not-a-mapping", (), "a cassette is a mapping at its root")
        self._versions(tree)
        known = ("version", "minor", "match_on", "incomplete", "interactions")
        extras = self._extras(tree, known, ())
        return CassetteFile(
            match_on=self.recover((), lambda: self._match_on(tree)),
            interactions=self.recover((), lambda: self._interactions(tree)),
            incomplete=self.recover(False, lambda: self._flag(tree, "incomplete", ())),
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
        if not is_match_on(names) and not (self._legacy and not names):
            problem = 'match_on is a list of different names, or ["*"]'
            self._fail("cassette.value", ("match_on",), problem)
        return names

    def _interactions(self, tree: dict[str, JSON]) -> tuple[Interaction, ...]:
        path: Steps = ("interactions",)
        items = self._list(self._member(tree, "interactions", ()), path)
        return tuple(self._kept_interaction(x, (*path, i)) for i, x in enumerate(items))

    def _kept_interaction(self, value: JSON, path: Steps) -> Interaction:
        return self.recover(_NO_INTERACTION, lambda: self.interaction(value, path))

    def interaction(self, value: JSON, path: Steps) -> Interaction:
        """What one item of the list says."""
        tree = self._mapping(value, path)
        extras = self._extras(tree, ("request", "response", "recorded_at", "redacted"), path)
        return Interaction(
            self.recover(
                _NO_REQUEST,
                lambda: self._request(self._member(tree, "request", path), (*path, "request")),
            ),
            self.recover(
                _NO_RESPONSE,
                lambda: self._response(self._member(tree, "response", path), (*path, "response")),
            ),
            self.recover(None, lambda: self._recorded_at(tree, path)),
            self.recover((), lambda: self._names(tree.get("redacted", []), (*path, "redacted"))),
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
            self.recover((), lambda: self._matched_on(tree, path)),
            self.recover(
                {}, lambda: self._mapping(self._member(tree, "body", path), (*path, "body"))
            ),
            self.recover(None, lambda: self._dialect(tree, path)),
            extras,
        )

    def _matched_on(self, tree: dict[str, JSON], path: Steps) -> tuple[str, ...]:
        return self._names(self._member(tree, "matched_on", path), (*path, "matched_on"))

    def _dialect(self, tree: dict[str, JSON], path: Steps) -> str | None:
        if "dialect" not in tree:
            return None
        dialect = self._text_of(tree, "dialect", path)
        if dialect in BUILT_IN or not DIALECT_NAME.fullmatch(dialect):
            place = (*path, "dialect")
            self._fail("cassette.value", place, "dialect is the name of a user's dialect")
        return dialect

    def _response(self, value: JSON, path: Steps) -> RecordedResponse:
        tree = self._mapping(value, path)
        extras = self._extras(tree, _RESPONSE_MEMBERS, path)
        unread = len(self.problems)
        body: Body = Empty()
        body = self.recover(body, lambda: self._body(tree, path))
        sound = len(self.problems) == unread
        return RecordedResponse(
            self.recover(0, lambda: self._status(tree, path)),
            self.recover((), lambda: self._headers(tree, path)),
            body,
            self.recover(None, lambda: self._reason(tree, path)),
            self.recover(False, lambda: self._flag(tree, "truncated", path)),
            self.recover(None, lambda: self._delays(tree, path, body if sound else None)),
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
        return self.recover((), lambda: self._values(value, path))

    def _values(self, value: JSON, path: Steps) -> tuple[str, ...]:
        if isinstance(value, list):
            return self._names(value, path)
        return (self._string(value, path),)


# What stands for a part with a fault.
_NO_REQUEST = RecordedRequest("", "", "", (), {})
_NO_RESPONSE = RecordedResponse(0, (), Empty())
_NO_INTERACTION = Interaction(_NO_REQUEST, _NO_RESPONSE)

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
