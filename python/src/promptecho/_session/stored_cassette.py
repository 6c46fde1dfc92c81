"""Opening and saving: the recordings that a session starts with, and what it writes back.

The recordings of a file are brought to the `match_on` in force when the file is opened, and to the
current form when the file is written (spec sections "Matching", "Files of format 2.0").
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from .._base.errors import CassetteError
from .._base.model import CassetteFile, FileOptions, Interaction
from .._base.vocabulary import FOREIGN
from .._foreign.calls import Lost
from .._format.lazy_reader import headings
from .._matching.normalize import is_registered
from .._matching.query import QueryRules
from .._matching.rekey import adopted, query_rules, rekeyed, upgrade_key, upgraded
from .._matching.rules import RecordingPolicy, default_match_on, lists_version, matching
from .._redaction.literals import Literal
from .._storage.store import Store, stamp
from .file_options import in_clear_by_file_alone, in_force, policy, storable
from .modes import Mode, State
from .options import Options
from .outcome import RunSoFar, Save, Unchanged
from .recordings import Setup
from .sharing import ALONE, Sharing
from .ticket import Ticket, setup_of


class StoredCassette:
    """The file of one session and its journals.

    Attributes:
        path: the file, absolute.
        setup: what a `Session` starts with.
        refusal: why nothing may be added to the file, or None [MATCH-12] [STORE-1] [STORE-14].
        left: the paths of journals that a session in mode ``none`` found and did not read.
        not_read: calls of another tool's file that are not replayed, by their numbers in it.

    Raises:
        CassetteError: the file or a journal cannot be used.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        options: Options,
        mode: Mode,
        literals: tuple[Literal, ...],
        sharing: Sharing = ALONE,
        ticket: Ticket | None = None,
    ) -> None:
        self._store = Store(path)
        self._sharing = sharing
        self._options = options
        self._mode = mode
        self._literals = literals
        self.path = self._store.path
        self.refusal: CassetteError | None = self._store.unwritable_link()
        self.left: tuple[str, ...] = ()
        self.not_read: tuple[tuple[int, Lost], ...] = ()
        self._looked = False
        self._is_child = ticket is not None
        try:
            self.setup = self._open(os.fspath(path)) if ticket is None else self._joined(ticket)
        except BaseException:
            self._store.release()
            raise

    @property
    def is_foreign(self) -> bool:
        """Whether the file is that of another tool, read as it is."""
        return self.refusal is not None and self.refusal.code == FOREIGN

    def append(self, interaction: Interaction, request: str | None = None) -> str:
        """Write a finished interaction to the journal; returns its file, if it could be written.

        Mode ``missing`` saves nothing of a session that dies, so it has no journal of its own.

        Args:
            interaction: the interaction.
            request: the text of its request, where it was written before.
        """
        if self._mode is Mode.MISSING and not self._is_child:
            return ""
        replacing = self._mode is Mode.ALL
        return self._store.append(interaction, self.setup.file, request, replacing=replacing)

    def of_child(self, journal: str) -> Sequence[Interaction]:
        """What a child process has recorded; `save` deletes its journal.

        Raises:
            CassetteError: the journal cannot be read. It stays.
        """
        file = self._store.of_child(journal)
        return file.interactions if file is not None else ()

    def left_behind(self) -> list[str]:
        """The journals beside the file that belong to no session that is alive."""
        return self._store.left_behind()

    def leave(self) -> None:
        """In a forked child: leave the file and the journals to the parent."""
        self._is_child = True
        self._store.leave()

    def look_at_folder(self) -> None:
        """Before the first live call: refuse recordings that could not be saved."""
        if self.refusal is None and not self._looked:
            self._looked = True
            self.refusal = self._store.unwritable_folder()

    def release(self) -> None:
        """Unlock the journals; they stay on disk."""
        self._store.release()

    # Opening

    def _open(self, path: str) -> Setup:
        replacing = self._mode is Mode.ALL
        try:
            opened = self._store.open(recording=self._mode.writes, replacing=replacing)
        except CassetteError as error:
            foreign = None
            if self._mode in (Mode.NONE, Mode.ONCE):
                foreign = self._as_foreign(error)
            if foreign is None:
                raise
            return self._read_as_is(path, foreign)
        self.left = opened.left
        state = State.ABSENT
        if opened.file is not None:
            incomplete = opened.file.incomplete or self._sharing.adds
            state = State.INCOMPLETE if incomplete else State.PRESENT
        found = None if replacing else opened.file
        holding = in_force(self._options, found.options if found else FileOptions())
        rules = policy(self._options, holding, self._literals)
        if found is None:
            names = self._options.match_on or default_match_on()
            extras = opened.file.extras if opened.file is not None else ()
            file = CassetteFile(
                names, extras=extras, options=storable(holding), lists=lists_version()
            )
        else:
            self.refusal = self.refusal or in_clear_by_file_alone(self._options, found)
            file = self._current(path, found, opened.journals, holding, rules)
        return Setup(
            name=path,
            file=file,
            state=state,
            mode=self._mode,
            matching=matching(file.match_on, legacy=file.minor == 0),
            policy=rules,
            repeat=self._options.on_exhausted == "repeat",
            drift_is_miss=self._options.on_drift == "raise",
            stored_under=_stored_under(found, holding),
            patterns_not_run=bool(holding.redact_patterns) and not self._options.redact_patterns,
            taken_up=sum(len(journal.interactions) for journal in opened.journals),
            as_recorded=found is not None and found.options == holding,
        )

    def _as_foreign(self, error: CassetteError) -> CassetteError | None:
        from .imported import as_foreign

        return as_foreign(error, lambda: self._store.read() or b"")

    def _read_as_is(self, path: str, refusal: CassetteError) -> Setup:
        """The recordings that another tool's file would give; nothing is ever written to it."""
        from .imported import read_as_is

        self.refusal, holding = refusal, in_force(self._options, FileOptions())
        names = self._options.match_on or default_match_on()
        setup = Setup(
            name=path,
            file=CassetteFile(names, options=storable(holding), lists=lists_version()),
            state=State.PRESENT,
            mode=self._mode,
            matching=matching(names),
            policy=policy(self._options, holding, self._literals),
            repeat=self._options.on_exhausted == "repeat",
            drift_is_miss=self._options.on_drift == "raise",
            writes_digests=False,
        )
        made = read_as_is(self._store.read() or b"", setup, self._options.passthrough, refusal)
        self.not_read = tuple(each for each in made.lost if each[1].reason != "passthrough")
        return setup._replace(file=made.file)

    def _joined(self, ticket: Ticket) -> Setup:
        """What the session of a parent process started with; no file is read."""
        self.refusal = ticket.refusal
        setup = setup_of(ticket)
        holding = in_force(self._options, setup.file.options)
        return setup._replace(policy=policy(self._options, holding, self._literals))

    def _check_dialects(self, path: str, file: CassetteFile) -> None:
        for index, heading in enumerate(headings(file.interactions)):
            name = heading.dialect
            if name is not None and not is_registered(name):
                raise _unregistered(name, path, self._store.line_of_dialect(index))

    def _current(
        self,
        path: str,
        file: CassetteFile,
        journals: tuple[CassetteFile, ...],
        holding: FileOptions,
        rules: RecordingPolicy,
    ) -> CassetteFile:
        """A file with its keys under what is in force [MATCH-6, V20-3], journals behind it."""
        self._check_dialects(path, file)
        names = self._options.match_on or file.match_on
        chosen = file._replace(match_on=names, options=storable(holding))
        items: Sequence[Interaction] = self._keyed(file, chosen, rules)
        for journal in journals:
            self._check_dialects(path, journal)
            items = (*items, *self._keyed(journal, chosen, rules))
        lists = chosen.lists if items else lists_version()  # FILE-20
        return chosen._replace(interactions=items, lists=lists)

    def _keyed(
        self, part: CassetteFile, chosen: CassetteFile, rules: RecordingPolicy
    ) -> Sequence[Interaction]:
        """The recordings of a file or a journal, with their keys under the chosen names."""
        names = matching(chosen.match_on, legacy=chosen.minor == 0)
        if chosen.minor == 0:
            return tuple(upgrade_key(item, names, rules) for item in part.interactions)
        if _decide_keys(part) == _decide_keys(chosen):
            return part.interactions
        from .._format.rewriting import with_digests

        return with_digests(part, adopted(part, names, rules, chosen.options), chosen)

    # Saving

    def others(self) -> RunSoFar:
        """What other tests of the run have done with the file."""
        sharing = self._sharing
        return RunSoFar(sharing.has_failed(), sharing.shared and stamp(self.path) != sharing.since)

    def save(self, outcome: Unchanged | Save) -> None:
        """Write the outcome of the session.

        Raises:
            CassetteError: the file cannot be written.
        """
        if isinstance(outcome, Save):
            self._write(outcome)
        else:
            self._store.forget()

    def _write(self, outcome: Save) -> None:
        before, recorded = self.setup.file, outcome.recorded
        file = before._replace(minor=1, incomplete=outcome.incomplete)
        if before.minor == 0 and self.setup.matching.lenient:
            file = file._replace(match_on=default_match_on())  # V20-8: a default list stays one
            rules = matching(file.match_on)
            recorded = tuple(rekeyed(item, rules, self.setup.policy) for item in recorded)

        def written(found: CassetteFile) -> Sequence[Interaction]:
            return self._written(found, file)

        file = file._replace(interactions=written(before))
        since = (self._sharing.since,) if self._sharing.shared else ()
        self._store.save(
            recorded,
            file,
            written,
            replacing=outcome.replace,
            shared_since=since,
            after=outcome.after,
        )

    def _written(self, found: CassetteFile, file: CassetteFile) -> Sequence[Interaction]:
        """The recordings that are found in the file, as they are written in another."""
        from .._format.rewriting import with_digests

        return with_digests(found, self._in_form(found, file), file)

    def _in_form(self, found: CassetteFile, file: CassetteFile) -> Sequence[Interaction]:
        rules, names = self.setup.policy, matching(file.match_on)
        if found.minor == 0:
            return tuple(upgraded(item, names, rules) for item in found.interactions)
        if _decide_keys(found) != _decide_keys(file):
            return adopted(found, names, rules, file.options)
        return found.interactions


def _decide_keys(file: CassetteFile) -> tuple[object, ...]:
    """What the keys of a file were computed under [MATCH-6]."""
    return file.match_on, file.options._replace(redact_patterns=())


def _stored_under(found: CassetteFile | None, holding: FileOptions) -> QueryRules | None:
    """The classes of query parameters of a file, if the options in force are others [URL-11]."""
    return None if found is None or found.options == holding else query_rules(found.options)


def _unregistered(name: str, path: str, line: int | None) -> CassetteError:
    return CassetteError(
        "cassette.dialect",
        f"the cassette has recordings in the dialect {name}, which is not registered",
        "Call promptecho.register_dialect for it before the cassette is opened.",
        path=path,
        line=line,
    )
