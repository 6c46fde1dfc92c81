"""How Sphinx builds the documentation: ``nox -s docs``.

The source folder is the root of the repository, so each link works both here and where the
repository is browsed. Links between pages, and their anchors, are checked. Nothing is fetched, so
links to other hosts are not checked.
"""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS / "_ext"))

project = "promptecho"
author = "promptecho maintainers"
extensions = ["myst_parser", "evidence", "folders", "requirements"]
templates_path = ["_templates"]
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "conformance/*.md",
    "docs/*.md",
    "examples/**.md",
    "js/README.md",
    "python/benchmarks/RESULTS.md",
    "spec/*.md",
]
exclude_patterns = [".*", "build", "dist", "python/src", "python/tests", "python/[.]*"]

nitpicky = True
myst_heading_anchors = 4
suppress_warnings = ["toc.not_included"]  # pages of examples/ are reached from the README
html_theme = "furo"
html_title = "promptecho"
