"""`block_network`: no call leaves the process unless a cassette records it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from .._intercept import process
from .._intercept.network_block import Block


@contextmanager
def block_network(*, allowed_hosts: Iterable[str] = ()) -> Iterator[None]:
    """Block the network in a ``with`` block, except for calls that an open cassette records.

    HTTP calls, connections, datagrams to an address and name lookups raise `NetworkBlocked`.
    Connections to programs on this machine are blocked too; Unix sockets are not. The first block
    of a process adds an audit hook; Python cannot remove it, and it does nothing between blocks.

    Args:
        allowed_hosts: patterns of hosts that calls may reach, in the form of ``passthrough`` of
            `use_cassette` (spec section "Passthrough").

    Raises:
        OptionError: a pattern is not valid.
        NetworkBlocked: in the block. One that is swallowed there is raised again at its end.
    """
    block = Block(allowed_hosts)
    process.begin_block(block)
    try:
        yield
    finally:
        process.end_block(block)
    if block.raised:  # something in the block has swallowed it
        raise block.raised[0]
