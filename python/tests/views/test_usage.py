"""The tokens of an answer are those of the usage that the provider put into it."""

from __future__ import annotations

import json

import pytest

from promptecho._base.model import (
    BinaryBody,
    Body,
    Empty,
    EventStream,
    Frame,
    FrameStream,
    JsonBody,
    TextBody,
)
from promptecho._bodies.forms import encode
from promptecho._views.usage import tokens, usage
from promptecho._views.view import Usage
from sdk import answers
from support.upstream import Answer


def sse(*values: object) -> EventStream:
    return EventStream("sse-lf", tuple(f"data: {json.dumps(value)}" for value in values))


USAGE: dict[str, tuple[Body, int]] = {
    "OpenAI chat": (JsonBody({"usage": {"total_tokens": 5, "prompt_tokens": 3}}), 5),
    "without a total": (JsonBody({"usage": {"prompt_tokens": 3, "completion_tokens": 4}}), 7),
    "Anthropic": (JsonBody({"usage": {"input_tokens": 3, "output_tokens": 4}}), 7),
    "Gemini": (JsonBody({"usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 9}}), 9),
    "Bedrock": (JsonBody({"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}}), 3),
    "JSON kept as text": (TextBody('{"usage": {"total_tokens": 5}}'), 5),
    "OpenAI chat stream": (
        sse({"usage": None}, {"choices": [], "usage": {"total_tokens": 8}}),
        8,
    ),
    "OpenAI responses stream": (
        sse({"type": "response.completed", "response": {"usage": {"total_tokens": 8}}}),
        8,
    ),
    "Anthropic stream": (
        sse(
            {
                "type": "message_start",
                "message": {"usage": {"input_tokens": 3, "output_tokens": 1}},
            },
            {"type": "message_delta", "usage": {"output_tokens": 20}},
        ),
        23,
    ),
    "Gemini stream": (
        sse({"usageMetadata": {"totalTokenCount": 4}}, {"usageMetadata": {"totalTokenCount": 9}}),
        9,
    ),
    "Bedrock stream": (FrameStream((Frame((), '{"usage": {"totalTokens": 3}}'),)), 3),
    "NDJSON": (EventStream("ndjson", ('{"usage": {"total_tokens": 2}}',)), 2),
    "no usage": (JsonBody({"data": []}), 0),
    "a list": (JsonBody([1]), 0),
    "odd usage": (JsonBody({"usage": {"total_tokens": "many", "input_tokens": True}}), 0),
    "broken": (TextBody('{"usage": '), 0),
    "binary": (BinaryBody(b"\xff"), 0),
    "empty": (Empty(), 0),
}


@pytest.mark.parametrize(("body", "count"), USAGE.values(), ids=USAGE)
def test_tokens_are_those_of_the_recorded_usage(body: Body, count: int) -> None:
    assert tokens(body) == count


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (answers.chat("hi"), 29),
        (answers.chat_stream("hi"), None),
        (answers.message("hi"), None),
        (answers.message_stream("hi"), None),
    ],
)
def test_tokens_of_answers_as_providers_send_them(answer: Answer, count: int | None) -> None:
    content_type = dict(answer.headers)["content-type"]
    found = tokens(encode(content_type, answer.body))
    assert found == count if count is not None else found > 0


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        (
            {
                "usage": {
                    "prompt_tokens": 9,
                    "completion_tokens": 7,
                    "total_tokens": 16,
                    "prompt_tokens_details": {"cached_tokens": 4},
                    "completion_tokens_details": {"reasoning_tokens": 5},
                }
            },
            Usage(9, 7, 16, 4, 5),
        ),
        (
            {"usage": {"input_tokens": 9, "output_tokens": 7, "cache_read_input_tokens": 3}},
            Usage(9, 7, 16, 3),
        ),
        (
            {
                "usageMetadata": {
                    "promptTokenCount": 9,
                    "candidatesTokenCount": 2,
                    "thoughtsTokenCount": 5,
                    "totalTokenCount": 16,
                }
            },
            Usage(9, 7, 16, None, 5),
        ),
        ({"usage": {"tokens": {"input_tokens": 9, "output_tokens": 7}}}, Usage(9, 7, 16)),
        ({"done": True, "prompt_eval_count": 9, "eval_count": 7}, Usage(9, 7, 16)),
    ],
    ids=["OpenAI", "Anthropic", "Gemini", "Cohere", "Ollama"],
)
def test_each_count_is_named(value: object, counts: Usage) -> None:
    assert usage([value]) == counts
