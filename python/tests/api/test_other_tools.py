"""A file of another recorder is replayed as it is, and never written."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import httpx
import pytest

import promptecho
from promptecho._base.errors import CassetteError
from support.vcrpy_files import BODY, LOSSY, OLD, URL


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text(OLD, encoding="utf-8")
    return path


def answer(prompt: str = "hi") -> bytes:
    body = {**BODY, "messages": [{"role": "user", "content": prompt}]}
    return httpx.post(URL, json=body, trust_env=False).content


@pytest.mark.parametrize("mode", ["none", "once"])
def test_it_replays_and_is_not_written(old: Path, mode: promptecho.RecordMode) -> None:
    with promptecho.use_cassette(old, mode=mode) as cassette:
        assert answer() == b'{"id":  "1"}'
    assert len(cassette.played) == 1
    with pytest.raises(promptecho.CassetteMiss, match="make a cassette of it with `promptecho imp"):
        with promptecho.use_cassette(old, mode=mode):
            answer("bye")
    assert old.read_text(encoding="utf-8") == OLD
    assert list(old.parent.iterdir()) == [old]


def test_the_options_of_the_caller_hold(old: Path) -> None:
    with promptecho.use_cassette(old, mode="none", match_on=["model"], on_drift="ignore"):
        assert answer("another prompt") == b'{"id":  "1"}'


def test_gzip_is_read_too(old: Path) -> None:
    packed = old.with_suffix(".yaml.gz")
    packed.write_bytes(gzip.compress(OLD.encode()))
    with promptecho.use_cassette(packed, mode="none"):
        assert answer() == b'{"id":  "1"}'


@pytest.mark.parametrize("mode", ["new_episodes", "all", "missing", "verify"])
def test_other_modes_refuse_it(old: Path, mode: promptecho.RecordMode) -> None:
    with pytest.raises(CassetteError) as caught, promptecho.use_cassette(old, mode=mode):
        pass
    assert caught.value.code == "cassette.foreign"
    assert "Run `promptecho import` on it" in caught.value.remedy
    assert old.read_text(encoding="utf-8") == OLD


def test_calls_that_are_not_replayed_are_said(old: Path) -> None:
    old.write_text(LOSSY, encoding="utf-8")
    said = r"1 call .* not replayed\. call 2 \(GET https://h/x\): the source has no answer"
    with pytest.warns(promptecho.PromptechoRecordingWarning, match=said):
        with promptecho.use_cassette(old, mode="none"):
            assert answer() == b'{"id":  "1"}'


def test_a_whole_file_warns_of_nothing(old: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with promptecho.use_cassette(old, mode="none"):
            answer()


def test_a_damaged_file_says_what_it_is_and_what_is_wrong(old: Path) -> None:
    old.write_text(OLD + "x: [\n", encoding="utf-8")
    with pytest.raises(CassetteError) as caught, promptecho.use_cassette(old, mode="none"):
        pass
    assert caught.value.code == "cassette.foreign"
    assert "this file is a cassette of vcrpy" in caught.value.problem
    assert "neither JSON nor YAML" in caught.value.problem


@pytest.mark.parametrize(
    "text",
    [
        "interactions: []\nversion: 1\n",
        '{"interactions": [], "version": 1}',
        "- request: {method: GET, uri: 'http://h/'}\n  response: {status: {code: 200}, body: hi}\n",
    ],
)
@pytest.mark.parametrize("mode", ["none", "once"])
def test_a_file_without_a_signature_is_known_by_its_members(
    tmp_path: Path, text: str, mode: promptecho.RecordMode
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(promptecho.CassetteMiss, match="promptecho import"):
        with promptecho.use_cassette(path, mode=mode):
            answer()
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("text", ["version: 3\ninteractions: []\n", "- 1\n"])
def test_a_later_version_and_another_list_are_no_files_of_another_recorder(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CassetteError) as caught, promptecho.use_cassette(path, mode="none"):
        pass
    assert caught.value.code in ("cassette.version", "cassette.not-a-mapping")
