"""The code under test: an assistant that may call a tool before it answers."""

from __future__ import annotations

from typing import Any

from anthropic import Anthropic

MODEL = "claude-opus-4-8"
TURNS = 5
WEATHER_TOOL: dict[str, Any] = {
    "name": "get_weather",
    "description": "Get the weather of a place.",
    "input_schema": {
        "type": "object",
        "properties": {"location": {"type": "string"}},
        "required": ["location"],
    },
}


def get_weather(location: str) -> str:
    """A real tool would ask a weather service."""
    return f"{location}: 31 degrees Celsius, sunny"


def ask(question: str) -> str:
    """Answer a question; the model may call the tool as often as it wants, up to a limit."""
    messages: list[Any] = [{"role": "user", "content": question}]
    with Anthropic() as client:
        for _ in range(TURNS):
            reply = client.messages.create(
                model=MODEL, max_tokens=200, tools=[WEATHER_TOOL], messages=messages
            )
            if reply.stop_reason != "tool_use":
                return "".join(block.text for block in reply.content if block.type == "text")
            messages.append({"role": "assistant", "content": reply.content})
            messages.append({"role": "user", "content": _results(reply.content)})
    raise RuntimeError(f"no answer after {TURNS} turns")


def _results(content: Any) -> list[Any]:
    return [
        {"type": "tool_result", "tool_use_id": block.id, "content": get_weather(**block.input)}
        for block in content
        if block.type == "tool_use"
    ]
