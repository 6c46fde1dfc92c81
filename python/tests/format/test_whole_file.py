"""What a reader reports first: files of other tools, conflict markers, other versions. [ERR-7]"""

from __future__ import annotations

import gzip
import io
import json
import re
from pathlib import Path

import pytest

import promptecho
from promptecho._base.errors import CassetteError
from promptecho._base.spec_data import data as spec_data
from promptecho._checks.validate import findings
from promptecho._cli import main
from promptecho._format.lazy_reader import opened
from support.cassette_strategies import EXAMPLE as WITH_CHECKSUM

EXAMPLE = re.sub(r" *checksum: .*\n", "", WITH_CHECKSUM)

VCRPY = """\
interactions:
- request:
    body: '{"model":"m"}'
    headers: {}
    method: POST
    uri: https://h/v1/x
  response:
    body:
      string: hi
    status:
      code: 200
      message: OK
version: 1
"""
VCR = """\
---
http_interactions:
- request:
    method: get
    uri: https://h/v1/x
  response:
    status:
      code: 200
recorded_with: VCR 6.4.0
"""
LANGCHAIN = """\
requests:
- body: ''
  method: GET
  uri: https://h/v1/x
responses:
- body: hi
"""
#: A tiny file of each kind, written by hand, and what a message calls it.
FOREIGN: dict[str, tuple[bytes, str]] = {
    "vcrpy": (VCRPY.encode(), "a cassette of vcrpy"),
    "vcrpy, not UTF-8": (VCRPY.encode().replace(b"hi", b"h\xe9"), "a cassette of vcrpy"),
    "vcrpy, JSON": (
        json.dumps({"version": 1, "interactions": []}, indent=4).encode(),
        "a cassette of vcrpy",
    ),
    "VCR": (VCR.encode(), "a cassette of VCR for Ruby"),
    "VCR, JSON": (b'{"http_interactions":[]}', "a cassette of VCR for Ruby"),
    "vcr of R": (
        VCR.replace("VCR 6.4.0", "VCR-vcr/2.1.0").replace("---\n", "").encode(),
        "a cassette of vcr for R",
    ),
    "cassetter": (
        b"version: 1\ninteractions:\n- request:\n    uri: https://h/v1/x\n",
        "a cassette of cassetter",
    ),
    "cassetter, TOML": (
        b'version = 1\n\n[[interactions]]\n\n[interactions.request]\nmethod = "GET"\n',
        "a cassette of cassetter",
    ),
    "HAR": (b'{"log": {"version": "1.2", "entries": []}}', "an HTTP archive (HAR)"),
    "Polly": (
        b'{\n  "log": {\n    "_recordingName": "a test",\n    "entries": []\n  }\n}\n',
        "a recording of Polly.JS",
    ),
    "dd-trace": (
        b'{\n  "request": {"method": "POST"},\n  "response": {}\n}\n',
        "a recording of dd-trace (ddapm-test-agent)",
    ),
    "nock": (b'[\n  {"scope": "https://h:443", "method": "GET"}\n]\n', "a recording of nock"),
    "langchain": (LANGCHAIN.encode(), "a cassette of langchain-tests"),
    "gzip": (
        gzip.compress(LANGCHAIN.encode()),
        "a gzip file, such as a cassette of langchain-tests (.yaml.gz)",
    ),
}


def refused(data: bytes) -> CassetteError:
    with pytest.raises(CassetteError) as caught:
        opened(io.BytesIO(data), "a.yaml")
    return caught.value


@pytest.fixture
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of another tool, in a folder of its own."""
    path = tmp_path / "cassettes" / "a.yaml"
    path.parent.mkdir()
    path.write_bytes(FOREIGN[request.param][0])
    return path


EACH_TOOL = pytest.mark.parametrize("foreign", FOREIGN, indirect=True)


@EACH_TOOL
@pytest.mark.parametrize("mode", ["new_episodes", "all", "missing", "verify"])
def test_a_file_of_another_tool_is_named_in_modes_that_need_a_cassette_and_stays(
    foreign: Path, mode: promptecho.RecordMode, request: pytest.FixtureRequest
) -> None:
    data, kind = FOREIGN[request.node.callspec.params["foreign"]]
    with pytest.raises(CassetteError) as caught, promptecho.use_cassette(foreign, mode=mode):
        pass
    assert str(caught.value) == (
        f"{foreign}:1: this file is {kind}, not a promptecho cassette [cassette.foreign]\n"
        "Run `promptecho import` on it, which makes a cassette of it. Without that it is replayed "
        "only, with mode='none' or mode='once'. promptecho has not changed the file."
    )
    assert foreign.read_bytes() == data
    assert list(foreign.parent.iterdir()) == [foreign]


@EACH_TOOL
@pytest.mark.parametrize("command", ["validate", "fmt", "migrate"])
def test_each_command_names_the_tool(
    foreign: Path,
    command: str,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, kind = FOREIGN[request.node.callspec.params["foreign"]]
    assert main([command, str(foreign)]) != 0
    said = "".join(capsys.readouterr())
    assert f"this file is {kind}, not a promptecho cassette" in said
    assert foreign.read_bytes() == data


def test_each_row_of_the_list_has_a_file_here() -> None:
    assert {row["name"] for row in spec_data("foreign")["rows"]} == {
        kind for _, kind in FOREIGN.values()
    }


@pytest.mark.parametrize("member", ["uri", "http_interactions", "recorded_with", "log"])
def test_members_of_other_tools_in_a_body_do_not_make_a_file_foreign(member: str) -> None:
    text = EXAMPLE.replace("        max_tokens: 100\n", f"        {member}: 'x'\n")
    assert len(opened(io.BytesIO(text.encode()), "a.yaml").interactions) == 1
    old = text.replace("minor: 1\n", "").replace("...\n", "")
    assert len(opened(io.BytesIO(old.encode()), "a.yaml").interactions) == 1


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "=======", ">>>>>>> b", "||||||| base"])
def test_a_conflict_marker_is_named_with_its_line(marker: str) -> None:
    text = EXAMPLE.replace("      status: 200\n", f"{marker}\n      status: 200\n")
    assert str(refused(text.encode())) == (
        f"a.yaml:17: this line is a conflict marker of git: {marker[:7]} [yaml.merge-conflict]\n"
        "Take one side as a whole, with git checkout --ours or --theirs. Then record what is "
        "missing with mode='new_episodes'. promptecho has not changed the file."
    )
    (found,) = findings(text.encode(), "a.yaml")
    assert (found.line, found.code) == (17, "yaml.merge-conflict")


def test_marker_like_lines_in_a_body_are_text() -> None:
    block = "            text: |-\n              <<<<<<< HEAD\n              =======\n"
    text = EXAMPLE.replace('            text: "A cat sat."\n', block)
    assert len(opened(io.BytesIO(text.encode()), "a.yaml").interactions) == 1
    assert len(findings(text.encode(), "a.yaml")) == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (VCRPY.encode() + b"<<<<<<< HEAD\n\xff", "cassette.foreign"),
        (b"<<<<<<< HEAD\n\xff", "yaml.encoding"),
        (b" \n", "cassette.empty"),
        (b"version: 3\nminor: 1\n<<<<<<< HEAD\n", "yaml.merge-conflict"),
        (b"version: 3\nminor: 1\na: &b [\n", "cassette.truncated"),
        (b"version: 3\nminor: 7\na: &b [\n...\n", "cassette.version"),
        (b"version: 2\nminor: 7\na: &b [\n...\n", "cassette.minor"),
        (b"version: 2\nminor: 1\na: &b [\n...\n", "yaml.syntax"),
        (b"version: 30 # of the future\nminor: 1\na: &b [\n...\n", "cassette.version"),
        (b"version: 2\nminor: " + b"9" * 5000 + b"\n...\n", "cassette.minor"),
    ],
)
def test_the_first_fault_of_the_order_is_reported(data: bytes, code: str) -> None:
    assert refused(data).code == code
