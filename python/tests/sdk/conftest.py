"""The fixtures that the tests of this folder are told with."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("sdk.roundtrip")

from sdk.loopback import guard  # noqa: E402
from sdk.roundtrip import Roundtrip  # noqa: E402


@pytest.fixture
def roundtrip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Roundtrip:
    """Record, shut down, replay without a key, compare."""
    return Roundtrip(tmp_path / "cassette.yaml", monkeypatch)


@pytest.fixture
def refusing() -> Iterator[str]:
    """The URL of a port that refuses connections: it is taken, and nobody listens on it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield "http://{}:{}".format(*taken.getsockname())


@pytest.fixture(autouse=True)
def nothing_beyond_this_machine() -> Iterator[None]:
    """An SDK that reached for another host fails its test, also where it hid the refusal."""
    guard.on = True
    yield
    guard.on = False
    assert guard.taken() == []


def pytest_collection_finish() -> None:
    """What other folders' tests reach for is their business."""
    guard.on = False
