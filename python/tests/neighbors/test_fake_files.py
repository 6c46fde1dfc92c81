"""pyfakefs: a cassette is in the real file system, in whichever order the two begin and end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyfakefs.fake_filesystem_unittest import Patcher

import promptecho
from support.clients import post_httpx
from support.upstream import Upstream

IN_A_TEST = """
import os
import pytest
from support.clients import post_httpx

@pytest.mark.promptecho(path={path!r}, mode={mode!r})
def test_cassette_first(promptecho_cassette, fs):
    fs.create_file("/made/by/the/test")
    assert post_httpx({url!r}, "hello") == "hello"
    assert os.listdir("/made/by/the") == ["test"]

@pytest.mark.promptecho(path={path!r} + ".2", mode={mode!r})
def test_files_first(fs, request):
    cassette = request.getfixturevalue("promptecho_cassette")
    assert post_httpx({url!r}, "hello") == "hello"
"""


def open_descriptors() -> list[int]:
    names = os.listdir("/proc/self/fd")
    return [int(name) for name in names if os.path.exists(f"/proc/self/fd/{name}")]


@pytest.fixture(autouse=True)
def warm() -> None:
    """pyfakefs cannot start a subprocess, and trio starts one when it is imported."""
    pytest.importorskip("trio")


@pytest.mark.parametrize("mode", ["once", "none"])
@pytest.mark.parametrize("order", ["files inside", "files outlive it", "cassette inside"])
def test_it_records_and_replays(order: str, mode: str, upstream: Upstream, path: Path) -> None:
    if mode == "none":
        with promptecho.use_cassette(path):
            post_httpx(upstream.url, "hello")
    before = open_descriptors()
    use, patcher = promptecho.use_cassette(path, mode=mode), Patcher()
    if order == "files inside":
        with use, patcher:
            assert post_httpx(upstream.url, "hello") == "hello"
    elif order == "cassette inside":
        with patcher, use:
            assert post_httpx(upstream.url, "hello") == "hello"
    else:
        use.__enter__()
        with patcher:
            assert post_httpx(upstream.url, "hello") == "hello"
            use.__exit__(None, None, None)
    assert set(before) <= set(open_descriptors())
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert "hello" in path.read_text(encoding="utf-8")
    assert len(upstream.calls) == 1


def test_the_import_system_is_as_before(upstream: Upstream, path: Path) -> None:
    before = list(sys.meta_path)
    use = promptecho.use_cassette(path)
    with Patcher():
        use.__enter__()
        post_httpx(upstream.url, "hello")
    use.__exit__(None, None, None)  # it was opened inside and is closed outside
    assert sys.meta_path == before
    assert "hello" in path.read_text(encoding="utf-8")


def test_both_fixtures_in_one_test(pytester: pytest.Pytester, upstream: Upstream) -> None:
    cassette = str(pytester.path / "c.yaml")
    for mode in ("once", "none"):
        pytester.makepyfile(IN_A_TEST.format(path=cassette, mode=mode, url=upstream.url))
        result = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider"],
            cwd=pytester.path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
        )
        assert "2 passed" in result.stdout, result.stdout + result.stderr
    assert len(upstream.calls) == 2
