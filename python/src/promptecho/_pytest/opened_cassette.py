"""The cassette of one test: opened, watched in each phase of the test, and closed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NoReturn

import pytest

from .._api.use_cassette import use_cassette
from .._base.errors import CassetteError
from .._base.printable import printable_lines
from .._base.warnings import RecordedErrorResponse
from .._session.cassette import Cassette
from .._session.miss import CassetteMiss
from .._session.open_cassette import OpenCassette
from .._session.options import Options
from .._session.raised_errors import carries
from .cassette_paths import MARKER, Claims, fault_of_path, marked
from .settings import KEY as SETTINGS

# pytest leaves the frames of this module out of tracebacks.
__tracebackhide__ = True

# Files that are not the caller's: promptecho, the standard library, code without a file.
_NOT_CALLERS = (
    os.path.dirname(os.path.dirname(__file__)) + os.sep,
    os.path.dirname(os.__file__) + os.sep,
    "<",
)


_LONG_PATH = 100  # characters that a message shows


class Opened:
    """The open cassette of a test, and the errors of the test so far.

    It stays open while fixtures are torn down, because they may make calls too. A miss that the
    body of the test swallowed fails the test, so it is looked for when the body has ended.
    """

    def __init__(self, item: pytest.Item, claims: Claims, defaults: object) -> None:
        place = claims.claim(item)
        self._claims, self._path = claims, claims.path(place)
        conflict = claims.conflict(place)
        if conflict is not None:
            _fail(conflict)
        given = _options(item, defaults)
        try:
            self._use = use_cassette(self._path, **given)
            self._use._sharing = claims.sharing(self._path)
            self.cassette: Cassette = self._use.__enter__()
        except CassetteError as error:
            _fail(f"{item.nodeid}: {error}")
        self.is_closed = False
        self._test = item.nodeid
        self._full_trace = bool(item.config.getoption("fulltrace"))
        self._open_cassette: OpenCassette = self.cassette._opened
        self._error: BaseException | None = None
        self._seen = 0

    def ended(self, error: BaseException | None) -> None:
        """A phase of the test has ended.

        Args:
            error: the exception that the phase raised, or None.

        Raises:
            CassetteMiss, RecordedErrorResponse, CassetteError: one that the phase swallowed.
            Warning: a warning of promptecho that the user's filters turned into an error.
        """
        swallowed = self._swallowed(error)
        for each in (error, swallowed):
            if isinstance(each, (CassetteMiss, RecordedErrorResponse)) and not self._full_trace:
                _end_at_caller(each)
        self._error = next((e for e in (self._error, swallowed, error) if e is not None), None)
        interrupted = isinstance(error, (KeyboardInterrupt, pytest.exit.Exception))
        if swallowed is not None and not interrupted:
            raise swallowed

    def abandon(self) -> None:
        """Close a cassette that saw no request, without a trace."""
        self.is_closed = True
        self._use._abandon()

    def close(self) -> None:
        """Close the cassette.

        Raises:
            pytest.fail.Exception: the file could not be written.
        """
        self.is_closed = True
        # `ended` has raised what was swallowed; this keeps `OpenCassette.close` from raising it.
        error = (
            self._error
            if self._error is not None
            else next(iter(self._open_cassette.raised.errors), None)
        )
        if error is not None:
            self._claims.failed(self._path)
        try:
            self._use.__exit__(None if error is None else type(error), error, None)
        except CassetteError as unwritten:
            self._claims.failed(self._path)
            _fail(f"{self._test}: {unwritten}")
        except BaseException:  # what child processes have swallowed
            self._claims.failed(self._path)
            raise

    def _swallowed(self, error: BaseException | None) -> BaseException | None:
        raised = self._open_cassette.raised.errors[self._seen :]
        self._seen += len(raised)
        if any(carries(error, each) for each in raised):
            return None
        held = self._open_cassette.warnings.held if error is None and self._error is None else []
        return next(iter([*raised, *held]), None)


def _end_at_caller(error: BaseException) -> None:
    """Cut a traceback after the caller's last frame, before those of libraries and promptecho."""
    last, place = None, error.__traceback__
    while place is not None:
        if _is_callers(place.tb_frame.f_code.co_filename):
            last = place
        place = place.tb_next
    if last is not None:
        last.tb_next = None


def _is_callers(filename: str) -> bool:
    return not filename.startswith(_NOT_CALLERS) and "site-packages" not in filename


# Options


def _options(item: pytest.Item, defaults: object) -> dict[str, Any]:
    """The options of a test, from its markers, else the fixture, else the run."""
    settings = item.config.stash[SETTINGS]
    given: dict[str, Any] = {"match_on": settings.match_on or None}
    given.update(settings.keys)
    given.update(_checked_defaults(item, defaults))
    given.update(_checked_marker(item))
    return given


def _checked_marker(item: pytest.Item) -> dict[str, Any]:
    for marker in item.iter_markers(MARKER):
        if marker.args:
            _fail(
                f"{item.nodeid}: the marker promptecho takes options by name only, such as "
                f"path={marker.args[0]!r}"
            )
    given = marked(item)
    is_named = "path" in given
    path = given.pop("path", "")
    if not isinstance(path, (str, os.PathLike)):
        _fail(f"{item.nodeid}: path of the marker promptecho is {path!r}; it must be a path")
    fault = fault_of_path(item, os.fspath(path)) if is_named else None
    if fault is not None:
        shown = repr(os.fspath(path))
        shown = shown if len(shown) < _LONG_PATH else f"{shown[:_LONG_PATH]}..."
        _fail(
            f"{item.nodeid}: path of the marker promptecho is {shown}; it {fault}\n"
            "Name a file, by its path from the folder of the test's module, such as "
            "path='cassettes/login.yaml'."
        )
    _check_names(item, given, "the marker promptecho", ("path", *Options._fields))
    return given


def _checked_defaults(item: pytest.Item, defaults: object) -> Mapping[str, Any]:
    if not isinstance(defaults, Mapping):
        _fail(f"{item.nodeid}: the fixture promptecho_options is {defaults!r}; it must be a dict")
    _check_names(item, defaults, "the fixture promptecho_options", Options._fields)
    return defaults


def _check_names(
    item: pytest.Item, given: Mapping[str, Any], place: str, known: tuple[str, ...]
) -> None:
    for name in given:
        if name not in known:
            _fail(f"{item.nodeid}: {place} has no option {name}\nOptions are: {', '.join(known)}.")


def _fail(text: str) -> NoReturn:
    raise pytest.fail.Exception(printable_lines(text), pytrace=False) from None
