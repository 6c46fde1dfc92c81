"""Findings as text, JSON, GitHub workflow commands and SARIF 2.1.0."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable
from urllib.parse import quote

from promptecho import __version__
from promptecho._base.printable import printable, printable_lines
from promptecho._checks.finding import ERROR, Finding


def text(findings: Sequence[Finding], files: int) -> str:
    """For people: ``file:line: severity: problem [code]``, and the remedy below."""
    lines = []
    for each in findings:
        place = each.file if each.line is None else f"{each.file}:{each.line}"
        lines.append(f"{place}: {each.severity}: {each.problem} [{each.code}]")
        lines.append(f"    {each.remedy}")
    return "".join(f"{printable(line)}\n" for line in lines)


def summary(findings: Sequence[Finding], files: int) -> str:
    """One line that counts."""
    errors = sum(each.severity == ERROR for each in findings)
    counts = [_count(errors, "error"), _count(len(findings) - errors, "warning")]
    what = " and ".join(count for count in counts if not count.startswith("0 "))
    return f"{_count(files, 'file')}: {what or 'no findings'}\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def as_json(findings: Sequence[Finding], files: int) -> str:
    """For programs: an object with ``files`` (how many) and ``findings``."""
    rows = [each._asdict() for each in findings]
    return _dumped({"files": files, "findings": rows})


def github(findings: Sequence[Finding], files: int) -> str:
    """Workflow commands of GitHub Actions, which annotate the lines of a pull request."""
    return "".join(f"{_command(each)}\n" for each in findings)


def _command(finding: Finding) -> str:
    properties = {"file": finding.file, "title": finding.code}
    if finding.line is not None:
        properties["line"] = str(finding.line)
    listed = ",".join(f"{name}={_property(value)}" for name, value in sorted(properties.items()))
    return f"::{finding.severity} {listed}::{_data(f'{finding.problem}. {finding.remedy}')}"


def _data(value: str) -> str:
    value = value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(value)


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def sarif(findings: Sequence[Finding], files: int) -> str:
    """SARIF 2.1.0, for code scanning."""
    codes = sorted({each.code for each in findings})
    meanings = {**MEANINGS, **LINT_MEANINGS}
    driver = {
        "name": "promptecho",
        "version": __version__,
        "rules": [{"id": c, "shortDescription": {"text": meanings.get(c, c)}} for c in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, codes.index(each.code)) for each in findings],
    }
    log = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
        "sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return _dumped(log)


def _dumped(value: dict[str, Any]) -> str:
    # JSON in ASCII, so only a command of a CI is left to escape, in the same way as JSON does.
    return printable_lines(json.dumps(value, indent=2)) + "\n"


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.file)}}
    if finding.line is not None:
        location["region"] = {"startLine": finding.line}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": f"{finding.problem}. {finding.remedy}"},
        "locations": [{"physicalLocation": location}],
    }


def _uri(name: str) -> str:
    if os.path.isabs(name):
        return Path(name).as_uri()
    return quote(os.fsencode(name.replace(os.sep, "/")))


FORMATS: dict[str, Callable[[Sequence[Finding], int], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
}

#: What the codes of the spec mean (section 17).
MEANINGS = {
    "yaml.syntax": "not well-formed YAML",
    "yaml.encoding": "not strict UTF-8, or two byte order marks",
    "yaml.merge-conflict": "a conflict marker of git",
    "yaml.directive": "a YAML directive",
    "yaml.tag": "a YAML tag",
    "yaml.anchor": "an anchor or an alias",
    "yaml.merge-key": "a merge key",
    "yaml.duplicate-key": "a name twice in one mapping",
    "yaml.key": "a name that is not a string",
    "yaml.depth": "nested deeper than 68 levels",
    "yaml.ambiguous-scalar": "a plain scalar that libraries read differently",
    "yaml.multiple-documents": "a second document",
    "yaml.empty": "comments only",
    "cassette.foreign": "a file of another tool",
    "cassette.empty": "an empty file",
    "cassette.truncated": "no end marker: the end is lost",
    "cassette.not-a-mapping": "the root is a list or a scalar",
    "cassette.version": "a version other than 2",
    "cassette.minor": "a minor version that is too new",
    "cassette.unknown-member": "a member that the format does not have",
    "cassette.missing-member": "a required member is absent",
    "cassette.type": "a value of another type",
    "cassette.value": "a value outside its range",
    "cassette.too-large": "the file is too large",
    "cassette.unreadable": "the file cannot be opened or read",
    "cassette.key": "a match_key that is not 16 hexadecimal digits",
    "cassette.base64": "not base64",
    "cassette.body-form": "members of different forms of a body together",
    "finding.key-mismatch": "match_key or matched_on is not what the URL and the body give",
    "finding.layout": "layout has no effect on this body, or is not the smallest",
    "finding.framing": "joining and splitting gives other events",
    "finding.checksum": "the body is not the one that was recorded",
    "finding.header": "a header that would not have been stored so",
    "finding.secret": "something that redaction would replace",
    "finding.duplicate": "two interactions with the same text",
    "finding.format": "not in exact form",
    "finding.journal": "a journal that no session holds",
}

#: What the codes of `promptecho lint` mean.
LINT_MEANINGS = {
    "lint.live": "a call outside of every cassette",
    "lint.missing": "a cassette that a test names and that does not exist",
    "lint.no-cassette": "a test that calls an SDK without a cassette",
    "lint.orphan": "a cassette that no test of the run uses",
    "lint.snapshot-file": "a file of snapshots that cannot be read",
    "lint.snapshot-unreviewed": "a snapshot that nobody has reviewed",
    "lint.snapshot-unused": "a snapshot that no test of the run uses",
    "lint.unplayed": "a recording that no test of the run has played",
    "lint.age": "a recording that is older than --max-age",
    "lint.accepted": "a recording that was accepted for another request long ago",
}
