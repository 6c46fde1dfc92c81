"""An answer of JSON-RPC is played with the number of the call that asks [RPC-3] to [RPC-6]."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.model import Body, Frame, FrameStream, RecordedRequest
from promptecho._bodies import forms
from promptecho._bodies.aws_eventstream import split
from promptecho._session.call_numbers import CallNumbers, Numbers
from promptecho._session.renumbered import renumbered

PLACE = ("a.example:443", "/mcp")
NUMBERS = Numbers({"1": "7"}, {"1": '"p"'})
NDJSON = "application/x-ndjson"
SSE = "text/event-stream"


def played(content_type: str, data: str) -> str:
    body = renumbered(forms.encode(content_type, data.encode()), NUMBERS)
    return b"".join(forms.decode(body)).decode()


@pytest.mark.parametrize(
    ("content_type", "recorded", "expected"),
    [
        (
            "application/json",
            '{"id":1,"jsonrpc":"2.0","result":[1]}',
            '{"id":7,"jsonrpc":"2.0","result":[1]}',
        ),
        (
            "application/json",
            '\n{ "jsonrpc" : "2.0" ,\t"result":{"id":1,"a":"}"}, "id"\n:\t1 }\n',
            '\n{ "jsonrpc" : "2.0" ,\t"result":{"id":1,"a":"}"}, "id"\n:\t7 }\n',
        ),
        ("text/plain", '{"jsonrpc":"2.0","id":1.0}', '{"jsonrpc":"2.0","id":7}'),
        ("text/plain", '{"jsonrpc":"2.0","\\u0069d":1}', '{"jsonrpc":"2.0","\\u0069d":7}'),
        (
            "application/json",
            '[{"jsonrpc":"2.0","id":1}, 1, {"jsonrpc":"2.0","id":1,"error":{}}]',
            '[{"jsonrpc":"2.0","id":7}, 1, {"jsonrpc":"2.0","id":7,"error":{}}]',
        ),
        (
            NDJSON,
            '{"jsonrpc":"2.0","id":1}\n{"jsonrpc":"2.0","id":1}',
            '{"jsonrpc":"2.0","id":7}\n{"jsonrpc":"2.0","id":7}',
        ),
        (
            SSE,
            'event: x\r\ndata:{"jsonrpc":"2.0",\r\ndata:   "id":\r\ndata: 1}  \r\n\r\n',
            'event: x\r\ndata:{"jsonrpc":"2.0",\r\ndata:   "id":\r\ndata: 7}  \r\n\r\n',
        ),
        (
            SSE,
            'data: {"jsonrpc":"2.0","method":"notifications/progress",'
            '"params":{"progressToken":1}}\n\n',
            'data: {"jsonrpc":"2.0","method":"notifications/progress",'
            '"params":{"progressToken":"p"}}\n\n',
        ),
    ],
)
def test_a_token_is_replaced_and_nothing_else(
    content_type: str, recorded: str, expected: str
) -> None:
    assert played(content_type, recorded) == expected


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("application/json", '{"jsonrpc":"2.0","id":2}'),  # no note of it
        ("application/json", '{"jsonrpc":"2.0","id":"1"}'),
        ("application/json", '{"jsonrpc":"2.0","id":true}'),
        ("application/json", '{"jsonrpc":"1.0","id":1}'),
        ("application/json", '{"id":1}'),
        ("application/json", '{"jsonrpc":"2.0","id":1,"method":"ping"}'),
        ("application/json", '{"result":{"jsonrpc":"2.0","id":1}}'),
        ("application/json", '{"jsonrpc":"2.0","id":1,"id":1}'),  # outside the guard
        ("application/json", '[[{"jsonrpc":"2.0","id":1}]]'),
        ("text/plain", 'x {"jsonrpc":"2.0","id":1}'),
        ("text/plain", ""),
        (SSE, 'data: {"jsonrpc":"2.0","id":1}'),  # a tail is no event
        (SSE, 'id: {"jsonrpc":"2.0","id":1}\n\n'),
        (SSE, 'data: {"method":"notifications/progress","params":{"progressToken":1}}\n\n'),
    ],
)
def test_other_texts_stay(content_type: str, data: str) -> None:
    assert played(content_type, data) == data


def test_a_frame_gets_the_length_and_the_checksum_of_its_new_payload() -> None:
    def stream(number: int) -> Body:
        return FrameStream((Frame((("a", "b"),), f'{{"jsonrpc":"2.0","id":{number}}}'),))

    numbers = Numbers({"1": "12345"}, {})
    chunks = forms.decode(renumbered(stream(1), numbers))
    assert split(b"".join(chunks)) == stream(12345)


safe = st.integers(1 - 2**53, 2**53 - 1)  # others are outside the guard
numbers_of_calls = st.one_of(st.text(max_size=4), safe)


@given(st.dictionaries(st.text(), safe), numbers_of_calls, numbers_of_calls, st.booleans())
def test_the_value_of_an_answer_is_that_with_another_id(
    result: dict[str, int], recorded: Any, incoming: Any, spaced: bool
) -> None:
    def answer(number: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": number, "result": result}

    text = json.dumps(answer(recorded), indent=1 if spaced else None)
    notes = CallNumbers()
    numbers = notes.note(PLACE, asked(recorded), asked(incoming)) or Numbers({}, {})
    body = renumbered(forms.encode("application/json", text.encode()), numbers)
    assert json.loads(b"".join(forms.decode(body))) == answer(incoming)


def asked(number: Any, **members: Any) -> RecordedRequest:
    call = {"jsonrpc": "2.0", "id": number, "method": "tools/list", **members}
    return RecordedRequest("POST", "https://a.example/mcp", "0" * 16, (), call)


def test_numbers_that_stay_cost_nothing() -> None:
    notes = CallNumbers()
    assert notes.note(PLACE, asked(1), asked(1)) is None
    request = RecordedRequest("GET", "https://a.example/x", "0" * 16, (), {})
    assert notes.note(("a.example:443", "/x"), request, request) is None


def test_notes_are_of_one_host_and_path() -> None:
    notes = CallNumbers()
    assert notes.note(PLACE, asked(1), asked(2)) == ({"1": "2"}, {})
    assert notes.note(("b.example:443", "/mcp"), asked(3), asked(4)) == ({"3": "4"}, {})
    assert notes.note(PLACE, asked(5), asked(6)) == ({"1": "2", "5": "6"}, {})
    assert notes.note(PLACE, asked(1), asked(1)) == ({"5": "6"}, {})


def test_two_calls_may_trade_their_numbers() -> None:
    notes = CallNumbers()
    notes.note(PLACE, asked(1), asked(2))
    numbers = notes.note(PLACE, asked(2), asked(1))
    assert numbers is not None
    data = b'[{"jsonrpc":"2.0","id":1},{"jsonrpc":"2.0","id":2}]'
    chunks = forms.decode(renumbered(forms.encode("application/json", data), numbers))
    assert chunks == [b'[{"jsonrpc":"2.0","id":2},{"jsonrpc":"2.0","id":1}]']
