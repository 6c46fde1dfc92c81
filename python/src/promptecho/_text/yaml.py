"""The YAML profile: how a cassette's text is written and read. [YAML-W1] to [YAML-R5]"""

from __future__ import annotations

from .yaml_reader import ends_with_marker, line_of, read
from .yaml_writer import emit, flow, name, number, quoted

__all__ = ["emit", "ends_with_marker", "flow", "line_of", "name", "number", "quoted", "read"]
