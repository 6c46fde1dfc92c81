"""The rows of the table in docs/evidence.md, and which endpoints are counted in each."""

from __future__ import annotations

import re

#: A row, and what it matches of ``<provider> <endpoint>``; the first that matches has it.
_ROWS = (
    ("OpenAI chat completions", r"openai chat\.completions"),
    ("OpenAI Responses", r"openai responses.*"),
    ("OpenAI assistants, threads, conversations", r"openai (assistants|threads|conversations)"),
    ("Anthropic messages", r"anthropic(_proxy)? messages"),
    ("Gemini generateContent", r"gemini(_proxy)? (generate|streamGenerate)Content"),
    ("Vertex", r"vertex .*"),
    ("Bedrock Converse", r"bedrock(_proxy)? converse(-stream)?"),
    ("Bedrock invoke", r"bedrock invoke.*"),
    ("Azure: chat, Responses, embeddings", r"azure_.*"),
    ("Groq chat", r"groq .*"),
    ("Mistral chat", r"mistral chat\.completions"),
    ("OpenRouter chat", r"openrouter chat\.completions"),
    ("Cohere chat, v1 and v2", r"cohere v.\.chat"),
    ("DeepSeek chat and Responses", r"deepseek .*"),
    ("Ollama", r"ollama .*"),
    ("xAI Responses, chat, video", r"xai .*"),
    ("chat and Responses of 19 others", r".*(chat\.completions|v1\.chat|responses)"),
    ("text completions", r".* (completions|complete|v1\.generate)"),
    ("embeddings", r".*[eE]mbed.*"),
    ("counting tokens", r".*([cC]ount-?_?[tT]okens|tokenize)"),
    ("files and batches", r".*([fF]ile|[bB]atch).*"),
    ("audio, images, realtime", r".*(audio|images|realtime|speak|listen|stt).*"),
    ("rerank, moderation, OCR, predictions", r".*(rerank|moderations|ocr|predict|task:|invoc).*"),
    ("telemetry, sign-in and MCP of the same tests", r"(telemetry:|auth|mcp).*"),
    ("everything else: hubs, lists of models, tools", r".*"),
)


def row_of(endpoint: str) -> str:
    """The row in which an endpoint is counted."""
    return next(row for row, pattern in _ROWS if re.fullmatch(pattern, endpoint))


def table(tried: dict[str, int], right: dict[str, int]) -> list[str]:
    """The table as it stands in docs/evidence.md, line by line; given counts by endpoint."""
    lines = []
    for row, _ in _ROWS:
        mine = [endpoint for endpoint in tried if row_of(endpoint) == row]
        counts = sum(tried[each] for each in mine), sum(right.get(each, 0) for each in mine)
        lines += ["| {} | {:,} | {:,} |".format(row, *counts)] if mine else []
    return [*lines, f"| **all** | {sum(tried.values()):,} | {sum(right.values()):,} |"]
