"""`use_cassette` as a decorator: each call of the function opens a cassette of its own."""

from __future__ import annotations

import inspect
import os
from contextlib import AbstractContextManager
from functools import partial, wraps
from typing import Any, Callable

#: Makes the cassette of one call.
Open = Callable[[], AbstractContextManager[Any]]

_DECORATED = "__promptecho__"


def decorate(function: Any, opened: Open) -> Any:
    """Open a cassette around each call of a function, a coroutine or a generator function."""
    if inspect.isasyncgenfunction(function):
        wrapper = _async_generator(function, opened)
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine(function, opened)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(function, opened)
    else:
        wrapper = _function(function, opened)
    setattr(wrapper, _DECORATED, True)
    return wrapper


def decorate_class(
    target: Any,
    path: str | os.PathLike[str],
    opened: Callable[[str], AbstractContextManager[Any]],
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


def _decorate_member(member: Any, opened: Open) -> Any:
    if isinstance(member, (staticmethod, classmethod)):
        return type(member)(decorate(member.__func__, opened))
    return decorate(member, opened) if callable(member) else member


def _is_decorated(member: Any) -> bool:
    return hasattr(getattr(member, "__func__", member), _DECORATED)


def _function(function: Any, opened: Open) -> Any:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with opened():
            return function(*args, **kwargs)

    return wrapper


def _generator(function: Any, opened: Open) -> Any:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with opened():
            return (yield from function(*args, **kwargs))

    return wrapper


def _coroutine(function: Any, opened: Open) -> Any:
    @wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with opened():
            return await function(*args, **kwargs)

    return wrapper


def _async_generator(function: Any, opened: Open) -> Any:
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
