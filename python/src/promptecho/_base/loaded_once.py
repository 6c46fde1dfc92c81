"""Each module of promptecho is loaded once in a process, so each class exists once.

`mock.patch.dict(sys.modules, ...)` and fake file systems drop what was imported inside them, and
test suites purge modules or reload them. A body of a class that was loaded twice would be of an
unknown class for the writer. The finder of this module keeps what it has loaded, and gives it back
when it is imported again.

pytest would load our modules with a loader of its own: its import hook rewrites the `assert`s of
every package that has a plugin. It would do so without the bytecode that an installer has compiled.
So our finder goes before that hook, and does not ask it.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Callable

_PACKAGE = __name__.partition(".")[0] + "."
_HOOK_OF_PYTEST = "AssertionRewritingHook"


class LoadedOnce:
    """Finds the modules of promptecho, and keeps them."""

    def __init__(self) -> None:
        self.loaded: dict[str, ModuleType] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The place of a module, as the finders behind this one find it."""
        if not name.startswith(_PACKAGE):
            return None
        for finder in sys.meta_path:
            if finder is self or _is_of_pytest(finder) or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, self.loaded)  # type: ignore[assignment]
                return spec
        return None


class _Loader:
    """Loads a module with another loader, unless it is loaded already."""

    def __init__(self, loader: Any, loaded: dict[str, ModuleType]) -> None:
        self._loader = loader
        self._loaded = loaded

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loaded.get(spec.name)
        return module or self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ not in self._loaded:
            self._loader.exec_module(module)
            self._loaded[module.__name__] = module


def install() -> None:
    """Add the finder to this process, once; it outlives the module `promptecho` itself."""
    if not any(type(finder).__name__ == LoadedOnce.__name__ for finder in sys.meta_path):
        _insert(LoadedOnce(), lambda each: isinstance(each, type) or _is_of_pytest(each))


def add_finder(finder: Any) -> None:
    """Put a finder before those of Python, which are classes, and behind those of other tools."""
    _insert(finder, lambda each: isinstance(each, type))


def _insert(finder: Any, behind: Callable[[Any], bool]) -> None:
    """Put a finder before the first that belongs behind it, and no further.

    pyfakefs puts one first, and at its end removes the first one, whichever that is.
    """
    places = (place for place, each in enumerate(sys.meta_path) if behind(each))
    sys.meta_path.insert(next(places, 0), finder)


def _is_of_pytest(finder: Any) -> bool:
    return type(finder).__name__ == _HOOK_OF_PYTEST
