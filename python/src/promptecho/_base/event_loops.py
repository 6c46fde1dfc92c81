"""Whether an event loop runs in this thread."""

from __future__ import annotations

import sys
from typing import Any


def running_loop() -> Any:
    """The event loop of asyncio that runs in this thread, or None; asyncio is not imported."""
    asyncio = sys.modules.get("asyncio")
    return asyncio and asyncio._get_running_loop()
