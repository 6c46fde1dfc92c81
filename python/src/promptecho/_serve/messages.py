"""Requests and responses on their way through the server.

Bytes of bodies pass as they are, with their content-encoding. Headers of one connection do not
pass (RFC 9110, 7.6.1), nor do those that are for promptecho.
"""

from __future__ import annotations

from collections.abc import Iterable

import httpx
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from .refusals import Refused

_Header = tuple[bytes, bytes]
_HOP_BY_HOP = frozenset(
    (
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization"),
        *(b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    )
)
#: httpx writes the first two for the upstream; uvicorn has answered the third.
_OF_THE_SERVER = frozenset((b"host", b"content-length", b"expect"))
_OURS = b"x-promptecho-"


async def body_of(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body of a request.

    Args:
        scope: of the request.
        receive: gives the body piece by piece.
        limit: how many bytes it may have.

    Raises:
        Refused: the body is larger.
        ClientDisconnect: the client has left.
    """
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if int(announced) > limit:
        raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


def _too_large(limit: int) -> Refused:
    return Refused(
        f"The body of this request is larger than {limit} bytes. If that is intended, start the "
        "server with a larger --max-body.",
        413,
    )


def upstream_request(scope: Scope, url: str, body: bytes) -> httpx.Request:
    """The request that goes to the upstream.

    Raises:
        Refused: the URL is none.
    """
    pairs = [
        (name, value)
        for name, value in _end_to_end(scope["headers"])
        if name not in _OF_THE_SERVER and not name.startswith(_OURS)
    ]
    try:
        return httpx.Request(scope["method"], url, headers=pairs, content=body or None)
    except httpx.InvalidURL as error:
        raise Refused(f"The address of this request means no URL: {error}") from None


def client_headers(response: httpx.Response) -> list[_Header]:
    """The headers of a response as the client gets them."""
    return list(_end_to_end([(name.lower(), value) for name, value in response.headers.raw]))


def _end_to_end(headers: Iterable[_Header]) -> Iterable[_Header]:
    """Headers, with names in lower case, without those of the connection."""
    headers = list(headers)
    values = (value for name, value in headers if name == b"connection")
    named = {each.strip().lower() for value in values for each in value.split(b",")}
    return (pair for pair in headers if pair[0] not in _HOP_BY_HOP and pair[0] not in named)
