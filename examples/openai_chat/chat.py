"""The code under test: one answer at once, and one answer word by word."""

from __future__ import annotations

from collections.abc import Iterator

from openai import OpenAI

MODEL = "gpt-4o-mini"


def summarize(text: str) -> str:
    """Summarize a text in one sentence."""
    with OpenAI() as client:
        completion = client.chat.completions.create(model=MODEL, messages=_messages(text))
        return completion.choices[0].message.content or ""


def summarize_live(text: str) -> Iterator[str]:
    """Summarize a text in one sentence, and yield each piece when it arrives."""
    with OpenAI() as client:
        stream = client.chat.completions.create(
            model=MODEL,
            messages=_messages(text),
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in stream:
            if chunk.choices:
                yield chunk.choices[0].delta.content or ""


def _messages(text: str) -> list:
    return [
        {"role": "system", "content": "Summarize the text of the user in one sentence."},
        {"role": "user", "content": text},
    ]
