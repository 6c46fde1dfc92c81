"""The errors of promptecho, with their data (spec section "Errors").

The text of an error is one sentence about the problem, then the next step.
"""

from __future__ import annotations

from typing import Any

from .printable import printable


class CassetteError(Exception):
    """A cassette file, an option or a recording that cannot be used.

    A bad option raises `OptionError`, which is also a `ValueError`.

    Attributes:
        code: one of the spec's closed list of codes, such as ``cassette.truncated`` [ERR-1].
        path: the file, or None where the error is about an option.
        line: the 1-based line in that file, or None.
        problem: what is wrong, in one sentence.
        remedy: what to do next, in one sentence.
    """

    __module__ = "promptecho"

    def __init__(
        self,
        code: str,
        problem: str,
        remedy: str,
        *,
        path: str | None = None,
        line: int | None = None,
    ) -> None:
        self.code = code
        self.problem = problem
        self.remedy = remedy
        self.path = path
        self.line = line
        super().__init__(code, problem, remedy)

    def __str__(self) -> str:
        place = "" if self.path is None else self.path
        if self.line is not None:
            place += f":{self.line}"
        head = f"{place}: {self.problem}" if place else self.problem
        return f"{printable(head)} [{self.code}]\n{printable(self.remedy)}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickled by pytest-xdist and multiprocessing; keyword-only arguments need help.
        given = (self.code, self.problem, self.remedy, self.path, self.line)
        return (_rebuild, (type(self), *given))


class OptionError(CassetteError, ValueError):
    """An option with an unknown name (``option.unknown``) or a wrong value (``option.value``).

    It is a `ValueError` too, as in promptecho 0.1.3.
    """

    __module__ = "promptecho"


def _rebuild(
    kind: type[CassetteError],
    code: str,
    problem: str,
    remedy: str,
    path: str | None,
    line: int | None,
) -> CassetteError:
    return kind(code, problem, remedy, path=path, line=line)


class YamlError(Exception):
    """A text outside the YAML profile; the reader makes a `CassetteError` with a path of it."""

    def __init__(self, code: str, line: int, reason: str) -> None:
        self.code = code
        self.line = line
        self.reason = reason
        super().__init__(printable(f"line {line}: {reason} [{code}]"))


class NotCanonical(ValueError):
    """A JSON text outside the guard of CANON-1; the body is then opaque."""
