"""A story is told to an upstream and, that shut down, to its cassette."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import promptecho
from support.upstream import Script, Upstream


def twice(script: Script, path: Path, story: Callable[[str], Any]) -> Any:
    """Tell a story both times; what was told, which is the same."""
    with Upstream(script) as upstream:
        with promptecho.use_cassette(path, on_record_error="record") as recorded:
            first = story(upstream.url)
    assert len(recorded.recorded) == len(upstream.calls)
    assert upstream.refuses()
    with promptecho.use_cassette(path, mode="none") as replayed:
        assert story(upstream.url) == first
    assert len(replayed.played) == len(replayed.interactions) == len(upstream.calls)
    return first


def recordings(path: Path) -> tuple[Any, ...]:
    """The recordings of a cassette."""
    with promptecho.use_cassette(path, mode="none") as cassette:
        return tuple(cassette.interactions)


def only(path: Path) -> Any:
    """The one recorded answer of a cassette."""
    (interaction,) = recordings(path)
    return interaction.response


def prompts(path: Path) -> list[str]:
    """The last prompts of recorded chat requests, in file order."""
    return [each.request.body["messages"][-1]["content"] for each in recordings(path)]
