"""Gives each requirement of the specification an anchor, and links what names it.

``- **[NORM-16]** ...``, and a step or a row ``**[NORM-16.4]**``, get the anchor ``NORM-16.4`` in
the page of the specification. ``[NORM-16.4]`` in the text of any page links to it. The address
``specification.html#NORM-16.4`` forwards to it, whatever the version of the format.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = "spec/cassette-v2"
FORWARD = "specification"

_NAME = r"\[([A-Z][A-Z0-9]*-[A-Z]?[0-9]+(?:\.[0-9]+)?)\]"
_find_definitions = re.compile(rf"^ *(?:- |\| )\*\*{_NAME}\*\* ", re.MULTILINE).findall
_split_at_names = re.compile(_NAME).split
_NO_PROSE = (nodes.literal, nodes.literal_block, nodes.reference, nodes.title, nodes.comment)


@cache
def defined(specification: Path) -> frozenset[str]:
    """The identifiers that a specification gives to its requirements, steps and rows."""
    return frozenset(_find_definitions(specification.read_text(encoding="utf-8")))


def _put_anchors(app: Sphinx, page: nodes.document) -> None:
    """Let the list item or the row of each requirement have its identifier as an anchor."""
    if app.env.docname != PAGE:
        return
    for strong in page.findall(nodes.strong):
        paragraph = strong.parent
        name = strong.astext()[1:-1]
        if name in _defined(app) and paragraph.astext().startswith(strong.astext()):
            holder = paragraph.parent
            holder = holder.parent if isinstance(holder, nodes.entry) else holder
            holder["ids"].append(name)


def _link_names(app: Sphinx, page: nodes.document, docname: str) -> None:
    """Replace each identifier in prose by a link to its anchor."""
    here = "" if docname == PAGE else app.builder.get_relative_uri(docname, PAGE)
    for text in list(page.findall(nodes.Text)):
        if _is_prose(text):
            pieces = _split_at_names(str(text))
            if len(pieces) > 1:
                text.parent.replace(text, [_linked(app, here, *each) for each in enumerate(pieces)])


def _is_prose(text: nodes.Text) -> bool:
    above = text.parent
    while above is not None and not isinstance(above, _NO_PROSE):
        above = above.parent
    return above is None


def _linked(app: Sphinx, page: str, place: int, piece: str) -> nodes.Node:
    if place % 2 == 0:
        return nodes.Text(piece)
    if piece not in _defined(app):
        return nodes.Text(f"[{piece}]")
    address = f"{page}#{piece}"
    return nodes.reference("", f"[{piece}]", internal=True, refuri=address, classes=["requirement"])


def _defined(app: Sphinx) -> frozenset[str]:
    return defined(Path(app.srcdir) / f"{PAGE}.md")


def _forwarding_page(app: Sphinx) -> list[tuple[str, dict[str, str], str]]:
    return [(FORWARD, {"page": f"{PAGE}.html"}, "forward.html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("doctree-read", _put_anchors)
    app.connect("doctree-resolved", _link_names)
    app.connect("html-collect-pages", _forwarding_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
