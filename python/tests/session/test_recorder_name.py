"""`recorded_by`: the product and the SDK that a call was recorded with, beside its time."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

import promptecho
from promptecho._base.model import Request
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, matching, rules
from promptecho._session.recorder_name import recorded_by
from support.clients import CHAT, PLAIN, question
from support.upstream import Upstream, echo

OURS = f"promptecho/{promptecho.__version__}"


@pytest.mark.parametrize(
    ("agent", "wanted"),
    [
        ("OpenAI/Python 3.57.0", f"{OURS} OpenAI/Python"),
        ("AsyncAnthropic/Python 2.14.0", f"{OURS} AsyncAnthropic/Python"),
        ("google-genai-sdk/3.6.1 gl-python/3.13.0", f"{OURS} google-genai-sdk"),
        ("python-httpx/0.28.1", f"{OURS} python-httpx"),
        ("", OURS),
        ("9/9", OURS),
        ("\u00e9", OURS),
        ("a-b" * 33, OURS),
    ],
)
def test_the_sdk_is_the_first_product_without_its_version(agent: str, wanted: str) -> None:
    request = Request("POST", "https://h/", (("User-Agent", agent),), b"{}")
    assert recorded_by(prepare(request, rules(), matching(default_match_on()))) == wanted


def test_a_secret_in_the_place_of_a_product_is_not_kept() -> None:
    secret = "sk-" + "Qm7xT2pL9" * 4
    request = Request("POST", "https://h/", (("user-agent", secret),), b"{}")
    assert recorded_by(prepare(request, rules(), matching(default_match_on()))) == OURS


@pytest.mark.parametrize("record_timing", [False, True])
def test_it_is_written_beside_the_time(path: Path, record_timing: bool) -> None:
    with Upstream(echo) as upstream, promptecho.use_cassette(path, record_timing=record_timing):
        with httpx.Client(**PLAIN) as client:
            client.post(upstream.url + CHAT, json=question("hi"))
    text = path.read_text(encoding="utf-8")
    assert (f'    recorded_by: "{OURS} python-httpx"\n' in text) is record_timing
    assert ("recorded_at" in text) is record_timing
