"""A cassette while promptecho is disabled: every call is live, and no file is read or written."""

from __future__ import annotations

import os

from .._base.model import CassetteFile, FileOptions
from .._matching.rules import default_match_on, matching
from .file_options import in_force, policy
from .modes import Mode, State
from .open_cassette import OpenCassette
from .options import Options
from .raised_errors import RaisedErrors
from .recordings import Setup
from .session import Session
from .session_warnings import SessionWarnings
from .verifying import Verified


class LiveCassette(OpenCassette):
    """Passes every call through, and counts them."""

    def __init__(self, path: str | os.PathLike[str], options: Options, mode: Mode) -> None:
        self.path = os.fspath(path)
        self.options = options
        self.mode = mode
        self.is_disabled = True
        self.raised = RaisedErrors()
        self.warnings = SessionWarnings(self.path)
        rules = policy(options, in_force(options, FileOptions()), ())
        names = default_match_on()
        file = CassetteFile(names)
        self.session = Session(Setup(self.path, file, State.ABSENT, mode, matching(names), rules))

    @property
    def verified(self) -> list[Verified]:
        """Nothing: no answer is replayed."""
        return []

    def passes(self, url: str) -> bool:
        """True."""
        return True

    def close(self, error: BaseException | None) -> None:
        """Raise what was refused in the block and swallowed there."""
        swallowed = self.raised.swallowed(error)
        if swallowed is not None:
            raise swallowed

    def abandon(self) -> None:
        """Nothing to do."""

    def before_child(self) -> None:
        """Nothing to do: children make live calls too."""

    after_child = become_child = before_child
