"""Each dialect's answer, in one piece and as a stream, says the same in one shape."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest

from promptecho._base.model import Frame, FrameStream, RecordedResponse
from promptecho._bodies import aws_eventstream, forms
from promptecho._views.answers import answer
from promptecho._views.lines import of_answer
from promptecho._views.recording import as_json
from promptecho._views.view import Answer, Media, Other, Reasoning, Text, ToolCall, Turn

SSE, NDJSON, JSON = "text/event-stream", "application/x-ndjson", "application/json"
AWS = "application/vnd.amazon.eventstream"
CALL = ToolCall("weather", {"city": "Paris"}, "c1")
ARGUMENTS = '{"city": "Paris"}'
PIECES = ('{"city"', ': "Par', 'is"}')
SAID = (Text("It is warm."), CALL)
THOUGHT = (Reasoning("Let me see."), *SAID)


def read(kind: str, body: bytes, status: int = 200) -> Answer:
    headers = (("content-type", (kind,)),) if kind else ()
    return answer(RecordedResponse(status, headers, forms.encode(kind, body)))


def sse(*values: Any, line_end: str = "\n") -> bytes:
    return "".join(f"data: {json.dumps(each)}{line_end * 2}" for each in values).encode()


def ndjson(*values: Any) -> bytes:
    return "".join(f"{json.dumps(each)}\n" for each in values).encode()


def frames(*events: tuple[str, Any]) -> bytes:
    made = (Frame(((":event-type", name),), json.dumps(value)) for name, value in events)
    return b"".join(aws_eventstream.join(FrameStream(tuple(made))))


def chunk(*values: Any) -> bytes:
    """Frames of invoke-with-response-stream."""
    texts = (base64.b64encode(json.dumps(value).encode()).decode() for value in values)
    return frames(*(("chunk", {"bytes": text, "p": "abc"}) for text in texts))


def delta(index: int = 0, finish: str | None = None, **members: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": members, "finish_reason": finish}]}


def call_piece(piece: str, **members: Any) -> dict[str, Any]:
    return {"index": 0, "function": {"arguments": piece, **members}}


CHAT_STREAM = (
    delta(role="assistant", content=""),
    delta(reasoning_content="Let me "),
    delta(reasoning_content="see."),
    delta(content="It is "),
    delta(content="warm."),
    delta(tool_calls=[{"id": "c1", "type": "function", **call_piece("", name="weather")}]),
    *(delta(tool_calls=[call_piece(piece)]) for piece in PIECES),
    delta(finish="tool_calls"),
)
CHAT = {
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": "It is warm.",
                "reasoning_content": "Let me see.",
                "tool_calls": [
                    {"id": "c1", "function": {"name": "weather", "arguments": ARGUMENTS}}
                ],
            },
        }
    ]
}
MESSAGE_STREAM = (
    {"type": "message_start", "message": {"model": "claude", "content": [], "stop_reason": None}},
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "thinking", "thinking": ""},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "thinking_delta", "thinking": "Let me "},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "thinking_delta", "thinking": "see."},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "signature_delta", "signature": "x"},
    },
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "It is "}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "warm."}},
    {
        "type": "content_block_start",
        "index": 2,
        "content_block": {"type": "tool_use", "id": "c1", "name": "weather", "input": {}},
    },
    *(
        {
            "type": "content_block_delta",
            "index": 2,
            "delta": {"type": "input_json_delta", "partial_json": piece},
        }
        for piece in PIECES
    ),
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    {"type": "message_stop"},
)
MESSAGE = {
    "type": "message",
    "role": "assistant",
    "stop_reason": "tool_use",
    "content": [
        {"type": "thinking", "thinking": "Let me see.", "signature": "x"},
        {"type": "text", "text": "It is warm."},
        {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Paris"}},
    ],
}
ITEMS = (
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Let me see."}]},
    {"type": "message", "content": [{"type": "output_text", "text": "It is warm."}]},
    {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": ARGUMENTS},
)
ITEM_EVENTS = (
    {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning"}},
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "Let me "},
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "see."},
    {
        "type": "response.output_text.delta",
        "output_index": 1,
        "content_index": 0,
        "delta": "It is ",
    },
    {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "warm."},
    {
        "type": "response.output_item.added",
        "output_index": 2,
        "item": {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": ""},
    },
    *(
        {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": piece}
        for piece in PIECES
    ),
)
RESPONSE = {"object": "response", "status": "completed", "output": list(ITEMS)}


def candidate(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **more}]}


GEMINI_CALL = {"functionCall": {"name": "weather", "args": {"city": "Paris"}, "id": "c1"}}
GEMINI_STREAM = (
    candidate({"text": "Let me ", "thought": True}),
    candidate({"text": "see.", "thought": True}, {"text": "It is "}),
    candidate({"text": "warm."}),
    candidate(GEMINI_CALL, finishReason="STOP"),
)
COHERE_STREAM = (
    {"type": "message-start", "delta": {"message": {"role": "assistant", "content": []}}},
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "Let me "}}},
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "see."}}},
    {
        "type": "content-start",
        "index": 0,
        "delta": {"message": {"content": {"type": "text", "text": ""}}},
    },
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "It is "}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "warm."}}}},
    {
        "type": "tool-call-start",
        "index": 0,
        "delta": {
            "message": {
                "tool_calls": {"id": "c1", "function": {"name": "weather", "arguments": ""}}
            }
        },
    },
    *(
        {
            "type": "tool-call-delta",
            "index": 0,
            "delta": {"message": {"tool_calls": {"function": {"arguments": piece}}}},
        }
        for piece in PIECES
    ),
    {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}},
)
COHERE = {
    "finish_reason": "TOOL_CALL",
    "message": {
        "tool_plan": "Let me see.",
        "content": [{"type": "text", "text": "It is warm."}],
        "tool_calls": [{"id": "c1", "function": {"name": "weather", "arguments": ARGUMENTS}}],
    },
}
CONVERSE_STREAM: tuple[tuple[str, Any], ...] = (
    ("messageStart", {"role": "assistant"}),
    (
        "contentBlockDelta",
        {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Let me "}}},
    ),
    (
        "contentBlockDelta",
        {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "see."}}},
    ),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "It is "}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "warm."}}),
    (
        "contentBlockStart",
        {"contentBlockIndex": 2, "start": {"toolUse": {"name": "weather", "toolUseId": "c1"}}},
    ),
    *(
        ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": piece}}})
        for piece in PIECES
    ),
    ("messageStop", {"stopReason": "tool_use"}),
)
CONVERSE = {
    "stopReason": "tool_use",
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Let me see."}}},
                {"text": "It is warm."},
                {"toolUse": {"toolUseId": "c1", "name": "weather", "input": {"city": "Paris"}}},
            ],
        }
    },
}
OLLAMA_CALL = {"id": "c1", "function": {"name": "weather", "arguments": {"city": "Paris"}}}


def said(done: bool = False, **message: Any) -> dict[str, Any]:
    more = {"done_reason": "stop"} if done else {}
    return {"message": {"role": "assistant", "content": "", **message}, "done": done, **more}


OLLAMA_STREAM = (
    said(thinking="Let me "),
    said(thinking="see."),
    said(content="It is "),
    said(content="warm."),
    said(tool_calls=[OLLAMA_CALL]),
    said(done=True),
)
CASES: dict[str, tuple[str, str, bytes, str]] = {
    "chat": ("chat", JSON, json.dumps(CHAT).encode(), "tool_calls"),
    "a stream of chat": ("chat", SSE, sse(*CHAT_STREAM) + b"data: [DONE]\n\n", "tool_calls"),
    "one that no header declares": ("chat", "", sse(*CHAT_STREAM), "tool_calls"),
    "one with CRLF": ("chat", SSE, sse(*CHAT_STREAM, line_end="\r\n"), "tool_calls"),
    "one with CR": ("chat", SSE, sse(*CHAT_STREAM, line_end="\r"), "tool_calls"),
    "one whose line ends change": (
        "chat",
        SSE,
        sse(*CHAT_STREAM[:4], line_end="\r\n") + sse(*CHAT_STREAM[4:]),
        "tool_calls",
    ),
    "messages": ("anthropic", JSON, json.dumps(MESSAGE).encode(), "tool_use"),
    "a stream of messages": ("anthropic", SSE, sse(*MESSAGE_STREAM), "tool_use"),
    "one by Bedrock": ("anthropic", AWS, chunk(*MESSAGE_STREAM), "tool_use"),
    "Responses": ("responses", JSON, json.dumps(RESPONSE).encode(), "completed"),
    "a stream of Responses": (
        "responses",
        SSE,
        sse(*ITEM_EVENTS, {"type": "response.completed", "response": RESPONSE}),
        "completed",
    ),
    "one that broke off": ("responses", SSE, sse(*ITEM_EVENTS), ""),
    "Gemini": (
        "gemini",
        JSON,
        json.dumps(
            candidate(
                {"text": "Let me see.", "thought": True},
                {"text": "It is warm."},
                GEMINI_CALL,
                finishReason="STOP",
            )
        ).encode(),
        "STOP",
    ),
    "a stream of Gemini": ("gemini", SSE, sse(*GEMINI_STREAM, line_end="\r\n"), "STOP"),
    "one that is a JSON array": ("gemini", JSON, json.dumps(GEMINI_STREAM).encode(), "STOP"),
    "one as text": ("gemini", JSON, b" " + json.dumps(GEMINI_STREAM).encode(), "STOP"),
    "Cohere": ("cohere", JSON, json.dumps(COHERE).encode(), "TOOL_CALL"),
    "a stream of Cohere": ("cohere", SSE, sse(*COHERE_STREAM), "TOOL_CALL"),
    "Converse": ("converse", JSON, json.dumps(CONVERSE).encode(), "tool_use"),
    "a stream of Converse": ("converse", AWS, frames(*CONVERSE_STREAM), "tool_use"),
    "one of Nova": (
        "converse",
        AWS,
        chunk(*({name: value} for name, value in CONVERSE_STREAM)),
        "tool_use",
    ),
    "Ollama": (
        "ollama",
        JSON,
        json.dumps(
            said(
                done=True,
                content="It is warm.",
                thinking="Let me see.",
                tool_calls=[OLLAMA_CALL],
            )
        ).encode(),
        "stop",
    ),
    "a stream of Ollama": ("ollama", NDJSON, ndjson(*OLLAMA_STREAM), "stop"),
}


@pytest.mark.parametrize(("dialect", "kind", "body", "finish"), CASES.values(), ids=CASES)
def test_an_answer_has_one_shape(dialect: str, kind: str, body: bytes, finish: str) -> None:
    found = read(kind, body)
    assert found.dialect == dialect
    assert found.turns == (Turn("assistant", THOUGHT, finish),)
    assert found.error == ""


def test_choices_are_turns() -> None:
    events = (delta(1, content="b"), delta(0, content="a"), delta(1, "stop", content="B"))
    turns = read(SSE, sse(*events)).turns
    assert turns == (Turn("assistant", (Text("a"),)), Turn("assistant", (Text("bB"),), "stop"))


def test_a_call_whose_number_was_given_before_has_another_id() -> None:
    events = [
        delta(tool_calls=[{"id": name, "index": 0, "function": {"name": name, "arguments": "{}"}}])
        for name in ("a", "b")
    ]
    (turn,) = read(SSE, sse(*events)).turns
    assert turn.parts == (ToolCall("a", {}, "a"), ToolCall("b", {}, "b"))


def test_the_message_so_far_is_not_added_to_its_deltas() -> None:
    # Perplexity sends both.
    choices = [{"index": 0, "delta": {"content": "a"}, "message": {"content": "a"}}]
    assert read(SSE, sse({"choices": choices})).turns[0].parts == (Text("a"),)


def test_arguments_that_are_no_json_stay_a_text() -> None:
    function = {"name": "weather", "arguments": '{"city": '}
    choices = [{"message": {"tool_calls": [{"id": "c1", "function": function}]}}]
    (turn,) = read(JSON, json.dumps({"choices": choices}).encode()).turns
    assert turn.parts == (ToolCall("weather", '{"city": ', "c1"),)


def test_a_line_separator_does_not_end_a_line_of_an_event() -> None:
    body = 'data: {"choices": [{"delta": {"content": "a\u2028b"}}]}\n\n'.encode()
    assert read(SSE, body).turns[0].parts == (Text("a\u2028b"),)


def test_an_event_of_several_lines_is_one_text() -> None:
    body = b'event: x\ndata: {"choices":\ndata: [{"delta": {"content": "a"}}]}\n\n'
    assert read(SSE, body).turns[0].parts == (Text("a"),)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"outputText": "a", "completionReason": "FINISH"}, "a"),
        ({"generation": "a", "stop_reason": "stop"}, "a"),
        ({"outputs": [{"text": "a", "stop_reason": "stop"}]}, "a"),
        ({"results": [{"outputText": "a"}]}, "a"),
        ({"generations": [{"text": "a"}]}, "a"),
    ],
)
def test_models_of_bedrock_have_shapes_of_their_own(body: Any, words: str) -> None:
    assert read(JSON, json.dumps(body).encode()).turns[0].parts == (Text(words),)
    assert read(AWS, chunk(body)).turns[0].parts == (Text(words),)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (SSE, sse({"value": "It is "}, {"value": "warm."})),  # Writer
        (
            SSE,  # watsonx
            sse(
                {"results": [{"generated_text": "It is "}]},
                {"results": [{"generated_text": "warm."}]},
            ),
        ),
        (JSON, b'[{"generated_text": "It is warm."}]'),  # Hugging Face
        (JSON, b'{"text": "It is warm.", "usage": {"seconds": 4}}'),
        (
            SSE,  # a transcription
            sse(
                {"type": "transcript.text.delta", "delta": "It is "},
                {"type": "transcript.text.delta", "delta": "warm."},
                {"type": "transcript.text.done", "text": "It is warm."},
            ),
        ),
        (AWS, frames(("output", {"text": "It is "}), ("output", {"text": "warm."}))),
        (
            AWS,  # an agent
            frames(
                ("trace", {"trace": {"agentId": "a"}}),
                ("chunk", {"bytes": base64.b64encode(b"It is ").decode()}),
                ("chunk", {"bytes": base64.b64encode(b"warm.").decode()}),
            ),
        ),
    ],
)
def test_words_in_a_member_of_their_own_are_joined(kind: str, body: bytes) -> None:
    found = read(kind, body)
    assert found.dialect == "completions"
    assert found.turns[0].parts == (Text("It is warm."),)


def message(piece: str, kind: str = "thread.message.delta", index: int = 0) -> dict[str, Any]:
    content = [{"index": index, "type": "text", "text": {"value": piece}}]
    held = {"delta": {"content": content}} if kind.endswith("delta") else {"content": content}
    return {"id": "msg_1", "object": kind, **held}


def test_a_stream_of_an_assistant_is_one_turn() -> None:
    call = {"type": "function", "id": "c1"}
    steps = [
        {"object": "thread.run.step.delta", "delta": {"step_details": {"tool_calls": [each]}}}
        for each in (
            {**call, **call_piece("", name="weather")},
            *(call_piece(piece) for piece in PIECES),
        )
    ]
    events = (
        {"object": "thread.run", "status": "in_progress"},
        message("It is "),
        message("warm."),
        message("It is warm.", "thread.message"),
        *steps,
        {"object": "thread.run", "status": "completed"},
    )
    assert read(SSE, sse(*events)).turns == (Turn("assistant", SAID, "completed"),)


def test_a_message_of_a_thread_is_one_turn() -> None:
    value = {**message("It is warm.", "thread.message"), "role": "user"}
    assert read(JSON, json.dumps(value).encode()).turns == (Turn("user", SAID[:1]),)


def test_media_of_an_answer_have_a_type_and_a_size() -> None:
    data = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(b"12345").decode()}}
    (turn,) = read(JSON, json.dumps(candidate(data)).encode()).turns
    assert turn.parts == (Media("image", "image/png", 5),)
    (turn,) = read("audio/mpeg", b"\xff\xf3\xe4").turns
    assert turn.parts == (Media("audio", "audio/mpeg", 3),)


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        (JSON, b'{"error": {"message": "no such model"}}', "no such model"),
        (JSON, b'{"error": "no such model"}', "no such model"),
        (SSE, b'event: error\ndata: {"type": "error", "error": {"message": "busy"}}\n\n', "busy"),
        (AWS, frames(("throttlingException", {"message": "busy"})), "busy"),
    ],
)
def test_an_error_is_its_message(kind: str, body: bytes, message: str) -> None:
    assert read(kind, body, 400).error == message


def test_what_no_rule_knows_is_there_as_it_is() -> None:
    assert read(JSON, b'{"data": [1]}').turns == (Turn("", (Other("", {"data": [1]}),)),)
    assert read("text/plain", b"hello").turns == (Turn("", (Text("hello"),)),)
    assert read(SSE, b"data: hello\n\n").turns == (Turn("", (Text("hello"),)),)
    assert read(JSON, b"").turns == ()


@pytest.mark.parametrize("levels", [90, 101, 900, 100_000])
def test_a_deep_value_is_shown(levels: int) -> None:
    deep = "[" * levels + "]" * levels
    calls = [{"function": {"name": "a", "arguments": deep}}]
    call = json.dumps({"choices": [{"message": {"tool_calls": calls}}]})
    for kind, body in ((SSE, f"data: {deep}\n\n"), (JSON, deep), (JSON, call)):
        found = read(kind, body.encode())
        assert "[[[[" in "".join(line.text.strip() for line in of_answer(found))
        json.dumps(as_json(found), indent=2)


def test_a_number_that_is_none_is_a_text_in_json() -> None:
    found = as_json(read(SSE, b'data: {"a": NaN, "b": -Infinity, "c": 1e999}\n\n'))
    (part,) = found["turns"][0]["parts"]
    assert part["value"] == {"a": "nan", "b": "-inf", "c": "inf"}
    text = json.dumps(as_json(read(JSON, b'{"a": 1e999, "b": 1.50}')), allow_nan=False)
    assert '"a": "inf", "b": 1.5' in text


# --- hostile answers ----------------------------------------------------------------------------

ODD: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", [], {}, [[]], [None], {"a": []}, [{"a": 1}])


def changed(value: Any, chance: random.Random) -> Any:
    """A value of which a part is of another type."""
    if chance.random() < 0.1:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: changed(each, chance) for name, each in value.items()}
    return [changed(each, chance) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "values",
    [
        CHAT_STREAM,
        (CHAT,),
        MESSAGE_STREAM,
        (MESSAGE,),
        (*ITEM_EVENTS, {"type": "response.completed", "response": RESPONSE}),
        ITEM_EVENTS,
        GEMINI_STREAM,
        COHERE_STREAM,
        (COHERE,),
        (message("a"), message("b", "thread.message")),
        ({"results": [{"generated_text": "a"}]}, {"value": "a"}, {"bytes": "a"}),
        tuple({name: value} for name, value in CONVERSE_STREAM),
        (CONVERSE,),
        OLLAMA_STREAM,
    ],
)
def test_an_answer_of_odd_types_is_shown_and_raises_nothing(values: tuple[Any, ...]) -> None:
    chance = random.Random(7)
    for _ in range(150):
        found = read(SSE, sse(*(changed(each, chance) for each in values)))
        assert all(isinstance(line.text, str) for line in of_answer(found))
        json.dumps(as_json(found))
