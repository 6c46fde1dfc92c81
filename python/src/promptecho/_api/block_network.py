"""The door to a blocked network: `block_network`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from .._intercept import process
from .._intercept.network_block import Block


@contextmanager
def block_network(*, allowed_hosts: Iterable[str] = ()) -> Iterator[None]:
    """Let nothing leave this process in a ``with`` block but what a cassette allows.

    A call through an HTTP library, a connection, a datagram to an address and a look-up of a name
    raise `NetworkBlocked`, save where an open cassette records them. Other programs on this machine
    are out of reach, too; Unix sockets are left alone. The first block of a process installs an
    audit hook, which stays, and does nothing between blocks.

    Args:
        allowed_hosts: patterns of hosts that may be reached all the same, of the form of
            ``passthrough`` of `use_cassette` (spec section "Passthrough").

    Raises:
        OptionError: `option.value`, a pattern is none.
        NetworkBlocked: in the block; and at its end, if something swallowed it there.
    """
    block = Block(allowed_hosts)
    process.begin_block(block)
    try:
        yield
    finally:
        process.end_block(block)
    if block.raised:  # swallowed, or we would not be here
        raise block.raised[0]
