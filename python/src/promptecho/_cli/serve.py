"""Record and replay for programs in any language: a local server in front of a cassette.

A client calls the server in place of its provider: set its base URL to the one that is printed.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptecho._serve.server import Running


def configure(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "example:\n"
        "  promptecho serve cassettes/chat.yaml --port 8765\n"
        "  OPENAI_BASE_URL=http://127.0.0.1:8765/v1 ./my-program\n"
        "\n"
        "The provider is known by the path of a request. A path may begin with\n"
        "/_cassette/NAME/ and /_upstream/HOST/. SIGTERM and Ctrl+C save the file.\n"
        "\n"
        "Exit status: 0 for success, 1 if a request had no recording or a file was not\n"
        "saved, 2 if the server could not start."
    )
    from . import _serving

    _serving.add_server(parser)
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen at; only 127.0.0.1, which is the default, and other loopback "
        "addresses cannot be reached from other machines",
    )
    parser.add_argument("--port", type=int, default=0, help="the port (default: any free one)")
    parser.add_argument(
        "--ready-file",
        metavar="FILE",
        help="write the URL of the server to this file when it accepts connections",
    )


def run(arguments: argparse.Namespace) -> int:
    from . import _serving, _write

    def ready(server: Running) -> None:
        sys.stdout.write(f"promptecho serve: {server.url}\n")
        sys.stdout.flush()
        if arguments.ready_file is not None:
            _write_whole(arguments.ready_file, f"{server.url}\n")

    try:
        settings = _serving.settings(arguments, host=arguments.host, port=arguments.port)
        return _serving.run_server(settings, ready)
    except _serving.CannotServe as error:
        _write.say(f"promptecho serve: {error}")
        return 2


def _write_whole(name: str, text: str) -> None:
    """Write a file so that nobody sees a part of it."""
    other = f"{name}.{os.getpid()}"
    with open(other, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(other, name)
