"""Prints lines: escaped, in color on a terminal, and through a pager if it is one. [ERR-10]

Every line goes through `printable`, so the only escape sequences that reach a terminal or a pager
are the colors of this module. A tab is kept: it moves the cursor to the right, and no further.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress

from promptecho._base.printable import printable
from promptecho._views.lines import ADDED, FAINT, HEAD, REMOVED, ROLE, Line

_COLORS = {HEAD: "1", ROLE: "36", FAINT: "2", ADDED: "32", REMOVED: "31"}
#: What `less` does unless the user says otherwise, as git does: quit if all fits on one screen,
#: show colors and nothing else of what drives a terminal, leave the screen as it was.
_LESS = "FRX"


def show(lines: Iterable[Line], *, plain: bool = False) -> None:
    """Print lines.

    Args:
        lines: not escaped.
        plain: whether there is no color and no pager, also on a terminal.
    """
    is_terminal = not plain and sys.stdout.isatty()
    texts = _texts(lines, colored=is_terminal and _wants_color())
    pager = _pager() if is_terminal else None
    if pager is None or not _paged(pager, texts):
        _printed(texts)


def write(text: str) -> None:
    """Print a text that is escaped already."""
    _printed([text])


def escaped(text: str) -> str:
    """One line of text that drives no terminal, with its tabs."""
    return "\t".join(map(printable, text.split("\t")))


def _texts(lines: Iterable[Line], *, colored: bool) -> Iterator[str]:
    for line in lines:
        color = _COLORS.get(line.style) if colored else None
        # A part of a view may hold a line end where none is expected.
        text = escaped(line.text)
        yield f"\x1b[{color}m{text}\x1b[0m\n" if color and text else f"{text}\n"


def _wants_color() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _pager() -> list[str] | None:
    """The command of the pager; None without one."""
    try:
        command = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:
        return None
    if not command or command == ["cat"] or shutil.which(command[0]) is None:
        return None
    return command


def _paged(command: list[str], texts: Iterable[str]) -> bool:
    """Whether a pager has shown the texts; false if it cannot be started."""
    environ = {"LESS": _LESS, **os.environ}
    try:
        pager = subprocess.Popen(
            command, stdin=subprocess.PIPE, env=environ, encoding="utf-8", errors="replace"
        )
    except OSError:
        return False
    with suppress(OSError, KeyboardInterrupt):  # a user may leave before the end
        assert pager.stdin is not None
        with pager.stdin as pipe:
            pipe.writelines(texts)
    while True:
        with suppress(KeyboardInterrupt):  # Ctrl-C is the pager's
            pager.wait()
            return True


def _printed(texts: Iterable[str]) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the encoding of a console may be small
    try:
        for text in texts:
            sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # `promptecho show | head`: nobody reads on. Python flushes once more at its end.
        with open(os.devnull, "w") as nowhere, suppress(OSError, ValueError):
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
