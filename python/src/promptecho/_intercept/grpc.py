"""gRPC, which no cassette records: under a block of the network no channel is made.

Its connections are not Python's, so the audit hook does not see them. A channel that was made
before the block is out of reach.
"""

from __future__ import annotations

import importlib
import re
from typing import Any

from . import Patches
from .dispatch import Gate

#: How a target says by what it is resolved: dns:///h:1, ipv4:1.2.3.4:5.
_RESOLVER = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*/|(?:dns|ipv4|ipv6):")


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Ask the gate before a channel is made, by whatever function."""
    waiting = module.aio._channel
    for owner in (waiting, importlib.import_module("grpc._channel")):
        patches.replace(owner.Channel, "__init__", _asking(owner.Channel.__init__, gate))


def _asking(make: Any, gate: Gate) -> Any:
    def init(self: Any, target: str, *args: Any, **kwargs: Any) -> None:
        if not target.startswith(("unix:", "unix-abstract:")):
            for address in _RESOLVER.sub("", target, count=1).split(","):
                gate.hold(f"grpc://{address}")
        make(self, target, *args, **kwargs)

    return init
