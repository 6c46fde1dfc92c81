"""What `promptecho lint` says about the code of tests, without a run; none of it is invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptecho._checks.lint_sources import BadSource, named, parsed, uncovered
from promptecho._cli import main

CASSETTE = b"version: 2\nminor: 1\nmatch_on: [model]\nlists: 1\ninteractions: []\n...\n"
OPENAI = "import openai, pytest\n\n"
CALL = (
    "    openai.OpenAI().chat\n    client = openai.OpenAI()\n    client.chat.completions.create()\n"
)


def found(source: str) -> list[tuple[int | None, str]]:
    return [(each.line, each.problem) for each in uncovered(parsed(source), "test_a.py")]


@pytest.mark.parametrize(
    ("source", "line", "problem"),
    [
        (f"{OPENAI}def test_it():\n{CALL}", 3, "test_it calls openai without a cassette"),
        (f"{OPENAI}async def test_it(tmp_path):\n{CALL}", 3, "test_it calls openai"),
        (f"{OPENAI}@pytest.mark.asyncio\ndef test_it():\n{CALL}", 4, "test_it calls openai"),
        (
            f"{OPENAI}@pytest.mark.parametrize('a, b', [(1, 2)])\ndef test_it(a, b):\n{CALL}",
            4,
            "test_it calls openai",
        ),
        (
            "from anthropic import Anthropic as A\ndef test_it():\n    c = A()\n"
            "    c.messages.create()\n",
            2,
            "test_it calls anthropic",
        ),
        ("import litellm\ndef test_it():\n    litellm.completion()\n", 2, "test_it calls litellm"),
    ],
)
def test_a_test_that_calls_an_sdk_alone_is_found(source: str, line: int, problem: str) -> None:
    ((at, text),) = found(source)
    assert at == line
    assert text.startswith(problem)


@pytest.mark.parametrize(
    "source",
    [
        f"{OPENAI}@pytest.mark.promptecho\ndef test_it():\n{CALL}",
        f"{OPENAI}@pytest.mark.skip\ndef test_it():\n{CALL}",
        f"{OPENAI}@pytest.mark.vcr\ndef test_it():\n{CALL}",
        f"{OPENAI}@mocked\ndef test_it():\n{CALL}",
        f"{OPENAI}def test_it(promptecho_cassette):\n{CALL}",
        f"{OPENAI}def test_it(monkeypatch):\n{CALL}",
        f"{OPENAI}def helper():\n{CALL}",
        f"{OPENAI}pytestmark = pytest.mark.promptecho\ndef test_it():\n{CALL}",
        f"{OPENAI}@pytest.fixture(autouse=True)\ndef mocked(): pass\ndef test_it():\n{CALL}",
        f"{OPENAI}def setup_module(): pass\ndef test_it():\n{CALL}",
        f"{OPENAI}def test_it():\n    with mocked():\n        openai.OpenAI().a.b()\n",
        f"{OPENAI}def test_it():\n    client = openai.OpenAI()\n    assert client.timeout\n",
        f"{OPENAI}def test_it():\n    c = openai.OpenAI(base_url='http://a')\n    c.a.create()\n",
        f"{OPENAI}def test_it():\n    c = openai.OpenAI(http_client=mine)\n    c.a.create()\n",
        f"{OPENAI}def test_it():\n    c = openai.OpenAI(**options)\n    c.a.create()\n",
        f"{OPENAI}class TestIt:\n    def test_it(self):\n        c = openai.OpenAI()\n",
        f"def test_it():\n{CALL}",
        "import openai.types\ndef test_it():\n    c = openai.OpenAI()\n    c.a.create()\n",
        "import litellm\ndef test_it():\n    litellm.completion(mock_response='a')\n",
        "import litellm\ndef test_it():\n    litellm.token_counter()\n",
    ],
)
def test_a_test_that_something_may_cover_is_left_alone(source: str) -> None:
    assert found(source) == []


def test_cassettes_are_named_by_markers_and_calls() -> None:
    tree = parsed(
        """
@pytest.mark.promptecho(path="a.yaml")
def test_a(): promptecho.use_cassette("b.yaml")
@use_cassette(path="c.yaml", mode="none")
def test_c(): Recorder("d.yaml")
def test_e(): use_cassette("e.yaml", mode="all"), use_cassette(name), other("f.yaml")
@pytest.mark.promptecho
def test_g(): open("h.yaml")
@pytest.mark.skipif(True, reason="")
class TestSkipped:
    def test_i(self): use_cassette("i.yaml")
"""
    )
    assert sorted(named(tree)) == [("a.yaml", 2), ("b.yaml", 3), ("c.yaml", 4), ("d.yaml", 5)]


@pytest.mark.parametrize("source", ["def", "\0", "(" * 100_000])
def test_what_is_no_python_is_refused(source: str) -> None:
    with pytest.raises(BadSource):
        parsed(source)


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


TEST = (
    f'{OPENAI}def test_it():\n{CALL}\n\n@pytest.mark.promptecho(path="gone.yaml")\n'
    "def test_gone(): pass\n"
)


def test_findings_have_a_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "tests" / "test_a.py").write_text(TEST, encoding="utf-8")
    (project / "tests" / "helpers.py").write_text(TEST, encoding="utf-8")
    (project / "tests" / "test_b.py").write_bytes(b"\xff no python")
    assert main(["lint"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line[:1] != " "]
    file = Path("tests", "test_a.py")
    assert lines == [
        f"{file}:9: warning: the cassette gone.yaml does not exist [lint.missing]",
        f"{file}:3: warning: test_it calls openai without a cassette [lint.no-cassette]",
        "0 files: 2 warnings",
    ]
    assert main(["lint", "--strict", "tests"]) == 1
    (project / "tests" / "gone.yaml").write_bytes(b"")
    capsys.readouterr()
    assert main(["lint", "tests"]) == 0
    assert "lint.missing" not in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["", "tests"])
def test_a_conftest_above_may_cover_a_test(
    project: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "tests" / "test_a.py").write_text(TEST, encoding="utf-8")
    conftest = "import pytest\n@pytest.fixture(autouse=True)\ndef mocked(): pass\n"
    (project / folder / "conftest.py").write_text(conftest, encoding="utf-8")
    assert main(["lint", "tests"]) == 0
    assert "lint.no-cassette" not in capsys.readouterr().out


def test_a_journal_that_was_left_behind_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_bytes(CASSETTE)
    Path("a.yaml.partial").write_bytes(CASSETTE.partition(b"interactions")[0])
    assert main(["lint"]) == 1
    assert "a.yaml.partial: error: the next session that records" in capsys.readouterr().out
    Path("a.yaml.partial").unlink()
    assert main(["lint"]) == 0
    assert "partial" not in capsys.readouterr().out
