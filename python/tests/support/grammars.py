"""The grammars of the specification, and what they say of a text. [YAML-G1]"""

from __future__ import annotations

import os
import re

from promptecho._base.errors import YamlError
from promptecho._text.yaml_reader import read
from support.abnf import Grammar
from support.paths import SPEC

_READER = (SPEC / "grammar-reader.abnf").read_text("ascii")
EVERY_READER = Grammar(_READER, without="may-")
SOME_READER = Grammar(_READER)
EXACT = Grammar((SPEC / "grammar-exact.abnf").read_text("ascii"))

#: How many texts are generated: `nox -s grammar` has 10,000.
COUNT = int(os.environ.get("PROMPTECHO_GRAMMAR_TEXTS", "200"))

#: The faults that the grammar of readers is about. It is about `yaml.key` too, but not for each
#: name.
FAULTS = {
    "yaml.syntax",
    "yaml.directive",
    "yaml.tag",
    "yaml.anchor",
    "yaml.multiple-documents",
    "yaml.empty",
}

#: Cases of `yaml`: the grammars do not count the characters of a name [YAML-R1].
LONG_NAMES = {
    "yaml/doc-long-key-1025",
    "yaml/doc-long-key-plain-1025",
    "yaml/doc-key-1025-plain",
    "yaml/doc-key-1025-with-quotes",
    "yaml/doc-key-1025-with-escape",
}


def applied(grammar: Grammar, text: str) -> bool:
    """Whether a grammar of readers matches a text, by the steps at its head."""
    text = text[1:] if text.startswith("\ufeff") else text
    text = text.replace("\r\n", "\n")
    text = text if text.endswith("\n") else f"{text}\n"
    marks = {"---": "\ud800", "...": "\ud801"}
    text = re.sub(r"^(---|\.\.\.)(?=[ \t]|$)", lambda mark: marks[mark[0]], text, flags=re.M)
    return grammar.matches("text", text)


def matched_by(text: str) -> str:
    """Who reads a text, by the grammar: `nobody`, `some` or `all`."""
    if applied(EVERY_READER, text):
        assert applied(SOME_READER, text)
        return "all"
    with_cr = text.replace("\r\n", "\n").replace("\r", "\n")
    return "some" if applied(SOME_READER, text) or applied(SOME_READER, with_cr) else "nobody"


def fault(text: str) -> str | None:
    """The code of what the reader refuses a text for."""
    try:
        read(text, legacy=False)
    except YamlError as error:
        return error.code
    return None


def agrees(who: str, code: str | None, text: str) -> bool:
    """Whether the grammar allows what a reader has made of a text.

    If a text has another fault, its reader need not have seen all of it. What a reader does with a
    byte order mark behind the start is free [YAML-R9.2].
    """
    if "\ufeff" in text[1:]:
        return True
    if code is None:
        return who != "nobody"
    return who != "all" if code in FAULTS else True
