"""Each HTTP library is intercepted by a backend of its own, which fails alone."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import promptecho
from sdk.upstream import Upstream, json_answer

STORY = """
    import sys
    import urllib.request
    import warnings

    import httpx
    import {library}
    import promptecho

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with promptecho.use_cassette("c.yaml"):
            httpx.get(sys.argv[1] + "/httpx", trust_env=False)
            urllib.request.urlopen(sys.argv[1] + "/urllib").close()
    print(*(each.message for each in caught), sep="\\n")
"""


@pytest.mark.parametrize("library", ["aiohttp", "httpx2", "requests", "urllib3"])
def test_a_library_of_an_unknown_version_is_told_and_the_others_are_seen(
    library: str, tmp_path: Path
) -> None:
    (tmp_path / f"{library}.py").write_text("__version__ = '99.0'\n", encoding="utf-8")
    with Upstream(lambda _: json_answer("ok")) as upstream:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(STORY.format(library=library)), upstream.url],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.startswith(
        f"c.yaml: calls through {library} 99.0 are not seen, since this version of it is not known "
    )
    assert done.stdout.count("\n") == 1
    with promptecho.use_cassette(tmp_path / "c.yaml", mode="none") as cassette:
        paths = [each.request.url.rpartition("/")[2] for each in cassette.interactions]
    assert paths == ["httpx", "urllib"]
