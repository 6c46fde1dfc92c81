"""The watch: it notes, or refuses, every call that neither a cassette nor a network block sees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable, NamedTuple
from urllib.parse import urlsplit

from .._base.model import Request
from .._matching.rules import default_passthrough
from .._matching.telemetry import is_telemetry
from .._storage.shared_log import SharedLog
from .dispatch import dispatched
from .network_block import Block, NetworkBlocked, shown


class Where(NamedTuple):
    """Where a call is made.

    Attributes:
        test: the test that is running.
        place: the part of it, such as ``the session fixture models``.
        remedy: what to do, so that a cassette sees the call.
    """

    test: str
    place: str
    remedy: str


class Unseen(NamedTuple):
    """A note about a call.

    Attributes:
        where: where it was made.
        host: the host and port.
    """

    where: Where
    host: str


class WatchTicket(NamedTuple):
    """What a child process needs to watch its calls too."""

    allowed_hosts: tuple[str, ...]
    refuses: bool
    log: str
    where: Where
    raised: str

    def watch(self) -> Watch:
        """The watch of the child."""
        where = self.where._replace(place=f"a child process of {self.where.place}")
        log = SharedLog(self.log)
        return Watch(
            self.allowed_hosts, log, lambda: where, refuses=self.refuses, raised=self.raised
        )


class Watch(Block):
    """A watch, as the gate of all calls while there is no other.

    Args:
        allowed_hosts: patterns of hosts whose calls are nobody's business [PASS-2].
        log: gets a note for each other call.
        where: where the present call is made.
        refuses: whether the call is refused.
        raised: in a child process, where its parent reads what was refused.
    """

    def __init__(
        self,
        allowed_hosts: Iterable[str],
        log: SharedLog,
        where: Callable[[], Where],
        *,
        refuses: bool,
        raised: str = "",
    ) -> None:
        super().__init__(allowed_hosts, log=raised)
        self._log = log
        self._where = where
        self._refuses = refuses

    def passes(self, url: str) -> bool:
        """Whether a call is nobody's business, or was looked at in an outer library."""
        return dispatched.get() or self._allowed.match(url) or default_passthrough().match(url)

    def is_telemetry(self, request: Request) -> bool:
        """True: each call is made, and noted unless it is telemetry.

        Raises:
            NetworkBlocked: calls are refused.
        """
        if not is_telemetry(request):
            self.hold(request.url)
        return True

    def hold(self, url: str) -> None:
        """Note a call, and raise if calls are refused."""
        if self.passes(url):
            return
        where = self._where()
        self._log.add((*where, urlsplit(url).netloc.rpartition("@")[2]))
        if self._refuses:
            why = f"no cassette sees it: it is made in {where.place} (promptecho_guard = error)"
            remedy = f"{where.remedy[:1].upper()}{where.remedy[1:]}."
            raise self.raised_as(NetworkBlocked(shown(url), why, remedy))

    def take(self) -> list[Unseen]:
        """The calls since the last call, in this process and in its children."""
        return [Unseen(Where(*note[:3]), note[3]) for note in self._log.take()]

    def ticket(self) -> WatchTicket:
        """What a child process needs."""
        raised = self.before_child() if self._refuses else ""
        return WatchTicket(self.allowed_hosts, self._refuses, self._log.path, self._where(), raised)

    def end(self) -> None:
        """Delete the notes."""
        super().end()
        self._log.remove()
