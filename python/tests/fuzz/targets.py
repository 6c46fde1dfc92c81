"""What is fuzzed: each target makes an input from a seed, and says what must hold for it.

An input is a JSON object, so that a failing one can be written to a file. Bytes are texts of
ISO 8859-1 in it.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from contextlib import suppress
from functools import cache
from random import Random
from typing import Any, Callable, NamedTuple

from promptecho._base.errors import CassetteError, NotCanonical, YamlError
from promptecho._base.model import CassetteFile, Interaction, Request
from promptecho._base.printable import printable, printable_lines
from promptecho._bodies import content_coding, forms
from promptecho._checks.finding import Finding
from promptecho._checks.formatting import formatted
from promptecho._checks.validate import findings
from promptecho._cli import _report
from promptecho._format.lazy_reader import headings, opened
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._matching import normalize, url
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, matching, rules
from promptecho._session.response import LiveResponse, record
from promptecho._text.canonical import canonical
from promptecho._text.json import parse
from promptecho._text.storable import storable
from promptecho._text.yaml_flow import Inexact
from promptecho._text.yaml_lines import document
from promptecho._text.yaml_reader import read
from promptecho.conformance import sessions
from support.conformance_fixtures import as_bytes, named
from support.paths import CONFORMANCE

sys.path.insert(0, str(CONFORMANCE))
try:
    from differ import mutations
finally:
    sys.path.remove(str(CONFORMANCE))

Input = dict[str, Any]


class Target(NamedTuple):
    """One thing that is fuzzed.

    Attributes:
        make: the input of a seed.
        check: raises if something does not hold for an input.
    """

    make: Callable[[Random], Input]
    check: Callable[[Input], None]


@cache
def given(*starts: str) -> list[Input]:
    """What the cases whose names start so give."""
    return [case["given"] for case in named(*starts)]


def _bytes(rows: list[Input]) -> list[bytes]:
    """The bytes of some cases; a few large ones are given as a rule, and left out."""
    found = [row["bytes"] for row in rows if "bytes" in row]
    plain = [each for each in found if {"utf8", "base64"}.issuperset(each)]
    return [as_bytes(each) for each in plain if all(type(x) is str for x in each.values())]


def latin(data: bytes) -> str:
    return data.decode("latin-1")


def _holds(condition: bool, what: str) -> None:
    if not condition:
        raise AssertionError(what)


# --- cassettes ---------------------------------------------------------------------------------


@cache
def cassettes() -> list[str]:
    """The texts of the suite that are cassettes, or nearly."""
    rows = [*given("load", "validate")]
    return list(map(latin, _bytes([row for row in rows if row.get("as") != "value"])))


def make_cassette(random: Random) -> Input:
    text = mutations.lines(random, random.choice(cassettes()), cassettes())
    if random.random() < 0.1:
        text = latin(mutations.octets(random, text.encode("latin-1", "replace"), [b"a"]))
    try:
        return {"data": latin(text.encode("latin-1"))}
    except UnicodeEncodeError:
        return {"data": latin(text.encode("utf-8", "surrogatepass"))}


Outcome = Any


def _outcome(reader: Callable[[], CassetteFile]) -> Outcome:
    try:
        file = reader()
        return file._replace(interactions=tuple(file.interactions))
    except CassetteError as error:
        _check_printed(str(error), lines=True)
        return error.code, error.line, str(error)


def check_readers(given: Input) -> None:
    """All ways to read a file say the same."""
    data = given["data"].encode("latin-1")
    full = _outcome(lambda: load(data, "a.yaml", lines=False))
    _holds(_outcome(lambda: load(data, "a.yaml")) == full, "load by lines differs")
    _holds(_outcome(lambda: opened(io.BytesIO(data), "a.yaml")) == full, "the fast reader differs")
    if isinstance(full, CassetteFile):
        found = headings(opened(io.BytesIO(data), "a.yaml").interactions)
        _holds(found == headings(full.interactions), "the headings differ")
    try:
        value = document(data)
    except Inexact:
        return
    _holds(repr(value) == repr(read(data, legacy=False)), "lines and YAML differ")


def check_validate(given: Input) -> None:
    """`validate` never fails, and finds an error in each file that is refused."""
    data = given["data"].encode("latin-1")
    found = findings(data, "a.yaml")
    _check_reports(found)
    full = _outcome(lambda: load(data, "a.yaml"))
    errors = [each for each in found if each.severity == "error"]
    _holds(isinstance(full, CassetteFile) or bool(errors), "a refused file has no error")


def check_fmt(given: Input) -> None:
    """`fmt` changes neither keys nor answers, and does nothing the second time."""
    data = given["data"].encode("latin-1")
    try:
        written = formatted(data, "a.yaml")
    except CassetteError as error:
        _check_printed(str(error), lines=True)
        return
    _holds(formatted(written, "a.yaml") == written, "fmt changes its own text")
    before, after = load(data, "a.yaml"), load(written, "a.yaml")
    _holds(_played(before) == _played(after), "fmt changes keys or answers")
    if before.minor:
        _holds(dump(after).encode() == written, "fmt writes another text than a session")


def _played(file: CassetteFile) -> list[Any]:
    return [_answer(item) for item in file.interactions]


def _answer(item: Interaction) -> Any:
    response = item.response
    key = (item.request.match_key, item.request.matched_on, item.request.url, item.failure)
    if response is None:
        return key
    body = b"".join(forms.decode(response.body))
    return (*key, response.status, response.reason, response.headers, body, response.truncated)


# --- what is printed ---------------------------------------------------------------------------

_CONTROLS = {*map(chr, range(32)), *map(chr, range(127, 160)), "\u2028", "\u2029", "\u061c"}
_CONTROLS |= {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))} | {
    "\u200e",
    "\u200f",
}


def _check_printed(text: str, *, lines: bool) -> None:
    """No character drives a terminal, and no line is a command to a CI."""
    rows = text.split("\n") if lines else [text]
    for row in rows:
        bad = sorted(_CONTROLS.intersection(row))
        _holds(not bad, f"a printed line has {bad!r}")
        _holds(not any("\ud800" <= each <= "\udfff" for each in row), "half a surrogate pair")
        _holds(not row.lstrip().startswith("::"), "a printed line is a command")


def _check_reports(found: list[Finding]) -> None:
    for name, report in _report.FORMATS.items():
        text = report(found, 1)
        text.encode("utf-8")
        if name == "text":
            _check_printed(text, lines=True)
        elif name == "github":
            _holds(text.count("\n") == len(found), "a finding is not one line")
            _check_printed(text.replace("\n::", "\n").removeprefix("::"), lines=True)
        else:
            json.loads(text)
            _check_printed(text, lines=True)


def make_report(random: Random) -> Input:
    text = "".join(random.choice([*mutations.HOSTILE, "a", "b c"]) for _ in range(12))
    return {"text": text, "file": text[: random.randrange(len(text) + 1)]}


def check_report(given: Input) -> None:
    """Whatever a file is called and says, reports are safe to print."""
    text, file = given["text"], given["file"]
    _check_printed(printable(text), lines=False)
    _check_printed(printable_lines(text), lines=True)
    _check_reports([Finding(file, 1, "cassette.value", text, text)])


@cache
def misses() -> list[Input]:
    return [row for row in given("miss") if "utf8" in row["request"].get("body", ())]


def make_miss(random: Random) -> Input:
    case = random.choice(misses())
    request = dict(case["request"])
    with suppress(ValueError, TypeError):  # not JSON, or a text that a rule gives
        body = mutations.tree(random, json.loads(request["body"]["utf8"]))
        request["body"] = {"utf8": json.dumps(body)}
    return {**case, "request": request}


def check_miss(given: Input) -> None:
    """What a miss says is safe to print."""
    answer = sessions.miss(given)
    _check_printed(answer.get("message", ""), lines=True)


# --- requests and responses --------------------------------------------------------------------

_TYPES = ["application/json", "text/event-stream", "application/x-ndjson", "text/plain", ""]
_TYPES += ["application/vnd.amazon.eventstream", "application/octet-stream", "text/html"]
_CODINGS = ["gzip", "deflate", "identity", "x-gzip", ""]


@cache
def bodies() -> list[bytes]:
    rows = given("body", "sse", "ndjson", "aws-eventstream")
    return _bytes(rows)


def _file_of(item: Interaction) -> CassetteFile:
    return CassetteFile(match_on=default_match_on(), interactions=(item,), minor=1)


def make_body(random: Random) -> Input:
    data = mutations.octets(random, random.choice(bodies()), bodies())
    return {"type": random.choice(_TYPES), "data": latin(data)}


def check_body(given: Input) -> None:
    """A body is stored, written and read, and is the same bytes."""
    data = given["data"].encode("latin-1")
    body = forms.encode(given["type"], data)
    _holds(b"".join(forms.decode(body)) == data, "the stored body is other bytes")
    answer = LiveResponse(200, "OK", (("content-type", given["type"]),), (data,))
    stored = record(answer, rules()).response
    prepared = prepare(Request("GET", "https://h/"), rules(), matching(default_match_on()))
    file = _file_of(Interaction(prepared.request, stored))
    text = dump(file).encode()
    _holds(_played(load(text, "a.yaml")) == _played(file), "the written body is another one")
    _holds(_played(opened(io.BytesIO(text), "a.yaml")) == _played(file), "the fast reader differs")


def make_coding(random: Random) -> Input:
    data = random.choice(bodies())
    names = [random.choice(_CODINGS) for _ in range(random.choice((1, 1, 2, 3, 6)))]
    coded = data
    for name in names:
        coded = _coded(name, coded)
    is_whole = random.random() < 0.5
    if not is_whole:
        coded = mutations.octets(random, coded, bodies())
    return {
        "plain": latin(data) if is_whole else None,
        "data": latin(coded),
        "coding": ", ".join(names),
        "truncated": random.random() < 0.3,
    }


def _coded(name: str, data: bytes) -> bytes:
    if name in ("gzip", "x-gzip"):
        return gzip.compress(data, mtime=0)
    return zlib.compress(data) if name == "deflate" else data


def check_coding(given: Input) -> None:
    """Content codings are undone up to a bound, or not at all."""
    data = given["data"].encode("latin-1")
    found = content_coding.undo(data, given["coding"], truncated=given["truncated"])
    _holds(found is None or len(found) <= content_coding.MAX_DECODED, "more than the bound")
    if given["plain"] is not None and given["coding"].count(",") < content_coding.MAX_CODINGS:
        _holds(found == given["plain"].encode("latin-1"), "decoded to other bytes")
    headers = (("content-encoding", given["coding"]), ("content-type", "text/plain"))
    stored = record(LiveResponse(200, "OK", headers, (data,)), rules()).response
    b"".join(forms.decode(stored.body))


_FORMS = [
    b"a=1&b=2&a=3",
    b"token=abc&x=%E2%82%AC&y=a+b&z",
    b"a=1&" * 300 + b"password=sk-abcdefghijklmnop",
    b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B\r\n'
    b'Content-Disposition: form-data; name="f"; filename="a.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\n"
    b"hello\r\n--B--\r\n",
    b'--B\r\nContent-Disposition: form-data; name="token"\r\n\r\nsecret-value-1234567\r\n--B--\r\n',
    b'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}',
    b"[1, 2, {}]",
]
_REQUEST_TYPES = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=B",
    'multipart/form-data; boundary="B"',
    "multipart/form-data",
    "application/json",
    "text/plain",
]


def make_request(random: Random) -> Input:
    data = mutations.octets(random, random.choice(_FORMS), _FORMS)
    return {"type": random.choice(_REQUEST_TYPES), "data": latin(data)}


def check_request(given: Input) -> None:
    """A request of any body has a key, which is that of what is stored of it."""
    headers = (("content-type", given["type"]),)
    names = matching(default_match_on())
    asked = Request("POST", "https://h/v1/x", headers, given["data"].encode("latin-1"))
    stored = prepare(asked, rules(), names).request
    _holds(prepare(asked, rules(), names).request == stored, "the second key is another one")
    answer = record(LiveResponse(200, "OK", (), (b"{}",)), rules()).response
    file = _file_of(Interaction(stored, answer))
    text = dump(file).encode()
    read_again = load(text, "a.yaml").interactions[0].request
    _holds(canonical(read_again.body) == canonical(stored.body), "the written body is another one")
    wrong = [each for each in findings(text, "a.yaml") if each.severity == "error"]
    _holds(not wrong, f"validate finds {wrong[:1]}")


@cache
def conversations() -> list[Input]:
    return [row for row in given("normalize") if "body" in row]


def make_normalize(random: Random) -> Input:
    row = random.choice(conversations())
    body = json.loads(row["body"]) if isinstance(row["body"], str) else row["body"]
    for _ in range(random.choice((1, 1, 2, 4))):
        body = mutations.tree(random, body)
    return {"url": row["url"], "method": row["method"], "body": body}


def check_normalize(given: Input) -> None:
    """A canonical body is one: normalized again, it is the same."""
    try:
        body = parse(json.dumps(given["body"], ensure_ascii=False).encode("utf-8", "surrogatepass"))
    except NotCanonical:
        return
    if not isinstance(body, dict):
        return
    path, method = url.key_path(given["url"]), given["method"].upper()
    name, once = normalize.normalize(path, body, method)
    if storable(once):
        twice = normalize.normalize(path, once, method)[1]
        _holds(canonical(twice) == canonical(once), f"{name} is not idempotent")


# --- YAML --------------------------------------------------------------------------------------


@cache
def texts() -> list[str]:
    return list(map(latin, _bytes(given("yaml"))))


def make_yaml(random: Random) -> Input:
    text = mutations.lines(random, random.choice(texts()), texts())
    return {"data": latin(text.encode("utf-8", "surrogatepass"))}


_BREAKS = "\n\r\x85\u2028\u2029"  # of lines, to YAML 1.1


def check_yaml(given: Input) -> None:
    """A text has one value, or is refused with the line."""
    data = given["data"].encode("latin-1")
    try:
        found = read(data, legacy=False)
    except YamlError as error:
        breaks = sum(data.decode("utf-8", "replace").count(each) for each in _BREAKS)
        _holds(1 <= error.line <= breaks + 2, f"line {error.line}")
        return
    # The comment keeps lists in the text, so the YAML library reads them.
    plain = data.replace(b"]\n", b"] #\n")
    try:
        other = read(plain, legacy=False)
    except YamlError:
        return
    if b"#" not in repr(other).encode() and b"]\n" not in repr(found).encode():
        _holds(repr(other) == repr(found), "a list has two values")


TARGETS = {
    "readers": Target(make_cassette, check_readers),
    "validate": Target(make_cassette, check_validate),
    "fmt": Target(make_cassette, check_fmt),
    "yaml": Target(make_yaml, check_yaml),
    "bodies": Target(make_body, check_body),
    "codings": Target(make_coding, check_coding),
    "requests": Target(make_request, check_request),
    "normalize": Target(make_normalize, check_normalize),
    "reports": Target(make_report, check_report),
    "misses": Target(make_miss, check_miss),
}
