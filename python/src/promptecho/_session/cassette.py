"""The public view of an open cassette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._base.model import Interaction, RecordedRequest

if TYPE_CHECKING:
    from .faults import Fault
    from .open_cassette import OpenCassette
    from .verifying import Verified
    from .wire import SentRequest


class Cassette:
    """An open cassette; after the block it tells what happened.

    Interactions are immutable values; see `Interaction`.
    """

    __module__ = "promptecho"

    def __init__(self, opened: OpenCassette) -> None:
        self._opened = opened

    def __repr__(self) -> str:
        return f"<Cassette {self.path!r} mode={self.mode}>"

    @property
    def path(self) -> str:
        """The file, as the caller named it."""
        return self._opened.path

    @property
    def mode(self) -> str:
        """The record mode in force, such as ``once``."""
        return self._opened.mode.value

    @property
    def interactions(self) -> list[Interaction]:
        """The recordings of the file, then those of this session."""
        session = self._opened.session
        return [*session.setup.file.interactions, *session.recorded]

    @property
    def played(self) -> list[Interaction]:
        """Recordings that answered a request, in order; a repeated one is listed again."""
        return self._opened.session.played

    @property
    def recorded(self) -> list[Interaction]:
        """What this session recorded, in the order in which the requests started."""
        return self._opened.session.recorded

    @property
    def unplayed(self) -> list[Interaction]:
        """Recordings of the file that have not been played."""
        return self._opened.session.unplayed

    @property
    def sent(self) -> list[SentRequest]:
        """The canonical, redacted requests that were sent, in order; `wire` has them as sent."""
        from .wire import SentRequest

        return [SentRequest.of(prepared) for prepared in self._opened.session.prepared]

    @property
    def verified(self) -> list[Verified]:
        """In mode ``verify``: what the live call of each replayed request has shown."""
        return self._opened.verified

    @property
    def faults(self) -> list[Fault]:
        """The faults that have happened, in order; see the option `faults`."""
        return list(self._opened.session.faults.happened)

    @property
    def fuzzy(self) -> list[str]:
        """What was printed about requests that a close recording answered (option `fuzzy`)."""
        return list(self._opened.session.fuzzy)

    def check_prefix(self) -> None:
        """Check that each request of a conversation extends the one before.

        The requests are compared as they were sent, in the order in which providers cache a
        prompt: tools, system prompt, messages. A new conversation and a compacted one are exempt.

        Raises:
            PrefixChanged: a request does not; the text names the first block that differs.
        """
        from .prefix_check import check_prefix

        check_prefix(self._opened.session.prepared)

    @property
    def missed(self) -> list[RecordedRequest]:
        """The requests that had no recording."""
        return [miss.request for miss in self._opened.session.missed]
