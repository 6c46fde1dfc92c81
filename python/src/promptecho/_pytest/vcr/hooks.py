"""The hook of pytest-recording, so that a conftest.py that has it gets an answer."""

from __future__ import annotations

from typing import Any

import pytest


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """Is given the ``VCR`` object of vcrpy, which promptecho does not have."""
