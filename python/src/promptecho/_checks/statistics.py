"""What cassettes hold, in numbers: size, base64, duplicates, models, tokens, age. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from .._base.model import CassetteFile, Interaction
from .._views.recording import Recording, recording
from .answer_digest import answer_digest

#: A run of so many characters is data and no word; a hash in hexadecimal digits is shorter.
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{100,}={0,2}|[A-Za-z0-9_-]{100,}={0,2}")
#: So many files are listed.
_LARGEST = 10


class FileFacts(NamedTuple):
    """One cassette.

    Attributes:
        size: of the file, in bytes.
        base64: how many of them are base64: whole bodies, and images, sounds and vectors in JSON.
        recordings: in order.
    """

    path: str
    size: int
    base64: int
    recordings: tuple[RecordingFacts, ...]


class RecordingFacts(NamedTuple):
    """One recording.

    Attributes:
        digest: the same for recordings with the same key and the same answer.
        size: of the answer, in bytes.
        input: tokens that the request cost.
        output: tokens that the answer cost.
    """

    digest: bytes
    size: int
    model: str
    input: int
    output: int
    recorded_at: str


class ModelFacts(NamedTuple):
    """What a model was used for."""

    name: str
    recordings: int
    input: int
    output: int


class LargeFile(NamedTuple):
    """One of the largest files, and the number of the recording with the largest answer."""

    path: str
    size: int
    recordings: int
    largest: int | None
    largest_size: int


class Statistics(NamedTuple):
    """All cassettes.

    Attributes:
        size: of the files, in bytes.
        base64: how many of them are base64.
        duplicates: recordings with the key and the answer of another one.
        in_one_file: how many of them are in the file of the other one.
        input: tokens of all requests.
        output: tokens of all answers.
        dated: recordings that say when they were made.
        oldest: when the first of them was made; empty if none says so.
        newest: when the last of them was made.
        models: those with the most recordings first.
        largest: the largest ten files.
    """

    files: int
    recordings: int
    size: int
    base64: int
    duplicates: int
    in_one_file: int
    input: int
    output: int
    dated: int
    oldest: str
    newest: str
    models: tuple[ModelFacts, ...]
    largest: tuple[LargeFile, ...]


def facts(path: str, data: bytes, file: CassetteFile) -> FileFacts:
    """What is counted of one cassette.

    Args:
        path: of the file.
        data: the bytes of the file.
        file: what it says.
    """
    return FileFacts(
        path,
        len(data),
        sum(len(found[0]) for found in _BASE64.finditer(data)),
        tuple(_of_recording(number, item) for number, item in enumerate(file.interactions, 1)),
    )


def statistics(files: Iterable[FileFacts]) -> Statistics:
    """What several cassettes hold together."""
    known = list(files)
    items = [item for file in known for item in file.recordings]
    dates = sorted((item.recorded_at for item in items if item.recorded_at), key=_without_zone)
    return Statistics(
        len(known),
        len(items),
        sum(file.size for file in known),
        sum(file.base64 for file in known),
        _repeated(items),
        sum(_repeated(file.recordings) for file in known),
        sum(item.input for item in items),
        sum(item.output for item in items),
        len(dates),
        dates[0] if dates else "",
        dates[-1] if dates else "",
        _models(items),
        tuple(_large(file) for file in sorted(known, key=_by_size)[:_LARGEST]),
    )


def _of_recording(number: int, item: Interaction) -> RecordingFacts:
    view = recording(number, item)
    usage = view.answered.usage if view.answered else None
    into, out = (usage.input or 0, usage.output or 0) if usage else (0, 0)
    return RecordingFacts(answer_digest(item), view.size, _model(view), into, out, view.recorded_at)


def _without_zone(time: str) -> str:
    """A time such that texts are in the order of times: fractions are of any length."""
    return time.rstrip("Z")


def _model(view: Recording) -> str:
    return view.asked.model or (view.answered.model if view.answered else "")


def _repeated(items: Iterable[RecordingFacts]) -> int:
    counts = Counter(item.digest for item in items)
    return sum(count - 1 for count in counts.values())


def _models(items: Iterable[RecordingFacts]) -> tuple[ModelFacts, ...]:
    found: dict[str, list[RecordingFacts]] = {}
    for item in items:
        if item.model:
            found.setdefault(item.model, []).append(item)
    rows = (
        ModelFacts(name, len(those), sum(x.input for x in those), sum(x.output for x in those))
        for name, those in found.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.recordings, row.name)))


def _by_size(file: FileFacts) -> tuple[int, str]:
    return -file.size, file.path


def _large(file: FileFacts) -> LargeFile:
    sizes = [item.size for item in file.recordings]
    largest = max(sizes, default=0)
    number = sizes.index(largest) + 1 if sizes else None
    return LargeFile(file.path, file.size, len(sizes), number, largest)
