"""Nothing that a file or a request says drives a terminal or a CI log. [ERR-10]"""

from __future__ import annotations

import io
import json
import re
import sys
import unicodedata
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import promptecho
from promptecho._base.printable import printable, printable_lines
from promptecho._base.warnings import RecordedErrorResponse
from promptecho._cli import main
from promptecho._intercept.network_block import NetworkBlocked
from support.clients import PLAIN
from support.paths import FIXTURES

RAW = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff]"
)
COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)
URL = "https://api.example.com/v1/x"
#: What a file may hold, as YAML writes it and as it is.
NAME = r"\e]0;own\a\n::error file=a.py::own\n##[error]own\x9b31m\u202e\u2028\u200f\x7f"
NAMED = "\x1b]0;own\x07\n::error file=a.py::own\n##[error]own\x9b31m\u202e\u2028\u200f\x7f"


def is_clean(text: str) -> bool:
    return not RAW.search(text) and not COMMAND.search(text)


def cassette(body: str = "a: 1", header: str = "x: yy", url: str = URL, extra: str = "") -> str:
    return (
        'version: 2\nminor: 1\nmatch_on: ["*"]\ninteractions:\n  - request:\n'
        f'      method: POST\n      url: "{url}"\n      match_key: "0000000000000000"\n'
        f"      matched_on: [a]\n      body:\n        {body}\n    response:\n      status: 200\n"
        f"      headers:\n        {header}\n      streaming: false\n      body:\n        ok: true\n"
        f"{extra}...\n"
    )


FILES = {
    "unknown member": cassette(extra=f'"{NAME}": 1\n'),
    "unknown member of a response": cassette(header=f'x: yy\n      "{NAME}": 1'),
    "name twice": cassette(extra=f'"{NAME}": 1\n"{NAME}": 2\n'),
    "name of a header": cassette(header=f'"{NAME}": yy'),
    "value of a header": cassette(header=f'x: "{NAME}"'),
    "url": cassette(url=r"https://api.example.com/v1/y\x9b31m\u202e\u2028"),
    "member of the body": cassette(body=f'"{NAME}": 1'),
    "value in the body": cassette(body=f'a: "{NAME}"'),
    "list in the body": cassette(body=f'a: ["{NAME}"]'),
    "dialect": cassette().replace(
        "      body:\n        a", f'      dialect: "{NAME}"\n      body:\n        a'
    ),
    "x- member": cassette().replace("interactions:", f'x-a: "{NAME}"\ninteractions:'),
    "key": cassette().replace('"0000000000000000"', f'"{NAME}"'),
    "method": cassette().replace("POST", f'"{NAME}"'),
    "recorded_at": cassette(extra=f'    recorded_at: "{NAME}"\n'),
    "redacted": cassette(extra=f'    redacted: ["{NAME}", "{NAME}"]\n'),
    "version": cassette().replace("version: 2", f'version: "{NAME}"'),
    "plain scalar": cassette().replace("a: 1", "a: 1 \x1b[31m\x9b"),
}


#: A cassette without recordings.
EMPTY = FIXTURES / "load" / "valid" / "no-interactions.yaml"


def shown(*arguments: object) -> str:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        main([str(each) for each in arguments])
    return out.getvalue()


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_no_command_prints_what_a_file_says_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(text.encode())
    for line in (
        ("validate", path),
        ("validate", "--format", "json", path),
        ("validate", "--format", "sarif", path),
        ("fmt", "--check", path),
        ("migrate", "--check", path),
        ("show", path),
        ("show", "--json", path),
        ("diff", path, EMPTY),
        ("diff", "--json", EMPTY, path),
        ("stats", path),
        ("stats", "--json", path),
    ):
        assert is_clean(shown(*line)), line
    own = shown("validate", "--format", "github", path)
    assert not RAW.search(own)
    assert all(line.startswith(("::error file=", "::warning file=")) for line in own.splitlines())


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_no_error_and_no_miss_shows_what_a_file_says_as_it_is(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    with warnings.catch_warnings(record=True) as said, httpx.Client(**PLAIN) as client:
        warnings.simplefilter("always")
        with pytest.raises((promptecho.CassetteMiss, promptecho.CassetteError)) as caught:
            with promptecho.use_cassette(path, mode="none"):
                client.post(URL, json={"a": 2})
    assert is_clean(str(caught.value))
    assert not RAW.search(repr(caught.value))
    chain: BaseException | None = caught.value
    while chain is not None:
        assert is_clean(str(chain))
        chain = chain.__cause__ or chain.__context__
    assert all(is_clean(str(each.message)) for each in said)


@pytest.mark.skipif(sys.platform == "win32", reason="no such names")
@pytest.mark.parametrize("text", [cassette(), "# c\n" + cassette(), "{"])
def test_the_name_of_a_file_is_shown_escaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        NAMED.replace("/", "") + ".yaml",
        "::error::x.yaml",
        " ::error::x.yaml",
        "##[error]x.yaml",
    ):
        path = Path(name)
        path.write_text(text)
        for line in (
            ("validate", name),
            ("fmt", "--check", name),
            ("fmt", name),
            ("migrate", name),
            ("show", name),
            ("diff", name, f"HEAD:{name}"),
            ("stats", name),
        ):
            assert is_clean(shown(*line)), (name, line)
        assert not RAW.search(shown("validate", "--format", "github", name))
        with pytest.raises((promptecho.CassetteError, promptecho.CassetteMiss)) as caught:
            with promptecho.use_cassette(name, mode="none"):
                httpx.post(URL, json={"a": 2})
        assert is_clean(str(caught.value))
        path.unlink()


TOLD: dict[str, Callable[[], object]] = {
    "an error": lambda: promptecho.CassetteError("cassette.value", NAMED, NAMED, path=NAMED),
    "a bad option": lambda: promptecho.OptionError("option.value", NAMED, NAMED),
    "an error answer": lambda: RecordedErrorResponse(NAMED, NAMED, NAMED, 400, NAMED),
    "a block": lambda: NetworkBlocked(NAMED),
}


@pytest.mark.parametrize("make", TOLD.values(), ids=TOLD)
def test_each_exception_escapes_its_data(make: Callable[[], object]) -> None:
    assert is_clean(str(make()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcode 中 \U0001f600", "plain, ünïcode 中 \U0001f600"),
        ("\x1b[31m", "\\u001b[31m"),
        ("a\nb\tc", "a\\u000ab\\u0009c"),
        ("::error::x", "\\u003a:error::x"),
        ("  ::error::x", "  \\u003a:error::x"),
        ("a ::error::x", "a ::error::x"),
        ("a:: b", "a:: b"),
        ("x ##[error]y", "x \\u0023#[error]y"),
        ("##vso[task.x]y", "\\u0023#vso[task.x]y"),
        ("## heading [a]", "## heading [a]"),
        ("\ud800", "\\ud800"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
    ],
)
def test_what_is_escaped_and_what_is_not(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


@given(st.text())
def test_every_text_is_clean_and_stays_so(text: str) -> None:
    once = printable(text)
    assert is_clean(once)
    assert "\n" not in once
    assert printable(once) == once
    assert is_clean(printable_lines(text))


def test_the_controls_are_those_of_unicode() -> None:
    for number in range(0x110000):
        character = chr(number)
        kind, direction = unicodedata.category(character), unicodedata.bidirectional(character)
        controls = kind in ("Cc", "Cs", "Zl", "Zp")
        bidi = kind == "Cf" and direction in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
        )
        bidi = bidi or direction == "PDI" or number in (0x061C, 0x200E, 0x200F)
        assert (printable(character) != character) == (controls or bidi), hex(number)


def test_json_and_sarif_are_ascii(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(FILES["unknown member"], encoding="utf-8")
    for form in ("json", "sarif"):
        text = shown("validate", "--format", form, tmp_path)
        assert text.isascii()
        assert text.count("\\u001b]0;own") == 1
        assert json.loads(text)
