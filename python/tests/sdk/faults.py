"""Calls that get no answer, and what an SDK raises for them."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from support.upstream import Answer, Call

#: The model that gets no answer.
BROKEN = "a-model-without-an-answer"
#: The faults of a server, by the kinds that they are recorded as.
FAULTS = {
    "reset": Answer((), fault="reset"),
    "closed": Answer((), fault="closed"),
    "read-timeout": Answer((), fault="stalled"),
}
#: Each fault of a server, and a server that is not there.
every_fault = pytest.mark.parametrize("kind", [*FAULTS, "connect"])


def broken(kind: str, good: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """A script that fails the calls to the broken model, and answers the others."""

    def answer(call: Call) -> Answer:
        asked = call.body + call.path.encode()  # Bedrock names the model in the path
        return FAULTS[kind] if BROKEN.encode() in asked else good(call)

    return answer


def timeout(kind: str) -> float:
    """How many seconds a client waits for the broken model: few if it stalls."""
    return 0.3 if kind == "read-timeout" else 60


def raised(call: Callable[[], Any]) -> list[str]:
    """The class of what a call raises, and that of its cause."""
    with pytest.raises(Exception) as caught:  # noqa: PT011, each SDK has its own
        call()
    return _names(caught.value)


async def raised_async(call: Callable[[], Any]) -> list[str]:
    """`raised` for a function that returns an awaitable."""
    with pytest.raises(Exception) as caught:  # noqa: PT011, each SDK has its own
        await call()
    return _names(caught.value)


def _names(error: BaseException) -> list[str]:
    found = [error, *([error.__cause__] if error.__cause__ else [])]
    return [f"{type(each).__module__}.{type(each).__qualname__}" for each in found]
