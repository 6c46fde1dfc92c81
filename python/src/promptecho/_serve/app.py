"""The application: each request is answered by its cassette, and a stream event by event.

A recorded failure, a live one, and a response that breaks off end the connection of the client, as
the upstream has done. ASGI has no message for that, so `server` puts the transport of the
connection into the scope.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Any, Callable

import anyio
import httpx
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from .._base.errors import CassetteError
from .._base.stop import Stop
from .._intercept.httpx import answered
from . import control
from .addresses import Address, Upstreams, address
from .cassettes import Cassettes
from .messages import body_of, client_headers, upstream_request
from .refusals import Refused, refusal

#: The key of the connection's transport in the state of a scope.
TRANSPORT = "promptecho.transport"


class Proxy:
    """An ASGI application that answers calls from cassettes, or makes them.

    Args:
        cassettes: those that answer.
        upstreams: those that may be called.
        client: makes the live calls.
        limit: how many bytes the body of a request may have.
        say: prints a line for the user.
    """

    def __init__(
        self,
        cassettes: Cassettes,
        upstreams: Upstreams,
        client: httpx.AsyncClient,
        limit: int,
        say: Callable[[str], None],
    ) -> None:
        self._cassettes = cassettes
        self._upstreams = upstreams
        self._send = partial(client.send, stream=True, follow_redirects=False)
        self._limit = limit
        self._say = say

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found: Address | None = None
        try:
            found = self._address(scope)
            body = await body_of(scope, receive, self._limit)
            request = upstream_request(scope, found.url, body)
            gate = self._cassettes.get(found.cassette).gate
        except ClientDisconnect:
            return
        except (Refused, CassetteError) as error:
            self._say(str(error))
            provider = None if found is None else found.provider
            status = error.status if isinstance(error, Refused) else 400
            await refusal(str(error), provider, status)(scope, receive, send)
            return

        async def work() -> bool:
            try:
                response = await answered(httpx, request, self._send, gate)
            except (Stop, CassetteError) as error:  # a miss, an error that is not recorded
                self._say(str(error))
                await refusal(str(error), found.provider)(scope, receive, send)
                return True
            except httpx.HTTPError as error:
                self._say(f"{request.method} {request.url.host}: {type(error).__name__}: {error}")
                return False
            return await _sent(response, send)

        await _while_connected(receive, work, scope["state"][TRANSPORT])

    def _address(self, scope: Scope) -> Address:
        headers = {_text(name): _text(value) for name, value in scope["headers"]}
        raw, query = _text(scope["raw_path"]), _text(scope["query_string"])
        return address(raw, query, headers, self._upstreams)


def application(proxy: Proxy, cassettes: Cassettes, token: str | None, *, local: bool) -> Starlette:
    """The application with its control endpoints.

    Args:
        proxy: answers all other requests.
        cassettes: those that the endpoints are about.
        token: what a request to them must have, or None.
        local: whether the server listens at a loopback address only.
    """
    routes = control.routes(cassettes, token, local=local)
    return Starlette(routes=[Mount("/_promptecho", routes=routes), Mount("/", app=proxy)])


async def _sent(response: httpx.Response, send: Send) -> bool:
    """Send a response piece by piece; returns whether it was complete."""
    try:
        status, headers = response.status_code, client_headers(response)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        async for chunk in response.aiter_raw():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    except (httpx.HTTPError, httpx.StreamError, Stop, CassetteError):
        return False
    finally:
        with anyio.CancelScope(shield=True):
            await response.aclose()
    return True


async def _while_connected(
    receive: Receive, work: Callable[[], Awaitable[bool]], transport: Any
) -> None:
    """Do the work of a request; it is cancelled when the client leaves.

    Args:
        receive: tells that the client has left.
        work: returns whether the client got a complete answer.
        transport: is closed if it did not.
    """
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        if await work():
            group.cancel_scope.cancel()
        else:
            transport.close()  # `watch` sees it, and ends the group


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
