"""Secrets in URLs that stand in a text: query fields, and the userinfo. [RED-21]

No URL is parsed. A field of a query can be seen by what stands before its name (`?`, `&` or `#`)
and behind it (`=`), also in a relative URL, in HTML (`&amp;`) and in JSON text (`\\u0026`). So one
expression finds all fields in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from .._base.late import late
from .._base.vocabulary import REDACTED, lower
from .looks_secret import SecretTest
from .shapes import Shape

#: The name of this rule in a warning.
NAME = "url"

_SEPARATOR = r"(?:[?&#](?:amp;)?|\\u0026(?:amp;)?)"
_NAME = r"(?:[A-Za-z0-9._~$\[\]-]|%[0-9A-Fa-f]{2})+"
_EQUALS = r"(?:=|\\+u003[dD])"
# A value begins and ends with one of these. Some writers spell `/` as `\/`, and `=` as `\u003d`.
_EDGE = r"(?:[A-Za-z0-9~_+/=@-]+|%[0-9A-Fa-f]{2}|\\+(?:/|u003[dD]))"
_INNER = r"[.:!$*]"
_FIELD = f"({_SEPARATOR})({_NAME})({_EQUALS})({_EDGE}(?:{_INNER}*{_EDGE})*)"
_replace_fields = late(lambda: re.compile(_FIELD).sub)

# The authority ends before `/`, `?` or `#`; its userinfo ends with the last `@` in it [URL-2].
_OUTSIDE = r"\0- \x7f/?#\"'<>\\^`{|}()\[\]"
_USERINFO = rf"(://)([^{_OUTSIDE}:@]*)(?:(:)([^{_OUTSIDE}]*))?(@)"
_replace_userinfo = late(lambda: re.compile(_USERINFO).sub)

# The same places in the octets of a text, or of a JSON text of it, searched to rule them out. One
# call of C makes `?` of each separator, a space of what is in no name, and small letters.
_BEFORE = (b"?", b"&", b"#", b"\\u0026")
_IN_NAME = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~$%[]-=")
_OUTLINE = bytes(
    ord("?") if byte in b"?&#" else byte if byte in _IN_NAME else ord(" ") for byte in range(256)
).lower()


class UrlNames(NamedTuple):
    """Names of query fields, in lower case.

    Attributes:
        always: those whose value is a secret.
        maybe: those whose value is one if it looks secret.
    """

    always: frozenset[str]
    maybe: frozenset[str]


class UrlSecrets:
    """Takes the secrets out of the URLs in a text.

    Args:
        names: which fields are secret.
        shapes: the credential shapes; a value that has one looks secret.
    """

    name = NAME

    def __init__(self, names: UrlNames, shapes: Iterable[Shape]) -> None:
        self._names = names
        self._all = frozenset(name.encode() for name in (*names.always, *names.maybe))
        self._test = SecretTest(shapes)

    def may_be_in(self, data: bytes) -> bool:
        """Whether a text could have one; False is certain."""
        if b"://" in data and b"@" in data:
            return True
        if b"=" not in data and b"\\u003" not in data:
            return False
        if not any(before in data for before in _BEFORE):
            return False
        heads = (head.partition(b"=") for head in set(_outline(data).split(b"?")[1:]))
        return any(
            equals and (name in self._all or (b"%" in name and b" " not in name))
            for name, equals, _ in heads
        )

    def occurs_in(self, text: str) -> bool:
        """Whether a text has one."""
        return self.replaced(text)[1] > 0

    def replaced(self, text: str) -> tuple[str, int]:
        """A text with the word for each of them, and their number."""
        count = 0

        def field(match: re.Match[str]) -> str:
            nonlocal count
            before, name, equals, value = match.groups()
            if value == REDACTED or not self._is_secret(lower(unquote(name)), value):
                return match.group()
            count += 1
            return f"{before}{name}{equals}{REDACTED}"

        def userinfo(match: re.Match[str]) -> str:
            nonlocal count
            start, user, colon, password, end = match.groups(default="")
            clean = [REDACTED if self._looks_secret(part) else part for part in (user, password)]
            if clean == [user, password]:
                return match.group()
            count += 1
            return f"{start}{clean[0]}{colon}{clean[1]}{end}"

        return _replace_userinfo(userinfo, _replace_fields(field, text)), count

    def _is_secret(self, name: str, value: str) -> bool:
        if name in self._names.always:
            return True
        return name in self._names.maybe and self._looks_secret(value)

    def _looks_secret(self, written: str) -> bool:
        return self._test(decoded(written))


def _outline(data: bytes) -> bytes:
    """The names in a text, each between `?` and `=`; each in the text is there, perhaps more."""
    if b"\\u00" in data:
        data = data.replace(b"\\u0026", b"?").replace(b"\\u003d", b"=").replace(b"\\u003D", b"=")
    if b"amp;" in data:
        data = data.replace(b"amp;", b"?")
    return data.translate(_OUTLINE, b"\\")


_SPELLED = re.compile(r"\\+(?:(/)|u003[dD])")


def decoded(written: str) -> str:
    """A value of a URL in a text as the program means it; `+` stays."""
    plain = (
        _SPELLED.sub(lambda match: match.group(1) or "=", written) if "\\" in written else written
    )
    return unquote(plain)
