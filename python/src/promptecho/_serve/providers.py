"""The providers that the server knows: their addresses, the shape of their paths, their errors.

The paths and headers are those of the providers' API references; `source` names the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

#: Makes the JSON of an error answer from its text.
ErrorShape = Callable[[str], dict[str, Any]]


class Provider(NamedTuple):
    """A provider of models.

    Attributes:
        name: in the option ``--upstream NAME=URL``.
        url: where its API is; ``{region}`` is the region of AWS.
        path: an expression that a path of its API begins with.
        header: a request header that only its clients send, or None.
        error: the shape of its error answers.
        source: the page of its API reference.
    """

    name: str
    url: str
    path: str
    header: str | None
    error: ErrorShape
    source: str


def _openai(text: str) -> dict[str, Any]:
    code = "promptecho"
    return {
        "error": {"message": text, "type": "invalid_request_error", "param": None, "code": code}
    }


def _anthropic(text: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": text}}


def _google(text: str) -> dict[str, Any]:
    return {"error": {"code": 400, "message": text, "status": "INVALID_ARGUMENT"}}


def _message(text: str) -> dict[str, Any]:
    return {"message": text}


def _ollama(text: str) -> dict[str, Any]:
    return {"error": text}


#: In the order in which they are asked: OpenAI's paths are those of many.
PROVIDERS = (
    Provider(
        "anthropic",
        "https://api.anthropic.com",
        r"/v1/(messages|complete)\b",
        "anthropic-version",
        _anthropic,
        "https://docs.anthropic.com/en/api/errors",
    ),
    Provider(
        "google",
        "https://generativelanguage.googleapis.com",
        r"(/upload)?/v1(alpha|beta)/|/v1/models/[^/]+:",
        "x-goog-api-key",
        _google,
        "https://cloud.google.com/apis/design/errors",
    ),
    Provider(
        "bedrock",
        "https://bedrock-runtime.{region}.amazonaws.com",
        r"/model/[^/]+/(converse|invoke)|/guardrail/",
        None,
        _message,
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
    ),
    Provider(
        "ollama",
        "http://127.0.0.1:11434",
        r"/api/(chat|generate|embed|embeddings|tags|show|ps|version|pull|push|create|copy|delete"
        r"|blobs)\b",
        None,
        _ollama,
        "https://github.com/ollama/ollama/blob/main/docs/api.md",
    ),
    Provider(
        "cohere",
        "https://api.cohere.com",
        r"/v2/(chat|embed|rerank)\b|/v1/(chat|embed|rerank|classify|tokenize|detokenize)$",
        None,
        _message,
        "https://docs.cohere.com/reference/errors",
    ),
    Provider(
        "groq",
        "https://api.groq.com",
        r"/openai/v1/",
        None,
        _openai,
        "https://console.groq.com/docs/errors",
    ),
    Provider(
        "openrouter",
        "https://openrouter.ai",
        r"/api/v1/",
        None,
        _openai,
        "https://openrouter.ai/docs/api-reference/errors",
    ),
    Provider(
        "openai",
        "https://api.openai.com",
        r"/v1/",
        None,
        _openai,
        "https://platform.openai.com/docs/guides/error-codes",
    ),
)
OPENAI = PROVIDERS[-1]

#: Hosts behind ``/_upstream/`` that need no option, beside those above; patterns of [PASS-2].
HOSTS = (
    "*-aiplatform.googleapis.com",
    "*.cognitiveservices.azure.com",
    "*.openai.azure.com",
    "*.services.ai.azure.com",
    "aiplatform.googleapis.com",
    "api.cerebras.ai",
    "api.deepseek.com",
    "api.fireworks.ai",
    "api.mistral.ai",
    "api.perplexity.ai",
    "api.together.ai",
    "api.together.xyz",
    "api.voyageai.com",
    "api.x.ai",
    "bedrock-runtime.*.amazonaws.com",
    "router.huggingface.co",
)
_REGION = re.compile(r"Credential=[^/]+/[0-9]+/([a-z0-9-]+)/")


def provider_of(path: str, headers: Mapping[str, str]) -> Provider | None:
    """The provider whose API has a path, or whose clients send one of the headers."""
    for provider in PROVIDERS:
        if provider.header is not None and provider.header in headers:
            return provider
    return next((each for each in PROVIDERS if re.match(each.path, path)), None)


def region_of(authorization: str, environ: Mapping[str, str]) -> str:
    """The region that a request to AWS is signed for, else that of the environment."""
    signed = _REGION.search(authorization)
    if signed is not None:
        return signed[1]
    given = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
    return given if re.fullmatch(r"[a-z0-9-]+", given) else "us-east-1"
