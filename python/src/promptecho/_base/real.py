"""The modules of the file system as they are, also inside a fake file system of a test.

pyfakefs replaces the modules `os`, `io` and `fcntl` in the globals of every module, and in
`sys.modules`. A cassette opened outside would be closed inside, and a number of a fake file would
be closed as the descriptor that has this number. So code that opens files takes `os` and `io.open`
from here: these are no modules, so pyfakefs does not replace them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import fcntl
    import io
    import os
else:
    import importlib

    #: Where the classes of pyfakefs hold the module that they replace.
    _REPLACED = {"os": "os_module", "io": "_io_module", "fcntl": "_fcntl_module"}

    class _Module:
        """A module, in an object that is no module."""

        def __init__(self, name):
            found = importlib.import_module(name)
            fake = type(found).__module__.startswith("pyfakefs.")
            self._module = object.__getattribute__(found, _REPLACED[name]) if fake else found

        def __getattr__(self, name):
            return getattr(self._module, name)

    os = _Module("os")
    io = _Module("io")
    if os.name == "posix":
        fcntl = _Module("fcntl")

__all__ = ["fcntl", "io", "os"]
