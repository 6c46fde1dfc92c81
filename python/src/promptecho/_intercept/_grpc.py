"""gRPC, which no cassette records: under a block of the network no channel is made.

Its connections are not Python's, so the audit hook does not see them. A channel that was made
before the block is out of reach.
"""

from __future__ import annotations

from typing import Any, Callable

from . import Patches
from ._exchange import Gate


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Ask the gate before a channel is made."""
    for owner in (module, module.aio):
        for name in ("insecure_channel", "secure_channel"):
            patches.replace(owner, name, _asking(vars(owner)[name], gate))


def _asking(make: Callable[..., Any], gate: Gate) -> Callable[..., Any]:
    def channel(target: str, *args: Any, **kwargs: Any) -> Any:
        # A target may name how it is resolved: dns:///h:1, ipv4:1.2.3.4:5.
        gate.hold(f"grpc://{target.rpartition('/')[2]}")
        return make(target, *args, **kwargs)

    return channel
