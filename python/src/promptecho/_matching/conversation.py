"""Whether a request is one of a conversation [MATCH-8]; its answer is, if the request is.

Volatile members depend on it, and the places where names of members are secret [RED-17]. It is
decided by the canonical body. Redaction comes before normalization, so a body is normalized once
more here; that is done only where a secret could be.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from .._base.model import JSON, RecordedRequest
from .._base.spec_data import data
from .._base.vocabulary import WHOLE
from .._redaction.redactor import IsConversation
from . import normalize, url
from .normalize.context import CONTEXT

#: What the canonical body of a conversation has on a path of OpenAI Responses.
_OF_RESPONSES = frozenset(("messages", "system", CONTEXT))


def is_conversation(body: Mapping[str, JSON], path: str) -> bool:
    """Whether a canonical body is a conversation [MATCH-8]."""
    if path.endswith(_paths("model_paths")):
        return True
    responses = path.endswith("/responses") or "/responses/" in path
    if responses and not _OF_RESPONSES.isdisjoint(body):
        return True
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return False
    return "model" in body or path.endswith(_paths("chat_paths"))


def is_sent_in_conversation(path: str, body: dict[str, JSON], method: str) -> IsConversation:
    """Whether a body is one of a conversation, as it was sent or as it is stored.

    Args:
        path: the key path [URL-1].
        body: the JSON object, or a body of another kind as it is stored.
        method: in capitals.
    """

    def decided() -> bool:
        whole = not WHOLE.isdisjoint(body)
        return is_conversation(body if whole else normalize.normalize(path, body, method)[1], path)

    return cache(decided)


def is_of_conversation(request: RecordedRequest) -> IsConversation:
    """The same, of a recorded request."""
    return is_sent_in_conversation(url.key_path(request.url), request.body, request.method)


@cache
def _paths(name: str) -> tuple[str, ...]:
    return tuple(data("volatile")[name])
