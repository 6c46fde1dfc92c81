"""Functions of other libraries that are replaced, and how they are put back.

Other tools wrap the same functions: tracers with wrapt, mocks with functions of their own. A
replacement goes below them, to where the library's own function is, so that they see a replayed
call as they see a live one, and are still there after the cassette, or gone if they were removed
inside it. A wrapper without a handle to its inner function stays below the replacement.
"""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from typing import Any, Callable, NamedTuple, Protocol

_CO_COROUTINE = 0x80  # `inspect.CO_COROUTINE`; importing `inspect` takes time


class _Slot(Protocol):
    """A place that holds a function."""

    def get(self) -> Any: ...

    def set(self, function: Any) -> None: ...


class _Attribute(NamedTuple):
    """The attribute of a class or an object."""

    owner: Any
    name: str

    def get(self) -> Any:
        return vars(self.owner)[self.name]  # a library without it is unknown

    def set(self, function: Any) -> None:
        setattr(self.owner, self.name, function)


class _Wrapped(NamedTuple):
    """The inner function of a wrapper made with wrapt."""

    wrapper: Any

    def get(self) -> Any:
        return self.wrapper.__wrapped__

    def set(self, function: Any) -> None:
        self.wrapper.__wrapped__ = function


class _Cell(NamedTuple):
    """The variable of a mock of respx that holds the function it has replaced."""

    cell: Any

    def get(self) -> Any:
        return self.cell.cell_contents

    def set(self, function: Any) -> None:
        self.cell.cell_contents = function


class _Replaced(NamedTuple):
    slots: tuple[_Slot, ...]
    before: Any
    replacement: Any

    def undo(self) -> None:
        for slot in self.slots:
            with suppress(KeyError):  # somebody has deleted it
                if slot.get() is self.replacement:  # otherwise somebody has wrapped or removed it
                    slot.set(self.before)


class Place:
    """Where one function is replaced.

    Attributes:
        before: the function that is there now, below the wrappers of others.
    """

    def __init__(self, patches: Patches, slots: tuple[_Slot, ...]) -> None:
        self._patches = patches
        self._slots = slots
        self.before = slots[-1].get()

    def replace(self, function: Callable[..., Any]) -> Any:
        """Replace the function; returns what is there now."""
        return self._patches.put(self._slots, function)


class Patches:
    """The functions that were replaced, and the originals."""

    def __init__(self) -> None:
        self._done: list[_Replaced] = []
        self._over = False

    def place(self, owner: Any, name: str) -> Place:
        """The place of a function that `owner` itself defines."""
        slots: list[_Slot] = [_Attribute(owner, name)]
        while True:
            slot = _below(slots[-1].get())
            if slot is None:
                return Place(self, tuple(slots))
            slots.append(slot)

    def replace(self, owner: Any, name: str, function: Callable[..., Any]) -> None:
        """Replace an attribute of `owner`, on top of all wrappers."""
        self.put((_Attribute(owner, name),), function)

    def put(self, slots: tuple[_Slot, ...], function: Callable[..., Any]) -> Any:
        """Replace the function in the last of the slots; returns what is there now.

        `unittest.mock.patch` restores what it found. A mock that starts before `end` and stops
        after it restores the replacement, which then calls the original.
        """
        before = slots[-1].get()

        def plain(*args: Any, **kwargs: Any) -> Any:
            return (before if self._over else function)(*args, **kwargs)

        async def waiting(*args: Any, **kwargs: Any) -> Any:
            return await (before if self._over else function)(*args, **kwargs)

        # A mock that takes the place asks which of the two it is. `__module__` stays our own.
        named = wraps(before, assigned=("__name__", "__qualname__", "__doc__"))
        replacement = named(waiting if _is_async(before) else plain)
        self._done.append(_Replaced(slots, before, replacement))
        slots[-1].set(replacement)
        return replacement

    def end(self) -> None:
        """Restore all originals; replacements that others still hold call the originals."""
        self._over = True
        self.undo()

    def count(self) -> int:
        """How many functions are replaced."""
        return len(self._done)

    def undo(self, down_to: int = 0) -> None:
        """Restore originals, the last change first, until `down_to` replacements are left."""
        while len(self._done) > down_to:
            self._done.pop().undo()


def _is_async(function: Any) -> bool:
    flags: int = getattr(getattr(function, "__code__", None), "co_flags", 0)
    return bool(flags & _CO_COROUTINE)


def _below(function: Any) -> _Slot | None:
    """The place below a wrapper or a mock; None for the library's own function."""
    if any(each.__name__ == "ObjectProxy" for each in type(function).__mro__):  # of any wrapt
        return _Wrapped(function)
    if getattr(function, "__module__", None) == "respx.mocks":
        names = function.__code__.co_freevars
        if "spec" in names:  # `AbstractRequestMocker.mock` calls it for what passes through
            return _Cell(function.__closure__[names.index("spec")])
    return None
