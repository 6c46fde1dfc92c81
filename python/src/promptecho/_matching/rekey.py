"""Recordings brought up to date: their keys under other options, their form from 2.0 to 2.1.

A 2.0 recording is renewed when its file is opened, so a session sees one kind of recording only;
what it plays stays as it was written until the file is saved.
"""

from __future__ import annotations

from .._base.model import (
    CassetteFile,
    FileOptions,
    Interaction,
    RecordedRequest,
)
from .._base.vocabulary import UNKNOWN_QUERY, WHOLE
from .._bodies import forms
from .._bodies.checksum import checksum
from .._redaction.sweep import clean_request
from .._text.storable import storable
from . import envelope, normalize, url
from .conversation import is_of_conversation
from .key import Target, match_key
from .matched_names import Matching
from .query import KeyQuery, QueryRules
from .request_headers import key_headers, with_unknown
from .rules import RecordingPolicy, UserRules, drift_headers, lists_version
from .rules import rules as rules_of

#: The options by which stored bodies are redacted again [MATCH-6].
_REDACTED_BY = ("redact_members", "keep_members", "redact_query")


def rekeyed(interaction: Interaction, matching: Matching, rules: RecordingPolicy) -> Interaction:
    """The same recording with the key that is made of what is stored [KEY-4].

    What you see is what was hashed [KEY-1].
    """
    return _keyed(interaction, matching, target(interaction.request, rules))


def adopted(
    file: CassetteFile, matching: Matching, rules: RecordingPolicy, options: FileOptions
) -> tuple[Interaction, ...]:
    """The recordings of a 2.1 file under another `match_on` or other options [MATCH-6].

    Args:
        file: the file, with the options that its keys were computed under.
        matching: the `match_on` in force.
        rules: made of the options in force.
        options: those in force.
    """
    matched = rules.request_headers.matched
    known = {
        *file.options.match_headers,
        *(drift_headers() if (file.lists or 0) >= lists_version() else ()),
    }
    ours, theirs = options, file.options
    clean = any(getattr(ours, name) != getattr(theirs, name) for name in _REDACTED_BY)

    def one(item: Interaction) -> Interaction:
        request = item.request
        headers = with_unknown(request.headers, matched, known)
        body = _clean(request, rules).body if clean else request.body
        request = request._replace(headers=headers, body=body)
        item = item._replace(request=request)
        return _keyed(item, matching, target(request, rules, before))

    before = query_rules(file.options)
    return tuple(map(one, file.interactions))


def renewed(
    interaction: Interaction, matching: Matching, rules: RecordingPolicy, *, legacy: bool = False
) -> Interaction:
    """A recording as the present lists would store its request, with the key of that [SEL-7].

    Args:
        interaction: the recording.
        matching: the `match_on` in force.
        rules: those in force.
        legacy: whether it is of a 2.0 file, whose keys have no query and no headers [V20-4].
    """
    request = _clean(interaction.request, rules)
    address = envelope.address(request.url, rules.redactor, rules.detector, rules.query)
    item = interaction._replace(request=request._replace(url=address.url))
    if legacy:
        return upgrade_key(item, matching, rules)
    return rekeyed(_normalized(item), matching, rules)


def _clean(request: RecordedRequest, rules: RecordingPolicy) -> RecordedRequest:
    """A stored request as the present rules redact it."""
    return clean_request(request, rules.redactor, is_of_conversation(request))


def query_rules(options: FileOptions) -> QueryRules:
    """The classes of query parameters under the options of a file, by their names alone."""
    # The patterns of a file are not run [MATCH-11].
    return rules_of(UserRules(options._replace(redact_patterns=()))).query


def target(
    request: RecordedRequest, rules: RecordingPolicy, before: QueryRules | None = None
) -> Target:
    """What is in the key of a recording besides its body, made of what is stored.

    Args:
        request: what is stored.
        rules: those in force.
        before: the classes of query parameters that it was stored under, if they are others.
    """
    return Target(
        request.method,
        url.key_path(request.url),
        known_query(request, rules, before),
        key_headers(dict(request.headers), rules.request_headers.matched),
        url.host_text(request.url) if rules.match_host else None,
    )


def _keyed(interaction: Interaction, matching: Matching, target: Target) -> Interaction:
    request = interaction.request
    names = matching.names_in(request.body, target.path)
    key = match_key(target, request.body, names)
    return interaction._replace(request=request._replace(match_key=key, matched_on=names))


def known_query(
    request: RecordedRequest, rules: RecordingPolicy, before: QueryRules | None = None
) -> KeyQuery:
    """The key query of a recording; empty where it is not known any more.

    A value that is in the key now, and was not stored, is None [URL-11].
    """
    if UNKNOWN_QUERY in request.extras:
        return ()
    known = url.key_query(request.url, rules.query)
    lost = url.lost_query(request.url, before, rules.query) if before is not None else ()
    if not lost:
        return known
    pairs = [*known, *((name, None) for name in lost)]
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


def upgrade_key(
    interaction: Interaction, matching: Matching, rules: RecordingPolicy
) -> Interaction:
    """A 2.0 recording under the present rules of matching [V20-3, V20-4]."""
    item = _normalized(interaction)
    old = target(item.request, rules)._replace(query=(), headers=())
    return _keyed(item, matching, old)


def upgraded(interaction: Interaction, matching: Matching, rules: RecordingPolicy) -> Interaction:
    """A 2.0 recording as a 2.1 file holds it, playing the same bytes [V20-8]."""
    item = _normalized(interaction)
    request = item.request
    if url.has_query(request.url) and UNKNOWN_QUERY not in request.extras:
        request = request._replace(extras=(*request.extras, UNKNOWN_QUERY))
    headers = with_unknown(request.headers, rules.request_headers.matched, ())
    item = item._replace(request=request._replace(headers=headers))
    return upgrade_body(rekeyed(item, matching, rules))


def _normalized(interaction: Interaction) -> Interaction:
    request = interaction.request
    if not WHOLE.isdisjoint(request.body):
        return interaction
    path = url.key_path(request.url)
    body = normalize.normalize(path, request.body, request.method)[1]
    if not storable(body):
        return interaction
    return interaction._replace(request=request._replace(body=body))


def upgrade_body(interaction: Interaction) -> Interaction:
    """A 2.0 recording in the form of 2.1, playing the same bytes [V20-8]."""
    response = interaction.response
    if response is None:
        return interaction
    types = dict(response.headers).get("content-type") or ("",)
    body = forms.encode(types[-1], b"".join(forms.decode(response.body)))  # BODY-1
    return interaction._replace(response=response._replace(body=body, checksum=checksum(body)))
