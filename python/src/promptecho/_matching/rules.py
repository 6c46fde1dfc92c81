"""The rules that are lists: the data files of the spec, and what a user adds to them.

Adding never removes a default, save where an option of the user's names it [RED-9].
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from .._base.model import FileOptions
from .._base.spec_data import data
from .._base.vocabulary import ALL
from .._bodies.headers import HeaderRules
from .._redaction.literals import Literal
from .._redaction.member_places import Names, conversation
from .._redaction.opaque_data import OpaqueMembers
from .._redaction.redactor import Redactor
from .._redaction.shapes import SecretPattern
from .._redaction.urls import UrlNames
from .hosts import Hosts
from .matched_names import Matching
from .query import Group, QueryRules
from .request_headers import RequestHeaderRules


class UserRules(NamedTuple):
    """What a user adds to the lists of the spec.

    Attributes:
        options: those that can stand in a file.
        headers: response headers whose value is redacted; any case.
        keep_headers: response headers that are stored though they are noise; in lower case.
        literals: secret values of this process, redacted from every text [RED-8].
    """

    options: FileOptions = FileOptions()
    headers: tuple[str, ...] = ()
    keep_headers: tuple[str, ...] = ()
    literals: tuple[Literal, ...] = ()


class RecordingPolicy(NamedTuple):
    """Everything that decides how a request and a response are stored.

    Attributes:
        headers: what becomes of response headers.
        query: the classes of query parameters.
        request_headers: which request headers are stored, and which are in the key.
        match_host: whether the host is in the key.
        redactor: takes secrets out.
        detector: finds, without taking them out, the shapes that `redactor` leaves in; None
            where it leaves none (`on_secret` other than ``warn``).
        taken: takes out the values that were taken from answers of this session [RED-16].
    """

    headers: HeaderRules
    framing_headers: frozenset[str]
    query: QueryRules
    request_headers: RequestHeaderRules
    match_host: bool
    redactor: Redactor
    detector: Redactor | None
    taken: Redactor
    reasons: Mapping[int, str]
    terminal_data: frozenset[str]
    terminal_types: frozenset[str]

    def knowing(self, values: Iterable[str]) -> RecordingPolicy:
        """The rules of a session in which these values were taken from an answer [RED-16]."""
        literals = [Literal(value, "") for value in values]
        if not literals:
            return self
        taken = self.taken.knowing(literals)
        return self._replace(
            redactor=self.redactor.knowing(literals),
            taken=taken,
            query=self.query._replace(taken=taken),
        )

    def ends_stream(self, event: str) -> bool:
        """Whether a server-sent event is the last one of its stream [BODY-10]."""
        fields = [line.partition(":") for line in event.split("\n")]
        data = "\n".join(value.strip(" ") for name, _, value in fields if name == "data")
        if data in self.terminal_data:
            return True
        named = [value.strip(" ") for name, _, value in fields if name == "event"]
        return not self.terminal_types.isdisjoint({*named[-1:], _type_of(data)})


#: Nothing was taken from an answer yet.
_NOTHING_TAKEN = Redactor()

#: What a user adds who adds nothing.
NO_ADDITIONS = UserRules()


@lru_cache(maxsize=64)
def rules(additions: UserRules = NO_ADDITIONS, *, keep_shapes: bool = False) -> RecordingPolicy:
    """The spec's rules with a user's additions.

    Args:
        additions: what the user adds.
        keep_shapes: whether known credential shapes stay in the text and are only reported
            (`on_secret="warn"`); members and headers are redacted all the same.
    """
    terminators = data("stream-terminators")
    shapes = _redactor(additions, shapes=True)
    return RecordingPolicy(
        headers=_header_rules(additions),
        framing_headers=frozenset(data("headers")["framing"]),
        query=_query_rules(additions),
        request_headers=RequestHeaderRules(additions.options.match_headers, drift_headers()),
        match_host=additions.options.match_host,
        redactor=_redactor(additions, shapes=False) if keep_shapes else shapes,
        detector=shapes if keep_shapes else None,
        taken=_NOTHING_TAKEN,
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


def secret_values(environ: Mapping[str, str]) -> tuple[Literal, ...]:
    """The values of credential-like environment variables that look secret [RED-8]."""
    suffixes = tuple(data("env-secrets")["suffixes"])
    names = [name for name in environ if name.upper().endswith(suffixes)]
    return _secret_values(tuple((name, environ[name]) for name in names))


@lru_cache(maxsize=1)  # a run of tests asks for each cassette
def _secret_values(variables: tuple[tuple[str, str], ...]) -> tuple[Literal, ...]:
    looks_secret = rules().redactor.looks_secret
    return tuple(
        Literal(value, f"the value of the environment variable {name}")
        for name, value in sorted(variables)
        if not any(character.isspace() for character in value) and looks_secret(value)
    )


def lists_version() -> int:
    """The version of the spec's lists that keys depend on [FILE-20]."""
    return int(data("lists")["version"])


@cache
def drift_headers() -> frozenset[str]:
    """Request headers that are stored in clear [HEAD-8]."""
    return frozenset(row["name"] for row in data("header-drift")["headers"])


def _header_rules(additions: UserRules) -> HeaderRules:
    """What becomes of response headers [HEAD-3] to [HEAD-5], [HEAD-11] to [HEAD-13]."""
    headers = data("headers")
    churn = frozenset(headers["churn"]) - frozenset(additions.keep_headers)
    return HeaderRules(
        dropped=frozenset(headers["framing"]) | churn,
        redacted=frozenset(headers["redacted"]) | _lower(additions.headers),
        challenges=frozenset(headers["challenges"]),
        challenge_parameters=frozenset(row["name"] for row in headers["challenge_parameters"]),
        cookies=frozenset(headers["cookies"]),
        waits=frozenset(headers["waits"]),
    )


def _query_rules(additions: UserRules) -> QueryRules:
    """The classes of query parameters [URL-6]."""
    secret, volatile = data("query-secret"), data("query-volatile")
    options = additions.options
    return QueryRules(
        redact=frozenset(options.redact_query),
        ignore=frozenset(options.ignore_query),
        keep=frozenset(options.keep_query),
        secret=_lower([*secret["always"], *secret["maybe"]]),
        volatile=_lower(volatile["names"]),
        groups=tuple(Group(_lower(g["with"]), _lower(g["names"])) for g in volatile["groups"]),
        clear=_lower(data("query-keep")["names"]),
        patterns=Redactor(_patterns(additions), urls=_url_names(additions)),
        environment=Redactor(literals=additions.literals),
        taken=_NOTHING_TAKEN,
    )


def _redactor(additions: UserRules, *, shapes: bool) -> Redactor:
    opaque, secrets = data("opaque-members"), data("conversation-secrets")
    return Redactor(
        _patterns(additions) if shapes else (),
        additions.literals if shapes else (),
        _names(additions),
        conversation(secrets["places"], secrets["tools"]),
        OpaqueMembers(opaque["members"], opaque["min_length"]),
        data("redact-members")["xml_elements"],
        _url_names(additions) if shapes else None,
    )


def _names(additions: UserRules) -> Names:
    """The names of members whose values are secret [RED-4]."""
    lists = data("redact-members")
    kept = frozenset(additions.options.keep_members)
    return Names(
        always=_lower(lists["names"]) - kept,
        maybe=_lower(lists["maybe"]) - kept,
        own=frozenset(additions.options.redact_members),
        kept=kept,
        headers=frozenset(data("headers")["redacted"]) - kept,
        long=lists["maybe_length"],
        looks_secret=Redactor(_patterns(additions)).looks_secret,
    )


def _url_names(additions: UserRules) -> UrlNames:
    """The names of query fields that are secret in URLs inside a text [RED-21]."""
    secret = data("query-secret")
    always = _lower(secret["always"]) | frozenset(additions.options.redact_query)
    return UrlNames(always, _lower(secret["maybe"]) - always)


def _patterns(additions: UserRules) -> list[SecretPattern]:
    known = data("secret-patterns")["patterns"]
    own = [SecretPattern("user", "", pattern) for pattern in additions.options.redact_patterns]
    return [*map(_known_pattern, known), *own]


def _known_pattern(row: dict[str, Any]) -> SecretPattern:
    return SecretPattern(
        row["name"],
        row["literal"],
        row["pattern"],
        row.get("base64", False),
        row.get("anywhere", False),
        row.get("whole", False),
        tuple(row.get("needs", ())),
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
