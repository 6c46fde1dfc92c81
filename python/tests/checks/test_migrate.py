"""`promptecho migrate`: what promptecho 0.1.3 wrote, as 2.1 [V20-8]."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from promptecho._base.model import Request
from promptecho._checks.formatting import formatted, migrated
from promptecho._checks.validate import findings
from promptecho._format.reader import load
from promptecho._matching.rules import default_match_on, rules
from promptecho._session.miss import CassetteMiss
from promptecho._session.modes import Mode
from promptecho._session.open_cassette import OpenCassette
from promptecho._session.options import options
from promptecho._session.response import ReplayResponse, playable
from support.session_builders import sent

RULES = rules()
DEFAULT_2_0 = "[model, messages, system, tools, tool_choice, reasoning_effort, reasoning, thinking]"

# As 0.1.3 writes it; the response goes at the end.
OLD = f"""\
version: 2
match_on: {DEFAULT_2_0}
interactions:
- request:
    method: POST
    url: https://api.openai.com/v1/chat/completions
    match_key: 0123456789abcdef
    matched_on:
    - model
    - messages
    body:
      model: gpt-5
      messages:
      - role: user
        content: 'yes

          no'
      temperature: 0.5
      response_format:
        type: text
  response:
    status: 200
    headers:
      content-type: CONTENT_TYPE
    streaming: STREAMING
"""

RESPONSES = {
    "tree": ("application/json", "    body: {a: 1.0e-07, b: 1.5, d: 1e5, t: \u00e9, e: []}\n"),
    "list": ("application/json", "    body: [1, x]\n"),
    "text": ("text/plain", "    body: hi\n"),
    "bytes": ("image/png", "    binary: true\n    body: /w==\n"),
    "nothing": ("text/plain", "    body: null\n"),
    "events": ("text/event-stream", '    events: ["data: a\\n\\n", "data: [DONE]\\n\\n"]\n'),
    "odd events": ("text/event-stream", '    events: ["data: a", "\\r\\n\\r\\ndata: b"]\n'),
    "lines": ("application/x-ndjson", '    events: ["{}\\n", "{}"]\n'),
    "undeclared": ("text/plain", '    events: ["data: a\\n\\n"]\n'),
}


def old(form: str) -> bytes:
    content_type, members = RESPONSES[form]
    streaming = "true" if "events" in members else "false"
    head = OLD.replace("CONTENT_TYPE", content_type).replace("STREAMING", streaming)
    return (head + members).encode()


def migrate(data: bytes) -> bytes:
    return migrated(data, "a.yaml", RULES)


@pytest.mark.parametrize("form", RESPONSES)
def test_the_bytes_played_stay(form: str) -> None:
    (before,) = load(old(form), "a.yaml").interactions
    (after,) = load(migrate(old(form)), "a.yaml").interactions
    one, other = playable(before, RULES), playable(after, RULES)
    assert b"".join(other.chunks) == b"".join(one.chunks)
    assert other.status == one.status
    assert other.truncated == one.truncated
    assert dict(other.headers)["content-type"] == dict(one.headers)["content-type"]


@pytest.mark.parametrize("form", RESPONSES)
def test_what_comes_out_is_a_file_that_we_would_write(form: str) -> None:
    data = migrate(old(form))
    assert findings(data, "a.yaml") == []
    assert formatted(data, "a.yaml") == data
    assert migrate(data) == data


def test_a_default_list_becomes_the_default_list_and_keys_follow() -> None:
    file = load(migrate(old("text")), "a.yaml")
    assert file.match_on == default_match_on()
    (item,) = file.interactions
    assert item.request.matched_on == ("model", "messages", "response_format")


def test_a_migrated_recording_is_found() -> None:
    file = load(migrate(old("text")), "a.yaml")
    body = {"model": "gpt-5", "messages": [{"role": "user", "content": "yes\nno"}]}
    body.update(temperature=0.5, response_format={"type": "text"})
    request = sent(body, url="https://api.openai.com/v1/chat/completions")
    assert request.request.match_key == file.interactions[0].request.match_key


def test_a_list_of_its_own_stays() -> None:
    data = old("text").replace(DEFAULT_2_0.encode(), b"[model]")
    file = load(migrate(data), "a.yaml")
    assert file.match_on == ("model",)
    assert file.interactions[0].request.matched_on == ("model",)


def test_a_query_that_0_1_3_took_out_is_marked_as_unknown() -> None:
    data = old("text").replace(b"completions\n", b"completions?beta=REDACTED\n")
    (item,) = load(migrate(data), "a.yaml").interactions
    assert item.request.extras == (("x-query", "unknown"),)
    assert findings(migrate(data), "a.yaml") == []


QUERIED = """\
- request:
    method: POST
    url: https://api.openai.com/v1/chat/completions{query}
    match_key: 0123456789abcdef
    matched_on: [model, messages]
    body:
      model: gpt-5
      messages: [{{role: user, content: {content}}}]
  response:
    status: 200
    headers: {{content-type: text/plain}}
    streaming: false
    body: {answer}
"""
#: What 0.1.3 recorded: queries, prompts and answers, in order.
WITH_QUERIES = (
    ("?beta=REDACTED", "one", "a"),
    ("?key=REDACTED&v=REDACTED", "one", "b"),
    ("?v=REDACTED", "two", "d"),
    ("", "three", "e"),
    ("?", "three", "f"),
)
ASKED = {
    "in order": [("?beta=1", "one"), ("?key=figs&v=2", "one"), ("?v=1", "two"), ("", "three")],
    "other queries": [("?x=1", "one"), ("?x=2", "one"), ("?x=2", "one"), ("", "two")],
    "no queries": [
        ("", "one"),
        ("", "two"),
        ("", "three"),
        ("", "one"),
        ("", "one"),
        ("?", "three"),
    ],
    "another order": [("?v=1", "two"), ("?beta=1", "one"), ("?v=2", "four"), ("?beta=1", "one")],
    "a key": [("?key=plums", "two"), ("?key=figs", "one"), ("?key=figs", "three")],
}


def with_queries(rows: tuple[tuple[str, str, str], ...]) -> bytes:
    items = [QUERIED.format(query=q, content=c, answer=a) for q, c, a in rows]
    head = OLD.partition("interactions:")[0]
    return f"{head}interactions:\n{''.join(items)}".encode()


def told(path: Path, asked: list[tuple[str, str]]) -> list[str]:
    """The answers of a session that only replays, or ``miss``."""
    opened = OpenCassette(path, options({}), Mode.NONE, {})
    answers = []
    for query, content in asked:
        body = json.dumps({"model": "gpt-5", "messages": [{"role": "user", "content": content}]})
        url = f"https://api.openai.com/v1/chat/completions{query}"
        try:
            answer = opened.answer(Request("POST", url, (), body.encode()))
        except CassetteMiss:
            answers.append("miss")
            continue
        assert isinstance(answer, ReplayResponse)
        answers.append(b"".join(answer.chunks).decode())
    opened.abandon()
    return answers


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_file_with_queries_replays_as_before(asked: list[tuple[str, str]], path: Path) -> None:
    data = with_queries(WITH_QUERIES)
    path.write_bytes(data)
    before = told(path, asked)
    path.write_bytes(migrate(data))
    assert findings(path.read_bytes(), "a.yaml") == []
    after = told(path, asked)
    assert expected(asked) == before
    assert after == before


def expected(asked: list[tuple[str, str]]) -> list[str]:
    """0.1.3 did not match queries: the next recording of the same prompt, or the last again."""
    answers = []
    for number, (_, content) in enumerate(asked):
        mine = [answer for _, c, answer in WITH_QUERIES if c == content]
        before = sum(c == content for _, c in asked[:number])
        answers.append(mine[min(before, len(mine) - 1)] if mine else "miss")
    return answers


def test_after_migrate_a_recording_without_a_query_answers_its_own_request_only(path: Path) -> None:
    rows = (("?v=REDACTED", "one", "a"), ("", "one", "b"))
    data = with_queries(rows)
    asked = [("", "one"), ("?v=1", "one"), ("?v=1", "one")]
    path.write_bytes(data)
    assert told(path, asked) == ["a", "b", "b"]  # 0.1.3 did not tell them apart
    path.write_bytes(migrate(data))
    assert told(path, asked) == ["b", "a", "a"]


def test_a_file_of_2_1_stays() -> None:
    data = b"version: 2\nminor: 1\nmatch_on: ['a']\ninteractions: []\n...\n"
    assert migrate(data) == data


# --- the command --------------------------------------------------------------------------------


def command(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "promptecho", "migrate", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_it_rewrites_old_files_only(tmp_path: Path) -> None:
    new = b"version: 2\nminor: 1\nmatch_on: ['a']\ninteractions: []\n...\n"
    (tmp_path / "new.yaml").write_bytes(new)
    (tmp_path / "old.yaml").write_bytes(old("tree"))
    assert command("--check", "new.yaml", "old.yaml", cwd=tmp_path) == (
        1,
        "old.yaml would be rewritten as 2.1\n",
        "",
    )
    assert (tmp_path / "old.yaml").read_bytes() == old("tree")
    assert command("new.yaml", "old.yaml", cwd=tmp_path) == (
        0,
        "old.yaml rewritten as 2.1\n",
        "",
    )
    assert (tmp_path / "old.yaml").read_bytes() == migrate(old("tree"))
    assert (tmp_path / "new.yaml").read_bytes() == new
    assert command("--check", "new.yaml", "old.yaml", cwd=tmp_path) == (0, "", "")


def test_a_file_that_cannot_be_read_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(old("tree").replace(b"version: 2", b"version: 1"))
    status, out, error = command("a.yaml", cwd=tmp_path)
    assert (status, out) == (1, "")
    assert error == (
        "a.yaml:1: the file has version 1, and this promptecho reads version 2 [cassette.version]\n"
        "Use a version of promptecho that reads this format. promptecho has not changed the file.\n"
    )


def test_a_path_that_names_nothing_is_an_error(tmp_path: Path) -> None:
    assert command("a.yaml", cwd=tmp_path) == (
        2,
        "",
        "promptecho migrate: there is no cassette at a.yaml. Pass a file, or a folder or a glob "
        "with *.yaml or *.yml files.\n",
    )


def test_a_number_beyond_all_doubles_keeps_its_spelling() -> None:
    data = old("tree").replace(b"1.0e-07", b"1.0e+999")
    assert b"a: 1.0e+999\n" not in migrate(data)  # stored as text: no layout has it
    (item,) = load(migrate(data), "a.yaml").interactions
    assert b"".join(playable(item, RULES).chunks).startswith(b'{"a": 1.0e+999, ')
