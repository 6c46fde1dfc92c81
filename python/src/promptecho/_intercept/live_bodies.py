"""How a live call ends: what kind of failure it is, and the body while the client reads it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable, Protocol

from .._session.capture import Capture
from .failures import comes_from_network, is_cancelled

CUT = (
    "the recording ends here: while it was recorded, the client stopped reading, the block ended, "
    "or the connection broke. To read further, read the whole response inside the block and record "
    "it again (PROMPTECHO_MODE=all)."
)


class _Kinds(Protocol):
    """An exchange, or what knows the exceptions of a library."""

    def kind(self, error: BaseException, until: BaseException | None) -> str | None: ...


def failure_kind(library: _Kinds, error: BaseException, until: BaseException | None) -> str | None:
    """The kind of failure that an exception of a live call is; None if it is not recorded."""
    if is_cancelled(error):
        return library.kind(error, until) or "cancelled"
    if isinstance(error, Exception) and comes_from_network(error, until):
        return library.kind(error, until)
    return None


@contextmanager
def reading(
    capture: Capture, library: _Kinds, broken: Callable[[str], Exception]
) -> Iterator[Callable[[bytes], bytes]]:
    """While a client reads a live body: yields what copies a chunk to the capture.

    Args:
        capture: learns how the reading ends.
        library: what knows the exceptions of the client.
        broken: makes the exception of the client for a body that ends too early. It is raised as
            soon as the session has ended, as on replay [FAIL-11].
    """
    handled = sys.exc_info()[1]

    def check() -> None:
        if capture.cut:
            raise broken(CUT)

    def copy(chunk: bytes) -> bytes:
        check()
        capture.chunk(chunk)
        return chunk

    try:
        check()
        yield copy
    except GeneratorExit:  # the client stops; the backend sees that it closes the response
        raise
    except BaseException as error:
        capture.fail(failure_kind(library, error, handled))
        raise
    capture.end()
