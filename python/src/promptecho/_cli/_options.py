"""Options that several commands have."""

from __future__ import annotations

import argparse


def add_findings(parser: argparse.ArgumentParser) -> None:
    """How a command prints what it finds."""
    parser.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default="text",
        help="how to print findings (default: text)",
    )
    parser.add_argument("--strict", action="store_true", help="treat warnings as errors")
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="print errors only, without a summary"
    )


def add_suite(parser: argparse.ArgumentParser) -> None:
    """The files of a suite, and the notes of its runs."""
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        default=["."],
        help="cassettes, folders or globs, with the tests that use them (default: this folder)",
    )
    parser.add_argument(
        "--run",
        metavar="FILE",
        nargs="+",
        help="notes of a run; those of several shards are joined (default: .promptecho/run.json)",
    )
