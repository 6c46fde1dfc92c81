"""Everything that is wrong with a cassette, ours or another port's. [ERR-1] [ERR-4]

A reader stops at the first problem and accepts what it can use. Here the whole file is read
strictly, and what can be read is compared: keys, headers, forms of bodies, secrets, duplicates, the
exact form. Nothing is opened, and no finding shows a value that could be a secret.

An *error* makes a cassette unusable, wrong or dangerous. A *warning* does not: it is replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._base.errors import YamlError
from .._base.model import FileOptions, Interaction, Steps
from .._base.vocabulary import REDACTED
from .._bodies import forms
from .._format.cursor import Problem
from .._format.reader import Reading, read_all
from .._format.remedies import remedy
from .._format.writer import END, head, interaction_text
from .._matching.rules import NO_ADDITIONS, RecordingPolicy, UserRules, matching, rules
from .._text.yaml_places import places
from .bodies import body_notes, layout_note
from .finding import ERROR, WARNING, Finding, Note
from .formatting import normalize_file, shrink_layout
from .headers import header_notes
from .keys import clear_query, key_notes
from .leaked_secrets import leaks


def findings(data: bytes, name: str, additions: UserRules = NO_ADDITIONS) -> list[Finding]:
    """All findings of a file, by line; none if all is well.

    Args:
        data: the bytes of the file.
        name: what the findings call it.
        additions: the secrets of this process, and what else is redacted; the options of the file
            are added.
    """
    try:
        reading = read_all(data, strict=True)
    except YamlError as error:
        return [Finding(name, error.line, error.code, error.reason, remedy(error.code))]
    notes = list(_notes(reading, data, _policy(reading.file.options, additions)))
    if not notes:
        return []
    where = places(reading.text, {note.path for note in notes if not note.line})
    found = []
    for note in notes:
        line = note.line
        if not line:
            place = where[note.path]
            line = place.name if note.at_name else place.value
        found.append(Finding(name, line, note.code, note.problem, note.remedy, note.severity))
    return sorted(found, key=_line)


def _policy(options: FileOptions, additions: UserRules) -> RecordingPolicy:
    """The rules of a file; its own patterns are not run [MATCH-11]."""
    options = options._replace(redact_patterns=additions.options.redact_patterns)
    return rules(additions._replace(options=options))


def _line(finding: Finding) -> int:
    return finding.line or 0


def _notes(reading: Reading, data: bytes, rules: RecordingPolicy) -> Iterator[Note]:
    problems = reading.problems
    for problem in problems:
        yield _problem_note(problem)
    if any(problem.code in _NOT_OURS or problem.path in _HEADS for problem in problems):
        return
    check = _Check(reading, rules, [problem.path for problem in problems])
    yield from check.interactions()
    if not problems and reading.file.minor:
        yield from check.exact_form(data)


# A file of another kind: more cannot be said of it.
_NOT_OURS = frozenset(("cassette.not-a-mapping", "cassette.version", "cassette.minor"))
_HEADS = frozenset((("version",), ("minor",)))


def _prefixes(paths: Iterable[Steps]) -> Iterator[Steps]:
    for path in paths:
        for length in range(1, len(path) + 1):
            yield path[:length]


def _problem_note(problem: Problem) -> Note:
    at_name = problem.code == "cassette.unknown-member"
    return Note(problem.path, problem.code, problem.problem, remedy(problem.code), ERROR, at_name)


class _Check:
    """What the members of a file say about each other.

    A problem silences its own interaction only [ERR-5].
    """

    def __init__(self, reading: Reading, rules: RecordingPolicy, problems: list[Steps]) -> None:
        self._tree = reading.tree
        self._file = normalize_file(reading.file)
        self._texts: list[str] = []
        self._rules = rules
        self._around = frozenset(_prefixes(problems))
        self._current = self._file.minor > 0

    def interactions(self) -> Iterator[Note]:
        file = self._file
        decisive = ("match_on", *FileOptions._fields)
        sound = self._around.isdisjoint((name,) for name in decisive)
        chosen = matching(file.match_on) if sound and self._current else None
        known: dict[str, int] = {}
        for i, item in enumerate(file.interactions):
            path: Steps = ("interactions", i)
            if path in self._around:
                continue
            best = shrink_layout(item)
            text = interaction_text(best)
            self._texts.append(text)
            if chosen is not None:
                yield from key_notes(item, path, chosen, self._rules)
            data = b"".join(forms.decode(item.response.body)) if item.response else b""
            yield from self._response(item, data, (*path, "response"))
            if best is not item and self._current:
                yield layout_note(path)
            yield from self._leaks(item, data, path)
            first = known.setdefault(text, i)
            if first != i:
                yield _duplicate(path, first)

    def exact_form(self, data: bytes) -> Iterator[Note]:
        opening = head(self._file, empty=not self._file.interactions)
        exact = "".join((opening, *self._texts, END)).encode("utf-8", "surrogatepass")
        if exact != data:
            problem = "promptecho would write the file differently from this line on"
            line = _first_difference(exact, data)
            step = "Run `promptecho fmt` on the file: keys and answers stay the same."
            yield Note((), "finding.format", problem, step, WARNING, line=line)

    def _response(self, item: Interaction, data: bytes, path: Steps) -> Iterator[Note]:
        response = item.response
        if response is None:
            return
        headers = self._tree["interactions"][path[1]]["response"]["headers"]
        yield from header_notes(headers, response, path, self._rules, self._current)
        if self._current:
            yield from body_notes(response, data, path, item.redacted)

    def _leaks(self, item: Interaction, data: bytes, path: Steps) -> Iterator[Note]:
        for name in clear_query(item.request, self._rules):
            problem = (
                f"the value of the query parameter {name} is in clear, and no option allows that"
            )
            yield Note(
                (*path, "request", "url"),
                "finding.secret",
                problem,
                f"Write {REDACTED} as its value. To show it, record the call with keep_query.",
                WARNING,
            )
        for leak in leaks(item, self._rules.redactor, data):
            what = " and ".join(leak.shapes) or "a secret, by its name"
            yield Note(
                (*path, *leak.place),
                "finding.secret",
                f"this value looks like {what}",
                f"Write {REDACTED} in its place, or record the call again. "
                "Revoke the secret if it is real.",
            )


def _duplicate(path: Steps, first: int) -> Note:
    return Note(
        path,
        "finding.duplicate",
        f"interaction {path[1]} is equal to interaction {first} (counted from 0)",
        "Delete one of them, unless the request is meant to be answered twice.",
        WARNING,
    )


def _first_difference(one: bytes, other: bytes) -> int:
    pairs = zip(one.split(b"\n"), other.split(b"\n"))
    same = 0
    for left, right in pairs:
        if left != right:
            break
        same += 1
    return same + 1
