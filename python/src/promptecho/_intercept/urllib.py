"""`urllib.request`, whose calls `_http_client` sees: only a failure to connect is told again here.

Without a cassette a connection is made when the request is written, and urllib makes a `URLError`
of what fails there; with one it is made when the response is asked for, where urllib does not.
"""

from __future__ import annotations

from typing import Any

from . import Patches
from .dispatch import Gate
from .http_client import UNSENT
from .network_block import NetworkDown


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Let `urlopen` raise what it raises without a cassette."""
    handler = module.AbstractHTTPHandler
    do_open = handler.do_open

    def do_open_later(self: Any, http_class: Any, request: Any, **options: Any) -> Any:
        try:
            return do_open(self, http_class, request, **options)
        except OSError as error:
            if UNSENT in vars(error) or isinstance(error, NetworkDown):
                raise module.URLError(error) from error
            raise

    patches.replace(handler, "do_open", do_open_later)
