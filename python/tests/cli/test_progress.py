"""The progress bar of commands that work on many files."""

from __future__ import annotations

import io
import sys

import pytest

from promptecho._cli import _progress


def test_long_work_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    assert list(_progress.shown(range(4), 4, quiet=False)) == [0, 1, 2, 3]
    assert "[" + "#" * 15 + "." * 15 + "] 2/4" in screen.getvalue()
    monkeypatch.setattr(sys, "stderr", quiet := Terminal())
    assert list(_progress.shown(range(4), 4, quiet=True)) == [0, 1, 2, 3]
    monkeypatch.setattr(sys, "stderr", file := io.StringIO())
    assert list(_progress.shown(range(4), 4, quiet=False)) == [0, 1, 2, 3]
    assert quiet.getvalue() == file.getvalue() == ""
