"""A small file of each kind of each recorder, written by hand, and the calls in it."""

from __future__ import annotations

import base64
import gzip
import json
import sys
from typing import Any

import pytest

from promptecho._base.model import Request
from promptecho._foreign.calls import REASONS, Call, Lost, Unknown, Unreadable
from promptecho._foreign.reader import KINDS, read

MOST = 1 << 20
URL = "https://api.example.com/v1/chat"
PACKED = gzip.compress(b'{"a": 1}')


def calls(data: str | bytes, kind: str | None = None) -> tuple[Call | Lost, ...]:
    return read(data.encode() if isinstance(data, str) else data, kind, most=MOST).calls


def only(data: str | bytes, kind: str | None = None) -> Call:
    (found,) = calls(data, kind)
    assert isinstance(found, Call)
    return found


def vcrpy(
    *,
    body: str = "hi",
    response: str = "body: {string: hello}",
    headers: str = "{}",
    sent: str = "{}",
) -> str:
    return f"""\
interactions:
- request:
    body: {body}
    headers: {sent}
    method: POST
    uri: {URL}
  response:
    {response}
    headers: {headers}
    status: {{code: 200, message: OK}}
version: 1
"""


# --- vcrpy ---------------------------------------------------------------------------------------


def test_a_call_of_vcrpy() -> None:
    found = read(vcrpy(sent="{A: [b, c], D: e}").encode(), None, most=MOST)
    assert found.kind == "vcrpy"
    assert found.calls == (
        Call(
            Request("POST", URL, (("A", "b"), ("A", "c"), ("D", "e")), b"hi"),
            200,
            "OK",
            (),
            b"hello",
        ),
    )


@pytest.mark.parametrize(
    ("body", "octets"),
    [
        ("null", b""),
        ("''", b""),
        ("12", b"12"),
        ("1.50", b"1.50"),
        ("yes", b"yes"),
        ("true", b"true"),
        ('"caf\\xe9"', "caf\u00e9".encode()),
        ("!!binary AP8=", b"\x00\xff"),
        ("!!python/unicode 'x'", b"x"),
        ("!!python/str 'x'", b"x"),
        ("{string: x}", b"x"),
        ("{base64_string: AP8=}", b"\x00\xff"),
        (
            "!!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary AP8=, 0, null]}",
            b"\0\xff",
        ),
        ("!!python/object/apply:builtins.iter {args: [[a, !!binary /w==]]}", b"a\xff"),
    ],
)
def test_a_body_of_vcrpy_in_each_shape(body: str, octets: bytes) -> None:
    assert only(vcrpy(body=body)).request.body == octets


def test_no_tag_of_python_runs() -> None:
    made = only(vcrpy(body="!!python/object/apply:os.system ['exit 1']"))
    assert made.request.body == b"exit 1"


def test_names_and_values_of_headers_may_be_objects_or_bytes_of_python() -> None:
    sent = (
        "{? !!python/object/apply:multidict._multidict.istr [Accept] : ['*/*'], B: [!!binary YQ==]}"
    )
    assert only(vcrpy(sent=sent)).request.headers == (("Accept", "*/*"), ("B", "a"))


def test_headers_may_be_pairs_or_objects() -> None:
    assert only(vcrpy(headers="[[A, b], [C, [d, e]]]")).headers == (
        ("A", "b"),
        ("C", "d"),
        ("C", "e"),
    )
    assert only(vcrpy(headers="[{name: A, value: b}]")).headers == (("A", "b"),)


def test_a_stale_content_encoding_is_dropped_and_said() -> None:
    made = only(vcrpy(headers="{Content-Encoding: gzip, A: b}"))
    assert (made.headers, made.body, made.notes) == ((("A", "b"),), b"hello", ("stale-coding",))


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "gzip, br"])
def test_octets_that_are_not_of_the_coding_are_decoded_ones(coding: str) -> None:
    response = "body: {string: !!binary iVBORw0KGgo=}"
    made = only(vcrpy(response=response, headers=f"{{content-encoding: '{coding}'}}"))
    assert (made.body, made.headers) == (b"\x89PNG\r\n\x1a\n", ())


def test_a_coded_body_keeps_its_content_encoding() -> None:
    packed = base64.b64encode(PACKED).decode()
    made = only(
        vcrpy(response=f"body: {{string: !!binary {packed}}}", headers="{Content-Encoding: gzip}")
    )
    assert (made.headers, made.body) == ((("Content-Encoding", "gzip"),), PACKED)


def test_a_coded_body_may_be_a_text_of_octets() -> None:
    text = "".join(f"\\x{octet:02x}" for octet in PACKED)
    made = only(vcrpy(response=f'body: {{string: "{text}"}}', headers="{content-encoding: gzip}"))
    assert made.body == PACKED


def test_a_parsed_body_is_compact_json_and_said() -> None:
    response = "parsed_body: {b: 1.50, a: [true, null, é]}"
    made = only(vcrpy(response=response, headers="{content-encoding: [gzip]}"))
    assert made.body == '{"b":1.50,"a":[true,null,"é"]}'.encode()
    assert made.notes == ("rebuilt-answer",)
    assert made.headers == ()


def test_the_json_of_vcrpy() -> None:
    request = {"method": "GET", "uri": URL, "body": None, "headers": {"A": ["b"]}}
    response = {"status": {"code": 404, "message": "No"}, "headers": {}, "body": {"string": "é"}}
    tree = {"version": 1, "interactions": [{"request": request, "response": response}]}
    made = only(json.dumps(tree))
    assert (made.status, made.reason, made.body) == (404, "No", "é".encode())


def test_the_httpx_stub_of_vcrpy_4_wrote_other_names() -> None:
    response = "content: hello\n    http_version: HTTP/1.1\n    status_code: 201"
    text = vcrpy(response=response).replace("    status: {code: 200, message: OK}\n", "")
    assert (only(text).status, only(text).body) == (201, b"hello")


def test_a_list_of_vcrpy_before_1() -> None:
    text = """\
- request: !!python/object:vcr.request.Request
    body: null
    headers: !!python/object/apply:__builtin__.frozenset
    - - !!python/tuple [A, b]
    host: example.com
    method: GET
    path: /x?a=1
    port: 443
    protocol: https
  response:
    body: {string: hi}
    headers: {}
    status: {code: 200, message: OK}
"""
    assert only(text).request.url == "https://example.com/x?a=1"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (URL, "'**REDACTED**'", "no-url"),
        (URL, "''", "no-url"),
        (URL, "ws://h/x", "scheme"),
        (URL, "http://h:x/", "url"),
        (URL, "'http://[::1'", "url"),
        (URL, '"http://h/\\x01"', "url"),
        ("POST", "'P O'", "no-request"),
        ("code: 200", "code: 0", "no-answer"),
        ("code: 200", "code: 101", "status"),
        ("code: 200", "code: x", "status"),
        ("{string: hello}", "{base64_string: '!'}", "not-base64"),
        ("{string: hello}", "{string: [[a]]}", "not-bytes"),
    ],
)
def test_a_call_that_cannot_come_over_has_a_reason(old: str, new: str, reason: str) -> None:
    (found,) = calls(vcrpy().replace(old, new))
    assert isinstance(found, Lost)
    assert found.reason == reason
    assert reason in REASONS


@pytest.mark.parametrize("item", ["", "x", "{}", "{request: {method: GET, uri: 'http://h/'}}"])
def test_a_part_of_a_call_is_lost(item: str) -> None:
    (found,) = calls(f"interactions:\n- {item}\nversion: 1\n")
    assert isinstance(found, Lost)


def test_the_label_of_a_call_has_no_secret_of_its_url() -> None:
    text = vcrpy().replace(URL, "https://u:p@h/x?key=k").replace("code: 200", "code: 0")
    assert calls(text) == (Lost("no-answer", "POST https://h/x"),)


# --- VCR for Ruby and R --------------------------------------------------------------------------

RUBY = f"""\
---
http_interactions:
- request:
    method: post
    uri: {URL}
    body:
      encoding: UTF-8
      string: '{{"a":1}}'
    headers:
      Content-Type:
      - application/json
  response:
    status:
      code: 200
      message: OK
    headers: {{}}
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        AP8=
  recorded_at: Fri, 05 Jan 2024 10:00:00 GMT
recorded_with: VCR 6.4.0
"""


def test_a_call_of_vcr_for_ruby() -> None:
    assert read(RUBY.encode(), None, most=MOST).kind == "vcr"
    made = only(RUBY)
    assert made.request.method == "POST"
    assert (made.body, made.recorded_at) == (b"\x00\xff", "2024-01-05T10:00:00Z")


def test_ruby_may_keep_exact_octets_in_base64() -> None:
    text = RUBY.replace("string: !binary |-\n        AP8=", "base64_string: 'AP8=\n\n        '")
    assert only(text).body == b"\x00\xff"


def test_a_call_of_vcr_for_r() -> None:
    text = f"""\
http_interactions:
- request:
    method: POST
    uri: {URL}
    body:
      string: a
  response:
    status: 200
    headers:
      content-encoding: br
      vary:
      - A
      - B
    body:
      string: text
  recorded_at: 2026-08-02 22:33:29
recorded_with: VCR-vcr/2.0.0
"""
    assert read(text.encode(), None, most=MOST).kind == "r-vcr"
    made = only(text)
    assert made.headers == (("vary", "A"), ("vary", "B"))
    assert (made.body, made.notes) == (b"text", ("stale-coding",))
    assert made.recorded_at == "2026-08-02T22:33:29Z"


def test_a_body_that_vcr_for_r_keeps_elsewhere_is_lost() -> None:
    text = RUBY.replace(
        "string: !binary |-\n        AP8=", "file: yes\n      string: ../files/a.json"
    )
    assert calls(text) == (Lost("no-body", f"POST {URL}"),)


# --- cassetter -----------------------------------------------------------------------------------


def cassetter(kind: str, content: str) -> str:
    return f"""\
version: 1
interactions:
- request:
    method: POST
    uri: {URL}
    headers: {{}}
    body:
      type: json
      content:
        model: m
  response:
    status: 200
    headers: {{}}
    body:
      type: {kind}
      content: {content}
  recorded_at: 2026-11-28T01:22:28.525618+00:00
"""


@pytest.mark.parametrize(
    ("kind", "content", "octets"),
    [
        ("json", "{a: 1.0, b: 'x'}", b'{"a":1.0,"b":"x"}'),
        ("json", "hi", b'"hi"'),
        ("text", '"a\\r\\n"', b"a\r\n"),
        ("binary", "00ff", b"\x00\xff"),
        ("binary", '"68e9"', b"h\xe9"),
        ("none", "", b""),
    ],
)
def test_a_call_of_cassetter(kind: str, content: str, octets: bytes) -> None:
    made = only(cassetter(kind, content))
    assert made.request.body == b'{"model":"m"}'
    assert (made.body, made.recorded_at) == (octets, "2026-11-28T01:22:28Z")
    assert ("rebuilt-answer" in made.notes) == (kind == "json")


def test_other_protocols_of_cassetter_are_lost() -> None:
    text = cassetter("none", "") + "ws_interactions:\n- uri: wss://h/x\n  frames: []\n"
    assert calls(text)[1] == Lost("not-http", "wss://h/x")


TOML = f"""\
version = 1

[[interactions]]
recorded_at = "2026-11-28T01:22:28.799453+00:00"

[interactions.request]
method = "POST"
uri = "{URL}"
body_type = "json"
body_content = '{{"model": "bin"}}'

[interactions.request.headers]
host = ["h"]

[interactions.response]
status = 200
body_type = "binary"
body_content = "00ff"

[interactions.response.headers]
"""


def test_the_toml_of_cassetter_has_bytes() -> None:
    made = only(TOML)
    assert (made.request.body, made.body, made.notes) == (b'{"model": "bin"}', b"\x00\xff", ())
    assert read(TOML.encode(), None, most=MOST).kind == "cassetter"


def test_without_a_reader_of_toml_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tomllib", None)
    monkeypatch.setitem(sys.modules, "tomli", None)
    with pytest.raises(Unreadable, match=r"needs Python 3.11, or `pip install promptecho\[toml\]`"):
        calls(TOML)


# --- HAR -----------------------------------------------------------------------------------------


def har(content: dict[str, Any], *, post: object = None, **response: object) -> str:
    request = {"method": "POST", "url": URL, "headers": [{"name": ":path", "value": "/"}]}
    if post is not None:
        request["postData"] = post
    answer = {"status": 200, "statusText": "OK", "headers": [], "content": content, **response}
    started = "2024-01-05T10:00:00.123+01:00"
    entry = {"startedDateTime": started, "request": request, "response": answer}
    return json.dumps({"log": {"version": "1.2", "entries": [entry]}})


CHUNKS = [PACKED[:9], PACKED[9:]]
CODED = [{"name": "content-encoding", "value": "gzip"}]


def test_a_call_of_an_archive() -> None:
    made = only(har({"text": "é", "mimeType": "text/plain"}, post={"text": "sent"}))
    assert made.request == Request("POST", URL, (), b"sent")
    assert (made.headers, made.body) == ((("content-type", "text/plain"),), "é".encode())
    assert made.recorded_at == "2024-01-05T09:00:00Z"


@pytest.mark.parametrize(
    "content",
    [
        {"encoding": "base64", "text": base64.b64encode(PACKED).decode()},
        {
            "encoding": "base64",
            "text": json.dumps([base64.b64encode(each).decode() for each in CHUNKS]),
        },
        {"encoding": "hex", "text": json.dumps([each.hex() for each in CHUNKS])},
        {"_isBinary": True, "text": json.dumps([each.hex() for each in CHUNKS])},
    ],
)
def test_octets_of_an_archive_in_each_shape(content: dict[str, Any]) -> None:
    made = only(har(content, headers=CODED))
    assert (made.body, made.headers) == (PACKED, (("content-encoding", "gzip"),))


def test_one_piece_of_an_archive_is_decoded_though_its_package_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setitem(sys.modules, "brotlicffi", None)
    png = {"encoding": "base64", "text": base64.b64encode(b"\x89PNG\xff").decode()}
    coded = [{"name": "content-encoding", "value": "br"}]
    assert (only(har(png, headers=coded)).body, only(har(png, headers=coded)).headers) == (
        b"\x89PNG\xff",
        (),
    )


def test_fields_of_a_form_are_its_body() -> None:
    post = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a", "value": "b c"}],
    }
    assert only(har({}, post=post)).request.body == b"a=b+c"


@pytest.mark.parametrize(
    ("content", "response", "reason"),
    [
        ({"size": 12}, {}, "no-body"),
        ({}, {"status": 0}, "no-answer"),
        ({"encoding": "base64", "text": "!"}, {}, "not-base64"),
        ({"text": "\ud800"}, {}, "not-text"),
    ],
)
def test_an_answer_that_an_archive_lacks(
    content: dict[str, Any], response: dict[str, Any], reason: str
) -> None:
    (found,) = calls(har(content, **response))
    assert found == Lost(reason, f"POST {URL}")


# --- the others ----------------------------------------------------------------------------------


def langchain(uri: str, answer: str, kind: str = "text/event-stream") -> str:
    return f"""\
requests:
- body: !!binary e30=
  headers:
    Content-Type: ['**REDACTED**']
    A: [b]
  method: POST
  uri: '{uri}'
responses:
- body:
    string: {answer}
  headers:
    Content-Type: '{kind}'
  status: {{code: 200, message: OK}}
"""


def test_a_call_of_langchain_in_gzip() -> None:
    data = gzip.compress(langchain(URL, "'data: x'").encode())
    assert read(data, None, most=MOST).kind == "langchain"
    made = only(data)
    assert made.request == Request("POST", URL, (("A", "b"),), b"{}")
    assert made.notes == ()


@pytest.mark.parametrize(
    ("answer", "url", "kind"),
    [
        (
            '\'{"object":"chat.completion"}\'',
            "https://api.openai.com/v1/chat/completions",
            "application/json",
        ),
        ('\'{"object": "response"}\'', "https://api.openai.com/v1/responses", "application/json"),
        (
            '"event: x\\ndata: {\\"type\\":\\"message\\"}"',
            "https://api.anthropic.com/v1/messages",
            "text/event-stream",
        ),
    ],
)
def test_a_hidden_url_is_that_of_the_api_which_answers_so(answer: str, url: str, kind: str) -> None:
    made = only(langchain("**REDACTED**", answer, "**REDACTED**"))
    assert (made.request.url, made.headers) == (url, (("content-type", kind),))
    assert made.notes == ("inferred-url", "inferred-type")


def test_a_hidden_url_stays_unknown_if_the_answer_does_not_tell() -> None:
    (found,) = calls(langchain("**REDACTED**", "x"))
    assert found == Lost("no-url", "POST **REDACTED**")


def test_a_request_without_its_answer_is_lost() -> None:
    text = langchain(URL, "x").partition("responses:")[0] + "responses: []\n"
    assert calls(text) == (Lost("no-answer", f"POST {URL}"),)


def test_a_call_of_dd_trace() -> None:
    request = {"method": "POST", "url": URL, "headers": {"A": "b"}, "body": "base64:AP8="}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": "base64 is text"}
    data = json.dumps({"request": request, "response": response})
    assert read(data.encode(), None, most=MOST).kind == "dd-apm"
    made = only(data)
    assert (made.request.body, made.body) == (b"\x00\xff", b"base64 is text")


@pytest.mark.parametrize(
    ("members", "sent", "octets"),
    [
        ({"body": {"a": 1.5}, "response": {"b": "é"}}, b'{"a":1.5}', '{"b":"é"}'.encode()),
        ({"body": "text", "response": "text"}, b"text", b"text"),
        ({"body": "0102ff", "response": "ff00", "responseIsBinary": True}, b"\1\2\xff", b"\xff\0"),
        (
            {
                "body": "",
                "response": [each.hex() for each in CHUNKS],
                "rawHeaders": {"content-encoding": "gzip"},
            },
            b"",
            PACKED,
        ),
        ({"body": "", "response": ["a"], "rawHeaders": ["A", "b"]}, b"", b'["a"]'),
    ],
)
def test_a_call_of_nock(members: dict[str, Any], sent: bytes, octets: bytes) -> None:
    scope = {"scope": "https://api.example.com:443", "method": "POST", "path": "/v1/chat"}
    data = json.dumps([{**scope, "status": 200, **members}])
    assert read(data.encode(), None, most=MOST).kind == "nock"
    made = only(data)
    assert (made.request.url, made.request.body, made.body) == (URL, sent, octets)


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_than_was_named(kind: str) -> None:
    with pytest.raises(Unknown, match=f"not of the kind {kind}"):
        calls("a: b\n", kind)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"# nothing\n", "the file holds no value"),
        (b"\x1f\x8b\x08", "its end is missing"),
        (b"\x1f\x8bxx", "is gzip and damaged"),
        (gzip.compress(b" " * (MOST + 1)), "has more than 1048576 bytes"),
        (b"interactions: [", "neither JSON nor YAML .line 2"),
        (b"[" * 100_000, "nested too deep|neither JSON"),
        (b"a: " + b"[" * 300 + b"]" * 300, "nested over 200 levels"),
        (b"version = [\n", "is not TOML|needs Python 3.11"),
        (b"\xff\xfea", "begins as UTF-16 and is not"),
    ],
)
def test_a_file_that_cannot_be_read_has_a_reason(data: bytes, problem: str) -> None:
    with pytest.raises(Unreadable, match=problem):
        calls(data)


@pytest.mark.parametrize("data", [b"a: b\n", b"[1]", b"{}", b"text", b"version: 2\nmatch_on: []\n"])
def test_a_file_of_no_recorder_is_unknown(data: bytes) -> None:
    with pytest.raises(Unknown):
        calls(data)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"--- \n"])
def test_what_may_be_before_a_file(mark: bytes) -> None:
    assert only(mark + vcrpy().encode()).body == b"hello"


def test_line_ends_of_windows() -> None:
    assert only(vcrpy().replace("\n", "\r\n")).body == b"hello"


def test_utf_16() -> None:
    assert only(vcrpy().encode("utf-16")).body == b"hello"


def test_a_file_that_is_not_utf_8_is_read_and_said() -> None:
    made = only(vcrpy(body="caf\u00e9").encode("latin-1"))
    assert (made.request.body, made.notes) == ("caf\u00e9".encode(), ("not-utf-8",))


def test_several_documents_are_one_file() -> None:
    assert len(calls(f"{vcrpy()}---\n{vcrpy()}")) == 2


def test_an_alias_is_its_anchor_and_a_value_in_itself_is_null() -> None:
    text = vcrpy(sent="&h {A: b, C: *h}", headers="*h")
    assert only(text).headers == (("A", "b"), ("C", ""))


def test_aliases_do_not_grow() -> None:
    levels = "\n".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30))
    text = vcrpy(response="parsed_body: *a29") + f"x:\n  a0: &a0 [lol]\n{levels}\n"
    # The anchors have to come first.
    head, _, tail = text.partition("x:\n")
    (found,) = calls("x:\n" + tail + head)
    assert found == Lost("unstorable", f"POST {URL}")


def test_lines_of_headers_do_not_grow() -> None:
    names = ", ".join(f"h{n}: *a" for n in range(3000))
    text = vcrpy(sent="{" + names + "}")
    (found,) = calls(f"x: &a [{', '.join('b' * 3000)}]\n{text}")
    assert found == Lost("unstorable", f"POST {URL}")


def test_a_file_of_refused_calls_is_given_up() -> None:
    big = f"x: &a [{', '.join('b' * 3000)}]\n" + vcrpy(sent="{A: *a}").replace("version: 1\n", "")
    more = "".join(vcrpy(sent="{A: *a}").splitlines(keepends=True)[1:-1])
    with pytest.raises(Unreadable, match="too many are refused"):
        calls(big + more * 300)


def test_pieces_of_a_body_do_not_grow() -> None:
    text = f"x: &a '{'y' * 1000}'\n" + vcrpy(body="[" + ", ".join(["*a"] * 40_000) + "]")
    assert calls(text) == (Lost("unstorable", f"POST {URL}"),)


def test_a_merge_key_adds_what_it_names() -> None:
    assert only(vcrpy(sent="{<<: {A: b}, C: d}")).request.headers == (("A", "b"), ("C", "d"))
