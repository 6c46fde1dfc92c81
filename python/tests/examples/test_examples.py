"""Each project of ``examples/`` replays without network and key, and can be recorded again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import promptecho
from examples.projects import PROJECTS, TOP, cassettes, model, record, run
from promptecho._checks.validate import findings
from support.upstream import Upstream

SPECIFICATION = TOP.parent / "spec" / "cassette-v2.md"


@pytest.fixture(params=PROJECTS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of each project."""
    return copied(request.param, tmp_path)


@pytest.fixture
def server() -> Iterator[Upstream]:
    """A provider that would answer, if a request reached it."""
    with Upstream(model) as upstream:
        yield upstream


def copied(name: str, folder: Path) -> Path:
    skipped = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(TOP / name, folder / name, ignore=skipped))


def test_every_project_is_listed() -> None:
    folders = {path.parent.name for path in TOP.glob("*/README.md")}
    assert folders == set(PROJECTS)


def test_committed_cassettes_replay_in_ci_without_a_key(project: Path, server: Upstream) -> None:
    done = run(project, url=server.url, CI="true")
    assert done.status == 0, done.printed
    assert "promptecho: 0 recorded, " in done.printed
    assert server.calls == []


def test_without_cassettes_no_request_reaches_a_server_in_ci(
    project: Path, server: Upstream
) -> None:
    shutil.rmtree(project / "cassettes")
    done = run(project, url=server.url, CI="true", OPENAI_API_KEY="k", ANTHROPIC_API_KEY="k")
    assert done.status == 1
    assert "CassetteMiss" in done.printed
    assert server.calls == []
    assert cassettes(project) == []


def _undated(path: Path) -> str:
    """A cassette without the date of its `anthropic-version`, which each SDK release may raise."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\n      digest: .*", "", text)  # of the bytes that one version of an SDK sends
    return re.sub(r'(anthropic-version: )"[0-9-]+"', r"\1DATE", text)


def test_a_new_recording_replays_and_is_the_committed_one(project: Path) -> None:
    committed = {path.name: _undated(path) for path in cassettes(project)}
    shutil.rmtree(project / "cassettes")
    recording = record(project)
    assert recording.status == 0, recording.printed
    recorded = {path.name: _undated(path) for path in cassettes(project)}
    assert recorded == committed
    with Upstream(model) as gone:
        pass
    assert gone.refuses()
    replay = run(project, url=gone.url, CI="true")
    assert replay.status == 0, replay.printed


def test_a_changed_prompt_is_a_miss_that_shows_both_prompts(
    tmp_path: Path, server: Upstream
) -> None:
    project = copied("openai_chat", tmp_path)
    app = project / "chat.py"
    code = app.read_text(encoding="utf-8")
    assert code.count('in one sentence."}') == 1
    app.write_text(code.replace('in one sentence."}', 'in three words."}'), encoding="utf-8")
    done = run(project, url=server.url, CI="true")
    assert "2 failed" in done.printed
    assert "Summarize the text of the user in one sentence." in done.printed
    assert "Summarize the text of the user in three words." in done.printed
    assert server.calls == []


def test_a_changed_tool_result_is_a_miss(tmp_path: Path, server: Upstream) -> None:
    project = copied("anthropic_tools", tmp_path)
    app = project / "assistant.py"
    code = app.read_text(encoding="utf-8")
    assert code.count("31 degrees Celsius, sunny") == 1
    app.write_text(code.replace("31 degrees Celsius, sunny", "snow"), encoding="utf-8")
    done = run(project, url=server.url, CI="true")
    assert "1 failed, 1 passed" in done.printed
    assert "Las Vegas: snow" in done.printed
    assert server.calls == []


def test_cassettes_have_no_findings() -> None:
    paths = sorted(TOP.rglob("*.yaml"))
    assert len(paths) == 7
    for path in paths:
        assert findings(path.read_bytes(), path.name) == []


def test_the_example_cassette_is_that_of_the_specification() -> None:
    text = SPECIFICATION.read_text(encoding="utf-8")
    block = re.search(r"^## 3\. The file\n\n```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    example = TOP / "cassettes" / "example.yaml"
    assert example.read_text(encoding="utf-8") == block[1]
    with promptecho.use_cassette(example, mode="none", on_drift="raise") as cassette:
        assert [each.request.match_key for each in cassette.interactions] == ["7d206bed48a0bc0c"]
