"""What `promptecho validate` says about a file (spec section 17)."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptecho._base.errors import CassetteError
from promptecho._base.model import (
    CassetteFile,
    EventStream,
    FileOptions,
    Frame,
    FrameStream,
    Interaction,
    RecordedResponse,
    Request,
    TextBody,
)
from promptecho._checks import schema
from promptecho._checks.finding import ERROR, WARNING, Finding
from promptecho._checks.formatting import formatted
from promptecho._checks.validate import findings
from promptecho._cli import _progress
from promptecho._cli._report import MEANINGS, as_json, github, sarif, summary, text
from promptecho._format.writer import dump
from promptecho._matching.rekey import rekeyed
from promptecho._matching.request import prepare
from promptecho._matching.rules import UserRules, default_match_on, matching, rules
from promptecho._redaction.literals import Literal
from support.session_builders import chat, recorded, sent

RULES = rules()

GOOD = """\
version: 2
minor: 1
match_on: [model, messages, system, tools, tool_choice, reasoning_effort, reasoning, thinking, \
response_format, context]
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
...
"""
BODY = "      streaming: false\n      body:\n        id: msg_1\n"
SSE = "      headers:\n        content-type: text/event-stream\n"
JSON_HEADERS = "      headers:\n        content-type: application/json\n"
# Put together here, so that no scanner takes this file for a leak.
AWS_KEY = "AKIA" + "1B23D45F67H89J01"


def said(text: str | bytes) -> list[tuple[int | None, str, str]]:
    """Line, code and severity of each finding."""
    data = text.encode() if isinstance(text, str) else text
    return [(f.line, f.code, f.severity) for f in findings(data, "a.yaml")]


def with_body(members: str, headers: str = JSON_HEADERS) -> str:
    return GOOD.replace(JSON_HEADERS, headers).replace(BODY, members)


def test_a_file_in_exact_form_has_no_findings() -> None:
    assert said(GOOD) == []


# --- one fault each -----------------------------------------------------------------------------

JANUARY_13 = '    recorded_at: "2026-13-01T00:00:00Z"\n'
ODD_BASE64 = '      streaming: false\n      binary: true\n      body: "/x=="\n'
TWO_EVENTS_IN_ONE = (
    '      streaming: true\n      framing: sse-lf\n      events:\n        - "a\\n\\nb"\n'
)

FAULTS: list[tuple[str, str, int, str, str]] = [
    # old, new, line, code, severity
    ("status: 200", "status: ]", 17, "yaml.syntax", ERROR),
    (GOOD, '{"log": {}}\n', 1, "cassette.foreign", ERROR),
    ("      status: 200\n", "=======\n      status: 200\n", 17, "yaml.merge-conflict", ERROR),
    ("version: 2\n", "%YAML 1.2\n---\nversion: 2\n", 1, "yaml.directive", ERROR),
    ("status: 200", "status: !!int 200", 17, "yaml.tag", ERROR),
    ("status: 200", "status: &a 200", 17, "yaml.anchor", ERROR),
    ("        id: msg_1", "        <<: {}", 22, "yaml.merge-key", ERROR),
    ("status: 200", "status: 200\n      status: 200", 18, "yaml.duplicate-key", ERROR),
    ("        id: msg_1", "        1: msg_1", 22, "yaml.key", ERROR),
    ("id: msg_1", "id: " + "[" * 70 + "]" * 70, 22, "yaml.depth", ERROR),
    ("id: msg_1", "id: yes", 22, "yaml.ambiguous-scalar", ERROR),
    ("...\n", "...\n---\na: 1\n...\n", 24, "yaml.multiple-documents", ERROR),
    (GOOD, "# nothing\n", 1, "yaml.empty", ERROR),
    (GOOD, " \n", 1, "cassette.empty", ERROR),
    ("...\n", "", 22, "cassette.truncated", ERROR),
    (GOOD, "- a\n", 1, "cassette.not-a-mapping", ERROR),
    ("version: 2", "version: 3", 1, "cassette.version", ERROR),
    ("minor: 1", "minor: 2", 2, "cassette.minor", ERROR),
    ("minor: 1", "minor: 0", 2, "cassette.value", ERROR),
    ("minor: 1", "minor: 1\nmine:\n  a: 1", 3, "cassette.unknown-member", ERROR),
    ("      status: 200\n", "", 17, "cassette.missing-member", ERROR),
    ("status: 200", 'status: "200"', 17, "cassette.type", ERROR),
    ("status: 200", "status: 99", 17, "cassette.value", ERROR),
    ("method: POST", "method: post", 6, "cassette.value", ERROR),
    ("method: POST", 'method: POST\n      dialect: "a b"', 7, "cassette.value", ERROR),
    ("status: 200", 'status: 200\n      reason: "a\\u0001"', 18, "cassette.value", ERROR),
    ("    response:", f"{JANUARY_13}    response:", 16, "cassette.value", ERROR),
    ("        id: msg_1", "        ? " + "n" * 513 + "\n        : 1", 22, "cassette.value", ERROR),
    ("7d206bed48a0bc0c", "7d206bed", 8, "cassette.key", ERROR),
    (BODY, ODD_BASE64, 22,
     "cassette.base64", ERROR),
    (BODY, BODY + "      framing: sse-lf\n", 23, "cassette.body-form", ERROR),
    ("7d206bed48a0bc0c", "7d206bed48a0bc0d", 8, "finding.key-mismatch", ERROR),
    ("[model, messages]", "[messages, model]", 8, "finding.key-mismatch", ERROR),
    ("the cat sat", "the dog sat", 8, "finding.key-mismatch", ERROR),
    (BODY, BODY + '      layout:\n        escape: "<"\n', 24, "finding.layout", WARNING),
    (BODY, TWO_EVENTS_IN_ONE, 23, "finding.framing", ERROR),
    (BODY, BODY + '      checksum: "0123456789abcdef"\n', 23, "finding.checksum", WARNING),
    (JSON_HEADERS, SSE, 20, "finding.framing", ERROR),
    ("content-type:", "Content-Type:", 19, "finding.header", WARNING),
    ("application/json", "application/json\n        te: today", 20, "finding.header", WARNING),
    ("application/json", "application/json\n        set-cookie: a", 20, "finding.header", ERROR),
    ("application/json", 'application/json\n        a: " b"', 20, "finding.header", WARNING),
    ("application/json", 'application/json\n        a: "b\\nc"', 20, "cassette.value", ERROR),
    ("application/json", 'application/json\n        "a b": c', 20, "cassette.value", ERROR),
    ("application/json", "application/json\n        content-encoding: gzip", 20, "finding.header",
     WARNING),
    ("application/json", "application/json\n        a:\n          - b", 20, "finding.header",
     WARNING),
    ("id: msg_1", f"id: {AWS_KEY}", 22, "finding.secret", ERROR),
    ("id: msg_1", "api_key: msg_1", 22, "finding.secret", ERROR),
    ("id: msg_1\n", f"id: msg_1\n      x-note: {AWS_KEY}\n", 23, "finding.secret", ERROR),
    ("/v1/messages\"", "/v1/messages?key=me\"", 7, "finding.secret", WARNING),
    ("\n...\n", "\n" + GOOD[GOOD.index("  - request"):], 23, "finding.duplicate", WARNING),
    ("method: POST", "method: 'POST'", 6, "finding.format", WARNING),
    ("version: 2\n", "# made by hand\nversion: 2\n", 1, "finding.format", WARNING),
    ("max_tokens: 100", "max_tokens: 100.0", 15, "finding.format", WARNING),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[3]}-{fault[2]}")
def test_a_file_with_one_fault_has_one_finding(fault: tuple[str, str, int, str, str]) -> None:
    old, new, line, code, severity = fault
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    found = [f for f in said(text) if f[1] != "finding.format" or code == "finding.format"]
    assert found == [(line, code, severity)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[3]}-{fault[2]}")
def test_a_file_is_not_in_exact_form_if_and_only_if_fmt_would_change_it(
    fault: tuple[str, str, int, str, str],
) -> None:
    data = GOOD.replace(fault[0], fault[1], 1).encode()
    try:
        changed = formatted(data, "a.yaml") != data
    except CassetteError:
        changed = False
    codes = {code for _, code, _ in said(data)}
    if not any(code.startswith("cassette.") for code in codes):
        assert ("finding.format" in codes) == changed


def test_what_is_not_utf_8_is_one_finding() -> None:
    assert said(GOOD.encode().replace(b"msg_1", b"\xff")) == [(22, "yaml.encoding", ERROR)]


def test_each_code_of_a_file_is_told_here() -> None:
    told = {code for *_, code, _ in FAULTS} | {"yaml.encoding"}
    # The command reads files, and looks for journals.
    others = {"cassette.too-large", "cassette.unreadable", "finding.journal"}
    assert told | others == set(MEANINGS)


# --- many faults --------------------------------------------------------------------------------


def test_all_faults_of_a_file_are_told_by_line() -> None:
    text = (
        GOOD.replace("minor: 1\n", "minor: 1\nmine: 1\nincomplete: maybe\n")
        .replace("method: POST", "method: post")
        .replace('"7d206bed48a0bc0c"', "x")
        .replace("status: 200", "status: 1")
        .replace("content-type:", "Set-Cookie: a\n        x-count: 5\n        content-type:")
        .replace("streaming: false", "streaming: false\n      tail: a\n      delays_ms: [-1]")
        .replace("id: msg_1", f"id: {AWS_KEY}")
        .replace("\n...\n", "\n  - 5\n  - request: []\n    response: {status: 200}\n...\n")
    )
    assert said(text) == [
        (3, "cassette.unknown-member", ERROR),
        (4, "cassette.type", ERROR),
        (8, "cassette.value", ERROR),
        (10, "cassette.key", ERROR),
        (19, "cassette.value", ERROR),
        (22, "cassette.type", ERROR),
        (25, "cassette.body-form", ERROR),
        (26, "cassette.value", ERROR),
        (29, "cassette.type", ERROR),
        (30, "cassette.type", ERROR),
        (31, "cassette.missing-member", ERROR),
        (31, "cassette.missing-member", ERROR),
    ]


def test_a_fault_silences_its_own_interaction_and_no_other() -> None:
    wrong = GOOD[GOOD.index("  - request") :].replace("7d206bed48a0bc0c", "7d206bed48a0bc0d")
    fault = wrong.replace("status: 200", "status: 1").replace("...\n", "")
    text = GOOD[: GOOD.index("  - request")] + fault + wrong
    assert said(text) == [
        (17, "cassette.value", ERROR),
        (26, "finding.key-mismatch", ERROR),
    ]


def test_a_finding_says_what_is_wrong_and_what_to_do() -> None:
    changed = GOOD.replace("the cat sat", "the dog sat").encode()
    right = recorded_key("Summarize: the dog sat on the mat.")
    assert findings(changed, "a.yaml") == [
        Finding(
            "a.yaml",
            8,
            "finding.key-mismatch",
            f'match_key is "7d206bed48a0bc0c", but this request has the key "{right}"',
            "If you edited the request on purpose, run `promptecho accept` on the file; otherwise "
            "record the call again.",
        )
    ]


def recorded_key(prompt: str) -> str:
    body = {"model": "claude-opus-4-8", "messages": [{"role": "user", "content": prompt}]}
    return sent({**body, "max_tokens": 100}, url="https://h/v1/messages").request.match_key


# --- keys ---------------------------------------------------------------------------------------


def in_file(options: FileOptions, url: str, **headers: str) -> str:
    """The text of a file with a recording that was made under these options."""
    own, body = rules(UserRules(options)), json.dumps(chat("a")).encode()
    asked = Request("POST", url, tuple(headers.items()), body)
    request = prepare(asked, own, matching(default_match_on())).request
    item = recorded(chat("a"))._replace(request=request)
    return dump(CassetteFile(default_match_on(), (item,), options=options, lists=1))


TEAM = "https://h/v1/x?team=red&code=1"
OPTIONS = [
    FileOptions(),
    FileOptions(match_host=True),
    FileOptions(match_headers=("range",)),
    FileOptions(match_headers=("x-other", "x-part")),
    FileOptions(keep_query=("*",)),
    FileOptions(keep_query=("code", "team")),
    FileOptions(ignore_query=("code", "team")),
    FileOptions(redact_query=("team",)),
    FileOptions(match_host=True, match_headers=("range",), keep_query=("team",)),
]


@pytest.mark.parametrize("options", OPTIONS)
def test_what_is_recorded_under_an_option_has_no_finding(options: FileOptions) -> None:
    assert said(in_file(options, TEAM, Range="bytes=0-9")) == []


def test_a_value_in_clear_without_the_option_is_a_finding() -> None:
    text = in_file(FileOptions(keep_query=("team",)), TEAM)
    assert "team=red&code=REDACTED" in text
    assert [code for _, code, _ in said(text.replace("keep_query:\n  - team\n", ""))] == [
        "finding.secret"
    ]


@pytest.mark.parametrize(
    ("changed", "to"),
    [
        ("match_host: true\n", ""),
        ("https://h/", "https://i/"),
        ("sha256-", "sha256-0"),
        ("match_headers:\n  - range\n", ""),
    ],
)
def test_an_option_or_a_place_of_the_key_that_was_edited_is_told(changed: str, to: str) -> None:
    options = FileOptions(match_host=True, match_headers=("range",))
    text = in_file(options, "https://h/v1/x", Range="bytes=0-9")
    assert changed in text
    assert "finding.key-mismatch" in [code for _, code, _ in said(text.replace(changed, to))]


def test_a_credential_in_a_request_header_is_told() -> None:
    text = in_file(FileOptions(), "https://h/v1/x", Range="bytes=0-9")
    secret = "s" + "k-Ab1Ab1Ab1Ab1Ab1Ab1Ab1Ab1"
    found = said(text.replace('"bytes=0-9"', secret))
    assert [code for _, code, _ in found] == ["finding.secret"]


def test_a_body_that_no_request_has_is_told() -> None:
    item = recorded(chat("a"), url="https://h/v1/chat/completions")
    raw = {**item.request.body, "messages": [{"role": "user", "content": [text_part("a")]}]}
    wrong = item._replace(request=item.request._replace(body=raw))
    wrong = rekeyed(wrong, matching(default_match_on()), RULES)
    (finding,) = findings(dump(CassetteFile(default_match_on(), (wrong,))).encode(), "a")
    assert finding.code == "finding.key-mismatch"
    assert finding.severity == WARNING
    assert finding.problem == "the body is not canonical, so no request matches this recording"


def text_part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


# --- secrets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place", ["url", "body", "header", "text", "events", "tail", "frame", "form"]
)
def test_a_secret_is_found_everywhere_and_never_shown(place: str) -> None:
    item = recorded(chat(AWS_KEY if place == "body" else "a"))
    request, response = item.request, item.response
    if place == "body":
        body = {**request.body, "messages": [{"role": "user", "content": f"my {AWS_KEY}"}]}
        request = request._replace(body=body)
    if place == "url":
        request = request._replace(url=f"https://h/{AWS_KEY}")
    if place == "form":
        request = request._replace(body={"__form__": [["client_secret", AWS_KEY]]})
    if place == "header":
        response = response._replace(headers=(("x-a", (AWS_KEY,)),))
    if place == "text":
        response = response._replace(body=TextBody(f"a {AWS_KEY}"))
    if place in ("events", "tail"):
        stream = EventStream("sse-lf", (f"data: {AWS_KEY}",) if place == "events" else (), AWS_KEY)
        response = RecordedResponse(200, (("content-type", ("text/event-stream",)),), stream)
    if place == "frame":
        frames = FrameStream((Frame(((":event-type", AWS_KEY),), "{}"),))
        kind = ("content-type", ("application/vnd.amazon.eventstream",))
        response = RecordedResponse(200, (kind,), frames)
    data = dump(CassetteFile(default_match_on(), (Interaction(request, response),))).encode()
    found = findings(data, "a.yaml")
    assert "finding.secret" in {finding.code for finding in found}
    assert not any(AWS_KEY in field for f in found for field in (f.problem, f.remedy))


def test_the_value_of_a_secret_environment_variable_is_found() -> None:
    own = UserRules(literals=(Literal("0123456789abcdefXYZ", "the value of X_KEY"),))
    text = GOOD.replace("id: msg_1", 'id: "0123456789abcdefXYZ"')
    (finding,) = findings(text.encode(), "a.yaml", own)
    assert finding.problem == "this value looks like the value of X_KEY"


# --- hostile ------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(st.data())
def test_no_text_makes_it_fail(data: Any) -> None:
    text = GOOD
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 30))
        junk = st.text(max_size=5) | st.sampled_from(
            ["[", "{", "- ", ": ", "\n", "null", "1.0e+999", "9" * 5000, '"', "'", "&a ", "*a", "?"]
        )
        text = text[:start] + data.draw(junk) + text[end:]
    for finding in findings(text.encode("utf-8", "surrogatepass"), "a.yaml"):
        assert finding.code in MEANINGS
        assert finding.line is None or 1 <= finding.line <= text.count("\n") + 2


@pytest.mark.parametrize("number", ["1.0e+999", "9007199254740993", "9" * 6000])
def test_a_number_without_a_canonical_form_is_a_finding(number: str) -> None:
    (found,) = findings(GOOD.replace("claude-opus-4-8", number).encode(), "a.yaml")
    assert found.code == "finding.key-mismatch"
    assert found.problem == "the body holds a number or a character that has no canonical form"


def test_many_faults_take_linear_time() -> None:
    items = "".join(f"  - a{i}\n" for i in range(20_000))
    text = f"version: 2\nminor: 1\nmatch_on: [a]\ninteractions:\n{items}...\n"
    assert len(said(text)) == 20_000


# --- formats ------------------------------------------------------------------------------------

ODD = Finding("a b/ü,1:2.yaml", 3, "yaml.key", "50% is\nodd\x1b", "Correct it.", WARNING)
WHOLE = Finding("<stdin>", None, "cassette.unreadable", "gone", "Check it.")


def test_text_is_for_people_and_harmless_to_a_terminal() -> None:
    assert text([ODD, WHOLE], 2) == (
        "a b/ü,1:2.yaml:3: warning: 50% is\\u000aodd\\u001b [yaml.key]\n"
        "    Correct it.\n"
        "<stdin>: error: gone [cassette.unreadable]\n"
        "    Check it.\n"
    )
    assert summary([ODD, WHOLE], 2) == "2 files: 1 error and 1 warning\n"
    assert summary([], 1) == "1 file: no findings\n"


def test_json_holds_every_field() -> None:
    assert json.loads(as_json([ODD, WHOLE], 2)) == {
        "files": 2,
        "findings": [ODD._asdict(), WHOLE._asdict()],
    }


def test_github_commands_are_escaped() -> None:
    assert github([ODD, WHOLE], 2) == (
        "::warning file=a b/ü%2C1%3A2.yaml,line=3,title=yaml.key::"
        "50%25 is%0Aodd\\u001b. Correct it.\n"
        "::error file=<stdin>,title=cassette.unreadable::gone. Check it.\n"
    )


def test_sarif_is_what_the_standard_asks_for() -> None:
    log = json.loads(sarif([ODD, WHOLE], 2))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "promptecho"
    assert [rule["id"] for rule in driver["rules"]] == ["cassette.unreadable", "yaml.key"]
    first, second = run["results"]
    assert first == {
        "ruleId": "yaml.key",
        "ruleIndex": 1,
        "level": "warning",
        "message": {"text": "50% is\nodd\x1b. Correct it."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a%20b/%C3%BC%2C1%3A2.yaml"},
                    "region": {"startLine": 3},
                }
            }
        ],
    }
    assert "region" not in second["locations"][0]["physicalLocation"]


# --- the command --------------------------------------------------------------------------------


def command(
    *arguments: str, cwd: Path, stdin: bytes = b"", env: dict[str, str] | None = None
) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "promptecho", "validate", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
    )
    return done.returncode, lines(done.stdout), lines(done.stderr)


def lines(data: bytes) -> str:
    return data.decode().replace("\r\n", "\n")


BAD = GOOD.replace("status: 200", "status: 1")
BAD_TEXT = (
    ":17: error: status must be an integer from 200 to 999, and is 1 [cassette.value]\n"
    "    Write such a value, or record the call again.\n"
)
LOOSE = GOOD.replace("method: POST", "method: 'POST'")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "good.yaml").write_bytes(GOOD.encode())
    (tmp_path / "sub" / "bad.yml").write_bytes(BAD.encode())
    (tmp_path / "sub" / "notes.txt").write_bytes(b"no cassette")
    (tmp_path / ".git" / "hidden.yaml").write_bytes(b"- no")
    return tmp_path


def test_a_folder_is_searched(folder: Path) -> None:
    place = os.path.join(".", "sub", "bad.yml")
    assert command(".", cwd=folder) == (1, f"{place}{BAD_TEXT}2 files: 1 error\n", "")


def test_a_file_and_a_glob_name_files_once(folder: Path) -> None:
    assert command("good.yaml", "*.yaml", cwd=folder) == (0, "1 file: no findings\n", "")
    place = os.path.join("sub", "bad.yml")
    assert command("**/*.yml", cwd=folder) == (1, f"{place}{BAD_TEXT}1 file: 1 error\n", "")


def test_standard_input_is_a_file(folder: Path) -> None:
    answer = command("-", cwd=folder, stdin=BAD.encode())
    assert answer == (1, f"<stdin>{BAD_TEXT}1 file: 1 error\n", "")


@pytest.mark.parametrize("argument", ["nothing.yaml", "no*.yaml", "empty"])
def test_a_path_that_names_nothing_is_an_error(folder: Path, argument: str) -> None:
    (folder / "empty").mkdir()
    assert command("good.yaml", argument, cwd=folder) == (
        2,
        "",
        f"promptecho validate: there is no cassette at {argument}. Pass a file, or a folder or a "
        "glob with *.yaml or *.yml files.\n",
    )


def test_no_path_and_a_bad_option_are_errors(folder: Path) -> None:
    assert command(cwd=folder) == (
        2,
        "",
        "promptecho validate: no path was given. Pass a file, a folder, a glob, or - for standard "
        "input.\n",
    )
    assert command("--format", "html", ".", cwd=folder)[0] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_file_that_cannot_be_read_is_a_finding(folder: Path) -> None:
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    assert command("gone.yaml", "good.yaml", cwd=folder) == (
        1,
        "gone.yaml: error: there is no such file [cassette.unreadable]\n"
        "    Check its path.\n"
        "2 files: 1 error\n",
        "",
    )


def test_a_warning_fails_only_under_strict(folder: Path) -> None:
    (folder / "loose.yaml").write_bytes(LOOSE.encode())
    problem = "promptecho would write the file differently from this line on"
    step = "Run `promptecho fmt` on the file: keys and answers stay the same."
    rest = f"{problem} [finding.format]\n    {step}\n"
    assert command("loose.yaml", cwd=folder) == (
        0,
        f"loose.yaml:6: warning: {rest}1 file: 1 warning\n",
        "",
    )
    assert command("--strict", "loose.yaml", cwd=folder) == (
        1,
        f"loose.yaml:6: error: {rest}1 file: 1 error\n",
        "",
    )


def test_quiet_prints_errors_only(folder: Path) -> None:
    (folder / "loose.yaml").write_bytes(LOOSE.encode())
    assert command("--quiet", "loose.yaml", cwd=folder) == (0, "", "")
    place = os.path.join("sub", "bad.yml")
    assert command("--quiet", "sub", cwd=folder) == (1, f"{place}{BAD_TEXT}", "")


def test_every_format_has_the_same_exit_status(folder: Path) -> None:
    status, out, _ = command("--format", "json", "sub", cwd=folder)
    assert (status, json.loads(out)["findings"][0]["code"]) == (1, "cassette.value")
    status, out, _ = command("--format", "sarif", "sub", cwd=folder)
    assert (status, json.loads(out)["runs"][0]["results"][0]["level"]) == (1, "error")
    status, out, _ = command("--format", "github", "sub", cwd=folder)
    place = os.path.join("sub", "bad.yml")
    assert out == (
        f"::error file={place},line=17,title=cassette.value::"
        "status must be an integer from 200 to 999, and is 1. "
        "Write such a value, or record the call again.\n"
    )
    assert status == 1
    assert (
        json.loads(command("--format", "sarif", "good.yaml", cwd=folder)[1])["runs"][0]["results"]
        == []
    )


def test_the_schema_is_printed(folder: Path) -> None:
    status, out, _ = command("--schema", cwd=folder)
    assert status == 0
    assert json.loads(out) == json.loads(schema.text())


def test_a_secret_of_the_environment_is_found(folder: Path) -> None:
    value = "0123456789abcdefXYZ"
    (folder / "leak.yaml").write_bytes(GOOD.replace("id: msg_1", f'id: "{value}"').encode())
    status, out, _ = command("leak.yaml", cwd=folder, env={"MY_API_KEY": value})
    assert status == 1
    assert "finding.secret" in out
    assert value not in out


def test_many_files_are_checked_in_order_by_several_processes(tmp_path: Path) -> None:
    for i in range(100):
        (tmp_path / f"{i:03}.yaml").write_bytes((BAD if i % 10 == 0 else GOOD).encode())
    status, out, _ = command(".", cwd=tmp_path)
    assert status == 1
    assert re.findall(r"(\d+)\.yaml:17", out) == [f"{i:03}" for i in range(0, 100, 10)]
    assert out.endswith("100 files: 10 errors\n")


def test_the_bar_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen, pipe = Terminal(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    assert list(_progress.shown("abc", 3, quiet=False)) == ["a", "b", "c"]
    assert pipe.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", screen)
    assert list(_progress.shown("abc", 3, quiet=False)) == ["a", "b", "c"]
    assert screen.getvalue().startswith(f"\r[{'#' * 10}{'.' * 20}] 1/3\r")
    assert screen.getvalue().endswith(f"[{'#' * 30}] 3/3\r\x1b[K")
