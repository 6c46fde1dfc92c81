"""What `promptecho` itself offers: its names, its version, and errors that callers can catch."""

from __future__ import annotations

import ast
import importlib
import pickle
import pkgutil
import re
from importlib.metadata import version
from pathlib import Path

import pytest

import promptecho
from support.paths import ROOT

PACKAGE = Path(promptecho.__file__).parent
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def test_the_installed_version_is_that_of_the_module() -> None:
    assert version("promptecho") == promptecho.__version__


def test_the_version_is_stated_in_one_place() -> None:
    project = PYPROJECT.read_text(encoding="utf-8")
    assert promptecho.__version__ not in project
    assert 'dynamic = ["version"]\n' in project
    assert '[tool.hatch.version]\npath = "src/promptecho/_version.py"\n' in project
    stating = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if f'"{promptecho.__version__}"' in path.read_text(encoding="utf-8")
    ]
    assert stating == ["_version.py"]


@pytest.mark.parametrize(
    "name", ["Interaction", "RecordedRequest", "RecordedResponse", "Difference"]
)
def test_what_the_api_returns_has_a_public_name(name: str) -> None:
    assert name in promptecho.__all__
    assert getattr(promptecho, name).__name__ == name


def test_a_bad_option_is_a_cassette_error_and_a_value_error() -> None:
    assert issubclass(promptecho.OptionError, promptecho.CassetteError)
    assert issubclass(promptecho.OptionError, ValueError)
    with pytest.raises(ValueError, match=r"mode is 'onse'") as caught:
        promptecho.use_cassette("c.yaml", mode="onse")  # type: ignore[arg-type]
    assert type(caught.value) is promptecho.OptionError


def test_an_option_error_stays_one_when_it_is_pickled() -> None:
    error = promptecho.OptionError("option.value", "mode is 'onse'", "Use once.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is promptecho.OptionError
    assert (str(again), again.code) == (str(error), "option.value")


def test_every_error_with_an_option_code_is_an_option_error() -> None:
    raising = {
        call.func.id
        for path in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and str(argument.value).startswith("option.")
    }
    assert raising == {"OptionError"}


def exceptions() -> list[type[BaseException]]:
    """Every exception class of the package that says that it belongs to `promptecho`."""
    for module in pkgutil.walk_packages(promptecho.__path__, "promptecho."):
        # What `_serve` needs is an extra; it has no public name.
        if not module.name.endswith("__main__") and "._serve." not in module.name:
            importlib.import_module(module.name)
    found, left = set(), [BaseException]
    while left:
        known = left.pop()
        left += known.__subclasses__()
        if known.__module__ == "promptecho" and "_is_twin" not in vars(known):
            found.add(known)
    return sorted(found, key=lambda each: each.__name__)


def test_every_public_error_is_exported_documented_and_pickled_by_its_name() -> None:
    kinds = exceptions()
    guide = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", guide.partition("## All errors")[2], re.MULTILINE)
    assert sorted(listed) == [kind.__name__ for kind in kinds]
    for kind in kinds:
        assert kind.__name__ in promptecho.__all__
        assert getattr(promptecho, kind.__name__) is kind
        assert pickle.loads(pickle.dumps(kind)) is kind
