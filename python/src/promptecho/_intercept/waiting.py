"""A main thread that waits for work which a miss has ended is released.

A miss ends the thread or the task that made the call. If the main thread waits for an answer of it,
for example in `Queue.join`, it would wait for ever. So after a miss in another thread or in a task,
a thread of this module looks where the main thread is. If it finds it at one place for two
seconds, the miss is raised there. If an event loop runs there, the task that it runs for is
cancelled, and the end of the cassette raises the miss.

A child process sends a signal to the process that opened the cassette. That process reads what its
children have raised, and looks where its main thread is, as after a miss of its own.

Only the main thread can be interrupted, by a signal, and only where the cassette was opened in it.
The signal is SIGURG: the system ignores it by default, so one that comes late does no harm.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType
from typing import Any, Callable

from .._base.event_loops import running_loop

_SIGNAL: int = getattr(signal, "SIGURG", 0)  # Windows has none
_POLL_SECONDS = 0.25
_SAME = 8  # looks that find the main thread at one place: two seconds
_LOOKS = 28
#: Functions that run an event loop, and the variable with what the loop runs for.
_RUNNERS = {"run_until_complete": "future", "run": "task"}


class Release:
    """Raises exceptions of other threads and of tasks in a main thread that waits."""

    def __init__(self) -> None:
        self._error: BaseException | None = None
        self._is_due = False  # the signal that is on its way raises `_error`
        self._is_looking = False  # a thread reads what children have raised
        self._handler_before: Any = None
        #: Tells what was raised in child processes since it was last asked.
        self.news: Callable[[], list[BaseException]] = list

    def begin(self) -> None:
        """Make ready, if this is the main thread and the signal is not in use."""
        if not _SIGNAL or self._handler_before is not None or not _in_main_thread():
            return
        if signal.getsignal(_SIGNAL) in (signal.SIG_DFL, signal.SIG_IGN):
            self._handler_before = signal.signal(_SIGNAL, self._deliver)

    def end(self) -> None:
        """Undo `begin`; what was raised before is raised no more."""
        self.forget()
        if self._handler_before is not None and _in_main_thread():
            if signal.getsignal(_SIGNAL) == self._deliver:
                signal.signal(_SIGNAL, self._handler_before)
            self._handler_before = None

    def forget(self) -> None:
        """Stop watching: what was raised has been reported."""
        self._error, self._is_due = None, False

    def become_child(self) -> None:
        """After a fork, in the child: the threads of this module are those of the parent."""
        self.forget()
        self._is_looking = False

    def raised(self, error: BaseException) -> None:
        """An exception is about to be raised in this thread."""
        if self._handler_before is None or self._error is not None:
            return
        if _in_main_thread() and running_loop() is None:
            return  # the main thread raises it itself
        self._error = error
        threading.Thread(
            target=self._watch, args=(error,), name="promptecho-release", daemon=True
        ).start()

    def raised_for(self, owner: int) -> Callable[[BaseException], None]:
        """For a cassette that another process opened: `raised`, and a signal to that process."""

        def raised(error: BaseException) -> None:
            self.raised(error)
            if _SIGNAL:
                with suppress(OSError):  # it has ended
                    os.kill(owner, _SIGNAL)

        return raised

    def _look(self) -> None:
        """Read what a child has raised, which it writes just after its signal."""
        found: list[BaseException] = []
        try:
            for _ in range(_LOOKS):
                found = self.news()
                if found:
                    break
                time.sleep(_POLL_SECONDS)
        finally:
            self._is_looking = False
        if found and self._error is None and self._handler_before is not None:
            self._error = found[0]
            self._watch(found[0])

    def _watch(self, error: BaseException) -> None:
        place, same = None, 0
        for _ in range(_LOOKS):
            time.sleep(_POLL_SECONDS)
            if self._error is not error:
                return
            awaited = _awaited()
            now = tuple(map(_place_of_task, awaited)) if awaited else _place_of_main()
            same = same + 1 if now == place else 0
            place = now
            if same >= _SAME:
                return self._release(awaited)
        self.forget()

    def _release(self, awaited: list[Any]) -> None:
        if awaited:
            self.forget()
            loop = awaited[0].get_loop()
            for task in awaited:
                loop.call_soon_threadsafe(task.cancel)
        else:
            self._is_due = True
            signal.pthread_kill(_main_ident(), _SIGNAL)

    def _deliver(self, number: int, frame: FrameType | None) -> None:
        if self._is_due:
            error = self._error
            self.forget()
            if error is not None:
                raise error
        elif self._error is None and not self._is_looking:
            self._is_looking = True
            # `Thread.start` takes locks that the interrupted code may hold.
            _thread.start_new_thread(self._look, ())


def _in_main_thread() -> bool:
    return threading.get_ident() == _main_ident()


def _main_ident() -> int:
    return threading.main_thread().ident or 0


# Where the main thread is


def _main_frames() -> Iterator[FrameType]:
    frame = sys._current_frames().get(_main_ident())
    while frame is not None:
        yield frame
        frame = frame.f_back


def _place_of_main() -> tuple[int, int]:
    frame = next(_main_frames())
    return id(frame), frame.f_lasti


def _awaited() -> list[Any]:
    """The tasks that the event loop of the main thread runs for, unless one of them is running."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return []
    for frame in _main_frames():
        name = _RUNNERS.get(frame.f_code.co_name)
        wanted = frame.f_locals.get(name) if name else None
        if isinstance(wanted, asyncio.Future):
            loop = wanted.get_loop()
            if asyncio.current_task(loop) is not None:
                return []  # code of a task blocks the loop
            if isinstance(wanted, asyncio.Task):
                return [wanted]
            return [each for each in asyncio.all_tasks(loop) if _holds(each, wanted)]
    return []


def _holds(task: Any, future: Any) -> bool:
    """Whether a task sets a future: anyio's runner runs each test in one task, and has it there."""
    frame = getattr(task.get_coro(), "cr_frame", None)
    return frame is not None and any(each is future for each in frame.f_locals.values())


def _place_of_task(task: Any) -> tuple[int, int]:
    """The innermost coroutine in which a task waits."""
    inner = coroutine = task.get_coro()
    while hasattr(inner, "cr_frame"):
        coroutine, inner = inner, inner.cr_await
    frame = coroutine.cr_frame
    return id(frame), frame.f_lasti if frame is not None else -1


#: The one of this process.
release = Release()
