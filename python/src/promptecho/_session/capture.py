"""A live call that is being recorded.

A backend reports the head, each chunk and the end. The capture keeps copies, and the client never
waits for it.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Callable

from .._base.model import Failure
from .._matching.request import Prepared
from .response import LiveResponse
from .turns import Starts


class Capture:
    """Collects the response of one live call.

    Args:
        ticket: the number under which the session knows the call.
        prepared: the canonical request.
        done: is called once with the capture, its response (None if there was none) and its
            failure (None if there was none, or none that is known).
        timing: whether to note when the call started and when each chunk arrived [FILE-7].
        starts: how many requests of the session have started [AFTER-2].

    Attributes:
        cut: whether the session ended before the response was read. From then on the client gets
            the error that it will get on replay, and no more of the live response [FAIL-11].
    """

    def __init__(
        self,
        ticket: int,
        prepared: Prepared,
        done: Callable[[Capture, LiveResponse | None, Failure | None], None],
        *,
        timing: bool,
        starts: Starts,
    ) -> None:
        self.ticket = ticket
        self.prepared = prepared
        self.started_at = _now() if timing else None
        self.cut = False
        self._done = done
        self._timing = timing
        self._head: tuple[int, str, tuple[tuple[str, str], ...]] | None = None
        self._chunks: list[bytes] = []
        self._arrivals: list[int] = []
        self._started = time.monotonic()
        self._starts = starts
        self._counts: list[int] = []
        self._looked_at = -1  # how many chunks `news` has seen

    def head(self, status: int, reason: str, headers: tuple[tuple[str, str], ...]) -> None:
        """The status line and the headers have arrived."""
        self._head = status, reason, headers
        self._counts = [self._starts.count]
        self._started = time.monotonic()

    def chunk(self, data: bytes) -> None:
        """A chunk of the body has arrived, its content-encoding not undone."""
        # Another thread may look meanwhile, so the chunk comes last, behind what belongs to it.
        self._counts.append(self._starts.count)
        if self._timing:
            self._arrivals.append(round((time.monotonic() - self._started) * 1000))
        self._chunks.append(data)

    def end(self) -> None:
        """The body is complete."""
        self._done(self, self._received(stopped=False), None)

    def stop(self) -> None:
        """Reading stopped before the end of the body; what has arrived is recorded [BODY-9]."""
        self._done(self, self._received(stopped=True), None)

    def fail(self, kind: str | None = None) -> None:
        """The client gets an exception in place of the response, or of its end.

        Args:
            kind: why [FAIL-2]; None if that is none of the kinds, or not known. Then nothing is
                recorded of a call without a response.
        """
        failure = None if kind is None else Failure(kind, self._since_the_last_event())
        received = self._received(stopped=True)
        if received is not None and failure is not None:
            received = received._replace(failed=True)
        self._done(self, received, failure)

    def discard(self) -> None:
        """Record nothing of this call."""
        self._done(self, None, None)

    def news(self, is_clean: Callable[[bytes], bool]) -> LiveResponse | None:
        """What has arrived, if something has since the last time that may tell a secret.

        Args:
            is_clean: whether a text certainly has nothing to redact. Only this counts in a
                conversation and in a stream of events, where names of members do not.
        """
        received = self._received(stopped=True)
        before, self._looked_at = self._looked_at, len(received.chunks) if received else -1
        if received is None or before == self._looked_at:
            return None
        if not (self.prepared.conversation or _is_event_stream(received)) or _is_coded(received):
            return received
        # What is looked for may have begun in the chunk before.
        if not is_clean(b"".join(received.chunks[max(before - 1, 0) :])):
            return received
        return received._replace(chunks=(), arrivals_ms=None) if before < 0 else None

    def _received(self, *, stopped: bool) -> LiveResponse | None:
        if self._head is None:
            return None
        chunks = tuple(self._chunks)
        arrivals = tuple(self._arrivals[: len(chunks)]) if self._timing else None
        counts = tuple(self._counts[: len(chunks) + 1])
        return LiveResponse(*self._head, chunks, stopped, arrivals, counts)

    def _since_the_last_event(self) -> int | None:
        """Milliseconds since the call, the head or the last chunk [FAIL-5]; None without timing."""
        if not self._timing:
            return None
        last = self._arrivals[-1] if self._arrivals else 0
        return round((time.monotonic() - self._started) * 1000) - last


def _is_coded(received: LiveResponse) -> bool:
    return any(name.lower() == "content-encoding" for name, _ in received.headers)


def _is_event_stream(received: LiveResponse) -> bool:
    return any(
        name.lower() == "content-type" and value.lower().startswith("text/event-stream")
        for name, value in received.headers
    )


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
