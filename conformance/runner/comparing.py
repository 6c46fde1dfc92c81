"""The first difference of an answer from what is wanted (PROTOCOL.md, section 2)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .cases import Case, resolved
from .places import ANYTHING, Place, answer_place
from .showing import (
    ABSENT,
    Members,
    Token,
    hex_window,
    shortened,
    shown,
    spelled_text,
    window,
)


class Row(NamedTuple):
    """An item of a list: as it is wanted, and as it came."""

    want: str
    got: str


class Difference(NamedTuple):
    """The first place where an answer is not what is wanted.

    Attributes:
        pointer: the place, as a JSON Pointer.
        want: what is wanted there, and `got`, what came; both may be windows of long values.
        place: the character, line or byte inside the value.
        list_at: the place of the list around it, if there is one, and `rows`: all its items.
    """

    pointer: str
    want: str
    got: str
    place: str = ""
    list_at: str = ""
    rows: tuple[Row, ...] = ()


def wrong(case: Case, answer: dict[str, Any], fixtures: Path) -> Difference | None:
    """What is wrong with an answer; None if nothing is."""
    content = case.content
    if "error" in content:
        return wrong_error(content["error"], answer)
    if "expect" in content:
        return wrong_ok(case.op, resolved(content["expect"], fixtures), answer)
    found = []
    for each in resolved(content["any_of"], fixtures):
        if set(each) == {"error"}:
            found.append(wrong_error(each["error"], answer))
        else:
            found.append(wrong_ok(case.op, each, answer))
    return None if None in found else found[0]


def wrong_error(want: dict[str, Any], answer: dict[str, Any]) -> Difference | None:
    """What is wrong with an answer where an error is wanted."""
    if "error" not in answer:
        return Difference("/error/code", want["code"], "accepted: " + shown(answer.get("ok")))
    got = {name: answer["error"].get(name, ABSENT) for name in want}
    return difference(want, got, "/error")


def wrong_ok(op: str, want: dict[str, Any], answer: dict[str, Any]) -> Difference | None:
    """What is wrong with an answer where `ok` is wanted."""
    if "ok" not in answer:
        error = answer["error"]
        message = shortened(str(error.get("message", "")), 600)
        return Difference("/ok", shown(want), f"the error {error.get('code')}: {message}")
    if not isinstance(answer["ok"], dict):
        return Difference("/ok", shown(want), shown(answer["ok"]))
    got = {name: answer["ok"].get(name, ABSENT) for name in want}
    return difference(want, got, "/ok", answer_place(op))


def difference(want: Any, got: Any, pointer: str, at: Place = ANYTHING) -> Difference | None:
    """The first difference of two values at a place of an answer."""
    if got is ABSENT or want is ABSENT:
        return Difference(pointer, shown(want), shown(got))
    if at.is_text and is_form(want, "$text", dict):
        return text_difference(want["$text"], got, pointer)
    if at.is_bytes and is_bytes(want) and is_bytes(got):
        return bytes_difference(as_bytes(want), as_bytes(got), pointer)
    if at.is_json_text and is_form(want, "json") and is_form(got, "json"):
        return spelled_difference(want["json"], got["json"], pointer)
    if isinstance(want, dict) and isinstance(got, dict):
        names = [*want, *(name for name in got if name not in want)]
        return first(
            difference(
                want.get(name, ABSENT),
                got.get(name, ABSENT),
                step_into(pointer, name),
                at.member(name),
            )
            for name in names
        )
    if isinstance(want, list) and isinstance(got, list):
        found = first(
            difference(one, other, step_into(pointer, index), at.item(index))
            for index, one, other in items(want, got)
        )
        return found and with_list(found, pointer, want, got)
    if isinstance(want, str) and isinstance(got, str):
        return string_difference(want, got, pointer)
    return None if same_scalar(want, got) else Difference(pointer, shown(want), shown(got))


def first(found: Iterable[Difference | None]) -> Difference | None:
    """The first that is one."""
    return next((each for each in found if each), None)


def step_into(pointer: str, step: str | int) -> str:
    """The JSON Pointer of a member or an item."""
    return f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"


def items(want: list[Any], got: list[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Two lists side by side, as long as the longer one."""
    for index in range(max(len(want), len(got))):
        yield (
            index,
            want[index] if index < len(want) else ABSENT,
            got[index] if index < len(got) else ABSENT,
        )


def with_list(found: Difference, pointer: str, want: list[Any], got: list[Any]) -> Difference:
    """A difference with the list around it.

    That is the innermost list, or the outermost of lists that are items of each other, such as
    headers. A list whose items are large, such as the interactions of a file, is left out.
    """
    inner = found.list_at or found.pointer
    steps = inner[len(pointer) :].count("/")
    if steps > (1 if found.list_at else 2):
        return found
    rows = (Row(shown(one), shown(other)) for _, one, other in items(want, got))
    return found._replace(list_at=pointer, rows=tuple(rows))


def same_scalar(want: Any, got: Any) -> bool:
    """Whether two values that are no containers are one."""
    if isinstance(want, bool) or isinstance(got, bool):
        return want is got
    if isinstance(want, (int, float)) and isinstance(got, (int, float)):
        return float(want) == float(got)
    return type(want) is type(got) and bool(want == got)


# --- JSON texts, texts and bytes ---------------------------------------------------------------


def spelled_difference(want: str, got: str, pointer: str) -> Difference | None:
    """Two JSON texts: numbers by their tokens, members in their order."""
    try:
        return ordered_difference(spelled(want), spelled(got), pointer + "/json")
    except ValueError as error:
        return Difference(pointer + "/json", shown(want), f"no JSON text ({error}): {shown(got)}")


def spelled(text: str) -> Any:
    """A JSON text as a value that keeps tokens and order."""
    return json.loads(text, parse_int=Token, parse_float=Token, object_pairs_hook=Members)


def ordered_difference(want: Any, got: Any, pointer: str) -> Difference | None:
    """The first difference of two such values."""
    if want is ABSENT or got is ABSENT or type(want) is not type(got):
        return Difference(pointer, spelled_text(want), spelled_text(got))
    if isinstance(want, Members):
        wanted, found = [name for name, _ in want], [name for name, _ in got]
        if wanted != found:
            return with_list(
                Difference(pointer, f"{len(want)} members", f"{len(got)} members"),
                pointer,
                wanted,
                found,
            )
        return first(
            ordered_difference(member, got[i][1], step_into(pointer, name))
            for i, (name, member) in enumerate(want)
        )
    if isinstance(want, list):
        inner = first(
            ordered_difference(one, other, step_into(pointer, index))
            for index, one, other in items(want, got)
        )
        return inner and with_list(inner, pointer, want, got)
    if isinstance(want, str) and not isinstance(want, Token):
        return string_difference(want, got, pointer)
    return None if want == got else Difference(pointer, spelled_text(want), spelled_text(got))


def text_difference(rule: dict[str, Any], got: Any, pointer: str) -> Difference | None:
    """A text beside what it must contain and lack."""
    if not isinstance(got, str):
        return Difference(pointer, "a text", shown(got))
    for part in rule.get("contains", ()):
        if part not in got:
            return Difference(pointer, f"a text that contains {shown(part)}", shown(got))
    for part in rule.get("lacks", ()):
        if part in got:
            return Difference(pointer, f"a text without {shown(part)}", shown(got))
    if len(got) > rule.get("at_most", len(got)):
        most = rule["at_most"]
        return Difference(pointer, f"at most {most} characters", f"{len(got)} characters")
    return None


def string_difference(want: str, got: str, pointer: str) -> Difference | None:
    """Two strings."""
    if want == got:
        return None
    at = first_index(want, got)
    line, column = want.count("\n", 0, at) + 1, at - (want.rfind("\n", 0, at) + 1) + 1
    place = f"character {at}" if "\n" not in want else f"line {line}, column {column}"
    return Difference(pointer, window(want, at), window(got, at), place)


def bytes_difference(want: bytes, got: bytes, pointer: str) -> Difference | None:
    """Two runs of bytes."""
    if want == got:
        return None
    at = first_index(want, got)
    place = f"byte {at}, line {want.count(10, 0, at) + 1}"
    return Difference(pointer, hex_window(want, at), hex_window(got, at), place)


def first_index(want: Any, got: Any) -> int:
    """Where two strings or runs of bytes part."""
    pairs = enumerate(zip(want, got))
    return next((i for i, (a, b) in pairs if a != b), min(len(want), len(got)))


def is_form(value: Any, name: str, kind: type = str) -> bool:
    """Whether a value is an object with this one member."""
    return isinstance(value, dict) and set(value) == {name} and isinstance(value[name], kind)


def is_bytes(value: Any) -> bool:
    """Whether a value can stand for bytes."""
    return is_form(value, "utf8") or is_form(value, "base64")


def as_bytes(form: dict[str, str]) -> bytes:
    """The bytes of a form; bad base64 gives its own text, marked as such."""
    if "utf8" in form:
        return form["utf8"].encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(form["base64"], validate=True)
    except (binascii.Error, ValueError):
        return b"(not base64) " + form["base64"].encode("utf-8", "surrogatepass")
