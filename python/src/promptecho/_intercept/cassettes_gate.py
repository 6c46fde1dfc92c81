"""The open cassettes as one gate: each call is answered by the cassette that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from .dispatch import dispatched
from .network_block import Block, NetworkBlocked, shown

if TYPE_CHECKING:
    from .._base.model import Request
    from .._session.open_cassette import OpenCassette
    from .._session.options import Options


class Place(NamedTuple):
    """Where a context is: in the block of a cassette, which may be in the block of another."""

    cassette: OpenCassette
    outer: Optional[Place]  # noqa: UP045 (evaluated in Python 3.9)


class CassettesGate:
    """The gate while a cassette is open.

    Args:
        cassettes: those that are open.
        inherited: those of them that a parent process opened.
        blocks: the network blocks; they apply to calls that pass through a cassette.
        place: the place of the present context.

    Attributes:
        last: the cassette that was closed last. A call may be under way while it is closed.
    """

    def __init__(
        self,
        cassettes: Sequence[OpenCassette],
        inherited: Sequence[OpenCassette],
        blocks: Sequence[Block],
        place: Callable[[], Place | None],
    ) -> None:
        self._cassettes = cassettes
        self._inherited = inherited
        self._blocks = blocks
        self._place = place
        self.last: OpenCassette | None = None

    def own(self) -> OpenCassette | None:
        """The open cassette of the present context, or None if it has none, or cannot be known."""
        place = self._place()
        while place is not None:
            if place.cassette in self._cassettes:
                return place.cassette
            place = place.outer
        opened = [each for each in self._cassettes if each not in self._inherited]
        opened = opened or list(self._cassettes)
        if self._place() is not None:  # its own cassette is closed: another task's is not its own
            opened = [each for each in opened if each.options.scope != "task"]
        return opened[0] if len(opened) == 1 else None

    def chosen(self, url: str) -> CassetteGate:
        """The gate of the cassette that a call belongs to.

        Raises:
            NetworkBlocked: several cassettes are open, and none of them is the call's.
        """
        own = self.own()
        if own is None and not self._cassettes:
            own = self.last
        if own is None:
            raise self._refused(url)
        return CassetteGate(own, self._blocks)

    @property
    def options(self) -> Options:
        """The options of the cassette that answers in the present context."""
        return self.chosen("").options

    def passes(self, url: str) -> bool:
        """Whether a call passes through its cassette."""
        return self.chosen(url).passes(url)

    def is_telemetry(self, request: Request) -> bool:
        """Whether a call passes through its cassette because of what it sends."""
        return self.chosen(request.url).is_telemetry(request)

    def hold(self, url: str) -> None:
        """Raise if the network block forbids a call."""
        for block in self._blocks:
            block.hold(url)

    def answer(self, request: Request) -> Any:
        """What the cassette of a request answers."""
        return self.chosen(request.url).answer(request)

    def refuses(self, status: int) -> bool:
        """Whether a response of this status must not be recorded."""
        return self.chosen("").refuses(status)

    def refuse(self, capture: Any, status: int, body: bytes) -> BaseException:
        """Discard such a response."""
        return self.chosen("").refuse(capture, status, body)

    def not_intercepted(self, library: str, error: Exception) -> None:
        """Warn that the calls of a library are not seen."""
        for cassette in self._cassettes[-1:]:
            cassette.not_intercepted(library, error)

    def _refused(self, url: str) -> BaseException:
        names = ", ".join(cassette.path for cassette in self._cassettes)
        error: BaseException = NetworkBlocked(
            shown(url),
            f"{len(self._cassettes)} cassettes are open ({names}), and this call comes from a "
            "thread or task that is in the block of none",
            "Start the thread with a copy of the context (asyncio.to_thread, or "
            "contextvars.copy_context().run), or start the task inside the block.",
        )
        raised = error
        for cassette in self._cassettes:
            raised = cassette.raised.add(error)
        return raised


class CassetteGate:
    """One open cassette as a gate."""

    def __init__(self, cassette: OpenCassette, blocks: Sequence[Block]) -> None:
        self._cassette = cassette
        self._blocks = blocks
        self.options = cassette.options
        self.answer = cassette.answer
        self.refuses = cassette.refuses
        self.refuse = cassette.refuse
        self.not_intercepted = cassette.not_intercepted

    def chosen(self, url: str) -> CassetteGate:
        return self

    def passes(self, url: str) -> bool:
        if not self._cassette.passes(url):
            return False
        self.hold(url)
        if self._cassette.is_disabled and not dispatched.get():  # an outer library has asked
            self._cassette.live += 1
        return True

    def is_telemetry(self, request: Request) -> bool:
        if not self._cassette.is_telemetry(request):
            return False
        for block in self._blocks:
            block.is_telemetry(request)
        return True

    def hold(self, url: str) -> None:
        for block in self._blocks:
            block.hold(url)
