"""Check what was built: ``distributions.py FOLDER REPORT``.

In the folder are an sdist and the wheel that was made from it, and in its subfolder ``checkout``
the wheel that was made without an sdist. The report counts the checks, for ``count.py``.
"""

from __future__ import annotations

import email
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from checks import reported

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "spec"


def checks(folder: Path) -> Iterator[tuple[str, bool]]:
    """What has to be true of the distributions, and whether it is."""
    sdist = files_of_sdist(one(folder, "*.tar.gz"))
    wheel = files_of_wheel(one(folder, "*.whl"))
    direct = files_of_wheel(one(folder / "checkout", "*.whl"))
    data = {f"_data/{path.name}": path.read_bytes() for path in (SPEC / "data").glob("*.json")}
    schema = SPEC / "cassette-v2.schema.json"
    data[f"_data/{schema.name}"] = schema.read_bytes()
    license_text = (ROOT / "LICENSE").read_bytes()
    for name, content in data.items():
        yield (
            f"the sdist holds {name} of the specification",
            sdist.get(f"src/promptecho/{name}") == content,
        )
        yield (
            f"the wheel holds {name} of the specification",
            wheel.get(f"promptecho/{name}") == content,
        )
    yield "the sdist holds the license", sdist.get("LICENSE") == license_text
    yield "the wheel holds the license", wheel.get("dist-info/licenses/LICENSE") == license_text
    yield "the wheel is typed", "promptecho/py.typed" in wheel
    yield "a wheel from the sdist is like one from the checkout", wheel == direct
    for what, text in (("sdist", sdist["PKG-INFO"]), ("wheel", wheel["dist-info/METADATA"])):
        metadata = email.message_from_bytes(text)
        yield f"the {what} names its license", metadata["License-Expression"] == "MIT"
        yield f"the {what} names the license's file", metadata["License-File"] == "LICENSE"
        yield f"the {what} names its authors", metadata["Author"] == "promptecho maintainers"


def one(folder: Path, pattern: str) -> Path:
    """The one file of its kind."""
    (found,) = folder.glob(pattern)
    return found


def files_of_sdist(path: Path) -> dict[str, bytes]:
    """The files of an sdist, without its folder's name."""
    with tarfile.open(path) as archive:
        members = [member for member in archive if member.isfile()]
        return {member.name.partition("/")[2]: read(archive, member) for member in members}


def read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The content of a file in an archive."""
    file = archive.extractfile(member)
    assert file is not None
    return file.read()


def files_of_wheel(path: Path) -> dict[str, bytes]:
    """The files of a wheel; the folder of its metadata is ``dist-info``, its record is sorted."""
    with zipfile.ZipFile(path) as archive:
        files = {plain_name(name): archive.read(name) for name in archive.namelist()}
    record = "dist-info/RECORD"
    return {**files, record: b"\n".join(sorted(files[record].splitlines()))}


def plain_name(name: str) -> str:
    """A name in a wheel, without the project's name and version."""
    folder, _, rest = name.partition("/")
    return f"dist-info/{rest}" if folder.endswith(".dist-info") else name


if __name__ == "__main__":
    folder, report = map(Path, sys.argv[1:])
    sys.exit(reported(checks(folder), report))
