"""The pytest plugin, each story with a project of its own and a real upstream."""

from __future__ import annotations

import os
import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import promptecho
from promptecho._pytest import settings
from promptecho._pytest.file_names import LONGEST, folder, stem
from promptecho._session.options import Options
from sdk import answers
from support.pytest_project import Project, echo, message, summary

OPTIONS = ", ".join(Options._fields)


def miss(project: Project, name: str, mode: str = "none") -> list[str]:
    """The text of a miss where there is no file."""
    return [
        f"no recording for POST {project.upstream.url}/v1/chat/completions",
        f"cassette {project.path / name}, mode {mode}: the file does not exist",
        "This test calls its own server: it runs in this process. If the test should reach it, "
        "name it in passthrough=['127.0.0.1'].",
        "Next: record it with network access and an API key (PROMPTECHO_MODE=once), and commit the "
        "file.",
    ]


def shown(output: str, title: str) -> list[str]:
    """The lines of an exception's message under a title, without pytest's margin."""
    lines = message(output, title).splitlines()
    told = [line[1:].strip() for line in lines if line.startswith("E ")]
    return [re.sub(r"^[\w.]*CassetteMiss: ", "", line) for line in told]


# Names of files


@pytest.mark.parametrize(
    ("classes", "test", "name"),
    [
        ([], "test_bar", "test_bar"),
        (["TestX"], "test_bar", "TestX.test_bar"),
        (["TestX", "TestY"], "test_bar", "TestX.TestY.test_bar"),
        ([], "test_bar[gpt-4.1-mini]", "test_bar[gpt-4.1-mini]"),
        ([], "test_bar[1-a+b=c,d@e_f]", "test_bar[1-a+b=c,d@e_f]"),
        ([], "test_bar[]", "test_bar[]"),
        ([], "test_bar[GPT-4]", "test_bar[GPT-4]"),
        ([], "test_bar[a/b]", "test_bar[a_b]~edfd7a301a"),
        ([], "test_bar[a:b]", "test_bar[a_b]~5ca24b6542"),
        ([], "test_bar[a b. ]", "test_bar[a_b._]~4dce5a0d87"),
        ([], "test_bar[../../x]", "test_bar[.._.._x]~a8fe97d4fd"),
        ([], "test_größe", "test_gr_e~379d29ff35"),
        ([], "con", "_con~1143da2bc5"),
        (["Aux"], "test_bar", "_Aux.test_bar~2e3f6ea4db"),
    ],
)
def test_a_name_is_kept_where_it_is_safe_and_marked_where_it_is_not(
    classes: list[str], test: str, name: str
) -> None:
    assert stem(classes, test) == name


def test_a_long_name_is_cut_and_marked() -> None:
    name = stem([], f"test_bar[{'a' * 300}]")
    assert len(name) == LONGEST
    assert name.startswith("test_bar[aaa")
    assert name != stem([], f"test_bar[{'a' * 301}]")


@pytest.mark.parametrize("module", ["nul", "test_mod.", "test mod"])
def test_a_module_that_is_no_safe_folder_is_marked(module: str) -> None:
    assert re.fullmatch(r"[\w.]+~[0-9a-f]{10}", folder(module))


ids = st.text(st.sampled_from("aAbB._- /\\:~[]é\n\u212a"), max_size=12) | st.text()


@given(ids, ids)
def test_two_ids_never_share_a_file_not_even_where_capitals_make_no_difference(
    left: str, right: str
) -> None:
    names = [stem(["TestX"], f"test_bar[{each}]", apart=True) for each in (left, right)]
    assert (left == right) == (names[0].casefold() == names[1].casefold())


@given(ids)
def test_every_id_gives_a_name_that_every_file_system_takes(text: str) -> None:
    name = stem([], f"test_bar[{text}]")
    assert re.fullmatch(r"test_bar[A-Za-z0-9_.+=,@~\[\]-]*", name)
    assert len(name) <= LONGEST


# Where recordings are


TREE = """
def test_bar(promptecho_cassette):
    assert ask("bar") == "echo: bar"

class TestX:
    def test_bar(self, promptecho_cassette):
        assert ask("X bar") == "echo: X bar"

    class TestY:
        @pytest.mark.parametrize("word", ["a", "A"])
        def test_bar(self, promptecho_cassette, word):
            assert ask(word) == f"echo: {word}"
"""


def test_each_test_has_a_file_of_its_own_and_replays_with_the_upstream_gone(
    project: Project,
) -> None:
    project.file("sub/test_mod.py", TREE)
    project.run(passed=4)
    files = project.files()
    assert files == [
        "sub/cassettes/TestX.TestY.test_bar[A]~381df14bed.yaml",
        "sub/cassettes/TestX.TestY.test_bar[a].yaml",
        "sub/cassettes/TestX.test_bar.yaml",
        "sub/cassettes/test_bar.yaml",
    ]
    before = [(project.path / each).read_bytes() for each in files]
    project.upstream.close()
    project.run(passed=4)
    assert [(project.path / each).read_bytes() for each in files] == before


def test_the_layout_module_puts_a_folder_per_module_between(project: Project) -> None:
    project.ini("promptecho_layout = module", "promptecho_directory = recordings/llm")
    for module in ("a", "b"):
        project.file(f"test_{module}.py", f"def test_bar(promptecho_cassette): ask('{module}')")
    project.run(passed=2)
    assert project.files() == [
        "recordings/llm/test_a/test_bar.yaml",
        "recordings/llm/test_b/test_bar.yaml",
    ]


def test_the_fixture_gives_the_cassette(project: Project) -> None:
    text = """
def test_bar(promptecho_cassette):
    ask("bar")
    assert type(promptecho_cassette) is promptecho.Cassette
    assert promptecho_cassette.mode == "once"
    assert [sent.body["messages"][0]["content"] for sent in promptecho_cassette.sent] == ["bar"]
"""
    project.file("test_mod.py", text)
    project.run(passed=1)


# Two tests, one file


SHARED = "def test_bar(promptecho_cassette): ask('bar')\ndef test_other(): pass\n"

SHARED_MESSAGE = (
    "test_a.py::test_bar and test_b.py::test_bar would share the cassette "
    "cassettes/test_bar.yaml.\nSet the ini option promptecho_layout = module, which gives each "
    "module a folder of its own, or rename one of the tests."
)


@pytest.mark.parametrize("arguments", [[], ["-n2"]], ids=["alone", "xdist"])
def test_two_tests_that_would_share_a_file_are_both_an_error(
    project: Project, arguments: list[str]
) -> None:
    project.file("test_a.py", SHARED)
    project.file("test_b.py", SHARED)
    output = project.run_apart(*arguments, passed=2, errors=2)
    assert message(output, "ERROR at setup of test_bar") == SHARED_MESSAGE
    assert output.count(SHARED_MESSAGE) == 2
    assert project.files() == []
    project.ini("promptecho_layout = module")
    project.run_apart(*arguments, passed=4)


def test_a_test_that_was_deselected_still_has_its_file(project: Project) -> None:
    project.file("test_a.py", SHARED)
    project.file("test_b.py", SHARED)
    output = project.run("--deselect", "test_b.py::test_bar", passed=2, errors=1, deselected=1)
    assert message(output, "ERROR at setup of test_bar") == SHARED_MESSAGE


def test_where_the_layout_does_not_help_the_error_does_not_offer_it(project: Project) -> None:
    text = """
class Testy:
    def test_d(self, promptecho_cassette): ask("d")

class TestY:
    def test_d(self, promptecho_cassette): ask("e")
"""
    project.file("test_mod.py", text)
    output = project.run(errors=2)
    remedy = (
        "\nRename one of the tests, or give each a file of its own with "
        "@pytest.mark.promptecho(path=...). Tests that name one path share it."
    )
    assert message(output, "ERROR at setup of Testy.test_d") == (
        "test_mod.py::TestY::test_d and test_mod.py::Testy::test_d would share the cassette "
        f"cassettes/Testy.test_d.yaml.{remedy}"
    )


def test_recording_one_test_anew_leaves_the_others_alone(project: Project) -> None:
    project.file("test_mod.py", TREE)
    project.run(passed=4)
    other = project.path / "cassettes" / "TestX.test_bar.yaml"
    before = other.read_bytes()
    project.run("test_mod.py::test_bar", "--promptecho-mode=all", passed=1)
    assert project.asked()[-1] == "bar"
    assert len(project.upstream.calls) == 5
    assert other.read_bytes() == before
    assert len(project.files()) == 4


def test_a_fixture_asked_for_in_the_body_counts_as_well(project: Project) -> None:
    text = """
def test_bar(request):
    request.getfixturevalue("promptecho_cassette")
    ask_and_swallow("bar")
"""
    project.file("test_a.py", text)
    project.file("test_b.py", SHARED)
    output = project.run("test_a.py", "--promptecho-mode=none", failed=1)
    assert shown(output, "test_bar") == miss(project, "cassettes/test_bar.yaml")
    output = project.run("test_b.py", "test_a.py", passed=2, failed=1)
    assert message(output, "test_bar") == SHARED_MESSAGE


# The marker


def test_the_marker_works_without_the_fixture(project: Project) -> None:
    text = """
import unittest

@pytest.mark.promptecho
def test_function(): assert ask("function") == "echo: function"

@pytest.mark.promptecho(path="elsewhere/own.yaml")
def test_path(): ask("path")

@pytest.mark.promptecho()
class TestX:
    def test_method(self): ask("method")

@pytest.mark.promptecho
class Case(unittest.TestCase):
    def test_case(self): ask("case")

class AsyncCase(unittest.IsolatedAsyncioTestCase):
    @pytest.mark.promptecho
    async def test_case(self): await ask_async("async case")

@pytest.mark.parametrize("word", ["a", pytest.param("b", marks=pytest.mark.promptecho), "c"])
def test_one_of(word, request):
    assert ("promptecho_cassette" in request.fixturenames) == (word == "b")
    ask(word)

def test_unmarked(): ask("unmarked")
"""
    project.file("sub/test_mod.py", text)
    project.run(passed=9)
    recorded = [
        "sub/cassettes/AsyncCase.test_case.yaml",
        "sub/cassettes/Case.test_case.yaml",
        "sub/cassettes/TestX.test_method.yaml",
        "sub/cassettes/test_function.yaml",
        "sub/cassettes/test_one_of[b].yaml",
        "sub/elsewhere/own.yaml",
    ]
    assert project.files() == recorded
    calls = len(project.upstream.calls)
    project.run(passed=9)
    assert len(project.upstream.calls) == calls + 3
    assert project.asked()[calls:] == ["a", "c", "unmarked"]


def test_a_module_can_be_marked(project: Project) -> None:
    project.file("test_mod.py", "pytestmark = pytest.mark.promptecho\ndef test_bar(): ask('bar')")
    project.run(passed=1)
    assert project.files() == ["cassettes/test_bar.yaml"]


def test_the_cassette_of_a_marked_test_is_open_before_the_other_fixtures_of_its_scope(
    project: Project,
) -> None:
    text = """
@pytest.fixture(scope="module")
def of_module(): return ask("module")

@pytest.fixture(autouse=True)
def of_test(): return ask("test")

@pytest.mark.promptecho
def test_bar(of_module, of_test): ask("bar")
"""
    project.file("test_mod.py", text)
    project.run(passed=1)
    project.run(passed=1)
    assert project.asked() == ["module", "test", "bar", "module"]


def test_several_markers_are_merged_and_the_closest_has_the_last_word(project: Project) -> None:
    text = """
pytestmark = pytest.mark.promptecho(mode="none", on_drift="raise", match_on=["model"])

@pytest.mark.promptecho(mode="all", on_exhausted="miss")
class TestX:
    @pytest.mark.promptecho(on_drift="ignore")
    def test_bar(self, promptecho_cassette):
        ask("bar")
        options = promptecho_cassette._opened.options
        assert options.mode == "all"
        assert options.on_exhausted == "miss"
        assert options.on_drift == "ignore"
        assert options.match_on == ("model",)
"""
    project.file("test_mod.py", text)
    project.run(passed=1)


UNUSABLE = (
    "path of the marker promptecho is {}; it {}\n"
    "Name a file, by its path from the folder of the test's module, such as "
    "path='cassettes/login.yaml'."
)
UNUSABLE_PATHS = [
    (r"'\x00'", r"'\x00'", "has a NUL character"),
    (r"'a\x00b.yaml'", r"'a\x00b.yaml'", "has a NUL character"),
    ("''", "''", "is empty"),
    (r"'\ud800.yaml'", r"'\ud800.yaml'", "has a character that no file name can have"),
    (r"'\ud800/a.yaml'", r"'\ud800/a.yaml'", "has a character that no file name can have"),
    ("'.'", "'.'", "is the path of a folder"),
    ("'a' * 5000", f"'{'a' * 99}...", "is too long for this system"),
]


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        (
            "modee='none'",
            "the marker promptecho has no option modee\nOptions are: path, " + OPTIONS + ".",
        ),
        (
            "'x.yaml'",
            "the marker promptecho takes options by name only, such as path='x.yaml'",
        ),
        ("path=3", "path of the marker promptecho is 3; it must be a path"),
        *((f"path={path}", UNUSABLE.format(*parts)) for path, *parts in UNUSABLE_PATHS),
        (
            "mode='often'",
            "mode is 'often' [option.value]\n"
            "It must be one of once, none, new_episodes, all, missing, verify.",
        ),
        (
            "on_drift='shout'",
            "on_drift is 'shout' [option.value]\nIt must be one of warn, ignore, raise.",
        ),
    ],
)
def test_a_wrong_option_is_an_error_of_the_test(project: Project, marker: str, text: str) -> None:
    project.file("test_mod.py", f"@pytest.mark.promptecho({marker})\ndef test_bar(): ask('bar')\n")
    output = project.run(errors=1)
    assert message(output, "ERROR at setup of test_bar") == f"test_mod.py::test_bar: {text}"
    assert project.upstream.calls == []


def test_a_path_that_no_file_can_have_is_an_error_of_each_test_that_shares_it(
    project: Project,
) -> None:
    text = "@pytest.mark.promptecho(path='{}')\ndef test_{}(promptecho_cassette): ask('bar')\n"
    for path in (r"\x00", r"\ud800/a.yaml"):
        project.file("test_mod.py", text.format(path, "foo") + text.format(path, "bar"))
        output = project.run(errors=2)
        assert message(output, "ERROR at setup of test_foo").startswith("test_mod.py::test_foo: ")


def test_a_damaged_file_is_an_error_of_the_test(project: Project) -> None:
    project.file("test_mod.py", "def test_bar(promptecho_cassette): ask('bar')\n")
    project.file("cassettes/test_bar.yaml", "")
    (project.path / "cassettes" / "test_bar.yaml").write_bytes(b"")
    output = project.run(errors=1)
    with pytest.raises(promptecho.CassetteError) as error:
        promptecho.use_cassette(project.path / "cassettes" / "test_bar.yaml").__enter__()
    assert message(output, "ERROR at setup of test_bar") == f"test_mod.py::test_bar: {error.value}"


def test_the_marker_is_listed(project: Project) -> None:
    output = project.run("--markers")
    assert (
        "@pytest.mark.promptecho(path=None, mode=None, match_on=None, ...): record the test's LLM "
        "API calls to a cassette and replay them; options are those of promptecho.use_cassette"
    ) in output.splitlines()


# Modes


MODE = """
@pytest.fixture
def promptecho_options(): return OPTIONS

@pytest.mark.promptecho(MARKER)
def test_bar(promptecho_cassette): print("mode is", promptecho_cassette.mode)
"""

# Each name stands above those to its right.
MODES = [
    (("env", "cli", "marker", "fixture", "ini", "ci"), "new_episodes"),
    (("cli", "marker", "fixture", "ini", "ci"), "all"),
    (("marker", "fixture", "ini", "ci"), "none"),
    (("fixture", "ini", "ci"), "all"),
    (("ini", "ci"), "new_episodes"),
    (("ci",), "none"),
    ((), "once"),
]


@pytest.mark.parametrize(("told", "mode"), MODES, ids=[" ".join(t) or "none" for t, _ in MODES])
def test_the_mode_is_the_first_that_is_given(
    project: Project, monkeypatch: pytest.MonkeyPatch, told: tuple[str, ...], mode: str
) -> None:
    text = MODE.replace("OPTIONS", "{'mode': 'all'}" if "fixture" in told else "{}")
    text = text.replace("MARKER", "mode='none'" if "marker" in told else "")
    project.file("test_mod.py", text)
    project.ini("promptecho_mode = new_episodes" if "ini" in told else "")
    if "ci" in told:
        monkeypatch.setenv("CI", "true")
    if "env" in told:
        monkeypatch.setenv("PROMPTECHO_MODE", "new_episodes")
    output = project.run("-s", *(["--promptecho-mode=all"] if "cli" in told else []), passed=1)
    assert f"mode is {mode}\n" in output


@pytest.mark.parametrize(
    ("ci", "mode"),
    [
        ("true", "none"),
        ("1", "none"),
        ("woodpecker", "none"),
        ("false", "once"),
        ("False", "once"),
        ("0", "once"),
        ("", "once"),
    ],
)
def test_ci_replays_only(
    project: Project, monkeypatch: pytest.MonkeyPatch, ci: str, mode: str
) -> None:
    monkeypatch.setenv("CI", ci)
    project.file("test_mod.py", MODE.replace("OPTIONS", "{}").replace("MARKER", ""))
    assert f"mode is {mode}\n" in project.run("-s", passed=1)


def test_the_ini_file_gives_the_options_that_decide_keys(project: Project) -> None:
    project.ini(
        "promptecho_match_host = true",
        "promptecho_keep_query = *",
        "promptecho_keep_members = password",
        "promptecho_redact_members = note",
    )
    project.file(
        "test_it.py",
        """
def test_one(promptecho_cassette):
    ask("a")

@pytest.mark.promptecho(match_host=False, ignore_query=["run"])
def test_two(promptecho_cassette):
    ask("a")
""",
    )
    project.run("-p", "no:cacheprovider", passed=2)
    one, two = (project.path / name for name in project.files())
    assert 'match_host: true\nkeep_query:\n  - "*"\n' in one.read_text()
    assert 'ignore_query:\n  - run\nkeep_query:\n  - "*"\n' in two.read_text()
    for each in (one, two):
        assert "redact_members:\n  - note\nkeep_members:\n  - password\n" in each.read_text()
    assert "match_host" not in two.read_text()


def test_the_modes_are_those_of_the_core() -> None:
    assert tuple(mode.value for mode in promptecho.Mode) == settings.MODES


@pytest.mark.parametrize(
    ("ini", "arguments", "environ", "text"),
    [
        (
            "promptecho_mode = often",
            [],
            "",
            "the ini option promptecho_mode is 'often'; it must be one of once, none, "
            "new_episodes, all, missing, verify",
        ),
        (
            "promptecho_layout = deep",
            [],
            "",
            "the ini option promptecho_layout is 'deep'; it must be one of flat, module",
        ),
        (
            "promptecho_directory = /cassettes",
            [],
            "",
            "the ini option promptecho_directory is '/cassettes'; it must be relative to the "
            "folder of each test file, such as cassettes",
        ),
        (
            "promptecho_match_on = * model",
            [],
            "",
            "the ini option promptecho_match_on is '* model'; it must be different names, or * "
            "alone",
        ),
        (
            "promptecho_match_on = " + "n" * 513,
            [],
            "",
            f"the ini option promptecho_match_on is '{'n' * 513}'; it must be different names, or "
            "* alone",
        ),
        (
            "promptecho_match_headers = authorization",
            [],
            "",
            "the ini file: match_headers is ['authorization'] [option.value]\n"
            "It must be a list of names of headers that hold no credential [HEAD-9].",
        ),
        (
            "promptecho_keep_query = team\npromptecho_ignore_query = team",
            [],
            "",
            "the ini file: 'team' is in two of the options that exclude each other [option.value]\n"
            "Name it in one of redact_query, ignore_query, keep_query, and in one of "
            "redact_members, keep_members.",
        ),
        (
            "",
            ["--promptecho-mode=often"],
            "",
            "--promptecho-mode is 'often'; it must be one of once, none, new_episodes, all, "
            "missing, verify",
        ),
        (
            "",
            [],
            "often",
            "the environment variable PROMPTECHO_MODE is 'often'; it must be one of once, none, "
            "new_episodes, all, missing, verify",
        ),
    ],
)
def test_a_wrong_setting_is_wrong_usage(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    ini: str,
    arguments: list[str],
    environ: str,
    text: str,
) -> None:
    project.ini(ini)
    monkeypatch.setenv("PROMPTECHO_MODE", environ)
    project.run(*arguments)
    assert project.result is not None
    assert project.result.ret == pytest.ExitCode.USAGE_ERROR
    assert project.result.stderr.str().strip() == f"ERROR: {text}"


# Options of many tests


def test_options_of_many_tests_come_from_a_fixture_and_the_ini_file(project: Project) -> None:
    project.ini("promptecho_match_on = model messages")
    text = """
import pytest
@pytest.fixture(scope="session")
def promptecho_options(): return {"on_drift": "raise", "on_exhausted": "miss"}
"""
    project.file("conftest.py", text)
    text = """
@pytest.mark.promptecho(on_drift="ignore")
def test_bar(promptecho_cassette):
    options = promptecho_cassette._opened.options
    assert options.on_drift == "ignore"
    assert options.on_exhausted == "miss"
    assert options.match_on == ("model", "messages")
"""
    project.file("test_mod.py", text)
    project.run(passed=1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            "{'path': 'x.yaml'}",
            "the fixture promptecho_options has no option path\nOptions are: " + OPTIONS + ".",
        ),
        ("None", "the fixture promptecho_options is None; it must be a dict"),
    ],
)
def test_wrong_options_of_many_tests_are_an_error(project: Project, value: str, text: str) -> None:
    fixture = f"@pytest.fixture\ndef promptecho_options(): return {value}\n"
    project.file("test_mod.py", fixture + "def test_bar(promptecho_cassette): pass\n")
    output = project.run(errors=1)
    assert message(output, "ERROR at setup of test_bar") == f"test_mod.py::test_bar: {text}"


# Misses


def test_a_miss_ends_at_the_line_of_the_caller(project: Project) -> None:
    project.file("test_mod.py", "@pytest.mark.promptecho(mode='none')\ndef test_bar(): ask('x')\n")
    output = project.run(failed=1)
    assert shown(output, "test_bar") == miss(project, "cassettes/test_bar.yaml")
    places = re.findall(r"^(\S+):\d+: (\w*)$", message(output, "test_bar"), re.M)
    assert places == [("test_mod.py", ""), ("llm.py", "CassetteMiss")]
    output = project.run("--full-trace", failed=1)
    assert "httpx" in output


SWALLOWED = {
    "function": """
@pytest.mark.promptecho(mode="none")
def test_bar():
    ask_and_swallow("bar")
""",
    "unittest": """
import unittest
@pytest.mark.promptecho(mode="none")
class Case(unittest.TestCase):
    def test_bar(self):
        ask_and_swallow("bar")
""",
    "unittest asyncio": """
import unittest
class Case(unittest.IsolatedAsyncioTestCase):
    @pytest.mark.promptecho(mode="none")
    async def test_bar(self):
        ask_and_swallow("bar")
""",
    "pytest-asyncio": """
@pytest.mark.asyncio
@pytest.mark.promptecho(mode="none")
async def test_bar():
    try:
        await ask_async("bar")
    except BaseException:
        pass
""",
    "anyio": """
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio"])
@pytest.mark.promptecho(mode="none", path="cassettes/test_bar.yaml")
async def test_bar(anyio_backend):
    try:
        await ask_async("bar")
    except BaseException:
        pass
""",
    "thread": """
import threading
@pytest.mark.promptecho(mode="none")
def test_bar():
    thread = threading.Thread(target=ask_and_swallow, args=["bar"])
    thread.start()
    thread.join()
""",
}


@pytest.mark.parametrize("text", SWALLOWED.values(), ids=SWALLOWED)
@pytest.mark.parametrize("ending", ["", "assert not 'this'", "pytest.skip('no answer')"])
def test_a_swallowed_miss_fails_the_test_itself(project: Project, text: str, ending: str) -> None:
    indent = "        " if "class Case" in text else "    "
    project.file("test_mod.py", text + f"{indent}{ending}\n")
    output = project.run(failed=1)
    name = "Case.test_bar" if "class Case" in text else "test_bar"
    title = "test_bar[trio]" if "anyio" in text else name
    assert shown(output, title)[-4:] == miss(project, f"cassettes/{name}.yaml")
    assert summary(output) == ["promptecho: 0 recorded, 0 replayed, 1 missed, 0 unplayed"]
    assert project.upstream.calls == []


def test_a_miss_swallowed_by_a_fixture_is_an_error_at_setup(project: Project) -> None:
    text = """
@pytest.fixture
def answer(promptecho_cassette): return ask_and_swallow("bar")

@pytest.mark.promptecho(mode="none")
def test_bar(answer): pass

def test_after(promptecho_cassette): ask("after")
"""
    project.file("test_mod.py", text)
    output = project.run(errors=1, passed=1)
    assert shown(output, "ERROR at setup of test_bar") == miss(project, "cassettes/test_bar.yaml")


def test_a_warning_that_is_an_error_fails_the_test_itself(project: Project) -> None:
    text = """
@pytest.mark.promptecho
def test_bar(): ask("bar", temperature=TEMPERATURE)
"""
    project.file("test_mod.py", text.replace("TEMPERATURE", "0"))
    project.run(passed=1)
    project.file("test_mod.py", text.replace("TEMPERATURE", "1"))
    output = project.run(failed=1)
    url = f"{project.upstream.url}/v1/chat/completions"
    assert (
        f"PromptechoDriftWarning: {project.path}/cassettes/test_bar.yaml: replayed POST {url}, "
        "but the request differs from its recording at temperature, which match_on does not "
        "include. If the change is intended, record again (PROMPTECHO_MODE=all) or pass "
        "on_drift='ignore'."
    ) in output


# Failing, skipping, stopping while recording


BROKEN = """
@pytest.mark.promptecho
def test_bar():
    ask("one")
    ENDING
    ask("two")
"""


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ("assert False", "failed"),
        ("pytest.fail('no')", "failed"),
        ("pytest.skip('no')", "skipped"),
        ("pytest.xfail('no')", "xfailed"),
        ("raise KeyboardInterrupt", None),
        ("pytest.exit('no')", None),
    ],
)
def test_what_was_paid_for_is_kept_and_the_next_run_pays_for_the_rest(
    project: Project, ending: str, outcome: str | None
) -> None:
    project.file("test_mod.py", BROKEN.replace("ENDING", ending))
    if outcome is None:
        project.run_apart()
    else:
        project.run(**{outcome: 1})
    text = (project.path / "cassettes" / "test_bar.yaml").read_text()
    assert "incomplete: true" in text
    project.file("test_mod.py", BROKEN.replace("ENDING", "pass"))
    output = project.run(passed=1)
    assert project.asked() == ["one", "two"]
    assert summary(output) == [
        "promptecho: 1 recorded, 1 replayed, 0 missed, 0 unplayed; 29 tokens not spent"
    ]
    assert "incomplete" not in (project.path / "cassettes" / "test_bar.yaml").read_text()


@pytest.mark.parametrize("kind", ["unittest", "pytest-asyncio"])
def test_what_was_paid_for_is_kept_by_other_kinds_of_tests(project: Project, kind: str) -> None:
    text = SWALLOWED[kind].replace('mode="none"', "")
    indent = "        " if kind == "unittest" else "    "
    project.file("test_mod.py", text + indent + "assert False")
    project.run(failed=1)
    (cassette,) = project.files()
    assert "incomplete: true" in (project.path / cassette).read_text()


def test_a_failing_test_in_mode_all_leaves_the_old_file_alone(project: Project) -> None:
    project.file("test_mod.py", BROKEN.replace("ENDING", "pass"))
    project.run(passed=1)
    before = (project.path / "cassettes" / "test_bar.yaml").read_bytes()
    project.file("test_mod.py", BROKEN.replace("ENDING", "assert False"))
    project.run("--promptecho-mode=all", failed=1)
    assert (project.path / "cassettes" / "test_bar.yaml").read_bytes() == before
    assert project.files() == ["cassettes/test_bar.yaml"]


def test_a_fixture_that_fails_leaves_the_next_test_its_cassette(project: Project) -> None:
    text = """
@pytest.fixture
def broken(promptecho_cassette):
    ask("one")
    raise ValueError("broken")

def test_bar(broken): pass
def test_after(promptecho_cassette): ask("after")
"""
    project.file("test_mod.py", text)
    project.run(errors=1, passed=1)
    assert project.files() == ["cassettes/test_after.yaml", "cassettes/test_bar.yaml"]
    assert "incomplete: true" in (project.path / "cassettes" / "test_bar.yaml").read_text()


def test_a_file_that_cannot_be_written_is_an_error_at_teardown(project: Project) -> None:
    text = """
def test_bar(promptecho_cassette):
    ask("bar")
    os.mkdir(promptecho_cassette.path)

def test_after(promptecho_cassette): ask("after")
"""
    project.file("test_mod.py", text)
    output = project.run(passed=2, errors=1)
    assert message(output, "ERROR at teardown of test_bar").startswith(
        f"test_mod.py::test_bar: {project.path}/cassettes/test_bar.yaml: the file cannot be "
    )


# Calls of fixtures that are torn down


TEARDOWN = """
@pytest.fixture
def first():
    yield
    print("first is torn down")

@pytest.fixture
def resource(first, promptecho_cassette):
    ask("create")
    yield
    ASK("delete")

def test_bar(resource): ask("use")
def test_after(promptecho_cassette, first): ask("after")
"""


def test_calls_of_a_fixture_that_is_torn_down_are_recorded_too(project: Project) -> None:
    project.file("test_mod.py", TEARDOWN.replace("ASK", "ask"))
    project.run(passed=2)
    project.upstream.close()
    output = project.run(passed=2)
    assert summary(output) == [
        "promptecho: 0 recorded, 4 replayed, 0 missed, 0 unplayed; 116 tokens not spent"
    ]


@pytest.mark.parametrize("ask", ["ask", "ask_and_swallow"])
def test_a_miss_in_teardown_is_told_once_and_breaks_nothing_off(project: Project, ask: str) -> None:
    project.file("test_mod.py", TEARDOWN.replace("ASK", ask).replace('"delete"', '"other"'))
    project.run(passed=2)
    project.file("test_mod.py", TEARDOWN.replace("ASK", ask))
    output = project.run("-s", passed=2, errors=1)
    url = f"{project.upstream.url}/v1/chat/completions"
    assert output.count(f"no recording for POST {url}\n") == 1
    assert output.count("first is torn down") == 2
    assert project.asked() == ["create", "use", "other", "after"]


def test_an_error_answer_in_teardown_breaks_nothing_off(project: Project) -> None:
    text = (
        TEARDOWN.replace("ASK", "refused")
        + """
def refused(text):
    with httpx.Client(trust_env=False, verify=False, timeout=60) as client:
        client.post(os.environ["UPSTREAM"] + "/error", json={"model": "m"})

import httpx, os
pytestmark = pytest.mark.promptecho(on_record_error="raise")
"""
    )
    project.file("test_mod.py", text)
    project.upstream._answer = lambda call: (
        answers.json_answer({}, status=500) if call.path == "/error" else echo(call)
    )
    output = project.run("-s", passed=2, errors=1)
    assert "/error returned status 500: {}" in message(output, "ERROR at teardown of test_bar")
    assert output.count("first is torn down") == 2


# The summary


def test_the_summary_adds_up_what_all_cassettes_did(project: Project) -> None:
    project.file("test_a.py", "def test_a(promptecho_cassette): ask('a'), ask('b'), ask('c')\n")
    project.file("test_b.py", "def test_b(promptecho_cassette): ask('d')\n")
    assert summary(project.run("-v", passed=2)) == [
        "promptecho: 4 recorded, 0 replayed, 0 missed, 0 unplayed"
    ]
    project.file("test_a.py", "def test_a(promptecho_cassette): ask('a'), ask('a')\n")
    project.file("test_b.py", "def test_b(promptecho_cassette): ask('e')\n")
    line = "promptecho: 0 recorded, 2 replayed, 1 missed, 3 unplayed; 58 tokens not spent"
    assert summary(project.run(passed=1, failed=1)) == [line]
    detail = ["  2 unplayed in cassettes/test_a.yaml", "  1 unplayed in cassettes/test_b.yaml"]
    assert summary(project.run("-v", passed=1, failed=1)) == [line, *detail]
    assert summary(project.run_apart("-v", "-n2", passed=1, failed=1)) == [line, *detail]


def test_without_a_cassette_there_is_no_summary(project: Project) -> None:
    project.file("test_mod.py", "def test_bar(): pass\n")
    assert "promptecho:" not in project.run("-v", passed=1)


# Other plugins


ASYNCIO = """
@pytest.mark.asyncio
@pytest.mark.promptecho
async def test_marked(): assert await ask_async("marked") == "echo: marked"

@pytest.mark.asyncio
async def test_named(promptecho_cassette): assert await ask_async("named") == "echo: named"
"""
ANYIO = """
@pytest.mark.anyio
async def test_named(promptecho_cassette): assert await ask_async("named") == "echo: named"

@pytest.mark.anyio
@pytest.mark.promptecho
async def test_marked(): assert await ask_async("marked") == "echo: marked"
"""
BACKENDS = ["test_marked[asyncio]", "test_marked[trio]", "test_named[asyncio]", "test_named[trio]"]


# Apart: on Python 3.9 pytest-asyncio leaves a loop open that the tests of anyio stumble on.
@pytest.mark.parametrize(
    ("text", "tests"),
    [(ASYNCIO, ["test_marked", "test_named"]), (ANYIO, BACKENDS)],
    ids=["asyncio", "anyio"],
)
@pytest.mark.parametrize("arguments", [[], ["-n2"]], ids=["alone", "xdist"])
def test_async_tests_are_recorded_and_replayed(
    project: Project, arguments: list[str], text: str, tests: list[str]
) -> None:
    project.file("test_mod.py", text)
    project.run_apart(*arguments, passed=len(tests))
    assert project.files() == [f"cassettes/{name}.yaml" for name in tests]
    project.upstream.close()
    project.run_apart(*arguments, passed=len(tests))


def test_decorated_tests_stand_beside_those_of_the_plugin(project: Project) -> None:
    text = """
def test_bar(promptecho_cassette): ask("bar")

@promptecho.use_cassette("decorated.yaml")
@pytest.mark.parametrize("word", ["a"])
def test_decorated(tmp_path, word): ask(word)

@pytest.mark.promptecho
def test_after(): ask("after")

@pytest.mark.promptecho
@promptecho.use_cassette("both.yaml")
def test_both(): ask("both")
"""
    project.file("test_mod.py", text)
    output = project.run(passed=3, failed=1)
    outer, inner = f"{project.path}/cassettes/test_both.yaml", f"{project.path}/both.yaml"
    assert shown(output, "test_both") == [
        f"RuntimeError: cannot open the cassette {inner}: {outer} is open, and a process can have "
        f"one open cassette at a time. Close {outer} first, or use one cassette for both. For "
        "a cassette of one task or block, pass scope='task'."
    ]
    assert "decorated.yaml" in project.files()


# What it costs


def test_unused_it_imports_neither_yaml_nor_an_http_library(project: Project) -> None:
    (project.path / "test_mod.py").write_text(
        "import sys\n"
        "def test_bar():\n"
        "    heavy = {'yaml', 'httpx', 'httpx2', 'promptecho._pytest.opened_cassette'}\n"
        "    assert heavy & sys.modules.keys() == set()\n"
    )
    project.run_apart("-p", "no:anyio", passed=1)


def test_a_faulty_recording_that_no_test_plays_is_counted_and_breaks_nothing(
    project: Project,
) -> None:
    project.file("test_it.py", "def test_it(promptecho_cassette): ask('cat'); ask('dog')\n")
    project.run(passed=1)
    file = project.path / "cassettes" / "test_it.yaml"
    text = file.read_text(encoding="utf-8")
    dog = text.rindex("status: 200")
    file.write_text(text[:dog] + text[dog:].replace("200", "2", 1), encoding="utf-8")
    project.file("test_it.py", "def test_it(promptecho_cassette): ask('cat')\n")
    told = project.run(passed=1)
    assert "1 unplayed" in told


# A blocked network


def test_a_blocked_network_lets_out_what_a_cassette_allows(project: Project) -> None:
    project.file(
        "test_it.py",
        """\
def test_recorded(promptecho_cassette):
    assert ask("cat") == "echo: cat"

def test_free():
    ask("dog")

def test_swallowed():
    ask_and_swallow("dog")

def test_expected():
    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network():
            ask("dog")

@pytest.fixture
def late():
    yield
    ask("dog")

def test_late(late):
    pass

def test_after():
    pass
""",
    )
    told = project.run("--promptecho-block-network", passed=4, failed=2, errors=1)
    assert "the network is blocked: http://127.0.0.1" in told
    assert project.asked() == ["cat"]


def test_a_module_that_calls_when_it_is_collected_is_an_error(project: Project) -> None:
    project.ini("promptecho_block_network = true")
    project.file("test_it.py", "ask('dog')\n\ndef test_it(): pass\n")
    assert "the network is blocked" in project.run(errors=1)
    assert project.asked() == []


def test_a_blocked_call_that_was_swallowed_hides_no_error_and_falls_on_no_other_test(
    project: Project,
) -> None:
    project.file("test_a.py", "def test_innocent(): pass\n")
    project.file("test_b.py", "def test_it():\n    ask_and_swallow('dog')\n    assert 1 == 2\n")
    project.file("test_c.py", "ask_and_swallow('dog')\n\ndef test_it(): pass\n")
    told = project.run(
        "--promptecho-block-network",
        "--continue-on-collection-errors",
        passed=1,
        failed=1,
        errors=1,
    )
    assert "assert 1 == 2" in told
    assert "ERROR test_c.py" in told
    assert project.asked() == []


def test_allowed_hosts_may_be_reached(project: Project) -> None:
    project.ini("promptecho_block_network = true", "promptecho_allowed_hosts = nowhere.invalid")
    project.file("test_it.py", "def test_it(): assert ask('dog') == 'echo: dog'\n")
    project.run(failed=1)
    project.run("--promptecho-allowed-hosts=nowhere.invalid,127.0.0.*", passed=1)
    assert project.asked() == ["dog"]


def test_the_network_is_free_again_after_the_run(project: Project) -> None:
    project.file("test_it.py", "def test_it(): pass\n")
    project.run("--promptecho-block-network", passed=1)
    httpx.post(
        project.upstream.url, json={"messages": [{"content": "dog"}]}, trust_env=False, timeout=60
    )
    assert project.asked() == ["dog"]


def test_a_host_that_is_none_is_a_usage_error(project: Project) -> None:
    project.file("test_it.py", "def test_it(): pass\n")
    project.run("--promptecho-block-network", "--promptecho-allowed-hosts=https://h.example")
    assert project.result is not None
    assert project.result.ret == pytest.ExitCode.USAGE_ERROR


# Placeholder keys


SHOW_KEYS = """
def keys():
    return [os.environ.get(name + "_API_KEY") for name in ("OPENAI", "GEMINI", "GOOGLE")]

def test_it(promptecho_cassette):
    print("KEYS", *keys())
    ask("cat")

def test_after():
    print("AFTER", *keys())
"""


@pytest.mark.usefixtures("no_keys")
def test_a_test_that_can_only_be_replayed_has_placeholder_keys(project: Project) -> None:
    project.file("test_it.py", SHOW_KEYS)
    recording = project.run("-s", passed=2)
    assert "KEYS None my own None" in recording
    replaying = project.run("-s", passed=2)
    assert "KEYS placeholder my own None" in replaying
    assert "AFTER None my own None" in replaying
    assert "KEYS None my own None" in project.run("-s", "--promptecho-mode=new_episodes", passed=2)


@pytest.mark.usefixtures("no_keys")
def test_in_a_run_that_cannot_record_modules_find_placeholder_keys(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.file(
        "test_it.py", "import os\nKEY = os.environ['OPENAI_API_KEY']\ndef test_it(): pass\n"
    )
    monkeypatch.setenv("PROMPTECHO_MODE", "none")
    project.run(passed=1)
    assert "OPENAI_API_KEY" not in os.environ
    monkeypatch.setenv("PROMPTECHO_MODE", "all")
    project.run(errors=1)
