"""The calls of `clients.mjs` in Python: `ask.py CASSETTE MODE openai|anthropic URL`."""

from __future__ import annotations

import json
import sys
from typing import Any

import promptecho

QUESTION = [{"role": "user", "content": "Say hi to the Wörld."}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}


def refused(error: Any) -> dict[str, Any]:
    """What an SDK says of an error answer; the one of OpenAI takes the member `error` out of it."""
    body = error.body.get("error", error.body)
    return {"status": error.status_code, "message": body["message"]}


def openai(url: str) -> dict[str, Any]:
    """What the SDK of OpenAI makes of the answers."""
    from openai import APIStatusError, OpenAI

    client = OpenAI(api_key="sk-test", base_url=f"{url}/v1").chat.completions

    def create(**more: Any) -> Any:
        return client.create(**{"model": "gpt-test", "messages": QUESTION, **more})

    function = {"name": "weather", "parameters": PARAMETERS}
    call = create(tools=[{"type": "function", "function": function}]).choices[0].message
    answers = {
        "plain": create().choices[0].message.content,
        "stream": "".join(e.choices[0].delta.content or "" for e in create(stream=True)),
        "tool": [call.tool_calls[0].function.name, call.tool_calls[0].function.arguments],
    }
    try:
        create(model="missing")
    except APIStatusError as error:
        return {**answers, "error": refused(error)}
    return answers


def anthropic(url: str) -> dict[str, Any]:
    """What the SDK of Anthropic makes of the answers."""
    from anthropic import Anthropic, APIStatusError

    client = Anthropic(api_key="sk-ant-test", base_url=url).messages

    def create(**more: Any) -> Any:
        asked = {"model": "claude-test", "max_tokens": 10, "messages": QUESTION}
        return client.create(**{**asked, **more})

    block = create(tools=[{"name": "weather", "input_schema": PARAMETERS}]).content[0]
    deltas = (getattr(event, "delta", None) for event in create(stream=True))
    answers = {
        "plain": create().content[0].text,
        "stream": "".join(getattr(delta, "text", None) or "" for delta in deltas),
        "tool": [block.name, json.dumps(block.input, separators=(",", ":"))],
    }
    try:
        create(model="missing")
    except APIStatusError as error:
        return {**answers, "error": refused(error)}
    return answers


def main(cassette: str, mode: Any, sdk: str, url: str) -> None:
    """Print the answers as one line of JSON."""
    with promptecho.use_cassette(cassette, mode=mode, on_record_error="record"):
        answers = {"openai": openai, "anthropic": anthropic}[sdk](url)
    print(json.dumps(answers, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
