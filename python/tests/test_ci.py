"""The scripts of .ci: what fails in a lane fails the whole, and every test is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.paths import ROOT

SCRIPTS = ROOT / ".ci"
JUNIT = '<testsuites><testsuite tests="{}" failures="{}" errors="0" skipped="{}"/></testsuites>'


def count(folder: Path, results: dict[str, str], reports: dict[str, Any]) -> tuple[str, int]:
    """The last line of count.py and its exit status, given results of nox and reports of tests."""
    for name, result in results.items():
        file = folder / "nox" / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"sessions": [{"name": name, "result": result}]}))
    for name, report in reports.items():
        file = folder / "reports" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(report if isinstance(report, str) else json.dumps(report))
    command = [sys.executable, SCRIPTS / "count.py", folder / "nox", folder / "reports"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[-1], done.returncode


def test_the_tests_of_all_sessions_are_added_up(tmp_path: Path) -> None:
    reports = {
        "a.xml": JUNIT.format(5, 0, 2),
        "b.json": {"passed": 7, "failed": 0, "skipped": 1},
    }
    results = {"a": "success", "b": "success", "c": "skipped"}
    assert count(tmp_path, results, reports) == ("10 passed, 0 failed, 4 skipped", 0)


@pytest.mark.parametrize(
    ("result", "report", "line"),
    [
        ("failed", JUNIT.format(5, 1, 0), "4 passed, 1 failed, 0 skipped"),
        ("failed", JUNIT.format(5, 0, 0), "5 passed, 1 failed, 0 skipped"),
        ("aborted", JUNIT.format(5, 0, 0), "5 passed, 1 failed, 0 skipped"),
        ("success", JUNIT.format(5, 2, 1), "2 passed, 2 failed, 1 skipped"),
        ("success", JUNIT.format(3, 0, 3), "0 passed, 1 failed, 3 skipped"),
    ],
)
def test_what_fails_is_counted_and_is_the_exit_status(
    tmp_path: Path, result: str, report: str, line: str
) -> None:
    assert count(tmp_path, {"a": result}, {"a.xml": report}) == (line, 1)


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import lanes

    return lanes


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "print('well')"])
def test_a_session_that_leaves_no_report_has_failed(
    lanes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(lanes, "NOX", (sys.executable, "-c", program))
    lanes.Lanes(tmp_path, []).run("sdks(openai)")
    report = json.loads((tmp_path / "sdks-openai.json").read_text())
    assert report == {"sessions": [{"name": "sdks(openai)", "result": "failed"}]}


NOX = """
import json, sys
if "--list" in sys.argv:
    print(json.dumps([{"session": each, "name": each} for each in ("build", "lint", "tests-3.9")]))
else:
    report = next(each for each in sys.argv if each.startswith("--report=")).partition("=")[2]
    name = sys.argv[sys.argv.index("-s") + 1]
    with open(report, "w") as file:
        json.dump({"sessions": [{"name": name, "result": "?"}]}, file)
    sys.exit(name == BAD)
"""


@pytest.mark.parametrize(("bad", "status"), [("none", 0), ("build", 1), ("lint", 1)])
def test_every_session_runs_and_one_that_fails_fails_the_whole(
    lanes: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    bad: str,
    status: int,
) -> None:
    monkeypatch.setattr(lanes, "NOX", (sys.executable, "-c", f"BAD = {bad!r}{NOX}"))
    assert lanes.main(str(tmp_path)) == status
    ran = {path.stem for path in tmp_path.glob("*.json")}
    assert ran == ({"build"} if bad == "build" else {"build", "lint", "tests-3.9"})
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "--- build: started"
    assert any(line.startswith(f"--- {bad}: failed in") for line in lines) == bool(status)
