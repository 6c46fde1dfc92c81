"""Record two calls to a local server, shut it down, and replay them from disk.

The demo needs no key and no network, and takes about a second.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep",
        metavar="PATH",
        type=Path,
        help="write the cassette to this folder and keep it",
    )


def run(arguments: argparse.Namespace) -> int:
    from promptecho._cli._demo import demo

    return demo(sys.stdout.write, keep=arguments.keep)
