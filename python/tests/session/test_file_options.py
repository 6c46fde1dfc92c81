"""Options of a file over whole sessions: which hold, what is written, what is refused. [MATCH-6]"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from promptecho._base.errors import OptionError
from promptecho._base.model import CassetteFile, FileOptions, Request
from promptecho._base.warnings import PromptechoSecretWarning
from promptecho._checks.validate import findings
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._session.capture import Capture
from promptecho._session.miss import CassetteMiss
from promptecho._session.modes import Mode
from promptecho._session.open_cassette import OpenCassette
from promptecho._session.options import options
from promptecho._session.response import ReplayResponse

URL = "https://api.example.com/v1/forecast"
PARIS, ROME = f"{URL}?city=Paris", f"{URL}?city=Rome"
HEADERS = (("content-type", "text/plain"),)


class Sessions:
    """Sessions over one file; an answer names the request, so a wrong replay is seen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, mode: str, *asked: Any, **given: Any) -> list[str]:
        """Ask requests, each a URL or (URL, headers); returns the answers, or ``miss``."""
        opened = OpenCassette(self.path, options(given), Mode(mode), {})
        error: BaseException | None = None
        answers = []
        try:
            answers = [self._ask(opened, each) for each in asked]
        except BaseException as raised:
            error = raised
            raise
        finally:
            missed = next(iter(opened.raised.errors), None)
            opened.close(error or missed)
        return answers

    def _ask(self, opened: OpenCassette, asked: Any) -> str:
        url, headers = asked if isinstance(asked, tuple) else (asked, {})
        try:
            answer = opened.answer(Request("GET", url, tuple(headers.items())))
        except CassetteMiss:
            return "miss"
        if isinstance(answer, ReplayResponse):
            return b"".join(answer.chunks).decode()
        assert isinstance(answer, Capture)
        # No URL: a secret of its query would be redacted in the answer, too [RED-21].
        text = f"{url.replace('?', ' ').replace('&', ' ')} {headers}"
        answer.head(200, "OK", HEADERS)
        answer.chunk(text.encode())
        answer.end()
        return text

    @property
    def file(self) -> CassetteFile:
        return load(self.path.read_bytes(), "c.yaml")

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "c.yaml")


PART = [(URL, {"X-Part": "1"}), (URL, {"x-part": "2"}), URL]
CASES: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "none": ({}, [PARIS, ROME, URL]),
    "match_host": ({"match_host": True}, [URL, "https://b.example/v1/forecast"]),
    "match_headers": ({"match_headers": ["X-Part"]}, PART),
    "keep_query": ({"keep_query": ["*"]}, [PARIS, ROME]),
    "a secret that is kept": ({"keep_query": ["code"]}, [f"{URL}?code=1", f"{URL}?code=2"]),
    "ignore_query": ({"ignore_query": ["run"]}, [f"{PARIS}&run=1", f"{ROME}&run=2"]),
    "redact_query": ({"redact_query": ["team"]}, [f"{PARIS}&team=1", f"{ROME}&team=2"]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("named", [True, False])
def test_what_was_recorded_under_an_option_is_replayed_in_any_order(
    sessions: Sessions, name: str, named: bool
) -> None:
    given, asked = CASES[name]
    recorded = sessions.run("once", *asked, **given)
    replayed = sessions.run("none", *reversed(asked), **(given if named else {}))
    assert replayed == recorded[::-1]


@pytest.mark.parametrize("name", CASES)
def test_a_new_file_has_the_options_and_the_version_of_the_lists(
    sessions: Sessions, name: str
) -> None:
    given, asked = CASES[name]
    sessions.run("once", *asked, **given)
    assert sessions.file.options == FileOptions()._replace(
        **{n: v if v is True else tuple(x.lower() for x in v) for n, v in given.items()}
    )
    assert sessions.file.lists == 1


def test_an_option_of_the_caller_computes_the_keys_anew(sessions: Sessions) -> None:
    other = "https://b.example/v1/forecast"
    sessions.run("once", URL)
    assert sessions.run("none", other) == [f"{URL} {{}}"]
    assert sessions.run("none", other, URL, match_host=True) == ["miss", f"{URL} {{}}"]
    assert sessions.run("new_episodes", other, match_host=True) == [f"{other} {{}}"]
    assert sessions.file.options == FileOptions(match_host=True)
    assert sessions.run("none", other, URL) == [f"{other} {{}}", f"{URL} {{}}"]


def test_an_empty_list_is_named(sessions: Sessions) -> None:
    sessions.run("once", *PART, match_headers=["x-part"])
    assert sessions.run("none", URL, match_headers=[])[0].startswith(URL)
    assert sessions.run("none", (URL, {"x-part": "3"})) == ["miss"]


def test_a_header_that_the_file_does_not_hold_is_that_of_no_request(sessions: Sessions) -> None:
    sessions.run("once", URL)
    assert sessions.run("none", URL, match_headers=["x-part"]) == ["miss"]
    assert sessions.run("none", (URL, {"x-part": "unknown"}), match_headers=["x-part"]) == ["miss"]
    # One of `header-drift.json` would have been stored.
    assert sessions.run("none", URL, match_headers=["range"]) == [f"{URL} {{}}"]


def test_what_is_not_known_of_a_header_is_still_not_known_in_the_file(sessions: Sessions) -> None:
    sessions.run("once", URL)
    sessions.run("new_episodes", f"{URL}/b", match_headers=["x-part"])
    first, second = sessions.file.interactions
    assert first.request.headers == (("x-part", "unknown"),)
    assert second.request.headers == ()
    assert sessions.run("none", URL, f"{URL}/b") == ["miss", f"{URL}/b {{}}"]
    # Computing the keys once more changes nothing.
    assert sessions.run("none", URL, f"{URL}/b", match_on=["*"]) == ["miss", f"{URL}/b {{}}"]


def test_a_header_that_was_stored_in_clear_is_matched_by_its_digest(sessions: Sessions) -> None:
    asked = (URL, {"range": "bytes=0-9"})
    sessions.run("once", asked)
    assert 'range: "bytes=0-9"' in sessions.text
    assert sessions.run("none", asked, match_headers=["range"])[0].startswith(URL)
    assert sessions.run("none", (URL, {"range": "bytes=1-9"}), match_headers=["range"]) == ["miss"]


def test_no_value_of_a_matched_header_is_stored(sessions: Sessions) -> None:
    sessions.run("once", (URL, {"X-Tenant": "acme-42"}), match_headers=["x-tenant"])
    assert sessions.file.interactions[0].request.headers[0][1].startswith("sha256-")
    assert "acme" not in sessions.text.partition("response:")[0]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"keep_query": ["city"]}, {}),
        ({"keep_query": ["*"]}, {"keep_query": ["city"]}),
        ({"keep_members": ["password"]}, {"keep_members": []}),
    ],
)
def test_a_file_that_shows_more_than_the_caller_allows_is_not_added_to(
    sessions: Sessions, theirs: dict[str, Any], ours: dict[str, Any]
) -> None:
    sessions.run("once", PARIS, **theirs)
    before = sessions.text
    assert "city=Paris" in sessions.run("none", PARIS, **ours)[0]
    with pytest.raises(OptionError) as caught:
        sessions.run("new_episodes", ROME, **ours)
    (name,) = theirs
    assert caught.value.code == "option.value"
    assert str(theirs[name]) in str(caught.value)
    assert str(ours.get(name, [])) in str(caught.value)
    assert sessions.text == before
    assert sessions.run("all", ROME, **ours) == [f"{ROME.replace('?', ' ')} {{}}"]
    assert sessions.file.options == FileOptions()._replace(
        **{name: tuple(value) for name, value in ours.items()}
    )


def test_a_name_of_the_caller_is_taken_out_of_the_other_lists_of_the_file(
    sessions: Sessions,
) -> None:
    sessions.run("once", PARIS, ignore_query=["city", "run"])
    sessions.run("new_episodes", f"{URL}/b", redact_query=["city"])
    assert sessions.file.options == FileOptions(redact_query=("city",), ignore_query=("run",))


def test_a_pattern_of_the_file_is_written_and_never_run(sessions: Sessions) -> None:
    patterns = ["acme-[0-9]+", "(?i)tok_[a-z]+", "x" * 513, "team-[0-9]"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PromptechoSecretWarning)
        sessions.run("once", f"{URL}?q=acme-12", redact_patterns=patterns)
    assert sessions.file.options.redact_patterns == ("acme-[0-9]+", "team-[0-9]")
    assert "q=REDACTED" in sessions.text
    # Run, it would not end in this life: what the file says is left alone.
    evil = dump(sessions.file._replace(options=FileOptions(redact_patterns=("(a+)+$",))))
    sessions.path.write_text(evil, encoding="utf-8")
    asked = f"{URL}?q={'a' * 64}!"
    assert sessions.run("none", asked) == ["miss"]
    # A miss says that the request was not redacted as the recording was [MATCH-11].
    opened = OpenCassette(sessions.path, options({}), Mode.NONE, {})
    with pytest.raises(CassetteMiss, match="redact_patterns"):
        opened.answer(Request("GET", asked))
    opened.abandon()


def test_keep_members_takes_a_name_off_the_list(sessions: Sessions) -> None:
    opened = OpenCassette(sessions.path, options({"keep_members": ["password"]}), Mode.ONCE, {})
    body = b'{"password": "a", "client_secret": "b"}'
    capture = opened.answer(Request("POST", URL, (), body))
    assert isinstance(capture, Capture)
    assert capture.prepared.request.body == {"password": "a", "client_secret": "REDACTED"}
    capture.fail()
    opened.close(None)


# --- names that mean nothing --------------------------------------------------------------------


def asked_with(path: Path, names: list[str], body: bytes) -> None:
    opened = OpenCassette(path, options({"match_on": names}), Mode.ONCE, {})
    capture = opened.answer(Request("POST", "https://h/v1/chat/completions", (), body))
    assert isinstance(capture, Capture)
    capture.head(200, "OK", HEADERS)
    capture.end()
    opened.close(None)


CHAT = b'{"model": "m", "messages": [{"role": "user", "content": "a"}], "mine": 1}'


@pytest.mark.parametrize(
    ("name", "near"),
    [("mesages", "messages"), ("method", "model"), ("uri", "mine"), ("Model", "model")],
)
def test_a_name_that_means_nothing_is_an_error_at_the_end(
    tmp_path: Path, name: str, near: str
) -> None:
    path = tmp_path / "c.yaml"
    with pytest.raises(OptionError) as caught:
        asked_with(path, ["model", name], CHAT)
    assert caught.value.code == "option.value"
    assert repr(name) in caught.value.problem
    assert f"Did you mean {near!r}?" in caught.value.remedy
    # What was paid for is kept, with the mark of a session that did not end well [MODE-5].
    assert load(path.read_bytes(), "c.yaml").incomplete


@pytest.mark.parametrize(
    "name",
    [
        *("*", "mine", "thinking", "context.x", "max_completion_tokens", "input", "contents"),
        *("systemInstruction", "function_call", "previous_response_id", "search_x", "toolConfig"),
    ],
)
def test_a_name_that_means_something_is_none(tmp_path: Path, name: str) -> None:
    asked_with(tmp_path / "c.yaml", [name], CHAT)


@pytest.mark.parametrize("body", [b"", b"{}", b"text", b"[1]"])
def test_without_a_request_that_has_members_nothing_is_told(tmp_path: Path, body: bytes) -> None:
    asked_with(tmp_path / "c.yaml", ["mesages"], body)


# --- secrets that decide ------------------------------------------------------------------------


def test_a_secret_parameter_that_decides_the_answer_is_told_once(sessions: Sessions) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sessions.run("once", *(f"{URL}?code={i}" for i in (4711, 4712, 4713)))
    (warning,) = [str(each.message) for each in caught]
    assert "code" in warning
    assert "keep_query=['code']" in warning
    assert "471" not in warning


def test_a_secret_parameter_that_changes_nothing_is_not_told(sessions: Sessions) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # The same value twice, another host, and values that are matched.
        sessions.run(
            "once", f"{URL}?key=1", f"{URL}?key=1", "https://b.example/v1/forecast?key=2", PARIS
        )


# --- journals -----------------------------------------------------------------------------------


def died(path: Path, url: str, **given: Any) -> None:
    """A session that recorded one answer and died: its journal is left."""
    opened = OpenCassette(path, options(given), Mode.NEW_EPISODES, {})
    capture = opened.answer(Request("GET", url, (("x-part", "1"),)))
    assert isinstance(capture, Capture)
    capture.head(200, "OK", HEADERS)
    capture.chunk(b"journal")
    capture.end()
    opened.abandon()


def test_a_journal_without_a_file_has_its_own_options(sessions: Sessions) -> None:
    died(sessions.path, URL, match_headers=["x-part"])
    assert sessions.run("new_episodes", (URL, {"x-part": "1"})) == ["journal"]
    assert sessions.file.options == FileOptions(match_headers=("x-part",))
    assert sessions.file.lists == 1
    assert not list(sessions.path.parent.glob("*.partial"))
    assert sessions.run("none", (URL, {"x-part": "1"}), URL) == ["journal", "miss"]


def test_the_recordings_of_a_journal_get_keys_under_the_options_of_the_file(
    sessions: Sessions,
) -> None:
    sessions.run("once", f"{URL}/b", match_host=True)
    died(sessions.path, URL, match_host=False)
    other = "https://b.example/v1/forecast"
    assert sessions.run("new_episodes", URL) == ["journal"]
    assert sessions.run("none", URL, other) == ["journal", "miss"]
    assert findings(sessions.path.read_bytes(), "c.yaml") == []


@pytest.mark.parametrize("first", CASES)
@pytest.mark.parametrize("second", CASES)
def test_a_file_that_was_written_under_other_options_has_no_finding(
    sessions: Sessions, first: str, second: str
) -> None:
    given, asked = CASES[first]
    sessions.run("once", *asked, **given)
    then, more = CASES[second]
    kept = {"keep_query": sorted({*given.get("keep_query", []), *then.get("keep_query", [])})}
    now = {**then, **(kept if kept["keep_query"] else {})}
    sessions.run("new_episodes", f"{URL}/new", *more, **now)
    codes = {found.code for found in findings(sessions.path.read_bytes(), "c.yaml")}
    # What was stored in clear before its name became secret stays until it is recorded again.
    assert codes <= {"finding.secret", "finding.duplicate"}
