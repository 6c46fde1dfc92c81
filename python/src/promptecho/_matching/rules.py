"""The rules that are lists: the data files of the spec, and what a user adds to them.

`spec/data/*.json` is shipped with this package (in a checkout it is read from there). Adding never
removes a default [RED-9].
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from .._base.vocabulary import ALL
from .._bodies.headers import HeaderRules
from .._redaction.redactor import Redactor
from .._redaction.shapes import SecretPattern
from .data_files import data
from .hosts import Hosts
from .matched_names import Matching


class UserRules(NamedTuple):
    """What a user adds to the lists of the spec.

    Attributes:
        headers: response headers whose value is redacted; any case.
        query: query parameters that are stored in clear and matched.
        members: members of JSON and form bodies whose string value is redacted; any case.
        patterns: regular expressions whose matches are redacted from every text.
        literals: secret values of this process, redacted from every text.
    """

    headers: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()


class RecordingPolicy(NamedTuple):
    """Everything that decides how a request and a response are stored.

    Attributes:
        redactor: takes secrets out.
        detector: finds, without taking them out, the shapes that `redactor` leaves in; None
            where it leaves none (`on_secret` other than ``warn``).
    """

    headers: HeaderRules
    framing_headers: frozenset[str]
    keep_query: frozenset[str]
    redactor: Redactor
    detector: Redactor | None
    reasons: Mapping[int, str]
    terminal_data: frozenset[str]
    terminal_types: frozenset[str]

    def ends_stream(self, event: str) -> bool:
        """Whether a server-sent event is the last one of its stream [BODY-10]."""
        fields = [line.partition(":") for line in event.split("\n")]
        data = "\n".join(value.strip(" ") for name, _, value in fields if name == "data")
        if data in self.terminal_data:
            return True
        if any(n == "event" and v.strip(" ") in self.terminal_types for n, _, v in fields):
            return True
        return _type_of(data) in self.terminal_types


_NOTHING = UserRules()


@lru_cache(maxsize=64)
def rules(additions: UserRules = _NOTHING, *, keep_shapes: bool = False) -> RecordingPolicy:
    """The spec's rules with a user's additions.

    Args:
        additions: what the user adds.
        keep_shapes: whether known credential shapes stay in the text and are only reported
            (`on_secret="warn"`); members and headers are redacted all the same.
    """
    headers = data("headers")
    terminators = data("stream-terminators")
    shapes = _redactor(additions, shapes=True)
    return RecordingPolicy(
        headers=HeaderRules(
            dropped=frozenset(headers["framing"]) | frozenset(headers["churn"]),
            redacted=frozenset(headers["redacted"]) | _lower(additions.headers),
        ),
        framing_headers=frozenset(headers["framing"]),
        keep_query=frozenset(data("query-keep")["names"]).union(additions.query),
        redactor=_redactor(additions, shapes=False) if keep_shapes else shapes,
        detector=shapes if keep_shapes else None,
        reasons={int(code): text for code, text in data("reason-phrases")["phrases"].items()},
        terminal_data=frozenset(terminators["sse_data"]),
        terminal_types=frozenset(terminators["sse_types"]),
    )


def default_match_on() -> tuple[str, ...]:
    """The names that a new cassette is matched on [MATCH-2]."""
    return tuple(data("match-on")["default"])


def matching(names: tuple[str, ...], *, legacy: bool = False) -> Matching:
    """How bodies are matched under a cassette's `match_on` [MATCH-1..4, V20-3]."""
    defaults = data("match-on")
    lenient = names == tuple(defaults["default"]) or (
        legacy and names == tuple(defaults["default_2_0"])
    )
    return Matching(names, lenient and names != (ALL,))


@lru_cache(maxsize=64)
def passthrough(additions: tuple[str, ...]) -> Hosts:
    """The hosts whose calls are none of a cassette's business [PASS-1, PASS-3]."""
    return Hosts([*data("passthrough")["hosts"], *additions])


def default_passthrough() -> Hosts:
    """Those that the spec names: telemetry of SDKs, and the metadata service of a machine."""
    return passthrough(())


def secret_values(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of credential-like environment variables [RED-8]."""
    rule = data("env-secrets")
    suffixes = tuple(rule["suffixes"])
    return tuple(
        sorted(
            value
            for name in environ
            if name.upper().endswith(suffixes)
            and len(value := environ[name]) >= rule["min_length"]
            and not any(character.isspace() for character in value)
        )
    )


def _redactor(additions: UserRules, *, shapes: bool) -> Redactor:
    members = data("redact-members")
    patterns: list[SecretPattern] = []
    if shapes:
        known = data("secret-patterns")["patterns"]
        patterns += [SecretPattern(p["name"], p["literal"], p["pattern"]) for p in known]
        patterns += [SecretPattern("user", "", pattern) for pattern in additions.patterns]
    return Redactor(
        _lower(members["names"]) | _lower(additions.members),
        patterns,
        members["xml_elements"],
        additions.literals if shapes else (),
    )


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _type_of(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""
