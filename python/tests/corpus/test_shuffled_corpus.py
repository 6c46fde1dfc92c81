"""No wrong replay over real traffic, whatever the order of the requests.

Each cassette of the corpus is recorded, and then asked its requests in shuffled order. Requests
that are one request (by their bytes, or by an equality that the specification names) keep their
order. All others may come at any time, and still get their own answers. Then one value of the
query, a header by which a provider chooses, or the host is changed. Such a request is never
answered in silence with what belongs to another.

Who is one request with whom is decided here, by few lines that know nothing of the code under test.
"""

from __future__ import annotations

import collections
import copy
import gzip
import json
import random
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from corpus.test_replay_corpus import CORPUS, MATCHING, RULES, Row, open_session, recorded
from promptecho._base.model import CassetteFile, Request
from promptecho._matching.request import prepare
from promptecho._session.modes import Mode, State
from promptecho._session.session import Decision, Replay

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason=f"the corpus is not at {CORPUS}")

SEEDS = (1, 2, 3)

#: Names of the query of which a value is a credential or is random: they are no part of a request.
NO_MEANING = {
    *("key", "api_key", "apikey", "token", "access_token", "code", "secret", "sig", "signature"),
    *("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders"),
    *("x-amz-signature", "x-amz-security-token", "nonce", "code_challenge", "timestamp", "_"),
}
#: Headers by which providers choose what answers.
CHOOSING = {
    *("anthropic-beta", "openai-beta", "api-revision", "azureml-model-deployment", "range"),
    *("x-amzn-bedrock-guardrailidentifier", "x-amzn-bedrock-guardrailversion"),
}
#: Members of a body that the specification calls volatile, and that leave the answer's words alone.
BOOKKEEPING = (
    *("metadata", "user", "store", "service_tier", "labels", "keep_alive", "stream_options"),
    *("prompt_cache_key", "prompt_cache_retention", "safety_identifier", "requestMetadata"),
)


class Called(NamedTuple):
    """A request of the corpus, and who it is one request with."""

    request: Request
    identity: str


def identity(request: Request, host: bool = True) -> str:
    """Equal for two requests only if they are one, by their bytes or by a named equality."""
    url = urlsplit(request.url)
    query = sorted(
        (name, value)
        for name, value in parse_qsl(url.query, keep_blank_values=True)
        if name.lower() not in NO_MEANING
    )
    chosen = sorted((n.lower(), v) for n, v in request.headers if n.lower() in CHOOSING)
    where = url.netloc.lower() if host else ""
    return repr((request.method, where, url.path, query, chosen, _body(request)))


def _body(request: Request) -> str:
    text = request.body.decode("latin-1")
    content_type = next((v for n, v in request.headers if n.lower() == "content-type"), "")
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if boundary:
        return text.replace(boundary[1], "boundary")
    try:
        value = json.loads(request.body)
    except ValueError:
        return text
    if isinstance(value, dict):
        value = _without_call_ids(value)
        for name in BOOKKEEPING:
            value.pop(name, None)
    return json.dumps(value, sort_keys=True)


def _without_call_ids(body: dict[str, Any]) -> dict[str, Any]:
    """Ids of tool calls by their order: clients make them up, and a test may mask them."""
    body = copy.deepcopy(body)
    names: dict[str, str] = {}
    for node in _objects(body):
        for member in ("id", "call_id", "tool_call_id", "tool_use_id", "toolUseId"):
            if isinstance(node.get(member), str):
                node[member] = names.setdefault(node[member], f"id {len(names)}")
    return body


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value
    for child in children if isinstance(value, (dict, list)) else ():
        yield from _objects(child)


class Cassette(NamedTuple):
    """A recorded cassette of the corpus."""

    name: tuple[str, str]
    file: CassetteFile
    calls: list[Called]


@pytest.fixture(scope="module")
def cassettes() -> list[Cassette]:
    rows: dict[tuple[str, str], list[Row]] = {}
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = Row(line)
            rows.setdefault(row.cassette, []).append(row)
    return [
        Cassette(
            name,
            recorded(found)[0],
            [Called(row.request, identity(row.request)) for row in found],
        )
        for name, found in rows.items()
    ]


def shuffled(calls: list[Called], chance: random.Random) -> list[int]:
    """Indexes of the calls in another order; calls of one identity keep theirs."""
    order = list(range(len(calls)))
    chance.shuffle(order)
    turn = {
        each: iter([i for i, call in enumerate(calls) if call.identity == each])
        for each in {call.identity for call in calls}
    }
    return [next(turn[calls[index].identity]) for index in order]


def test_the_order_of_requests_does_not_matter(
    cassettes: list[Cassette], record_property: Any
) -> None:
    tried, wrong, missed, drifted = 0, [], [], []
    for cassette in cassettes:
        for seed in SEEDS if len(cassette.calls) > 1 else ():
            session = open_session(cassette.file, Mode.NONE, State.PRESENT)
            for index in shuffled(cassette.calls, random.Random(seed)):
                tried += 1
                place = (*cassette.name, seed, index)
                request = cassette.calls[index].request
                decision = session.decide(prepare(request, RULES, MATCHING))
                if not isinstance(decision, Replay):
                    missed.append(place)
                elif decision.interaction is not cassette.file.interactions[index]:
                    wrong.append((*place, request.url))
                elif decision.drift:
                    drifted.append(place)
    print(f"\n{tried} requests in {len(SEEDS)} orders: {len(wrong)} wrong, {len(missed)} missed")
    record_property("shuffled", tried)
    show(wrong, missed, drifted)
    assert tried
    assert (wrong, missed, drifted) == ([], [], [])


def show(*found: list[Any]) -> None:
    """Some of what is wrong, for the report of a test that fails."""
    for each in found:
        print(*each[:20], sep="\n")


def asked(file: CassetteFile, request: Request) -> Decision:
    """What a session over this file makes of one request."""
    session = open_session(file, Mode.NONE, State.PRESENT)
    return session.decide(prepare(request, RULES, MATCHING))


def verdict(cassette: Cassette, changed: Request) -> str:
    """``own``, ``miss`` or ``drift``; or ``silent``, which must not be."""
    decision = asked(cassette.file, changed)
    if not isinstance(decision, Replay):
        return "miss"
    recordings = cassette.file.interactions
    index = next(i for i, each in enumerate(recordings) if each is decision.interaction)
    if cassette.calls[index].identity == identity(changed):
        return "own"
    return "drift" if decision.drift else "silent"


def judge(cassettes: list[Cassette], changes: Any, record_property: Any, name: str) -> None:
    """Make each change to each request: none may be answered in silence."""
    counts: collections.Counter[str] = collections.Counter()
    silent = []
    for cassette in cassettes:
        for call in cassette.calls:
            for what, changed in changes(cassette, call.request):
                found = verdict(cassette, changed)
                counts[found] += 1
                if found == "silent":
                    silent.append((*cassette.name, what, changed.url))
    print(f"\n{name}: {dict(counts)}")
    record_property(name, dict(counts))
    show(silent)
    assert counts
    assert silent == []


def test_another_value_in_the_query_is_never_answered_in_silence(
    cassettes: list[Cassette], record_property: Any
) -> None:
    judge(cassettes, _other_queries, record_property, "another query")


def _other_queries(_: Cassette, request: Request) -> Iterator[tuple[str, Request]]:
    url = urlsplit(request.url)
    fields = parse_qsl(url.query, keep_blank_values=True)

    def asking(fields: list[tuple[str, str]]) -> Request:
        query = urlencode(fields, quote_via=quote)
        return request._replace(url=url._replace(query=query).geturl())

    for at, (name, value) in enumerate(fields):
        if name.lower() not in NO_MEANING and value != "REDACTED":
            rest = fields[at + 1 :]
            yield f"{name} changed", asking([*fields[:at], (name, f"{value}2"), *rest])
            yield f"{name} removed", asking([*fields[:at], *rest])
            yield f"{name} twice", asking([*fields[:at], (name, value), (name, value), *rest])
    yield "added", asking([*fields, ("city", "Rome")])


def test_another_choosing_header_is_never_answered_in_silence(
    cassettes: list[Cassette], record_property: Any
) -> None:
    judge(cassettes, _other_headers, record_property, "another header")


def _other_headers(_: Cassette, request: Request) -> Iterator[tuple[str, Request]]:
    for at, (name, value) in enumerate(request.headers):
        if name.lower() in CHOOSING:
            rest = request.headers[at + 1 :]
            changed = (*request.headers[:at], (name, f"{value}2"), *rest)
            yield f"{name} changed", request._replace(headers=changed)
            yield f"{name} removed", request._replace(headers=(*request.headers[:at], *rest))
    if not any(name.lower() == "api-revision" for name, _ in request.headers):
        added = (*request.headers, ("Api-Revision", "2026-05-20"))
        yield "api-revision added", request._replace(headers=added)


def test_another_host_of_the_file_is_never_answered_in_silence(
    cassettes: list[Cassette], record_property: Any
) -> None:
    judge(cassettes, _other_hosts, record_property, "another host")


def _other_hosts(cassette: Cassette, request: Request) -> Iterator[tuple[str, Request]]:
    url = urlsplit(request.url)
    # The host text has a port, which the scheme decides where the URL has none [URL-9].
    hosts = {urlsplit(call.request.url)[:2] for call in cassette.calls}
    for scheme, host in sorted(hosts):
        if host.lower() != url.netloc.lower():
            changed = url._replace(scheme=scheme, netloc=host)
            yield host, request._replace(url=changed.geturl())
