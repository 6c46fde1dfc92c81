"""A list of stale recordings: tests whose misses are all in it are expected to fail.

``--promptecho-baseline=FILE`` lets a suite with many stale recordings switch to replay today. A
miss that is not in the list fails its test. The first run outside of CI writes the list; later
ones remove what no longer occurs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

import pytest

if TYPE_CHECKING:
    from .._checks.runs import Run

REASON = "stale recording"
_FORMAT = 1

#: The keys of the requests without a recording, by test.
Stale = Mapping[str, Collection[str]]


class Baseline:
    """The list of a run.

    Args:
        path: of the file.
        is_in_ci: whether the run is in CI, where the file is not written.

    Raises:
        pytest.UsageError: the file is no such list, or there is none in CI.
    """

    def __init__(self, path: str, *, is_in_ci: bool) -> None:
        self._path = path
        self._is_in_ci = is_in_ci
        self._known = _read(path)
        if self._known is None and is_in_ci:
            raise pytest.UsageError(
                f"--promptecho-baseline: there is no file {path}. Run the tests with this option "
                "on your machine, which writes it, and commit the file."
            )

    def expects(self, test: str, keys: Collection[str]) -> bool:
        """Whether all misses of a test are listed; a new list takes all of them."""
        if self._known is None:
            return bool(keys)
        return bool(keys) and set(keys) <= set(self._known.get(test, ()))

    def end(self, run: Run, missed: Stale) -> Iterator[str]:
        """Write the list at the end of a run; yields what the summary says.

        Args:
            run: what its tests did.
            missed: the keys of the requests that had no recording.
        """
        known = self._known
        if known is None:
            new = {test: sorted(set(keys)) for test, keys in missed.items() if keys}
            yield from self._write(new, f"{_entries(new)} written to {self._path}")
            return
        stay = {test: _left(run, missed, test, keys) for test, keys in known.items()}
        new = {test: keys for test, keys in stay.items() if keys}
        gone = _count(known) - _count(new)
        if not gone:
            return
        if self._is_in_ci:
            yield (
                f"promptecho: {gone} of {_entries(known)} of {self._path} no longer occur. Run the "
                "tests on your machine to remove them."
            )
        else:
            yield from self._write(new, f"{gone} of {_entries(known)} removed from {self._path}")

    def _write(self, stale: Mapping[str, Sequence[str]], what: str) -> Iterator[str]:
        from .._storage.files import replace

        value = {"format": _FORMAT, "stale": {test: stale[test] for test in sorted(stale)}}
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        try:
            replace(os.path.realpath(self._path), [text.encode("utf-8")])
        except OSError as error:
            yield f"promptecho: {self._path} cannot be written ({error.strerror or error})"
        else:
            yield f"promptecho: {what}"


def configured(config: pytest.Config) -> Baseline | None:
    """The list of a run; None if it has none."""
    given = config.getoption("--promptecho-baseline")
    if given is None:
        return None
    from .._base.ci import in_ci

    return Baseline(os.path.join(config.rootpath, given), is_in_ci=in_ci(os.environ))


def _left(run: Run, missed: Stale, test: str, keys: Collection[str]) -> list[str]:
    """The entries of a test that stay: those that occur, and those of which nothing is known."""
    from .._checks.runs import PASSED

    known, occurs = run.tests.get(test), missed.get(test, ())
    if known is None and run.is_whole:
        return []  # there is no such test any more
    if occurs or (known is not None and known.outcome == PASSED):
        return sorted(set(keys).intersection(occurs))
    return sorted(keys)


def _read(path: str) -> Mapping[str, Sequence[str]] | None:
    """The entries of a file; None if there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _bad(path, error.strerror or str(error)) from None
    except (ValueError, RecursionError):
        raise _bad(path, "it is not JSON") from None
    stale = value.get("stale") if isinstance(value, dict) else None
    if not isinstance(stale, dict) or value.get("format") != _FORMAT:
        raise _bad(path, f"it is not a list of stale recordings in format {_FORMAT}")
    if not all(map(_is_keys, stale.values())):
        raise _bad(path, "a member has another type")
    return stale


def _is_keys(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _bad(path: str, reason: str) -> pytest.UsageError:
    return pytest.UsageError(f"--promptecho-baseline: {path} cannot be used: {reason}")


def _count(stale: Stale) -> int:
    return sum(map(len, stale.values()))


def _entries(stale: Stale) -> str:
    count = _count(stale)
    return "1 stale recording" if count == 1 else f"{count} stale recordings"


#: The list of the run in `config.stash`, if it has one.
KEY = pytest.StashKey[Optional[Baseline]]()
