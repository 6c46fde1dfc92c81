"""Child processes that `multiprocessing` spawns, or forks from its server: they join the gate.

`get_preparation_data` collects what a child needs before it imports the main module. promptecho
adds one more entry. When the child unpickles the entry, it sets `sys.path`, imports promptecho, and
opens the same cassette. All that it imports and calls afterwards is seen.
"""

from __future__ import annotations

import pickle
from typing import Any

from .dispatch import Gate
from .patches import Patches

#: `prepare` of `multiprocessing.spawn` ignores entries that it does not know.
_NAME = "promptecho"
_SOURCE = "import sys; sys.path[:] = path; import pickle; pickle.loads(preparation).begin()"


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Add the entry to what a child gets."""
    before = module.get_preparation_data

    def get_preparation_data(name: str) -> dict[str, Any]:
        from . import process

        data: dict[str, Any] = before(name)
        data[_NAME] = _Entry(data["sys_path"], pickle.dumps(process.preparation()))
        return data

    patches.replace(module, "get_preparation_data", get_preparation_data)


class _Entry:
    """Begins the preparation when it is unpickled.

    It is pickled as a call of `exec`, because a child that cannot import promptecho yet could not
    unpickle a class of it.
    """

    def __init__(self, path: list[str], preparation: bytes) -> None:
        self._given = {"path": path, "preparation": preparation}

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (_SOURCE, self._given)
