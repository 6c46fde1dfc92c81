"""The control endpoints, below ``/_promptecho``.

They answer clients on this machine. If the server listens at another address than a loopback one,
they need a token. A page in a browser cannot use them: its requests have an ``Origin``, or, after
DNS rebinding, a ``Host`` of another name.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable
from typing import Any, Callable
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from .._base.errors import CassetteError
from .addresses import check_name
from .cassettes import Cassettes, Report
from .refusals import Refused

TOKEN_HEADER = "x-promptecho-token"
LOOPBACK = ("127.0.0.1", "::1", "localhost")

_Endpoint = Callable[[Request], Awaitable[Response]]


def routes(cassettes: Cassettes, token: str | None, *, local: bool) -> list[BaseRoute]:
    """The routes of the endpoints."""

    def guarded(endpoint: _Endpoint) -> _Endpoint:
        async def guard(request: Request) -> Response:
            reason = _reason(request, token, local=local)
            if reason is not None:
                return JSONResponse({"error": reason}, 403)
            try:
                return await endpoint(request)
            except (Refused, CassetteError) as error:
                return JSONResponse({"error": str(error)}, 400)

        return guard

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def cassette(request: Request) -> Response:
        report: Report | None = None
        if request.method == "PUT":
            name = await _name(request)
            report = await run_in_threadpool(cassettes.switch, name)
        elif request.method == "DELETE":
            report = await run_in_threadpool(cassettes.close, await _name(request))
        closed = None if report is None else report._asdict()
        return JSONResponse({"cassette": cassettes.current, "closed": closed})

    async def sent(request: Request) -> Response:
        view = cassettes.get(_named(request)).view
        return JSONResponse([_shown(each) for each in view.sent])

    async def missed(request: Request) -> Response:
        view = cassettes.get(_named(request)).view
        return JSONResponse([_shown(each) for each in view.missed])

    async def report(request: Request) -> Response:
        return JSONResponse([each._asdict() for each in cassettes.reports()])

    return [
        Route("/health", health, methods=["GET"]),
        Route("/cassette", guarded(cassette), methods=["GET", "PUT", "DELETE"]),
        Route("/sent", guarded(sent), methods=["GET"]),
        Route("/missed", guarded(missed), methods=["GET"]),
        Route("/report", guarded(report), methods=["GET"]),
    ]


def _reason(request: Request, token: str | None, *, local: bool) -> str | None:
    """Why a request may not use an endpoint; None if it may."""
    if "origin" in request.headers:
        return "A page in a browser cannot use this endpoint."
    if local:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if host in LOOPBACK:
            return None
        return "Call this endpoint at 127.0.0.1 or localhost."
    if token is None:
        return "The server listens at another address than loopback, and has no token."
    given = request.headers.get(TOKEN_HEADER, "")
    if hmac.compare_digest(given.encode(), token.encode()):
        return None
    return f"Send the token of the server in the header {TOKEN_HEADER}."


async def _name(request: Request) -> str | None:
    """The name in the body of a request; null is the cassette that the server was started with."""
    try:
        given: Any = await request.json()
        name = given["name"]
    except (ValueError, KeyError, TypeError):
        raise Refused('Send a JSON object with the name of a cassette, {"name": "..."}.') from None
    if name is None:
        return None
    if not isinstance(name, str):
        raise Refused("The name of a cassette is a string, or null.")
    check_name(name)
    return name


def _named(request: Request) -> str | None:
    name = request.query_params.get("name")
    if name is not None:
        check_name(name)
    return name


def _shown(request: Any) -> dict[str, Any]:
    return {"method": request.method, "url": request.url, "body": request.body}
