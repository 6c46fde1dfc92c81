"""When the events of a replayed stream are handed out. [AFTER-3] [AFTER-4]

A long stream carries answers to other requests, as the one that an MCP client opens first. Each of
its events was recorded with the number of requests that had started when it came, and on replay it
waits until as many have started.

A run may make fewer requests than the recorded one, and then a wait would not end by itself. It
ends when no other request can come: the client reads in the only thread, or no request has started
for a long time. The event is then handed out, and a warning says so.
"""

from __future__ import annotations

import threading
import time
from typing import Callable

from .._base.model import Interaction
from .._bodies import forms

#: How long an event waits while no request starts, in seconds [AFTER-4].
LIMIT = 30.0
#: How often a waiting client looks again, in seconds. An event loop has no other way: the next
#: request may start in another thread.
PAUSE = 0.01


def waits(interaction: Interaction) -> bool:
    """Whether something of a recording waits when it is replayed [AFTER-3] [AFTER-5]."""
    response = interaction.response
    if response is None:
        return False
    if response.after is not None:
        return True
    types = dict(response.headers).get("content-type") or ("",)
    return (
        response.truncated
        and interaction.request.method == "GET"
        and forms.is_event_stream(types[-1])
    )


class Starts:
    """How many requests of a session have started.

    Attributes:
        count: the number.
        closed: whether the session has ended.
        last: when the last request started.
    """

    def __init__(self) -> None:
        self.count = 0
        self.closed = False
        self.last = time.monotonic()
        self._changed = threading.Condition()

    def add(self) -> None:
        """A request has started."""
        with self._changed:
            self.count += 1
            self.last = time.monotonic()
            self._changed.notify_all()

    def close(self) -> None:
        """The session has ended: nothing waits any longer."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def pause(self) -> None:
        """Wait for a change, for a moment at most; other threads go on."""
        with self._changed:
            self._changed.wait(PAUSE)


class Turns:
    """The turns of one replayed stream.

    Args:
        after: for each event, how many requests must have started; perhaps of no event.
        chunks: how many chunks the response has.
        truncated: whether the recording ends early. Then its end waits too [AFTER-5].
        starts: how many requests have started.
        give_up: is called once, if an event is handed out although too few have started.
    """

    def __init__(
        self,
        after: tuple[int, ...],
        chunks: int,
        starts: Starts,
        give_up: Callable[[], None],
        *,
        truncated: bool,
    ) -> None:
        self._after = after
        self._chunks = chunks
        self._truncated = truncated
        self._starts = starts
        self._give_up = give_up
        self._since: float | None = None
        self._free = False

    def has_to_wait(self, index: int) -> bool:
        """Whether the chunk of this index has to wait longer; behind the last chunk, the end."""
        starts = self._starts
        if self._free or starts.closed or self._has_come(index):
            self._since = None
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - max(self._since, starts.last) < LIMIT:
            return True
        self._release(index)
        return False

    def wait(self, index: int) -> None:
        """Wait in a thread for the turn of a chunk, or for the end."""
        while self.has_to_wait(index):
            if threading.active_count() == 1:
                self._release(index)  # this thread waits, and there is none that could ask
            else:
                self._starts.pause()

    def _has_come(self, index: int) -> bool:
        if index >= self._chunks:
            return not self._truncated
        # The tail comes with the last event.
        last = len(self._after) - 1
        return last < 0 or self._starts.count >= self._after[min(index, last)]

    def _release(self, index: int) -> None:
        self._free = True
        if index < self._chunks:
            self._give_up()
