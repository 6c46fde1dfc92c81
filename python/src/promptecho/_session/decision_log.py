"""The logger ``promptecho``: at debug level it says what answered each request, and why.

Its texts have the redacted URL and the canonical, redacted values that a miss shows, and no secret.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from .miss import Miss, describe

if TYPE_CHECKING:
    from .._matching.request import Prepared
    from .session import Decision, Session


_logging: ContextVar[bool] = ContextVar("promptecho_logging", default=False)


def debug_logger() -> Any:
    """The logger, if somebody listens at debug level, else None."""
    logging = sys.modules.get("logging")
    if logging is None:
        return None  # nobody has set it up
    logger = logging.getLogger("promptecho")
    return logger if logger.isEnabledFor(logging.DEBUG) else None


def log_decision(
    path: str, prepared: Prepared, decision: Decision | None, session: Session
) -> None:
    """Log what was decided about a request; None if that is an error."""
    logger = debug_logger()
    if logger is not None and decision is not None:
        request = prepared.request
        what = f"{request.method} {request.url} (match_key {request.match_key})"
        _log(logger, "%s: %s: %s", path, what, _said(decision, session))


def log_passed(path: str, url: str) -> None:
    """Log that a call was passed through; the URL is redacted."""
    logger = debug_logger()
    if logger is not None:
        _log(logger, "%s: %s: passed through, by a pattern of passthrough", path, url)


def _log(logger: Any, text: str, *values: str) -> None:
    if _logging.get():
        return  # a handler of the log makes this call
    token = _logging.set(True)
    try:
        logger.debug(text, *values)
    finally:
        _logging.reset(token)


def _said(decision: Decision, session: Session) -> str:
    if isinstance(decision, Miss):
        return f"miss, {decision.reason.value}\n{describe(decision)}"
    number = len(session.setup.file.interactions)
    state, mode = session.setup.state.value, session.setup.mode
    if hasattr(decision, "ticket"):
        return f"live call: none of {number} recordings answers (mode {mode}, the file is {state})"
    matched = ", ".join(decision.interaction.request.matched_on)
    drift = ", ".join(difference.path for difference in decision.drift) or "nothing"
    lists = "; found by redacting again with the present lists" if decision.by_older_lists else ""
    fault = "" if decision.fault is None else f"; with a fault: {decision.fault}"
    return (
        f"replayed one of {number} recordings: matched {matched}; differs in {drift}{lists}{fault}"
    )
