"""What the conformance runner prints and writes: deaths, lists, sentences, pages, transcripts."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from support.conformance_suite import HELLO, RIGHT, Suite, case
from support.paths import CONFORMANCE, ROOT, SPEC

sys.path.insert(0, str(CONFORMANCE))
try:
    from runner.cases import FIXTURES, load_cases
    from runner.comparing import Row, difference
    from runner.sentences import LONGEST, Requirement, beginning, requirements, sentences
    from runner.showing import printable
    from runner.watching import state, watched
finally:
    sys.path.remove(str(CONFORMANCE))


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


# --- failures ----------------------------------------------------------------------------------

DYING = """\
def reply(question):
    if question["given"]["url"] == "/b":
        print("one\\ntwo\\x1b[31m", file=sys.stderr, flush=True)
        os.kill(os.getpid(), 9)
    return {"id": question["id"], "ok": {"path": "/wrong"}}
"""


def test_a_death_comes_first_with_the_signal_and_the_last_words(suite: Suite) -> None:
    suite.cases.append(case("three", "/c"))
    lines = suite.run(DYING).text.splitlines()
    assert lines[2:8] == [
        "DIED few/two  [URL-1]",
        "  the process died, killed by the signal SIGKILL",
        "  its last words:",
        "    one",
        "    two\\x1b[31m",
        "  It is /b.",
    ]
    assert [each for each in lines if each.startswith("FAIL")] == [
        "FAIL few/one  [URL-1]",
        "FAIL few/three  [URL-1]",
    ]
    assert lines[-1] == "0 passed, 3 failed, 0 skipped"


def test_an_adapter_that_dies_at_hello_is_quoted(tmp_path: Path) -> None:
    adapter = tmp_path / "adapter.py"
    adapter.write_text("import missing_module_of_the_test\n", encoding="ascii")
    command = [sys.executable, str(CONFORMANCE / "run.py"), "--", sys.executable, str(adapter)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "the process died, exit status 1; its last words:" in ran.stderr
    assert "No module named 'missing_module_of_the_test'" in ran.stderr


def test_a_list_is_shown_whole() -> None:
    found = difference({"names": ["a", "b", "c"]}, {"names": ["a", "c"]}, "/ok")
    assert found is not None
    assert (found.pointer, found.list_at) == ("/ok/names/1", "/ok/names")
    assert found.rows == (
        Row('"a"', '"a"'),
        Row('"b"', '"c"'),
        Row('"c"', "nothing there"),
    )


def test_of_lists_in_lists_the_outer_one_is_shown() -> None:
    want, got = [["a", ["1", "2"]], ["b", ["3"]]], [["a", ["1", "4"]], ["b", ["3"]]]
    found = difference({"headers": want}, {"headers": got}, "/ok")
    assert found is not None
    assert (found.pointer, found.list_at, len(found.rows)) == (
        "/ok/headers/0/1/1",
        "/ok/headers",
        2,
    )


def test_items_with_much_inside_are_not_repeated() -> None:
    want, got = [{"request": {"url": "a"}}], [{"request": {"url": "b"}}]
    found = difference({"interactions": want}, {"interactions": got}, "/ok")
    assert found is not None
    assert found.rows == ()


def test_a_list_in_a_failure_is_printed_item_by_item(suite: Suite) -> None:
    suite.cases = [case("one", "/a", expect={"path": ["x", "y"]})]
    ran = suite.run(RIGHT.replace('question["given"]["url"]', '["x", "z", "w"]'))
    assert (
        "  the whole list at /ok/path:\n"
        '    0: "x"\n    1: want "y"\n       got  "z"\n'
        '    2: want nothing there\n       got  "w"\n'
    ) in ran.text


def test_what_an_adapter_writes_cannot_drive_the_terminal() -> None:
    assert printable("a\x1b[0m\r\x85\u202e\tb\né") == "a\\x1b[0m\\r\\x85\\u202e\tb\né"


# --- sentences ---------------------------------------------------------------------------------


def test_a_requirement_is_cut_at_a_sentence_and_says_where_it_goes_on() -> None:
    text = "- **[A-1]** One MUST do `a.b`. " + "And so on it goes. " * 30 + "\n\n  1. a step\n"
    found = requirements("intro\n\n" + text)["A-1"]
    shown = beginning(found)
    assert shown.startswith("One MUST do `a.b`. And so on it goes.")
    assert re.search(r"goes\. \(\d+ more words: line 3\)$", shown)
    assert len(shown.split()) <= LONGEST + 5


def test_a_short_requirement_is_whole() -> None:
    assert beginning(Requirement(7, "One MUST do this.", 4)) == "One MUST do this."


def test_a_step_and_a_row_with_an_identifier_are_requirements() -> None:
    text = "- **[A-1]** These steps MUST come.\n\n  - **[A-1.1]** One\n    goes on.\n  - two\n"
    text += "  | a | b |\n  | **[A-1.2]** x | y |\n"
    found = requirements(text)
    assert found["A-1.1"] == Requirement(3, "One goes on.", 3)
    assert found["A-1.2"] == Requirement(7, "x | y", 3)


def test_each_requirement_of_the_specification_begins_with_a_whole_sentence() -> None:
    found = requirements((SPEC / "cassette-v2.md").read_text(encoding="utf-8"))
    assert len(found) > 200
    for each in found.values():
        shown = re.sub(r" \(\d+ more words: line \d+\)$", "", beginning(each))
        assert each.prose.startswith(shown)
        assert shown[-1] in ".:!?)`;," or shown == each.prose
        assert len(shown.split()) <= max(LONGEST, len(sentences(each.prose)[0].split()))


# --- what a run shows --------------------------------------------------------------------------


def test_modules_and_formats_of_the_hello_are_reported(suite: Suite) -> None:
    ran = suite.run(RIGHT, hello={**HELLO, "modules": ["digest"], "formats": ["2.1"]})
    assert "formats: 2.1\n" in ran.text
    left_out = "aws-eventstream, br, zstd, files-2.0, origins, validate"
    assert f"modules: digest (left out: {left_out})\n" in ran.text


def test_a_badge_needs_every_class_that_it_includes(suite: Suite) -> None:
    ran = suite.run(RIGHT)  # a matcher is a reader, and the reader was not asked
    assert "class matcher: 2 passed, 0 failed, 0 skipped" in ran.text
    assert "is earned" not in ran.text


def test_a_badge_says_what_it_does_not_show() -> None:
    adapter = [sys.executable, "-m", "promptecho.conformance"]
    command = [sys.executable, str(CONFORMANCE / "run.py"), "--", *adapter]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout.endswith(" passed, 0 failed, 0 skipped\n")
    _, _, claims = ran.stdout.partition("The badge recorder is earned. This run shows:")
    shown, _, not_shown = claims.partition("It does not show:")
    assert "Sessions decide each request rightly" in shown
    assert "locks between processes" in not_shown


def test_a_filtered_run_earns_no_badge(suite: Suite) -> None:
    ran = suite.run(RIGHT, "--filter=one", hello={**HELLO, "classes": ["writer"]})
    assert "class " not in ran.text.replace("the class ", "")


# --- the page ----------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page, that each is closed, and what it says."""

    VOID = ("meta", "link", "br", "img", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def page_of(suite: Suite, reply: str, **options: Any) -> tuple[str, Page]:
    file = suite.folder / "report.html"
    suite.run(reply, f"--report={file}", **options)
    text = file.read_text(encoding="utf-8")
    return text, Page(text)


def test_the_page_is_static_and_reaches_nothing(suite: Suite) -> None:
    text, page = page_of(suite, RIGHT)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "a", "form"} & {tag for tag, _ in page.elements}
    assert not re.search(r"https?:|url\(|@import|\bon\w+=", text)
    policy = next(attrs for _, attrs in page.elements if "http-equiv" in attrs)
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_the_page_is_accessible_and_dark_or_light(suite: Suite) -> None:
    text, page = page_of(suite, RIGHT)
    assert page.elements[0] == ("html", {"lang": "en"})
    assert (page.count("title"), page.count("h1"), page.count("main")) == (1, 1, 1)
    assert page.count("table") == page.count("caption") > 0
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.elements if tag == "th")
    assert "color-scheme: light dark" in text
    assert "prefers-color-scheme: dark" in text


def test_the_page_escapes_what_others_wrote(suite: Suite) -> None:
    attack = "<script>alert(1)</script>&amp;\u202e"
    suite.cases = [case("one", attack, title=f"{attack} is it.")]
    loud = DYING.replace('"one\\ntwo\\x1b[31m"', repr(attack)).replace('== "/b"', '!= ""')
    link = {"case": "few/gone", "link": attack}
    hello = {**HELLO, "name": attack, "version": attack, "language": attack, "skips": [link]}
    text, page = page_of(suite, loud, hello=hello)
    assert page.open == []
    assert page.count("script") == 0
    assert "\u202e" not in text
    assert page.said.count("<script>alert(1)</script>&amp;\\u202e") >= 5


def test_the_page_shows_a_failure_with_its_list_and_its_sentence(suite: Suite) -> None:
    suite.cases.append(case("three", "/c", expect={"path": ["x", "y"]}))
    _, page = page_of(suite, RIGHT.replace('question["given"]["url"]', '["x"]'))
    assert page.count("details") == 3
    assert "The whole list at /ok/path" in page.said
    assert "[URL-1] The key path MUST be made" in page.said
    assert "1 passed" not in page.said
    assert "0 passed, 3 failed, 0 skipped." in page.said


# --- watching ----------------------------------------------------------------------------------


def test_watch_runs_again_when_the_adapter_changes(suite: Suite) -> None:
    command = suite.command(RIGHT.replace('question["given"]["url"]', '"/a"'), "--watch=path")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            first = until(process.stdout, "watching ")
            assert "1 passed, 1 failed, 0 skipped" in first
            adapter = suite.folder / "adapter.py"
            text = adapter.read_text(encoding="utf-8").replace('"/a"', 'question["given"]["url"]')
            adapter.write_text(text, encoding="utf-8")
            assert "2 passed, 0 failed, 0 skipped" in until(process.stdout, "watching ")
        finally:
            process.kill()


def until(stream: Any, beginning_of_line: str) -> str:
    read = ""
    for line in stream:
        read += line
        if line.startswith(beginning_of_line):
            return read
    raise AssertionError(f"it ended after {read!r}")


def test_only_the_operation_that_is_watched_is_asked(suite: Suite) -> None:
    command = suite.command(RIGHT, "--watch=query")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert "No case was asked" in until(process.stdout, "watching ")
        finally:
            process.kill()


def test_a_command_without_files_needs_a_path_to_watch(suite: Suite) -> None:
    command = [sys.executable, str(CONFORMANCE / "run.py"), "--watch=path", "--", "no-such-adapter"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "name one with --watched" in ran.stderr


def test_the_folders_of_the_files_in_the_command_are_watched(tmp_path: Path) -> None:
    adapter = tmp_path / "adapter.py"
    adapter.write_text("", encoding="ascii")
    assert watched([sys.executable, str(adapter)], []) == [tmp_path]
    assert watched([sys.executable, str(adapter)], [Path("src")]) == [Path("src")]
    assert watched([str(adapter)], []) == [tmp_path]


def test_what_is_hidden_or_generated_is_not_watched(tmp_path: Path) -> None:
    for name in ("a.py", ".git/b.py", "node_modules/c.js", "src/d.py", "src/__pycache__/e.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="ascii")
    found = [each.relative_to(tmp_path).as_posix() for each in state([tmp_path])]
    assert sorted(found) == ["a.py", "src/d.py"]


# --- the README --------------------------------------------------------------------------------

README = (CONFORMANCE / "README.md").read_text(encoding="utf-8")
TRANSCRIPTS = [
    block
    for block in re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    if len(block.splitlines()) > 1 and not block.splitlines()[1].startswith("$ ")
]


@pytest.mark.parametrize("block", TRANSCRIPTS)
def test_a_transcript_of_the_readme_is_what_the_command_prints(block: str) -> None:
    command, *lines = block.splitlines()
    words = shlex.split(command[len("$ ") :])
    words = [sys.executable if word == "python" else word for word in words]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert_same_lines(lines, ran.stdout.splitlines())


def assert_same_lines(shown: list[str], printed: list[str]) -> None:
    """A line `...` is any number of lines; a line that ends in it has more than is shown."""
    rest = iter(printed)
    skipping = False
    for line in shown:
        if line == "...":
            skipping = True
            continue
        start = line[: -len("...")] if line.endswith("...") else None
        for other in rest:
            if other == line or (start is not None and other.startswith(start)):
                break
            assert skipping, f"shown {line!r}, printed {other!r}"
        else:
            raise AssertionError(f"not printed: {line!r}")
        skipping = False
    assert skipping or not list(rest), "more was printed than is shown"


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 2


def test_the_readme_counts_the_cases() -> None:
    (said,) = re.findall(r"more than ([\d,]+) questions", README)
    count = len(load_cases(FIXTURES))
    assert int(said.replace(",", "")) <= count < int(said.replace(",", "")) + 1000


def test_transcripts_are_compared_line_by_line() -> None:
    assert_same_lines(["a", "...", "c..."], ["a", "b", "cd"])
    for shown in (["a", "c"], ["a"], ["a", "...", "x"]):
        with pytest.raises(AssertionError):
            assert_same_lines(shown, ["a", "b", "c"])


def test_the_json_report_has_deaths_and_classes(suite: Suite) -> None:
    told = json.loads(suite.run(DYING, "--json").text)
    kinds = {each["case"]: each["kind"] for each in told["failures"]}
    assert kinds == {"few/one": "wrong", "few/two": "died"}
    assert told["classes"][-1] == {
        "name": "matcher",
        "passed": 0,
        "failed": 2,
        "skipped": 0,
        "whole": True,
    }
