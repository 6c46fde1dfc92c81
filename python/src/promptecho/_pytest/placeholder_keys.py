"""Placeholder keys: SDKs need an API key to construct a client, even if no call is made.

While a test can only replay, each provider whose variables are all unset gets a placeholder. A test
that may record gets none, because the placeholder would be sent to the provider.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

#: Too short to be redacted as a secret of the environment [RED-8].
PLACEHOLDER = "placeholder"

#: The variables that are set for a provider -> other variables that its SDKs read.
_PROVIDERS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("OPENAI_API_KEY",): ("OPENAI_ADMIN_KEY",),
    ("ANTHROPIC_API_KEY",): ("ANTHROPIC_AUTH_TOKEN",),
    ("GOOGLE_API_KEY",): ("GEMINI_API_KEY",),
    ("MISTRAL_API_KEY",): (),
    ("CO_API_KEY", "COHERE_API_KEY"): (),
    ("GROQ_API_KEY",): (),
    ("TOGETHER_API_KEY",): ("TOGETHERAI_API_KEY",),
    ("HF_TOKEN",): ("HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_API_KEY"),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"): (
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_BEARER_TOKEN_BEDROCK",
    ),
    # boto3 needs a region to construct a client. It changes the host, which is not matched.
    ("AWS_DEFAULT_REGION",): ("AWS_REGION", "AWS_PROFILE"),
    ("AZURE_OPENAI_API_KEY",): ("AZURE_OPENAI_AD_TOKEN",),
    ("OPENROUTER_API_KEY",): (),
    ("DEEPSEEK_API_KEY",): (),
    ("XAI_API_KEY",): (),
    ("FIREWORKS_API_KEY",): (),
    ("CEREBRAS_API_KEY",): (),
    ("VOYAGE_API_KEY",): (),
}


#: The variables that are set for a provider, and all that its SDKs read.
_READ = tuple((names, (*names, *others)) for names, others in _PROVIDERS.items())
_ALL = frozenset(name for _, read in _READ for name in read)


class Placeholders:
    """Sets placeholders in an environment, and removes them."""

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._names: list[str] = []

    def set(self) -> None:
        """Set the variables that are missing."""
        for name in missing(self._environ):
            self._environ[name] = PLACEHOLDER
            self._names.append(name)

    def remove(self) -> None:
        """Remove the placeholders, except those that were changed meanwhile."""
        while self._names:
            name = self._names.pop()
            if self._environ.get(name) == PLACEHOLDER:
                del self._environ[name]


def missing(environ: Mapping[str, str]) -> list[str]:
    """The variables of providers that have no variable set."""
    held = {name for name in _ALL.intersection(environ) if environ[name]}
    return [name for names, read in _READ if held.isdisjoint(read) for name in names]
