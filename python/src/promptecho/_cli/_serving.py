"""What `promptecho serve` and `promptecho run` have in common."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, Callable, TextIO

from . import _write

if TYPE_CHECKING:
    from promptecho._serve.cassettes import Report
    from promptecho._serve.server import Running, Settings

TOKEN_VARIABLE = "PROMPTECHO_SERVE_TOKEN"
_MEGABYTE = 1024 * 1024


class CannotServe(Exception):
    """Why there is no server."""


def add_server(parser: argparse.ArgumentParser) -> None:
    """The cassette, and the options of the server."""
    from ._cassette_options import add_cassette_options

    parser.add_argument("cassette", metavar="CASSETTE", help="the file; it need not exist")
    parser.add_argument(
        "--upstream",
        metavar="URL",
        action="append",
        default=[],
        help="where requests go: the first URL gets every request that names no host; others are "
        "reached by /_upstream/HOST/. NAME=URL replaces the address of a known provider",
    )
    parser.add_argument(
        "--max-body",
        metavar="MB",
        type=_megabytes,
        default=256 * _MEGABYTE,
        help="the largest body of a request, in megabytes (default: 256)",
    )
    add_cassette_options(parser)


def settings(arguments: argparse.Namespace, **more: Any) -> Settings:
    """What the server is started with.

    Raises:
        CannotServe: the extra is not installed, or an option is wrong.
    """
    from promptecho._base.errors import OptionError

    from ._cassette_options import cassette_options

    try:
        from promptecho._serve.addresses import Upstreams
        from promptecho._serve.server import Settings
    except ImportError as error:
        raise CannotServe(
            f"{error}. Install what the server needs: pip install 'promptecho[serve]'"
        ) from None
    try:
        return Settings(
            arguments.cassette,
            cassette_options(arguments),
            Upstreams.of(arguments.upstream),
            limit=arguments.max_body,
            token=os.environ.get(TOKEN_VARIABLE) or None,
            **more,
        )
    except (OptionError, ValueError) as error:
        raise CannotServe(str(error)) from None


def run_server(settings: Settings, ready: Callable[[Running], None]) -> int:
    """Serve to the end and print what happened; returns the exit status.

    Raises:
        CannotServe: the cassette cannot be used, or the address is taken.
    """
    from promptecho._base.errors import CassetteError
    from promptecho._serve.server import serve

    warnings.showwarning = _show_warning
    warnings.filterwarnings("always", category=UserWarning)
    try:
        reports = serve(settings, ready, _write.say)
    except CassetteError as error:
        raise CannotServe(str(error)) from None
    except OSError as error:
        raise CannotServe(f"cannot listen at {settings.host}:{settings.port}: {error}") from None
    return _summary(reports)


def _summary(reports: list[Report]) -> int:
    for report in reports:
        _write.say(str(report))
        if report.problem is not None and not report.missed:
            _write.say(report.problem)
    return 0 if all(report.is_good for report in reports) else 1


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning of promptecho names its cassette; the place in our code says nothing."""
    if category.__module__ == "promptecho":
        _write.say(f"warning: {message}")
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        (file or sys.stderr).write(text)


def _megabytes(text: str) -> int:
    size = int(text)
    if size < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return size * _MEGABYTE
