"""Recordings brought up to date: their keys under another `match_on`, their form from 2.0 to 2.1.

A 2.0 recording is renewed when its file is opened, so a session sees one kind of recording only;
what it plays stays as it was written until the file is saved.
"""

from __future__ import annotations

from .._base.model import Body, EventStream, Interaction, JsonBody, RecordedRequest
from .._base.vocabulary import UNKNOWN_QUERY, WHOLE
from .._bodies import forms
from .._text.json import storable
from . import normalize, url
from .key import match_key
from .matched_names import Matching


def rekeyed(
    interaction: Interaction, matching: Matching, keep_query: frozenset[str]
) -> Interaction:
    """The same recording under another `match_on`: what you see is what was hashed [KEY-1]."""
    request = interaction.request
    path = url.key_path(request.url)
    names = matching.names_in(request.body, path)
    key = match_key(
        request.method,
        path,
        known_query(request, keep_query),
        request.body,
        names,
    )
    return interaction._replace(request=request._replace(match_key=key, matched_on=names))


def known_query(
    request: RecordedRequest, keep_query: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    """The key query of a recording; empty where it is not known any more."""
    if UNKNOWN_QUERY in request.extras:
        return ()
    return url.key_query(request.url, keep_query)


def upgrade_key(
    interaction: Interaction, matching: Matching, keep_query: frozenset[str]
) -> Interaction:
    """A 2.0 recording under the present rules of matching [V20-3, V20-4]."""
    request = interaction.request
    body = request.body
    if WHOLE.isdisjoint(body):
        normal = normalize.normalize(url.key_path(request.url), body, request.method)[1]
        body = normal if storable(normal) else body
    extras = request.extras
    if url.key_query(request.url, keep_query) and UNKNOWN_QUERY not in extras:
        extras = (*extras, UNKNOWN_QUERY)
    request = request._replace(body=body, extras=extras)
    return rekeyed(interaction._replace(request=request), matching, keep_query)


def upgrade_body(interaction: Interaction) -> Interaction:
    """A 2.0 recording in the form of 2.1, playing the same bytes [V20-8]."""
    response = interaction.response
    body = _modern_body(response.body, dict(response.headers).get("content-type", ("",))[0])
    return interaction._replace(response=response._replace(body=body))


def _modern_body(body: Body, content_type: str) -> Body:
    if isinstance(body, EventStream) and not body.framing:
        return forms.encode(content_type, b"".join(forms.decode(body)))
    if isinstance(body, JsonBody):
        return forms.encode("application/json", b"".join(forms.decode(body)))
    return body
