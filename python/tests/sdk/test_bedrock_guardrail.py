"""boto3's `invoke_model` with and without a guardrail, which stands in headers, not in the body."""

from __future__ import annotations

import itertools
import json
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import promptecho
from sdk.test_bedrock import client
from support.upstream import Answer, Call, Upstream, json_answer

IDENTIFIER = "X-Amzn-Bedrock-GuardrailIdentifier"
VERSION = "X-Amzn-Bedrock-GuardrailVersion"
BODY = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []})

GUARDS: tuple[dict[str, str], ...] = (
    {},
    {"guardrailIdentifier": "g1", "guardrailVersion": "1"},
    {"guardrailIdentifier": "g1", "guardrailVersion": "2"},
    {"guardrailIdentifier": "g2", "guardrailVersion": "1"},
)
PAIRS = list(itertools.permutations(range(len(GUARDS)), 2))


def guarded(call: Call) -> Answer:
    """Answer with the guardrail."""
    headers = {name.lower(): value for name, value in call.headers}
    return json_answer({"guard": [headers.get(each.lower()) for each in (IDENTIFIER, VERSION)]})


def invoke(url: str, guard: dict[str, str]) -> Any:
    with closing(client(url)) as made:
        answer = made.invoke_model(
            modelId="anthropic.claude-3-haiku-20240307-v1:0", body=BODY, **guard
        )
        return json.loads(answer["body"].read())


def recorded(path: Path, guards: tuple[dict[str, str], ...], **options: Any) -> tuple[str, Any]:
    """The address of the server, which is gone, and its answers."""
    with Upstream(guarded) as upstream:
        with promptecho.use_cassette(path, **options):
            live = [invoke(upstream.url, guard) for guard in guards]
    assert upstream.refuses()
    return upstream.url, live


def test_each_guardrail_has_its_own_answer_in_any_order(path: Path) -> None:
    url, live = recorded(path, GUARDS, match_headers=[IDENTIFIER, VERSION])
    for order in itertools.permutations(range(len(GUARDS))):
        with promptecho.use_cassette(path, mode="none"):  # the file's own match_headers hold
            told = [invoke(url, GUARDS[index]) for index in order]
        assert told == [live[index] for index in order]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_another_guardrail_is_a_miss_if_it_is_matched(path: Path, one: int, other: int) -> None:
    url, _ = recorded(path, (GUARDS[one],), match_headers=[IDENTIFIER, VERSION])
    with pytest.raises(promptecho.CassetteMiss, match=r"(?i)guardrail"):
        with promptecho.use_cassette(path, mode="none"):
            invoke(url, GUARDS[other])


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_another_guardrail_is_drift_by_default(path: Path, one: int, other: int) -> None:
    url, live = recorded(path, (GUARDS[one],))
    with promptecho.use_cassette(path, mode="none"):
        with pytest.warns(promptecho.PromptechoDriftWarning, match=r"(?i)guardrail"):
            assert invoke(url, GUARDS[other]) == live[0]
    with pytest.raises(promptecho.CassetteMiss, match=r"(?i)guardrail"):
        with promptecho.use_cassette(path, mode="none", on_drift="raise"):
            invoke(url, GUARDS[other])


def test_without_options_no_answer_of_another_guardrail_comes_in_silence(path: Path) -> None:
    url, live = recorded(path, GUARDS)
    for order in itertools.permutations(range(len(GUARDS))):
        with promptecho.use_cassette(path, mode="none"):
            for index in order:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    told = invoke(url, GUARDS[index])
                drift = [w for w in caught if w.category is promptecho.PromptechoDriftWarning]
                assert told == live[index] or drift
