"""Response headers as stored. [HEAD]"""

from __future__ import annotations

from typing import Any

from promptecho._bodies.headers import HeaderRules, stored
from promptecho._matching.rules import rules
from support.conformance_fixtures import cases

NO_RULES = HeaderRules(frozenset(), frozenset())


@cases("headers")
def test_headers_are_stored_as_the_fixture_says(case: dict[str, Any]) -> None:
    pairs = [(name, value) for name, value in case["given"]["headers"]]
    found = [[name, list(values)] for name, values in stored(pairs, rules().headers)]
    assert found == case["expect"]["headers"]


def test_an_encoding_that_was_not_undone_is_kept() -> None:
    pairs = [("Content-Encoding", "br")]
    assert stored(pairs, rules().headers) == (("content-encoding", ("br",)),)


def test_connection_names_headers_to_drop_in_any_case() -> None:
    pairs = [("connection", "X-One ,\tx-two"), ("x-ONE", "1"), ("X-Two", "2"), ("x-three", "3")]
    assert stored(pairs, NO_RULES)[1:] == (("x-three", ("3",)),)
