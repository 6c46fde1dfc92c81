"""The fixture ``vcr``: an open cassette with the attributes of vcrpy's."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ..._base.model import Interaction, RecordedResponse
from ..._base.vocabulary import ARRAY, FORM, MULTIPART, RAW, REDACTED
from ..._bodies.forms import decode
from ..._matching.query import Kind
from ..._session.cassette import Cassette
from ..._session.wire import SentRequest

_PORTS = {"http": 80, "https": 443}
_GONE = {
    "rewind": "open the file again with promptecho.use_cassette",
    "append": "promptecho records the calls that are made",
    "responses_of": "look into cassette.interactions",
    "can_play_response_for": "look into cassette.interactions",
    "play_response": "make the call",
    "filter_request": "use the options redact_members and redact_patterns",
}


class Headers(dict[str, Any]):
    """Headers by their names, in any case."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        super().__init__((name.lower(), value) for name, value in pairs)

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header."""
        return super().get(name.lower(), default)


class VcrRequest(NamedTuple):
    """A request with the attributes that vcrpy's have; secrets in it are redacted.

    Attributes:
        method: as it was sent.
        uri: the whole URL.
        body: as it was sent, if this test has sent it; else as it is stored. None if it is empty,
            or if only its digest is stored.
        headers: as they were sent, if this test has sent it; else none, for none are stored.
    """

    method: str
    uri: str
    body: bytes | None
    headers: Headers

    @property
    def url(self) -> str:
        """The same as `uri`."""
        return self.uri

    @property
    def scheme(self) -> str:
        """Such as ``https``."""
        return urlsplit(self.uri).scheme

    @property
    def protocol(self) -> str:
        """The same as `scheme`."""
        return self.scheme

    @property
    def host(self) -> str | None:
        """The name of the host."""
        return urlsplit(self.uri).hostname

    @property
    def port(self) -> int | None:
        """The port, also where the URL does not name it."""
        return urlsplit(self.uri).port or _PORTS.get(self.scheme)

    @property
    def path(self) -> str:
        """The path of the URL."""
        return urlsplit(self.uri).path

    @property
    def query(self) -> list[tuple[str, str]]:
        """The names and values of the query, sorted."""
        return sorted(parse_qsl(urlsplit(self.uri).query))


class VcrCassette:
    """An open cassette, seen as vcrpy's.

    It has the attributes of `promptecho.Cassette` too.
    """

    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette

    def __repr__(self) -> str:
        return f"<vcr {self._cassette!r}>"

    def __getattr__(self, name: str) -> Any:
        if name in _GONE:
            raise AttributeError(f"the fixture vcr has no {name} of vcrpy: {_GONE[name]}")
        return getattr(self._cassette, name)

    def __len__(self) -> int:
        return len(self._cassette.interactions)

    def __bool__(self) -> bool:
        return True

    def __contains__(self, request: object) -> bool:
        return request in self.requests

    @property
    def requests(self) -> list[VcrRequest]:
        """The requests of all recordings, in the order of the file."""
        sent = self._cassette.sent
        return [_request(each, sent) for each in self._cassette.interactions]

    @property
    def responses(self) -> list[dict[str, Any] | None]:
        """Their responses; None for a call that got no answer."""
        return [
            None if each.response is None else _response(each.response)
            for each in self._cassette.interactions
        ]

    @property
    def play_count(self) -> int:
        """How many requests were answered from the file."""
        return len(self._cassette.played)

    @property
    def play_counts(self) -> Counter[int]:
        """How often each recording was played, by its index."""
        plays = self._cassette._opened.session.plays
        return Counter({index: count for index, count in enumerate(plays) if count})

    @property
    def all_played(self) -> bool:
        """Whether every recording was played; what this test has recorded was not."""
        return not self._cassette.unplayed and not self._cassette.recorded

    @property
    def dirty(self) -> bool:
        """Whether this test has recorded something."""
        return bool(self._cassette.recorded)

    @property
    def record_mode(self) -> str:
        """The record mode in force."""
        return self._cassette.mode

    @property
    def write_protected(self) -> bool:
        """Whether this test cannot record."""
        return self._cassette._opened.session.only_replays


def _request(interaction: Interaction, sent: list[SentRequest]) -> VcrRequest:
    """A recording's request; the request of this test that it answered is taken from `sent`."""
    stored = interaction.request
    for index, each in enumerate(sent):
        if each.match_key == stored.match_key:
            del sent[index]
            wire = each.wire
            return VcrRequest(wire.method, _sent_uri(each), _sent_body(each), Headers(wire.headers))
    return VcrRequest(stored.method, stored.url, _stored_body(stored.body), Headers(()))


def _sent_uri(request: SentRequest) -> str:
    """The URL with those values of its query that a cassette may show."""
    fields = request._prepared.query
    if not fields:
        return request.url
    shown = (field.kind in (Kind.CLEAR, Kind.OTHER) and not field.shapes for field in fields)
    texts = (
        field.text if show else f"{quote(field.name)}={REDACTED}"
        for field, show in zip(fields, shown)
    )
    return f"{request.url.partition('?')[0]}?{'&'.join(texts)}"


def _sent_body(request: SentRequest) -> bytes | None:
    """The body as it was sent, or what is left of it without its secrets."""
    prepared = request._prepared
    if not prepared.redacted:
        return prepared.sent.body or None
    body = request.wire.body
    return body.encode("utf-8") if isinstance(body, str) else _stored_body(body)


def _stored_body(body: Mapping[str, Any]) -> bytes | None:
    """A body as a cassette stores it; of some only the digest is stored."""
    if not body or RAW in body or MULTIPART in body:
        return None
    if FORM in body:
        return urlencode(body[FORM]).encode("ascii")
    return json.dumps(body.get(ARRAY, body), ensure_ascii=False, separators=(",", ":")).encode()


def _reason(response: RecordedResponse) -> str:
    """The words behind the status; the usual ones are not stored."""
    return response.reason or http.client.responses.get(response.status, "")


def _response(response: RecordedResponse) -> dict[str, Any]:
    return {
        "status": {"code": response.status, "message": _reason(response)},
        "headers": Headers((name, list(values)) for name, values in response.headers),
        "body": {"string": b"".join(decode(response.body))},
    }
