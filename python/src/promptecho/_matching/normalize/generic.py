"""The `generic` dialect: any other JSON object. [NORM-2] [NORM-19]

No rule applies but the null rule: what a body means that nobody has described is not ours to say.
"""

from __future__ import annotations

from .canonical import in_order
from .members import Members


def normalize(path: str, body: Members) -> Members:
    """The body without null members, in order. [NORM-15] [NORM-19]"""
    return in_order({name: value for name, value in body.items() if value is not None})
