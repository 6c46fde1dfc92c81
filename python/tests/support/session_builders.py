"""Requests, recordings and sessions for the tests of the core: values, no network, no files."""

from __future__ import annotations

import json
from typing import Any

from promptecho._base.model import CassetteFile, Interaction, RecordedResponse, Request, TextBody
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._matching.request import Prepared, prepare
from promptecho._matching.rules import default_match_on, matching, rules
from promptecho._session.modes import Mode, State
from promptecho._session.recordings import Setup
from promptecho._session.session import Session

CHAT = "https://api.example.com/v1/chat/completions"


def sent(
    body: Any,
    *,
    url: str = CHAT,
    method: str = "POST",
    content_type: str = "application/json",
    match_on: tuple[str, ...] | None = None,
) -> Prepared:
    """A request, ready to be matched; a body that is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(method, url, (("content-type", content_type),), data)
    return prepare(request, rules(), matching(match_on or default_match_on()))


def answer(text: str, status: int = 200) -> RecordedResponse:
    """A short answer, as it is stored."""
    return RecordedResponse(status, (("content-type", ("text/plain",)),), TextBody(text))


def recorded(body: Any, text: str = "ok", *, status: int = 200, **request: Any) -> Interaction:
    """A recording of a request; its answer is a short text."""
    return Interaction(sent(body, **request).request, answer(text, status))


def opened(
    *interactions: Interaction,
    mode: str = "none",
    state: State = State.PRESENT,
    match_on: tuple[str, ...] | None = None,
    **options: Any,
) -> Session:
    """A session over a file that holds these recordings: what its text says, read again."""
    names = match_on or default_match_on()
    file = load(dump(CassetteFile(names, interactions)).encode(), "a.yaml")
    return Session(
        Setup(
            name="a.yaml",
            file=file,
            state=state,
            mode=Mode(mode),
            matching=matching(names),
            policy=rules(),
            **options,
        )
    )


def chat(*contents: str, **members: Any) -> dict[str, Any]:
    """A chat request of a user's messages."""
    messages = [{"role": "user", "content": content} for content in contents]
    return {"model": "m", "messages": messages, **members}
