"""Where pytest-recording puts the cassette of a test: ``cassettes/<module>/<Class.test>.yaml``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import md5

import pytest

DEFAULT_CASSETTE = "default_cassette"
_UNSAFE = str.maketrans(dict.fromkeys("<>?%*:|\"'/\\", "-"))
_LONGEST = 255  # of the name of a file
_MARK = "..."


def folder(item_path: os.PathLike[str]) -> str:
    """The folder of the cassettes of a module."""
    directory, name = os.path.split(os.fspath(item_path))
    return os.path.join(directory, "cassettes", os.path.splitext(name)[0])


def name(item: pytest.Item) -> str:
    """The name that the marker ``default_cassette`` or the test gives the cassette.

    Raises:
        ValueError: the marker names nothing.
    """
    marker = item.get_closest_marker(DEFAULT_CASSETTE)
    if marker is not None:
        if len(marker.args) != 1 or marker.kwargs or not isinstance(marker.args[0], str):
            raise ValueError(
                f"the marker {DEFAULT_CASSETTE} takes the name of one file, such as "
                f'@pytest.mark.{DEFAULT_CASSETTE}("login.yaml")'
            )
        return str(marker.args[0])
    own = getattr(item, "cls", None)
    return (f"{own.__name__}.{item.name}" if own else item.name).translate(_UNSAFE)


def file(directory: str, name: str, suffix: str = ".yaml") -> str:
    """The file of a cassette; a name that no file can have is cut and marked with its hash."""
    if len(name) + len(suffix) > _LONGEST:
        mark = md5(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
        name = name[: _LONGEST - len(suffix) - len(mark) - len(_MARK)] + _MARK + mark
    return os.path.join(directory, name if name.endswith(suffix) else name + suffix)


def extra(directory: str, names: Sequence[str]) -> list[str]:
    """The files that the arguments of the marker ``vcr`` name."""
    return [os.path.join(directory, each) for each in names]
