"""The `generic` dialect: any other JSON object. [NORM-2] [NORM-19]

No rule applies but the null rule: what a body means that nobody has described is not ours to say.
"""

from __future__ import annotations

from .members import Members

NAME = "generic"


def normalize(path: str, body: Members) -> Members:
    """The body without null members. [NORM-19]"""
    return {name: value for name, value in body.items() if value is not None}
