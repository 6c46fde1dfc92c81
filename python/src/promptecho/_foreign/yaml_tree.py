"""YAML as other recorders write it, as plain values. Nothing in it can run code or grow.

PyYAML's parser gives events, and no constructor of a tag runs: of a tag that is not known the value
stays. An alias is the very value of its anchor, so a file of aliases needs no memory, and a value
within itself is null. Recorders write YAML 1.1. A word that YAML 1.1 takes for a boolean and YAML
1.2 for a string (``yes``) is text: PyYAML and Psych quote it, so without quotes it was meant so.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from .._base.errors import YamlError
from .._base.model import Number
from .._text.json import INTEGER_CHARACTERS
from .._text.yaml_parser import Source, guard_parser, line_of_mark, parser_of

_MOST_LEVELS = 200
_INTEGER = re.compile("-?(?:0|[1-9][0-9]*)").fullmatch
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?").fullmatch
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_PYTHON = "tag:yaml.org,2002:python/"
#: PyYAML's tag, Psych's, and PyYAML's for the class `bytes`.
_BASE64 = frozenset(("tag:yaml.org,2002:binary", "!binary", f"{_PYTHON}bytes"))
_OBJECT = f"{_PYTHON}object"
_MERGE = "<<"


def documents(text: str) -> list[Any]:
    """The values of the documents of a text.

    Raises:
        YamlError: the text is not YAML, or is nested too deep.
    """
    return guard_parser(text, lambda: _documents(text))


def _documents(text: str) -> list[Any]:
    from yaml.events import DocumentStartEvent, StreamEndEvent

    # The parser takes the separators of YAML 1.1 for line ends, and so did the writer.
    parser = parser_of(Source(text, {}))
    found: list[Any] = []
    try:
        while True:
            event = parser.get_event()
            if isinstance(event, StreamEndEvent):
                return found
            if isinstance(event, DocumentStartEvent):
                found.append(_document(parser))
    finally:
        parser.dispose()


class _Collection:
    """A list or a mapping whose end has not come yet."""

    def __init__(self, value: Any, tag: str, anchor: str | None) -> None:
        self.value = value
        self.tag = tag
        self.anchor = anchor
        self._name: Any = None
        self._has_name = False

    def add(self, value: Any) -> None:
        """Take the next item, name or value."""
        if isinstance(self.value, list):
            self.value.append(value)
        elif not self._has_name:
            self._name, self._has_name = value, True
        else:
            self._has_name = False
            if self._name == _MERGE:
                for each in value if isinstance(value, list) else [value]:
                    self.value.update(each if isinstance(each, dict) else {})
            else:
                self.value[_member_name(self._name)] = value


def _document(parser: Any) -> Any:
    """The value of the document whose start has come; reads up to its end."""
    from yaml import events as e

    top = _Collection([], "", None)
    stack = [top]
    anchors: dict[str, Any] = {}
    while True:
        event = parser.get_event()
        kind = type(event)
        if kind is e.ScalarEvent:
            value, anchor = _scalar(event), event.anchor
        elif kind is e.MappingStartEvent or kind is e.SequenceStartEvent:
            if len(stack) > _MOST_LEVELS:
                line = line_of_mark(event.start_mark)
                raise YamlError("yaml.depth", line, f"it is nested over {_MOST_LEVELS} levels")
            empty: Any = {} if kind is e.MappingStartEvent else []
            stack.append(_Collection(empty, event.tag or "", event.anchor))
            continue
        elif kind is e.MappingEndEvent or kind is e.SequenceEndEvent:
            closed = stack.pop()
            value, anchor = _collection(closed.value, closed.tag), closed.anchor
        elif kind is e.AliasEvent:
            value, anchor = anchors.get(event.anchor), None
        else:  # the end of the document
            return top.value[0] if top.value else None
        if anchor is not None:
            anchors[anchor] = value
        stack[-1].add(value)


def _scalar(event: Any) -> Any:
    written, tag = event.value, event.tag
    if tag in _BASE64:
        try:
            return base64.b64decode(written)
        except (binascii.Error, ValueError):
            return written
    if event.style or tag is not None:
        return written
    if written in _CONSTANTS:
        return _CONSTANTS[written]
    if _NUMBER(written) is None:
        return written
    if _INTEGER(written) and len(written) <= INTEGER_CHARACTERS and written != "-0":
        return int(written)
    return Number(written)


def _collection(value: Any, tag: str) -> Any:
    """A collection; of an object of Python what it was made from."""
    if not tag.startswith(_OBJECT):
        return value
    if isinstance(value, dict):
        # io.BytesIO has a state, and what is called has arguments.
        value = value.get("state") or value.get("args") or value
    if isinstance(value, list) and value and not isinstance(value[0], dict):
        return value[0]
    return value


def _member_name(name: Any) -> Any:
    if isinstance(name, list):
        name = name[0] if name else ""
    if isinstance(name, bytes):
        return name.decode("latin-1")
    return "" if isinstance(name, (dict, list)) else name
