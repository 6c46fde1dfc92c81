"""Whether a request wants its response as a stream. [SEL-1]"""

from __future__ import annotations

from .._base.model import JSON

STREAM = "stream"
_STREAM_BY_DEFAULT = ("/api/chat", "/api/generate")  # Ollama
_STREAM_ALWAYS = (
    ":streamGenerateContent",
    "/converse-stream",
    "/invoke-with-response-stream",
)


def wants_stream(path: str, body: dict[str, JSON]) -> bool:
    """Whether the caller of this request reads its answer as a stream [SEL-1]."""
    if path.endswith(_STREAM_ALWAYS):
        return True
    default = path.endswith(_STREAM_BY_DEFAULT)
    return body.get(STREAM, default) is True
