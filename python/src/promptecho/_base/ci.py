"""Whether this process runs in CI, where nothing is recorded and nothing is accepted. [MODE-8]"""

from __future__ import annotations

from collections.abc import Mapping

from .spec_data import data


def in_ci(environ: Mapping[str, str]) -> bool:
    """Whether a variable of CI services is true (`ci-variables.json`); ``CI=false`` is not."""
    known = data("ci-variables")
    values = (environ.get(row["name"], "") for row in known["variables"])
    return any(value.strip().lower() not in known["false_values"] for value in values)
