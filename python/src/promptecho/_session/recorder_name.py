"""What `recorded_by` says: the product that recorded a call, and the SDK that made it. [FILE-27]"""

from __future__ import annotations

import re
import sys

from .._matching.request import Prepared

#: The first product of a user agent, such as ``OpenAI/Python 3.1`` or ``google-genai-sdk/3.1``.
_NAME = r"[A-Za-z][A-Za-z0-9._-]{0,39}(?![A-Za-z0-9._-])"
_product = re.compile(rf"{_NAME}(?:/{_NAME})?").match


def recorded_by(prepared: Prepared) -> str:
    """The name and the version of this product, and the name of the SDK; it holds no secret."""
    agents = [value for name, value in prepared.sent.headers if name.lower() == "user-agent"]
    found = _product(agents[0]) if agents else None
    # The root states the version. It is loaded before each of its folders, and imported by none.
    package = sys.modules[__name__.partition(".")[0]]
    name = f"promptecho/{package.__version__}"
    if found is None or prepared.rules.redactor.looks_secret(found[0]):
        return name
    return f"{name} {found[0]}"
