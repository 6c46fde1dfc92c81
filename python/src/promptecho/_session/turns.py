"""When the events of a replayed stream are handed out. [AFTER-3] [AFTER-4]

A long stream carries answers to other requests, as the one that an MCP client opens first. Each of
its events was recorded with the number of requests that had started when it came, and on replay it
waits until as many have started. An answer to a JSON-RPC call waits for this very call [RPC-8], so
answers come in the order of the calls.

A run may make fewer requests than the recorded one, and then a wait would not end by itself. It
ends when no other request can come: the client reads in the only thread, or nothing has happened
for a long time. The event is then handed out, and a warning says so.

How long a replay waits for what its client does is stated here, once: `LIMIT`.
"""

from __future__ import annotations

import threading
import time
from bisect import insort
from heapq import merge
from typing import Callable

from .._base.event_loops import running_loop
from .._base.model import Answer
from .._bodies import forms
from .stream_calls import StreamCalls

#: How long a replay waits for its client, in seconds: an event for the next request [AFTER-4], and
#: a call whose recording was cancelled until it is cancelled again [FAIL-4].
LIMIT = 60.0
#: `LIMIT` where the wait blocks an event loop: requests of its tasks cannot start [AFTER-4].
BLOCKING_LIMIT = 1.0
#: How often a waiting client looks again, in seconds. An event loop has no other way: the next
#: request may start in another thread.
PAUSE = 0.01


def waits(answer: Answer) -> bool:
    """Whether something of a recording waits when it is replayed [AFTER-3] [AFTER-5]."""
    response = answer.response
    if response is None:
        return False
    if response.after is not None:
        return True
    types = dict(response.headers).get("content-type") or ("",)
    return response.truncated and answer.method == "GET" and forms.is_event_stream(types[-1])


class Starts:
    """How many requests of a session have started.

    Attributes:
        count: the number.
        closed: whether the session has ended.
        quiet_since: when the last request started. It is in the future while a call may wait to be
            cancelled: the client can make its next request only after it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.closed = False
        self.quiet_since = time.monotonic()
        self._changed = threading.Condition()

    def add(self) -> None:
        """A request has started."""
        with self._changed:
            self.count += 1
            self.quiet_since = max(self.quiet_since, time.monotonic())
            self._changed.notify_all()

    def wait_for_cancel(self) -> None:
        """A call begins to wait until it is cancelled, for `LIMIT` at most [FAIL-4]."""
        with self._changed:
            self.quiet_since = time.monotonic() + LIMIT

    def become_child(self) -> None:
        """After a fork, in the child: a thread of the parent may have held the lock."""
        self._changed = threading.Condition()

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
        chunks: those of the response; the first ones are the events.
        starts: how many requests have started.
        give_up: is called once, if something waited in vain.
        truncated: whether the recording ends early. Then its end waits too [AFTER-5].
        calls: the calls that events belong to, or None.
        conflict: raises where another open stream got the same answer [RPC-10].
    """

    def __init__(
        self,
        after: tuple[int, ...],
        chunks: tuple[bytes, ...],
        starts: Starts,
        give_up: Callable[[], None],
        *,
        truncated: bool,
        calls: StreamCalls | None = None,
        conflict: Callable[[], None] = lambda: None,
    ) -> None:
        self._conflict = conflict
        self._after = after
        self._chunks = chunks
        self._left = list(range(len(chunks)))
        self._again: list[int] = []  # answers that were handed out: their call may be repeated
        self._starts = starts
        self._give_up = give_up
        self._truncated = truncated
        self._calls = calls
        self._since: float | None = None
        self._limit = LIMIT
        self._free = False

    def has_chunks(self) -> bool:
        """Whether there is a chunk that was not taken; perhaps it never comes."""
        return bool(self._left)

    def has_to_wait(self) -> bool:
        """Whether the next chunk has to wait longer; behind the last chunk, the end."""
        starts = self._starts
        if self._free or starts.closed or self._has_come():
            self._since = None
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - max(self._since, starts.quiet_since) < self._limit:
            return True
        self._release()
        return False

    def wait(self) -> None:
        """Wait in a thread for the next chunk, or for the end."""
        self._limit = LIMIT if running_loop() is None else BLOCKING_LIMIT
        while self.has_to_wait():
            if threading.active_count() == 1:
                self._release()  # this thread waits, and there is none that could ask
            else:
                self._starts.pause()

    def take(self) -> bytes | None:
        """The chunk that does not have to wait, or None at the end.

        At the end there may be answers left to calls that no client has made. Such an answer would
        have the number of another call, so it is left out [RPC-9].
        """
        chunk = self._next()
        if chunk is None:
            return None
        is_new = chunk in self._left
        if is_new:
            self._left.remove(chunk)
        if self._calls is None or not self._calls.has(chunk):
            return self._chunks[chunk]
        if is_new:
            insort(self._again, chunk)
        if self._calls.is_of_another(chunk):
            self._conflict()
        return self._calls.take(chunk)

    def _has_come(self) -> bool:
        return self._next() is not None or not (self._left or self._truncated)

    def _next(self) -> int | None:
        """The first chunk that does not wait. Answers may come in another order than recorded."""
        calls, in_order = self._calls, True
        for chunk in merge(self._again, self._left):
            if calls is not None and calls.has(chunk):
                if calls.are_made(chunk) and self._have_started(chunk, calls.skipped(chunk)):
                    return chunk
            elif in_order:
                is_tail = calls is not None and chunk >= calls.events
                if self._have_started(chunk) and not (is_tail and chunk != self._left[0]):
                    return chunk
                in_order = False
        return None

    def _have_started(self, chunk: int, skipped: int = 0) -> bool:
        """Whether as many requests have started as a chunk waits for; the tail has no number."""
        last = len(self._after) - 1
        if self._free or self._starts.closed or last < 0:
            return True
        return self._starts.count + skipped >= self._after[min(chunk, last)]

    def _release(self) -> None:
        self._free = True
        if self._left:
            self._give_up()
