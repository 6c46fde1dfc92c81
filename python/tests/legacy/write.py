"""Record every story with promptecho 0.1.3, and note what its own replay gives.

Usage: PYTHON write.py FOLDER, where PYTHON is an interpreter with promptecho 0.1.3 in it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import promptecho
from legacy.stories import STORIES
from support.upstream import Upstream


def write(folder: Path) -> None:
    told = {}
    for name, story in STORIES.items():
        path = str(folder / f"{name}.yaml")
        with Upstream([story.answer]) as upstream:
            with promptecho.use_cassette(path):
                live = story.tell(upstream.url)
        with promptecho.use_cassette(path, mode="none"):
            told[name] = story.tell(upstream.url)
        assert told[name]["said"] == live["said"]
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    assert promptecho.__version__ == "0.1.3"
    write(Path(sys.argv[1]))
