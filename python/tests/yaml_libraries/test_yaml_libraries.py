"""Other YAML libraries read what we write as the same data. [YAML-W2] to [YAML-W11]

The nox session `yaml_libraries` installs them: ruamel.yaml, and from npm `yaml` and `js-yaml` into
the folder that PROMPTECHO_NODE_LIBRARIES names.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
import ruamel.yaml
import yaml
from hypothesis import given, settings

from promptecho._base.model import JSON, CassetteFile, Number
from promptecho._format.writer import dump
from promptecho._text.yaml_reader import read as own_reader
from promptecho._text.yaml_writer import emit
from support.cassette_strategies import FILES
from support.yaml_strategies import DOCUMENTS

Read = Callable[[str], Any]


class NodeLibrary:
    """A YAML library for Node, in a process that answers one text after another."""

    def __init__(self, name: str) -> None:
        folder = os.environ["PROMPTECHO_NODE_LIBRARIES"]
        command = ["node", str(Path(__file__).with_name("read.mjs")), name, folder]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, text: str) -> Any:
        """The value of a text."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(text).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return untagged(answer["value"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [untagged(item) for item in value]
    if isinstance(value, dict):
        return {name: untagged(item) for name, item in value["map"]}
    return value


@pytest.fixture(scope="module")
def libraries() -> Iterator[dict[str, Read]]:
    """What each library makes of a text."""
    in_node = {name: NodeLibrary(name) for name in ("yaml", "js-yaml")}
    ruamel_parser = ruamel.yaml.YAML(typ="safe", pure=True)
    yield {
        "PyYAML": lambda text: yaml.load(text, Loader=yaml.CSafeLoader),
        "PyYAML without libyaml": lambda text: yaml.load(text, Loader=yaml.SafeLoader),
        "ruamel.yaml": lambda text: ruamel_parser.load(io.StringIO(text)),
        **{name: library.read for name, library in in_node.items()},
    }
    for library in in_node.values():
        library.close()


def data(value: JSON) -> Any:
    """A value as JSON data: each number is a double, whatever its token."""
    if isinstance(value, dict):
        return {name: data(member) for name, member in value.items()}
    if isinstance(value, list):
        return [data(item) for item in value]
    if isinstance(value, Number):
        return float(value.text)
    return value if isinstance(value, (bool, str)) or value is None else float(value)


@settings(max_examples=400)
@given(DOCUMENTS)
def test_other_libraries_read_the_same_data(
    libraries: dict[str, Read], document: dict[str, JSON]
) -> None:
    text = emit(document)
    assert {name: data(read(text)) for name, read in libraries.items()} == dict.fromkeys(
        libraries, data(document)
    )


@settings(max_examples=60)
@given(FILES)
def test_other_libraries_read_any_cassette(libraries: dict[str, Read], file: CassetteFile) -> None:
    text = dump(file)
    assert {name: data(read(text)) for name, read in libraries.items()} == dict.fromkeys(
        libraries, data(own_reader(text, legacy=False))
    )


@pytest.mark.parametrize(
    "value",
    [
        'data: {"id":"chatcmpl-1"}',
        'it\'s "so"',
        "'\"'",
        "C:\\",
        "a\\nb",
        ' " ',
        '"\u00a0\U0001f600',
    ],
)
def test_other_libraries_read_a_string_in_single_quotes(
    libraries: dict[str, Read], value: str
) -> None:
    text = emit({"v": value, "list": [value]})
    assert text.count(": '") == text.count("- '") == 1
    for read in libraries.values():
        assert read(text) == {"v": value, "list": [value]}
