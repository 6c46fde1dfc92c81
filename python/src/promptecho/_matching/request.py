"""A request as a client sends it -> what is stored and matched (spec section "The key").

The order is the same on recording and on replay: decode, redact, normalize, fingerprint [RED-1].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .._base.model import JSON, RecordedRequest, Request
from .._base.vocabulary import BUILT_IN
from .._redaction.places import Found
from . import envelope
from .conversation import is_conversation
from .decoded_body import Named, decode
from .json_rpc import WITH_NUMBERS, without_numbers
from .key import Target, Texts, match_key
from .matched_names import Matching
from .request_headers import key_headers
from .rules import RecordingPolicy
from .stream_intent import wants_stream


class Prepared:
    """A request, ready to be matched.

    What depends on its body is made when it is first asked for: a request that is found by its
    digest need not be parsed.

    Args:
        sent: the request as it was sent.
        rules: how it is stored.
        matching: the `match_on` in force.

    Attributes:
        sent: as above.
        rules: as above.
        target: what is in its key besides the body.
        headers: the headers that are stored [HEAD-8].
        host: the host text [URL-9].
        query: the fields of its query as they were sent, with their classes [URL-6].
        sent_half: the first half of its digest, once it is known [DIGEST-1].
    """

    __slots__ = (
        "_address",
        "_content",
        "_headers",
        "_matching",
        "headers",
        "host",
        "query",
        "rules",
        "sent",
        "sent_half",
        "target",
    )

    def __init__(self, sent: Request, rules: RecordingPolicy, matching: Matching) -> None:
        self.sent = sent
        self.rules = rules
        self._matching = matching
        self._address = envelope.address(sent.url, rules.redactor, rules.detector, rules.query)
        self._headers = envelope.headers(sent.headers, rules)
        self._content: _Content | None = None
        self.sent_half: str | None = None
        self.target = Target(
            sent.method.upper(),
            self._address.path,
            self._address.query,
            key_headers(dict(self._headers.stored), rules.request_headers.matched),
            self._address.host if rules.match_host else None,
        )
        self.headers = self._headers.stored
        self.host = self._address.host
        self.query = self._address.fields

    def __repr__(self) -> str:
        # `sent`, `query` and `named` have values as they were sent.
        return f"<Prepared {self.target.method} {self._address.url}>"

    @property
    def path(self) -> str:
        """The key path [URL-1]."""
        return self.target.path

    @property
    def request(self) -> RecordedRequest:
        """What would be stored of it, key included."""
        return self.content.request

    @property
    def texts(self) -> Mapping[str, str]:
        """Canonical text of each member of the body, less the numbers of calls [RPC-2]."""
        return self.content.texts

    @property
    def streaming(self) -> bool:
        """Whether the caller wants a stream [SEL-1]."""
        return self.content.streaming

    @property
    def caller(self) -> dict[str, JSON] | None:
        """The caller's own JSON object, redacted, or None; a miss speaks in its paths."""
        return self.content.caller

    @property
    def conversation(self) -> bool:
        """Whether the request is one of a conversation [MATCH-8]."""
        return self.content.conversation

    @property
    def in_key(self) -> tuple[str, ...]:
        """Members of the body all of which are in the key."""
        request = self.request
        return tuple(
            [
                name
                for name in request.matched_on
                if name in request.body and name not in WITH_NUMBERS
            ]
        )

    @property
    def redacted(self) -> tuple[str, ...]:
        """Places of secrets that were taken out [RED-10]."""
        return self.content.redacted

    @property
    def secrets(self) -> tuple[Found, ...]:
        """Places that have the shape of a credential, taken out or left [RED-11]."""
        return self.content.secrets

    @property
    def named(self) -> Named:
        """Members and fields of the body that were taken out for their names [RED-28]."""
        return self.content.named

    def key_without_query(self, *, headers: bool = True) -> str:
        """The key of this request without its query [V20-8]; or without headers, too [V20-4]."""
        target = self.target._replace(query=())
        if not headers:
            target = target._replace(headers=())
        return match_key(target, self.request.body, self.request.matched_on)

    @property
    def content(self) -> _Content:
        """What depends on the body."""
        if self._content is None:
            self._content = self._made()
        return self._content

    def _made(self) -> _Content:
        address, target = self._address, self.target
        decoded = decode(self.sent, target.path, self.rules)
        own = decoded.dialect in BUILT_IN
        plain = own and decoded.plain
        names = self._matching.names_in(decoded.body, target.path)
        stored = RecordedRequest(
            target.method,
            address.url,
            match_key(target, decoded.body, names, plain=plain),
            names,
            decoded.body,
            None if own else decoded.dialect,
            headers=self.headers,
        )
        found = (*address.found, *self._headers.found, *decoded.found)
        left = (*address.left, *self._headers.left, *decoded.left)
        return _Content(
            stored,
            Texts(without_numbers(decoded.body), plain=plain),
            wants_stream(target.path, decoded.body),
            decoded.caller,
            is_conversation(decoded.body, target.path),
            tuple(place for place, _ in found),
            tuple(each for each in (*found, *left) if each.shapes),
            decoded.named,
        )


class _Content(NamedTuple):
    request: RecordedRequest
    texts: Mapping[str, str]
    streaming: bool
    caller: dict[str, JSON] | None
    conversation: bool
    redacted: tuple[str, ...]
    secrets: tuple[Found, ...]
    named: Named


def prepare(request: Request, rules: RecordingPolicy, matching: Matching) -> Prepared:
    """The stored form and the key of a request."""
    return Prepared(request, rules, matching)
