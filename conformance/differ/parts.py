"""The parts that generated calls are made of."""

from __future__ import annotations

import json
from random import Random
from typing import Any

SECRETS = (
    "sk-" + "aB3" * 12,
    "ghp_" + "a1B2" * 9,
    "abcdef0123456789ABCDEF01",
    "hunter2",
    "REDACTED",
)
WORDS = ("hi", "", "what is 2+2?", "é\U0001f600", "line\nline", "  ", '{"a": 1}', "data: x", "null")
MODELS = ("gpt-4o-2024-08-06", "claude-opus-4-20250514", "gemini-2.5-pro", "command-r", "m")
NAMES = ("get_weather", "search", "f")
SCHEMAS: tuple[Any, ...] = (
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    {"type": "OBJECT", "properties": {"city": {"type": "STRING", "nullable": True}}},
    {"type": "object", "properties": {}, "additionalProperties": False},
    {},
    None,
)

Body = dict[str, Any]


def maybe(
    random: Random, body: Body, name: str, values: tuple[Any, ...], chance: float = 0.2
) -> None:
    """Put a member in, or not."""
    if random.random() < chance:
        body[name] = random.choice(values)


Made = tuple[str, str, str, Body]


def as_json(random: Random, body: Any) -> Body:
    """A body, compact or spaced, in ASCII or not."""
    separators = random.choice((None, (",", ":")))
    text = json.dumps(body, separators=separators, ensure_ascii=random.random() < 0.5)
    return {"utf8": text}
