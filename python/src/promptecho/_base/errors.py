"""What can go wrong, as exceptions that carry data (spec section "Errors").

An error says one sentence, then the next step to take.
"""

from __future__ import annotations

from typing import Any


class CassetteError(Exception):
    """A cassette file, an option or a recording that cannot be used.

    Attributes:
        code: one of the spec's closed list of codes, such as ``cassette.truncated`` [ERR-1].
        path: the file, or None where the error is about an option.
        line: the 1-based line in that file, or None.
        problem: one sentence that says what is wrong.
        remedy: one sentence that says what to do next.
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
        return f"{head} [{self.code}]\n{self.remedy}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickled by pytest-xdist and multiprocessing; keyword-only arguments need help.
        return (_rebuild, (self.code, self.problem, self.remedy, self.path, self.line))


def _rebuild(
    code: str, problem: str, remedy: str, path: str | None, line: int | None
) -> CassetteError:
    return CassetteError(code, problem, remedy, path=path, line=line)


class YamlError(Exception):
    """A text outside the YAML profile; `_read` turns it into a CassetteError with a path."""

    def __init__(self, code: str, line: int, reason: str) -> None:
        self.code = code
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason} [{code}]")


class NotCanonical(ValueError):
    """A JSON text outside the guard of CANON-1; the body is then opaque."""
