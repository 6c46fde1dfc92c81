"""The environment of a developer's machine, also where the tests run in CI."""

from __future__ import annotations

import pytest

from promptecho._base.spec_data import data

#: What names a service of continuous integration.
CI = tuple(row["name"] for row in data("ci-variables")["variables"])


def leave_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what says that this is CI."""
    for name in CI:
        monkeypatch.delenv(name, raising=False)
