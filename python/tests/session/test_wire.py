"""`cassette.sent[i].wire` is the request as it went on the wire, redacted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from promptecho._base.model import RecordedRequest
from sdk import answers
from support.upstream import Upstream

pytestmark = pytest.mark.filterwarnings("ignore::promptecho.PromptechoOwnServerWarning")

KEY = "sk-ant-api03-" + "Ab1" * 31 + "AA"


def asked(path: Path, query: str = "", **request: Any) -> tuple[Any, str]:
    with Upstream(lambda _: answers.chat("hi")) as upstream:
        with promptecho.use_cassette(path) as cassette, httpx.Client(trust_env=False) as client:
            client.post(f"{upstream.url}/v1/chat/completions{query}", **request)
        return cassette.sent[0], upstream.url


def test_the_body_is_what_was_sent_and_not_the_canonical_one(tmp_path: Path) -> None:
    body = {
        "max_completion_tokens": 5,
        "messages": [{"content": [{"type": "text", "text": "hi"}], "role": "user"}],
        "model": "m",
    }
    sent, url = asked(tmp_path / "a.yaml", json=body, headers={"X-Tenant": "acme"})
    assert sent.wire.body == body
    assert list(sent.wire.body) == list(body)
    assert sent.body["max_tokens"] == 5
    assert sent.body["messages"] == [{"role": "user", "content": "hi"}]
    assert (sent.wire.method, sent.wire.url) == ("POST", f"{url}/v1/chat/completions")
    assert dict(sent.wire.headers)["x-tenant"] == "acme"
    assert dict(sent.wire.headers)["content-type"] == "application/json"
    assert isinstance(sent, RecordedRequest)


def test_secrets_are_taken_out(tmp_path: Path) -> None:
    headers = {"authorization": "Bearer short", "x-mine": KEY, "x-other": "Zq7xT2pL9vB4nM8kW3jR5"}
    body = {"model": "m", "messages": [{"role": "user", "content": f"my key is {KEY}"}]}
    with pytest.warns(promptecho.PromptechoSecretWarning):
        sent, url = asked(tmp_path / "a.yaml", f"?api_key={KEY}", json=body, headers=headers)
    found = dict(sent.wire.headers)
    assert [found[name] for name in headers] == ["REDACTED"] * 3
    assert sent.wire.url == f"{url}/v1/chat/completions?api_key=REDACTED"
    assert sent.wire.body["messages"][0]["content"] == "my key is REDACTED"
    assert KEY not in repr(sent) + repr(sent.wire)


def test_another_body_is_its_text(tmp_path: Path) -> None:
    text = {"content-type": "text/plain"}
    with pytest.warns(promptecho.PromptechoSecretWarning):
        sent, _ = asked(tmp_path / "a.yaml", content=f"hello {KEY}".encode(), headers=text)
    assert sent.wire.body == "hello REDACTED"
    sent, _ = asked(tmp_path / "b.yaml", content=b"\xff", headers=text)
    assert sent.wire.body == sent.body
    sent, _ = asked(tmp_path / "c.yaml", data={"a": "b", "client_secret": "short"})
    assert sent.wire.body == sent.body
    assert "short" not in repr(sent.wire)


def test_a_replayed_request_has_it_too(tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    for _ in range(2):
        sent, _ = asked(tmp_path / "a.yaml", json=body)
        assert sent.wire.body == body
