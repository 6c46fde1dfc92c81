"""Events of a long stream in larger chunks, where nobody waits between them. [BODY-12]

An HTTP library and an SDK do the same work for each chunk, which is most of what a long stream
costs.
"""

from __future__ import annotations

from collections.abc import Iterator

#: So many events come one by one: what a test looks at, and what a person reads.
ALONE = 64
_SMALLEST = 512  # bytes
_LARGEST = 16 * 1024


def joined(chunks: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The chunks of a response, those after the first 64 joined; none is split."""
    if len(chunks) <= ALONE:
        return chunks
    return (*chunks[:ALONE], *_batches(chunks[ALONE:]))


def _batches(chunks: tuple[bytes, ...]) -> Iterator[bytes]:
    batch: list[bytes] = []
    size, wanted = 0, _SMALLEST
    for chunk in chunks:
        batch.append(chunk)
        size += len(chunk)
        if size >= wanted:
            yield b"".join(batch)
            batch, size, wanted = [], 0, min(2 * wanted, _LARGEST)
    if batch:
        yield b"".join(batch)
