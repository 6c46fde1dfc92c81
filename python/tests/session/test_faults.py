"""Which calls get a fault, what is stored of it, and what the option refuses."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from promptecho import OptionError, PromptechoFaultWarning
from promptecho._base.model import Request
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, matching, rules
from promptecho._session.error_shapes import error
from support.clients import CHAT, PLAIN, question, send_httpx
from support.upstream import Upstream, echo


@pytest.fixture
def url(path: Path) -> Iterator[str]:
    """A server that echoes; the answers to one and two are in the cassette."""
    with Upstream(echo) as upstream:
        with promptecho.use_cassette(path):
            for prompt in ("one", "two"):
                send_httpx(httpx, upstream.url, prompt)
        upstream.calls.clear()
        yield upstream.url


def statuses(url: str, *prompts: str) -> list[int]:
    return [send_httpx(httpx, url, prompt).status_code for prompt in prompts]


def faulty(path: Path, *faults: Any, **options: Any) -> Any:
    return promptecho.use_cassette(path, **{"mode": "none", **options}, faults=faults)


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        ({"on": 2}, [200, 503, 200, 200]),
        ({}, [503, 503, 503, 503]),
        ({"endpoint": CHAT}, [503, 503, 503, 503]),
        ({"endpoint": f"POST {CHAT}", "on": 3}, [200, 200, 503, 200]),
        ({"endpoint": "*/completions", "on": 1}, [503, 200, 200, 200]),
        ({"recording": 2}, [200, 503, 200, 503]),
        ({"recording": 2, "on": 2}, [200, 200, 200, 503]),
    ],
)
def test_a_fault_is_for_some_calls(
    path: Path, url: str, fault: dict[str, Any], wanted: list[int]
) -> None:
    with faulty(path, {**fault, "status": 503}):
        assert statuses(url, "one", "two", "one", "two") == wanted


@pytest.mark.parametrize("endpoint", ["/v1/messages", f"GET {CHAT}", "/v1", "chat"])
def test_a_fault_of_another_endpoint_does_not_happen(path: Path, url: str, endpoint: str) -> None:
    with pytest.warns(PromptechoFaultWarning, match="no such call was made"):
        with faulty(path, {"endpoint": endpoint, "status": 503}):
            assert statuses(url, "one") == [200]


def test_the_first_of_several_faults_of_a_call_holds(path: Path, url: str) -> None:
    with faulty(path, {"on": 2, "status": 500}, {"status": 429}) as cassette:
        assert statuses(url, "one", "two", "one") == [429, 500, 429]
    assert [each.status for each in cassette.faults] == [429, 500, 429]


def test_a_fault_that_did_not_happen_is_named(path: Path, url: str) -> None:
    with pytest.warns(PromptechoFaultWarning) as found:
        with faulty(path, {"on": 1, "status": 500}, {"on": 4, "delay_ms": 9}):
            statuses(url, "one", "two")
    about = [each for each in found if each.category is PromptechoFaultWarning]
    assert [str(each.message) for each in about] == [
        f"{path}: fault 2 did not happen (delay_ms 9 on call 4): 2 such calls were made. Check "
        "which calls the code makes, or remove the fault from faults."
    ]


def test_a_cut_behind_the_end_of_an_answer_does_not_happen(path: Path, url: str) -> None:
    with pytest.warns(PromptechoFaultWarning, match="has 1 event, since it is not a stream"):
        with faulty(path, {"on": 1, "cut_after_events": 2}) as cassette:
            assert statuses(url, "one") == [200]
    assert (cassette.faults, len(cassette.played)) == ([], 1)


def test_a_block_that_fails_names_no_fault(path: Path, url: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", PromptechoFaultWarning)
        with pytest.raises(KeyError), faulty(path, {"on": 3, "status": 500}):
            statuses(url, "one")
            raise KeyError("of the test")


def test_a_miss_has_no_fault(path: Path, url: str) -> None:
    with pytest.raises(promptecho.CassetteMiss), faulty(path, {"status": 503}):
        statuses(url, "three")


def test_a_drift_that_is_an_error_has_no_fault(tmp_path: Path, url: str) -> None:
    path = tmp_path / "new.yaml"
    with promptecho.use_cassette(path, match_on=["messages"]):
        statuses(url, "one")
    with pytest.raises(promptecho.CassetteMiss), faulty(path, {"status": 503}, on_drift="raise"):
        send_httpx(httpx, url, "one", model="another")


@pytest.mark.parametrize("mode", ["once", "all", "new_episodes", "missing"])
def test_a_live_call_has_no_fault_and_is_recorded_as_it_came(
    tmp_path: Path, url: str, mode: str
) -> None:
    path = tmp_path / "new.yaml"
    with pytest.warns(PromptechoFaultWarning, match="live calls have no faults"):
        with faulty(path, {"status": 503}, mode=mode) as cassette:
            assert statuses(url, "one") == [200]
    assert [each.response.status for each in cassette.recorded] == [200]


def test_a_replayed_call_has_a_fault_beside_a_live_one(path: Path, url: str) -> None:
    with faulty(path, {"on": 1, "status": 503}, mode="new_episodes") as cassette:
        assert statuses(url, "one", "three") == [503, 200]
    (added,) = cassette.recorded
    assert added.response.status == 200
    assert len(cassette.interactions) == 3


def test_mode_verify_has_no_faults(path: Path, url: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", PromptechoFaultWarning)
        with faulty(path, {"status": 503}, mode="verify") as cassette:
            assert statuses(url, "one") == [200]
    assert [each.result for each in cassette.verified] == ["same"]


def test_a_recording_that_only_gets_a_fault_is_in_use(path: Path, url: str) -> None:
    with faulty(path, {"recording": 1, "status": 503}) as cassette:
        statuses(url, "one")
    assert [each.request.body["messages"][0]["content"] for each in cassette.unplayed] == ["two"]


def test_a_fault_is_not_stored(path: Path, url: str) -> None:
    before = path.read_bytes()
    with faulty(path, {"status": 503}, mode="once"):
        statuses(url, "one", "two")
    assert path.read_bytes() == before


# Without a body: the error of the provider


@pytest.mark.parametrize(
    ("target", "body", "status", "wanted"),
    [
        (CHAT, {"messages": []}, 429, ("error", "code", "rate_limit_exceeded")),
        (CHAT, {"messages": []}, 500, ("error", "type", "server_error")),
        ("/v1/responses", {"input": "q"}, 401, ("error", "code", "invalid_api_key")),
        ("/v1/messages", {"messages": []}, 529, ("error", "type", "overloaded_error")),
        ("/v1/messages", {"messages": []}, 418, ("error", "type", "invalid_request_error")),
        ("/v1/models/g:generateContent", {}, 429, ("error", "status", "RESOURCE_EXHAUSTED")),
        ("/v1/models/g:generateContent", {}, 599, ("error", "status", "INTERNAL")),
        ("/mcp", {"jsonrpc": "2.0", "method": "tools/list", "id": 1}, 500, ("jsonrpc", "2.0")),
    ],
)
def test_an_error_has_the_shape_of_the_provider(
    target: str, body: Any, status: int, wanted: tuple[str, ...]
) -> None:
    *way, value = wanted
    found = error(status, asked(target, body)).body
    for name in way:
        found = found[name]
    assert found == value


def test_an_error_of_bedrock_is_named_in_a_header() -> None:
    made = error(429, asked("/model/a/converse", {"messages": []}))
    assert made.headers == (("x-amzn-errortype", "ThrottlingException"),)
    assert set(made.body) == {"message"}


def asked(path: str, body: Any) -> Any:
    import json

    headers = (("content-type", "application/json"),)
    request = Request("POST", f"http://x{path}", headers, json.dumps(body).encode())
    return prepare(request, rules(), matching(default_match_on()))


# The options


@pytest.mark.parametrize(
    ("faults", "text"),
    [
        ("429", "faults is '429'"),
        ([429], r"faults\[0\] is 429"),
        ([{"on": 1}], "with one of status, cut_after_events, delay_ms, failure"),
        ([{"status": 429}, {"statuss": 429}], r"faults\[1\] has no member 'statuss'"),
        ([{"status": 99}], "an integer from 200 to 599"),
        ([{"status": True}], "an integer from 200 to 599"),
        ([{"status": 429, "on": 0}], r"faults\[0\]\['on'\] is 0"),
        ([{"delay_ms": -1}], "an integer from 0"),
        ([{"failure": "lost"}], "one of connect, dns, tls"),
        ([{"status": 429, "failure": "reset"}], "status, or with cut_after_events and failure"),
        ([{"delay_ms": 1, "headers": {}}], "with status beside headers and body"),
        ([{"status": 429, "headers": {"a b": "c"}}], "a mapping of header names to values"),
        ([{"status": 429, "headers": {"a": "c\r\nd: e"}}], "a mapping of header names to values"),
        ([{"status": 429, "body": float("nan")}], "what JSON can hold"),
        ([{"status": 429, "recording": 1, "endpoint": "/"}], "endpoint or recording, not both"),
        ([{"cut_after_events": 1, "failure": "decode"}], "not both"),
    ],
)
def test_a_wrong_fault_is_an_error_that_names_the_member(
    path: Path, faults: Any, text: str
) -> None:
    with pytest.raises(OptionError, match=text):
        promptecho.use_cassette(path, faults=faults)


@pytest.mark.parametrize("speed", [0, -1, "2", True, float("inf"), float("nan")])
def test_a_wrong_speed_is_an_error(path: Path, speed: Any) -> None:
    with pytest.raises(OptionError, match="a number above 0"):
        promptecho.use_cassette(path, speed=speed)


def test_a_recorder_holds_faults(path: Path, url: str) -> None:
    recorder = promptecho.Recorder(faults=[{"on": 1, "status": 503}], mode="none")
    with recorder.use_cassette(path):
        assert statuses(url, "one", "one") == [503, 200]
    with recorder.use_cassette(path, faults=[]):
        assert statuses(url, "one") == [200]


def test_fast_retries_change_the_answers_that_sdks_retry(path: Path, url: str) -> None:
    wanted = {"retry-after-ms": "1", "retry-after": "0"}
    faults = [{"on": on, "status": status} for on, status in enumerate((429, 500, 404), 1)]
    faults[0]["headers"] = {"retry-after": "60"}
    with faulty(path, *faults, fast_retries=True), httpx.Client(**PLAIN) as client:
        found = [client.post(url + CHAT, json=question("one")).headers for _ in range(4)]
    assert [{name: each.get(name) for name in wanted} for each in found[:2]] == [wanted, wanted]
    assert [set(wanted).intersection(each) for each in found[2:]] == [set(), set()]
