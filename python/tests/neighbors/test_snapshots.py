"""Snapshots beside inline-snapshot, and the small static model of the extra ``snapshots``."""

from __future__ import annotations

import pytest

from promptecho import StaticScorer, llm_snapshot

# Each run is a process of its own: inline-snapshot holds its state in modules.
INI = "[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n"

NEW = """
from inline_snapshot import snapshot
from promptecho import llm_snapshot

def test_text():
    assert "The cat sat." == llm_snapshot(snapshot())

def test_tree():
    assert {"a": [1]} == llm_snapshot(snapshot())
"""


def run(pytester: pytest.Pytester, *arguments: str) -> tuple[dict[str, int], str]:
    options = ("-p", "no:cacheprovider")
    result = pytester.runpytest_subprocess(*options, *arguments)
    return result.parseoutcomes(), result.stdout.str()


def _quoted(code: str) -> str:
    """Code in double quotes: inline-snapshot writes these only where black is installed."""
    return code.replace("'", '"')


@pytest.fixture
def test_file(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.delenv("CI", raising=False)
    pytester.makeini(INI)
    return pytester.makepyfile(test_it=NEW)


def test_inline_snapshot_fills_keeps_and_fixes(
    pytester: pytest.Pytester, test_file: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pytester.path / "test_it.py"
    run(pytester, "--inline-snapshot=create")
    filled = path.read_text("utf-8")
    assert 'assert "The cat sat." == llm_snapshot(snapshot("The cat sat."))' in _quoted(filled)
    assert 'llm_snapshot(snapshot({"a": [1]}))' in _quoted(filled)

    # Other words that say the same, and another value of the same structure, are no change.
    reworded = filled.replace('assert "The cat sat."', 'assert "the CAT, it sat"')
    reworded = reworded.replace('assert {"a": [1]}', 'assert {"a": [2]}')
    assert reworded != filled
    path.write_text(reworded, "utf-8")
    assert run(pytester, "--inline-snapshot=fix")[0] == {"passed": 2}
    assert path.read_text("utf-8") == reworded

    path.write_text(reworded.replace('assert "the CAT, it sat"', 'assert "A dog ran."'), "utf-8")
    monkeypatch.setenv("CI", "true")  # where inline-snapshot is off
    outcomes, output = run(pytester)
    assert outcomes == {"passed": 1, "failed": 1}
    assert "words that the answer does not have: cat, sat" in output
    monkeypatch.delenv("CI")
    run(pytester, "--inline-snapshot=fix")
    assert 'llm_snapshot(snapshot("A dog ran."))' in _quoted(path.read_text("utf-8"))


def test_the_static_model_knows_synonyms_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("the model reached for the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    expected = "offers a refund within 30 days"
    assert llm_snapshot(expected, scorer="static") == "You get your money back within 30 days."
    assert llm_snapshot(expected, scorer=StaticScorer(threshold=0.3)) != "The cat sat on the mat."
