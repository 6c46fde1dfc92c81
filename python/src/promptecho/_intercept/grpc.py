"""gRPC: it cannot be recorded, but under a network block no channel can be created.

gRPC opens its connections in C, so the audit hook does not see them. A channel that was created
before the block is not stopped.
"""

from __future__ import annotations

import importlib
import re
from typing import Any

from .dispatch import Gate
from .patches import Patches

#: The resolver at the beginning of a target: dns:///h:1, ipv4:1.2.3.4:5.
_RESOLVER = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*/|(?:dns|ipv4|ipv6):")


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Ask the gate before a channel is created."""
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
