"""The `messages` dialect: a body with a list `messages`. [NORM-2]

OpenAI chat, Anthropic (also through Bedrock and Vertex), Mistral, Cohere, Ollama, and all that
speak like them. Its rules are those that every chat dialect shares.
"""

from __future__ import annotations

from .canonical import canonical
from .members import Members, present

_NOVA = "messages-v1"  # Bedrock invoke of Amazon's models takes the body of Converse


def normalize(path: str, body: Members) -> Members:
    """The canonical body of a chat request."""
    return finish(present(body))


def finish(members: Members, *, strict: str | None = None) -> Members:
    """The canonical body of members that were translated to this dialect."""
    if members.get("schemaVersion") == _NOVA:
        from . import converse

        members = converse.translated(members)
    return canonical(members, strict=strict)
