"""The end of an open cassette: what children left, the file, and what the block swallowed."""

from __future__ import annotations

from .._base.errors import OptionError
from .._base.model import RecordedRequest
from . import children
from .live_calls import LiveCalls
from .session_parts import SessionParts

_INTERRUPTS = (KeyboardInterrupt, SystemExit, GeneratorExit)


def close(parts: SessionParts, live: LiveCalls, error: BaseException | None) -> None:
    """End a session: write the file, and raise what the block swallowed.

    Args:
        parts: of the cassette.
        live: its live calls.
        error: what the block raised, or None.

    Raises:
        CassetteError: the file could not be written.
        OptionError: a name in `match_on` means nothing [MATCH-9].
        CassetteMiss, RecordedErrorResponse, CassetteError: one that was raised inside the block
            and swallowed there [MISS-6].
        Warning: one that the user's filters turned into an error.
        PrefixChanged: under ``prefix="stable"``, a request does not extend the one before.
    """
    parts.starts.close()
    with parts.lock:
        unread = live.stop()
        try:
            asked_by_children = children.take_up(parts, error)
            misspelled = None if asked_by_children else _meaningless_names(parts)
            failed = error is not None or bool(parts.raised.errors) or misspelled is not None
            outcome = parts.session.close(failed=failed, others=parts.stored.others())
            if not parts.family.is_child:
                parts.stored.save(outcome)
        finally:
            parts.stored.release()
            parts.family.end()
    if error is None:
        _warn(parts, unread, asked_by_children)
    if misspelled is not None and not isinstance(error, _INTERRUPTS):
        raise misspelled
    swallowed = parts.raised.swallowed(error)
    if swallowed is not None:
        raise swallowed
    if parts.warnings.held and error is None:
        raise parts.warnings.held[0]
    if parts.options.prefix == "stable" and error is None:
        from .prefix_check import check_prefix

        check_prefix(parts.session.prepared)


def _meaningless_names(parts: SessionParts) -> OptionError | None:
    """The error of a name in `match_on` that no request of the session knows [MATCH-9]."""
    names = parts.options.match_on
    if not names:
        return None
    from .match_on_names import meaningless

    return meaningless(names, parts.session.sent)


def _warn(parts: SessionParts, unread: list[RecordedRequest], asked_by_children: int) -> None:
    if not parts.session.prepared and not asked_by_children:
        parts.warnings.no_request()
    for request in unread:
        parts.warnings.unread(request)
    if not asked_by_children:  # they may have made the call of a fault
        for each in parts.session.faults.unhappened():
            parts.warnings.fault_left(each)
    if parts.session.only_failures:
        parts.warnings.only_failures(parts.session.recorded[0])
