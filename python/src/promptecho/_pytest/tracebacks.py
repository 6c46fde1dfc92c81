"""The traceback of a miss or a blocked call, as pytest shows it: the frames of the test only.

pytest prints the arguments of frames, and with ``--showlocals`` their variables. In the frames of
promptecho and of HTTP libraries these are URLs with ``?key=`` and headers with credentials.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any

import pytest

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def shorten(item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
    """Leave the frames of the test in the traceback of an exception of ours.

    ``--full-trace`` shows all frames.
    """
    excinfo = call.excinfo
    if excinfo is None or item.config.getoption("fulltrace", False) or not _is_ours(excinfo.value):
        return
    error = excinfo.value.with_traceback(_of_the_test(excinfo.tb))
    assert error.__traceback__ is not None
    call.excinfo = pytest.ExceptionInfo.from_exc_info((type(error), error, error.__traceback__))


def _of_the_test(whole: TracebackType) -> TracebackType:
    """The same traceback without the frames of libraries.

    Where no code of the test made the call, the outermost frame is left, which is pytest's own.
    """
    frames: list[TracebackType] = []
    each: TracebackType | None = whole
    while each is not None:
        if _is_of_the_test(each.tb_frame.f_code.co_filename):
            frames.append(each)
        each = each.tb_next
    found: TracebackType | None = None
    for frame in reversed(frames or [whole]):
        found = TracebackType(found, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    assert found is not None
    return found


def _is_ours(error: BaseException) -> bool:
    classes = (
        getattr(sys.modules.get(f"promptecho._base.{module}"), name, None)
        for module, name in (("stop", "Stop"), ("errors", "CassetteError"))
    )
    return isinstance(error, tuple(each for each in classes if each is not None))


def _is_of_the_test(file: str) -> bool:
    outside = file.startswith((_PACKAGE, _LIBRARY, "<")) or any(e in file for e in _INSTALLED)
    return not outside
