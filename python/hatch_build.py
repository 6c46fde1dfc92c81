"""Ship the schema and the lists of `spec` in the package, where the code looks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SpecData(BuildHookInterface):  # type: ignore[type-arg]
    """A wheel or sdist made in a checkout takes the data along; one made from an sdist has it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        data = Path(self.root).parent / "spec" / "data"
        if data.is_dir() and version != "editable":
            place = "promptecho/_data" if self.target_name == "wheel" else "src/promptecho/_data"
            build_data["force_include"][str(data)] = place
            schema = data.parent / "cassette-v2.schema.json"
            build_data["force_include"][str(schema)] = f"{place}/{schema.name}"
