"""Cassettes that promptecho 0.1.3 wrote are replayed, with the SDKs of today."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import promptecho

pytest.importorskip("openai", reason="the OpenAI SDK is not installed")
pytest.importorskip("anthropic", reason="the Anthropic SDK is not installed")

from legacy.stories import STORIES
from promptecho._checks.formatting import formatted, migrated
from promptecho._checks.validate import findings
from promptecho._matching.rules import rules
from support.upstream import Upstream

WRITTEN = os.environ.get("PROMPTECHO_LEGACY_CASSETTES", "")

pytestmark = pytest.mark.skipif(
    not WRITTEN, reason="no cassettes of promptecho 0.1.3; `nox -s legacy` records them first"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what promptecho 0.1.3 wrote, and of what its own replay told."""
    return Path(shutil.copytree(WRITTEN, tmp_path / "written"))


@pytest.fixture
def gone() -> str:
    """The address of a server that is no more."""
    with Upstream([]) as upstream:
        pass
    assert upstream.refuses()
    return upstream.url


@pytest.mark.parametrize("mode", ["none", "once"])
@pytest.mark.parametrize("name", STORIES)
def test_it_replays_as_0_1_3_replays_it(folder: Path, gone: str, name: str, mode: str) -> None:
    path = folder / f"{name}.yaml"
    written = path.read_bytes()
    with promptecho.use_cassette(path, mode=mode) as cassette:
        told = STORIES[name].tell(gone)
    assert told == _told(folder)[name]
    assert len(cassette.interactions) == 1
    assert path.read_bytes() == written


@pytest.mark.parametrize("name", STORIES)
def test_it_replays_the_same_after_migrate(folder: Path, gone: str, name: str) -> None:
    path = folder / f"{name}.yaml"
    before = path.read_bytes()
    after = migrated(before, str(path), rules())
    assert after != before
    path.write_bytes(after)
    with promptecho.use_cassette(path, mode="none"):
        assert STORIES[name].tell(gone) == _told(folder)[name]


@pytest.mark.parametrize("name", STORIES)
def test_what_migrate_writes_is_in_the_exact_form(folder: Path, name: str) -> None:
    data = migrated((folder / f"{name}.yaml").read_bytes(), "a.yaml", rules())
    assert formatted(data, "a.yaml") == data
    # Headers stay as 0.1.3 stored them, and it stored the name of an organization in clear.
    in_clear = b"anthropic-organization-id" in data
    assert [each.code for each in findings(data, "a.yaml")] == ["finding.header"] * in_clear


def test_only_a_recording_with_a_query_is_marked(folder: Path) -> None:
    marked = {
        name: b"x-query" in migrated((folder / f"{name}.yaml").read_bytes(), "a.yaml", rules())
        for name in STORIES
    }
    assert marked == {name: name == "openai-query" for name in STORIES}


@pytest.mark.parametrize("name", STORIES)
def test_another_prompt_is_a_miss(folder: Path, gone: str, name: str) -> None:
    other = folder / f"{name}-other.yaml"
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    other.write_text(_with_another_prompt(text), encoding="utf-8")
    with pytest.raises(promptecho.CassetteMiss, match="Surely"):
        with promptecho.use_cassette(other, mode="none"):
            STORIES[name].tell(gone)


def _with_another_prompt(text: str) -> str:
    other = text.replace("cat sat on the mat", "Surely another").replace("31 C", "Surely 32 C")
    assert other != text
    return other


def _told(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    return told
