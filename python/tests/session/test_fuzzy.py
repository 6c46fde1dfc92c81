"""The option `fuzzy`: a close recording answers a miss, the difference is printed, never in CI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from promptecho import CassetteMiss, OptionError
from promptecho._session.fuzzy import closest
from promptecho._session.session import Session
from support.clients import post_httpx, send_httpx
from support.machines import CI, leave_ci
from support.session_builders import opened, recorded, sent
from support.upstream import Upstream, echo

PROMPT = "Summarize in one short sentence: the cat sat on the mat"
EDITED = "Summarize in one brief sentence: the cat sat on the mat"


@pytest.fixture(autouse=True)
def _on_a_developers_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_ci(monkeypatch)
    monkeypatch.delenv("PROMPTECHO_FUZZY", raising=False)


@pytest.fixture
def url(path: Path) -> Iterator[str]:
    with Upstream(echo) as upstream:
        with promptecho.use_cassette(path):
            post_httpx(upstream.url, PROMPT)
            post_httpx(upstream.url, "Translate to French: good morning")
        upstream.calls.clear()
        yield upstream.url
        assert upstream.calls == []


def fuzzy(path: Path, **options: Any) -> Any:
    return promptecho.use_cassette(path, **{"mode": "none", "fuzzy": 0.9, **options})


@pytest.mark.parametrize("mode", ["none", "once"])
def test_a_close_recording_answers_and_the_difference_is_printed(
    path: Path, url: str, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = path.read_bytes()
    with fuzzy(path, mode=mode) as cassette:
        assert post_httpx(url, EDITED) == PROMPT
        assert post_httpx(url, EDITED) == PROMPT
    printed = capsys.readouterr().err
    first, second = cassette.fuzzy
    assert printed == f"{first}\n{second}\n"
    assert first.splitlines()[0] == (
        f"{path}: call 1 has no recording. fuzzy: not a test result. Recording 1 of 2 answered, "
        "with a score of 0.923; the request differs in:"
    )
    assert first.splitlines()[1].startswith("  messages[0].content: recorded ")
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_variable_has_the_same_effect(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTECHO_FUZZY", "0.9")
    with promptecho.use_cassette(path, mode="none"):
        assert post_httpx(url, EDITED) == PROMPT


def test_it_is_off_by_default(path: Path, url: str) -> None:
    with pytest.raises(CassetteMiss), promptecho.use_cassette(path, mode="none"):
        post_httpx(url, EDITED)


def test_a_request_with_a_recording_gets_its_own(path: Path, url: str) -> None:
    with fuzzy(path, fuzzy=0.01) as cassette:
        assert post_httpx(url, PROMPT) == PROMPT
    assert cassette.fuzzy == []


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"prompt": "Something else entirely"}, id="a lower score"),
        pytest.param({"prompt": EDITED, "model": "another"}, id="another model"),
        pytest.param({"prompt": EDITED, "tools": [{"name": "a"}]}, id="other tools"),
        pytest.param({"prompt": EDITED, "stream": True}, id="a stream"),
    ],
)
def test_a_recording_that_is_not_alike_is_a_miss(
    path: Path, url: str, other: dict[str, Any]
) -> None:
    with pytest.raises(CassetteMiss), fuzzy(path) as cassette:
        send_httpx(httpx, url, **other)
    assert cassette.fuzzy == []


def test_another_endpoint_is_a_miss(path: Path, url: str) -> None:
    with pytest.raises(CassetteMiss), fuzzy(path):
        send_httpx(httpx, f"{url}/other", EDITED)


def test_a_request_that_would_be_recorded_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    with Upstream(echo) as upstream:
        for prompt in (PROMPT, EDITED):
            with promptecho.use_cassette(path, mode="new_episodes", fuzzy=0.5) as cassette:
                assert post_httpx(upstream.url, prompt) == prompt
            assert (len(cassette.recorded), cassette.fuzzy) == (1, [])


def question(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


def session(*texts: str) -> Session:
    return opened(*(recorded(question(text)) for text in texts), fuzzy=0.5)


def test_the_closest_of_several_answers() -> None:
    found = session("a b c d", "a b c d e f", "a x y z")
    close = closest(sent(question("a b c d e")), found._recordings, 0.5)
    assert close is not None
    assert close.recording.index == 1


def test_of_equal_ones_the_first_unplayed_answers() -> None:
    found = session("a b c d", "a b c d", "a b c d")
    chosen = []
    for _ in range(4):
        close = closest(sent(question("a b c e")), found._recordings, 0.5)
        assert close is not None
        close.recording.play()
        chosen.append(close.recording.index)
    assert chosen == [0, 1, 2, 0]


@pytest.mark.parametrize("value", [0, -1, 1.1, "0.9", True, float("nan")])
def test_a_wrong_score_is_an_error(path: Path, value: Any) -> None:
    with pytest.raises(OptionError, match="a number from 0 to 1"):
        promptecho.use_cassette(path, fuzzy=value)


@pytest.mark.parametrize("value", ["yes", "2", "nan"])
def test_a_wrong_variable_is_an_error(
    path: Path, url: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTECHO_FUZZY", value)
    with pytest.raises(OptionError, match="PROMPTECHO_FUZZY is"):
        with promptecho.use_cassette(path, mode="none"):
            post_httpx(url, PROMPT)


# CI


@pytest.mark.parametrize("variable", CI)
@pytest.mark.parametrize("by", ["option", "variable", "recorder", "decorator"])
def test_it_cannot_be_reached_in_ci(
    path: Path, url: str, variable: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "true")
    options: dict[str, Any] = {"mode": "none", "fuzzy": 0.9}
    if by == "variable":
        monkeypatch.setenv("PROMPTECHO_FUZZY", "0.9")
        del options["fuzzy"]
    with pytest.raises(OptionError, match=r"fuzzy is 0\.9, and this is CI"):
        if by == "recorder":
            with promptecho.Recorder(**options).use_cassette(path):
                post_httpx(url, EDITED)
        elif by == "decorator":
            promptecho.use_cassette(path, **options)(lambda: post_httpx(url, EDITED))()
        else:
            with promptecho.use_cassette(path, **options):
                post_httpx(url, EDITED)
