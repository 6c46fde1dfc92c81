"""The tables of made-up secrets, and of harmless texts that look a little like secrets."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "redaction" / "secrets"


@cache
def table(name: str) -> dict[str, Any]:
    """One of the tables, by the name of its file without ``.json``."""
    loaded: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def secrets() -> dict[str, str]:
    """A made-up credential of each shape of the spec's list, by its name."""
    return {row["name"]: "".join(row["pieces"]) for row in table("shapes")["shapes"]}
