"""The conformance suite itself: its runner reports what is wrong, its files are well-formed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from promptecho.conformance.__main__ import answer
from support.conformance_suite import HELLO, RIGHT, Suite, case
from support.paths import CONFORMANCE

sys.path.insert(0, str(CONFORMANCE))
try:
    import trace

    import manifest
    from runner import cases as suite_cases
    from runner.asking import GIVE_UP
    from runner.comparing import Difference, difference
    from runner.places import ANYTHING, Place, answer_place
finally:
    sys.path.remove(str(CONFORMANCE))


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


# --- what the runner says ----------------------------------------------------------------------


def test_a_right_adapter_passes(suite: Suite) -> None:
    ran = suite.run(RIGHT)
    assert (ran.status, ran.last) == (0, "2 passed, 0 failed, 0 skipped")
    assert ran.text.startswith("suite 2.1.0, seed 1: tiny")


def test_a_wrong_answer_is_told_with_its_place_its_reason_and_the_sentence(suite: Suite) -> None:
    wrong = RIGHT.replace('question["given"]["url"]', '"/a"')
    ran = suite.run(wrong)
    assert (ran.status, ran.last) == (1, "1 passed, 1 failed, 0 skipped")
    lines = ran.text.splitlines()
    assert lines[2:8] == [
        "FAIL few/two  [URL-1]",
        "  It is /b.",
        "  at /ok/path (character 1)",
        '    want: "/b"',
        '    got:  "/a"',
        '  given: {"url": "/b"}',
    ]
    assert lines[8].startswith("  why it matters: A request that was recorded would not be found")
    assert lines[9].startswith("  the specification: [URL-1] The key path MUST be made of the path")


def test_an_error_where_an_answer_is_wanted_is_told(suite: Suite) -> None:
    ran = suite.run(
        'def reply(question):\n    error = {"code": "yaml.tag", "message": "Oh."}\n'
        '    return {"id": question["id"], "error": error}\n'
    )
    assert "    got:  the error yaml.tag: Oh." in ran.text
    assert ran.last == "0 passed, 2 failed, 0 skipped"


def test_silence_fails_the_case_and_the_next_one_is_asked_anew(suite: Suite) -> None:
    hanging = RIGHT.replace("    return", '    time.sleep("b" in str(question) and 60)\n    return')
    ran = suite.run(hanging, "--timeout=3")
    assert "    got:  no answer within 3 seconds" in ran.text
    assert ran.last == "1 passed, 1 failed, 0 skipped"


def test_death_fails_the_case_with_what_was_said_last(suite: Suite) -> None:
    dying = RIGHT.replace(
        "    return",
        '    if question["given"]["url"] == "/a":\n'
        '        print("no more", file=sys.stderr)\n        sys.exit(3)\n    return',
    )
    ran = suite.run(dying)
    death = (
        "DIED few/one  [URL-1]\n  the process died, exit status 3\n  its last words:\n    no more\n"
    )
    assert death in ran.text
    assert ran.last == "1 passed, 1 failed, 0 skipped"


def test_an_adapter_that_dies_each_time_is_given_up(suite: Suite) -> None:
    suite.cases = [case(f"case-{number}", "/a") for number in range(30)]
    ran = suite.run("def reply(question):\n    os._exit(1)\n")
    assert ran.text.count("the process died") == GIVE_UP
    assert "10 more cases were not asked: given up" in ran.text
    assert ran.last == "0 passed, 30 failed, 0 skipped"


def test_an_echo_is_no_answer(suite: Suite) -> None:
    ran = suite.run("def reply(question):\n    return question\n")
    assert ran.text.count("    got:  no answer to question ") == 2
    assert ran.last == "0 passed, 2 failed, 0 skipped"


def test_what_is_no_json_is_shown(suite: Suite) -> None:
    ran = suite.run("def reply(question):\n    return 'Hello!'\n")
    assert '    got:  this line is no JSON: "Hello!\\n"' in ran.text
    assert ran.status == 1


def test_an_answer_to_another_question_is_none(suite: Suite) -> None:
    ran = suite.run(RIGHT.replace('question["id"]', "99"))
    assert ran.last == "0 passed, 2 failed, 0 skipped"


def test_what_is_not_claimed_is_skipped(suite: Suite) -> None:
    suite.cases.append(case("three", "/c", needs=["aws-eventstream"]))
    ran = suite.run(RIGHT)
    assert "skipped 1: needs the module aws-eventstream" in ran.text
    assert (ran.status, ran.last) == (0, "2 passed, 0 failed, 1 skipped")
    assert suite.run(RIGHT, "--claimed").last == "2 passed, 0 failed, 0 skipped"


def test_a_run_without_a_case_fails(suite: Suite) -> None:
    ran = suite.run(RIGHT, hello={**HELLO, "classes": ["writer"]})
    assert (ran.status, ran.last) == (1, "0 passed, 0 failed, 2 skipped")
    assert suite.run(RIGHT, "--filter=elsewhere").status == 1


def test_unsupported_is_for_modules_that_are_not_claimed(suite: Suite) -> None:
    reply = 'def reply(question):\n    return {"id": question["id"], "unsupported": "validate"}\n'
    assert suite.run(reply).last == "0 passed, 0 failed, 2 skipped"
    claimed = suite.run(reply, hello={**HELLO, "modules": ["validate"]})
    assert claimed.last == "0 passed, 2 failed, 0 skipped"


def test_a_known_failure_is_skipped_and_one_that_passes_fails(suite: Suite) -> None:
    skips = [{"case": "few/two", "link": "https://example.org/7"}]
    wrong = RIGHT.replace('question["given"]["url"]', '"/a"')
    ran = suite.run(wrong, hello={**HELLO, "skips": skips})
    assert (ran.status, ran.last) == (0, "1 passed, 0 failed, 1 skipped")
    ran = suite.run(RIGHT, hello={**HELLO, "skips": skips})
    assert "    got:  it passes; strike out: https://example.org/7" in ran.text
    assert (ran.status, ran.last) == (1, "1 passed, 1 failed, 0 skipped")


def test_known_failures_can_be_listed_in_a_file(suite: Suite, tmp_path: Path) -> None:
    listed = tmp_path / "known.txt"
    listed.write_text("# ours\nfew/two  # issue 7\nfew/gone\n", encoding="utf-8")
    wrong = RIGHT.replace('question["given"]["url"]', '"/a"')
    ran = suite.run(wrong, f"--expected-failures={listed}")
    assert "    got:  there is no such case" in ran.text
    assert ran.last == "1 passed, 1 failed, 1 skipped"


def test_state_that_leaks_is_found_by_asking_twice(suite: Suite) -> None:
    leaking = (
        "def reply(question):\n    global asked\n    asked += 1\n"
        '    ok = {"path": question["given"]["url"], "more": asked}\n'
        '    return {"id": question["id"], "ok": ok}\n'
    )
    assert suite.run(leaking).status == 0
    ran = suite.run(leaking, "--twice")
    assert "    want: the same answer as before: " in ran.text
    assert ran.last == "0 passed, 2 failed, 0 skipped"


def test_machines_get_json(suite: Suite, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    wrong = RIGHT.replace('question["given"]["url"]', '"/a"')
    told = json.loads(suite.run(wrong, "--json", f"--report={report}").text)
    assert told == json.loads(report.read_text(encoding="ascii"))
    assert (told["passed"], told["failed"], told["skipped"], told["seed"]) == (1, 1, 0, 1)
    (failure,) = told["failures"]
    assert (failure["case"], failure["pointer"]) == ("few/two", "/ok/path")
    assert (failure["want"], failure["got"]) == ('"/b"', '"/a"')


def test_cases_are_chosen_by_name_requirement_and_class(suite: Suite) -> None:
    assert suite.run(RIGHT, "--filter=few/o*").last.startswith("1 passed")
    assert suite.run(RIGHT, "--filter=URL-1").last.startswith("2 passed")
    assert suite.run(RIGHT, "--class=reader").status == 1
    assert suite.run(RIGHT, "--class=matcher").last.startswith("2 passed")


def test_a_command_that_is_not_there_cannot_be_run() -> None:
    command = [sys.executable, str(CONFORMANCE / "run.py"), "--", "no-such-adapter"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "run.py: no-such-adapter cannot be started" in ran.stderr
    assert ran.stdout == "0 passed, 1 failed, 0 skipped\n"


# --- how answers are compared ------------------------------------------------------------------

BYTES = answer_place("decode").member("chunks").item(0)
JSON_TEXT = answer_place("load").member("value")
TEXT = answer_place("miss").member("message")
BODY = answer_place("normalize").member("body")

SAME = [
    ({"a": 1, "b": [True]}, {"b": [True], "a": 1.0}, ANYTHING),
    ({"utf8": "é"}, {"base64": "w6k="}, BYTES),
    ({"json": '{"a": 1.0}'}, {"json": '{"a":1.0}'}, JSON_TEXT),
    ({"json": '"\\u00e9"'}, {"json": '"é"'}, JSON_TEXT),
    ({"$text": {"contains": ["b"], "lacks": ["z"], "at_most": 3}}, "abc", TEXT),
]
DIFFERENT = [
    (1, True, "", ANYTHING),
    (0, False, "", ANYTHING),
    (1, "1", "", ANYTHING),
    (None, False, "", ANYTHING),
    ({"a": None}, {}, "/a", ANYTHING),
    ({}, {"a": None}, "/a", ANYTHING),
    ([1], [1, 2], "/1", ANYTHING),
    ({"a/b": [{"~": 1}]}, {"a/b": [{"~": 2}]}, "/a~1b/0/~0", ANYTHING),
    ({"utf8": "a"}, {"base64": "Yg=="}, "", BYTES),
    ({"utf8": "a"}, {"base64": "%"}, "", BYTES),
    ({"json": "1.0"}, {"json": "1"}, "/json", JSON_TEXT),
    ({"json": '{"a":1,"b":2}'}, {"json": '{"b":2,"a":1}'}, "/json", JSON_TEXT),
    ({"json": "[1,[2]]"}, {"json": "[1,[3]]"}, "/json/1/0", JSON_TEXT),
    ({"json": "[]"}, {"json": "{}"}, "/json", JSON_TEXT),
    ({"json": "1"}, {"json": "1 1"}, "/json", JSON_TEXT),
    ({"json": "1"}, {"json": '"1"'}, "/json", JSON_TEXT),
    ({"$text": {"lacks": ["b"]}}, "abc", "", TEXT),
    ({"$text": {"at_most": 2}}, "abc", "", TEXT),
    # A body of a request may have the members of the forms of the protocol: there they are data.
    ({"utf8": "a"}, {"base64": "YQ=="}, "/utf8", BODY),
    ({"json": "[1]"}, {"json": "[ 1]"}, "/json", BODY),
    ({"$text": {"contains": ["b"]}}, "abc", "", BODY),
    ({"x": {"utf8": "a"}}, {"x": {"base64": "YQ=="}}, "/x/utf8", BODY),
]


@pytest.mark.parametrize(("want", "got", "at"), SAME)
def test_these_are_the_same(want: Any, got: Any, at: Place) -> None:
    assert difference(want, got, "", at) is None


@pytest.mark.parametrize(("want", "got", "pointer", "at"), DIFFERENT)
def test_these_are_not(want: Any, got: Any, pointer: str, at: Place) -> None:
    found = difference(want, got, "", at)
    assert found is not None
    assert found.pointer == pointer


def test_bytes_differ_at_an_offset_that_is_shown_in_hex() -> None:
    want, got = {"utf8": "data: a\n\ndata: b"}, {"utf8": "data: a\n\ndata: c"}
    found = difference(want, got, "/ok", BYTES)
    assert found == Difference(
        "/ok",
        "'data: a\\n\\ndata: b' (there: 62)",
        "'data: a\\n\\ndata: c' (there: 63)",
        "byte 15, line 3",
    )


#: Where the protocol has bytes and JSON texts in an answer.
PLACES = [
    ("decode", "chunks/0", "bytes"),
    ("replay", "file", "bytes"),
    ("replay", "responses/0/chunks/3", "bytes"),
    ("load", "interactions/0/response/chunks/0", "bytes"),
    ("load", "value", "json"),
    ("load", "x-mine", "json"),
    ("load", "interactions/0/request/body", "json"),
    ("load", "interactions/0/response/layout/ext-a", "json"),
    ("encode", "stored/body", "json"),
    ("redact", "stored/body", "json"),
    ("redact", "body", ""),
    ("key", "body", ""),
    ("key", "headers/json", ""),
    ("normalize", "body", ""),
    ("miss", "differences/0/recorded", ""),
]


@pytest.mark.parametrize(("op", "path", "form"), PLACES)
def test_the_protocol_says_what_stands_at_a_place(op: str, path: str, form: str) -> None:
    place = answer_place(op)
    for step in path.split("/"):
        place = place.item(int(step)) if step.isdigit() else place.member(step)
    assert (place.is_bytes, place.is_json_text) == (form == "bytes", form == "json")


# --- the files of the suite --------------------------------------------------------------------


@cache
def schema(name: str, definition: str | None = None) -> Draft202012Validator:
    whole = json.loads((CONFORMANCE / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(whole)
    if definition is None:
        return Draft202012Validator(whole)
    return Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": whole["$defs"]})


FILES = dict(suite_cases.fixture_files(suite_cases.FIXTURES))


@pytest.mark.parametrize("name", FILES)
def test_a_fixture_file_is_as_its_schema_says(name: str) -> None:
    schema("case.schema.json").validate(FILES[name])


@pytest.mark.parametrize("op", sorted({file["op"] for file in FILES.values()}))
def test_questions_and_answers_are_as_the_protocol_says(op: str) -> None:
    question = schema("protocol.schema.json", f"given_{op}")
    reply = schema("protocol.schema.json", f"ok_{op}")
    for each in suite_cases.load_cases(suite_cases.FIXTURES):
        if each.op == op:
            given = suite_cases.resolved(each.content["given"], suite_cases.FIXTURES)
            question.validate(given)
            answered = answer({"id": 1, "op": op, "given": given})
            if "ok" in answered:
                reply.validate(answered["ok"])


def test_hello_is_as_the_protocol_says() -> None:
    schema("protocol.schema.json", "hello_answer").validate(answer({"op": "hello"}))


# --- trace -------------------------------------------------------------------------------------

SPEC = """\
# A title

Nobody MUSTER do anything here.

- **[A-1]** One MUST do this, by these steps:

  1. the first MUST come first;
  2. [A-2] comes next.

- **[A-2]** One MAY do that.
"""


def problems(text: str, untested: dict[str, str], *covers: str) -> list[str]:
    cases = [suite_cases.Case("f/c", "path", {"covers": list(covers)})] if covers else []
    checks = trace.checks(text, cases, untested)
    about_files = ("flags have notes, notes have cases", "the manifest is up to date")
    return [each for check in checks if check.what not in about_files for each in check.problems]


REASON = "It cannot be seen from outside."


def test_nothing_is_wrong_with_a_traced_specification() -> None:
    assert problems(SPEC, {"A-2": REASON}, "A-1") == []


def test_a_step_with_an_id_is_counted_in_place_of_the_whole() -> None:
    split = SPEC.replace("1. the first", "- **[A-1.1]** the first")
    assert problems(split, {"A-2": REASON}, "A-1.1") == []
    rows = SPEC.replace("1. the first", "| **[A-1.1]** | the first").replace("2. [A-2]", "| [A-2]")
    assert problems(rows, {"A-2": REASON}, "A-1.1") == []


def untraced() -> Iterator[Any]:
    yield "a requirement without a case", SPEC, {}, ["A-1"], "neither a case nor a reason"
    yield "a reason too many", SPEC, {"A-2": REASON}, ["A-1", "A-2"], "strike it out"
    yield "a case of nothing", SPEC, {"A-2": REASON}, ["A-1", "A-3"], "covers A-3"
    yield "a reason for nothing", SPEC, {"A-2": REASON, "A-9": REASON}, ["A-1"], "A-9"
    loose = SPEC.replace("MUSTER", "MUST")
    yield "capitals without an id", loose, {"A-2": REASON}, ["A-1"], "line 3: MUST without"
    after = SPEC + "\nAnd one SHOULD stop.\n"
    yield "capitals behind an id", after, {"A-2": REASON}, ["A-1"], "SHOULD without"
    soft = SPEC.replace("MAY", "may")
    yield "nothing to do", soft, {"A-2": REASON}, ["A-1"], "[A-2] has no MUST"
    twice = SPEC + "- **[A-2]** One MUST again.\n"
    yield "an id twice", twice, {"A-2": REASON}, ["A-1"], "A-2"
    split = SPEC.replace("1. the first", "- **[A-1.1]** the first")
    yield "a step without a case", split, {"A-2": REASON}, ["A-1"], "neither a case nor a reason"
    gap = SPEC.replace("1. the first", "- **[A-1.2]** the first")
    yield "a step too many", gap, {"A-2": REASON}, ["A-1.2"], "[A-1] has the parts A-1.2"
    long = SPEC.replace("the first MUST", "the " + "very " * 120 + "first MUST")
    yield "a long requirement", long, {"A-2": REASON}, ["A-1"], "line 5: [A-1] has 139 words"
    step = long.replace("1. the very", "- **[A-1.1]** the very")
    yield "a long step", step, {"A-2": REASON}, ["A-1.1"], "line 5: [A-1.1] has 12"
    dangling = SPEC.replace("[A-2] comes", "[A-7] comes")
    yield "an id of nothing", dangling, {"A-2": REASON}, ["A-1"], "[A-7] is not defined"


@pytest.mark.parametrize(
    ("text", "untested", "covers", "problem"),
    [pytest.param(*each, id=name.replace(" ", "-")) for name, *each in untraced()],
)
def test_what_is_not_traced_is_told(
    text: str, untested: dict[str, str], covers: list[str], problem: str
) -> None:
    assert any(problem in each for each in problems(text, untested, *covers))


def test_a_case_is_in_the_file_of_the_rule_that_it_covers_first() -> None:
    def place(name: str, op: str, *covers: str) -> list[str]:
        case = {"id": "x/y", "covers": list(covers)}
        return list(trace.misplaced([(name, {"op": op, "cases": [case]})]))

    for stem in ("V20-5", "V20-5.2", "V20-5-1", "V20-5.2-13"):
        assert place(f"load/{stem}", "load", "V20-5.2", "A-1") == []
    for stem in ("V20-5.3", "V20-4", "A-1", "V20", "V20-5-0", "v20-5", "more/V20-5"):
        (problem,) = place(f"load/{stem}", "load", "V20-5.2", "A-1")
        assert problem == f"x/y is in load/{stem}.json, its place is load/V20-5.json"
    assert place("load/A-1", "miss", "A-1") == [
        "x/y is in load/A-1.json, its place is miss/A-1.json"
    ]


def test_a_file_that_is_too_large_is_named(tmp_path: Path) -> None:
    limit = trace.LARGEST
    (tmp_path / "valid.yaml").write_bytes(b"x" * limit)
    (tmp_path / "A-1.json").write_text(json.dumps({"cases": []}), encoding="ascii")
    assert list(trace.oversized(tmp_path)) == []
    (tmp_path / "valid.yaml").write_bytes(b"x" * (limit + 1))
    (tmp_path / "A-2.json").write_text(json.dumps({"pad": "x" * limit}), encoding="ascii")
    assert [each.split()[0] for each in trace.oversized(tmp_path)] == ["A-2.json", "valid.yaml"]


def test_repeated_text_is_written_short() -> None:
    short = {"utf8": {"$join": ["a", {"$repeat": ["xy", 3]}, "b"]}}
    assert suite_cases.resolved(short, suite_cases.FIXTURES) == {"utf8": "axyxyxyb"}


def test_the_words_of_a_step_are_not_those_of_the_whole() -> None:
    text = SPEC.replace("  1. the first", "  - **[A-1.1]** the " + "very\n    " * 100 + "first")
    text = text.replace("One MUST do this", "One MUST " + "soon " * 100 + "do this")
    assert problems(text, {"A-2": REASON}, "A-1.1") == []
    (problem,) = problems(text.replace("very", "very much", 20), {"A-2": REASON}, "A-1.1")
    assert problem == "line 5: [A-1.1] has 127 words"


def test_the_manifest_names_the_cases_of_each_requirement() -> None:
    told = json.loads(manifest.manifest())
    assert told["cases"] == len(suite_cases.load_cases(suite_cases.FIXTURES))
    assert "path/url-h-2" in told["requirements"]["URL-1.3"]
    assert told["files"]["path/URL-1.json"]["cases"] > 60
