"""Every value of a query, of a JSON array and of a form counts, over real traffic.

`test_normalize_corpus` asks this of JSON objects: change, remove or add one value, and the key is
another one, unless the specification names the place. The corpus holds few arrays and forms. So its
objects are also sent as the items of an array, and their texts as the fields of a form.
"""

from __future__ import annotations

import base64
import collections
import copy
import gzip
import json
import random
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from corpus.test_replay_corpus import CORPUS, MATCHING, ROOT, RULES, Row
from promptecho._base.errors import NotCanonical
from promptecho._base.model import Request
from promptecho._matching.request import prepare
from promptecho._text.json import parse

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason=f"the corpus is not at {CORPUS}")

SEED = 20261128
FORM = "application/x-www-form-urlencoded"
MOST_LEAVES = 40
MADE = 300  # arrays and forms that are made of objects

Fields = list[tuple[str, str]]


def _names(file: str, *lists: str) -> set[str]:
    data = json.loads((ROOT / "spec/data" / f"{file}.json").read_text())
    return {name.lower() for each in lists for name in data[each]}


class Mutant(NamedTuple):
    """A request with one change, and the rule by which the change may not count, or ""."""

    what: str
    request: Request
    rule: str


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        return [Row(line).request for line in lines]


def key(request: Request) -> str:
    return prepare(request, RULES, MATCHING).request.match_key


def judge(
    requests: Iterable[Request], mutants: Any, record_property: Any, name: str
) -> collections.Counter[str]:
    """Each mutant has another key, or a rule that says why not; no rule holds for one that has."""
    counts: collections.Counter[str] = collections.Counter()
    failures = []
    chance = random.Random(SEED)
    for request in requests:
        before = key(request)
        for what, changed, rule in mutants(request, chance):
            other = key(changed) != before
            counts["in the key" if other else rule or "unexplained"] += 1
            if not other and not rule:
                failures.append((request.method, request.url, what))
    print(f"\n{name}: {dict(counts)}")
    print(*failures[:20], sep="\n")
    record_property(name, dict(counts))
    assert failures == []
    return counts


# --- queries -----------------------------------------------------------------------------------


def test_every_value_of_a_query_counts(requests: list[Request], record_property: Any) -> None:
    asked = [request for request in requests if urlsplit(request.url).query]
    counts = judge(asked, _queries, record_property, "query values")
    assert counts["in the key"] >= 2 * len(asked)


def _queries(request: Request, _: random.Random) -> Iterator[Mutant]:
    url = urlsplit(request.url)
    fields = parse_qsl(url.query, keep_blank_values=True)
    secret = _names("query-secret", "always", "maybe")
    volatile = _names("query-volatile", "names")

    def asking(fields: Fields) -> Request:
        query = urlencode(fields, quote_via=quote)
        return request._replace(url=url._replace(query=query).geturl())

    for what, changed, name, value in _changed_fields(fields):
        rule = ""
        if name.lower() in secret or value == "REDACTED":
            rule = "URL-6 secret"
        elif name.lower() in volatile | _grouped(fields):
            rule = "URL-6 volatile"
        yield Mutant(what, asking(changed), rule)


def _grouped(fields: Fields) -> set[str]:
    """Names that are volatile beside others of this query."""
    groups = json.loads((ROOT / "spec/data/query-volatile.json").read_text()).get("groups", [])
    names = {name.lower() for name, _ in fields}
    return {each for group in groups if names & set(group["with"]) for each in group["names"]}


def _changed_fields(fields: Fields) -> Iterator[tuple[str, Fields, str, str]]:
    for at, (name, value) in enumerate(fields):
        before, after = fields[:at], fields[at + 1 :]
        yield f"change {name}", [*before, (name, f"{value}2"), *after], name, value
        yield f"remove {name}", [*before, *after], name, value
        yield f"add to {name}", [*before, (name, value), (name, "2"), *after], name, value
        if value:
            yield f"empty {name}", [*before, (name, ""), *after], name, value
    yield "add", [*fields, ("made_up", "1")], "made_up", ""


# --- arrays ------------------------------------------------------------------------------------


def test_every_leaf_of_an_array_counts(requests: list[Request], record_property: Any) -> None:
    given = [request for request in requests if request.body.lstrip()[:1] == b"["]
    counts = judge(given, _arrays, record_property, "arrays")
    assert not given or counts["in the key"]


def test_every_leaf_of_objects_in_an_array_counts(
    requests: list[Request], record_property: Any
) -> None:
    objects = [body for body in map(_object, requests) if body is not None]
    chance = random.Random(SEED)
    made = [
        _sending(chance.sample(objects, 2))
        for _ in range(min(MADE, len(objects)) if len(objects) > 1 else 0)
    ]
    judge(made, _arrays, record_property, "objects in an array")
    assert made


def test_spelling_of_an_array_says_nothing(requests: list[Request]) -> None:
    objects = [body for body in map(_object, requests) if body is not None][:MADE]
    for body in objects:
        sent = _sending([body, 1])
        text = json.dumps([_turned(body), 1.0], indent=1, ensure_ascii=True)
        assert key(sent._replace(body=text.encode())) == key(sent)


def _object(request: Request) -> dict[str, Any] | None:
    try:
        body = parse(request.body)
    except NotCanonical:
        return None
    # Large bodies hold media, and ids of JSON-RPC in an array are no part of a request.
    if not isinstance(body, dict) or "jsonrpc" in body or len(request.body) > 20_000:
        return None
    return body


def _sending(body: Any) -> Request:
    return Request(
        "POST",
        "https://api.example.com/v1/many",
        (("content-type", "application/json"),),
        json.dumps(body).encode(),
    )


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(list(value))}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def _arrays(request: Request, chance: random.Random) -> Iterator[Mutant]:
    body = json.loads(request.body)
    secret = _names("redact-members", "names")
    places = list(_leaves(body, ()))
    for place in chance.sample(places, min(len(places), MOST_LEAVES)):
        rule = "RED-4" if str(place[-1]).lower() in secret else ""
        for kind in ("change", "remove", "add"):
            changed = copy.deepcopy(body)
            _mutate(changed, place, kind)
            sent = request._replace(body=json.dumps(changed).encode())
            yield Mutant(f"{kind} {place}", sent, rule if kind == "change" else "")
    if len(body) > 1 and body[0] != body[-1]:
        turned = request._replace(body=json.dumps(body[::-1]).encode())
        yield Mutant("another order", turned, "")


def _leaves(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, (dict, list)) and value:
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, child in steps:
            yield from _leaves(child, (*place, step))
    elif place:
        yield place


def _mutate(body: Any, place: tuple[Any, ...], kind: str) -> None:
    holder = body
    for step in place[:-1]:
        holder = holder[step]
    value = holder[place[-1]]
    if kind == "remove":
        del holder[place[-1]]
    elif kind == "add" and isinstance(holder, list):
        holder.insert(place[-1], "made up")
    elif kind == "add":
        holder["made up"] = 1
    else:
        holder[place[-1]] = f"{value}2" if isinstance(value, str) else f"made up: {value}"


# --- forms -------------------------------------------------------------------------------------


def test_every_field_of_a_form_counts(requests: list[Request], record_property: Any) -> None:
    given = [request for request in requests if _is_form(request) and request.body]
    counts = judge(given, _forms, record_property, "forms")
    assert not given or counts["in the key"]


def test_every_field_of_a_form_made_of_texts_counts(
    requests: list[Request], record_property: Any
) -> None:
    objects = [body for body in map(_object, requests) if body is not None]
    made = [
        Request(
            "POST",
            "https://api.example.com/v1/form",
            (("content-type", FORM),),
            urlencode([(n, v) for n, v in body.items() if isinstance(v, str)]).encode(),
        )
        for body in random.Random(SEED).sample(objects, min(MADE, len(objects)))
    ]
    judge([each for each in made if each.body], _forms, record_property, "forms made of texts")
    assert made


def _is_form(request: Request) -> bool:
    return any(n.lower() == "content-type" and v.startswith(FORM) for n, v in request.headers)


def _forms(request: Request, _: random.Random) -> Iterator[Mutant]:
    fields = parse_qsl(request.body.decode(), keep_blank_values=True)
    secret = _names("redact-members", "names")
    for what, changed, name, _value in _changed_fields(fields):
        redacted = name.lower() in secret and not what.startswith(("remove", "add"))
        sent = request._replace(body=urlencode(changed).encode())
        yield Mutant(what, sent, "RED-4" if redacted else "")


def test_every_part_of_a_multipart_form_counts(
    requests: list[Request], record_property: Any
) -> None:
    judge(_multiparts(requests), _parts, record_property, "multipart")


def _multiparts(requests: list[Request]) -> list[Request]:
    kind = "multipart/form-data"
    return [
        request
        for request in requests
        if any(n.lower() == "content-type" and v.startswith(kind) for n, v in request.headers)
    ]


def _parts(request: Request, _: random.Random) -> Iterator[Mutant]:
    for at in _contents(request.body):
        changed = request.body[:at] + base64.b64encode(b"made up") + request.body[at:]
        yield Mutant(f"change the part at {at}", request._replace(body=changed), "")


def _contents(body: bytes) -> Iterator[int]:
    """Where the contents of parts begin: behind an empty line that ends headers of a part."""
    boundary = body.partition(b"\r\n")[0]
    at = body.find(boundary + b"\r\n")
    while boundary and at >= 0:
        begin = body.find(b"\r\n\r\n", at)
        if begin < 0:
            return
        yield begin + 4
        at = body.find(boundary + b"\r\n", begin)
