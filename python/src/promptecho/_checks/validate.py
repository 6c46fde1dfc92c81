"""Everything that is wrong with a cassette, ours or another port's. [ERR-1] [ERR-4]

A reader stops at the first fault and is content with what it can use. Here the whole file is
looked at: profile, schema, keys, forms of bodies, headers, secrets, duplicates, exact form. Nothing
is opened, and no finding shows a value that could be a secret.

An *error* makes a cassette unusable, wrong or dangerous. A *warning* does not: it plays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .._base.errors import YamlError
from .._base.model import (
    JSON,
    STREAMS,
    BinaryBody,
    BinaryStream,
    Body,
    Empty,
    EventStream,
    FrameStream,
    Interaction,
    RecordedRequest,
    RecordedResponse,
    Steps,
)
from .._base.vocabulary import REDACTED, WHOLE
from .._bodies import forms
from .._bodies.content_coding import undo
from .._format.members import Problem
from .._format.reader import Reading, read_all, remedy
from .._format.writer import END, head, interaction_text
from .._matching import normalize, url
from .._matching.matched_names import Matching
from .._matching.rekey import rekeyed
from .._matching.rules import RecordingPolicy, matching
from .._text.json import canonical, storable
from .._text.yaml_reader import places
from .formatting import normalize_file, shrink_layout
from .leaked_secrets import leaks
from .schema import Violation, violations

ERROR = "error"
WARNING = "warning"


class Finding(NamedTuple):
    """One thing that is wrong with a file.

    Attributes:
        file: its name.
        line: where, from 1; None where it is about the file as a whole.
        code: of the spec's list, such as ``finding.key-mismatch``.
        problem: one sentence that says what is wrong.
        remedy: one sentence that says what to do.
        severity: ``error`` or ``warning``.
    """

    file: str
    line: int | None
    code: str
    problem: str
    remedy: str
    severity: str = ERROR


class _Note(NamedTuple):
    """A finding whose line is not known yet."""

    path: Steps
    code: str
    problem: str
    remedy: str
    severity: str = ERROR
    at_name: bool = False
    line: int = 0


def findings(data: bytes, name: str, rules: RecordingPolicy) -> list[Finding]:
    """All findings of a file, by line; none if all is well.

    Args:
        data: the bytes of the file.
        name: what the findings call it.
        rules: the spec's lists, with the secrets of this process.
    """
    try:
        reading = read_all(data)
    except YamlError as error:
        return [Finding(name, error.line, error.code, error.reason, _remedy(error.code))]
    notes = list(_notes(reading, data, rules))
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


def _line(finding: Finding) -> int:
    return finding.line or 0


def _notes(reading: Reading, data: bytes, rules: RecordingPolicy) -> Iterator[_Note]:
    problems = reading.problems
    for fault in problems:
        yield _problem_note(fault)
    if any(fault.code in _NOT_OURS or fault.path in _HEADS for fault in problems):
        return
    beyond = list(_unsaid(reading, problems))
    for violation in beyond:
        yield _violation_note(violation)
    broken = [fault.path for fault in problems if fault.code != "cassette.unknown-member"]
    # The places that only the schema knows can be read; a form in another shape cannot.
    broken += [v.path for v in beyond if v.path[2:4] == ("request", "body")]
    check = _Check(reading, rules, broken)
    yield from check.interactions()
    if not problems and not beyond and reading.file.minor:
        yield from check.exact_form(data)


# A file of another kind: more cannot be said of it.
_NOT_OURS = frozenset(("cassette.not-a-mapping", "cassette.version", "cassette.minor"))
_HEADS = frozenset((("version",), ("minor",)))


def _prefixes(paths: Iterable[Steps]) -> Iterator[Steps]:
    for path in paths:
        for length in range(1, len(path) + 1):
            yield path[:length]


# --- structure ---------------------------------------------------------------------------------


def _problem_note(fault: Problem) -> _Note:
    at_name = fault.code == "cassette.unknown-member"
    return _Note(fault.path, fault.code, fault.problem, _remedy(fault.code), ERROR, at_name)


def _unsaid(reading: Reading, problems: tuple[Problem, ...]) -> Iterator[Violation]:
    """What only the schema finds: the reader has not named it, nor something in or around it."""
    said = frozenset(fault.path for fault in problems)
    around = frozenset(_prefixes(said))
    mixed = {fault.path[:3] for fault in problems if fault.code == "cassette.body-form"}
    seen = set()
    for violation in violations(reading.tree):
        path = violation.path
        if path in around or any(prefix in said for prefix in _prefixes([path])):
            continue
        if path[:3] in mixed or path[2:4] in _OWN_CHECKS or path in seen:
            continue
        if "pattern" in violation.schema and violation.schema["pattern"].startswith(
            "^(?:[A-Za-z0-9+/]"
        ):
            continue  # BODY-6: the reader has taken it
        if not reading.file.minor and _is_plain(reading.tree, path):
            continue  # YAML-R5: in a 2.0 file it is a string
        seen.add(path)
        yield violation


# Checked more closely below: `finding.header`, `finding.key-mismatch`.
_OWN_CHECKS = frozenset((("response", "headers"), ("request", "matched_on")))


def _is_plain(tree: JSON, path: Steps) -> bool:
    for step in path:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return False
    return not isinstance(tree, (str, dict, list))


def _violation_note(violation: Violation) -> _Note:
    path, keyword = violation.path, violation.keyword
    name = next((step for step in reversed(path) if isinstance(step, str)), "the file")
    if keyword == "required":
        code, problem = "cassette.missing-member", f"the member {name} is missing"
    elif keyword == "additionalProperties":
        code, problem = "cassette.unknown-member", f"the member {name} is unknown"
    elif keyword == "":
        code, problem = "cassette.body-form", f"{name} does not belong to this body form"
    elif keyword == "type":
        code, problem = "cassette.type", f"{name} has a value of another type"
    else:
        wanted = _WANTED.get(name, f"has a value that the schema does not allow ({keyword})")
        code, problem = "cassette.value", f"{name} {wanted}"
    at_name = code == "cassette.unknown-member"
    return _Note(path, code, problem, _remedy(code), ERROR, at_name)


_HEX = "is 64 lower-case hexadecimal digits"
_WANTED = {
    "recorded_at": "is a time such as 2026-01-31T12:00:00Z",
    "redacted": "is a list of different places, and left out where there is none",
    "dialect": "is 1 to 64 of A-Z a-z 0-9 _ . -",
    "reason": "has at least one character, and no control characters",
    "body": "has a name that no cassette can hold, or `__form__` and the like beside other members",
    "__raw_body_sha256__": _HEX,
    "sha256": _HEX,
}


_KEYED = ("method", "url", "match_key", "matched_on", "dialect", "body")
_BODIED = ("headers", "streaming", "binary", "framing", "body", "events", "tail", "layout")


# --- meaning -----------------------------------------------------------------------------------


class _Check:
    """What the members of a file that can be read say about each other."""

    def __init__(self, reading: Reading, rules: RecordingPolicy, broken: list[Steps]) -> None:
        self._tree = reading.tree
        self._file = normalize_file(reading.file)
        self._texts: list[str] = []
        self._rules = rules
        self._broken = frozenset(broken)
        self._around = frozenset(_prefixes(broken))
        self._current = self._file.minor > 0

    def interactions(self) -> Iterator[_Note]:
        file = self._file
        chosen = matching(file.match_on) if self._sound((), ("match_on",)) else None
        known: dict[str, int] = {}
        for i, item in enumerate(file.interactions):
            path: Steps = ("interactions", i)
            if path in self._broken:
                continue
            best = shrink_layout(item)
            text = interaction_text(best)
            self._texts.append(text)
            if chosen is not None and self._current and self._sound((*path, "request"), _KEYED):
                yield from _key_notes(item, path, chosen, self._rules)
            yield from self._response(item, (*path, "response"))
            if best is not item and self._current:
                yield _layout(path)
            yield from self._leaks(item, path)
            first = i if path in self._around else known.setdefault(text, i)
            if first != i:
                yield _duplicate(path, first)

    def _sound(self, path: Steps, names: Iterable[str]) -> bool:
        """Whether these members of a mapping could be read."""
        return path not in self._broken and all((*path, n) not in self._around for n in names)

    def exact_form(self, data: bytes) -> Iterator[_Note]:
        opening = head(self._file, empty=not self._file.interactions)
        exact = "".join((opening, *self._texts, END)).encode("utf-8", "surrogatepass")
        if exact != data:
            problem = "this is not the exact form: from here on a writer writes another text"
            line = _first_difference(exact, data)
            remedy = "Run `promptecho fmt` on it."
            yield _Note((), "finding.format", problem, remedy, WARNING, line=line)

    def _response(self, item: Interaction, path: Steps) -> Iterator[_Note]:
        if self._sound(path, ("headers",)):
            headers = self._tree["interactions"][path[1]]["response"]["headers"]
            yield from _header_notes(headers, item.response, path, self._rules, self._current)
        if self._current and self._sound(path, _BODIED):
            yield from _framing_notes(item, path)

    def _leaks(self, item: Interaction, path: Steps) -> Iterator[_Note]:
        for name in _clear_query(item.request, self._rules):
            problem = f"the query parameter {name} stands in clear, and is not on the keep-list"
            yield _Note(
                (*path, "request", "url"),
                "finding.secret",
                problem,
                f"Write {REDACTED} for its value, unless your sessions keep it (`keep_query`).",
                WARNING,
            )
        if (*path, "request", "body") in self._around:
            item = item._replace(request=item.request._replace(body={}))
        for leak in leaks(item, self._rules.redactor):
            what = " and ".join(leak.shapes) or "a secret, by its name"
            yield _Note(
                (*path, *leak.place),
                "finding.secret",
                f"here stands what looks like {what}",
                f"Write {REDACTED} in its place or record again, and revoke it if it is real.",
            )


def _duplicate(path: Steps, first: int) -> _Note:
    return _Note(
        path,
        "finding.duplicate",
        f"interaction {path[1]} is the same as interaction {first} (counted from 0)",
        "Remove one of them, unless the request is meant to be answered twice.",
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


# Keys


def _key_notes(
    item: Interaction, path: Steps, chosen: Matching, rules: RecordingPolicy
) -> Iterator[_Note]:
    request = item.request
    place = (*path, "request")
    code = "finding.key-mismatch"
    try:
        canonical(request.body)
        right = _nearest_key(item, chosen, rules)
        renormal = _normal_key(item, chosen, rules)
    except ValueError:
        problem = "the body holds a number or a character that has no canonical form"
        yield _Note((*place, "body"), code, problem, "Mend the body, or record again.")
        return
    if right.match_key != request.match_key:
        yield _Note(
            (*place, "match_key"),
            code,
            f'match_key is "{request.match_key}", but url and body give "{right.match_key}"',
            f'If they are meant as they stand, write match_key: "{right.match_key}" and '
            f"matched_on: {_names(right.matched_on)}; otherwise record again.",
        )
    elif right.matched_on != request.matched_on:
        yield _Note(
            (*place, "matched_on"),
            code,
            f"matched_on is not {_names(right.matched_on)}, which match_on and body give",
            f"Write matched_on: {_names(right.matched_on)}.",
        )
    elif renormal.match_key != right.match_key:
        yield _Note(
            (*place, "body"),
            code,
            "the body is not canonical: no request has it, so this is never played",
            f'The canonical body has the key "{renormal.match_key}"; record again.',
            WARNING,
        )


def _nearest_key(item: Interaction, chosen: Matching, rules: RecordingPolicy) -> RecordedRequest:
    """The request with the key that it should have."""
    right = rekeyed(item, chosen, rules.keep_query).request
    clear = _clear_query(item.request, rules)
    if clear and right.match_key != item.request.match_key:
        # URL-3: what stands in clear was kept by a session's own list, and is in the key.
        own = rekeyed(item, chosen, rules.keep_query.union(clear)).request
        return own if own.match_key == item.request.match_key else right
    return right


def _normal_key(item: Interaction, chosen: Matching, rules: RecordingPolicy) -> RecordedRequest:
    request = item.request
    body = request.body
    if request.dialect is None and WHOLE.isdisjoint(body):
        normal = normalize.normalize(url.key_path(request.url), body, request.method)[1]
        if normal != body and storable(normal):
            item = item._replace(request=request._replace(body=normal))
    return _nearest_key(item, chosen, rules)


def _clear_query(request: RecordedRequest, rules: RecordingPolicy) -> frozenset[str]:
    """Names of query parameters that are not kept, and whose values are not redacted."""
    if "?" not in request.url:
        return frozenset()
    everything = url.query_pairs(request.url)
    kept = dict(url.key_query(request.url, rules.keep_query))
    return frozenset(n for n, value in everything if n not in kept and value not in ("", REDACTED))


def _names(names: tuple[str, ...]) -> str:
    return f"[{', '.join(names)}]"


# Headers


_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+\Z")
_UNSENDABLE = re.compile("[\x00\r\n]|[^\x00-\xff]")


def _header_notes(
    headers: dict[str, JSON],
    response: RecordedResponse,
    path: Steps,
    rules: RecordingPolicy,
    current: bool,
) -> Iterator[_Note]:
    place = (*path, "headers")
    stored: dict[str, str] = {}
    for name, value in headers.items():
        values = value if isinstance(value, list) else [value]
        lower = name.lower()
        here = (*place, name)
        if lower in rules.headers.redacted and any(v not in ("", REDACTED) for v in values):
            problem = f"the header {name} stands in clear"
            remedy = f"Write {REDACTED} for its value, and revoke it if it is real."
            yield _Note(here, "finding.header", problem, remedy)
        if not current:
            continue
        if lower in stored:
            problem = f"the header {name} is there as {stored[lower]} too"
            yield _Note(here, "finding.header", problem, "Write one list of values.", at_name=True)
        stored[lower] = name
        for problem, remedy, severity in _header_problems(name, value, values, response, rules):
            yield _Note(here, "finding.header", problem, remedy, severity, at_name=True)


def _header_problems(
    name: str, value: JSON, values: list[JSON], response: RecordedResponse, rules: RecordingPolicy
) -> Iterator[tuple[str, str, str]]:
    lower = name.lower()
    if not _FIELD_NAME.match(lower):
        yield f"{name!r} is not the name of a header", "Mend it.", ERROR
    elif lower != name:
        yield f"the header {name} is not in lower case", f"Write {lower}.", WARNING
    if lower == "content-encoding":
        if _is_undone(response, values):
            problem = "content-encoding stands here, but the body is not encoded"
            yield problem, "Take the header out: clients would decode the body again.", WARNING
    elif lower in rules.headers.dropped:
        yield f"the header {name} is one that is not stored", "Take it out.", WARNING
    if isinstance(value, list) and len(value) < 2:
        yield f"the header {name} is a list of {len(value)}", "Write a string.", WARNING
    texts = [text for text in values if isinstance(text, str)]
    if any(_UNSENDABLE.search(text) for text in texts):
        yield f"the header {name} holds a character that no header can", "Take it out.", ERROR
    elif any(text != text.strip(" \t") for text in texts):
        yield f"the header {name} is not trimmed", "Trim its value.", WARNING


def _is_undone(response: RecordedResponse, values: list[JSON]) -> bool:
    # BODY-2: it is kept only where it could not be undone, and then the body is bytes.
    body = response.body
    if isinstance(body, Empty):
        return False
    if not isinstance(body, (BinaryBody, BinaryStream)):
        return True
    coding = ", ".join(value for value in values if isinstance(value, str))
    return undo(b"".join(forms.decode(body)), coding) is not None


# Bodies


def _layout(path: Steps) -> _Note:
    problem = "layout is not the smallest that gives these bytes"
    place = (*path, "response", "layout")
    return _Note(place, "finding.layout", problem, "Run `promptecho fmt` on it.", WARNING)


def _framing_notes(item: Interaction, path: Steps) -> Iterator[_Note]:
    body = item.response.body
    chunks = forms.decode(body)
    data = b"".join(chunks)
    if not data:
        return
    content_type = dict(item.response.headers).get("content-type", ())
    declared = forms.encode(content_type[0] if content_type else "", data)
    right = body
    if isinstance(body, EventStream):
        right = forms.encode(forms.MEDIA_TYPES[body.framing], data)
    if right != body:
        yield _Note(
            (*path, "events"),
            "finding.framing",
            "these events, joined and split again, are other events",
            "Mend the events: one item for each, without the line ends behind it.",
        )
    elif _kind(declared) != _kind(body) and isinstance(declared, STREAMS) and not _swept(item):
        yield _Note(
            (*path, "streaming"),
            "finding.framing",
            f"content-type declares a stream, which is stored as {_kind(declared)}, not as "
            f"{_kind(body)}",
            "Record again, or mend content-type.",
        )


def _swept(item: Interaction) -> bool:
    """Whether something was taken out of the body, after its form was chosen [BODY-8]."""
    return any(place.startswith(("response.body", "response.events")) for place in item.redacted)


def _kind(body: Body) -> str:
    if isinstance(body, (EventStream, FrameStream)):
        return f"framing {body.framing}"
    return "binary events" if isinstance(body, BinaryStream) else "a body"


# --- remedies ----------------------------------------------------------------------------------


def _remedy(code: str) -> str:
    return _REMEDIES.get(code) or remedy(code)


_REMEDIES = {
    "yaml.encoding": "Save it as UTF-8.",
    "yaml.directive": "Remove the line that begins with %.",
    "yaml.merge-key": "Write the members out.",
    "yaml.duplicate-key": "Remove one of the two.",
    "yaml.key": "Put quotes around the name.",
    "yaml.depth": "Store the body as a string.",
    "yaml.multiple-documents": "Make it one document: one file is one cassette.",
    "yaml.empty": "Delete the file, then record again.",
    "cassette.not-a-mapping": "This is not a cassette: take it out of the folder.",
    "cassette.unknown-member": "Mend the name, or let it begin with x-.",
    "cassette.missing-member": "Restore it from version control, or record again.",
    "cassette.type": "Mend the value; put quotes around what is a string.",
    "cassette.value": "Mend the value.",
    "cassette.key": "Put quotes around the key, restore it, or record again.",
    "cassette.base64": "Restore it from version control, or record again.",
    "cassette.body-form": "Leave the members of one form of body [BODY-1] and take out the others.",
}
