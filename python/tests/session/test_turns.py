"""The turns of a stream: what waits, and what ends a wait. [AFTER-3] to [AFTER-5]"""

from __future__ import annotations

import asyncio
import threading

import pytest

from promptecho._session import turns
from promptecho._session.turns import LIMIT, Starts, Turns


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(turns, "time", clock)
    return clock


class Told:
    """How often somebody was told that a wait was in vain."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def stream(starts: Starts, *after: int, truncated: bool = False) -> tuple[Turns, Told]:
    told = Told()
    chunks = tuple(b"%d" % index for index in range(len(after)))
    return Turns(after, chunks, starts, told, truncated=truncated), told


def read(turns: Turns) -> list[bytes]:
    """The chunks that do not wait now."""
    found = []
    while not turns.has_to_wait() and (chunk := turns.take()) is not None:
        found.append(chunk)
    return found


def started(count: int) -> Starts:
    starts = Starts()
    for _ in range(count):
        starts.add()
    return starts


def test_an_event_waits_until_as_many_requests_have_started() -> None:
    starts = started(1)
    stream_turns, told = stream(starts, 1, 2, 3)
    assert read(stream_turns) == [b"0"]
    starts.add()
    assert read(stream_turns) == [b"1"]
    assert stream_turns.has_to_wait()
    assert told.times == 0


def test_a_wait_ends_when_no_request_has_started_for_long(clock: Clock) -> None:
    starts = started(1)
    stream_turns, told = stream(starts, 3, 4)
    assert stream_turns.has_to_wait()
    clock.now += LIMIT - 1
    assert stream_turns.has_to_wait()
    starts.add()  # something still happens
    clock.now += LIMIT - 1
    assert stream_turns.has_to_wait()
    clock.now += 1
    assert read(stream_turns) == [b"0", b"1"]
    assert told.times == 1


def test_the_time_before_a_wait_does_not_count(clock: Clock) -> None:
    stream_turns, _ = stream(started(1), 1, 2)
    clock.now += 10 * LIMIT
    assert read(stream_turns) == [b"0"]
    assert stream_turns.has_to_wait()


def test_nothing_waits_when_the_session_has_ended() -> None:
    starts = started(1)
    stream_turns, told = stream(starts, 9, truncated=True)
    starts.close()
    assert read(stream_turns) == [b"0"]
    assert not stream_turns.has_to_wait()
    assert told.times == 0


def test_the_end_of_a_truncated_stream_waits_and_nobody_is_told(clock: Clock) -> None:
    stream_turns, told = stream(started(1), 1, truncated=True)
    assert read(stream_turns) == [b"0"]
    assert stream_turns.has_to_wait()
    clock.now += LIMIT
    assert not stream_turns.has_to_wait()
    assert told.times == 0


def test_in_the_only_thread_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    stream_turns, told = stream(started(1), 2, 3)
    stream_turns.wait()
    assert read(stream_turns) == [b"0", b"1"]
    assert told.times == 1


def test_a_thread_that_waits_goes_on_when_the_request_starts() -> None:
    starts = started(1)
    stream_turns, told = stream(starts, 2)
    thread = threading.Thread(target=stream_turns.wait)
    thread.start()
    starts.add()
    thread.join()
    assert told.times == 0


def test_a_wait_goes_on_while_a_call_waits_to_be_cancelled(clock: Clock) -> None:
    starts = started(1)
    stream_turns, told = stream(starts, 3)
    assert stream_turns.has_to_wait()
    starts.add()
    starts.wait_for_cancel()  # as long as its client likes, up to the limit
    clock.now += LIMIT + 1
    assert stream_turns.has_to_wait()
    starts.add()  # the client has cancelled the call, and makes the next one
    assert read(stream_turns) == [b"0"]
    assert told.times == 0


def test_after_a_call_that_was_not_cancelled_a_wait_ends_too(clock: Clock) -> None:
    starts = started(1)
    stream_turns, told = stream(starts, 3)
    assert stream_turns.has_to_wait()
    starts.wait_for_cancel()
    clock.now += 2 * LIMIT
    assert not stream_turns.has_to_wait()
    assert told.times == 1


def test_a_client_that_blocks_an_event_loop_waits_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "BLOCKING_LIMIT", 0.0)
    done = threading.Event()
    thread = threading.Thread(target=done.wait)  # without it, no other request could start
    thread.start()

    async def read_in_a_loop() -> list[bytes]:
        stream_turns, told = stream(started(1), 2, 3)
        stream_turns.wait()
        assert told.times == 1
        return read(stream_turns)

    assert asyncio.run(read_in_a_loop()) == [b"0", b"1"]
    done.set()
    thread.join()
