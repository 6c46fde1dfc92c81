"""Classes of query parameters: what is stored of a value, and what is in the key. [URL-3..8]"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.model import FileOptions, Request
from promptecho._matching.query import QueryRules, key_query, stored_query, value_digest
from promptecho._matching.request import prepare
from promptecho._matching.rules import UserRules, default_match_on, matching, rules
from promptecho._redaction.literals import Literal
from promptecho._session.file_options import in_force
from promptecho._session.options import options
from support.conformance_fixtures import cases

# In pieces, so that no scanner takes this file for a leak.
KEY = "s" + "k-Ab1Ab1Ab1Ab1Ab1Ab1Ab1Ab1"
VALUE = "environment-value-0123"


def of(**options: Any) -> QueryRules:
    return rules(UserRules(FileOptions(**options), literals=(Literal(VALUE, "a variable"),))).query


DEFAULT = of()


@cases("query")
def test_a_query_has_the_pairs_and_the_stored_form_of_the_fixture(case: dict[str, Any]) -> None:
    given_ = case["given"]
    given_options = options(given_.get("options", {}))
    query = given_["query"]
    text = query if isinstance(query, str) else "".join(query["$join"])
    asked = Request("GET", f"https://h/?{text}")
    policy = rules(UserRules(in_force(given_options, FileOptions())))
    found = prepare(asked, policy, matching(default_match_on()))
    forms = {
        "pairs": [list(pair) for pair in found.target.query],
        "stored": found.request.url.partition("?")[2],
    }
    assert {name: forms[name] for name in case["expect"]} == case["expect"]


def test_a_value_that_has_the_shape_of_a_credential_is_secret_whatever_its_name() -> None:
    for name in ("city", "alt", "state"):
        assert stored_query(f"{name}={KEY}", DEFAULT) == f"{name}=REDACTED"
        assert key_query(f"{name}={KEY}", DEFAULT) == ()
    kept = of(keep_query=("*", "city"))
    assert stored_query(f"city={KEY}", kept) == "city=REDACTED"
    assert stored_query("city=s%6B-Ab1Ab1Ab1Ab1Ab1Ab1Ab1Ab1", kept) == "city=REDACTED"


def test_a_value_of_the_environment_is_never_shown_and_keeps_its_class() -> None:
    digest = value_digest(VALUE)
    for name, own in (("alt", DEFAULT), ("city", DEFAULT), ("city", of(keep_query=("city",)))):
        assert stored_query(f"{name}={VALUE}", own) == f"{name}={digest}"
        assert key_query(f"{name}={VALUE}", own) == ((name, digest),)


def test_a_name_of_the_user_goes_before_the_lists() -> None:
    assert stored_query("alt=sse", of(redact_query=("alt",))) == "alt=REDACTED"
    assert key_query("alt=sse", of(ignore_query=("alt",))) == ()
    assert stored_query("code=1&nonce=2", of(keep_query=("code", "nonce"))) == "code=1&nonce=2"
    assert [name for name, _ in key_query("code=1", of(keep_query=("code",)))] == ["code"]


def test_a_star_shows_values_and_moves_no_name() -> None:
    shown = of(keep_query=("*",))
    query = "city=Paris&code=1&nonce=2&alt=sse"
    assert stored_query(query, shown) == "city=Paris&code=REDACTED&nonce=REDACTED&alt=sse"
    assert key_query(query, shown) == key_query(query, DEFAULT)


@pytest.mark.parametrize("name", ["state", "STATE", "%73tate"])
def test_a_name_of_a_group_is_volatile_beside_another(name: str) -> None:
    assert stored_query(f"{name}=x&client_id=c", DEFAULT).startswith(f"{name}=REDACTED&")
    assert stored_query(f"{name}=x", DEFAULT) == f"{name}={value_digest('x')}"


@pytest.mark.parametrize(
    ("one", "other"),
    [("a+b", "a%20b"), ("%41", "A"), ("é", "%C3%A9"), ("%zz", "%25zz")],
)
def test_spellings_of_one_value_have_one_digest(one: str, other: str) -> None:
    assert value_digest(one) == value_digest(other)
    assert key_query(f"city={one}", DEFAULT) == key_query(f"city={other}", DEFAULT)


def test_other_octets_are_another_digest_even_if_they_are_not_utf_8() -> None:
    assert len({value_digest(text) for text in ("%FF", "%FE", "%EF%BF%BD", "a", "A")}) == 5


NAMES = st.sampled_from(["city", "alt", "key", "state", "code", "nonce", "client_id", "sig", "é"])
VALUES = st.sampled_from(["", "1", "REDACTED", KEY, VALUE, "sha256-0123456789ab", "sha256-"])
TEXT = st.text(st.characters(blacklist_characters="#", blacklist_categories=["Cs"]), max_size=8)
FIELDS = st.builds("{}={}".format, NAMES | TEXT, VALUES | TEXT) | TEXT
QUERIES = st.lists(FIELDS, max_size=5).map("&".join)
RULES = st.sampled_from(
    [
        DEFAULT,
        of(keep_query=("*",)),
        of(keep_query=("city", "code", "state"), redact_query=("alt",)),
        of(ignore_query=("city", "key"), keep_query=("nonce",)),
    ]
)


@given(QUERIES, RULES)
def test_storing_twice_is_storing_once(query: str, own: QueryRules) -> None:
    stored = stored_query(query, own)
    assert stored_query(stored, own) == stored


@given(QUERIES, RULES)
def test_the_key_of_a_query_is_that_of_the_stored_one(query: str, own: QueryRules) -> None:
    assert key_query(stored_query(query, own), own) == key_query(query, own)


@given(QUERIES)
def test_what_is_shown_does_not_change_the_key(query: str) -> None:
    assert key_query(query, of(keep_query=("*",))) == key_query(query, DEFAULT)
