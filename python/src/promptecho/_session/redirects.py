"""Where replayed responses send a client: no such request passes through. [PASS-5] [SEC-5]

A cassette comes from a stranger, and a client follows its `location` by itself, with the key of its
user. A host in the passthrough list is reached by what the code calls, not by what a file says.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from .._matching.hosts import target
from .response import ReplayResponse

# A location whose path every client reads alike has no escape, no dot segment, no empty segment.
_PLAIN = re.compile(r"[A-Za-z0-9._~:/?#!$&'()*+,;=-]*")
_ODD = re.compile(r"/[/.]")
_PLAIN_HOST = re.compile(r"[a-z0-9.-]+:[0-9]+")
_EVERYWHERE = ""


class Redirects:
    """The URLs that replayed responses named in a `location`."""

    def __init__(self) -> None:
        self._targets: set[str] = set()

    def note(self, url: str, answer: ReplayResponse) -> None:
        """Remember where a response to a request of this URL sends its client."""
        if 300 <= answer.status <= 399:
            named = (value for name, value in answer.headers if name == "location")
            self._targets.update(_means(url, location) for location in named)

    def sent_to(self, url: str) -> bool:
        """Whether a response sent the client to this URL, or may have."""
        if not self._targets:
            return False
        place = target(url)
        host = place.partition("/")[0]
        return not self._targets.isdisjoint((place, host, _EVERYWHERE))


def _means(url: str, location: str) -> str:
    """A host, a port and a path; without the path if clients may differ in it; or everything."""
    try:
        place = target(urljoin(url, location))
    except ValueError:
        return _EVERYWHERE
    host, _, path = place.partition("/")
    before_query = location.partition("?")[0]
    if not _PLAIN_HOST.fullmatch(host) or "\\" in before_query or "@" in before_query:
        return _EVERYWHERE
    clear = (
        _PLAIN.fullmatch(before_query) and not path.startswith(("/", ".")) and not _ODD.search(path)
    )
    return place if clear else host
