"""The fixture that the tests of this folder are told with."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.register_assert_rewrite("sdk.roundtrip")

from sdk.roundtrip import Roundtrip  # noqa: E402


@pytest.fixture
def roundtrip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Roundtrip:
    """Record, shut down, replay without a key, compare."""
    return Roundtrip(tmp_path / "cassette.yaml", monkeypatch)
