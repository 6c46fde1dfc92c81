"""Words and limits of the format that several folders use, each stated once.

Each constant names the requirement that it belongs to.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from itertools import product

#: Replaces a secret [RED-2].
REDACTED = "REDACTED"

#: The lowest status of an error answer [MODE-7].
FIRST_ERROR = 400

#: The kind of a failure that the client itself has caused: it is no error, and on replay the client
#: has to cancel the call again [FAIL-4].
CANCELLED = "cancelled"

#: Levels of lists and mappings in a body [CANON-1] [YAML-R2].
MAX_NESTING = 64

#: Characters of a member's name [YAML-W8] and of a name in `match_on` [FILE-6].
MAX_NAME = 512

#: Characters of a member's name as written, escapes included [YAML-W8]. YAML parsers give up
#: looking for the ":" of a name after 1024 characters, and a name of 512 escapes has 3074.
MAX_WRITTEN_NAME = 1000

#: In `match_on`: all members [MATCH-3].
ALL = "*"

#: The member that holds a body which is neither JSON nor a form, as its hash [KEY-3].
RAW = "__raw_body_sha256__"
#: The member that holds a ``multipart/form-data`` body [FORM-1].
MULTIPART = "__multipart__"
#: The member that holds an ``application/x-www-form-urlencoded`` body [FORM-2].
FORM = "__form__"
#: The member that holds a body which is a JSON array [KEY-5].
ARRAY = "__json__"
#: Bodies that are not a JSON object; each is one member, which is in every key [KEY-3].
WHOLE = frozenset({RAW, MULTIPART, FORM, ARRAY})

#: The dialects of the specification; a user's dialect has another name [NORM-20].
BUILT_IN = frozenset(
    ("jsonrpc", "gemini", "converse", "responses", "messages", "generic", "opaque")
)
#: The name of a user's dialect, in full [NORM-20].
DIALECT_NAME = re.compile("[A-Za-z0-9_.-]{1,64}")

#: The name of a response header, in full: a token of RFC 9110.
FIELD_NAME = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: What would end a header line, or has no octet: no header and no reason phrase holds it [HEAD-20].
UNSENDABLE = re.compile("[\0\r\n]|[^\0-\xff]")
#: In files of format 2.0 a value may have characters beyond ISO 8859-1 [HEAD-20].
ENDS_LINE = re.compile("[\0\r\n]")
#: The first status of a response; those before it announce one [FILE-34].
FIRST_STATUS = 200
#: The last one.
LAST_STATUS = 999

#: The name of a stored request header, in full [FILE-21].
HEADER_NAME = re.compile("[!#$%&'*+.^_`|~0-9a-z-]{1,512}")

#: Options of a file that no name is in two of [FILE-19].
QUERY_LISTS = ("redact_query", "ignore_query", "keep_query")
MEMBER_LISTS = ("redact_members", "keep_members")

#: Marks a request whose query promptecho 0.1.3 has redacted, though it would be matched [V20-8].
UNKNOWN_QUERY = ("x-query", "unknown")


_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def lower(text: str) -> str:
    """A text in lower case; only ``A`` to ``Z`` are letters with a case."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def in_two_lists(options: Mapping[str, object]) -> str | None:
    """A name that is in two lists of options which exclude each other [FILE-19]; None without.

    Args:
        options: lists of distinct names by the names of the options; others do not count.
    """
    for lists in (QUERY_LISTS, MEMBER_LISTS):
        seen: set[str] = set()
        for each in lists:
            names = options.get(each)
            if isinstance(names, tuple):
                twice = seen.intersection(names)
                if twice:
                    return min(twice)
                seen.update(names)
    return None


def is_option_list(name: str, items: Sequence[str]) -> bool:
    """Whether strings can be an option of a file: distinct, sized, ``*`` only to keep [FILE-18]."""
    sized = all(0 < len(item) <= MAX_NAME for item in items)
    alone = name in ("keep_query", "redact_patterns") or ALL not in items
    return sized and alone and len(set(items)) == len(items)


def is_match_on(names: Sequence[str]) -> bool:
    """Whether these strings can be a cassette's `match_on`: different names, or ``*`` alone.

    See FILE-6 in the specification.
    """
    alone = ALL not in names or len(names) == 1
    sized = all(0 < len(name) <= MAX_NAME for name in names)
    return bool(names) and alone and sized and len(set(names)) == len(names)


#: Words that YAML 1.1 or 1.2 reads as something other than a string [YAML-W4].
RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
#: These words in small letters and capitals: to ask for one costs less than to make it lower.
RESERVED_SPELLINGS = frozenset(
    "".join(letters)
    for word in RESERVED
    for letters in product(*((letter, letter.upper()) for letter in word))
)

#: The code of a file that another recorder wrote [ERR-6].
FOREIGN = "cassette.foreign"
