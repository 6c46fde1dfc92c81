"""What pyproject.toml and noxfile.py state twice is the same in both."""

from __future__ import annotations

import re
import sys
from typing import Any

import conftest
import pytest

from support.paths import PACKAGE, ROOT, TESTS

NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
SESSIONS = set(re.findall(r"^@nox\.session.*?^def (\w+)\(", NOXFILE, re.M | re.S))

#: The dependency groups with which the session `tests` runs the tests.
GROUPS = ("test", "httpx2", "http", "over-http", "grpc")


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    if sys.version_info < (3, 11):
        pytest.skip("tomllib needs Python 3.11")
    import tomllib

    return tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_extra_for_contributors_holds_the_groups_of_the_tests(
    pyproject: dict[str, Any],
) -> None:
    groups = pyproject["dependency-groups"]
    wanted = [each for name in GROUPS for each in groups[name]]
    assert pyproject["project"]["optional-dependencies"]["dev"] == wanted


def test_the_session_of_the_tests_installs_the_same_groups() -> None:
    newest = re.search(r"^NEWEST_HTTP = \((.*)\)$", NOXFILE, re.M)
    assert newest is not None
    assert set(re.findall(r'"(.*?)"', newest[1])) | {"test"} == set(GROUPS)


def test_each_folder_that_is_left_out_names_a_session(pyproject: dict[str, Any]) -> None:
    left_out = pyproject["tool"]["pytest"]["ini_options"]["norecursedirs"]
    folders = {path.name for path in TESTS.iterdir() if path.is_dir()}
    assert folders & set(left_out) == set(conftest.FOLDERS_ELSEWHERE)


def test_each_mark_that_is_left_out_names_a_session(pyproject: dict[str, Any]) -> None:
    options = pyproject["tool"]["pytest"]["ini_options"]["addopts"]
    marks = [each for name, each in zip(options, options[1:]) if name == "-m"]
    assert marks == [f"not {mark}" for mark in conftest.MARKS_ELSEWHERE]


def test_the_sessions_exist() -> None:
    for sessions in (conftest.FOLDERS_ELSEWHERE | conftest.MARKS_ELSEWHERE).values():
        assert set(sessions) <= SESSIONS


def test_the_license_of_the_package_is_that_of_the_repository() -> None:
    assert (PACKAGE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_a_plain_run_names_what_it_did_not_run(pytester: pytest.Pytester) -> None:
    done = pytester.run(sys.executable, "-m", "pytest", "--co", "-q", PACKAGE)
    done.stdout.fnmatch_lines(
        [
            "Not run here: tests/sdk (nox -s sdks sdk), tests/legacy (nox -s legacy), "
            "tests/neighbors (nox -s neighbors), "
            "tests/from_pytest_recording (nox -s pytest_recording), "
            "tests/corpus (nox -s corpus), tests/examples (nox -s examples), "
            "tests/pre_commit (nox -s pre_commit), tests/yaml_libraries (nox -s yaml_libraries), "
            "tests/fuzz (nox -s fuzz), tests/serve (nox -s serve), "
            "tests/languages (nox -s languages), "
            "tests marked crash (nox -s crash)"
        ]
    )
    assert not any(
        line.startswith(tuple(f"tests/{each}/" for each in conftest.FOLDERS_ELSEWHERE))
        for line in done.outlines
    )


def test_a_run_of_one_file_names_nothing(pytester: pytest.Pytester) -> None:
    file = TESTS / "bodies" / "test_headers.py"
    done = pytester.run(sys.executable, "-m", "pytest", "--co", "-q", file)
    assert done.ret == 0
    done.stdout.no_fnmatch_line("Not run*")
