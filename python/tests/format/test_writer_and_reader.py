"""The text of a cassette: what is written, read, and refused (spec sections 3, 4, 17, 18, 20)."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.errors import CassetteError
from promptecho._base.model import (
    Accepted,
    BinaryBody,
    BinaryStream,
    Body,
    CassetteFile,
    Empty,
    EventStream,
    Frame,
    FrameStream,
    Interaction,
    JsonBody,
    Layout,
    Number,
    Provenance,
    RecordedRequest,
    RecordedResponse,
    TextBody,
)
from promptecho._bodies import forms
from promptecho._format.reader import load
from promptecho._format.remedies import remedy
from promptecho._format.writer import dump, interaction_text
from promptecho._storage.store import Store
from support.cassette_strategies import EVERYTHING, EXAMPLE, FILES

HEADERS = (("content-type", ("application/json",)),)
REQUEST = RecordedRequest("POST", "https://h/v1/x", "0123456789abcdef", ("a",), {"a": 1})


def file_of(*bodies: Body) -> CassetteFile:
    held = (Interaction(REQUEST, RecordedResponse(200, HEADERS, body)) for body in bodies)
    return CassetteFile(("a",), tuple(held))


def test_the_text_of_the_example() -> None:
    file = load(EXAMPLE.encode(), "a.yaml")
    [interaction] = file.interactions
    assert interaction.request.match_key == "7d206bed48a0bc0c"
    assert interaction.response.body == JsonBody(
        {"id": "msg_1", "content": [{"type": "text", "text": "A cat sat."}]}
    )
    assert dump(file) == EXAMPLE


def test_every_member_is_read_and_written_in_its_place() -> None:
    file = load(EVERYTHING.encode(), "a.yaml")
    [interaction] = file.interactions
    assert file.incomplete
    assert file.extras == (("x-team", "core"),)
    assert interaction.request.dialect == "acme"
    assert interaction.request.extras == (("x-note", "kept: yes"),)
    assert interaction.response == RecordedResponse(
        429,
        (("set-cookie", ("REDACTED", "REDACTED")), ("retry-after", ("1",))),
        EventStream("sse-crlf", ("data: a", "event: b\ndata: {}"), "data: c"),
        "Slow Down",
        True,
        (0, 12, 7),
        (("x-seen", {"deep": [1, None]}),),
        "0123456789abcdef",
        (1, 3),
    )
    assert interaction.recorded_at == "2026-01-31T12:00:00.25Z"
    assert interaction.redacted == ("response.events[0]",)
    assert interaction.extras == (("x-mark", "y2"), ("ext-mark", 1))
    assert interaction.provenance == Provenance(
        "acme 1.0",
        "notes/old.har",
        Accepted("2026-02-01T00:00:00Z", "7d206bed48a0bc0c", (("x-who", "Ann"), ("ext-why", None))),
    )


@pytest.mark.parametrize("text", [EXAMPLE, EVERYTHING])
def test_writing_what_was_read_gives_the_same_text(text: str) -> None:
    assert dump(load(text.encode(), "a.yaml")) == text


def test_a_cassette_without_recordings_is_a_cassette() -> None:
    text = "version: 2\nminor: 1\nmatch_on: [model]\ninteractions: []\n...\n"
    assert dump(CassetteFile(("model",))) == text
    assert load(text.encode(), "a.yaml") == CassetteFile(("model",))


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (Empty(), ["streaming: false"]),
        (TextBody("hi there"), ["streaming: false", 'body: "hi there"']),
        (BinaryBody(b"\xff\x00"), ["streaming: false", "binary: true", 'body: "/wA="']),
        (JsonBody([1, Number("2.50")]), ["streaming: false", "body: [1, 2.50]"]),
        (
            JsonBody({"a": {}}, Layout("indented", "<>", True, True)),
            [
                "streaming: false",
                "body:",
                "  a: {}",
                "layout:",
                "  whitespace: indented",
                '  escape: "<>"',
                "  ascii: true",
                "  final_newline: true",
            ],
        ),
        (
            EventStream("ndjson", ('{"a":1}',), "x"),
            ["streaming: true", "framing: ndjson", "events:", "  - '{\"a\":1}'", "tail: x"],
        ),
        (
            FrameStream((Frame(((":event-type", "chunk"),), "p"),)),
            [
                "streaming: true",
                "framing: aws-eventstream",
                "events:",
                "  - headers:",
                '      ":event-type": chunk',
                "    payload: p",
            ],
        ),
        (
            BinaryStream((b"\xff",)),
            ["streaming: true", "binary: true", "events:", '  - "/w=="'],
        ),
    ],
)
def test_each_form_of_a_body_has_its_members(body: Body, lines: list[str]) -> None:
    text = interaction_text(file_of(body).interactions[0])
    after = text.partition("        content-type: application/json\n")[2]
    assert after == "".join(f"      {line}\n" for line in lines)


# --- reading gives what was written ---------------------------------------------------------------


@given(FILES)
def test_reading_gives_what_was_written(file: CassetteFile) -> None:
    text = dump(file)
    assert load(text.encode(), "a.yaml") == file
    assert load(text.replace("\n", "\r\n").encode(), "a.yaml") == file
    assert load(b"\xef\xbb\xbf" + text.encode(), "a.yaml") == file


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_of_a_request_keep_their_value_and_their_text(numbers: list[float]) -> None:
    text = dump(CassetteFile(("a",), (Interaction(REQUEST._replace(body={"a": numbers}), OK),)))
    again = load(text.encode(), "a.yaml")
    assert dump(again) == text
    tokens = again.interactions[0].request.body["a"]
    assert [float(getattr(token, "text", token)) for token in tokens] == numbers


OK = RecordedResponse(200, (), Empty())

# --- what is refused ------------------------------------------------------------------------------

#: One fault each: what stands for what in EXAMPLE, and the code and line of the error.
FAULTS: list[tuple[str, str, str, int]] = [
    ("minor: 1", "minor: 1 # \udcff", "yaml.encoding", 2),
    ("minor: 1", "minor: [1", "yaml.syntax", 3),
    ("minor: 1", "minor: 1\n\tx: 1", "yaml.syntax", 3),
    ("version: 2", "%YAML 1.2\n---\nversion: 2", "yaml.directive", 1),
    ("status: 200", "status: !!int 200", "yaml.tag", 17),
    ("id: msg_1", "id: !!python/object/apply:os.system [x]", "yaml.tag", 22),
    ("id: msg_1", "id: &a msg_1", "yaml.anchor", 22),
    ("id: msg_1", "id: *a", "yaml.anchor", 22),
    ("id: msg_1", "<<: {}", "yaml.merge-key", 22),
    ("id: msg_1", "content: 1", "yaml.duplicate-key", 23),
    ("id: msg_1", "1: msg_1", "yaml.key", 22),
    ("id: msg_1", "[a]: msg_1", "yaml.key", 22),
    ("id: msg_1", f"id: {'[' * 64}{']' * 64}", "yaml.depth", 22),
    ("id: msg_1", "id: yes", "yaml.ambiguous-scalar", 22),
    ("id: msg_1", "id: 007", "yaml.ambiguous-scalar", 22),
    ("id: msg_1", "id: 2026-01-31", "yaml.ambiguous-scalar", 22),
    ("id: msg_1", "id:", "yaml.ambiguous-scalar", 22),
    ("\n...\n", "\n---\na: 1\n...\n", "yaml.multiple-documents", 27),
    ("\n...\n", "\n", "cassette.truncated", 26),
    ("\n...\n", "\n...", "cassette.truncated", 27),
    ("\n...\n", "\n...\n\n", "cassette.truncated", 28),
    ("version: 2", "version: 3", "cassette.version", 1),
    ("version: 2", 'version: "2"', "cassette.type", 1),
    ("version: 2", "version: 2.0", "cassette.type", 1),
    ("version: 2", "version: true", "cassette.type", 1),
    ("version: 2\n", "", "cassette.missing-member", 1),
    ("minor: 1", "minor: 2", "cassette.minor", 2),
    ("minor: 1", "minor: 0", "cassette.value", 2),
    ("minor: 1", "minor: 1\nnote: x", "cassette.unknown-member", 3),
    ("method: POST", "verb: POST", "cassette.unknown-member", 6),
    ("    response:", "    extra: 1\n    response:", "cassette.unknown-member", 16),
    ("status: 200", "status: 200\n      time: 1", "cassette.unknown-member", 18),
    ("      method: POST\n", "", "cassette.missing-member", 6),
    ("      streaming: false\n", "", "cassette.missing-member", 17),
    ("method: POST", "method: 7", "cassette.type", 6),
    ("method: POST", "method: post", "cassette.value", 6),
    ("method: POST", 'method: ""', "cassette.value", 6),
    ("https://api", "https://user:pw@api", "cassette.value", 7),
    ("https://api.anthropic.com", "", "cassette.value", 7),
    ("/v1/messages", "/v1/messages#x", "cassette.value", 7),
    ('"7d206bed48a0bc0c"', '"7D206BED48A0BC0C"', "cassette.key", 8),
    ('"7d206bed48a0bc0c"', '"7d206bed48a0bc0"', "cassette.key", 8),
    ('"7d206bed48a0bc0c"', "1234567890123456", "cassette.type", 8),
    ("matched_on: [model, messages]", "matched_on: model", "cassette.type", 9),
    ("matched_on: [model, messages]", "matched_on: [1]", "cassette.type", 9),
    ("status: 200", "status: ok", "cassette.type", 17),
    ("status: 200", "status: 99", "cassette.value", 17),
    ("status: 200", "status: 1000", "cassette.value", 17),
    ("content-type: application/json", "content-type: 1", "cassette.type", 19),
    ("content-type: application/json", "content-type: {}", "cassette.type", 19),
    ("streaming: false", 'streaming: "false"', "cassette.type", 20),
    ("streaming: false", "streaming: true", "cassette.body-form", 22),
    ("streaming: false", "streaming: false\n      binary: true", "cassette.type", 23),
    ("streaming: false", "streaming: false\n      events: []", "cassette.body-form", 21),
    ("streaming: false", "streaming: false\n      framing: sse-lf", "cassette.body-form", 21),
    ("streaming: false", "streaming: false\n      tail: x", "cassette.body-form", 21),
    ("streaming: false", "streaming: false\n      delays_ms: [-1]", "cassette.value", 21),
    ("streaming: false", "streaming: false\n      delays_ms: [1, 2]", "cassette.value", 21),
    ("streaming: false", "streaming: false\n      delays_ms: [a]", "cassette.type", 21),
    (
        "streaming: false",
        "streaming: false\n      layout: {tabs: true}",
        "cassette.unknown-member",
        21,
    ),
    (
        "streaming: false",
        "streaming: false\n      layout: {whitespace: wide}",
        "cassette.value",
        21,
    ),
    ("    response:", '    recorded_at: "yesterday"\n    response:', "cassette.value", 16),
    ("    response:", "    redacted: x\n    response:", "cassette.type", 16),
    ("    response:", "      dialect: messages\n    response:", "cassette.value", 16),
]  # fmt: skip
MATCH_ON_LINE = EXAMPLE.splitlines()[2]
FAULTS += [
    (MATCH_ON_LINE, f"match_on: {value}", code, 3)
    for value, code in (
        ("[]", "cassette.value"),
        ("[a, a]", "cassette.value"),
        ('["*", a]', "cassette.value"),
        ('[""]', "cassette.value"),
        ("model", "cassette.type"),
        ("null", "cassette.type"),
    )
]


def refused(data: bytes) -> CassetteError:
    with pytest.raises(CassetteError) as caught:
        load(data, "some/a.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "code", "line"), FAULTS, ids=[f"{f[2]}-{f[1][:30]}" for f in FAULTS]
)
def test_a_file_with_one_fault_is_refused(old: str, new: str, code: str, line: int) -> None:
    assert old in EXAMPLE
    error = refused(EXAMPLE.replace(old, new, 1).encode("utf-8", "surrogateescape"))
    assert (error.code, error.line) == (code, line)
    assert error.remedy == f"{remedy(code)} promptecho has not changed the file."
    assert str(error) == (f"some/a.yaml:{line}: {error.problem} [{code}]\n{error.remedy}")


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "cassette.empty", 1),
        (b" \n\n", "cassette.empty", 1),
        (b"\xef\xbb\xbf", "cassette.empty", 1),
        (b"# nothing\n", "yaml.empty", 1),
        (b"- a\n", "cassette.not-a-mapping", 1),
        (b"hello\n", "cassette.not-a-mapping", 1),
        (b"\xef\xbb\xbf\xef\xbb\xbfa: 1\n", "yaml.encoding", 1),
        (b"minor: \xff\n", "yaml.encoding", 1),
        (b"minor: 1\n", "cassette.truncated", 1),
        (b"a\x00b\n", "yaml.syntax", 1),
        (b"\x89PNG\r\n\x1a\n", "yaml.encoding", 1),
    ],
)
def test_what_is_no_cassette_at_all_is_refused(data: bytes, code: str, line: int) -> None:
    error = refused(data)
    assert (error.code, error.line) == (code, line)
    assert error.remedy


STREAM = EXAMPLE[: EXAMPLE.index("      body:\n        id:")].replace(
    "streaming: false", "streaming: true"
)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ("framing: sse-lf", "cassette.body-form"),
        ("events: [a]", "cassette.body-form"),
        ("framing: sse-lf\n      events: [a]\n      body: x", "cassette.body-form"),
        ("framing: sse-lf\n      events: [a]\n      layout: {}", "cassette.body-form"),
        ("framing: sse-lf\n      events: [a]\n      binary: true", "cassette.body-form"),
        ("binary: true\n      events: [a]\n      tail: x", "cassette.body-form"),
        ("framing: aws-eventstream\n      events: []\n      tail: x", "cassette.body-form"),
        ("framing: sse\n      events: [a]", "cassette.value"),
        ("framing: sse-lf\n      events: [1]", "cassette.type"),
        ("framing: sse-lf\n      events: a", "cassette.type"),
        ("framing: aws-eventstream\n      events: [a]", "cassette.type"),
        ("framing: aws-eventstream\n      events: [{payload: a}]", "cassette.missing-member"),
        (
            'framing: aws-eventstream\n      events: [{headers: {"": a}, payload: b}]',
            "cassette.value",
        ),
        (
            "framing: aws-eventstream\n      events: [{headers: {}, payload: a, x: b}]",
            "cassette.unknown-member",
        ),
        *(
            (f"binary: true\n      events: [{text}]", "cassette.base64")
            for text in ('"Z"', '"Zg"', '"Zh=="', '"Zg==Zg=="', '"Z g="', '"_w=="', '"Zg==\\n"')
        ),
    ],
)
def test_forms_of_a_stream_that_do_not_exist_are_refused(members: str, code: str) -> None:
    assert refused(f"{STREAM}      {members}\n...\n".encode()).code == code


@pytest.mark.parametrize("text", [EXAMPLE, EVERYTHING], ids=["example", "everything"])
def test_a_file_cut_at_any_byte_is_refused(text: str) -> None:
    data = text.encode()
    for length in range(len(data)):
        error = refused(data[:length])
        # Before it says that it is a 2.1 file, it may be refused for anything.
        assert error.code == "cassette.truncated" or length < data.index(b"minor:") + 6


@pytest.mark.parametrize("name", ["x-", "x-a", "x-any thing"])
def test_a_member_of_one_s_own_is_kept_wherever_it_stands(name: str) -> None:
    line = f'"{name}": [1, {{a: 1.50}}, "b"]\n'
    text = (
        EXAMPLE.replace("interactions:\n", f"{line}interactions:\n")
        .replace("    response:\n", f"      {line}    response:\n")
        .replace("...\n", f"      {line}    {line}...\n")
    )
    again = dump(load(text.encode(), "a.yaml"))
    assert load(again.encode(), "a.yaml") == load(text.encode(), "a.yaml")
    assert again.count("- a: 1.50") == 4


@pytest.mark.parametrize(
    "change",
    [
        ("...\n", "# a comment\n...\n"),
        ("version: 2", "---\nversion: 2"),
        ("model: claude-opus-4-8", "model: 'claude-opus-4-8'"),
        ("max_tokens: 100", "max_tokens:   100  # few"),
        ("          - role: user\n            content", "        - role: user\n          content"),
        ("streaming: false", "streaming: false\n      truncated: false\n      binary: false"),
    ],
)
def test_what_a_hand_may_have_changed_is_read_and_written_in_form(change: tuple[str, str]) -> None:
    text = EXAMPLE.replace(*change)
    assert text != EXAMPLE
    assert dump(load(text.encode(), "a.yaml")) == EXAMPLE


def test_a_layout_that_says_nothing_is_none() -> None:
    layout = "{whitespace: compact, escape: '', ascii: false, final_newline: false}"
    text = EXAMPLE.replace("streaming: false", f"streaming: false\n      layout: {layout}")
    assert dump(load(text.encode(), "a.yaml")) == EXAMPLE


@pytest.mark.parametrize(
    "members",
    [
        "streaming: false",
        "streaming: false\n      body: ''",
        "streaming: false\n      binary: true\n      body: ''",
        "streaming: true\n      framing: sse-lf\n      events: []",
        "streaming: true\n      framing: aws-eventstream\n      events: []",
        "streaming: true\n      binary: true\n      events: []",
    ],
)
def test_an_empty_body_is_empty_however_it_was_written(members: str) -> None:
    text = STREAM.replace("streaming: true", members) + "...\n"
    file = load(text.encode(), "a.yaml")
    assert file.interactions[0].response.body == Empty()
    assert dump(file) == STREAM.replace("streaming: true", "streaming: false") + "...\n"


# --- hostile files --------------------------------------------------------------------------------


def hostile(value: str) -> bytes:
    return EXAMPLE.replace("id: msg_1", f"id: {value}").encode()


def bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for i in range(1, 20):
        aliases = ", ".join([f"*a{i - 1}"] * 9)
        lines.append(f"a{i}: &a{i} [{aliases}]")
    return ("\n".join(lines) + "\n" + EXAMPLE).encode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bomb(), "yaml.anchor"),
        (hostile("[" * 100_000), "yaml"),
        (hostile("[" * 100_000 + "]" * 100_000), "yaml.depth"),
        (hostile("{a: " * 20_000 + "1" + "}" * 20_000), "yaml.depth"),
        (hostile("\n" + "".join(" " * (10 + i) + "-\n" for i in range(300))), "yaml.depth"),
        (hostile("!!python/object/new:os.system [exit 1]"), "yaml.tag"),
        (hostile("!<tag:yaml.org,2002:python/name:os.system> x"), "yaml.tag"),
        (hostile("9" * 300_000), None),
        (hostile("0." + "9" * 300_000), None),
        (hostile("1.0e+" + "9" * 300_000), None),
        (hostile('"' + "x" * 5_000_000 + '"'), None),
        (hostile('"\\ud800"'), "yaml"),
        (hostile("- " * 50_000 + "x"), "yaml"),
        (hostile("? " * 50_000 + "x"), "yaml"),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_hostile_file_is_refused_or_read_and_never_a_crash(data: bytes, code: str | None) -> None:
    if code is None:
        file = load(data, "a.yaml")
        assert load(dump(file).encode(), "a.yaml") == file
    else:
        assert refused(data).code.startswith(code)


def test_a_large_file_is_refused_before_it_is_read(path: Path) -> None:
    with path.open("wb") as handle:
        handle.truncate(2 * 1024**3)
    tracemalloc.start()
    with pytest.raises(CassetteError) as caught:
        Store(path).open(recording=False, replacing=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1024**2
    assert caught.value.code == "cassette.too-large"
    assert caught.value.remedy == "Split it into several cassettes."


# --- files of promptecho 0.1.3 --------------------------------------------------------------------

OLD = """\
version: 2
match_on:
- model
interactions:
- request:
    method: POST
    url: http://h/v1/x
    match_key: 0123456789abcdef
    matched_on:
    - model
    body:
      model: gpt
      messages:
      - role: user
        content: 'a

          b'
      temperature: 1.0
  response:
    status: 200
    headers:
      date: Sun, 22 Nov 2026 12:43:19 GMT
      x-count: 5
      x-flag: n
    streaming: false
"""


def played(members: str) -> bytes:
    text = OLD.replace("    streaming: false\n", f"    {members}\n")
    [interaction] = load(text.encode(), "old.yaml").interactions
    return b"".join(forms.decode(interaction.response.body))


# V20-5 and V20-6.
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ("streaming: false", b""),
        ("streaming: false\n    body: hi", b"hi"),
        ("streaming: false\n    body: null", b""),
        ("streaming: false\n    body: 5", b""),
        ("streaming: false\n    body: true", b""),
        ("streaming: false\n    body: '5'", b"5"),
        ("streaming: false\n    body: []", b"[]"),
        ("streaming: false\n    body: {t: é, u: '<'}", b'{"t": "\\u00e9", "u": "<"}'),
        (
            "streaming: false\n    body: {a: 1.0e-07, b: 1.5, d: 1e5, e: -0, f: 2.50}",
            b'{"a": 1e-07, "b": 1.5, "d": "1e5", "e": -0, "f": 2.5}',
        ),
        (
            "streaming: false\n    body: {a: 1.0, b: 1.0e+16, c: 1.0e+15, d: 0.0001, e: 0.00001}",
            b'{"a": 1.0, "b": 1e+16, "c": 1000000000000000.0, "d": 0.0001, "e": 1e-05}',
        ),
        ("streaming: false\n    body: {y: n, z: null}", b'{"y": "n", "z": null}'),
        ("streaming: false\n    binary: true\n    body: /wA=", b"\xff\x00"),
        ('streaming: true\n    events: ["data: a\\n\\n", "data: b"]', b"data: a\n\ndata: b"),
        ("streaming: true\n    events: []", b""),
    ],
)
def test_a_2_0_body_is_played_as_0_1_3_played_it(members: str, expected: bytes) -> None:
    assert played(members) == expected


def test_a_2_0_file_is_read() -> None:
    file = load(OLD.encode(), "old.yaml")
    [interaction] = file.interactions
    assert file.minor == 0
    assert interaction.request.match_key == "0123456789abcdef"
    assert interaction.request.body["messages"] == [{"role": "user", "content": "a\nb"}]
    headers = dict(interaction.response.headers)
    assert headers["x-count"] == ("5",)
    assert headers["x-flag"] == ("n",)


@pytest.mark.parametrize(
    "change",
    [
        ("match_on:\n- model\n", "match_on: []\n"),
        ("x-flag: n", "set-cookie: [a, b]"),
        ("    streaming", "    x-mine: 1\n    streaming"),
        ("version: 2\n", "\n# by hand\nversion: 2\n"),
    ],
)
def test_what_a_2_0_file_may_hold(change: tuple[str, str]) -> None:
    assert change[0] in OLD
    assert load(OLD.replace(*change).encode(), "old.yaml").minor == 0


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        *(
            (("model: gpt", f"model: {text}"), "yaml.ambiguous-scalar", 12)
            for text in ("yes", "007", ".5", "2024-08-06", "")
        ),
        (("version: 2", "version: 1"), "cassette.version", 1),
        (("match_on:", "incomplete: true\nmatch_on:"), "cassette.unknown-member", 2),
        (("  response:", "  recorded_at: x\n  response:"), "cassette.unknown-member", 19),
        (("  response:", "  redacted: []\n  response:"), "cassette.unknown-member", 19),
        (("    body:", "    dialect: x\n    body:"), "cassette.unknown-member", 11),
        *(
            (("streaming: false", f"streaming: {members}"), "cassette.unknown-member", 26)
            for members in (
                "false\n    truncated: true",
                "false\n    reason: x",
                "true\n    framing: sse-lf\n    events: []",
            )
        ),
    ],
)
def test_a_2_0_file_with_one_fault_is_refused(change: Any, code: str, line: int) -> None:
    assert change[0] in OLD
    error = refused(OLD.replace(*change).encode())
    assert error.code.startswith(code)
    assert error.line == line
