"""``promptecho_vcr_aliases``: a project with the names of pytest-recording."""

from __future__ import annotations

import json

import pytest

from support.pytest_project import Project

ON = "promptecho_vcr_aliases = true"

TESTS = """
@pytest.mark.vcr
def test_plain(vcr):
    assert ask("plain") == "echo: plain"
    (request,) = vcr.requests
    assert json.loads(request.body)["messages"][0]["content"] == "plain"
    assert (request.method, request.path, request.query) == ("POST", "/v1/chat/completions", [])
    assert request.headers["Content-Type"] == "application/json"
    assert f"{request.scheme}://{request.host}:{request.port}" == os.environ["UPSTREAM"]
    (response,) = vcr.responses
    assert response["status"] == {"code": 200, "message": "OK"}
    assert response["headers"]["Content-Type"] == ["application/json"]
    assert b"echo: plain" in response["body"]["string"]
    assert len(vcr) == 1 and request in vcr
    replays = vcr.write_protected
    assert (vcr.play_count, vcr.all_played, vcr.dirty) == (int(replays), replays, not replays)
    assert vcr.play_counts == ({0: 1} if replays else {})
    assert len(vcr.sent) == 1  # what promptecho's own has is there too
    with pytest.raises(AttributeError, match="no rewind of vcrpy: open the file again"):
        vcr.rewind()

class TestX:
    @pytest.mark.vcr()
    @pytest.mark.parametrize("name", ["a", "b/c"])
    def test_y(self, name): assert ask(name) == "echo: " + name

@pytest.mark.vcr
@pytest.mark.default_cassette("shared.yaml")
def test_named(): ask("named")

def test_unmarked(vcr): assert vcr is None
"""


def aliases(project: Project, *lines: str) -> None:
    project.ini(ON, *lines)


def test_files_are_where_pytest_recording_has_them(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    aliases(project)
    project.file("test_it.py", f"import json\n{TESTS}")
    project.run("--record-mode=once", passed=5)
    assert project.files() == [
        "cassettes/test_it/TestX.test_y[a].yaml",
        "cassettes/test_it/TestX.test_y[b-c].yaml",
        "cassettes/test_it/shared.yaml",
        "cassettes/test_it/test_plain.yaml",
    ]
    monkeypatch.setenv("CI", "true")
    output = project.run(passed=5)  # none, the default of pytest-recording
    assert "promptecho: 0 recorded, 4 replayed, 0 missed, 0 unplayed" in output
    assert len(project.asked()) == 4
    ran = json.loads((project.path / ".promptecho" / "run.json").read_text("utf-8"))
    assert "cassettes/test_it/shared.yaml" in json.dumps(ran)


def test_nothing_is_recorded_unless_a_mode_says_so(project: Project) -> None:
    aliases(project)
    project.file("test_it.py", "@pytest.mark.vcr\ndef test_it(): ask('hello')")
    assert "mode none: the file does not exist" in project.run(failed=1)
    assert project.asked() == []


@pytest.mark.parametrize(
    ("arguments", "ini", "recorded"),
    [
        ([], "", 1),  # as in pytest-recording, the marker decides
        (["--record-mode=none"], "", 0),  # but none on the command line is none
        (["--record-mode=rewrite"], "", 1),
        (["--promptecho-mode=none"], "", 0),
        ([], "promptecho_mode = none", 1),
    ],
)
def test_the_record_mode_of_a_test(
    project: Project, arguments: list[str], ini: str, recorded: int
) -> None:
    aliases(project, ini)
    project.file("test_it.py", "@pytest.mark.vcr(record_mode='once')\ndef test_it(): ask('hello')")
    project.run(*arguments)
    assert len(project.asked()) == recorded


def test_rewrite_replaces_the_file(project: Project) -> None:
    aliases(project)
    project.file("test_it.py", "@pytest.mark.vcr\ndef test_it(): ask('old')")
    project.run("--record-mode=once", passed=1)
    project.file("test_it.py", "@pytest.mark.vcr\ndef test_it(): ask('new')")
    project.run("--record-mode=rewrite", passed=1)
    text = (project.path / "cassettes/test_it/test_it.yaml").read_text("utf-8")
    assert "echo: new" in text
    assert "echo: old" not in text


def test_the_fixtures_can_be_overridden(project: Project) -> None:
    aliases(project)
    project.file(
        "test_it.py",
        """
@pytest.fixture(scope="module")
def vcr_config():
    return {"filter_post_data_parameters": ["pin"], "filter_headers": ["authorization"]}

@pytest.fixture(scope="module")
def vcr_cassette_dir(tmp_path_factory): return os.path.join(os.path.dirname(__file__), "tapes")

@pytest.fixture
def default_cassette_name(request): return "of-" + request.node.name

@pytest.mark.vcr(match_on=["method", "path", "query"])
def test_it(vcr): ask("hello", pin="1234-5678")
""",
    )
    project.run("--record-mode=once", passed=1)
    assert project.files() == ["tapes/of-test_it.yaml"]
    text = (project.path / "tapes/of-test_it.yaml").read_text("utf-8")
    assert "1234-5678" not in text
    project.run(passed=1)
    assert len(project.asked()) == 1


def test_a_marker_of_a_conftest_counts(project: Project) -> None:
    aliases(project)
    project.file(
        "conftest.py",
        "import pytest\n"
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items: item.add_marker(pytest.mark.vcr)\n",
    )
    project.file("test_it.py", "def test_it(vcr): ask('hello')")
    project.run("--record-mode=once", passed=1)
    assert project.files() == ["cassettes/test_it/test_it.yaml"]


def test_disabled_recording_makes_every_call_live(project: Project) -> None:
    aliases(project)
    project.file("test_it.py", "@pytest.mark.vcr\ndef test_it(vcr):\n  ask('x')\n  assert not vcr")
    project.run("--disable-recording", passed=1)
    assert (project.asked(), project.files()) == (["x"], [])


# What has no meaning here


def test_a_function_that_filters_is_an_error_while_recording_and_said_once_else(
    project: Project,
) -> None:
    aliases(project)
    config = (
        "@pytest.fixture\ndef vcr_config(): return {'before_record_request': lambda request: None}"
    )
    tests = "@pytest.mark.vcr\ndef test_{0}(): ask('{0}')\n"
    project.file("test_it.py", tests.format("a") + tests.format("b"))
    project.run("--record-mode=once", passed=2)
    project.file("conftest.py", f"import pytest\n{config}")
    output = project.run("-Wdefault::promptecho.PromptechoVcrWarning", passed=2, warnings=1)
    assert (
        "PromptechoVcrWarning: vcr_config or the marker vcr names before_record_request" in output
    )
    output = project.run("--record-mode=new_episodes", errors=2)
    assert "Name what it takes out in redact_members" in output
    assert "This test may record (record mode new_episodes)." in output
    assert len(project.asked()) == 2


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("vcr(match_on=['jurassic'])", "match_on names 'jurassic', a matcher of the project"),
        ("vcr(cassette='x')", "names 'cassette', which is no option of vcrpy"),
        ("vcr('a.yaml', 'b.yaml')", "names more cassettes: a.yaml, b.yaml (none of them exists)"),
        ("default_cassette\n@pytest.mark.vcr", "takes the name of one file, such as"),
        ("promptecho\n@pytest.mark.vcr", "has the marker vcr, and promptecho"),
        ("block_network(hosts=[])", "takes one option, allowed_hosts=[...]"),
        ("block_network(allowed_hosts=['(a|b)'])", "that promptecho has no pattern for"),
    ],
)
def test_an_option_without_a_meaning_fails_its_test(
    project: Project, marker: str, message: str
) -> None:
    aliases(project)
    project.file("test_it.py", f"@pytest.mark.{marker}\ndef test_it(): ask('x')")
    output = project.run("--record-mode=once", errors=1)
    assert message in output
    assert project.asked() == []


def test_one_cassette_that_the_marker_names_is_played(project: Project) -> None:
    aliases(project)
    project.file("test_it.py", "@pytest.mark.vcr\ndef test_other(): ask('x')")
    project.run("--record-mode=once", passed=1)
    project.file("test_it.py", "@pytest.mark.vcr('test_other.yaml')\ndef test_it(): ask('x')")
    project.run(passed=1)
    output = project.run("--record-mode=new_episodes", errors=1)
    assert "promptecho has one cassette for each test" in output


def test_a_hook_that_gets_the_object_of_vcrpy_is_an_error(project: Project) -> None:
    aliases(project)
    project.file("conftest.py", "def pytest_recording_configure(config, vcr): pass")
    project.file("test_it.py", "def test_it(): pass")
    project.run()
    assert project.result is not None
    assert project.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "has the hook pytest_recording_configure" in project.result.stderr.str()


# The network


@pytest.mark.parametrize(
    ("marker", "arguments", "passes"),
    [
        ("block_network", [], False),
        ("block_network(allowed_hosts=['127.0.0.*'])", [], True),
        ("block_network", ["--allowed-hosts=localhost,127.0.0.1"], True),
        ("usefixtures('vcr')", ["--block-network"], False),
        ("usefixtures('vcr')", [], True),
    ],
)
def test_a_test_can_be_blocked(
    project: Project, marker: str, arguments: list[str], passes: bool
) -> None:
    aliases(project)
    project.file("test_it.py", f"@pytest.mark.{marker}\ndef test_it(): ask('x')")
    output = project.run(*arguments, **({"passed": 1} if passes else {"failed": 1}))
    assert ("the network is blocked" in output) is not passes
    assert len(project.asked()) == passes


def test_a_block_leaves_cassettes_and_other_fixtures_alone(project: Project) -> None:
    aliases(project)
    project.file(
        "test_it.py",
        """
@pytest.fixture(scope="session", autouse=True)
def ready(): ask("session")

@pytest.mark.vcr
def test_it(): ask("x")
""",
    )
    project.run("--record-mode=once", "--block-network", passed=1)
    project.run("--block-network", passed=1)
    assert project.asked() == ["session", "x", "session"]


# The switch


def test_nothing_is_there_without_the_switch(project: Project) -> None:
    project.file("test_it.py", "def test_it(vcr): pass")
    assert "fixture 'vcr' not found" in project.run(errors=1)
    project.run("--record-mode=once")
    assert project.result is not None
    assert project.result.ret == pytest.ExitCode.USAGE_ERROR


def test_beside_pytest_recording_is_an_error_at_the_start(project: Project) -> None:
    aliases(project)
    project.file("pytest_recording/__init__.py", "")
    project.file("pytest_recording/plugin.py", "")
    project.file("test_it.py", "def test_it(): pass")
    project.run_apart("-p", "pytest_recording.plugin")
    assert project.result is not None
    assert project.result.ret == pytest.ExitCode.USAGE_ERROR
    said = project.result.stderr.str()
    assert "promptecho_vcr_aliases is on, and pytest-recording is installed too" in said
    assert "pip uninstall pytest-recording" in said


def test_workers_of_xdist_have_the_names_too(project: Project) -> None:
    pytest.importorskip("xdist")
    aliases(project)
    project.file("test_it.py", f"import json\n{TESTS}")
    project.run_apart("--record-mode=once", "-n2", passed=5)
    output = project.run_apart("-n2", passed=5)
    assert "promptecho: 0 recorded, 4 replayed, 0 missed, 0 unplayed" in output
    assert len(project.asked()) == 4
