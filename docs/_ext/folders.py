"""Turns a link to a folder, which works where the repository is browsed, into plain text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:\s]+)\)")


def _plain(app: Sphinx, page: str, source: list[str]) -> None:
    here = Path(app.env.doc2path(page)).parent
    source[0] = _LINK.sub(lambda m: m[1] if (here / m[2]).is_dir() else m[0], source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("source-read", _plain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
