"""What CONTRIBUTING.md, SECURITY.md, the examples and the CI workflow name is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from test_architecture import FOLDERS

TOP = Path(__file__).resolve().parents[2]
PAGES = (
    "CONTRIBUTING.md",
    "SECURITY.md",
    "examples/README.md",
    "examples/anthropic_tools/README.md",
    "examples/fastapi_app/README.md",
    "examples/openai_chat/README.md",
)
FORMS = sorted((TOP / ".github").rglob("*.yml"))
CONTRIBUTING = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
PYPROJECT = (TOP / "python" / "pyproject.toml").read_text(encoding="utf-8")


def sessions() -> set[str]:
    """The names of the functions that are nox sessions."""
    tree = ast.parse((TOP / "noxfile.py").read_text(encoding="utf-8"))
    return {
        function.name
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
        and any(ast.unparse(each).startswith("nox.session") for each in function.decorator_list)
    }


def named_sessions(text: str) -> Iterator[str]:
    """The sessions of each command ``nox -s ...``, without Python, parameters and options."""
    for names in re.findall(r"nox -s ([^`\n]+)", text):
        own = names.partition(" -- ")[0].strip('"')
        yield from re.findall(r"([a-z_]+)(?:-3\.\d+)?(?:\([^)]*\))?", own)


def test_every_session_that_is_named_exists() -> None:
    named = set(named_sessions(CONTRIBUTING))
    assert {"tests", "sdks", "lint", "typing", "pre_commit", "bench"} <= named
    assert named <= sessions()


def test_every_file_that_a_command_names_exists() -> None:
    named = re.findall(r"(?:pytest|python|node) ((?:python|conformance)/[\w/.]+)", CONTRIBUTING)
    named += re.findall(r"-- node ([\w/.]+)", CONTRIBUTING)
    assert len(named) >= 5
    assert [name for name in named if not (TOP / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file(page: str) -> None:
    path = TOP / page
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert links
    assert [each for each in links if not (path.parent / each).exists()] == []


def test_the_map_has_the_folders_of_the_architecture_in_order() -> None:
    _, table = CONTRIBUTING.split("| folder of `python/src/promptecho` | job |\n|---|---|\n")
    rows = re.findall(r"^\| (?:`(\w+)/`|root) \|", table.partition("\n\n")[0], re.MULTILINE)
    assert tuple(rows) == FOLDERS


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md"])
def test_every_requirement_that_is_cited_exists(page: str) -> None:
    specification = (TOP / "spec" / "cassette-v2.md").read_text(encoding="utf-8")
    defined = set(re.findall(r"^- \*\*\[([A-Z0-9-]+)\]\*\*", specification, re.MULTILINE))
    cited = re.findall(r"(?<!\*)\[([A-Z]+-\d+)\](?!\*)", (TOP / page).read_text(encoding="utf-8"))
    assert cited
    assert set(cited) - {"SSE-9"} <= defined  # SSE-9 is the rule that a reader would add


def test_ci_has_the_pythons_of_the_package() -> None:
    workflow = yaml.safe_load((TOP / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    steps = workflow["jobs"]["nox"]["steps"]
    (pythons,) = [each["with"]["python-version"] for each in steps if "setup-python" in str(each)]
    assert pythons.split() == re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PYPROJECT)
    assert (TOP / steps[-1]["run"]).exists()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_every_form_is_yaml(form: Path) -> None:
    assert isinstance(yaml.safe_load(form.read_text(encoding="utf-8")), dict)
