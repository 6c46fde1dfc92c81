"""A text inside the YAML profile as a value. [YAML-R1] to [YAML-R5]

Works on the parser's *events*: nothing is constructed, resolved or expanded, so nothing in a
cassette can run code or grow. Each scalar is resolved here, by its style and its text: libraries
of different languages disagree on plain scalars, and those that they disagree on are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple, NoReturn, TypeVar

from .._base.errors import YamlError
from .._base.model import JSON, Number, Steps
from .._base.vocabulary import MAX_NESTING
from .json import INTEGER_CHARACTERS
from .yaml_writer import RESERVED

# A body stands below the file, the list, the interaction and the response [YAML-R2].
MAX_DEPTH = 4 + MAX_NESTING

_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*%")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+(?:[eE][-+][0-9]+)?)?\Z")
# Read as something else than a string by at least one of nine libraries.
_CONTESTED = re.compile(
    r"""(?: null|~|true|false|yes|no|on|off|y|n
        | [-+]? [.,_]* [0-9][0-9_,.]* (?:e[-+]?[0-9_]*)?
        | [-+]? 0[xob][-+0-9a-f_,]*
        | [-+]? [0-9][0-9_]* (?: :[0-9_]+)+ (?:\.[0-9_]*)?
        | [-+]? \.(?:inf|nan)
        | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} .*
        | = | <<
        | : .*
        )\Z""",
    re.IGNORECASE | re.ASCII | re.VERBOSE | re.DOTALL,
)
# YAML-R1; libyaml refuses their escapes itself.
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONSTANTS: dict[str, JSON] = {"null": None, "true": True, "false": False}
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

_INFINITY = float("inf")

_T = TypeVar("_T")
Parser = Any  # PyYAML has no types.
Plain = Callable[[str, int], JSON]


def read(source: str | bytes, *, legacy: bool) -> JSON:
    """The value that a text stands for.

    Numbers are int or float where that gives their token back, else ``Number``.

    Args:
        source: the whole text; bytes are UTF-8.
        legacy: read a 2.0 file: where libraries differ over a plain scalar, it means what
            promptecho 0.1.3 made of it, if that was a string. [V20]

    Raises:
        YamlError: the text is outside the profile.
    """
    text = _decode(source)
    return _guard_parser(text, lambda: _Reader(text, legacy).document())


class Place(NamedTuple):
    """The 1-based lines on which a value, and its name if it has one, begin."""

    name: int
    value: int


def places(source: str | bytes, paths: Iterable[Steps]) -> dict[Steps, Place]:
    """Where the values at these paths stand, or the nearest values around them."""
    text = _decode(source)
    wanted = list(paths)
    found = _guard_parser(text, lambda: _places(_parser(text), wanted))
    return {path: _nearest(found, path) for path in wanted}


def line_of(source: str | bytes, path: Steps) -> int:
    """The 1-based line of the value at a path, or of the nearest value around it."""
    return places(source, [path])[path].value


def ends_with_marker(text: str) -> bool:
    """Whether the last line is YAML's own end marker, ``...``: the file is whole. [YAML-W1]"""
    return text.endswith(("\n...\n", "\n...\r\n"))


# --- text --------------------------------------------------------------------------------------


def _decode(source: str | bytes) -> str:
    if isinstance(source, bytes):
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as error:
            line = source.count(b"\n", 0, error.start) + 1
            raise YamlError("yaml.encoding", line, "the file is not UTF-8") from None
    else:
        text = source
    text = text[1:] if text.startswith("\ufeff") else text
    if text.startswith("\ufeff"):
        raise YamlError("yaml.encoding", 1, "two byte order marks")
    # PyYAML's pure parser skips a directive that it does not know.
    directive = _DIRECTIVE.match(text)
    if directive:
        line = text.count("\n", 0, directive.end()) + 1
        raise YamlError("yaml.directive", line, "a YAML directive")
    return text


def _has_libyaml() -> bool:
    import yaml

    return hasattr(yaml, "CSafeLoader")


def _parser(text: str) -> Parser:
    import yaml

    # Absent where PyYAML was built without libyaml.
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)


def _guard_parser(text: str, work: Callable[[], _T]) -> _T:
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
        raise YamlError("yaml.encoding", line, "a lone surrogate") from None


# --- structure ---------------------------------------------------------------------------------


class _Reader:
    """Builds the value of one document from the parser's events, without recursion."""

    def __init__(self, text: str, legacy: bool) -> None:
        self._parser = _parser(text)
        self._plain: Plain = _legacy_plain if legacy else plain_value
        self._is_pure = not _has_libyaml()

    def document(self) -> JSON:
        from yaml import events as e

        parser = self._parser
        try:
            parser.get_event()  # the start of the stream
            start = parser.get_event()
            if type(start) is e.StreamEndEvent:
                raise YamlError("yaml.empty", 1, "the file is empty")
            if start.version or start.tags:
                raise YamlError("yaml.directive", _line(start), "a YAML directive")
            value = self._value()
            parser.get_event()  # the end of the document
            end = parser.get_event()
            if type(end) is not e.StreamEndEvent:
                raise YamlError("yaml.multiple-documents", _line(end), "a second document")
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
                if is_pure and _SURROGATE.search(value):
                    raise YamlError("yaml.syntax", _line(event), "an escape of a surrogate")
                if not event.style:
                    if members is not None and name is None:
                        _check_name(event, value, plain)
                    else:
                        value = plain(value, event.start_mark.line + 1)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value, members, append, name = stack.pop()
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if event.anchor is not None or event.tag is not None:
                    _refuse(event)
                if members is not None and name is None:
                    raise YamlError("yaml.key", _line(event), "a name that is not a string")
                if len(stack) == MAX_DEPTH:
                    raise YamlError("yaml.depth", _line(event), f"nested over {MAX_DEPTH} deep")
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
                raise YamlError("yaml.anchor", _line(event), "an alias")
            if append is not None:
                append(value)
            elif members is None:
                return value
            elif name is None:
                if value in members:
                    raise YamlError(
                        "yaml.duplicate-key", _line(event), f"the name {value!r} a second time"
                    )
                name = value
            else:
                members[name] = value
                name = None


def _refuse(event: Any) -> NoReturn:
    if event.anchor is not None:
        raise YamlError("yaml.anchor", _line(event), "an anchor")
    raise YamlError("yaml.tag", _line(event), "a tag")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


# --- scalars -----------------------------------------------------------------------------------


def plain_value(text: str, line: int) -> JSON:
    """A plain scalar's value. [YAML-R4]"""
    if text[:1] in _LETTERS:
        if text.lower() not in RESERVED:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
    else:
        if _NUMBER.match(text):
            return _number(text)
        if text and not _CONTESTED.match(text):
            return text
    raise _ambiguous(text, line)


def _legacy_plain(text: str, line: int) -> JSON:
    """A plain scalar's value in a 2.0 file. [V20]"""
    number = _NUMBER.match(text)
    if number:
        # 0.1.3 played numbers as Python writes them: 1.0e-05, as PyYAML spells it, was 1e-05.
        return _number(_as_python_writes(text) if number.group(1) else text)
    try:
        return plain_value(text, line)
    except YamlError:
        if _is_string_in_yaml_1_1(text):
            return text
        raise


def _as_python_writes(token: str) -> str:
    number = float(token)
    return token if number in (_INFINITY, -_INFINITY) else repr(number)


def _number(token: str) -> JSON:
    if "." not in token and "e" not in token:
        return int(token) if len(token) <= INTEGER_CHARACTERS and token != "-0" else Number(token)
    number = float(token)
    if repr(number) == token and "e" not in token and not number.is_integer():
        return number
    return Number(token)


def _ambiguous(text: str, line: int) -> YamlError:
    what = f"`{text[:40]}` is not a string to every YAML library" if text else "an empty value"
    return YamlError("yaml.ambiguous-scalar", line, f"{what}: put quotes around it")


def _is_string_in_yaml_1_1(text: str) -> bool:
    import yaml

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ())
    return not any(pattern.match(text) for _, pattern in resolvers)


def _check_name(event: Any, text: str, plain: Plain) -> None:
    if text == "<<":
        raise YamlError("yaml.merge-key", _line(event), "a merge key")
    try:
        is_string = isinstance(plain(text, 0), str)
    except YamlError:
        is_string = False
    if not is_string:
        reason = f"the name `{text[:40]}` is not a string to every YAML library: quote it"
        raise YamlError("yaml.key", _line(event), reason)


# --- lines -------------------------------------------------------------------------------------


class _Frame:
    """An open collection: the paths that are wanted in it, and where the walk is."""

    def __init__(self, wanted: Any, path: Steps, is_mapping: bool) -> None:
        self.wanted = wanted
        self.path = path
        self.is_mapping = is_mapping
        self.step: Any = None if is_mapping else 0
        self.line = 0


def _places(parser: Parser, paths: list[Steps]) -> dict[Steps, Place]:
    from yaml.events import CollectionEndEvent, CollectionStartEvent, MappingStartEvent, NodeEvent

    tree: dict[Any, Any] = {}
    for path in paths:
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
    found: dict[Steps, Place] = {}
    frames: list[_Frame] = []
    for event in iter(parser.get_event, None):
        if isinstance(event, CollectionEndEvent):
            frames.pop()
        if not isinstance(event, NodeEvent):
            continue
        wanted: Any = tree
        here: Steps = ()
        line = _line(event)
        if frames:
            frame = frames[-1]
            if frame.is_mapping and frame.step is None:
                frame.step, frame.line = getattr(event, "value", None), line
                continue
            wanted = frame.wanted.get(frame.step) if frame.wanted else None
            here = (*frame.path, frame.step) if wanted is not None else ()
            name = frame.line if frame.is_mapping else line
            frame.step = None if frame.is_mapping else frame.step + 1
        else:
            name = line
        if wanted is not None:
            found[here] = Place(name, line)
        if isinstance(event, CollectionStartEvent):
            frames.append(_Frame(wanted, here, isinstance(event, MappingStartEvent)))
    return found


def _nearest(found: dict[Steps, Place], path: Steps) -> Place:
    if path in found:
        return found[path]
    while path not in found:
        path = path[:-1]
    return Place(found[path].value, found[path].value)
