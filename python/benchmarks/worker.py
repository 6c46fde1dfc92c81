"""A recorder in an environment of its own, which does what it is told, line by line.

``python -m benchmarks.worker RECORDER FOLDER LIBRARY...`` reads ``{"case": ..., **arguments}`` and
answers with what the case returns.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

from .traffic import Upstream


def main(recorder: str, folder: str, *names: str) -> None:
    """Serve until the input ends."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # for whatever else is printed
    upstream = Upstream()
    libraries = {name: upstream.install(name) for name in names}

    from .cases import Cases
    from .recorders import RECORDERS

    cases = Cases(RECORDERS[recorder](), Path(folder), upstream, libraries)
    gc.freeze()  # so that the full collection before each sample takes little time
    for line in sys.stdin:
        order = json.loads(line)
        reply = getattr(cases, order.pop("case"))(**order)
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
