"""`urllib.request`: `http_client` sees its calls; this module restores its connection errors.

urllib turns an `OSError` into a `URLError` while it sends the request. With a cassette, the
connection is made later, in `getresponse`, where urllib does not convert errors.
"""

from __future__ import annotations

from typing import Any

from .dispatch import Gate
from .http_client import UNSENT
from .network_block import NetworkDown
from .patches import Patches


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Let `urlopen` raise the exceptions that it raises without a cassette."""
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
