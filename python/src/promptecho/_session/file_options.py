"""The options of a file, as a caller names them and as a file holds them. [FILE-17] [MATCH-6]

What is matched is decided by the caller's option where the caller names it, else by the file's own.
What is stored in clear is decided by the caller alone [MATCH-12].
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .._base.errors import OptionError
from .._base.model import CassetteFile, FileOptions
from .._base.vocabulary import MAX_NAME, MEMBER_LISTS, QUERY_LISTS
from .._matching.rules import RecordingPolicy, UserRules, rules
from .._redaction.literals import Literal
from .options import Options

#: A name is in one list of each group only [FILE-19].
_APART = (QUERY_LISTS, MEMBER_LISTS)
_IN_CLEAR = ("keep_query", "keep_members")
_HAS_FLAGS = re.compile(r"\(\?[aiLmsux-]")


def in_force(options: Options, file: FileOptions) -> FileOptions:
    """The options that hold for matching in a file, and that a recorder writes [MATCH-6].

    A name that the caller gives in one list is taken out of the file's other lists [FILE-19].
    """
    named = _named(options)
    taken = {
        name: tuple(x for x in getattr(file, name) if not _elsewhere(x, name, named))
        for lists in _APART
        for name in lists
        if name not in named
    }
    return file._replace(**{**taken, **named})


def storable(options: FileOptions) -> FileOptions:
    """The options as a file holds them: without a pattern that has flags or is long [MATCH-11]."""
    patterns = dict.fromkeys(options.redact_patterns)
    kept = tuple(p for p in patterns if len(p) <= MAX_NAME and not _HAS_FLAGS.search(p))
    return options._replace(redact_patterns=kept)


def policy(
    options: Options, holding: FileOptions, literals: tuple[Literal, ...]
) -> RecordingPolicy:
    """The spec's rules, with what the caller, the file and the environment add [RED-8, RED-9].

    Args:
        options: the caller's.
        holding: the options of the file that are in force.
        literals: secret values of this process.
    """
    # A stranger's pattern could take for ever [MATCH-11].
    holding = holding._replace(redact_patterns=options.redact_patterns or ())
    additions = UserRules(holding, options.redact_headers, options.keep_headers, literals)
    return rules(additions, keep_shapes=options.on_secret == "warn")


def in_clear_by_file_alone(options: Options, file: CassetteFile) -> OptionError | None:
    """The error for a file that stores more in clear than the caller allows [MATCH-12]."""
    named = _named(options)
    for name in _IN_CLEAR:
        theirs = [x for x in getattr(file.options, name) if not _elsewhere(x, name, named)]
        ours = getattr(options, name) or ()
        if not set(theirs) <= set(ours):
            return OptionError(
                "option.value",
                f"{name} is {list(ours)}, but the cassette was recorded with {theirs}",
                f"Nothing is added to a file that stores more in clear than you allow: pass "
                f"{name}={sorted({*theirs, *ours})}, or record again (PROMPTECHO_MODE=all).",
            )
    return None


def _named(options: Options) -> dict[str, Any]:
    given = ((name, getattr(options, name)) for name in FileOptions._fields)
    return {name: value for name, value in given if value is not None}


def _elsewhere(item: str, name: str, named: dict[str, Any]) -> bool:
    """Whether the caller names an item in a list that it cannot be in beside this one."""
    return any(item in named.get(other, ()) for other in _others(name))


def _others(name: str) -> Iterator[str]:
    for lists in _APART:
        if name in lists:
            yield from (other for other in lists if other != name)
