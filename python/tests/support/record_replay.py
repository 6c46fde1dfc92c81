"""Record with an upstream, shut the upstream down, and replay; and what a cassette then holds."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any, Callable

import promptecho
from support.upstream import Script, Upstream


def record_and_replay(
    source: Upstream | Script, path: Path, story: Callable[[str], Any], **options: Any
) -> Any:
    """Run a story twice: against an upstream, and from the cassette with the upstream shut down.

    Args:
        source: An open upstream, or the answers of a new one.
        path: Where the cassette goes.
        story: A function or coroutine function of the upstream's URL.
        options: More options of `use_cassette`.

    Returns:
        What the story returned, which is the same both times.
    """
    options = {"on_record_error": "record", **options}
    with source if isinstance(source, Upstream) else Upstream(source) as upstream:
        with promptecho.use_cassette(path, **options) as recorded:
            live = _run(story, upstream.url)
    assert len(recorded.recorded) == len(upstream.calls)
    assert upstream.refuses()
    with promptecho.use_cassette(path, **{**options, "mode": "none"}) as replayed:
        assert _run(story, upstream.url) == live
    assert len(replayed.played) == len(replayed.interactions) == len(upstream.calls)
    return live


def _run(story: Callable[[str], Any], url: str) -> Any:
    result = story(url)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


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
