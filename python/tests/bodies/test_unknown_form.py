"""A class that is not one of the forms of a body is an error, and never an empty body."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

import pytest

from promptecho._base.model import CassetteFile
from promptecho._bodies.forms import decode
from promptecho._bodies.texts import Visitor, map_body
from promptecho._checks.formatting import normalize_file
from promptecho._format.writer import body_tree, dump
from support.session_builders import recorded


class Unknown(NamedTuple):
    """Looks like a form of a body, and is not one."""

    text: str = ""
    framing: str = "sse-lf"


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "decode": decode,
    "body_tree": body_tree,
    "map_body": lambda body: map_body(body, Visitor()),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_of_a_body_refuses_another_class(function: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError) as error:
        function(Unknown())
    assert str(error.value) == "Unknown is not a form of a response's body"


def test_a_recording_with_another_class_is_neither_written_nor_formatted() -> None:
    item = recorded({"model": "m"})
    response = item.response._replace(body=Unknown())  # type: ignore[arg-type]
    file = CassetteFile(("model",), (item._replace(response=response),))
    with pytest.raises(TypeError):
        dump(file)
    with pytest.raises(TypeError):
        normalize_file(file)
