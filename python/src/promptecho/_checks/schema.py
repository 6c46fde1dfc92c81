"""The JSON Schema of a cassette, which is shipped with the package.

`validate` does not use it: the rules are those of the reader. The schema states them for other
programs, and a test compares the two.
"""

from __future__ import annotations

from pathlib import Path

from .._base.spec_data import data_folder


def text() -> str:
    """The schema's JSON text."""
    name = "cassette-v2.schema.json"
    folder = Path(data_folder())
    path = folder / name
    return (path if path.is_file() else folder.parent / name).read_text(encoding="utf-8")
