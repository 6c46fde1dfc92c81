"""Whether the text of a recording is the one that `writer` writes, so that it can be copied.

The answer is on the safe side: the text of a recording with a rare member, such as a failure or the
frames of AWS, is made again from what it says.
"""

from __future__ import annotations

import re

from .._base.late import late
from .._text.exact_lines import exact_lines, has_one_spelling
from .._text.yaml_lines import Lines, checked


def is_exact_request(lines: bytes) -> bool:
    """Whether lines are those of a request in exact form, behind ``- request:``.

    Args:
        lines: what `lazy_reader` has found to be the lines of a request.
    """
    text = lines.decode("utf-8")
    found = _head(text)
    return found is not None and _are_exact(text, found.end(), _lines_of_request)


def is_exact_rest(lines: bytes) -> bool:
    """Whether lines are those of an interaction in exact form, behind its request.

    Args:
        lines: what `lazy_reader` has found to be such lines.
    """
    text = lines.decode("utf-8")
    return _rest(text) is not None and _are_exact(text, 0, _lines_of_rest)


def _are_exact(text: str, start: int, lines: Lines) -> bool:
    return checked(text, start, lines) == len(text) and has_one_spelling(text)


# Without headers, which have an order, and a dialect.
_HEAD = (
    r"      method: .+\n      url: .+\n      match_key: .+\n"
    r'      matched_on: [^"\n]+\n(?:      digest: .+\n)?(?=      body:)'
)
_head = late(lambda: re.compile(_HEAD).match)
_lines_of_request = late(lambda: exact_lines(6))

# What FILE-12 puts in quotes always: other strings of these characters have none.
_QUOTED = r'[ ]{6}checksum: "[0-9a-f]{16}"\n'
# The members in the order of the writer, none of them with the value that an absent one has.
_REST = (
    r"    response:\n      status: [2-9][0-9][0-9]\n(?:      reason: .+\n)?"
    r"      headers:(?: \{\}\n|\n(?:        [a-z0-9_-]+:(?: .+\n|\n(?:          - .+\n){2,}))+)"
    r"      streaming: (?:true|false)\n"
    r"(?:      binary: true\n)?(?:      framing: (?!aws).+\n)?"
    r'(?:      (?:body|events):(?! (?:""|\[\])\n).*\n(?:\n*        .*\n)*)?'
    r'(?:      tail: (?!""\n).*\n(?:\n*        .*\n)*)?'
    r"(?:      layout:\n(?:        whitespace: (?:spaced|indented)\n)?"
    r'(?:        escape: (?!"").+\n)?(?:        ascii: true\n)?(?:        final_newline: true\n)?)?'
    rf"(?:{_QUOTED})?(?:      truncated: true\n)?"
    r"(?:      delays_ms: .+\n)?(?:      after: .+\n)?"
    r'(?:    recorded_at: ".+"\n)?(?:    recorded_by: .+\n)?'
    r"(?:    redacted:\n(?:      - .+\n)+)?\Z"
)
_rest = late(lambda: re.compile(_REST).match)
_lines_of_rest = late(lambda: exact_lines(4, but="[ ]{6}checksum:", also=_QUOTED))
