"""Whether keys are those of their requests. [FILE-11] [KEY-1] [NORM-1]"""

from __future__ import annotations

from collections.abc import Iterator

from .._base.model import Interaction, RecordedRequest, Steps
from .._base.vocabulary import WHOLE
from .._matching import normalize, url
from .._matching.matched_names import Matching
from .._matching.query import stored_field
from .._matching.rekey import rekeyed
from .._matching.rules import RecordingPolicy
from .._text.canonical import canonical
from .._text.storable import storable
from .finding import WARNING, Note


def key_notes(
    item: Interaction, path: Steps, chosen: Matching, rules: RecordingPolicy
) -> Iterator[Note]:
    request = item.request
    place = (*path, "request", "match_key")  # ERR-4
    code = "finding.key-mismatch"
    try:
        canonical(request.body)
        right = rekeyed(item, chosen, rules).request
        normal = _normalized(item)
        renormal = right if normal is item else rekeyed(normal, chosen, rules).request
    except ValueError:
        problem = "the body holds a number or a character that has no canonical form"
        yield Note(place, code, problem, "Correct the body, or record the call again.")
        return
    if right.match_key != request.match_key:
        yield Note(
            place,
            code,
            f'match_key is "{request.match_key}", but this request has the key "{right.match_key}"',
            "If you edited the request on purpose, run `promptecho accept` on the file; otherwise "
            "record the call again.",
        )
    elif right.matched_on != request.matched_on:
        yield Note(
            place,
            code,
            f"match_on and the body give matched_on: {_names(right.matched_on)}",
            f"Write matched_on: {_names(right.matched_on)}.",
        )
    elif renormal.match_key != right.match_key:
        yield Note(
            place,
            code,
            "the body is not canonical, so no request matches this recording",
            f'Record the call again. The canonical body has the key "{renormal.match_key}".',
            WARNING,
        )


def _normalized(item: Interaction) -> Interaction:
    request = item.request
    body = request.body
    if request.dialect is None and WHOLE.isdisjoint(body):
        normal = normalize.normalize(url.key_path(request.url), body, request.method)[1]
        if normal != body and storable(normal):
            return item._replace(request=request._replace(body=normal))
    return item


def clear_query(request: RecordedRequest, rules: RecordingPolicy) -> tuple[str, ...]:
    """Names of query parameters whose values would be stored otherwise. [RED-3]"""
    if "?" not in request.url:
        return ()
    return tuple(
        field.name
        for field in url.query_fields(request.url, rules.query)
        if field.text != stored_field(field, rules.query)
    )


def _names(names: tuple[str, ...]) -> str:
    return f"[{', '.join(names)}]"
