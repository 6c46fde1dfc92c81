"""The tables of support.yaml: read for the test of them, and written into evidence.md by Sphinx.

In the source of a page, ``<!-- evidence: TITLE -->`` becomes the table of that title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FILE = Path(__file__).resolve().parents[1] / "support.yaml"

_TEST = re.compile(r"tests/\S+\.py::\w+")
_MARKER = re.compile(r"^<!-- evidence: (.+) -->$", re.MULTILINE)


class Entry(NamedTuple):
    """One statement of a cell: the test that checks it, or None for a note."""

    label: str
    test: str | None


class Row(NamedTuple):
    """A feature, and its entries by column; the one column of a simple table is ``""``."""

    feature: str
    cells: dict[str, tuple[Entry, ...]]

    @property
    def entries(self) -> Iterator[Entry]:
        for entries in self.cells.values():
            yield from entries


class Table(NamedTuple):
    """A table of features."""

    title: str
    rows: tuple[Row, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for row in self.rows for name in row.cells))


def load(path: Path = FILE) -> tuple[Table, ...]:
    """The tables of a file.

    Raises:
        ValueError: an entry is neither a test nor a note.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(
        Table(title, tuple(_row(feature, cells) for feature, cells in rows.items()))
        for title, rows in data.items()
    )


def _row(feature: str, cells: Any) -> Row:
    named = cells if isinstance(cells, dict) else {"": cells}
    return Row(feature, {name: tuple(map(_entry, entries)) for name, entries in named.items()})


def _entry(value: Any) -> Entry:
    ((label, text),) = value.items() if isinstance(value, dict) else [("", value)]
    if label == "note":
        return Entry(text, None)
    if not _TEST.fullmatch(text):
        raise ValueError(f"support.yaml: {text!r} is not a test; write `note: ...` for a note")
    return Entry(label, text)


def markdown(table: Table) -> str:
    """The table as MyST: ticks by column where it has columns, and the tests below it."""
    if table.columns == ("",):
        features = ([row.feature, _tests(row.entries)] for row in table.rows)
        return _lines(["feature", "test"], features)
    tests = (
        [row.feature, column, _tests(entries)]
        for row in table.rows
        for column, entries in row.cells.items()
        if any(entry.test for entry in entries)
    )
    listed = _lines(["feature", "column", "test"], tests)
    return f"{matrix(table)}\nThe tests:\n\n{listed}"


def matrix(table: Table, *, without: str = "") -> str:
    """What is tested, as ticks by column; SUPPORT.md has the SDKs' in this form."""
    columns = [name for name in table.columns if name != without]
    rows = ([row.feature, *(_ticks(row.cells.get(c, ())) for c in columns)] for row in table.rows)
    return _lines(["", *columns], rows)


def _ticks(entries: tuple[Entry, ...]) -> str:
    return ", ".join(" ".join(filter(None, [e.label, "✓" if e.test else ""])) for e in entries)


def _tests(entries: Iterator[Entry] | tuple[Entry, ...]) -> str:
    return ", ".join(f"`{entry.test}`" if entry.test else entry.label for entry in entries)


def _lines(head: list[str], rows: Any) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _fill(app: Sphinx, page: str, source: list[str]) -> None:
    tables = {table.title: table for table in load()}
    source[0] = _MARKER.sub(lambda m: markdown(tables[m[1]]), source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
