"""The checksum of a body: in each recording, kept on each rewrite, and a conflict in a merge."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

import promptecho
from promptecho._base.errors import CassetteError
from promptecho._bodies import forms
from promptecho._checks.formatting import formatted
from promptecho._checks.validate import findings
from promptecho._format.reader import load
from support.upstream import Answer, Upstream, compact, json_answer, ndjson_answer, sse_answer

EXAMPLE = "http://api.example.com"
OF_TEXT = Answer((b"hi",), headers=(("content-type", "text/plain"),))
OF_BYTES = Answer((b"\x00\xff",), headers=(("content-type", "audio/mpeg"),))
EMPTY = Answer((), 204)


def record(path: Path, *answers: Answer) -> bytes:
    """Record these answers anew, as those of one host; returns the bytes of the file."""
    with Upstream(answers) as upstream, promptecho.use_cassette(path, mode="all"):
        for number in range(len(answers)):
            httpx.post(f"{upstream.url}/v1/x", json={"input": number}, trust_env=False)
        address = upstream.url
    data = path.read_bytes().replace(address.encode(), EXAMPLE.encode())
    data = re.sub(rb"\n      digest: .*", b"", data)  # another URL has made it void
    path.write_bytes(data)
    return data


def checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def codes(data: bytes) -> list[str]:
    return [finding.code for finding in findings(data, "a.yaml")]


def test_each_recorded_body_has_the_checksum_of_its_bytes(path: Path) -> None:
    answers = (
        json_answer({"a": 1}),
        json_answer({"a": [1.5]}, indent=2),
        OF_TEXT,
        OF_BYTES,
        sse_answer("data: a", "data: b", line_end="\r\n"),
        ndjson_answer({"a": 1}, {"b": 2}),
    )
    file = load(record(path, *answers, EMPTY), "a.yaml")
    *others, empty = [item.response.checksum for item in file.interactions]
    assert others == [checksum(answer.body) for answer in answers]
    assert empty is None


def test_a_checksum_is_of_what_is_stored_and_not_of_the_secret(path: Path) -> None:
    with pytest.warns(promptecho.PromptechoSecretWarning):
        data = record(path, json_answer({"a": "AKIA" + "IOSFODNN7EXAMPLE"}))
    [item] = load(data, "a.yaml").interactions
    assert item.response.checksum == checksum(b'{"a":"REDACTED"}')
    assert codes(data) == []


def test_an_edit_by_hand_is_found_until_its_checksum_is_written(path: Path) -> None:
    edited = record(path, json_answer({"a": "ten euros"})).replace(b"ten ", b"two ")
    [finding] = findings(edited, "a.yaml")
    assert (finding.code, finding.severity) == ("finding.checksum", "warning")
    assert formatted(edited, "a.yaml") == edited
    old, new = checksum(b'{"a":"ten euros"}'), checksum(b'{"a":"two euros"}')
    assert f'write checksum: "{new}"' in finding.remedy
    assert codes(edited.replace(old.encode(), new.encode())) == []


def test_an_edited_recording_is_replayed_and_kept_when_the_file_grows(path: Path) -> None:
    path.write_bytes(record(path, OF_TEXT).replace(b"body: hi", b"body: ho"))
    with Upstream([json_answer({})]) as upstream:
        with promptecho.use_cassette(path, mode="new_episodes"):
            request = {"json": {"input": 0}, "trust_env": False}
            assert httpx.post(f"{upstream.url}/v1/x", **request).text == "ho"
            httpx.post(f"{upstream.url}/v1/y", trust_env=False)
    first, second = (item.response for item in load(path.read_bytes(), "a.yaml").interactions)
    assert first.checksum == checksum(b"hi")
    assert second.checksum == checksum(b"{}")


def stream(words: str) -> Answer:
    """A streamed answer, word by word."""
    parts = [compact({"choices": [{"delta": {"content": f"{word} "}}]}) for word in words.split()]
    return sse_answer(*(f"data: {part}" for part in parts), "data: [DONE]")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed here")
def test_two_branches_that_record_one_stream_conflict(tmp_path: Path) -> None:
    path = tmp_path / "cassette.yaml"

    def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        command = ["git", *who, "-C", str(tmp_path), *arguments]
        return subprocess.run(command, capture_output=True, check=False)

    def commit(words: str) -> bytes:
        data = record(path, stream(words))
        git("add", ".")
        git("commit", "-q", "-m", words)
        return data

    git("init", "-q", "-b", "first")
    commit("It will cost ten euros per seat and month for all teams")
    git("branch", "second")
    ours = commit("It will cost ten euros per seat and month for some teams")
    git("checkout", "-q", "second")
    theirs = commit("It will not cost ten euros per seat and month for all teams")
    merge = git("merge", "-m", "merged", "first")
    assert merge.returncode == 1
    assert b"CONFLICT" in merge.stdout
    merged = path.read_bytes()
    # The conflict is in the checksum alone: the events would have merged into another answer.
    assert b"<<<<<<<" in merged
    assert b"not " in merged
    assert b"some " in merged
    with pytest.raises(CassetteError), promptecho.use_cassette(path, mode="none"):
        pass
    assert load(ours, "a.yaml") != load(theirs, "a.yaml")


def test_a_merge_without_a_conflict_in_the_checksum_is_found(path: Path) -> None:
    data = record(path, stream("ten euros for all teams"))
    merged = data.replace(b'all "', b'some "').replace(b"all \\", b"some \\")
    [item] = load(merged, "a.yaml").interactions
    assert b"some " in b"".join(forms.decode(item.response.body))
    assert codes(merged) == ["finding.checksum"]
