"""PyYAML's parser, with the lines of YAML 1.2. [YAML-R1]

PyYAML reads YAML 1.1, in which U+0085, U+2028 and U+2029 end lines: libyaml drops white space
around them, and reads no name that holds one. In YAML 1.2 they are characters like others. So the
parser gets substitutes for them: characters that the text does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple, TypeVar

from .._base.errors import YamlError
from .line_numbers import line_number

_SEPARATORS = "\x85\u2028\u2029"
_find_separator = re.compile(f"[{_SEPARATORS}]").search
# For private use.
_SUBSTITUTES = range(0xF0000, 0x10FFFE)
_T = TypeVar("_T")
Parser = Any  # PyYAML has no types.


class Source(NamedTuple):
    """A text for the parser, and the separators by their substitutes."""

    text: str
    separators: Mapping[int, str]


def source_of(text: str) -> Source:
    """A text for the parser: as long as the text, and with the same lines.

    Raises:
        YamlError: it holds a separator and all that could be substitutes.
    """
    found = None if text.isascii() else _find_separator(text)
    if not found:
        return Source(text, {})
    used = set(text)
    unused = (point for point in _SUBSTITUTES if chr(point) not in used)
    separators = dict(zip(unused, _SEPARATORS))
    if len(separators) < len(_SEPARATORS):
        line = line_number(text, found.start())
        raise YamlError("yaml.syntax", line, "the text holds every character for private use")
    table = {ord(separator): point for point, separator in separators.items()}
    return Source(text.translate(table), separators)


def has_libyaml() -> bool:
    """Whether PyYAML was built with libyaml."""
    import yaml

    return hasattr(yaml, "CSafeLoader")


def parser_of(source: Source) -> Parser:
    """A parser of a text; libyaml's where PyYAML has it."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)(source.text)


def line_of_mark(mark: Any) -> int:
    """The 1-based line of a mark of the parser."""
    return int(mark.line) + 1


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
        raise YamlError(code, line_of_mark(mark) if mark else 1, reason) from None
    except yaml.reader.ReaderError as error:
        # libyaml gives the position in octets; the first of these characters is the faulty one.
        line = line_number(text, text.index(chr(error.character)))
        raise YamlError("yaml.syntax", line, f"{error.reason}") from None
    except UnicodeEncodeError as error:
        line = line_number(text, error.start)
        raise YamlError(
            "yaml.encoding", line, "the text holds half a surrogate pair, which UTF-8 cannot hold"
        ) from None
