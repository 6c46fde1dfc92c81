"""`Options` is the table of options; what Python's typing makes us repeat says the same."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any, get_args

import pytest

import promptecho
from promptecho._api import use_cassette as api
from promptecho._pytest import settings
from promptecho._session import options
from promptecho._session.modes import Mode, ModeName
from promptecho._session.options import Options

#: The options whose values are names -> these names.
NAMED: dict[str, tuple[str, ...]] = {
    "mode": get_args(ModeName),
    "on_record_error": get_args(options.OnRecordError),
    "on_drift": get_args(options.OnDrift),
    "on_exhausted": get_args(options.OnExhausted),
    "on_secret": get_args(options.OnSecret),
    "prefix": get_args(options.Prefix),
    "scope": get_args(options.Scope),
}


def signature() -> dict[str, inspect.Parameter]:
    """The keyword parameters of `use_cassette`."""
    parameters = inspect.signature(promptecho.use_cassette).parameters
    return {name: p for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}


def typed_dict() -> dict[str, str]:
    """The members of `CassetteOptions`, which only type checkers see, and their types."""
    (found,) = (
        node
        for node in ast.walk(ast.parse(inspect.getsource(api)))
        if isinstance(node, ast.ClassDef) and node.name == "CassetteOptions"
    )
    members = (node for node in found.body if isinstance(node, ast.AnnAssign))
    return {ast.unparse(node.target): ast.unparse(node.annotation) for node in members}


def documented() -> dict[str, str]:
    """The arguments that the docstring of `use_cassette` lists, and what it says of them."""
    text = inspect.getdoc(promptecho.use_cassette) or ""
    arguments = text.partition("\nArgs:\n")[2].partition("\nReturns:\n")[0]
    found = re.split(r"^    (\w+): ", arguments, flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2]))


def test_the_signature_has_the_options_in_their_order() -> None:
    assert list(signature()) == list(Options._fields)


def test_the_signature_has_the_defaults_of_the_options() -> None:
    defaults: dict[str, Any] = {name: p.default for name, p in signature().items()}
    assert options.options(defaults) == Options()


def test_the_typed_dict_has_the_names_and_types_of_the_signature() -> None:
    assert typed_dict() == {name: p.annotation for name, p in signature().items()}


def test_every_option_has_a_check() -> None:
    assert list(options._CHECKS) == list(Options._fields)


def test_the_documentation_lists_the_options_in_their_order() -> None:
    assert list(documented()) == ["path", *Options._fields]


@pytest.mark.parametrize("name", NAMED)
def test_every_value_of_a_named_choice_is_documented(name: str) -> None:
    for value in NAMED[name]:
        assert f"``{value}``" in documented()[name]


@pytest.mark.parametrize("name", NAMED)
def test_a_type_checker_and_the_check_know_the_same_values(name: str) -> None:
    for value in NAMED[name]:
        assert options.options({name: value})._asdict()[name] == value
    with pytest.raises(promptecho.OptionError) as caught:
        options.options({name: "no such value"})
    assert caught.value.remedy == f"It must be one of {', '.join(NAMED[name])}."


def test_the_modes_have_one_set_of_names() -> None:
    assert get_args(ModeName) == tuple(Mode) == settings.MODES
