"""Where in a text the values of its tree are. [ERR-1]

The reader builds values without their lines; when something is wrong, the text is parsed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from .._base.errors import YamlError
from .._base.model import Place, Steps
from .yaml_flow import long_lists
from .yaml_parser import guard_parser, line_of_mark, parser_of, source_of
from .yaml_reader import decoded


def places(source: str | bytes, paths: Iterable[Steps]) -> dict[Steps, Place]:
    """The lines of the values at these paths, or of the nearest values around them."""
    text = decoded(source)
    wanted = list(paths)
    if not wanted:
        return {}
    cut = long_lists(text).text
    found: dict[Steps, Place] = {}
    if cut is not text:
        with suppress(YamlError):  # a list was no value
            found = guard_parser(cut, lambda: _places(cut, wanted))
    if not found.keys() >= set(wanted):  # of an item of a list that was cut out, say
        found = guard_parser(text, lambda: _places(text, wanted))
    return {path: _nearest(found, path) for path in wanted}


def line_of(source: str | bytes, path: Steps) -> int:
    """The 1-based line of the value at a path, or of the nearest value around it."""
    return places(source, [path])[path].value


class _Frame:
    """An open collection: the paths that are wanted in it, and where the walk is."""

    def __init__(self, wanted: Any, path: Steps, is_mapping: bool) -> None:
        self.wanted = wanted
        self.path = path
        self.is_mapping = is_mapping
        self.step: Any = None if is_mapping else 0
        self.line = 0


def _places(text: str, paths: list[Steps]) -> dict[Steps, Place]:
    from yaml.events import CollectionEndEvent, CollectionStartEvent, MappingStartEvent, NodeEvent

    tree: dict[Any, Any] = {}
    for path in paths:
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
    found: dict[Steps, Place] = {}
    frames: list[_Frame] = []
    source = source_of(text)
    for event in iter(parser_of(source).get_event, None):
        if isinstance(event, CollectionEndEvent):
            frames.pop()
        if not isinstance(event, NodeEvent):
            continue
        wanted: Any = tree
        here: Steps = ()
        line = line_of_mark(event.start_mark)
        if frames:
            frame = frames[-1]
            if frame.is_mapping and frame.step is None:
                written = getattr(event, "value", None)
                frame.step, frame.line = written and written.translate(source.separators), line
                continue
            wanted = frame.wanted.get(frame.step) if frame.wanted else None
            here = (*frame.path, frame.step) if wanted is not None else ()
            name = frame.line if frame.is_mapping else line
            frame.step = None if frame.is_mapping else frame.step + 1
        else:
            name = line
        if wanted is not None:
            found[here] = Place(name, line)
        if isinstance(event, CollectionStartEvent):
            frames.append(_Frame(wanted, here, isinstance(event, MappingStartEvent)))
    return found


def _nearest(found: dict[Steps, Place], path: Steps) -> Place:
    if path in found:
        return found[path]
    while path not in found:
        path = path[:-1]
    return Place(found[path].value, found[path].value)
