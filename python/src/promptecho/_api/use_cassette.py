"""`use_cassette` and `Recorder`, which open a cassette and close it again.

By default, a process has one open cassette at a time. It answers the calls of all threads and event
loops, because the patches of HTTP libraries apply to the whole process.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, TypeVar, cast

from .._session.options import Options, options
from .._session.sharing import ALONE
from . import test_run
from .opening import Opening

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import TypedDict, Unpack

    from .._session.cassette import Cassette
    from .._session.modes import Mode, ModeName
    from .._session.options import OnDrift, OnExhausted, OnRecordError, OnSecret, Prefix, Scope

    class CassetteOptions(TypedDict, total=False):
        """The keyword options of `use_cassette`, for `Recorder`."""

        mode: Mode | ModeName | None
        match_on: Sequence[str] | None
        on_record_error: OnRecordError
        on_drift: OnDrift
        on_exhausted: OnExhausted
        on_secret: OnSecret
        match_host: bool | None
        match_headers: Iterable[str] | None
        redact_query: Iterable[str] | None
        ignore_query: Iterable[str] | None
        keep_query: Iterable[str] | None
        redact_members: Iterable[str] | None
        keep_members: Iterable[str] | None
        redact_patterns: Iterable[str] | None
        passthrough: Iterable[str]
        redact_headers: Iterable[str]
        keep_headers: Iterable[str]
        record_timing: bool
        replay_timing: bool
        speed: float | None
        faults: Sequence[Mapping[str, Any]]
        fast_retries: bool
        prefix: Prefix
        fuzzy: float | None
        scope: Scope


Decorated = TypeVar("Decorated", bound="Callable[..., Any] | type")


def use_cassette(
    path: str | os.PathLike[str],
    *,
    mode: Mode | ModeName | None = None,
    match_on: Sequence[str] | None = None,
    on_record_error: OnRecordError = "warn",
    on_drift: OnDrift = "warn",
    on_exhausted: OnExhausted = "repeat",
    on_secret: OnSecret = "redact",
    match_host: bool | None = None,
    match_headers: Iterable[str] | None = None,
    redact_query: Iterable[str] | None = None,
    ignore_query: Iterable[str] | None = None,
    keep_query: Iterable[str] | None = None,
    redact_members: Iterable[str] | None = None,
    keep_members: Iterable[str] | None = None,
    redact_patterns: Iterable[str] | None = None,
    passthrough: Iterable[str] = (),
    redact_headers: Iterable[str] = (),
    keep_headers: Iterable[str] = (),
    record_timing: bool = False,
    replay_timing: bool = False,
    speed: float | None = None,
    faults: Sequence[Mapping[str, Any]] = (),
    fast_retries: bool = False,
    prefix: Prefix = "any",
    fuzzy: float | None = None,
    scope: Scope = "process",
) -> UseCassette:
    """Record the HTTP calls of a block to a cassette, or replay them from it.

    Use it as a context manager (``with`` or ``async with``), or as a decorator of a function, a
    coroutine function, a generator or async generator function, or a test class. In a test class,
    each method ``test*`` gets a cassette of its own, ``<name>.<method>.yaml``. Inherited methods
    are included; methods that are decorated themselves are not.

    The options from `match_on` and `match_host` to `redact_patterns` are written into the file. If
    you leave one out, that of the file holds; an empty list is not left out.

    Args:
        path: the cassette file; a relative one is relative to the working directory on entry, and
            under pytest to the folder of the test file.
        mode: ``once``, ``none``, ``new_episodes`` or ``all`` (spec section "Modes"), ``missing``
            (record what has no recording, in its place, if the block succeeds) or ``verify``
            (replay, and compare with live calls). The environment variable ``PROMPTECHO_MODE``
            overrides it. If you leave it out, it is ``once``; under pytest it is that of the run,
            which is ``none`` in CI (see `promptecho.pytest_plugin`).
        match_on: the members of the canonical body to match; ``["*"]`` means all. The default is
            the list in the file, or for a new file the spec's list (spec section "Matching").
        on_record_error: what to do with a response of status 400 or above while recording:
            ``warn`` and record it, ``raise`` `RecordedErrorResponse`, or ``record`` it without a
            warning.
        on_drift: what to do when a request differs from its recording outside the matched members:
            ``warn``, ``ignore``, or ``raise`` (a `CassetteMiss`).
        on_exhausted: what to do when all recordings of a request have been played: ``repeat`` the
            last one, or ``miss``.
        on_secret: what to do with text that looks like a credential: ``redact`` it and warn,
            ``warn`` and store it, or ``raise`` a `CassetteError`.
        match_host: whether the host and its port are matched.
        match_headers: request headers that are matched; the file holds digests of their values.
        redact_query: query parameters to redact; they are not matched.
        ignore_query: query parameters that change with every call; they are redacted and not
            matched.
        keep_query: query parameters to store as they are written, instead of as a digest. A name
            of the spec's secret or volatile lists is matched then. ``["*"]`` means all names
            that are in no list (spec section "URLs").
        redact_members: more members of JSON and form bodies to redact.
        keep_members: members of JSON and form bodies that are redacted by default, to be kept.
        redact_patterns: more regular expressions to redact, in any text.
        passthrough: more hosts whose calls pass through and are not recorded: ``host``,
            ``host:port``, ``host/path``, with ``*`` for any characters (spec section
            "Passthrough").
        redact_headers: more response headers to redact.
        keep_headers: response headers to store that are dropped by default, such as ``server``.
        record_timing: write ``recorded_at``, ``recorded_by`` and ``delays_ms`` (milliseconds) into
            new recordings.
        replay_timing: replay streams at the pace of their ``delays_ms``.
        speed: `replay_timing`, faster by this factor: 2 halves the pauses.
        faults: what happens to replayed calls, and is not stored: a list of mappings with
            ``status`` (and ``headers``, ``body``), ``cut_after_events``, ``delay_ms`` or
            ``failure``, and with ``on``, ``endpoint`` or ``recording`` for the calls that they are
            for. Live calls have no faults.
        fast_retries: replay answers of status 408, 409, 429 and from 500 with headers that let an
            SDK make its call again at once.
        prefix: ``stable`` checks at the end of the block that each request of a conversation
            extends the one before, as `Cassette.check_prefix` does; ``any`` does not.
        fuzzy: while you work on a prompt: a request without a recording gets the answer of the
            closest one with at least this score, from 0 to 1, and the difference is printed. It
            is an error in CI. The environment variable ``PROMPTECHO_FUZZY`` overrides it.
        scope: ``process``, or ``task`` for a cassette that may be open beside others: it answers
            the calls of its block, and of tasks and threads that have a copy of its context.

    Returns:
        A context manager and decorator; entering it gives a `Cassette`.

    Raises:
        OptionError: an option has a wrong value; or, in the block, the file stores more in clear
            than `keep_query` and `keep_members` allow; or, at its end, a name in `match_on` means
            nothing. It is a `CassetteError` and a `ValueError`.
        CassetteError: on entry, the file cannot be used.
        RuntimeError: on entry, another cassette is open in this process, and `scope` is not
            ``task``.
        CassetteMiss: in the block, for a request without a recording.
        PrefixChanged: at the end of the block, under ``prefix="stable"``.
    """
    given = dict(locals())
    del given["path"]
    return UseCassette(path, options(given))


class Recorder:
    """Options for a group of cassettes.

    Args:
        **defaults: any keyword option of `use_cassette`.

    Raises:
        OptionError: an option has an unknown name or a wrong value.
    """

    def __init__(self, **defaults: Unpack[CassetteOptions]) -> None:
        options(defaults)
        self._defaults = defaults

    def use_cassette(
        self, path: str | os.PathLike[str], **overrides: Unpack[CassetteOptions]
    ) -> UseCassette:
        """The function `use_cassette` with this recorder's options as defaults."""
        return UseCassette(path, options({**self._defaults, **overrides}))


class UseCassette:
    """A cassette that is opened on entry; `use_cassette` returns it."""

    def __init__(self, path: str | os.PathLike[str], options: Options) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(_wrong_path(path))
        run = test_run.current()
        if run is not None:
            run.announced()
        self._path = path
        self._options = options
        self._sharing = ALONE
        self._open: Opening | None = None

    def __enter__(self) -> Cassette:
        opened = Opening(self._path, self._options, self._sharing)
        self._open = opened
        return opened.cassette

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened.close(error)

    def _abandon(self) -> None:
        """Close a cassette that saw no request, without a trace."""
        opened, self._open = self._open, None
        if opened is not None:
            opened.abandon()

    async def __aenter__(self) -> Cassette:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, target: Decorated) -> Decorated:
        from .decorators import decorate, decorate_class

        if isinstance(target, type):
            return cast(Decorated, decorate_class(target, self._path, self._another))
        return cast(Decorated, decorate(target, lambda: self._another(self._path)))

    def _another(self, path: str | os.PathLike[str]) -> UseCassette:
        """A cassette of its own for one call of a decorated function."""
        return UseCassette(path, self._options)


def _wrong_path(given: object) -> str:
    if callable(given):
        name = getattr(given, "__name__", "NAME")
        return (
            f"use_cassette needs the path of a cassette. Instead of @use_cassette above {name}, "
            f"write @use_cassette('cassettes/{name}.yaml')."
        )
    return f"the path of a cassette is {given!r}; it must be a str or an os.PathLike."
