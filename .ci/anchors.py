"""Check the built specification: ``anchors.py FOLDER REPORT``.

In the folder is the documentation as Sphinx built it. Each requirement, step and row has an anchor,
each name of one leads to it, and each section is reached from the first page. The report counts the
checks, for ``count.py``.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from checks import reported

ROOT = Path(__file__).resolve().parents[1]
TEXT = ROOT / "spec" / "cassette-v2.md"
PAGE = "spec/cassette-v2.html"
FIRST = "docs/index.html"
FORWARD = "specification.html"

_NAME = r"\[([A-Z][A-Z0-9]*-[A-Z]?[0-9]+(?:\.[0-9]+)?)\]"
_DEFINED = re.compile(rf"^ *(?:- |\| )\*\*{_NAME}\*\* ", re.MULTILINE)
_LINKED = re.compile(rf"\A{_NAME}\Z")
_SECTION = re.compile(r"^#{2,3} (?:([0-9]+(?:\.[0-9]+)?)\.? )?(.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+).+?\1", re.DOTALL)


class Page(HTMLParser):
    """The anchors of a page, its links with their texts, and its names of requirements."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: Counter[str] = Counter()
        self.links: list[tuple[str, str]] = []
        self.loose: list[str] = []
        self._link: str | None = None
        self._text = ""
        self._code = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.anchors[str(given["id"])] += 1
        if tag == "a":
            self._link, self._text = given.get("href"), ""
        self._code += tag in ("code", "pre")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link is not None:
            self.links.append((self._link, " ".join(self._text.split())))
            self._link = None
        self._code -= tag in ("code", "pre")

    def handle_data(self, data: str) -> None:
        if self._link is not None:
            self._text += data
        elif not self._code:
            self.loose += re.findall(_NAME, data)


def checks(folder: Path) -> Iterator[tuple[str, bool]]:
    """What has to be true of the documentation, and whether it is."""
    text = TEXT.read_text(encoding="utf-8")
    names = _DEFINED.findall(text)
    page = Page(folder / PAGE)
    yield "the text has requirements", len(names) > 600
    for name in names:
        yield f"[{name}] has one anchor", page.anchors[name] == 1
    prose = _CODE.sub("", _FENCED.sub("", text))
    leading = Counter(words for _, words in page.links if _LINKED.match(words))
    for name in sorted(set(re.findall(_NAME, prose))):
        found = leading[f"[{name}]"]
        yield f"each [{name}] of the text is a link", found == prose.count(f"[{name}]")
    for path in sorted(folder.rglob("*.html")):
        yield from links_of_page(folder, path, set(names))
    yield from sections(folder, text, page)
    forward = (folder / FORWARD).read_text(encoding="utf-8")
    yield f"{FORWARD} forwards with the anchor", f'replace("{PAGE}" + location.hash)' in forward


def links_of_page(folder: Path, path: Path, names: set[str]) -> Iterator[tuple[str, bool]]:
    """In each page a name of a requirement leads to its anchor."""
    page = Page(path)
    here = path.relative_to(folder).as_posix()
    for address, words in page.links:
        found = _LINKED.match(words)
        if found:
            file, _, anchor = address.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(here), file))
            leads = (target if file else here) == PAGE and anchor == found[1]
            yield f"{here}: {words} leads to its anchor", leads
    yield f"{here}: no requirement is named without a link", not names & set(page.loose)


def sections(folder: Path, text: str, page: Page) -> Iterator[tuple[str, bool]]:
    """The first page leads to the specification, and that page to each of its sections."""
    first = {
        posixpath.normpath(posixpath.join(posixpath.dirname(FIRST), address.partition("#")[0]))
        for address, _ in Page(folder / FIRST).links
    }
    yield "the first page leads to the specification", PAGE in first
    titles = _SECTION.findall(_FENCED.sub("", text))
    yield "the text has sections", len(titles) > 40
    listed = {words: address.partition("#")[2] for address, words in page.links if "#" in address}
    for number, title in titles:
        whole = f"{number}{'' if '.' in number else '.'} {title}" if number else title
        yield f"{whole} is listed", page.anchors[listed.get(whole, "")] == 1


if __name__ == "__main__":
    folder, report = map(Path, sys.argv[1:])
    sys.exit(reported(checks(folder), report))
