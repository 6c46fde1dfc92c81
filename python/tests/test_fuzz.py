"""The session `fuzz` finds faults, writes their inputs and repeats them; its inputs have a seed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from fuzz import run
from fuzz.targets import TARGETS, Target

from support.paths import TESTS


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_gives_the_same_inputs_and_other_seeds_give_others(name: str) -> None:
    def inputs(seed: int) -> list[str]:
        made = [TARGETS[name].make(Random(f"{seed}/{turn}")) for turn in range(3)]
        return [json.dumps(each) for each in made]

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)


@pytest.mark.parametrize("name", TARGETS)
def test_the_first_inputs_of_each_target_hold(name: str) -> None:
    turns, failures = run._fuzz([name], 1, 60, 5)
    assert (turns[name], failures[name]) == (5, 0)


def test_a_fault_is_written_with_the_command_that_repeats_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(given: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(run, "FAILED", tmp_path)
    monkeypatch.setitem(TARGETS, "reports", Target(TARGETS["reports"].make, fails))
    turns, failures = run._fuzz(["reports"], 5, 60, 7)
    assert (turns["reports"], failures["reports"]) == (7, 7)
    said = capsys.readouterr().out
    assert "KeyError: 'planted'" in said
    assert f"--input {tmp_path / 'reports-5-0.json'}" in said
    saved = json.loads((tmp_path / "reports-5-0.json").read_text())
    assert saved == {"target": "reports", "input": TARGETS["reports"].make(Random("5/reports/0"))}


def test_a_saved_input_is_checked_again_and_the_report_counts_targets(tmp_path: Path) -> None:
    program = TESTS / "fuzz" / "run.py"
    saved, report = tmp_path / "input.json", tmp_path / "report.json"
    saved.write_text(json.dumps({"target": "yaml", "input": {"data": "a: 1\n"}}))
    command = [sys.executable, str(program)]
    subprocess.run([*command, "--input", str(saved)], check=True)
    options = ["--turns=2", "--target=yaml", "--target=reports", f"--report={report}"]
    done = subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE, text=True)
    assert "seed 1: 4 inputs, 0 failed" in done.stdout
    assert json.loads(report.read_text()) == {"passed": 2, "failed": 0, "skipped": 0}
