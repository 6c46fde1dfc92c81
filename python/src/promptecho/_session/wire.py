"""A request as it went on the wire, redacted, for tests that assert on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .._base.model import JSON, RecordedRequest
from .._base.vocabulary import RAW, REDACTED

if TYPE_CHECKING:
    from .._matching.request import Prepared


class Wire(NamedTuple):
    """A request as the client sent it, without its secrets.

    Attributes:
        method: as it was sent.
        url: with the redacted values of its query.
        headers: names in lower case and values, in order; those of credentials are ``REDACTED``.
        body: the JSON object that was sent, in its own member order; any other text as it was sent;
            of forms and binary bodies what a cassette stores.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: dict[str, JSON] | str


class SentRequest(RecordedRequest):
    """A request that a session got: what is stored of it, and `wire`."""

    _prepared: Prepared

    __module__ = "promptecho"

    @classmethod
    def of(cls, prepared: Prepared) -> SentRequest:
        """The request of a session."""
        made = cls(*prepared.request)
        made._prepared = prepared
        return made

    @property
    def wire(self) -> Wire:
        """The request as it went on the wire, redacted."""
        return _wire(self._prepared)


def _wire(prepared: Prepared) -> Wire:
    sent, rules = prepared.sent, prepared.rules
    hidden = rules.headers.redacted | rules.headers.challenges | rules.headers.cookies

    def shown(name: str, value: str) -> str:
        if name in hidden or rules.redactor.looks_secret(value):
            return REDACTED
        return rules.redactor.text(value)

    names = [(name.lower(), value) for name, value in sent.headers]
    headers = tuple((name, shown(name, value)) for name, value in names)
    return Wire(sent.method, prepared.request.url, headers, _body(prepared))


def _body(prepared: Prepared) -> dict[str, JSON] | str:
    if prepared.caller is not None:
        return prepared.caller
    stored = prepared.request.body
    if RAW not in stored:
        return stored
    try:
        return prepared.rules.redactor.text(prepared.sent.body.decode("utf-8"))
    except UnicodeDecodeError:
        return stored
