"""The `messages` dialect: a body with a list `messages`. [NORM-2]

OpenAI chat, Anthropic (also through Bedrock and Vertex), Mistral, Cohere, Ollama, and all that
speak like them. Its rules are those that every chat dialect shares.
"""

from __future__ import annotations

from ._canonical import canonical
from ._members import Members, present

NAME = "messages"


def normalize(path: str, body: Members) -> Members:
    """The canonical body of a chat request."""
    return canonical(present(body))
