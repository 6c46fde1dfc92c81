"""The base of exceptions that must reach the test, whatever runs the code that made the call.

SDKs take an `Exception` for a network failure and retry, so these are `BaseException`. Test runners
take a strange `BaseException` for the end of the run: anyio's runner stops, and every later test
fails; pytest does not note that a fixture failed, and hands its old value to later tests. Both make
an exception for `pytest.fail.Exception`. So where pytest is loaded, a `Stop` is also one of these.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any


class Stop(BaseException):
    """An exception that no SDK may catch; where pytest is loaded, a `pytest.fail.Exception` too.

    A subclass passes the arguments of its `__init__` to `BaseException.__init__`, so that a copy
    can be made of them, for example by pickle.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """An instance of the class, or of its twin for pytest; `__init__` runs for both."""
        return super().__new__(_in_pytest(cls), *args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        # The twin cannot be imported; the class makes one again where pytest is loaded.
        kind = type(self)
        public = kind.__mro__[1] if "_is_twin" in vars(kind) else kind
        return public, self.args, vars(self) or None


def _in_pytest(kind: Any) -> Any:
    fail = getattr(sys.modules.get("pytest"), "fail", None)
    failed = getattr(fail, "Exception", None)  # absent while pytest is being imported
    if failed is None or issubclass(kind, failed):
        return kind
    return _twin(kind, failed)


@cache
def _twin(kind: Any, failed: Any) -> Any:
    """A subclass of both, with the name and the texts of the first."""
    members = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__repr__": BaseException.__repr__,
        "_is_twin": True,
        "msg": property(str),  # what pytest shows of a `pytest.fail.Exception`
        "pytrace": True,
    }
    return type(kind.__name__, (kind, failed), members)
