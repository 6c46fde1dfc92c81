"""Secrets do not get into a cassette, and redacting twice is redacting once (spec section 12).

Every secret here is put together at run time, so that no text of this repository looks like one.
"""

from __future__ import annotations

import base64
import json
import re
import string
from typing import Any, Callable
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptecho._base.model import FileOptions, JsonBody, Layout, Request
from promptecho._bodies import forms
from promptecho._matching.request import Prepared, prepare
from promptecho._matching.rules import (
    UserRules,
    data,
    default_match_on,
    matching,
    rules,
    secret_values,
)
from promptecho._redaction.literals import Literal
from promptecho._redaction.member_places import EVERYWHERE
from promptecho._session.response import LiveResponse, record
from support.secret_tables import secrets
from support.session_builders import sent
from support.timing import grows_linearly

TAIL = "a1B2c3D4e5F6g7H8i9J0" * 8


def shape(start: str, length: int, alphabet: str = "") -> str:
    """A made-up credential: its known start, and a tail that is the same every time."""
    tail = "".join(c for c in TAIL * 9 if not alphabet or re.match(alphabet, c))
    return start + tail[:length]


#: One for each pattern of the spec's list, by its name.
SECRETS = secrets()
NAMES = [pattern["name"] for pattern in data("secret-patterns")["patterns"]]


def literals(*texts: str) -> tuple[Literal, ...]:
    return tuple(Literal(text, "a literal") for text in texts)


def text_of(text: str, additions: UserRules = UserRules()) -> str:  # noqa: B008 (a value)
    return rules(additions).redactor.text(text)


def document(text: str) -> str:
    return rules().redactor.event(text)


# --- shapes ---------------------------------------------------------------------------------------


def test_every_shape_of_the_list_is_tested() -> None:
    assert list(SECRETS) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("around", ["{}", "key: {},", "<{}>", "é{} ", "a\n{}\nb", "({}), ok"])
def test_a_credential_is_taken_out_of_a_text(name: str, around: str) -> None:
    assert text_of(around.format(SECRETS[name])) == around.format("REDACTED")


@pytest.mark.parametrize("name", NAMES)
def test_a_credential_is_taken_out_wherever_it_stands(name: str) -> None:
    secret = SECRETS[name]
    start = json.dumps(secret)[1:-1][:30]
    request = sent({"model": "m", "messages": [{"role": "user", "content": [{"t": secret}]}]})
    assert start not in json.dumps(request.request)
    assert request.redacted == ("request.body.messages[0].content[0].t",)
    assert [found.place for found in request.secrets] == list(request.redacted)
    assert start not in document(f"data: {json.dumps({'delta': secret})}")
    assert start not in document(json.dumps(json.dumps({"delta": secret})))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import sk-learn and sk-image",
        "the task-force, a desk-top-publishing-and-so-on-and-so-forth-machine",
        "risk-averseandotherwiseverylongwordswithoutanyend",
        "Bearer of good news, Bearer tokens are explained",
        "AIza is how they begin",
        "AKIA",
        "token tokens max_tokens password",
        "eyJ is base64 of {\"",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "x" * 5000,
        "data:image/png;base64," + base64.b64encode(bytes(range(256)) * 40).decode(),
        base64.urlsafe_b64encode(bytes(range(256)) * 40).decode(),
        "0123456789abcdef" * 20,
        "550e8400-e29b-41d4-a716-446655440000",
        "req_" + "011CSHoEeqs5C35K2UUqR7Fy",
        "chatcmpl-" + "9mN8bV7cX6zL5kJ4hG3fD2sA1",
        "toolu_" + "01A09q90qw90lq917835lq9",
    ],
    ids=range(18),
)  # fmt: skip
def test_prose_base64_and_ids_stay(text: str) -> None:
    assert text_of(text) == text
    assert document(text) == text
    assert sent({"x": text}).redacted == ()


@given(st.binary(min_size=20, max_size=400))
def test_base64_of_anything_stays(content: bytes) -> None:
    # But for a shape that stands in it by chance: its start alone is 4 characters or more.
    encoded = base64.b64encode(content).decode()
    starts = [pattern["literal"] for pattern in data("secret-patterns")["patterns"]]
    if not any(start in encoded for start in starts):
        assert text_of(encoded) == encoded


# --- members --------------------------------------------------------------------------------------

MEMBERS = data("redact-members")["names"]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_secret_member_is_redacted_at_any_depth_and_in_any_case(name: str) -> None:
    body = {"a": [{name: "s3cret", name.upper(): "s3cret"}], "b": "s3cret"}
    expected = {"a": [{name: "REDACTED", name.upper(): "REDACTED"}], "b": "s3cret"}
    assert sent(body).request.body == expected
    received = json.dumps(body).encode()
    assert answered("application/json", received).body == JsonBody(expected, Layout("spaced"))


@pytest.mark.parametrize("beside", ["name", "Name", "naïve", "a\nb"])
@pytest.mark.parametrize("name", ["api_key", "API_Key"])
def test_a_secret_member_among_many_is_redacted(name: str, beside: str) -> None:
    members = {f"{beside}{number}": "value" for number in range(20_000)}
    redactor = rules().redactor
    assert redactor.json(members, []) is members
    assert redactor.json({**members, name: "hidden"}, [])[name] == "REDACTED"


@pytest.mark.parametrize(
    "body",
    [
        {"token": "a", "tokens": ["b"], "max_tokens": 1},
        {"password": ""},
        {"password": None, "api_key": 7, "secret_key": True},
        {"password": {"type": "string"}, "client_secret": ["a"]},
        {"my_password": "a", "password2": "a", "passwo\u0280d": "a"},
        {"arguments": '{"type": "password"}'},
        {"arguments": "{not json, \"password\": \"x\"}"},
    ],
)  # fmt: skip
def test_what_is_no_secret_member_stays(body: Any) -> None:
    request = sent(body)
    assert request.caller == body
    assert request.redacted == ()


# --- JSON in strings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"api_key": "k", "q": 1}', '{"api_key": "k", "q": 1}'),
        ('[{"tenant_key": "k"}]', '[{"tenant_key":"REDACTED"}]'),
        ('{"q": 1, "b": 1.0}', '{"q": 1, "b": 1.0}'),
        ('{"tenant\\u005fkey": "k"}', '{"tenant_key":"REDACTED"}'),
        (
            json.dumps({"inner": json.dumps({"tenant_key": "k", "é": 1})}),
            json.dumps({"inner": '{"tenant_key":"REDACTED","é":1}'}, ensure_ascii=False).replace(
                '": "', '":"'
            ),
        ),
        (f'{{"q": "\\u0073{SECRETS["openai"][1:]}"}}', '{"q":"REDACTED"}'),
        (f'{{"q": "{SECRETS["openai"]}"}}', '{"q": "REDACTED"}'),
        (' {"api_key": "k"}', ' {"api_key": "k"}'),
    ],
)
def test_json_in_a_string_is_redacted_inside(value: str, expected: str) -> None:
    request = with_own({"x": value})
    assert request.request.body == {"x": expected}
    assert request.redacted == (("request.body.x",) if value != expected else ())


@pytest.mark.parametrize(
    "pattern", [r"^tok_[a-z]+$", r"\Atok_[a-z]+\Z", r'(?<!["a-z])tok_[a-z]+', r"^tok_"]
)
def test_a_pattern_that_asks_where_a_string_begins_is_tried_on_strings_in_strings(
    pattern: str,
) -> None:
    body = json.dumps({"input": json.dumps({"k": "tok_abcdef"})}).encode()
    own = rules(UserRules(FileOptions(redact_patterns=(pattern,))))
    asked = prepare(Request("POST", "https://h/v1/x", (), body), own, matching(("*",)))
    assert "tok_abcdef" not in asked.request.body["input"]


def test_what_a_removed_secret_joins_is_looked_at_again() -> None:
    joined = "sk" + "-" + "ABCDEFGHIJ" + "pa!ss!wo!rd!0123456" + "ABCDEFG"
    redactor = rules(UserRules(literals=literals("pa!ss!wo!rd!0123456"))).redactor
    once = redactor.text(joined)
    assert redactor.text(once) == once
    assert "ABCDEFG" not in once


# --- other bodies ---------------------------------------------------------------------------------


def answered(content_type: str, content: bytes, *headers: tuple[str, str]) -> Any:
    pairs = (("content-type", content_type), *headers)
    return record(LiveResponse(200, "OK", pairs, (content,)), rules()).response


def stored(content_type: str, content: bytes) -> str:
    return b"".join(forms.decode(answered(content_type, content).body)).decode()


KEY = SECRETS["anthropic"]


@pytest.mark.parametrize(
    ("content_type", "content", "expected"),
    [
        ("text/plain", f"no such key: {KEY}!", "no such key: REDACTED!"),
        ("text/event-stream", f"data: {KEY}\n\n: {KEY}", "data: REDACTED\n\n: REDACTED"),
        ("text/event-stream", 'data: {"api_key" : "k"}\n\n', 'data: {"api_key" : "k"}\n\n'),
        (
            "application/x-ndjson",
            '{"password":"a\\"b"}\n{"a":1}\n',
            '{"password":"a\\"b"}\n{"a":1}\n',
        ),
        (
            "text/xml",
            "<C><AccessKeyId>a</AccessKeyId><SessionToken>b=\n</SessionToken><Region>r</Region></C>",
            "<C><AccessKeyId>REDACTED</AccessKeyId><SessionToken>REDACTED</SessionToken>"
            "<Region>r</Region></C>",
        ),
        ("text/xml", "<accesskeyid>a</accesskeyid>", "<accesskeyid>a</accesskeyid>"),
        ("application/json", '{"a":1, "password":"x"}', '{"a":1, "password":"REDACTED"}'),
        (
            "application/json",
            '{"id_token":"x","id_token":"y"}',
            '{"id_token":"REDACTED","id_token":"REDACTED"}',
        ),
    ],
)  # fmt: skip
def test_an_answer_of_any_form_is_redacted(content_type: str, content: str, expected: str) -> None:
    assert stored(content_type, content.encode()) == expected


def test_a_key_in_bytes_that_are_no_text_is_redacted() -> None:
    body = answered("application/octet-stream", b"\xff" + KEY.encode() + b"\xff").body
    assert forms.decode(body) == [b"\xffREDACTED\xff"]


@pytest.mark.parametrize(
    ("content_type", "content", "places"),
    [
        ("application/json", json.dumps({"a": [KEY], "b": {"id_token": "x"}}),
         ("response.body.a[0]", "response.body.b.id_token")),
        ("text/plain", KEY, ("response.body",)),
        (
            "text/event-stream",
            f"data: 1\n\ndata: {KEY}\n\n{KEY}",
            ("response.events[1]", "response.tail"),
        ),
        ("text/plain", "fine", ()),
    ],
)  # fmt: skip
def test_the_places_in_an_answer_are_told(
    content_type: str, content: str, places: tuple[str, ...]
) -> None:
    received = LiveResponse(200, "OK", (("content-type", content_type),), (content.encode(),))
    assert record(received, rules()).redacted == places


FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"


def part(name: str, value: str) -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


@pytest.mark.parametrize(
    ("content_type", "content", "expected"),
    [
        (
            FORM,
            urlencode({"Client_Secret": "s", "scope": "a b", "note": KEY, "password": ""}),
            {
                "__form__": [
                    ["Client_Secret", "REDACTED"],
                    ["note", "REDACTED"],
                    ["password", ""],
                    ["scope", "a b"],
                ]
            },
        ),
        (
            FORM,
            urlencode({"j": f'{{"password":"x","k":"{KEY}"}}'}),
            {"__form__": [["j", '{"password":"x","k":"REDACTED"}']]},
        ),
        (
            PARTS,
            part("api_key", "s") + part("prompt", f"use {KEY}") + part("n", "1") + "--b--",
            {
                "__multipart__": [
                    {"name": "api_key", "text": "REDACTED"},
                    {"name": "n", "text": "1"},
                    {"name": "prompt", "text": "use REDACTED"},
                ]
            },
        ),
    ],
)  # fmt: skip
def test_a_form_is_redacted_by_name_and_by_shape(
    content_type: str, content: str, expected: Any
) -> None:
    request = sent(content.encode(), content_type=content_type)
    assert request.request.body == expected
    assert request.redacted == ("request.body",)


def test_an_opaque_body_is_hashed_without_its_secrets() -> None:
    with_key, without = sent(f"use {KEY}".encode()), sent(b"use REDACTED")
    assert with_key.request.body == without.request.body
    assert (with_key.redacted, without.redacted) == (("request.body",), ())


# --- headers and addresses ------------------------------------------------------------------------


@pytest.mark.parametrize("name", data("headers")["redacted"])
def test_a_header_that_names_somebody_keeps_its_name_and_count_only(name: str) -> None:
    response = answered("text/plain", b"x", (name.title(), "a"), (name, "b"))
    assert dict(response.headers)[name] == ("REDACTED", "REDACTED")


def test_a_key_in_any_other_header_is_redacted_and_told() -> None:
    headers = (("x-echo", f"used {KEY}"), ("x-request-id", "req_1"))
    recorded = record(LiveResponse(200, "OK", headers, ()), rules())
    assert dict(recorded.response.headers) == {
        "x-echo": ("used REDACTED",),
        "x-request-id": ("req_1",),
    }
    assert recorded.redacted == ("response.headers.x-echo",)


@pytest.mark.parametrize(
    ("url", "expected", "places"),
    [
        ("https://u:p@h/v1?key=s&alt=sse#f", "https://h/v1?key=REDACTED&alt=sse", ()),
        ("https://h/v1?sig=&flag", "https://h/v1?sig=&flag", ()),
        (f"https://h/bot{KEY}/x", f"https://h/bot{KEY}/x", ()),  # no word begins there
        (f"https://h/{KEY}/x?alt={KEY}", "https://h/REDACTED/x?alt=REDACTED", ("request.url",)),
    ],
)
def test_an_address_is_stored_without_secrets(
    url: str, expected: str, places: tuple[str, ...]
) -> None:
    request = sent({}, url=url)
    assert request.request.url == expected
    assert request.redacted == places


# --- what a user adds, and the environment --------------------------------------------------------

OWN = UserRules(
    FileOptions(redact_members=("tenant_key",), redact_patterns=(r"acme-[0-9]{4}",)),
    headers=("X-Tenant",),
    literals=literals("correct horse", "correct horse battery"),
)


def with_own(body: Any) -> Prepared:
    request = Request("POST", "https://h/v1", (), json.dumps(body).encode())
    return prepare(request, rules(OWN), matching(default_match_on()))


def test_what_a_user_adds_is_redacted_besides_the_defaults() -> None:
    body = {"tenant_key": "t", "password": "p", "x": f"acme-1234 {KEY} correct horse battery"}
    assert with_own(body).request.body == {
        "tenant_key": "REDACTED",
        "password": "REDACTED",
        "x": "REDACTED REDACTED REDACTED",
    }
    received = LiveResponse(200, "OK", (("x-tenant", "t"), ("set-cookie", "s")), ())
    assert {values for _, values in record(received, rules(OWN)).response.headers} == {
        ("REDACTED",)
    }


@pytest.mark.parametrize(
    "literal", ['quo"ted-and-long', "back\\slash-and-long", "accénted-and-long"]
)
def test_a_literal_is_found_however_json_has_escaped_it(literal: str) -> None:
    own = rules(UserRules(literals=literals(literal)))
    request = Request("POST", "https://h/v1", (), json.dumps({"x": f"is {literal}"}).encode())
    prepared = prepare(request, own, matching(default_match_on()))
    assert prepared.request.body == {"x": "is REDACTED"}


@pytest.mark.parametrize("slash", ["/", "\\/", "\\u002f"])
def test_a_shape_is_found_however_json_has_escaped_it(slash: str) -> None:
    secret = "Account" + "Key=" + f"abcdefg{slash}" * 11
    request = sent(f'{{"x": "{secret}"}}'.encode())
    assert request.request.body == {"x": "REDACTED"}


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("OPENAI_API_KEY", "0123456789ABCDEF", True),
        ("github_token", "0123456789ABCDEF", True),
        ("DB_PASSWORD", "0123456789ABCDEF", True),
        ("APP_SECRET", "0123456789ABCDEF", True),
        ("OPENAI_API_KEY", "0123456789ABCDE", False),
        ("OPENAI_API_KEY", "0123456789 ABCDEF", False),
        ("SEARCH_INDEX_KEY", "acme-support-index-2", False),
        ("OPENAI_API_KEY", "0f8fad5b-d9cb-469f-a165-70867728950e", False),
        ("KEYBOARD", "0123456789ABCDEF", False),
        ("PATH", "0123456789ABCDEF", False),
    ],
)
def test_values_of_variables_that_are_named_like_a_key(name: str, value: str, found: bool) -> None:
    source = f"the value of the environment variable {name}"
    assert secret_values({name: value}) == ((Literal(value, source),) if found else ())


def test_warn_leaves_shapes_and_tells_of_them_and_still_takes_out_members() -> None:
    lenient = rules(keep_shapes=True)
    body = {"x": KEY, "password": "p", "y": json.dumps({"k": KEY})}
    request = Request("POST", "https://h/v1", (), json.dumps(body).encode())
    prepared = prepare(request, lenient, matching(default_match_on()))
    assert prepared.request.body == {"x": KEY, "password": "REDACTED", "y": body["y"]}
    assert prepared.redacted == ("request.body.password",)
    assert [tuple(found) for found in prepared.secrets] == [
        ("request.body.x", ("anthropic",)),
        ("request.body.y", ("anthropic",)),
    ]
    received = LiveResponse(200, "OK", (("set-cookie", "s"),), (KEY.encode(),))
    recorded = record(received, lenient)
    assert dict(recorded.response.headers) == {"set-cookie": ("REDACTED",)}
    assert forms.decode(recorded.response.body) == [KEY.encode()]
    assert [found.place for found in recorded.secrets] == ["response.body"]


# --- twice is once --------------------------------------------------------------------------------

MARKS = ['"', "\\", "\\n", "-", "_", "=", "{", "}", "[", "]", ":", ",", "REDACTED", "Bearer", "a"]
MARKS += ["<AccessKeyId>", "</AccessKeyId>"]
PIECES = st.sampled_from([*SECRETS.values(), *MARKS, " ", "\n", '"password": "x"', '"api_key":"'])
TEXTS = st.lists(PIECES | st.text(string.printable, max_size=5), max_size=8).map("".join)
JSON_TEXTS = st.dictionaries(st.sampled_from(["password", "a"]), TEXTS, max_size=2).map(json.dumps)
VALUES = st.recursive(
    TEXTS | JSON_TEXTS | st.integers(0, 9) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["password", "API_KEY", "a", "messages"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(["password", "prompt", "messages", "x"]), VALUES)


@settings(max_examples=300)
@given(TEXTS)
def test_redacting_a_text_again_changes_nothing(text: str) -> None:
    once = text_of(text)
    assert text_of(once) == once
    read = document(text)
    assert document(read) == read


@given(BODIES)
def test_redacting_a_body_again_changes_nothing_and_the_key_stays(body: dict[str, Any]) -> None:
    first = sent(body)
    assert first.caller is not None
    again = sent(first.caller)
    assert again.caller == first.caller
    assert again.redacted == ()
    assert again.request == first.request
    stored_again = sent(first.request.body)
    assert stored_again.request.match_key == first.request.match_key


@given(st.lists(st.tuples(st.sampled_from(["password", "a"]), TEXTS), min_size=1))
def test_redacting_a_form_again_changes_nothing(pairs: list[tuple[str, str]]) -> None:
    first = sent(urlencode(pairs).encode(), content_type=FORM).request
    again = sent(urlencode([*map(tuple, first.body["__form__"])]).encode(), content_type=FORM)
    assert again.request == first
    assert again.redacted == ()


# --- hostile input --------------------------------------------------------------------------------

MANY = 200_000


@pytest.mark.parametrize(
    "text",
    [
        lambda n: "eyJ" * n,
        lambda n: "-eyJ" * n,
        lambda n: ("eyJ" + "a" * 500 + ".") * 1000,
        lambda n: f"-----{'BEGIN'} PRIVATE KEY-----" * (n // 10),
        lambda n: f"-----{'BEGIN'} PRIVATE KEY-----" + "-a" * n,
        lambda n: (f"-----{'BEGIN'} PRIVATE KEY-----\n" + TAIL[:40] + "\n") * (n // 100),
        lambda n: "-----BEGIN " + "A " * n,
        lambda n: "Bearer " * n,
        lambda n: "sk-" * n,
        lambda n: '"password":"' + "a" * n,
        lambda n: '"password":"' + "\\" * (2 * n),
        lambda n: '"password":' * n,
        lambda n: '"password"' + " " * n,
        lambda n: '"password":"a' * (n // 10),
        lambda n: "<AccessKeyId>" * n,
        lambda n: "<AccessKeyId>" + "a" * n,
        lambda n: "\\n" * n,
        lambda n: "[" * n,
        lambda n: '{"a":' * n,
        lambda n: "\\" * n,
    ],
    ids=range(20),
)  # fmt: skip
def test_the_time_for_hostile_text_grows_linearly(text: Callable[[int], str]) -> None:
    assert grows_linearly(text, document, MANY)
    assert grows_linearly(text, lambda prompt: sent({"x": prompt}), MANY)


def hostile(pattern: dict[str, str]) -> list[str]:
    """What a text can be made of so that a pattern nearly matches at many places."""
    start = f"-----{'BEGIN'} PRIVATE KEY-----" if "PEM" in pattern["name"].upper() else ""
    start = start or "s" * ("k_" in pattern["literal"]) + pattern["literal"]
    lengths = [int(number) for number in re.findall(r"\{(\d+)", pattern["pattern"])]
    around = ["{}", "-{}", " {}", "\\n{}", "{}a", "{}-", "{}_", "{}=", "{}\n", "{}\n" + "a" * 20]
    cut = [start + "a" * (length - 1) + end for length in lengths for end in "-.! "]
    return [each.format(start) for each in around] + cut + ["a", "-", "-a", "\\n", "A "]


@pytest.mark.parametrize("pattern", data("secret-patterns")["patterns"], ids=NAMES)
def test_the_time_of_a_pattern_grows_linearly(pattern: dict[str, str]) -> None:
    compiled = re.compile(pattern["pattern"], re.ASCII)
    for unit in hostile(pattern):
        for first in ("", hostile(pattern)[0]):
            assert grows_linearly(
                lambda size, unit=unit, first=first: first + unit * (size // len(unit)),
                lambda text: compiled.sub("", text),
                64_000,
            ), unit


# --- the quick look -------------------------------------------------------------------------------

MATCHES = st.sampled_from([p["pattern"] for p in data("secret-patterns")["patterns"]]).flatmap(
    lambda pattern: st.from_regex(re.compile(pattern, re.ASCII))
)
SHORT = [pattern["literal"] for pattern in data("secret-patterns")["patterns"]]
SEEN = rules(
    UserRules(literals=literals('quo"ted/literal', "0123456789abcdef", "häh?", "a/b/c/d/e/f/g/h/i"))
)
WORDS = st.sampled_from(
    [*SHORT, *SECRETS.values(), 'quo"ted/literal', "0123456789abcdef", "häh?", "a/b/c/d/e/f/g/h/i"]
)
TALK = st.lists(WORDS | MATCHES | PIECES, max_size=4).map("".join)


def spelled(draw: st.DrawFn, value: Any) -> str:
    """A JSON text of a value, some of its characters as escapes that no writer has to use."""
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        text = text.replace("/", "\\/")
    for character in draw(st.lists(st.sampled_from("-_kKAi/={<&é:"), max_size=2)):
        text = re.sub(  # not those that are the second half of an escape, nor structure
            rf'(?<!\\){character}(?=[^"]*"\s*[,}}\]:])',
            lambda match: f"\\u{ord(match.group()):04x}",
            text,
        )
    return text


@st.composite
def documents(draw: st.DrawFn) -> tuple[Any, bytes]:
    value = draw(st.dictionaries(st.sampled_from(["a", "Password", "x", "api_key"]), TALK))
    for _ in range(draw(st.integers(0, 2))):
        value = {"outer": spelled(draw, value), "n": [1, None, {"b": draw(TALK)}]}
    text = spelled(draw, value)
    try:
        return json.loads(text), text.encode()
    except ValueError:
        return value, json.dumps(value).encode()


@given(documents())
def test_a_look_at_the_text_of_a_body_never_hides_a_secret(given: tuple[Any, bytes]) -> None:
    value, text = given
    redactor = SEEN.redactor
    by_the_look: list[Any] = []
    everywhere: list[Any] = []
    clean = redactor.json(value, by_the_look, text)
    assert clean == redactor._walk(value, everywhere, (), EVERYWHERE, redactor._shapes)
    assert by_the_look == everywhere


@given(TALK, TALK)
def test_a_text_is_clear_only_if_each_part_of_it_is(text: str, around: str) -> None:
    redactor = SEEN.redactor
    possible_patterns = redactor.possible_patterns(text.encode())
    assert redactor.text(text, None, possible_patterns) == redactor.text(
        text, None, redactor._shapes
    )
    if redactor.surely_clean((around + "\n\n" + text).encode()):
        assert redactor.event(text) == text == redactor.text(text, None, redactor._shapes)
