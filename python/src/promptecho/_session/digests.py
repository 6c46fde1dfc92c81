"""The short way to a recording: by the digest of its request, without parsing either. [DIGEST-4]

It is taken only where it leads to the recordings that the key leads to, so the result is that of a
session without digests. Whatever is in doubt goes the long way: a request that may hold a secret
that the recorder did not know, a digest that an edit has voided, a key that several requests have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .._base.model import RecordedRequest
from .._base.vocabulary import MULTIPART
from .._format.lazy_reader import Recordings
from .._format.request_digest import is_right, with_digest
from .._matching import form_bodies
from .._matching.digest import first_half, sent_half
from .._matching.normalize import any_registered
from .._matching.rules import lists_version
from .recordings import Recording, Setup

if TYPE_CHECKING:
    from .._matching.request import Prepared

_HALF = 16


def written(prepared: Prepared, setup: Setup) -> tuple[RecordedRequest, str | None]:
    """What is stored of a request, with a digest if that could find it again.

    With it, the text of the request, if the digest was made of it.
    """
    request, file = prepared.request, setup.file
    # A multipart body has another boundary each time.
    if not setup.writes_digests or file.minor == 0 or MULTIPART in request.body:
        return request, None
    first = first_half(prepared) if prepared.sent.body else None
    return (request, None) if first is None else with_digest(request, first, file)


class Digests:
    """Finds the recordings of one session by the digests of their requests.

    Args:
        setup: what the session starts with.
        recordings: all of the file.
        by_key: those whose keys have the query, by their keys.
    """

    def __init__(
        self,
        setup: Setup,
        recordings: Sequence[Recording],
        by_key: Mapping[str, list[Recording]],
    ) -> None:
        self._setup = setup
        self._recordings = recordings
        self._by_key = by_key
        self._right: dict[int, bool] = {}  # whether a digest is, by the place of its recording
        self._found: dict[str, Recording] = {}
        self._hosts: frozenset[str] | None = None
        file = setup.file
        if setup.as_recorded and isinstance(file.interactions, Recordings):
            self._lines = file.interactions.request_lines
            if file.lists == lists_version():
                self._found = _by_first_half(by_key)

    def find(self, prepared: Prepared) -> list[Recording]:
        """The recordings with the digest of a request; none where the key has to tell."""
        if not self._found or not self._is_redacted_alike(prepared) or any_registered():
            return []
        first = self._found.get(sent_half(prepared))
        if first is None:
            return []
        of_key = self._by_key[first.heading.match_key]
        if any(recording.heading.digest != first.heading.digest for recording in of_key):
            return []
        is_known = self._is_of_host(prepared, of_key) and all(map(self._is_right, of_key))
        return of_key if is_known else []

    def vouch_for(self, recording: Recording) -> bool:
        """Whether a recording has the key of what it holds: it is as its recorder wrote it."""
        return bool(self._found) and not recording.lacks_query and self._is_right(recording)

    def _is_redacted_alike(self, prepared: Prepared) -> bool:
        """Whether the recorder has redacted such a request as this session would."""
        sent, rules = prepared.sent, prepared.rules
        if rules is not self._setup.policy:
            return False  # it has learned values from answers [RED-16]
        headers = {name.lower(): value for name, value in sent.headers}
        if "content-encoding" in headers:
            return False
        is_form = form_bodies.is_form(headers.get("content-type", ""))
        return not rules.redactor.may_hold_literal(sent.body, is_form=is_form)

    def _is_right(self, recording: Recording) -> bool:
        """Whether the recording is as its recorder wrote it [DIGEST-2]."""
        digest, index = recording.heading.digest, recording.index
        if digest is None:
            return False
        if index not in self._right:
            self._right[index] = is_right(digest, self._setup.file, self._lines(index))
        return self._right[index]

    def _is_of_host(self, prepared: Prepared, of_key: list[Recording]) -> bool:
        """Whether the host of a request chooses none of the recordings of a key [SEL-2]."""
        hosts = {recording.host for recording in of_key}
        return hosts == {prepared.host} or (
            len(hosts) == 1 and prepared.host not in self._hosts_of_the_file()
        )

    def _hosts_of_the_file(self) -> frozenset[str]:
        if self._hosts is None:
            self._hosts = frozenset(recording.host for recording in self._recordings)
        return self._hosts


def _by_first_half(by_key: Mapping[str, list[Recording]]) -> dict[str, Recording]:
    """The first recording of each first half; there is mostly one."""
    found: dict[str, Recording] = {}
    for recordings in by_key.values():
        for recording in recordings:
            if recording.heading.digest is not None:
                found.setdefault(recording.heading.digest[:_HALF], recording)
    return found
