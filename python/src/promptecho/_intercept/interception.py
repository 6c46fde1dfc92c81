"""Which HTTP libraries are patched, and when.

One module per family of libraries, imported only when such a library is in use. A library that is
imported while a cassette is open is patched as soon as its import is done. Each library fails
alone: one whose internals are unknown is left unpatched, and the gate is informed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._base.loaded_once import add_finder
from .dispatch import Gate
from .patches import Patches

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

#: The import name of a library -> the module of this folder that patches it.
BACKENDS = {
    "httpx": "httpx",
    "httpx2": "httpx",
    "httpcore": "httpcore",
    "httpcore2": "httpcore",
    "http.client": "http_client",
    "urllib.request": "urllib",
    "urllib3": "urllib3",
    "grpc": "grpc",
    "multiprocessing.pool": "pools",
    "requests": "requests",
    "aiohttp": "aiohttp",
    "lm15.transports": "lm15",
    "dspy._vendor.lm15.transports": "lm15",
    "multiprocessing.spawn": "child_processes",
}


class Interception:
    """The patches that send every call of this process through one gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._patches = Patches()
        self._modules: list[ModuleType] = []
        self._finder = _Finder(self)

    def install(self) -> None:
        """Patch every known library that is imported, and watch for imports of the others."""
        try:
            add_finder(self._finder)
            for name in BACKENDS:
                if sys.modules.get(name) is not None:  # None blocks an import
                    # `import_module` waits for a thread that is importing the library now.
                    self.patch(importlib.import_module(name), name)
        except BaseException:
            self.remove()
            raise

    def remove(self) -> None:
        """Undo all patches and stop watching imports."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        self._patches.end()
        self._modules.clear()

    def patch(self, module: ModuleType, name: str) -> None:
        """Patch one library, once; httpx2 can be imported under the name httpx too."""
        if any(module is known for known in self._modules):
            return
        self._modules.append(module)
        backend = importlib.import_module(f"{__package__}.{BACKENDS[name]}")
        before = self._patches.count()
        try:
            backend.patch(module, self._gate, self._patches)
        except Exception as error:
            self._patches.undo(before)
            version = getattr(module, "__version__", "of an unknown version")
            self._gate.not_intercepted(f"{name} {version}", error)


class _Finder:
    """Lets the other finders find a library, and patches the library after its import."""

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
                spec.loader = _Loader(spec.loader, self._interception)  # type: ignore[assignment]
                return spec
        return None


class _Loader:
    def __init__(self, loader: Any, interception: Interception) -> None:
        self._loader = loader
        self._interception = interception

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The module gets the loader that it has without promptecho.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._interception.patch(module, module.__name__)
