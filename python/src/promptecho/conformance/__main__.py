"""The loop: a question a line from standard input, an answer a line to standard output."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any, BinaryIO

from .._base.errors import CassetteError, NotCanonical, YamlError
from .._bodies.content_coding import lacking
from .._version import __version__
from .pure import (
    canonical,
    decode,
    emit,
    encode,
    key,
    load,
    normalize,
    path,
    query,
    redact,
    secret,
    validate,
)
from .sessions import miss, modes, replay

_OPERATIONS = {
    "canonical": canonical,
    "path": path,
    "query": query,
    "normalize": normalize,
    "key": key,
    "encode": encode,
    "decode": decode,
    "redact": redact,
    "secret": secret,
    "emit": emit,
    "load": load,
    "validate": validate,
    "modes": modes,
    "replay": replay,
    "miss": miss,
}


_MODULES = ("aws-eventstream", "files-2.0", "origins", "digest", "validate")


def hello() -> dict[str, Any]:
    """Who answers, and what is claimed."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {
        "name": "promptecho",
        "version": __version__,
        "language": f"Python {python}",
        "protocol": 1,
        "formats": ["2.0", "2.1"],
        "classes": ["recorder"],
        "modules": [*_MODULES, *(each for each in ("br", "zstd") if not lacking(each))],
    }


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The answer to one question."""
    if question["op"] == "hello":
        return hello()
    try:
        return {"id": question["id"], "ok": _OPERATIONS[question["op"]](question["given"])}
    except CassetteError as error:
        return _rejection(question, error.code, error.line, str(error))
    except YamlError as error:
        return _rejection(question, error.code, error.line, error.reason)
    except (Exception, NotCanonical):
        traceback.print_exc()
        return _rejection(question, "internal", None, traceback.format_exc(limit=-1))


def _rejection(
    question: dict[str, Any], code: str, line: int | None, message: str
) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if line is not None:
        error["at"] = {"line": line}
    return {"id": question["id"], "error": error}


def main(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more questions."""
    for line in questions:
        answers.write(json.dumps(answer(json.loads(line))).encode("ascii") + b"\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
