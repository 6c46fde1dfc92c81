"""The classes of promptecho exist once in a process, whatever a test does to `sys.modules`.

Each story runs in a process of its own. A class that existed twice would be unknown to the writer:
it would record an empty body, and play one.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import TESTS
from support.upstream import Upstream, echo

START = """
import importlib, sys
from unittest import mock
import httpx
import promptecho

def call():
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    with httpx.Client(trust_env=False, timeout=60) as client:
        return client.post(sys.argv[2] + "/v1/chat/completions", json=body)

def session(name, mode="once"):
    with promptecho.use_cassette(f"{sys.argv[1]}.{name}.yaml", mode=mode) as cassette:
        answer = call()
    (interaction,) = cassette.interactions
    assert isinstance(interaction, promptecho.Interaction)
    assert interaction.response.body
    assert b"hello" in answer.content, answer.content
    return answer.content

ALONE = "promptecho", "promptecho._base", "promptecho._base.loaded_once", "promptecho._version"

def ours():
    return [name for name in sys.modules if name.split(".")[0] == "promptecho"]

def check_all():
    first = session("first")
    with open(f"{sys.argv[1]}.first.yaml") as file:
        assert file.read().count("hello") >= 2
    assert session("first", "none") == first
    assert session("before", "none") == before
"""
STORIES = {
    "modules mocked around the first cassette": """
with mock.patch.dict(sys.modules, {"optional_dependency": mock.Mock()}):
    before = session("before")
check_all()
""",
    "modules mocked inside a cassette": """
before = session("before")
with promptecho.use_cassette(sys.argv[1] + ".other.yaml", mode="none"):
    with mock.patch.dict(sys.modules, clear=False):
        import promptecho._checks.validate
check_all()
""",
    "every module purged": """
before = session("before")
old = promptecho
for name in ours():
    del sys.modules[name]
import promptecho
assert promptecho is not old
assert promptecho.CassetteMiss is old.CassetteMiss
assert promptecho.register_dialect is old.register_dialect
check_all()
""",
    "every second module purged": """
before = session("before")
for name in ours()[::2]:
    del sys.modules[name]
import promptecho
check_all()
""",
    "one module purged": """
before = session("before")
for name in ours():
    module = sys.modules.pop(name)
    check = importlib.import_module(name)
    assert check is module or name in ALONE
check_all()
""",
    "every module reloaded": """
before = session("before")
kinds = promptecho.Interaction, promptecho.CassetteMiss, promptecho.CassetteError
for name in ours():
    importlib.reload(sys.modules[name])
assert kinds == (promptecho.Interaction, promptecho.CassetteMiss, promptecho.CassetteError)
check_all()
""",
    "modules purged inside a cassette": """
before = session("before")
with promptecho.use_cassette(sys.argv[1] + ".other.yaml", mode="all"):
    for name in ours():
        del sys.modules[name]
    call()
import promptecho
check_all()
""",
}


@pytest.mark.parametrize("story", STORIES)
def test_what_was_recorded_is_whole_and_is_replayed(story: str, tmp_path: Path) -> None:
    with Upstream(echo) as upstream:
        program = [sys.executable, "-W", "ignore", "-c", START + STORIES[story]]
        command = [*program, str(tmp_path / "c"), upstream.url]
        done = subprocess.run(command, capture_output=True, text=True, cwd=TESTS)
    assert done.returncode == 0, done.stderr


def test_a_module_that_failed_to_load_is_tried_again() -> None:
    program = """
import sys
from unittest import mock
import promptecho
with mock.patch.dict(sys.modules, {"json": None}):
    try:
        promptecho.CassetteMiss
    except ImportError:
        pass
    else:
        raise SystemExit("json is not needed any more")
assert promptecho.CassetteMiss.__name__ == "CassetteMiss"
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=TESTS)
