"""The logger ``promptecho`` says at debug level what answered each request, and why."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
import pytest

import promptecho
from support.clients import PLAIN, post_httpx
from support.upstream import Upstream

KEY = "sk-proj-" + "a1B2c3D4" * 5


def test_each_decision_is_logged_with_its_reason_and_without_secrets(
    upstream: Upstream, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="promptecho")
    url = f"{upstream.url}/v1/chat/completions"
    with promptecho.use_cassette(path, on_secret="redact", passthrough=["127.0.0.1/echo/*"]):
        with pytest.warns(promptecho.PromptechoSecretWarning):
            post_httpx(upstream.url, f"my key is {KEY}")
        with httpx.Client(**PLAIN) as client:
            client.post(
                f"{upstream.url}/echo/{KEY}?api_key={KEY}", json={"messages": [{"content": ""}]}
            )
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none", on_drift="ignore"):
            post_httpx(upstream.url, f"my key is {KEY}", temperature=1)
            post_httpx(upstream.url, "another question")
    live, passed, replayed, missed = (record.message for record in caplog.records)
    assert live.startswith(f"{path}: POST {url} (match_key ")
    assert live.endswith(
        "): live call: none of 0 recordings answers (mode once, the file is absent)"
    )
    assert passed == (
        f"{path}: {upstream.url}/echo/REDACTED?api_key=REDACTED: passed through, by a pattern of "
        "passthrough"
    )
    assert replayed.endswith(
        "): replayed one of 1 recordings: matched model, messages; differs in temperature"
    )
    assert "): miss, nearest\nno recording for POST" in missed
    assert 'incoming "another question"' in missed
    assert KEY not in caplog.text


def test_a_handler_of_the_log_may_make_calls(upstream: Upstream, path: Path) -> None:
    class Ships(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            post_httpx(upstream.url, "log")

    logger, handler = logging.getLogger("promptecho"), Ships()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        with promptecho.use_cassette(path):
            post_httpx(upstream.url, "one")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert len(upstream.calls) == 2


def test_nothing_is_prepared_if_nobody_listens(
    upstream: Upstream, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="promptecho")
    with promptecho.use_cassette(path):
        post_httpx(upstream.url, "hello")
    assert caplog.records == []
