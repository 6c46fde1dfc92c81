"""Headers of an answer from which a client builds its next request, recorded and replayed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from support.upstream import Answer, Call, Upstream, json_answer

SECRET = "0aZ9bY8cX7dW6eV5" + "fU4gT3hS2iR1jQ"
OK = json_answer({"ok": True})


def both(script: Callable[[Call], Answer], story: Callable[[str], Any], path: Path) -> Any:
    """What a story tells when it is recorded, and the same on replay, without a server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", promptecho.PromptechoSecretWarning)
        with Upstream(script) as upstream:
            with promptecho.use_cassette(path, on_record_error="record"):
                told = story(upstream.url)
    with promptecho.use_cassette(path, mode="none"):
        assert story(upstream.url) == told
    assert SECRET not in path.read_text(encoding="utf-8")
    return told


def client(**more: Any) -> httpx.Client:
    return httpx.Client(trust_env=False, timeout=60, **more)


def test_digest_authentication_is_answered_on_replay(tmp_path: Path) -> None:
    def upstream(call: Call) -> Answer:
        if any(name.lower() == "authorization" for name, _ in call.headers):
            return OK
        challenge = (
            f'Digest realm="r", nonce="{"n1" * 8}", qop="auth", opaque="o", algorithm=SHA-256'
        )
        return json_answer({}, ("www-authenticate", challenge), status=401)

    def story(url: str) -> int:
        with client(auth=httpx.DigestAuth("user", SECRET)) as http:
            return http.post(f"{url}/v1/x", json={"model": "m"}).status_code

    assert both(upstream, story, tmp_path / "c.yaml") == 200


def test_a_cookie_is_sent_again_on_replay(tmp_path: Path) -> None:
    later = "Fri, 01 Jan 2100 00:00:00 GMT"

    def upstream(call: Call) -> Answer:
        if call.path == "/login":
            return json_answer({}, ("set-cookie", f"csrf={SECRET}; Path=/; Expires={later}"))
        if call.path == "/logout":
            past = "Thu, 01 Jan 1970 00:00:00 GMT"
            return json_answer({}, ("set-cookie", f"csrf=; Path=/; Expires={past}"))
        return OK

    def story(url: str) -> list[Any]:
        with client() as http:
            http.get(f"{url}/login")
            form = {"csrf_token": http.cookies["csrf"], "note": "hello"}
            sent = http.post(f"{url}/form", data=form)
            there = "csrf" in http.cookies
            http.get(f"{url}/logout")
            return [sent.json(), there, "csrf" in http.cookies]

    assert both(upstream, story, tmp_path / "c.yaml") == [{"ok": True}, True, False]


def test_a_redirect_with_a_code_is_followed_on_replay(tmp_path: Path) -> None:
    def upstream(call: Call) -> Answer:
        if call.path.startswith("/authorize"):
            return json_answer({}, ("location", f"/callback?code={SECRET}&state=s1"), status=302)
        return OK

    def story(url: str) -> Any:
        with client(follow_redirects=True) as http:
            return http.get(f"{url}/authorize?client_id=c&state=s1").json()

    assert both(upstream, story, tmp_path / "c.yaml") == {"ok": True}


def test_a_date_to_wait_for_is_seconds(tmp_path: Path) -> None:
    def upstream(call: Call) -> Answer:
        return json_answer({}, ("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT"), status=429)

    path = tmp_path / "c.yaml"
    with Upstream(upstream) as server, promptecho.use_cassette(path, on_record_error="record"):
        with client() as http:
            http.get(f"{server.url}/v1/x")
    with promptecho.use_cassette(path, mode="none"), client() as http:
        assert http.get(f"{server.url}/v1/x").headers["retry-after"] == "0"


@pytest.mark.parametrize(("keep", "kept"), [((), False), (("Server",), True)])
def test_keep_headers_keeps_a_header(tmp_path: Path, keep: tuple[str, ...], kept: bool) -> None:
    path = tmp_path / "c.yaml"
    with Upstream([OK]) as upstream, promptecho.use_cassette(path, keep_headers=keep):
        with client() as http:
            http.get(f"{upstream.url}/v1/x")
    with promptecho.use_cassette(path, mode="none"), client() as http:
        assert ("server" in http.get(f"{upstream.url}/v1/x").headers) is kept
