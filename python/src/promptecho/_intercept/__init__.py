"""Interception: which HTTP libraries are patched, when, and how patches are undone.

One thin module per family of libraries, imported only when such a library is in use. A library that
is imported while a cassette is open is patched as soon as its import is done. Each fails alone: one
that is of an unknown shape is left as it was, and the gate is told.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from functools import wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from .dispatch import Gate

#: Library -> the module here that knows it.
BACKENDS = {
    "httpx": "httpx",
    "httpx2": "httpx",
    "http.client": "http_client",
    "urllib.request": "urllib",
    "urllib3": "urllib3",
    "grpc": "grpc",
    "requests": "requests",
    "aiohttp": "aiohttp",
    "lm15.transports": "lm15",
    "dspy._vendor.lm15.transports": "lm15",
}


class Patches:
    """Functions that were replaced, and what they were."""

    def __init__(self) -> None:
        self._done: list[tuple[Any, str, Any]] = []
        self._over = False

    def replace(self, owner: Any, name: str, function: Any) -> None:
        """Replace a function that `owner` itself defines.

        A mock that is made while this is in force puts the replacement back when it ends, perhaps
        when this is over: then it does what the function did that it replaced.
        """
        before = owner.__dict__[name]

        @wraps(before, assigned=("__name__", "__qualname__", "__doc__"))  # but not its module
        def replacement(*args: Any, **kwargs: Any) -> Any:
            return (before if self._over else function)(*args, **kwargs)

        self._done.append((owner, name, before))
        setattr(owner, name, replacement)

    def end(self) -> None:
        """Put everything back, and let what is still held of it do nothing."""
        self._over = True
        self.undo()

    def count(self) -> int:
        """How many attributes are replaced."""
        return len(self._done)

    def undo(self, down_to: int = 0) -> None:
        """Put everything back, last change first, until so many are left."""
        while len(self._done) > down_to:
            owner, name, value = self._done.pop()
            setattr(owner, name, value)


class Interception:
    """The patches through which one gate sees every call of this process."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._patches = Patches()
        self._modules: list[ModuleType] = []
        self._finder = _Finder(self)

    def install(self) -> None:
        """Patch every known library that is in use, and watch for the others."""
        try:
            sys.meta_path.insert(0, self._finder)
            for name in BACKENDS:
                if sys.modules.get(name) is not None:  # None: a test says that it is not there
                    # Waits for a thread that is just importing it.
                    self.patch(importlib.import_module(name), name)
        except BaseException:
            self.remove()
            raise

    def remove(self) -> None:
        """Undo everything."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        self._patches.end()
        self._modules.clear()

    def patch(self, module: ModuleType, name: str) -> None:
        """Patch one library, once (httpx2 may stand in for httpx under both names)."""
        if any(module is known for known in self._modules):
            return
        self._modules.append(module)
        backend = importlib.import_module(f"{__name__}.{BACKENDS[name]}")
        before = self._patches.count()
        try:
            backend.patch(module, self._gate, self._patches)
        except Exception as error:
            self._patches.undo(before)
            version = getattr(module, "__version__", "of an unknown version")
            self._gate.not_intercepted(f"{name} {version}", error)


class _Finder(MetaPathFinder):
    """Lets the other finders find a library, and patches it after its import."""

    def __init__(self, interception: Interception) -> None:
        self._interception = interception

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in BACKENDS:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader, self._interception)
                return spec
        return None


class _Loader(Loader):
    def __init__(self, loader: Loader, interception: Interception) -> None:
        self._loader = loader
        self._interception = interception

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The module keeps the loader that it would have had without us.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._interception.patch(module, module.__name__)
