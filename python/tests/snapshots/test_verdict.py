"""Levels and scorers, without pytest."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import promptecho
from promptecho import EmbeddingScorer, JudgeScorer, SnapshotError, llm_snapshot
from promptecho._snapshots import store
from promptecho._snapshots.scorers import QUESTION

CALL = {
    "choices": [
        {
            "finish_reason": "tool_calls",
            "message": {
                "content": None,
                "tool_calls": [
                    {"function": {"name": "weather", "arguments": '{"city": "Oslo", "days": 2}'}}
                ],
            },
        }
    ]
}


def changed(**parts: Any) -> Any:
    """The same tool call with another finish reason, name or arguments."""
    copy = json.loads(json.dumps(CALL))
    choice = copy["choices"][0]
    function = choice["message"]["tool_calls"][0]["function"]
    choice["finish_reason"] = parts.pop("finish_reason", choice["finish_reason"])
    function.update(parts)
    return copy


def why(snapshot: promptecho.Snapshot, answer: Any) -> list[str]:
    assert snapshot != answer
    return snapshot.explanation()


# Levels


def test_exact_is_the_same_value() -> None:
    assert llm_snapshot({"b": [True], "a": 1}, level="exact") == {"a": 1, "b": [True]}
    assert why(llm_snapshot("Yes.", level="exact"), "Yes") == [
        "exact: score 0.00, threshold 1.00 (-1.00)",
        "expected: Yes.",
        "answer: Yes",
    ]


def test_structure_is_the_default_of_a_tree() -> None:
    assert llm_snapshot(CALL) == CALL
    assert changed(arguments='{"city":"Bergen","days":7}') == llm_snapshot(CALL)
    assert json.dumps(CALL) == llm_snapshot(CALL)  # also as a text


@pytest.mark.parametrize(
    ("answer", "difference"),
    [
        (
            changed(finish_reason="stop"),
            'choices[].finish_reason: expected "tool_calls" / answer "stop"',
        ),
        (
            changed(name="forecast"),
            'choices[].message.tool_calls[].function.name: expected "weather" / answer "forecast"',
        ),
        (
            changed(arguments='{"city": "Oslo", "days": "two"}'),
            "choices[].message.tool_calls[].function.arguments.days: expected number / answer "
            "string",
        ),
        (
            changed(arguments={"city": "Oslo"}),
            "choices[].message.tool_calls[].function.arguments.days: expected number / answer "
            "(absent)",
        ),
    ],
)
def test_another_structure_is_named(answer: Any, difference: str) -> None:
    assert why(llm_snapshot(CALL), answer)[1] == f"  {difference}"


def test_text_is_the_default_of_a_text() -> None:
    assert llm_snapshot("offers a refund within 30 days") == "You can get a refund within 30 days."
    assert why(llm_snapshot("offers a refund within 30 days"), "We refund within 60 days.") == [
        "text: score 0.38, threshold 0.70 (-0.32)",
        "  words that the answer does not have: offers, 30",
        "expected: offers a refund within 30 days",
        "answer: We refund within 60 days.",
    ]


def test_a_longer_text_shows_the_difference() -> None:
    lines = why(llm_snapshot("one\ntwo two\nthree"), "one\nfour\nfive")
    assert lines[-6:] == [
        "  @@ -1,3 +1,3 @@",
        "   one",
        "  -two two",
        "  -three",
        "  +four",
        "  +five",
    ]


def test_a_score_close_to_the_threshold_warns() -> None:
    snapshot = llm_snapshot("offers a refund within 30 days", threshold=0.85)
    with pytest.warns(promptecho.PromptechoSnapshotWarning, match=r"score 0.88, threshold 0.85"):
        assert snapshot == "Within 30 days you get a refund."


def test_objects_of_sdks_are_compared_as_what_was_sent() -> None:
    class Model:
        def model_dump(self, *, mode: str, exclude_unset: bool) -> Any:
            return {"text": "Yes."} if mode == "json" and exclude_unset else None

    class Point(NamedTuple):
        x: int

    assert Model() == llm_snapshot({"text": "No."})
    assert Point(1) == llm_snapshot([2])
    with pytest.raises(SnapshotError, match="the answer is a bytes"):
        assert llm_snapshot("x") == b""


def test_no_secret_is_compared_or_shown() -> None:
    key = "sk-proj-" + "a1B2" * 12
    assert key not in "\n".join(why(llm_snapshot("a key"), f"Use {key}."))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "texts"}, "It must be one of exact, structure, text."),
        ({"level": "text", "scorer": "static"}, "Set one of them"),
        ({"threshold": 2}, "a number from 0 to 1"),
        ({"threshold": 0.5, "level": "exact"}, "Remove threshold"),
        ({"scorer": "statik"}, "scorer is 'statik'"),
    ],
)
def test_a_wrong_option_is_an_error(options: Any, message: str) -> None:
    with pytest.raises(SnapshotError, match=message):
        llm_snapshot("x", **options)


def test_structure_needs_json() -> None:
    with pytest.raises(SnapshotError, match="the answer is none: 'no JSON'"):
        assert llm_snapshot({"a": 1}) == "no JSON"


def test_a_stored_snapshot_needs_a_test() -> None:
    with pytest.raises(SnapshotError, match="no test is running"):
        llm_snapshot()


# Scorers


def test_a_function_of_two_texts_is_a_scorer() -> None:
    def length(expected: str, answer: str) -> float:
        return min(len(expected), len(answer)) / max(len(expected), len(answer))

    assert llm_snapshot("xyz", scorer=length) == "abcd"
    found = why(llm_snapshot("xyz", scorer=length), "x")
    assert found[0] == "length: score 0.33, threshold 0.70 (-0.37)"


VECTORS = {"cat": [1.0, 0.0], "kitten": [3.0, 1.0], "law": [0.0, 1.0]}


def embed(texts: list[str]) -> list[list[float]]:
    return [VECTORS[text] for text in texts]


def test_an_embedder_compares_the_angle() -> None:
    local = EmbeddingScorer(embed, recorded=False)
    assert llm_snapshot("cat", scorer=local) == "kitten"  # 3 / sqrt(10)
    found = why(llm_snapshot("cat", scorer=local), "law")
    assert found[0] == "embeddings: score 0.00, threshold 0.80 (-0.80)"
    with pytest.raises(SnapshotError, match="no two vectors"):
        assert llm_snapshot("cat", scorer=EmbeddingScorer(lambda _: [], recorded=False)) == "cat"


def test_a_scorer_that_calls_needs_an_open_cassette() -> None:
    for scorer in (EmbeddingScorer(embed), JudgeScorer(str)):
        with pytest.raises(SnapshotError, match="no cassette is open that records it"):
            assert llm_snapshot("cat", scorer=scorer) == "cat"


def test_a_judge_is_asked_with_both_texts_as_data(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return 'Sure:\n```json\n{"score": 0.2, "reason": "It says the opposite."}\n```'

    with promptecho.use_cassette(tmp_path / "c.yaml"):
        found = why(llm_snapshot("a refund", scorer=JudgeScorer(ask)), 'no "refund"\nat all')
    assert found[:2] == ["judge: score 0.20, threshold 0.70 (-0.50)", "  It says the opposite."]
    before, _, after = asked[0].rpartition("\n")
    assert before == QUESTION.replace("\n%s", "")
    assert json.loads(after) == {"expectation": "a refund", "answer": 'no "refund"\nat all'}


@pytest.mark.parametrize("reply", ["", "I cannot say", '{"score": 7}', '{"score": true}', None])
def test_a_judge_without_a_score_is_an_error(tmp_path: Path, reply: Any) -> None:
    with promptecho.use_cassette(tmp_path / "c.yaml"):
        with pytest.raises(SnapshotError, match="the judge named no score from 0 to 1"):
            assert llm_snapshot("x", scorer=JudgeScorer(lambda _: reply)) == "x"


def test_a_coroutine_function_is_awaited_by_matches(tmp_path: Path) -> None:
    async def ask(question: str) -> str:
        return '{"score": 1}' if '"answer": "good"' in question else '{"score": 0}'

    judge = JudgeScorer(ask)

    async def story() -> None:
        assert await llm_snapshot("x", scorer=judge).matches("good")
        with pytest.raises(AssertionError, match=r"judge: score 0.00, threshold 0.70"):
            await llm_snapshot("x", scorer=judge).matches("bad")
        assert await llm_snapshot("good").matches("good")

    with promptecho.use_cassette(tmp_path / "c.yaml"):
        asyncio.run(story())
        with pytest.raises(SnapshotError, match="== cannot wait for it"):
            assert llm_snapshot("x", scorer=judge) == "good"


def test_a_scorer_that_cannot_run_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(expected: str, answer: str) -> float:
        import a_package_that_is_not_there  # type: ignore[import-not-found] # noqa: F401

        return 1.0

    with pytest.raises(SnapshotError, match="pip install a_package_that_is_not_there"):
        assert llm_snapshot("x", scorer=missing) == "x"
    monkeypatch.setitem(__import__("sys").modules, "wordllama", None)
    with pytest.raises(SnapshotError, match=r"pip install 'promptecho\[snapshots\]'"):
        assert llm_snapshot("x", scorer="static") == "x"


# Files


def test_a_file_comes_back() -> None:
    entries = {
        store.Name("test_b", "1"): store.Entry("two\nlines"),
        store.Name("TestA.test_a[x: y]", "greeting"): store.Entry({"a": 1}, reviewed=False),
    }
    data = store.dumps(entries.items())
    assert data.startswith(b"llm_snapshots: 1\nsnapshots:\n  - test: ")
    found = store.loads(data, "f.yaml")
    assert {name: entry._replace(line=0) for name, entry in found.items()} == entries
    assert list(found) == sorted(entries)
    assert [entry.line for entry in found.values()] == [3, 8]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff", "f.yaml: it is not UTF-8"),
        (b"a: [\n", r"f.yaml:2: "),
        (b"a: 1\n", "f.yaml: it is no file of snapshots in format 1"),
        (b"llm_snapshots: 1\nsnapshots:\n  - test: a\n", "f.yaml:3: a snapshot needs a test"),
    ],
)
def test_a_file_that_is_wrong_is_an_error(data: bytes, message: str) -> None:
    with pytest.raises(SnapshotError, match=message):
        store.loads(data, "f.yaml")
