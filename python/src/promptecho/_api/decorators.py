"""`use_cassette` as a decorator: each call of the function opens a cassette of its own.

What a function returns may run later: a coroutine, a generator, a task. It then runs with the
cassette open, whatever kind of function returned it.
"""

from __future__ import annotations

import inspect
import os
import sys
from contextlib import ExitStack
from functools import partial, partialmethod, wraps
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from types import TracebackType

    from .use_cassette import UseCassette

    #: Makes the cassette of one call.
    Open = Callable[[], UseCassette]

_DECORATED = "__promptecho__"


def decorate(function: Any, opened: Open) -> Any:
    """Open a cassette around each call of a function, or of an object that can be called."""
    if _is(inspect.isasyncgenfunction, function):
        wrapper = _async_generator(function, opened)
    elif _is(inspect.iscoroutinefunction, function):
        wrapper = _coroutine(function, opened)
    elif _is(inspect.isgeneratorfunction, function):
        wrapper = _generator(function, opened)
    else:
        wrapper = _function(function, opened)
    setattr(wrapper, _DECORATED, True)
    return wrapper


def decorate_class(
    target: Any,
    path: str | os.PathLike[str],
    opened: Callable[[str], UseCassette],
) -> Any:
    """Decorate the tests of a class, inherited ones too, so that none reaches the network.

    Args:
        target: the class; each method ``test*`` that is not decorated itself is replaced.
        path: ``<stem>.yaml``; the cassette of a method is ``<stem>.<method>.yaml``.
        opened: makes the cassette of one call from its path.
    """
    stem, suffix = os.path.splitext(os.fspath(path))
    for name in dir(target):
        member = inspect.getattr_static(target, name)
        if name.startswith("test") and not _is_decorated(member):
            own = f"{stem}.{name}{suffix}"
            decorated = _decorate_member(member, partial(opened, own))
            if decorated is not member:
                setattr(target, name, decorated)
    return target


def _is(kind: Callable[[Any], bool], function: Any) -> bool:
    return kind(function) or kind(getattr(function, "__call__", None))  # noqa: B004 (its function)


def _decorate_member(member: Any, opened: Open) -> Any:
    if isinstance(member, (staticmethod, classmethod)):
        return type(member)(decorate(member.__func__, opened))
    if isinstance(member, partialmethod):
        return partialmethod(decorate(member.func, opened), *member.args, **member.keywords)
    return decorate(member, opened) if callable(member) else member


def _is_decorated(member: Any) -> bool:
    return hasattr(getattr(member, "__func__", member), _DECORATED)


def _function(function: Any, opened: Open) -> Any:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with _Call(opened) as call:
            return call.result(function(*args, **kwargs))

    return wrapper


def _generator(function: Any, opened: Open) -> Any:
    _refuse_scope(opened)

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with opened():
            return (yield from function(*args, **kwargs))

    return wrapper


def _coroutine(function: Any, opened: Open) -> Any:
    @wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with _Call(opened) as call:
            return call.result(await function(*args, **kwargs))

    return wrapper


def _async_generator(function: Any, opened: Open) -> Any:
    _refuse_scope(opened)

    @wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with opened():
            inner = function(*args, **kwargs)
            try:
                step = inner.asend(None)
                while True:
                    try:
                        item = await step
                    except StopAsyncIteration:
                        return
                    try:
                        step = inner.asend((yield item))
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        step = inner.athrow(error)
            finally:
                await inner.aclose()

    return wrapper


def _refuse_scope(opened: Open) -> None:
    """Between two steps of a generator, its caller would be in the block of its cassette."""
    if opened()._options.scope == "task":
        raise TypeError(
            "a generator cannot have scope='task', because it shares the context of its caller. "
            "Decorate the function that calls it."
        )


class _Call:
    """One call of a decorated function, and its cassette."""

    def __init__(self, opened: Open) -> None:
        self._opened = opened
        self._use = opened()
        self._block = ExitStack()

    def __enter__(self) -> _Call:
        self._cassette = self._block.enter_context(self._use)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._block.__exit__(kind, error, traceback)

    def result(self, result: Any) -> Any:
        """What the caller gets for a result: one that runs later runs with the cassette open.

        Raises:
            TypeError: the function made calls, and left others to what it returned.
        """
        if "asyncio" in sys.modules and sys.modules["asyncio"].isfuture(result):
            return _task(result, self._block.pop_all())
        if "concurrent.futures" in sys.modules:
            futures = sys.modules["concurrent.futures"]
            if isinstance(result, futures.Future):
                futures.wait([result])
                return result
        for is_kind, decorated in _LATER:
            if is_kind(result):
                self._leave(result)
                return decorated(lambda: result, self._opened)()
        return result

    def _leave(self, result: Any) -> None:
        """Give the cassette up: `result` has not begun to run, and opens one of its own."""
        if self._cassette.sent:
            raise TypeError(
                f"the decorated function made a call and returned {type(result).__name__} "
                f"{getattr(result, '__qualname__', '')!r}, which makes others later. Make the "
                "function itself async or a generator, or use a with block."
            )
        self._use._abandon()


#: What runs later, and how it is run with a cassette.
_LATER: tuple[tuple[Callable[[Any], bool], Callable[[Any, Any], Any]], ...] = (
    (inspect.isasyncgen, _async_generator),
    (inspect.isawaitable, _coroutine),
    (inspect.isgenerator, _generator),
)


def _task(running: Any, block: ExitStack) -> Any:
    """A task that leaves a block when another one, which the loop knows already, is done."""

    async def finished() -> Any:
        with block:
            return await running

    def cancelled_before_its_first_step(_: Any) -> None:
        running.cancel()
        running.add_done_callback(lambda _: block.close())  # closed already in any other case

    task = running.get_loop().create_task(finished())
    task.add_done_callback(cancelled_before_its_first_step)
    return task
