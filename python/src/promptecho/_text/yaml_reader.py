"""A text inside the YAML profile as a value. [YAML-R1] to [YAML-R5]

Works on the parser's *events*: nothing is constructed, resolved or expanded, so nothing in a
cassette can run code or grow. A quoted or block scalar is a string; `yaml_scalars` has the values
of plain ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Callable, NoReturn, TypeVar

from .._base.errors import YamlError
from .._base.model import JSON
from .._base.vocabulary import MAX_NESTING
from .yaml_flow import LEVELS, Inexact, long_lists
from .yaml_scalars import legacy_plain_value, plain_value

# A body is below the file, the list, the interaction and the response [YAML-R2].
MAX_DEPTH = 4 + MAX_NESTING

_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*%")
# libyaml reads `{?a: 1}` as `{? a: 1}`, and the separators as line ends. [YAML-R1] [YAML-R8]
_MISREAD = re.compile("[\\[{,\\s]\\?[^\\s]|[\x85\u2028\u2029]")
_SEPARATOR = re.compile("[\x85\u2028\u2029]")
# YAML-R1; libyaml refuses their escapes itself.
_SURROGATE = re.compile("[\ud800-\udfff]")
_T = TypeVar("_T")
Parser = Any  # PyYAML has no types.
Plain = Callable[[str, int], JSON]


def read(source: str | bytes, *, legacy: bool) -> JSON:
    """The value of a text.

    Numbers are int or float where that gives their token back, else ``Number``.

    Args:
        source: the whole text; bytes are UTF-8.
        legacy: read a 2.0 file: where libraries differ over a plain scalar, it means what
            promptecho 0.1.3 made of it, if that was a string. [V20]

    Raises:
        YamlError: the text is outside the profile.
    """
    text = decoded(source)
    if not legacy:
        cut = long_lists(text)
        # A text that is not read without its lists is wrong, or a list is no value.
        with suppress(YamlError, Inexact):
            if cut.lists:
                return guard_parser(cut.text, lambda: _Reader(*cut).document())
    return guard_parser(text, lambda: _Reader(text, {}, legacy=legacy).document())


def ends_with_marker(text: str) -> bool:
    """Whether the last line is YAML's own end marker, ``...``: the file is whole. [YAML-W1]"""
    return text.endswith(("\n...\n", "\n...\r\n"))


# --- text --------------------------------------------------------------------------------------


def decoded(source: str | bytes) -> str:
    """The characters of a text, without a byte order mark.

    Raises:
        YamlError: it is not UTF-8, or begins with a directive.
    """
    if isinstance(source, bytes):
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as error:
            line = source.count(b"\n", 0, error.start) + 1
            raise YamlError("yaml.encoding", line, "the text is not UTF-8") from None
    else:
        text = source
    text = text[1:] if text.startswith("\ufeff") else text
    if text.startswith("\ufeff"):
        raise YamlError("yaml.encoding", 1, "the text begins with two byte order marks")
    # PyYAML's pure parser skips a directive that it does not know.
    directive = _DIRECTIVE.match(text)
    if directive:
        line = text.count("\n", 0, directive.end()) + 1
        raise YamlError("yaml.directive", line, "this line is a YAML directive")
    return text


def _has_libyaml() -> bool:
    import yaml

    return hasattr(yaml, "CSafeLoader")


def parser_of(text: str) -> Parser:
    """A parser of a text; libyaml's where PyYAML has it."""
    import yaml

    # Absent where PyYAML was built without libyaml.
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)


def guard_parser(text: str, work: Callable[[], _T]) -> _T:
    """What some work with a parser gives; the parser's errors are `YamlError`s."""
    import yaml

    try:
        return work()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "not YAML"
        # libyaml 0.2.6 has a limit of its own, and reads ahead of the events that we count.
        code = "yaml.depth" if "maximum nesting depth" in reason else "yaml.syntax"
        raise YamlError(code, mark.line + 1 if mark else 1, reason) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError("yaml.syntax", line, f"{error.reason}") from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise YamlError(
            "yaml.encoding", line, "the text holds half a surrogate pair, which UTF-8 cannot hold"
        ) from None


# --- structure ---------------------------------------------------------------------------------


class _Reader:
    """Builds the value of one document from the parser's events, without recursion."""

    def __init__(self, text: str, lists: Mapping[str, list[JSON]], *, legacy: bool = False) -> None:
        self._text = text
        self._parser = parser_of(text)
        self._lists = dict(lists)
        self._plain: Plain = legacy_plain_value if legacy else plain_value
        self._is_pure = not _has_libyaml()

    def document(self) -> JSON:
        from yaml import events as e

        parser = self._parser
        try:
            parser.get_event()  # the start of the stream
            start = parser.get_event()
            if type(start) is e.StreamEndEvent:
                raise YamlError("yaml.empty", 1, "the file holds comments only")
            if start.version or start.tags:
                raise YamlError("yaml.directive", line_at(start), "this line is a YAML directive")
            value = self._value()
            if self._lists:
                raise Inexact
            parser.get_event()  # the end of the document
            end = parser.get_event()
            if type(end) is not e.StreamEndEvent:
                raise YamlError(
                    "yaml.multiple-documents", line_at(end), "a second YAML document begins here"
                )
            return value
        except YamlError:
            self._drain()
            raise
        finally:
            parser.dispose()

    def _drain(self) -> None:
        """Read to the end: a text that is not YAML at all is said to be that."""
        from yaml.events import CollectionEndEvent, CollectionStartEvent

        depth = 0
        event = self._parser.get_event()
        # libyaml takes quadratic time for deep nesting.
        while event is not None and depth <= MAX_DEPTH:
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
            event = self._parser.get_event()

    def _value(self) -> JSON:
        from yaml.events import (
            AliasEvent,
            MappingEndEvent,
            MappingStartEvent,
            ScalarEvent,
            SequenceEndEvent,
            SequenceStartEvent,
        )

        get = self._parser.get_event
        plain = self._plain
        is_pure = self._is_pure
        lists = self._lists
        misread = self._text if _MISREAD.search(self._text) else ""
        stack: list[Any] = []
        # The innermost open collection: a dict, or a list's append; and the pending name.
        members: Any = None
        append: Any = None
        name: Any = None
        while True:
            event = get()
            kind = type(event)
            if kind is ScalarEvent:
                if event.anchor is not None or event.tag is not None:
                    _refuse(event)
                value: Any = event.value
                if misread:
                    _check_source(event, misread)
                if is_pure and _SURROGATE.search(value):
                    raise YamlError(
                        "yaml.syntax",
                        line_at(event),
                        "this string holds an escape of half a surrogate pair",
                    )
                if not event.style:
                    if members is not None and name is None:
                        _check_name(event, value, plain)
                    else:
                        value = plain(value, event.start_mark.line + 1)
                elif lists and value in lists and event.style == '"':
                    if (members is not None and name is None) or len(stack) + LEVELS > MAX_DEPTH:
                        raise Inexact
                    value = lists.pop(value)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value, members, append, name = stack.pop()
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if event.anchor is not None or event.tag is not None:
                    _refuse(event)
                if members is not None and name is None:
                    raise YamlError(
                        "yaml.key", line_at(event), "the name of a member must be a string"
                    )
                if len(stack) == MAX_DEPTH:
                    raise YamlError(
                        "yaml.depth",
                        line_at(event),
                        f"values are nested deeper than {MAX_DEPTH} levels",
                    )
                if kind is MappingStartEvent:
                    value = {}
                    stack.append((value, members, append, name))
                    members, append, name = value, None, None
                else:
                    value = []
                    stack.append((value, members, append, name))
                    members, append, name = None, value.append, None
                continue
            else:
                assert kind is AliasEvent
                raise YamlError("yaml.anchor", line_at(event), "this value is a YAML alias")
            if append is not None:
                append(value)
            elif members is None:
                return value
            elif name is None:
                if value in members:
                    raise YamlError(
                        "yaml.duplicate-key",
                        line_at(event),
                        f"this mapping has the name {value!r} twice",
                    )
                name = value
            else:
                members[name] = value
                name = None


def _check_source(event: Any, text: str) -> None:
    """Refuse a scalar that libyaml reads otherwise than the profile says."""
    start, end = event.start_mark.index, event.end_mark.index
    if text[start - 1 : start] == "?":
        raise YamlError("yaml.syntax", line_at(event), "a string that begins with `?` needs quotes")
    if event.style not in ("'", '"') and _SEPARATOR.search(text, start, end):
        what = "U+0085, U+2028 and U+2029 need double quotes and an escape"
        raise YamlError("yaml.syntax", line_at(event), what)


def _refuse(event: Any) -> NoReturn:
    if event.anchor is not None:
        raise YamlError("yaml.anchor", line_at(event), "this value has a YAML anchor")
    raise YamlError("yaml.tag", line_at(event), "this value has a YAML tag")


def line_at(event: Any) -> int:
    """The 1-based line on which an event begins."""
    return int(event.start_mark.line) + 1


def _check_name(event: Any, text: str, plain: Plain) -> None:
    if text == "<<":
        raise YamlError("yaml.merge-key", line_at(event), "<< is a YAML merge key")
    try:
        is_string = isinstance(plain(text, 0), str)
    except YamlError:
        is_string = False
    if not is_string:
        reason = f"some YAML libraries do not read the name `{text[:40]}` as a string"
        raise YamlError("yaml.key", line_at(event), reason)
