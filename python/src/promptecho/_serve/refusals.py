"""The answers of the server that are no recording: a miss, a wrong address, a body too large.

SDKs retry a status of 408, 409, 429 and 5xx, and those of OpenAI and Anthropic ask the header
``x-should-retry`` first. So a refusal has a status of another kind, and the header says ``false``.
"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from .providers import OPENAI, Provider


class Refused(Exception):
    """A request that the server answers itself.

    Attributes:
        status: the status of the answer.
        text: what is wrong, and what to do.
    """

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


def refusal(text: str, provider: Provider | None, status: int = 400) -> Response:
    """An answer in the shape of a provider's errors.

    Args:
        text: the message.
        provider: whose client gets it; OpenAI's shape is that of most others.
        status: no status that an SDK retries.
    """
    provider = provider or OPENAI
    headers = {"x-should-retry": "false", "x-promptecho": "refused"}
    if provider.name == "bedrock":
        headers["x-amzn-errortype"] = "ValidationException"
    if status == 413:  # the rest of the body is not read
        headers["connection"] = "close"
    return JSONResponse(provider.error(text), status, headers)
