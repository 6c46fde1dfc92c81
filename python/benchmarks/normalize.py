"""What matching costs: normalization and key, and all that is done to a request before it is sent.

The yardstick is ``json.loads`` of the body and SHA-256 of its bytes, measured in the same rounds.
Times are minima of processor time, in microseconds, so that a busy machine disturbs them least.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any, Callable

from promptecho._base.model import Request
from promptecho._matching.key import match_key
from promptecho._matching.normalize import normalize
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, matching, rules
from promptecho._text.json import parse

from .traffic import CODE, PARAGRAPH, SENTENCE

PATH = "/v1/chat/completions"
RULES = rules()
MATCHING = matching(default_match_on())
HEADERS = (("content-type", "application/json"),)

ROUNDS = 40
ROUND_SECONDS = 0.01


def message(role: str, content: str) -> dict[str, Any]:
    """A message of a conversation."""
    return {"role": role, "content": content}


def call(number: int, **arguments: Any) -> dict[str, Any]:
    """A message of the assistant that calls a tool."""
    function = {"name": "read_file", "arguments": json.dumps(arguments)}
    entry = {"id": f"call_{number}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [entry]}


def turn(number: int, lines: int) -> list[dict[str, Any]]:
    """A question, a tool call, its result of so many lines, and an answer."""
    result = {"role": "tool", "tool_call_id": f"call_{number}", "content": CODE * lines}
    asked = call(number, path=f"src/module_{number}.py", limit=number)
    return [message("user", PARAGRAPH), asked, result, message("assistant", PARAGRAPH)]


def tool(number: int) -> dict[str, Any]:
    """A function tool."""
    properties = {
        "path": {"type": "string", "description": "The file."},
        "limit": {"type": "integer", "description": "The most lines to read."},
    }
    parameters = {"type": "object", "properties": properties, "required": ["path"]}
    function = {"name": f"tool_{number}", "description": SENTENCE, "parameters": parameters}
    return {"type": "function", "function": function}


def chat(messages: list[dict[str, Any]], **more: Any) -> bytes:
    """The body of a chat request."""
    system = message("system", "You are a helpful assistant. " + SENTENCE * 2)
    body = {"model": "gpt-4o-mini", "messages": [system, *messages], **more}
    return json.dumps(body, ensure_ascii=False).encode()


def bodies() -> dict[str, bytes]:
    """What is measured, by name."""
    small = [message(role, SENTENCE * 3) for role in ("user", "assistant", "user")]
    return {
        "chat": chat(small, temperature=0.7, max_tokens=256),
        "chat with 10 tools and a call": chat(
            turn(0, 5), tools=[tool(number) for number in range(10)], tool_choice="auto"
        ),
        "conversation, 600 messages": chat([m for n in range(150) for m in turn(n, 60)]),
        "conversation, 2,200 messages": chat([m for n in range(550) for m in turn(n, 5)]),
    }


def steps(data: bytes) -> dict[str, Callable[[], object]]:
    """What is measured of a body, the yardstick first."""
    value: Any = parse(data)
    request = Request("POST", "https://api.openai.com" + PATH, HEADERS, data)

    def key_of(body: Any) -> str:
        _, canonical = normalize(PATH, body)
        names = MATCHING.names_in(canonical, PATH)
        return match_key("POST", PATH, (), canonical, names, plain=True)

    return {
        "yardstick": lambda: (json.loads(data), hashlib.sha256(data).hexdigest()),
        "normalize and key": lambda: key_of(value),
        "guarded parse too": lambda: key_of(parse(data)),
        "prepare": lambda: prepare(request, RULES, MATCHING),
    }


def minima(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The least processor time of each step, in microseconds; all are measured in every round."""
    repeats = {name: max(1, int(ROUND_SECONDS / seconds(step, 1))) for name, step in work.items()}
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, step in work.items():
            best[name] = min(best[name], seconds(step, repeats[name]) * 1e6)
    return best


def seconds(step: Callable[[], object], repeats: int) -> float:
    """Processor time of one repetition."""
    start = time.process_time()
    for _ in range(repeats):
        step()
    return max(time.process_time() - start, 1e-7) / repeats


def verdicts(best: dict[str, dict[str, float]]) -> list[str]:
    """The table of targets, given the least times of each step by body."""
    chat = best["chat"]["normalize and key"]
    long = [
        steps["normalize and key"] / steps["yardstick"]
        for body, steps in best.items()
        if body.startswith("conversation")
    ]
    times = " and ".join(f"{each:.1f}" for each in long)
    return [
        "| target | met | figure |",
        "|---|---|---|",
        "| normalization and key of a chat body of 1 KB: at most 60 µs "
        f"| {'yes' if chat <= 60 else '**no**'} | {chat:.0f} µs |",
        "| of a conversation of 1 MB: at most 4 times the yardstick "
        f"| {'yes' if max(long) <= 4 else '**no**'} | {times} times |",
    ]


def main() -> None:
    """Print the tables."""
    names = list(steps(b"{}"))
    print("| body | bytes | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 2) + "|")
    taken = {}
    for body, data in bodies().items():
        best = taken[body] = minima(steps(data))
        yardstick = best[names[0]]
        cells = [body, f"{len(data):,}", f"{yardstick:,.0f}"]
        cells += [f"{best[name]:,.0f} ({best[name] / yardstick:.1f})" for name in names[1:]]
        print("| " + " | ".join(cells) + " |", flush=True)
    print("", *verdicts(taken), sep="\n")


if __name__ == "__main__":
    main()
