"""`promptecho fmt`: the exact form of what a hand has written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promptecho._base.errors import CassetteError
from promptecho._base.model import CassetteFile, JsonBody, Layout, Number
from promptecho._bodies import forms
from promptecho._checks.formatting import formatted
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on, rules
from promptecho._session.response import playable
from support.session_builders import answer, chat, recorded

RULES = rules()

BY_HAND = """\
# Made by hand.
minor: 1
version: 2
match_on: ['model', "messages", "system", tools, tool_choice, reasoning_effort, reasoning,
  thinking, response_format, context]
x-team: {b: 1, a: [x]}
interactions:
- response:
    headers: {content-type: 'application/json'}
    status: 200
    streaming: false
    truncated: false
    body: {"id": "msg_1", "size": 1.50}
    layout: {whitespace: compact, escape: "<"}
  x-note: kept
  request:
    url: https://api.anthropic.com/v1/messages
    method: POST
    match_key: '7d206bed48a0bc0c'
    matched_on:
    - model
    - messages
    body:
      model: "claude-opus-4-8"
      messages:
      - {role: user, content: "Summarize: the cat sat on the mat."}
      max_tokens: 100.0
...
"""

EXACT = """\
version: 2
minor: 1
match_on: [model, messages, system, tools, tool_choice, reasoning_effort, reasoning, thinking, \
response_format, context]
x-team:
  b: 1
  a:
    - x
interactions:
  - request:
      method: POST
      url: "https://api.anthropic.com/v1/messages"
      match_key: "7d206bed48a0bc0c"
      matched_on: [model, messages]
      body:
        model: claude-opus-4-8
        messages:
          - role: user
            content: "Summarize: the cat sat on the mat."
        max_tokens: 100
    response:
      status: 200
      headers:
        content-type: application/json
      streaming: false
      body:
        id: msg_1
        size: 1.50
    x-note: kept
...
"""

OLD = """\
version: 2
match_on: [model]
interactions: []
"""

DIFFERENT_KEY = EXACT.replace("7d206bed48a0bc0c", "0000000000000000")
UNCHANGED = (
    "{}:8: match_key or matched_on does not fit this url and body. It was not changed. Run "
    "`promptecho validate` for details.\n"
)


def played(data: bytes) -> list[Any]:
    """All that a client can see of a file, and all that a matcher looks at."""
    return [
        (playable(item, RULES), item.request.match_key, item.request.matched_on)
        for item in load(data, "a.yaml").interactions
    ]


def test_it_is_the_text_that_a_writer_writes() -> None:
    assert formatted(BY_HAND.encode(), "a.yaml").decode() == EXACT


def test_what_is_in_exact_form_stays() -> None:
    assert formatted(EXACT.encode(), "a.yaml").decode() == EXACT


def test_line_ends_and_a_byte_order_mark_go() -> None:
    data = b"\xef\xbb\xbf" + EXACT.replace("\n", "\r\n").encode()
    assert formatted(data, "a.yaml").decode() == EXACT


def test_keys_and_bytes_stay() -> None:
    before = BY_HAND.encode()
    assert played(formatted(before, "a.yaml")) == played(before)


def test_a_key_that_is_wrong_stays_wrong() -> None:
    assert formatted(DIFFERENT_KEY.encode(), "a.yaml").decode() == DIFFERENT_KEY


def test_a_file_of_0_1_3_stays() -> None:
    assert formatted(OLD.encode(), "a.yaml").decode() == OLD


def test_headers_that_differ_in_case_become_one() -> None:
    data = EXACT.replace("content-type:", "a: b\n        A: c\n        content-type:")
    joined = EXACT.replace(
        "content-type:", "a:\n          - b\n          - c\n        content-type:"
    )
    assert formatted(data.encode(), "a.yaml") == joined.encode()


def test_what_cannot_be_written_is_refused() -> None:
    data = EXACT.replace("interactions:", f'? "x-{"a" * 1100}"\n: 1\ninteractions:')
    with pytest.raises(CassetteError):
        formatted(data.encode(), "a.yaml")


TOKENS = [Number("1.50"), Number("-0"), Number("1.0"), Number("1.0e+300")]
NUMBERS = st.sampled_from([0, 1, -5, 0.5, *TOKENS])
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
LAYOUTS = st.builds(
    Layout,
    st.sampled_from(["compact", "spaced", "indented"]),
    st.sampled_from(["", "<", "&'", "<>&'"]),
    st.booleans(),
    st.booleans(),
    st.just(()),
)
BODIES = st.builds(JsonBody, st.dictionaries(st.sampled_from(["a", "<b>", "é"]), TREES), LAYOUTS)


@settings(max_examples=150)
@given(BODIES, TREES, st.booleans())
def test_it_changes_no_byte_and_no_key_and_is_done_at_once(
    body: JsonBody, extra: Any, flow: bool
) -> None:
    item = recorded(chat("a", temperature=0.5))
    request = item.request._replace(
        body={**item.request.body, "seed": Number("1.0")}, extras=(("x-a", extra),)
    )
    item = item._replace(request=request, response=answer("x")._replace(body=body))
    text = dump(CassetteFile(default_match_on(), (item,)))
    if flow:
        text = text.replace("      method: POST\n", "      'method': \"POST\" # a comment\n")
    once = formatted(text.encode(), "a.yaml")
    assert played(once) == played(text.encode())
    assert b"".join(forms.decode(load(once, "a").interactions[0].response.body)) == b"".join(
        forms.decode(body)
    )
    assert formatted(once, "a.yaml") == once


def test_another_yaml_library_reads_the_same() -> None:
    assert json.dumps(yaml.safe_load(EXACT)) == json.dumps(
        yaml.safe_load(formatted(BY_HAND.encode(), "a.yaml"))
    )


# --- the command --------------------------------------------------------------------------------


def command(*arguments: str, cwd: Path, stdin: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "promptecho", "fmt", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
    )
    return done.returncode, lines(done.stdout), lines(done.stderr)


def lines(data: bytes) -> str:
    return data.decode().replace("\r\n", "\n")


def test_it_rewrites_files_and_names_them(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(BY_HAND.encode())
    (tmp_path / "b.yaml").write_bytes(EXACT.encode())
    assert command(".", cwd=tmp_path) == (0, f"{os.path.join('.', 'a.yaml')} rewritten\n", "")
    assert (tmp_path / "a.yaml").read_bytes() == EXACT.encode()
    assert command(".", cwd=tmp_path) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "b.yaml"]


def test_check_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(BY_HAND.encode())
    (tmp_path / "b.yaml").write_bytes(EXACT.encode())
    assert command("--check", "a.yaml", "b.yaml", cwd=tmp_path) == (
        1,
        "a.yaml would be rewritten\n",
        "",
    )
    assert (tmp_path / "a.yaml").read_bytes() == BY_HAND.encode()
    assert command("--check", "b.yaml", cwd=tmp_path) == (0, "", "")


def test_a_wrong_key_is_told_and_left(tmp_path: Path) -> None:
    wrong = BY_HAND.replace("7d206bed48a0bc0c", "0000000000000000")
    (tmp_path / "a.yaml").write_bytes(wrong.encode())
    status, out, error = command("a.yaml", cwd=tmp_path)
    assert (status, out) == (0, "a.yaml rewritten\n")
    assert error == UNCHANGED.format("a.yaml").replace(":8:", ":19:")
    assert (tmp_path / "a.yaml").read_bytes() == DIFFERENT_KEY.encode()


def test_a_file_of_0_1_3_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_bytes(OLD.encode())
    for arguments in (["old.yaml"], ["--check", "old.yaml"]):
        assert command(*arguments, cwd=tmp_path) == (
            0,
            "",
            "old.yaml has format 2.0 and was not changed. Run `promptecho migrate` to rewrite it "
            "as 2.1.\n",
        )
    assert (tmp_path / "old.yaml").read_bytes() == OLD.encode()


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(EXACT.replace("200", "1").encode())
    (tmp_path / "b.yaml").write_bytes(BY_HAND.encode())
    assert command("a.yaml", "b.yaml", cwd=tmp_path) == (
        1,
        "b.yaml rewritten\n",
        "a.yaml:21: status must be an integer from 200 to 999, and is 1 [cassette.value]\n"
        "Write such a value, or record the call again. promptecho has not changed the file.\n",
    )


def test_standard_input_goes_to_standard_output(tmp_path: Path) -> None:
    done = command("-", cwd=tmp_path, stdin=BY_HAND.encode())
    assert done == (0, EXACT, "")
    assert command("--check", "-", cwd=tmp_path, stdin=BY_HAND.encode()) == (1, "", "")
    assert command("--check", "-", cwd=tmp_path, stdin=EXACT.encode()) == (0, "", "")


def test_a_path_that_names_nothing_is_an_error(tmp_path: Path) -> None:
    assert command("a.yaml", cwd=tmp_path) == (
        2,
        "",
        "promptecho fmt: there is no cassette at a.yaml. Pass a file, or a folder or a glob with "
        "*.yaml or *.yml files.\n",
    )


def test_the_help_says_what_is_lost(tmp_path: Path) -> None:
    status, out, _ = command("--help", cwd=tmp_path)
    assert status == 0
    assert "comments are lost" in " ".join(out.split())
