"""The differential of two implementations: its questions are of the protocol, and it can fail."""

from __future__ import annotations

import json
import re
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from support.paths import CONFORMANCE, SPEC

sys.path.insert(0, str(CONFORMANCE))
try:
    import differential
    from differ.freedoms import Freedom, allowed_by, freedoms
    from differ.pairs import Found, Pair
    from differ.questions import Question
    from differ.shrinking import smallest
    from runner.comparing import Difference
finally:
    sys.path.remove(str(CONFORMANCE))

QUESTIONS = list(islice(differential.questions(7), 400))


def test_a_seed_gives_the_same_questions_and_another_gives_others() -> None:
    assert list(islice(differential.questions(7), 40)) == QUESTIONS[:40]
    assert list(islice(differential.questions(8), 40)) != QUESTIONS[:40]


def test_every_question_is_one_of_the_protocol() -> None:
    whole = json.loads((CONFORMANCE / "protocol.schema.json").read_text(encoding="utf-8"))
    for op, given, origin in QUESTIONS:
        schema = {"$ref": f"#/$defs/given_{op}", "$defs": whole["$defs"]}
        errors = [each.message for each in Draft202012Validator(schema).iter_errors(given)]
        assert errors == [], (origin, given)


def test_half_of_the_questions_are_changed_cases_and_half_are_calls() -> None:
    generated = [each for each in QUESTIONS if each.origin == "generated"]
    assert len(generated) == 200
    assert {each.op for each in generated} == {"key", "redact", "encode", "replay"}
    assert len({each.op for each in QUESTIONS if each.origin != "generated"}) >= 12


# --- what differs ------------------------------------------------------------------------------

ADAPTER = """\
import json, os, sys
for line in sys.stdin:
    question = json.loads(line)
    if question["op"] == "hello":
        answer = {"name": NAME, "protocol": 1, "classes": ["matcher"]}
    else:
        answer = {"id": question["id"], "ok": reply(question["given"]["url"])}
    print(json.dumps(answer), flush=True)
"""


def pair(folder: Path, *replies: str) -> Pair:
    commands = []
    for number, reply in enumerate(replies):
        file = folder / f"{number}.py"
        head = f"NAME = 'number {number}'\ndef reply(url):\n    {reply}\n"
        file.write_text(head + ADAPTER, encoding="ascii")
        commands.append([sys.executable, str(file)])
    return Pair((commands[0], commands[1]))


def asked(*urls: str) -> list[Question]:
    return [Question("path", {"url": url}, "test") for url in urls]


def test_answers_that_differ_are_found_and_messages_may_differ(tmp_path: Path) -> None:
    one, other = "return {'path': url, 'message': 'a'}", "return {'path': url[:3], 'message': 'b'}"
    both = pair(tmp_path, one, other)
    try:
        found = both.compared(asked("/a", "/abc", "/b"))
    finally:
        both.stop()
    assert [each.question.given["url"] for each in found] == ["/abc"]
    assert found[0].difference.pointer == "/ok/path"


def test_a_death_is_a_difference_and_the_rest_is_asked(tmp_path: Path) -> None:
    dies = "return {'path': url} if url != '/b' else os._exit(4)"
    both = pair(tmp_path, "return {'path': url}", dies)
    try:
        found = both.compared(asked("/a", "/b", "/c", "/d"))
    finally:
        both.stop()
    assert [each.question.given["url"] for each in found] == ["/b"]
    assert "it died: the process died, exit status 4" in found[0].difference.got


def test_a_death_of_both_is_no_agreement(tmp_path: Path) -> None:
    both = pair(tmp_path, "os._exit(4)", "os._exit(4)")
    try:
        assert len(both.compared(asked("/a"))) == 1
    finally:
        both.stop()


def test_the_smallest_question_is_found() -> None:
    given = {"a": [1, 2, {"text": '{"x": 1, "y": ["needle"]}'}], "b": {"c": "d"}}

    def still(tries: list[Question]) -> list[bool]:
        return ["needle" in json.dumps(each.given) for each in tries]

    least = smallest(Question("load", given, "test"), still)
    assert least.given == {"a": [{"text": '{"y": ["needle"]}'}]}


# --- freedoms ----------------------------------------------------------------------------------


def found(op: str, pointer: str, want: str, got: str, **given: Any) -> Found:
    return Found(Question(op, given, "test"), Difference(pointer, want, got))


def test_each_freedom_is_of_a_requirement_that_leaves_a_choice() -> None:
    text = (SPEC / "cassette-v2.md").read_text(encoding="utf-8")
    for each in freedoms():
        (paragraph,) = re.findall(rf"^- \*\*\[{each.spec}\]\*\* (.*(?:\n(?:  .*)?)*)", text, re.M)
        assert re.search(r"\bMAY\b|\bfree\b", paragraph), each
        assert each.ops
        assert each.why.endswith(".")


@pytest.mark.parametrize(
    ("what", "name"),
    [
        (found("load", "/error/code", '"yaml.syntax"', '"yaml.key"'), "which-fault"),
        (found("load", "/error/code", '"yaml.syntax"', '"cassette.truncated"'), ""),
        (found("load", "/ok/value", "1", "2"), ""),
        (found("load", "", "accepted: {}", "the error yaml.tag: "), ""),
        (found("replay", "", "the error yaml.tag: ", "accepted: {}"), "where-a-fault-is-found"),
        (found("replay", "", "it died: x", "accepted: {}"), ""),
        (found("key", "/ok/match_key", '"a"', '"b"'), ""),
        (found("key", "/ok/match_key", '"a"', '"b"', x="zstd"), "codings-that-cannot-be-undone"),
    ],
)
def test_a_difference_is_allowed_by_a_freedom_or_not(what: Found, name: str) -> None:
    assert allowed_by(what, freedoms()) == name


def test_the_sides_of_a_freedom_may_change_places() -> None:
    free = Freedom("f", "A-1", "Why.", ["load"], "^$", "^a", "^b")
    assert free.allows(found("load", "", "a", "b"))
    assert free.allows(found("load", "", "b", "a"))
    assert not free.allows(found("load", "", "b", "b"))
