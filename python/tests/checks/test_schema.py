"""The schema of a cassette and the data files of the spec, as a port would use them."""

from __future__ import annotations

import base64
import random
import re
import string
from itertools import product
from typing import Any, Callable

import jsonschema
import pytest
import yaml

from support.cassette_trees import (
    RESPONSES,
    Tree,
    cassette,
    data,
    load,
    old_cassette,
)
from support.paths import SPEC
from support.secret_tables import secrets

Change = Callable[[Tree], None]


@pytest.fixture(scope="module")
def validator() -> jsonschema.protocols.Validator:
    return jsonschema.Draft202012Validator(load("cassette-v2.schema.json"))


# Good instances ---------------------------------------------------------------------------------


def at(tree: Tree, path: str) -> Tree:
    for step in path.split("."):
        tree = tree[int(step)] if step.isdigit() else tree[step]
    return tree


def put(path: str, value: Tree) -> Change:
    holder, _, name = path.rpartition(".")

    def change(tree: Tree) -> None:
        (at(tree, holder) if holder else tree)[name] = value

    return change


def drop(path: str) -> Change:
    holder, _, name = path.rpartition(".")

    def change(tree: Tree) -> None:
        del (at(tree, holder) if holder else tree)[name]

    return change


ITEM = "interactions.0"
ASKED = f"{ITEM}.request"
ANSWERED = f"{ITEM}.response"


# The schema -------------------------------------------------------------------------------------


def test_the_schema_is_a_schema() -> None:
    schema = load("cassette-v2.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"].startswith("urn:")


@pytest.mark.parametrize("form", RESPONSES)
def test_every_form_of_a_body_is_valid(validator: Any, form: str) -> None:
    validator.validate(cassette(form))


@pytest.mark.parametrize(
    "change",
    [
        put("interactions", []),
        put("incomplete", True),
        put("x-note", {"any": ["thing"]}),
        put("match_on", ["*"]),
        drop(f"{ITEM}.recorded_at"),
        drop(f"{ITEM}.redacted"),
        put(f"{ITEM}.x-note", 1),
        put(f"{ASKED}.body", {}),
        put(f"{ASKED}.matched_on", []),
        put(f"{ASKED}.dialect", "acme"),
        put(f"{ASKED}.x-query", "unknown"),
        put(f"{ASKED}.url", "http://[::1]:8080/v1/a%20b?alt=sse&key=REDACTED"),
        put(f"{ASKED}.body", {"__raw_body_sha256__": "0" * 64}),
        put(f"{ASKED}.body", {"__form__": [["a", "b"]]}),
        put(f"{ASKED}.body", {"__multipart__": [{"name": "model", "text": "w"}]}),
        put(
            f"{ASKED}.body", {"__multipart__": [{"name": "", "filename": "f", "sha256": 64 * "0"}]}
        ),
        put(f"{ANSWERED}.reason", "Slow Down"),
        put(f"{ANSWERED}.truncated", True),
        put(f"{ANSWERED}.delays_ms", [0, 12]),
        put(f"{ANSWERED}.headers", {}),
        # What [HEAD-1] to [HEAD-5] forbid, validate reports and the schema takes.
        put(f"{ANSWERED}.headers", {"Content-Type": " a", "connection": "close"}),
        put(f"{ANSWERED}.checksum", "0123456789abcdef"),
        put(f"{ANSWERED}.ext-note", {"a": 1}),
        put(f"{ITEM}.origin", "a.har"),
        put(f"{ITEM}.recorded_by", "acme 1.0"),
        put(f"{ITEM}.accepted", {"at": "2026-11-22T12:43:19Z", "from_key": "0" * 16, "x-a": 1}),
        put(f"{ANSWERED}.x-note", None),
        put(f"{ANSWERED}.body", {"a": {"b" * 512: []}}),
    ],
)
def test_what_a_file_may_hold_is_valid(validator: Any, change: Change) -> None:
    tree = cassette()
    change(tree)
    validator.validate(tree)


BAD: list[tuple[str, Change]] = [
    ("tree", drop("version")),
    ("tree", put("version", 3)),
    ("tree", put("version", "2")),
    ("tree", put("minor", 2)),
    ("tree", put("minor", 0)),
    ("tree", drop("minor")),
    ("tree", drop("match_on")),
    ("tree", put("match_on", [])),
    ("tree", put("match_on", ["model", "model"])),
    ("tree", put("match_on", ["*", "model"])),
    ("tree", put("match_on", "model")),
    ("tree", put("match_on", [""])),
    ("tree", drop("interactions")),
    ("tree", put("interactions", {})),
    ("tree", put("incomplete", "yes")),
    ("tree", put("note", 1)),
    ("tree", drop(ASKED)),
    ("tree", drop(ANSWERED)),
    ("tree", put(f"{ITEM}.note", 1)),
    ("tree", put(f"{ITEM}.recorded_at", "2026-11-22T12:43:19+01:00")),
    ("tree", put(f"{ITEM}.recorded_at", "2026-13-22T12:43:19Z")),
    ("tree", put(f"{ITEM}.redacted", [])),
    ("tree", drop(f"{ASKED}.method")),
    ("tree", put(f"{ASKED}.method", "post")),
    ("tree", put(f"{ASKED}.method", "")),
    ("tree", put(f"{ASKED}.url", "/v1/messages")),
    ("tree", put(f"{ASKED}.url", "https://user:pw@h/v1")),
    ("tree", put(f"{ASKED}.url", "https://h/v1#frag")),
    ("tree", put(f"{ASKED}.url", "https://h/a b")),
    ("tree", put(f"{ASKED}.match_key", "7D206BED48A0BC0C")),
    ("tree", put(f"{ASKED}.match_key", "7d206bed48a0bc0")),
    ("tree", put(f"{ASKED}.match_key", "7d206bed48a0bc0c\n")),
    ("tree", put(f"{ASKED}.match_key", 7206848000000000)),
    ("tree", put(f"{ASKED}.matched_on", ["model", "model"])),
    ("tree", put(f"{ASKED}.dialect", "messages")),
    ("tree", put(f"{ASKED}.dialect", "my dialect")),
    ("tree", put(f"{ASKED}.body", [])),
    ("tree", put(f"{ASKED}.body", {"<<": 1})),
    ("tree", put(f"{ASKED}.body", {"a": [{"b" * 513: 1}]})),
    ("tree", put(f"{ASKED}.body", {"__raw_body_sha256__": "0" * 63})),
    ("tree", put(f"{ASKED}.body", {"__raw_body_sha256__": "0" * 64, "model": "m"})),
    ("tree", put(f"{ASKED}.body", {"__form__": [["a"]]})),
    ("tree", put(f"{ASKED}.body", {"__multipart__": [{"name": "a"}]})),
    ("tree", put(f"{ASKED}.body", {"__multipart__": [{"text": "a"}]})),
    ("tree", put(f"{ASKED}.headers", {})),
    ("tree", drop(f"{ANSWERED}.status")),
    ("tree", put(f"{ANSWERED}.status", 99)),
    ("tree", put(f"{ANSWERED}.status", "200")),
    ("tree", put(f"{ANSWERED}.reason", "")),
    ("tree", drop(f"{ANSWERED}.headers")),
    ("tree", put(f"{ANSWERED}.headers", {"a": 1})),
    ("tree", put(f"{ANSWERED}.headers", {"a": [1]})),
    ("tree", put(f"{ANSWERED}.checksum", "0123456789ABCDEF")),
    ("tree", put(f"{ANSWERED}.checksum", 1)),
    ("tree", put(f"{ANSWERED}.after", [1])),
    ("sse", put(f"{ANSWERED}.after", [])),
    ("sse", put(f"{ANSWERED}.after", [0])),
    ("tree", put(f"{ITEM}.origin", "")),
    ("tree", put(f"{ITEM}.recorded_by", 1)),
    ("tree", put(f"{ITEM}.accepted", {"at": "2026-11-22T12:43:19Z"})),
    ("tree", put(f"{ITEM}.accepted", {"at": "now", "from_key": "0" * 16})),
    ("tree", drop(f"{ANSWERED}.streaming")),
    ("tree", put(f"{ANSWERED}.truncated", "yes")),
    ("tree", put(f"{ANSWERED}.delays_ms", [-1])),
    ("tree", put(f"{ANSWERED}.delays_ms", [1.5])),
    ("tree", put(f"{ANSWERED}.body", None)),
    ("tree", put(f"{ANSWERED}.body", 1)),
    ("tree", put(f"{ANSWERED}.body", {"<<": 1})),
    ("tree", put(f"{ANSWERED}.events", [])),
    ("tree", put(f"{ANSWERED}.tail", "a")),
    ("tree", put(f"{ANSWERED}.framing", "sse-lf")),
    ("tree", put(f"{ANSWERED}.note", 1)),
    ("tree", put(f"{ANSWERED}.streaming", True)),
    ("text", put(f"{ANSWERED}.layout", {"ascii": True})),
    ("empty", put(f"{ANSWERED}.layout", {"ascii": True})),
    ("empty", put(f"{ANSWERED}.binary", True)),
    ("layout", put(f"{ANSWERED}.layout.whitespace", "tabs")),
    ("layout", put(f"{ANSWERED}.layout.escape", "><")),
    ("layout", put(f"{ANSWERED}.layout.indent", 2)),
    ("binary", put(f"{ANSWERED}.body", "/w=")),
    ("binary", put(f"{ANSWERED}.body", "/x==")),
    ("binary", put(f"{ANSWERED}.body", "_w==")),
    ("binary", put(f"{ANSWERED}.body", "/w==\n")),
    ("binary", put(f"{ANSWERED}.body", {"a": 1})),
    ("binary", put(f"{ANSWERED}.layout", {"ascii": True})),
    ("sse", drop(f"{ANSWERED}.events")),
    ("sse", drop(f"{ANSWERED}.framing")),
    ("sse", put(f"{ANSWERED}.framing", "sse")),
    ("sse", put(f"{ANSWERED}.binary", True)),
    ("sse", put(f"{ANSWERED}.body", "a")),
    ("sse", put(f"{ANSWERED}.events", [{"data": "a"}])),
    ("sse", put(f"{ANSWERED}.layout", {"ascii": True})),
    ("sse", put(f"{ANSWERED}.streaming", False)),
    ("aws", put(f"{ANSWERED}.tail", "a")),
    ("aws", put(f"{ANSWERED}.events", ["a"])),
    ("aws", put(f"{ANSWERED}.events", [{"headers": {}}])),
    ("aws", put(f"{ANSWERED}.events", [{"headers": {"a": True}, "payload": ""}])),
    ("aws", put(f"{ANSWERED}.events", [{"headers": {}, "payload": "", "crc": 1}])),
    ("binary-stream", put(f"{ANSWERED}.events", ["not base64"])),
    ("binary-stream", put(f"{ANSWERED}.tail", "a")),
    ("binary-stream", put(f"{ANSWERED}.binary", False)),
]


@pytest.mark.parametrize(("form", "change"), BAD)
def test_one_fault_is_invalid(validator: Any, form: str, change: Change) -> None:
    good = cassette(form)
    validator.validate(good)
    change(good)
    assert not validator.is_valid(good)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"body": "plain"},
        {"body": None},
        {"body": [1, None]},
        {"binary": True, "body": "/w=="},
        {"streaming": True, "events": ["data: a\n\n"]},
    ],
)
def test_files_of_0_1_3_are_valid(validator: Any, changes: Tree) -> None:
    validator.validate(old_cassette(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"binary": True, "body": "?"},
        {"streaming": True, "events": ["a"], "framing": "sse-lf"},
        {"streaming": True},
        {"events": ["a"]},
        {"layout": {}},
        {"status": "200"},
    ],
)
def test_what_0_1_3_never_wrote_is_invalid(validator: Any, changes: Tree) -> None:
    assert not validator.is_valid(old_cassette(**changes))


# The data files ---------------------------------------------------------------------------------


FILES = sorted(path.name for path in (SPEC / "data").glob("*.json"))
PATTERNS: list[dict[str, str]] = data("secret-patterns")["patterns"]

#: One made-up credential for each pattern, in its real shape.
SECRETS = secrets()

PROSE = [
    "REDACTED",
    "Bearer REDACTED",
    "https://h/v1?key=REDACTED&alt=sse",
    "pip install sk-learn sk-image; import sklearn as sk",
    "class sk-estimator-doc-link sk-parallel-item sk-toggleable__label-arrow",
    "ask-me-anything-about-the-task-at-hand, a task-manager-for-everyone",
    "Set OPENAI_API_KEY=sk-... and ANTHROPIC_API_KEY=sk-ant-...",
    "Authorization: Bearer $TOKEN, or Bearer <your token here>",
    "-----BEGIN PRIVATE KEY----- is the first line of such a file",
    "-----BEGIN PUBLIC KEY-----\n" + "a1/+" * 16 + "\n-----END PUBLIC KEY-----",
    "toolu_01A09q90qw90lq917835lq9 call_abc123 msg_013Zva2CMHLNnjNjJKqJ2EfV chatcmpl-B9MBs8CjcvOU",
    "7d206bed48a0bc0c e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "Akia is a name and ASIA a continent; AQ.x; xoxo; hf_hub_download; npm_config_registry",
]


@pytest.mark.parametrize("name", FILES)
def test_a_data_file_says_what_it_is(name: str) -> None:
    assert load(f"data/{name}")["about"]
    assert (SPEC / "data" / name).read_bytes().isascii()


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("match-on", "default"),
        ("match-on", "default_2_0"),
        ("volatile", "everywhere"),
        ("volatile", "beside_model"),
        ("volatile", "conversations"),
        ("volatile", "chat_paths"),
        ("volatile", "model_paths"),
        ("canonical-members", "body"),
        ("query-keep", "names"),
        ("headers", "framing"),
        ("headers", "churn"),
        ("headers", "redacted"),
        ("headers", "challenges"),
        ("headers", "cookies"),
        ("headers", "waits"),
        ("redact-members", "names"),
        ("redact-members", "xml_elements"),
        ("env-secrets", "suffixes"),
        ("stream-terminators", "sse_data"),
        ("stream-terminators", "sse_types"),
    ],
)
def test_a_list_names_nothing_twice(name: str, member: str) -> None:
    names = data(name)[member]
    assert names
    assert len({item.lower() for item in names}) == len(names)


def test_the_default_list_is_the_former_one_and_two_names() -> None:
    lists = data("match-on")
    assert lists["default"] == [*lists["default_2_0"], "response_format", "context"]


def volatile_names() -> list[str]:
    lists = data("volatile")
    names: list[str] = lists["everywhere"] + lists["beside_model"] + lists["conversations"]
    return names


def test_no_matched_name_is_volatile() -> None:
    assert not set(data("match-on")["default"]) & set(volatile_names())


def test_a_volatile_name_is_in_one_list_only() -> None:
    assert len(set(volatile_names())) == len(volatile_names())


def test_a_volatile_member_is_not_gathered_in_context() -> None:
    gathered = {row["name"] for row in data("context-members")["members"]}
    assert not gathered & set(volatile_names())


_HEADER_LISTS = ("framing", "churn", "redacted", "challenges", "cookies", "waits")


def test_header_names_are_lower_case_and_in_one_list_only() -> None:
    lists = data("headers")
    names = [name for kind in _HEADER_LISTS for name in lists[kind]]
    assert len(set(names)) == len(names)
    assert names == [name.lower() for name in names]


def test_request_ids_and_rate_limits_are_stored() -> None:
    dropped = set(data("headers")["framing"]) | set(data("headers")["churn"])
    kept = {"request-id", "x-request-id", "x-amzn-requestid", "retry-after", "content-type"}
    assert not kept & dropped
    assert not any("ratelimit" in name for name in dropped)


def test_redacted_members_are_lower_case_and_never_tokens() -> None:
    names = data("redact-members")["names"]
    assert names == [name.lower() for name in names]
    assert not {"token", "tokens"} & set(names)


def test_no_kept_query_name_is_that_of_a_secret() -> None:
    secret = {"key", "api_key", "apikey", "token", "access_token", "sig", "signature", "password"}
    names = {name.lower() for name in data("query-keep")["names"]}
    assert not (secret | set(data("redact-members")["names"])) & names


# Secret patterns


COMMON_SYNTAX = re.compile(
    r"""(?: \\[b.nrt\\]                    # escapes that all engines share
        | \[\^?(?:\\[nrt\\]|[^\]\[\\])+\]  # a class without a class inside
        | \(\?:                            # a group that captures nothing
        | [)|?*+]
        | \{[0-9]+,?[0-9]*\}
        | [^\\\[\](){}|?*+^$.]             # itself
        )*\Z""",
    re.VERBOSE,
)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern["name"])
def test_a_pattern_is_in_the_syntax_that_all_engines_share(pattern: dict[str, str]) -> None:
    re.compile(pattern["pattern"], re.ASCII)
    assert COMMON_SYNTAX.match(pattern["pattern"])
    # A lazy or possessive quantifier means something else to some engine.
    assert not re.search(r"[*+?}][?+]", pattern["pattern"])


def test_each_pattern_has_a_source_and_the_parameters_of_challenges_too() -> None:
    rows = [*PATTERNS, *data("headers")["challenge_parameters"]]
    assert [
        row["name"] for row in rows if not re.match(r"https://|RFC [0-9]|UMA ", row["source"])
    ] == []


def test_every_pattern_has_a_name_of_its_own_and_an_example() -> None:
    assert [pattern["name"] for pattern in PATTERNS] == list(SECRETS)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern["name"])
def test_a_pattern_takes_the_whole_secret_and_holds_its_literal(pattern: dict[str, str]) -> None:
    secret = SECRETS[pattern["name"]]
    assert pattern["literal"] in secret
    for around in ("{}", "the key {}.", '"{}"', "key={}&x", "\n{}\n", "({})"):
        found = re.search(pattern["pattern"], around.format(secret), re.ASCII)
        assert found
        assert secret.rstrip("-.") in found.group()
        assert pattern["literal"] in found.group()


def matches(text: str) -> list[str]:
    """The names of the shapes in a text, by the data alone [RED-20]."""
    found = []
    for row in PATTERNS:
        left = "" if "anywhere" in row else r"(?<![A-Za-z0-9_-])"
        right = r"(?![A-Za-z0-9_-])" if "whole" in row else ""
        for match in re.finditer(f"{left}(?:{row['pattern']}){right}", text, re.ASCII):
            if all(re.search(need, match.group()) for need in row.get("needs", ())):
                found.append(row["name"])
    return found


@pytest.mark.parametrize("text", PROSE)
def test_prose_and_ids_are_no_secrets(text: str) -> None:
    assert not matches(text)


def test_random_base64_is_no_secret() -> None:
    source = random.Random(0)
    text = base64.b64encode(source.randbytes(300_000)).decode()
    assert not matches(text)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern["name"])
def test_what_a_pattern_leaves_holds_no_secret(pattern: dict[str, str]) -> None:
    once = re.sub(pattern["pattern"], "REDACTED", SECRETS[pattern["name"]], flags=re.ASCII)
    assert not matches(once)


# Plain scalars

WORDS = [
    "yes",
    "no",
    "y",
    "n",
    "on",
    "off",
    "true",
    "false",
    "null",
    "~",
    "=",
    "<<",
    ".inf",
    "-.inf",
    ".nan",
    "-.nan",
]


def test_contested_patterns_refuse_what_libraries_read_differently() -> None:
    contested = data("yaml-contested")
    patterns = [re.compile(p, re.IGNORECASE | re.ASCII) for p in contested["patterns"]]

    def refused(text: str) -> bool:
        return any(pattern.fullmatch(text) for pattern in patterns)

    for text in ("~", "Null", "yes", "y", "007", "1_000", "0x1F", "12:30", ".5", "1e5", ".inf"):
        assert refused(text)
        assert not re.fullmatch(contested["number"], text)
    for text in ("2024-08-06", "=", "<<", ":x"):
        assert refused(text)
    for text in ("gpt-4o-2024-08-06", "nan", "none", "b:c", "https://x.y/z", "a1", "v1.0"):
        assert not refused(text)
    for text in ("0", "-1", "0.10", "1.0e+3", "12345678901234567890"):
        assert re.fullmatch(contested["number"], text)


def test_what_0_1_3_did_not_read_as_a_string_is_what_pyyaml_resolves() -> None:
    contested = data("yaml-contested")
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    alphabet = "0179.-+:_exboTZ "
    texts = [text for word in WORDS for text in (word, word.upper(), word.title())]
    texts += ["".join(each) for length in range(5) for each in product(alphabet, repeat=length)]
    texts += [
        "2024-08-06",
        "2024-8-6",
        "2024-8-6 1:02:03",
        "2024-08-06T01:02:03.5+02:00",
        "1:59:60",
    ]
    ours = [re.compile(each) for each in contested["yaml_1_1_not_strings"]]
    for text in texts:
        theirs = any(pattern.match(text) for _, pattern in resolvers.get(text[:1], ()))
        assert any(pattern.fullmatch(text) for pattern in ours) == theirs, text


def test_canonical_members_begin_with_what_is_matched_and_end_with_max_tokens() -> None:
    order = data("canonical-members")
    matched = [name for name in order["body"] if name in data("match-on")["default"]]
    assert sorted(matched) == sorted(data("match-on")["default"])
    assert order["body"][-1] == "max_tokens"
    assert order["message"] == ["role", "content"]


def test_names_that_are_plain_in_yaml_are_ascii() -> None:
    plain = set(string.ascii_letters + string.digits + "_-")
    names = data("match-on")["default"] + volatile_names()
    assert all(set(name) <= plain for name in names)


# The text


TEXT = (SPEC / "cassette-v2.md").read_text(encoding="utf-8")
ID = r"[A-Z][A-Z0-9]*-[RW]?[0-9]+"


def test_every_requirement_has_one_id_and_every_reference_a_requirement() -> None:
    defined = re.findall(rf"^ *(?:- )?\*\*\[({ID})\]\*\*", TEXT, re.MULTILINE)
    assert len(set(defined)) == len(defined)
    assert set(re.findall(rf"\[({ID})\]", TEXT)) == set(defined)


def test_words_of_requirement_stand_only_where_an_id_does() -> None:
    paragraphs = re.split(r"\n\s*\n|\n(?= *(?:- |[0-9]+\. |\|))", TEXT)
    words = re.compile(r"\b(?:MUST|SHALL|SHOULD|MAY|REQUIRED|RECOMMENDED|OPTIONAL)\b")
    assert [p for p in paragraphs if words.search(p) and "**[" not in p] == []


def test_codes_of_errors_stand_in_the_closed_list() -> None:
    family = r"(?:yaml|cassette|option|secret|finding)\.[a-z-]+"
    listed = set(re.findall(rf"^\| `({family})` \|", TEXT, re.MULTILINE))
    assert set(re.findall(rf"`({family})`", TEXT)) == listed


def test_the_names_of_data_files_in_the_text_are_those_of_the_folder() -> None:
    assert set(re.findall(r"^\| `([a-z-]+\.json)` \|", TEXT, re.MULTILINE)) == set(FILES)
