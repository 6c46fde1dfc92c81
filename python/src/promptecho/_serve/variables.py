"""The environment of a program that calls the server: the base URLs that SDKs read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from .addresses import Upstreams, is_upstream

#: The name that SDKs read, the provider, and the path that its base URL ends with.
_VARIABLES = (
    ("OPENAI_BASE_URL", "openai", "/v1"),
    ("OPENAI_API_BASE", "openai", "/v1"),  # LiteLLM and LangChain
    ("ANTHROPIC_BASE_URL", "anthropic", ""),
    ("GOOGLE_GEMINI_BASE_URL", "google", ""),
    ("OLLAMA_HOST", "ollama", ""),
    ("CO_API_URL", "cohere", ""),
    ("GROQ_BASE_URL", "groq", ""),
    ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "bedrock", ""),
)
#: Calls to the server go around a proxy.
_NO_PROXY = ("NO_PROXY", "no_proxy")
_SERVER = "127.0.0.1"


class Environment(NamedTuple):
    """What a program gets, and what the server has to know for it.

    Attributes:
        upstreams: those of the command line, and those that the environment named before.
        paths: the variables to set, with the path behind the URL of the server.
        no_proxy: the variables that name hosts without a proxy.
    """

    upstreams: Upstreams
    paths: dict[str, str]
    no_proxy: dict[str, str]

    def at(self, server: str) -> dict[str, str]:
        """The variables for the URL of the server."""
        urls = {name: server + path for name, path in self.paths.items()}
        return {**urls, **self.no_proxy}


def environment(upstreams: Upstreams, environ: Mapping[str, str]) -> Environment:
    """The environment of a program.

    A variable that is set already names the upstream of its provider, so a gateway stays in use.

    Args:
        upstreams: those of the command line, which go before the environment.
        environ: the environment without the server.
    """
    before: list[str] = []
    paths: dict[str, str] = {}
    for name, provider, path in _VARIABLES:
        is_named = provider in upstreams.by_provider or upstreams.default is not None
        gateway = urlsplit(environ.get(name, ""))
        if is_named or not is_upstream(gateway.geturl()):
            paths[name] = path
        else:
            before.append(f"{gateway.scheme}://{gateway.netloc}")
            paths[name] = f"/_upstream/{gateway.netloc}{gateway.path.rstrip('/')}"
    hosts = {name: (*filter(None, [environ.get(name)]), _SERVER) for name in _NO_PROXY}
    no_proxy = {name: ",".join(each) for name, each in hosts.items()}
    return Environment(upstreams.and_at(before), paths, no_proxy)
