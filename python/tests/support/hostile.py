"""Texts that drive a terminal, a CI or a reader's eye, and a cassette full of them."""

from __future__ import annotations

import json
import re
from typing import Any

from promptecho._base.model import CassetteFile, Interaction, RecordedResponse
from promptecho._bodies import forms
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on
from support.session_builders import sent

#: A title by OSC, a color by CSI, CSI in one character, an erased line, an order from right to
#: left, a line separator, and two commands of CIs.
ESCAPES = (
    "\x1b]0;owned\x07",
    "\x1b[31m",
    "\x9b31m",
    "\r\x08",
    "\u202eabc\u2066",
    "\u2028",
    "\n::add-mask::x",
    "\n##[error]x",
    "\x1b_payload\x1b\\",
    "\x00\x7f",
)
EVIL = "".join(ESCAPES)
#: What none of our output may hold; a tab and a line end it may.
DRIVES = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
    r"|^\s*::|##\w*\[",
    re.MULTILINE,
)


def interactions(more: str = "") -> tuple[Interaction, ...]:
    """Recordings whose texts, names and types are hostile; `more` is added to the words."""
    call = {"id": EVIL, "type": "function", "function": {"name": EVIL, "arguments": EVIL}}
    request: dict[str, Any] = {
        "model": EVIL,
        "messages": [
            {"role": "system", "content": EVIL},
            {"role": EVIL, "content": [{"type": EVIL, EVIL: EVIL}, {"type": "text", "text": EVIL}]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": EVIL}}]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": EVIL, "content": EVIL},
        ],
        "tools": [{"type": "function", "function": {"name": EVIL, "description": EVIL}}],
        EVIL: {EVIL: [EVIL]},
    }
    message = {
        "content": EVIL + more,
        "reasoning": EVIL,
        "refusal": EVIL,
        "tool_calls": [call],
        "audio": {"transcript": EVIL},
    }
    chat = {"model": EVIL, "choices": [{"message": message, "finish_reason": EVIL}]}
    event = f"event: {EVIL}\ndata: {json.dumps({EVIL: EVIL + more})}\n\n"
    bodies = (
        ("application/json", json.dumps(chat)),
        ("text/event-stream", "".join(f"data: {json.dumps(each)}\n\n" for each in (chat, chat))),
        ("text/event-stream", event),
        ("text/plain", EVIL + more),
        ("application/json", json.dumps({"error": {"message": EVIL + more}})),
    )
    return tuple(
        Interaction(
            sent({**request, "seed": number}).request,
            RecordedResponse(200, (("content-type", (kind,)),), forms.encode(kind, text.encode())),
            redacted=(f"request.body.{EVIL}".replace("\x00", "").replace("\n", ""),),
        )
        for number, (kind, text) in enumerate(bodies)
    )


def cassette(more: str = "") -> bytes:
    """A cassette file of them."""
    return dump(CassetteFile(default_match_on(), interactions(more))).encode()
