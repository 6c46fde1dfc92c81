"""Each project of ``examples/`` after a prompt edit: accepted, green in CI, shown by the diff."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path

import pytest

from examples.projects import TOP, cassettes, run
from promptecho._checks.validate import findings
from promptecho._cli import main
from support.upstream import Upstream

#: For each project: the file, its old prompt and its new one, and how many requests hold it.
EDITS = {
    "openai_chat": (
        "chat.py",
        "Summarize the text of the user in one sentence.",
        "Summarize the text of the user in one short sentence.",
        2,
    ),
    "anthropic_tools": (
        "assistant.py",
        "Get the weather of a place.",
        "Get the present weather of a place.",
        3,
    ),
    "fastapi_app": (
        "app.py",
        "Answer with one word: billing or technical.",
        "Answer with one lower-case word: billing or technical.",
        2,
    ),
}
KEYS = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), "a made-up value of a key")


@pytest.fixture
def nobody() -> str:
    """The address of a server that no longer listens."""
    with Upstream([]) as upstream:
        return upstream.url


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_prompt_is_accepted_and_then_green_in_ci(
    name: str,
    tmp_path: Path,
    nobody: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    skipped = shutil.ignore_patterns("__pycache__")
    project = Path(shutil.copytree(TOP / name, tmp_path / name, ignore=skipped))
    before = {path: path.read_text(encoding="utf-8") for path in cassettes(project)}
    source, old, new, count = EDITS[name]
    text = (project / source).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (project / source).write_text(text.replace(old, new), encoding="utf-8")

    done = run(project, "--promptecho-accept", url=nobody, **KEYS)
    assert done.status == 0, done.printed
    assert done.printed.count("promptecho: accepted cassettes/") == count

    done = run(project, url=nobody, CI="true")
    assert done.status == 0, done.printed
    assert " 0 missed, 0 unplayed" in done.printed

    added, removed = [], []
    for path, was in before.items():
        now = path.read_text(encoding="utf-8")
        assert findings(path.read_bytes(), path.name) == []
        for line in difflib.ndiff(was.splitlines(), now.splitlines()):
            {"+ ": added, "- ": removed}.get(line[:2], []).append(line[2:].strip())
    assert sum(new in line for line in added) == sum(old in line for line in removed) == count
    assert added.count("accepted:") == count
    olds = {line.partition('"')[2].rstrip('"') for line in removed if "match_key" in line}
    assert {line.partition('"')[2].rstrip('"') for line in added if "from_key" in line} == olds
    # Nothing of an answer has changed. The new request is stored: its address here is another one.
    rest = [line for line in (*added, *removed) if old not in line and new not in line]
    names = {line.partition(":")[0] for line in rest}
    assert names == {"url", "match_key", "digest", "accepted", "at", "from_key"}

    monkeypatch.chdir(project)
    capsys.readouterr()
    assert main(["lint", "--strict"]) == 0, capsys.readouterr().out
