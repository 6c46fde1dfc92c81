"""Where a recording comes from: what its members say, and what its checksum shows. [FILE-27]"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from .._base.model import Interaction
from .._bodies.checksum import checksum

#: How a recording came to be what it is.
Kind = Literal["recorded", "accepted", "edited", "synthetic", "imported"]
KINDS: tuple[str, ...] = get_args(Kind)

#: The `origin` of an answer that no server has sent [FILE-35].
SYNTHETIC = "synthetic"


class Origin(NamedTuple):
    """Where a recording comes from.

    Attributes:
        kind: `recorded` by a call; `accepted` for another request than it was recorded for;
            `edited` by hand, so its answer is not the one that was stored; `synthetic`, which no
            server has sent; `imported` from another file.
        source: what it was made from; empty if it was recorded.
        recorder: the product and the version that recorded it; empty if it is not known.
        sdk: the product that made the call; empty if it is not known.
    """

    kind: Kind
    source: str = ""
    recorder: str = ""
    sdk: str = ""


def origin_of(item: Interaction) -> Origin:
    """Where a recording comes from.

    A synthetic answer stays one if it is edited. An edit of an imported or accepted recording
    counts first: its answer is nobody's.
    """
    source = item.provenance.origin or ""
    recorder, _, sdk = (item.provenance.recorded_by or "").partition(" ")
    return Origin(_kind(item, source), source, recorder, sdk)


def is_synthetic(source: str) -> bool:
    """Whether an `origin` says that no server has sent the answer [FILE-35]."""
    return source == SYNTHETIC or source.startswith(f"{SYNTHETIC} ")


def _kind(item: Interaction, source: str) -> Kind:
    if is_synthetic(source):
        return "synthetic"
    if _is_edited(item):
        return "edited"
    if source:
        return "imported"
    return "accepted" if item.provenance.accepted is not None else "recorded"


def _is_edited(item: Interaction) -> bool:
    response = item.response
    if response is None or response.checksum is None:
        return False
    return response.checksum != checksum(response.body)
