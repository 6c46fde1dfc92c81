"""A folder in which no file can be created is found before the first call is paid [STORE-14].

Tests may run as root, who may write everywhere, so each story runs in a child that becomes another
user. It records once before, because it can import nothing afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.paths import TESTS
from support.upstream import Upstream, echo

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")

START = """
import os, sys
import httpx
import promptecho

folder, url = sys.argv[1:]
client = httpx.Client(trust_env=False, timeout=60)

def ask(prompt):
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}]}
    return client.post(url + "/v1/chat/completions", json=body).status_code

def refused(path, mode="once"):
    try:
        with promptecho.use_cassette(path, mode=mode):
            ask("new")
    except promptecho.CassetteError as error:
        print(error.code, "so the call was not made" in str(error))

with promptecho.use_cassette(folder + "/old.yaml"):
    ask("old")
os.chmod(folder, 0o555)
os.chmod(folder + "/old.yaml", 0o444)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""
STORIES = {
    "a new file": ('refused(folder + "/new.yaml")', ["cassette.unwritable True"]),
    "a new folder": ('refused(folder + "/deep/er/new.yaml")', ["cassette.unwritable True"]),
    "a file that is there": (
        'refused(folder + "/old.yaml", "new_episodes")',
        ["cassette.unwritable True"],
    ),
    "everything again": ('refused(folder + "/old.yaml", "all")', ["cassette.unwritable True"]),
    "replay": (
        'with promptecho.use_cassette(folder + "/old.yaml"):\n    print(ask("old"))',
        ["200"],
    ),
}


@pytest.fixture
def folder() -> Iterator[Path]:
    # pytest closes the folders above `tmp_path` to other users.
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        folder = Path(name, "cassettes")
        folder.mkdir()
        yield folder
        folder.chmod(0o755)


@pytest.mark.parametrize("story", STORIES)
def test_no_call_is_made_that_could_not_be_saved(story: str, folder: Path) -> None:
    code, printed = STORIES[story]
    with Upstream(echo) as upstream:
        command = [sys.executable, "-W", "error", "-c", START + code, str(folder), upstream.url]
        done = subprocess.run(command, capture_output=True, text=True, cwd=TESTS)
        assert done.returncode == 0, done.stderr
        assert len(upstream.calls) == 1
    assert done.stdout.splitlines() == printed
    assert os.listdir(folder) == ["old.yaml"]
