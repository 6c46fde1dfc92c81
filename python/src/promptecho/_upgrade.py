"""A recording brought up to date: its key under another `match_on`, its form from 2.0 to 2.1."""

from __future__ import annotations

from . import _body, _url
from ._key import Matching, match_key, member_texts
from ._model import Body, EventStream, Interaction, JsonBody


def rekeyed(
    interaction: Interaction, matching: Matching, keep_query: frozenset[str]
) -> Interaction:
    """The same recording under another `match_on`: what you see is what was hashed [KEY-1]."""
    request = interaction.request
    names = matching.names_in(request.body)
    key = match_key(
        request.method,
        _url.key_path(request.url),
        _url.key_query(request.url, keep_query),
        member_texts(request.body),
        names,
    )
    return interaction._replace(request=request._replace(match_key=key, matched_on=names))


def from_2_0(interaction: Interaction) -> Interaction:
    """A 2.0 recording in the form of 2.1, playing the same bytes [V20-6]."""
    response = interaction.response
    body = _modern(response.body, dict(response.headers).get("content-type", ("",))[0])
    return interaction._replace(response=response._replace(body=body))


def _modern(body: Body, content_type: str) -> Body:
    if isinstance(body, EventStream) and not body.framing:
        return _body.encode(content_type, b"".join(_body.decode(body)))
    if isinstance(body, JsonBody):
        return _body.encode("application/json", b"".join(_body.decode(body)))
    return body
