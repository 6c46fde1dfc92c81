"""The key of a request, and what goes into it (spec sections 6 and 7).

The keys were computed with sha256sum, from texts written with the `rfc8785` package.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

import promptecho
from promptecho._base.errors import CassetteError
from promptecho._base.model import RecordedRequest, Request
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, matching, rules
from support.session_builders import sent

CAT: dict[str, Any] = {
    "model": "claude-opus-4-8",
    "messages": [{"role": "user", "content": "Summarize: the cat sat on the mat."}],
    "max_tokens": 100,
}
API = "https://api.example.com"
FORM = "application/x-www-form-urlencoded"


def key(body: Any, path: str = "/v1/x", method: str = "POST", **how: Any) -> str:
    return sent(body, url=API + path, method=method, **how).request.match_key


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/v1/messages", CAT, "7d206bed48a0bc0c"),
        ("POST", "/v1/messages?beta=true", CAT, "1d219dad27586507"),
        ("POST", "/v1/messages?key=s", CAT, "7d206bed48a0bc0c"),
        ("post", "/v1/messages#part", CAT, "7d206bed48a0bc0c"),
        ("GET", "/v1/models", b"", "1100ca4580d11e36"),
        ("GET", "/v1/models?limit=20", b"", "133e84fa444325df"),
        ("GET", "/v1/s?version=2+x&alt=a&token=t&alt=b", b"", "fb5d664226e7ac59"),
        ("POST", "/v1/embeddings", {"model": "e", "input": "x"}, "33f7dd3c59d71201"),
        (
            "POST",
            "/v1/embeddings",
            {"input": ["é", "😀", "\u2028"], "user": "u", "dimensions": 256, "model": "e"},
            "cf88f7ffd4165834",
        ),
        ("POST", "/v1/x", b'{"n": [1.0, 1.50, 1E-7, -0, 1e2]}', "00ac9d449fb7366b"),
        ("POST", "/v1/x", {"\ue000": 1, "\U00010000": 2}, "895760395515d052"),
        ("POST", "/v1/x", b"[1,2]", "94779549d3b8d959"),
        ("POST", "/v1/x", b"\xff\xfe", "f58447aa4d32f783"),
        ("POST", "/model/a%3a0/invoke", {"a": 1}, "54c9b0bd0c176181"),
    ],
)
def test_keys_that_were_computed_from_the_text_of_the_rule(
    method: str, path: str, body: Any, expected: str
) -> None:
    assert key(body, path, method) == expected


def test_the_key_of_a_form() -> None:
    body = b"grant_type=client_credentials&client_secret=s3cret"
    assert key(body, "/v1/oauth/token", content_type=FORM) == "99a0108a3e899f0d"


@pytest.mark.parametrize("boundary", ["a", "----WebKitFormBoundary0x1F"])
def test_the_key_of_a_multipart_body_whatever_its_boundary(boundary: str) -> None:
    disposition = "Content-Disposition: form-data; name="
    body = (
        (
            f'--{boundary}\r\n{disposition}"model"\r\n\r\nw\r\n'
            f'--{boundary}\r\n{disposition}"file"; filename="a.wav"\r\n'
            "Content-Type: audio/wav\r\n\r\n"
        ).encode()
        + b"\x00\xff\r\n--"
        + f"{boundary}--\r\n".encode()
    )
    how = f"multipart/form-data; boundary={boundary}"
    assert key(body, "/v1/audio", content_type=how) == "29ba88f24a204fd4"


@pytest.mark.parametrize(
    ("match_on", "expected"),
    [
        (["*"], "1ac5aeed05672128"),
        (["model"], "16f465a54ad73ceb"),
        (["max_tokens", "messages", "model"], "1ac5aeed05672128"),
        (None, "7d206bed48a0bc0c"),
    ],
)
def test_fingerprint_gives_the_key_under_any_list(match_on: Any, expected: str) -> None:
    url = f"{API}/v1/messages"
    for body in (CAT, json.dumps(CAT), json.dumps(CAT, indent=2).encode()):
        assert promptecho.fingerprint("POST", url, body, match_on=match_on) == expected


def test_fingerprint_refuses_a_list_that_is_none() -> None:
    with pytest.raises(CassetteError) as caught:
        promptecho.fingerprint("POST", API, {}, match_on=["*", "model"])
    assert caught.value.code == "option.value"


def test_fingerprint_refuses_a_body_that_is_not_json() -> None:
    with pytest.raises(CassetteError, match="not JSON"):
        promptecho.fingerprint("POST", API, {"x": float("nan")})


DEFAULT = default_match_on()


@pytest.mark.parametrize(
    ("body", "match_on", "expected"),
    [
        (CAT, DEFAULT, "model messages"),
        ({"messages": [], "tools": [{}], "model": "m"}, DEFAULT, "model messages tools"),
        ({"model": "m", "input": "x", "user": "u"}, DEFAULT, "model input"),
        ({"model": "m", "input": "x", "user": "u"}, ("model", "messages"), "model"),
        ({**CAT, "stream": True}, ("*",), "model messages max_tokens"),
        ({**CAT, "stream": True}, ("stream", "model"), "stream model"),
        (CAT, ("nothing",), ""),
        ({}, DEFAULT, ""),
        (b"", ("model",), ""),
    ],
)
def test_the_names_that_are_matched(body: Any, match_on: tuple[str, ...], expected: str) -> None:
    request = sent(body, match_on=match_on).request
    assert request.matched_on == tuple(expected.split())


@pytest.mark.parametrize("match_on", [DEFAULT, ("model",), ("*",)])
@pytest.mark.parametrize(
    ("content_type", "body", "other", "name"),
    [
        ("application/json", b"[1]", b"[2]", "__json__"),
        ("application/json", b'{"a":1,"a":2}', b'{"a":1,"a":3}', "__raw_body_sha256__"),
        ("text/plain", b"hi", b"ho", "__raw_body_sha256__"),
        (FORM, b"a=1", b"a=2", "__form__"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--b--',
            b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n2\r\n--b--',
            "__multipart__",
        ),
    ],
)
def test_bodies_that_are_no_objects_are_always_in_the_key(
    content_type: str, body: bytes, other: bytes, name: str, match_on: tuple[str, ...]
) -> None:
    request = sent(body, content_type=content_type, match_on=match_on).request
    assert request.matched_on == (name,)
    assert list(request.body) == [name]
    again = sent(other, content_type=content_type, match_on=match_on).request
    assert again.match_key != request.match_key


@pytest.mark.parametrize("name", ["__raw_body_sha256__", "__multipart__", "__form__", "__json__"])
def test_an_object_cannot_pass_for_another_kind_of_body(name: str) -> None:
    data = json.dumps({name: "x", "model": "m"}).encode()
    request = sent(data).request
    assert request.body == {"__raw_body_sha256__": hashlib.sha256(data).hexdigest()}


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}",
        b'{"<<": 1}',
        json.dumps({"n" * 513: 1}).encode(),
        b'{"a": 9007199254740992}',
        b'{"a": 1e400}',
        b'{"a": "\\ud800"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": 1} x',
        b'{"a": NaN}',
    ],
)
def test_what_a_cassette_could_not_hold_is_opaque(body: bytes) -> None:
    assert sent(body).request.body == {"__raw_body_sha256__": hashlib.sha256(body).hexdigest()}


def from_the_file(request: RecordedRequest, path: str) -> str:
    """The key as anybody would compute it from what the file holds."""
    fields = {name: request.body[name] for name in request.matched_on if "." not in name}
    whole = {"fields": fields, "method": request.method, "path": path}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    "body",
    [
        CAT,
        {"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user"}]},
        {"model": "m", "messages": [], "tools": [{"type": "function", "function": {"name": "f"}}]},
        {"password": "x", "input": "y"},
        b"not json",
    ],
)
def test_what_you_see_is_what_was_hashed(body: Any) -> None:
    request = sent(body, url=f"{API}/v1/x").request
    assert request.match_key == from_the_file(request, "/v1/x")


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_request_whose_coding_cannot_be_undone_here_is_warned_of(
    coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promptecho._bodies.content_coding._first_importable", lambda *names: None)
    with pytest.warns(RuntimeWarning, match=f"content-encoding {coding} cannot be read"):
        encoded(coding)
    assert encoded("gzip") == encoded("unheard-of")


def encoded(coding: str) -> str:
    request = Request("POST", API, (("Content-Encoding", coding),), b"not what the header says")
    return prepare(request, rules(), matching(default_match_on())).request.match_key
