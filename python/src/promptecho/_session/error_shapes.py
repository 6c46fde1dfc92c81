"""The body with which a provider answers an error, by the dialect of the request.

The names of errors are those of the providers' pages on errors, as of November 2026.
"""

from __future__ import annotations

from typing import NamedTuple

from .._base.model import JSON
from .._matching.normalize.choice import dialect_of
from .._matching.request import Prepared

_MESSAGE = "promptecho replays this error: it is a fault of the cassette's options"

#: https://platform.openai.com/docs/guides/error-codes: type and code.
_OPENAI = {
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
#: https://docs.anthropic.com/en/api/errors
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
#: https://cloud.google.com/apis/design/errors#handling_errors
_GOOGLE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
#: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
_BEDROCK = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}
_OF_BEDROCK = ("/converse", "/converse-stream", "/invoke", "/invoke-with-response-stream")
_OF_ANTHROPIC = ("/messages", "/messages/count_tokens", "/messages/batches")
#: Ollama, https://github.com/ollama/ollama/blob/main/docs/api/errors.mdx
_OF_OLLAMA = ("/api/chat", "/api/generate", "/api/embed", "/api/embeddings")
#: Cohere, https://docs.cohere.com/reference/errors
_OF_COHERE = ("/v1/chat", "/v2/chat", "/v1/rerank", "/v2/rerank", "/v1/embed", "/v2/embed")


class Error(NamedTuple):
    """An error of a provider.

    Attributes:
        body: its JSON.
        headers: that it has beside the content type.
    """

    body: JSON
    headers: tuple[tuple[str, str], ...] = ()


def error(status: int, prepared: Prepared) -> Error:
    """The error with which the provider of a request answers with a status."""
    path = prepared.target.path
    if path.endswith(_OF_BEDROCK):
        name = _BEDROCK.get(status, _by_class(status, "ValidationException", _INTERNAL))
        return Error({"message": _MESSAGE}, (("x-amzn-errortype", name),))
    if path.endswith(_OF_ANTHROPIC):
        name = _ANTHROPIC.get(status, _by_class(status, "invalid_request_error", "api_error"))
        return Error({"type": "error", "error": {"type": name, "message": _MESSAGE}})
    if path.endswith(_OF_OLLAMA):
        return Error({"error": _MESSAGE})
    if path.endswith(_OF_COHERE):
        return Error({"message": _MESSAGE})
    dialect = dialect_of(path, prepared.request.body)
    if dialect == "gemini":
        name = _GOOGLE.get(status, _by_class(status, "INVALID_ARGUMENT", "INTERNAL"))
        return Error({"error": {"code": status, "message": _MESSAGE, "status": name}})
    if dialect == "jsonrpc":
        call = {"jsonrpc": "2.0", "id": None}
        return Error({**call, "error": {"code": _RPC_ERROR, "message": _MESSAGE}})
    name, code = _OPENAI.get(
        status, (_by_class(status, "invalid_request_error", "server_error"), "")
    )
    members = {"message": _MESSAGE, "type": name, "param": None, "code": code or None}
    return Error({"error": members})


_INTERNAL = "InternalServerException"
#: Of a server's own errors, https://www.jsonrpc.org/specification#error_object
_RPC_ERROR = -32000
_FIRST_OF_SERVER = 500


def _by_class(status: int, of_client: str, of_server: str) -> str:
    return of_server if status >= _FIRST_OF_SERVER else of_client
