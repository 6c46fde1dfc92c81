"""No secret of a request or an answer can be found in any file, the journal included.

The secrets are put together at run time, so that no text of this repository looks like one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

import promptecho
from support.upstream import Answer, Call, Upstream, json_answer, sse_answer

URL_SAFE = "0aZ9bY8cX7dW6eV5fU4gT3hS2iR1jQ"


def secret(prefix: str, length: int = 48) -> str:
    """A made-up credential: a known beginning and a tail that is the same every time."""
    tail = URL_SAFE * (length // len(URL_SAFE) + 1)
    return prefix + tail[:length]


OPENAI = secret("sk-" + "proj-")
ANTHROPIC = secret("sk-" + "ant-api03-", 93) + "AA"
GOOGLE = secret("AI" + "za", 35)
AWS = "AK" + "IA" + "Q7RSTU2VWXYZ3456"
GITHUB = secret("gh" + "p_", 36)
SLACK = "xo" + "xb-" + "123456789012-" + secret("", 24)
JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890"}', bytes(range(32)))
)
PEM = "\n".join([f"-----{edge} RSA PRIVATE {'KEY'}-----" for edge in ("BEGIN", "END")]).replace(
    "\n", f"\n{secret('MII', 64)}\n{secret('x', 40)}\n"
)
OPAQUE = secret("Opq-", 24)
COOKIE = secret("session-", 24)
SHAPES = {
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "google": GOOGLE,
    "aws": AWS,
    "github": GITHUB,
    "slack": SLACK,
    "jwt": JWT,
    "pem": PEM,
}


class Session:
    """A recording session whose folder is searched after each call and at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets: list[str] = []

    def record(self, answer: Answer, *secrets: str, url: str = "/v1/x", **request: Any) -> str:
        """Record one call; the text of the cassette once nothing was found anywhere."""
        self.secrets += secrets
        path = self.folder / "cassette.yaml"
        with Upstream([answer]) as upstream:
            with promptecho.use_cassette(path):
                with httpx.Client(trust_env=False, timeout=60) as client:
                    client.post(upstream.url + url, **request)
                self.search()
        self.search()
        assert path.exists()
        return path.read_text(encoding="utf-8")

    def search(self) -> None:
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        assert files
        for path in files:
            data = path.read_bytes()
            for value in self.secrets:
                for form in _forms(value):
                    assert form not in data, f"{form!r} stands in {path.name}"


def _forms(value: str) -> Iterator[bytes]:
    """The ways in which a file could hold it: plain, escaped, percent-encoded, base64."""
    for line in value.splitlines():
        yield line.encode()
        yield quote(line, safe="").encode()
    yield json.dumps(value)[1:-1].encode()
    yield base64.b64encode(value.encode()).rstrip(b"=")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


OK = json_answer({"ok": True})


@pytest.mark.parametrize(
    "name",
    ["authorization", "x-api-key", "x-goog-api-key", "api-key", "proxy-authorization", "cookie"],
)
def test_a_credential_in_a_request_header_is_not_stored(session: Session, name: str) -> None:
    value = f"Bearer {OPAQUE}" if "authorization" in name else OPAQUE
    session.record(OK, OPAQUE, headers={name: value}, json={"model": "m"})


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "sig", "X-Amz-Signature"])
def test_a_credential_in_the_query_is_not_stored(session: Session, name: str) -> None:
    text = session.record(OK, OPAQUE, url=f"/v1/x?alt=sse&{name}={OPAQUE}", json={"model": "m"})
    assert f"{name}=REDACTED" in text
    assert "alt=sse" in text


def test_a_password_in_the_address_is_not_stored(session: Session, tmp_path: Path) -> None:
    session.secrets = [OPAQUE]
    with Upstream([OK]) as upstream:
        with promptecho.use_cassette(tmp_path / "cassette.yaml"):
            with httpx.Client(trust_env=False, timeout=60) as client:
                client.post(upstream.url.replace("//", f"//user:{OPAQUE}@"), json={"model": "m"})
            session.search()
    session.search()


def test_cookies_that_an_answer_sets_are_not_stored_but_counted(session: Session) -> None:
    cookies = [("set-cookie", f"{name}={COOKIE}; path=/; HttpOnly") for name in ("a", "b")]
    text = session.record(json_answer({"ok": True}, *cookies), COOKIE, json={"model": "m"})
    assert "a=REDACTED; path=/; HttpOnly" in text
    assert "b=REDACTED; path=/; HttpOnly" in text


@pytest.mark.parametrize(
    "name", ["authorization", "x-api-key", "openai-organization", "x-amz-security-token"]
)
def test_an_identity_in_an_answer_header_is_not_stored(session: Session, name: str) -> None:
    session.record(json_answer({"ok": True}, (name, OPAQUE)), OPAQUE, json={"model": "m"})


@pytest.mark.parametrize("name", SHAPES)
def test_a_credential_in_a_prompt_is_not_stored(session: Session, name: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": f"My key: {SHAPES[name]} !"}]}
    with pytest.warns(promptecho.PromptechoSecretWarning, match="messages") as warned:
        session.record(OK, SHAPES[name], json=body)
    assert not any(SHAPES[name] in str(each.message) for each in warned)


@pytest.mark.parametrize("name", SHAPES)
def test_a_credential_in_an_answer_is_not_stored(session: Session, name: str) -> None:
    with pytest.warns(promptecho.PromptechoSecretWarning):
        session.record(json_answer({"said": f"<{SHAPES[name]}>"}), SHAPES[name], json={})


@pytest.mark.parametrize("name", SHAPES)
def test_a_credential_in_a_stream_is_not_stored(session: Session, name: str) -> None:
    data = json.dumps({"delta": SHAPES[name]})
    with pytest.warns(promptecho.PromptechoSecretWarning):
        session.record(sse_answer(f"data: {data}", "data: [DONE]"), SHAPES[name], json={})


def test_a_credential_in_plain_text_is_not_stored(session: Session) -> None:
    answer = Answer(
        (f"error: {OPENAI} is wrong".encode(),), headers=(("content-type", "text/plain"),)
    )
    with pytest.warns(promptecho.PromptechoSecretWarning):
        session.record(answer, OPENAI, json={"model": "m"})


def test_a_credential_in_a_tool_call_s_arguments_is_not_stored(session: Session) -> None:
    call = {"function": {"name": "f", "arguments": json.dumps({"token": OPENAI})}}
    body = {"model": "m", "messages": [{"role": "assistant", "tool_calls": [call]}]}
    with pytest.warns(promptecho.PromptechoSecretWarning):
        session.record(OK, OPENAI, json=body)


def test_the_tokens_of_an_oauth_answer_are_not_stored(session: Session) -> None:
    tokens = {name: secret(name, 20) for name in ("access_token", "refresh_token", "id_token")}
    body = {**tokens, "token_type": "Bearer", "expires_in": 3599}
    form = {"grant_type": "refresh_token", "client_secret": OPAQUE, "refresh_token": COOKIE}
    with pytest.warns(promptecho.PromptechoSecretWarning, match="access_token.*keep_members"):
        text = session.record(json_answer(body), *tokens.values(), OPAQUE, COOKIE, data=form)
    assert "- response.body.access_token" in text
    assert "expires_in: 3599" in text
    assert "grant_type" in text


def test_the_value_of_a_variable_that_is_named_like_a_key_is_not_stored(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_VENDORS_API_KEY", OPAQUE)
    body = {"model": "m", "messages": [{"role": "user", "content": f"Use {OPAQUE}."}]}
    with pytest.warns(promptecho.PromptechoSecretWarning):
        session.record(json_answer({"said": OPAQUE}), OPAQUE, json=body)


WHAT_IS_DONE = {
    "redact": "It was redacted. If it is not a secret, pass on_secret='warn' to keep it.",
    "warn": "It is stored in the cassette. If it is a secret, pass on_secret='redact' and record "
    "again (PROMPTECHO_MODE=all).",
}


def ask_with_a_key(url: str) -> None:
    """A request whose prompt contains a key of OpenAI."""
    body = {"model": "m", "messages": [{"role": "user", "content": f"key {OPENAI}"}]}
    with httpx.Client(trust_env=False) as client:
        client.post(f"{url}/v1/chat", json=body)


@pytest.mark.parametrize("choice", WHAT_IS_DONE)
def test_the_warning_names_the_place_and_what_was_done(tmp_path: Path, choice: Any) -> None:
    path = tmp_path / "cassette.yaml"
    with Upstream([OK]) as upstream:
        with pytest.warns(promptecho.PromptechoSecretWarning) as warned:
            with promptecho.use_cassette(path, on_secret=choice):
                ask_with_a_key(upstream.url)
    assert [str(each.message) for each in warned] == [
        f"{path}: POST {upstream.url}/v1/chat has what looks like a secret at "
        f"request.body.messages[0].content (openai-project). {WHAT_IS_DONE[choice]}"
    ]


def test_the_error_names_the_place_and_the_option(tmp_path: Path) -> None:
    path = tmp_path / "cassette.yaml"
    with Upstream([OK]) as upstream:
        with pytest.raises(promptecho.CassetteError) as caught:
            with promptecho.use_cassette(path, on_secret="raise"):
                ask_with_a_key(upstream.url)
    assert str(caught.value) == (
        f"{path}: POST {upstream.url}/v1/chat has what looks like a secret at "
        "request.body.messages[0].content (openai-project) [secret.found]\n"
        "Nothing was recorded. Remove the secret from the call, or pass on_secret='redact' to "
        "redact it."
    )


def test_a_redacted_recording_is_found_by_the_request_that_made_it(tmp_path: Path) -> None:
    def call(url: str, key: str) -> dict[str, Any]:
        body = {"model": "m", "messages": [{"role": "user", "content": f"key {OPENAI}"}]}
        with httpx.Client(trust_env=False, timeout=60) as client:
            sent = client.post(f"{url}/v1/chat?key={key}", json=body, headers={"api-key": key})
        answer: dict[str, Any] = sent.json()
        return answer

    path = tmp_path / "cassette.yaml"
    with Upstream([OK]) as upstream:
        with pytest.warns(promptecho.PromptechoSecretWarning):
            with promptecho.use_cassette(path):
                recorded = call(upstream.url, OPAQUE)
    with promptecho.use_cassette(path, mode="none"):
        assert call(upstream.url, "another key") == recorded


def test_raise_refuses_to_store_a_secret_and_leaves_no_trace(
    session: Session, tmp_path: Path
) -> None:
    def upstream(call: Call) -> Answer:
        return OK

    session.secrets = [OPENAI]
    (tmp_path / "another file").write_text("so that there is something to search")
    body = {"model": "m", "messages": [{"role": "user", "content": OPENAI}]}
    with Upstream(upstream) as server, pytest.raises(promptecho.CassetteError) as caught:
        with promptecho.use_cassette(tmp_path / "cassette.yaml", on_secret="raise"):
            with httpx.Client(trust_env=False, timeout=60) as client:
                client.post(f"{server.url}/v1/x", json=body)
    assert caught.value.code == "secret.found"
    assert OPENAI not in str(caught.value)
    session.search()
