"""``PROMPTECHO_DISABLE=1``: every call is live, and no file is read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

import promptecho
from support.clients import post_httpx
from support.upstream import Upstream


@pytest.fixture
def disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTECHO_DISABLE", "1")


@pytest.mark.usefixtures("disabled")
@pytest.mark.parametrize("mode", list(promptecho.Mode))
def test_calls_are_live_in_every_mode(
    upstream: Upstream, path: Path, mode: promptecho.Mode
) -> None:
    path.write_text("no cassette at all", encoding="utf-8")
    with promptecho.use_cassette(path, mode=mode) as cassette:
        assert post_httpx(upstream.url, "hello") == "hello"
    assert len(upstream.calls) == 1
    assert path.read_text(encoding="utf-8") == "no cassette at all"
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert cassette.mode == mode.value
    for empty in (cassette.recorded, cassette.played, cassette.sent, cassette.interactions):
        assert empty == []


@pytest.mark.usefixtures("disabled")
def test_a_network_block_still_holds(upstream: Upstream, path: Path) -> None:
    with pytest.raises(promptecho.NetworkBlocked):
        with promptecho.block_network(), promptecho.use_cassette(path):
            post_httpx(upstream.url, "hello")
    assert upstream.calls == []


@pytest.mark.parametrize("value", ["0", "false", " no ", ""])
def test_a_false_value_disables_nothing(
    upstream: Upstream, path: Path, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTECHO_DISABLE", value)
    with promptecho.use_cassette(path) as cassette:
        post_httpx(upstream.url, "hello")
    assert len(cassette.recorded) == 1
