"""The cases of the suite, and who is asked which of them (PROTOCOL.md, sections 2, 4 and 5)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parents[1]
FIXTURES = HERE / "fixtures"
NOTES = HERE / "notes.json"
SPECIFICATION = HERE.parent / "spec" / "cassette-v2.md"

PROTOCOL = 1
SUITE = "2.1.0"

#: What each class is asked: its own operations, and those of the classes that it includes.
INCLUDED = {
    "exact-reader": {"exact-reader"},
    "reader": {"exact-reader", "reader"},
    "matcher": {"exact-reader", "reader", "matcher"},
    "writer": {"writer"},
    "recorder": {"exact-reader", "reader", "matcher", "writer", "recorder"},
}
#: The optional parts that an adapter may claim in its hello.
MODULES = {
    "aws-eventstream": "bodies in the framing of AWS event streams",
    "br": "the content coding br",
    "zstd": "the content coding zstd",
    "files-2.0": "files of format 2.0",
    "origins": "paths of the caller's own JSON in a miss",
    "digest": "digests of requests, the short way to a recording",
    "validate": "all findings of a faulty file",
}
OPERATIONS = {
    "load": "reader",
    "canonical": "matcher",
    "path": "matcher",
    "query": "matcher",
    "normalize": "matcher",
    "key": "matcher",
    "decode": "matcher",
    "miss": "matcher",
    "redact": "matcher",
    "secret": "matcher",
    "emit": "writer",
    "encode": "writer",
    "modes": "recorder",
    "replay": "recorder",
    "validate": "any",
}


class Case(NamedTuple):
    """One question with its expectation."""

    name: str
    op: str
    content: dict[str, Any]

    @property
    def needs(self) -> list[str]:
        """The modules without which the case is not asked."""
        own = list(self.content.get("needs", ()))
        return [*own, "validate"] if self.op == "validate" else own

    @property
    def asked_of(self) -> str:
        """The class that is asked (PROTOCOL.md, section 4)."""
        given = self.content["given"]
        if self.op in ("modes", "replay") and given.get("mode") == "none":
            return "matcher"
        if self.op == "redact" and "response" in given:
            return "writer"
        if self.content.get("exact"):
            return "exact-reader"
        return OPERATIONS[self.op]


def load_cases(fixtures: Path) -> list[Case]:
    """Every case of a folder of fixture files, in the order of the files' names."""
    return [
        Case(content["id"], file["op"], content)
        for _, file in fixture_files(fixtures)
        for content in file["cases"]
    ]


def fixture_files(fixtures: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of each fixture file."""
    for path in sorted(fixtures.rglob("*.json")):
        name = path.relative_to(fixtures).with_suffix("").as_posix()
        yield name, json.loads(path.read_text(encoding="ascii"))


def resolved(value: Any, fixtures: Path) -> Any:
    """A value with `$file`, `$json`, `$join` and `$repeat` replaced (PROTOCOL.md, 2)."""
    if isinstance(value, list):
        return [resolved(item, fixtures) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$file"}:
        return bytes_form((fixtures / value["$file"]).read_bytes())
    if set(value) == {"$join"}:
        return "".join(resolved(value["$join"], fixtures))
    if set(value) == {"$repeat"}:
        text, count = value["$repeat"]
        return text * count
    if set(value) == {"$json"}:
        inner = resolved(value["$json"], fixtures)
        return {"utf8": json.dumps(inner, ensure_ascii=False, separators=(",", ":"))}
    return {name: resolved(member, fixtures) for name, member in value.items()}


def bytes_form(data: bytes) -> dict[str, str]:
    """Bytes as the protocol has them: as text where they are UTF-8."""
    try:
        return {"utf8": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def unclaimed(case: Case, hello: dict[str, Any]) -> str:
    """Why an adapter is not asked a case; empty if it is."""
    if "ops" in hello and case.op not in hello["ops"]:
        return f"the operation {case.op} is not claimed"
    for module in case.needs:
        if module not in hello.get("modules", ()):
            return f"needs the module {module}"
    classes = claimed_classes(hello)
    if case.asked_of == "reader" and "exact-reader" in classes:
        return ""  # the answer may be that the text is not read [CONF-5]
    if (classes or "ops" not in hello) and case.asked_of not in {*classes, "any"}:
        return f"the class {case.asked_of} is not claimed"
    return ""


def not_exact(case: Case, answer: dict[str, Any], hello: dict[str, Any]) -> bool:
    """Whether an answer is that of an exact reader to a text in another form [CONF-5]."""
    classes = claimed_classes(hello)
    is_exact_reader = "exact-reader" in classes and "reader" not in classes
    refused = answer.get("error", {}).get("code") == "yaml.syntax"
    return case.asked_of == "reader" and is_exact_reader and refused


def claimed_classes(hello: dict[str, Any]) -> list[str]:
    """The classes that an adapter claims, and those that they include."""
    found: set[str] = set().union(*(INCLUDED[each] for each in hello.get("classes", ())))
    return [each for each in INCLUDED if each in found]
