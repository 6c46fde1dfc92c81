"""A text inside the YAML profile as a value. [YAML-R1] to [YAML-R5]

Works on the parser's *events*: nothing is constructed, resolved or expanded, so nothing in a
cassette can run code or grow. A quoted or block scalar is a string; `yaml_scalars` has the values
of plain ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Callable, NoReturn

from .._base.errors import YamlError
from .._base.model import JSON
from .line_numbers import line_number, line_of_octet
from .yaml_flow import LEVELS, Inexact, long_lists
from .yaml_parser import guard_parser, has_libyaml, line_of_mark, parser_of, source_of
from .yaml_scalars import MAX_DEPTH, legacy_plain_value, plain_value

_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*%")
# YAML-R1; libyaml refuses their escapes itself.
_SURROGATE = re.compile("[\ud800-\udfff]")
# libyaml reads `{?a: 1}` as `{? a: 1}`. [YAML-R8]
_find_mark_of_key = re.compile("[\\[{,\\s]\\?[^\\s]").search
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
            line = line_of_octet(source, error.start)
            raise YamlError("yaml.encoding", line, "the text is not UTF-8") from None
    else:
        text = source
    text = text[1:] if text.startswith("\ufeff") else text
    if text.startswith("\ufeff"):
        raise YamlError("yaml.encoding", 1, "the text begins with two byte order marks")
    # PyYAML's pure parser skips a directive that it does not know.
    directive = _DIRECTIVE.match(text)
    if directive:
        line = line_number(text, directive.end())
        raise YamlError("yaml.directive", line, "this line is a YAML directive")
    return text


# --- structure ---------------------------------------------------------------------------------


class _Reader:
    """Builds the value of one document from the parser's events, without recursion."""

    def __init__(self, text: str, lists: Mapping[str, list[JSON]], *, legacy: bool = False) -> None:
        source = source_of(text)
        self._parser = parser_of(source)
        self._separators = source.separators
        self._keys_in = text if _find_mark_of_key(text) else ""
        self._lists = dict(lists)
        self._plain: Plain = legacy_plain_value if legacy else plain_value
        self._is_pure = not has_libyaml()

    def document(self) -> JSON:
        from yaml import events as e

        parser = self._parser
        try:
            parser.get_event()  # the start of the stream
            start = parser.get_event()
            if type(start) is e.StreamEndEvent:
                raise YamlError("yaml.empty", 1, "the file holds comments only")
            if start.version or start.tags:
                raise YamlError("yaml.directive", _line(start), "this line is a YAML directive")
            value = self._value()
            if self._lists:
                raise Inexact
            parser.get_event()  # the end of the document
            end = parser.get_event()
            if type(end) is not e.StreamEndEvent:
                raise YamlError(
                    "yaml.multiple-documents",
                    _line(end),
                    "a second YAML document begins here",
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
        is_checked = bool(self._separators or self._keys_in)
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
                    self._refuse(event)
                value: Any = event.value
                if is_checked:
                    value = self._checked(event)
                if is_pure and _SURROGATE.search(value):
                    reason = "this string holds an escape of half a surrogate pair"
                    raise YamlError("yaml.syntax", _line(event), reason)
                if not event.style:
                    if members is not None and name is None:
                        self._check_name(event, value)
                    else:
                        value = plain(value, _line(event))
                elif lists and value in lists and event.style == '"':
                    if (members is not None and name is None) or len(stack) + LEVELS > MAX_DEPTH:
                        raise Inexact
                    value = lists.pop(value)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value, members, append, name = stack.pop()
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if event.anchor is not None or event.tag is not None:
                    self._refuse(event)
                if members is not None and name is None:
                    raise YamlError(
                        "yaml.key", _line(event), "the name of a member must be a string"
                    )
                if len(stack) == MAX_DEPTH:
                    raise YamlError(
                        "yaml.depth",
                        _line(event),
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
                raise YamlError("yaml.anchor", _line(event), "this value is a YAML alias")
            if append is not None:
                append(value)
            elif members is None:
                return value
            elif name is None:
                if value in members:
                    raise YamlError(
                        "yaml.duplicate-key",
                        _line(event),
                        f"this mapping has the name {value!r} twice",
                    )
                name = value
            else:
                members[name] = value
                name = None

    def _checked(self, event: Any) -> str:
        """The text of a scalar that libyaml may read otherwise than YAML 1.2 says."""
        start = event.start_mark.index
        if self._keys_in[start - 1 : start] == "?":
            reason = "a string that begins with `?` needs quotes"
            raise YamlError("yaml.syntax", _line(event), reason)
        text: str = event.value.translate(self._separators)
        if text != event.value and event.style not in ("'", '"'):
            reason = "U+0085, U+2028 and U+2029 must be in quotes"
            raise YamlError("yaml.syntax", _line(event), reason)
        return text

    def _refuse(self, event: Any) -> NoReturn:
        if event.anchor is not None:
            raise YamlError("yaml.anchor", _line(event), "this value has a YAML anchor")
        raise YamlError("yaml.tag", _line(event), "this value has a YAML tag")

    def _check_name(self, event: Any, text: str) -> None:
        if text == "<<":
            raise YamlError("yaml.merge-key", _line(event), "<< is a YAML merge key")
        try:
            is_string = isinstance(self._plain(text, 0), str)
        except YamlError:
            is_string = False
        if not is_string:
            reason = f"some YAML libraries do not read the name `{text[:40]}` as a string"
            raise YamlError("yaml.key", _line(event), reason)


def _line(event: Any) -> int:
    return line_of_mark(event.start_mark)
