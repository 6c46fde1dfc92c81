"""`multiprocessing.pool`: a miss in a worker is the answer of its task.

A worker of `Pool` and `ThreadPool` catches `Exception` only. Any other exception ends the worker,
its task has no answer, and `map` waits for ever. The workers of pools that are made while a
cassette is open report a `Stop` as they report an `Exception`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .._base.stop import Stop
from .dispatch import Gate
from .patches import Patches


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Let workers of new pools report misses."""
    place = patches.place(module, "worker")

    def worker(tasks: Any, results: Any, *more: Any) -> None:
        place.before(_Tasks(tasks), _Results(results, module), *more)

    place.replace(worker)
    module.worker.__module__ = module.__name__  # pickled by its name for a spawned process


class _Raised(NamedTuple):
    """What a task returns in place of raising a `Stop`."""

    error: Stop


class _Queue:
    """Wraps a queue of a pool."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


class _Tasks(_Queue):
    """Tasks: (job, number, function, arguments, keyword arguments), or None at the end."""

    def get(self) -> Any:
        task = self._queue.get()
        if task is None:
            return None
        job, number, function, *arguments = task
        return (job, number, _Reporting(function), *arguments)


class _Reporting:
    """A function that returns a `Stop` that it raised."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._function(*args, **kwargs)
        except Stop as error:
            return _Raised(error)


class _Results(_Queue):
    """Results: (job, number, (whether it succeeded, value or exception))."""

    def __init__(self, queue: Any, module: Any) -> None:
        super().__init__(queue)
        self._module = module

    def put(self, result: Any) -> None:
        job, number, (succeeded, value) = result
        if isinstance(value, _Raised):
            succeeded, value = False, value.error
            if hasattr(self._queue, "_writer"):  # of processes: the traceback goes along as text
                value = self._module.ExceptionWithTraceback(value, value.__traceback__)
        self._queue.put((job, number, (succeeded, value)))
