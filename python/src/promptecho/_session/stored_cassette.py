"""Opening and saving: the recordings that a session starts with, and what it writes back.

The recordings of a file are brought to the `match_on` in force when the file is opened, and to the
current form when the file is written (spec sections "Matching", "Files of format 2.0").
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from .._base.errors import CassetteError
from .._base.model import CassetteFile, Interaction
from .._format.lazy_reader import headings
from .._matching.key import Matching
from .._matching.normalize import is_registered
from .._matching.rekey import rekeyed, upgrade_body, upgrade_key
from .._matching.rules import default_match_on, matching
from .._storage.store import Store
from .modes import Mode, State
from .options import Options
from .recordings import Setup
from .session import Save, Unchanged


class StoredCassette:
    """The file of one session and its journals.

    Attributes:
        setup: what a `Session` starts with.

    Raises:
        CassetteError: the file or a journal cannot be used.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        options: Options,
        mode: Mode,
        keep_query: frozenset[str],
    ) -> None:
        self._store = Store(path)
        self._options = options
        self._mode = mode
        self._keep_query = keep_query
        self._process = os.getpid()
        try:
            self.setup = self._open(os.fspath(path))
        except BaseException:
            self._store.release()
            raise

    def append(self, interaction: Interaction) -> None:
        """Write a finished interaction to the journal."""
        self._store.append(interaction, self.setup.file, replacing=self._mode is Mode.ALL)

    def release(self) -> None:
        """Unlock the journals; they stay on disk."""
        self._store.release()

    # Opening

    def _open(self, path: str) -> Setup:
        replacing = self._mode is Mode.ALL
        opened = self._store.open(recording=self._mode is not Mode.NONE, replacing=replacing)
        state = State.ABSENT
        if opened.file is not None:
            state = State.INCOMPLETE if opened.file.incomplete else State.PRESENT
        if opened.file is None or replacing:
            chosen = self._options.match_on or default_match_on()
            extras = opened.file.extras if opened.file is not None else ()
            file, rules = CassetteFile(chosen, extras=extras), matching(chosen)
        else:
            self._check_dialects(path, opened.file)
            file, rules = self._current(opened.file, mixed=opened.mixed)
        return Setup(
            name=path,
            file=file,
            state=state,
            mode=self._mode,
            matching=rules,
            keep_query=self._keep_query,
            repeat=self._options.on_exhausted == "repeat",
            drift_is_miss=self._options.on_drift == "raise",
            taken_up=opened.taken_up,
        )

    def _check_dialects(self, path: str, file: CassetteFile) -> None:
        for index, heading in enumerate(headings(file.interactions)):
            name = heading.dialect
            if name is not None and not is_registered(name):
                raise _unregistered(name, path, self._store.line_of_dialect(index))

    def _current(self, file: CassetteFile, *, mixed: bool) -> tuple[CassetteFile, Matching]:
        """A file with its keys under the `match_on` in force [MATCH-6, V20-3]."""
        legacy = file.minor == 0
        chosen = self._options.match_on or file.match_on
        rules = matching(chosen, legacy=legacy)
        if not legacy and not mixed and chosen == file.match_on:
            return file, rules
        renew = upgrade_key if legacy else rekeyed
        interactions = tuple(renew(item, rules, self._keep_query) for item in file.interactions)
        return file._replace(match_on=chosen, interactions=interactions), rules

    # Saving

    def save(self, outcome: Unchanged | Save) -> None:
        """Write the outcome of the session.

        Raises:
            CassetteError: the file cannot be written.
        """
        if os.getpid() != self._process:
            return  # a forked child has a copy of this object; the parent writes
        if isinstance(outcome, Save):
            self._write(outcome)
        elif self._mode is Mode.ALL:
            self._store.forget()

    def _write(self, outcome: Save) -> None:
        before = self.setup.file
        match_on, recorded = before.match_on, outcome.recorded
        if before.minor == 0 and self.setup.matching.lenient:
            match_on = default_match_on()  # V20-8: a default list stays one
            rules = matching(match_on)
            recorded = tuple(rekeyed(item, rules, self._keep_query) for item in recorded)

        def written(file: CassetteFile) -> Sequence[Interaction]:
            return self._written(file, match_on)

        file = before._replace(
            match_on=match_on,
            minor=1,
            incomplete=outcome.incomplete,
            interactions=written(before),
        )
        self._store.save(recorded, file, written, replacing=outcome.replace)

    def _written(self, file: CassetteFile, match_on: tuple[str, ...]) -> Sequence[Interaction]:
        """The recordings of a file in the form and with the keys that are written."""
        rules, keep = matching(match_on), self._keep_query
        if file.minor == 0:
            return tuple(upgrade_body(upgrade_key(item, rules, keep)) for item in file.interactions)
        if file.match_on != match_on:
            return tuple(rekeyed(item, rules, keep) for item in file.interactions)
        return file.interactions


def _unregistered(name: str, path: str, line: int | None) -> CassetteError:
    return CassetteError(
        "cassette.dialect",
        f"the cassette has recordings in the dialect {name}, which is not registered",
        "Call promptecho.register_dialect for it before the cassette is opened.",
        path=path,
        line=line,
    )
