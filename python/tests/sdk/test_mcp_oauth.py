"""The OAuth client of the MCP SDK: it discovers, registers, authorizes, calls and refreshes.

The server is real, on the loopback, and gone before the replay. All that it hands out is random,
and each run of the client makes a new `state` and a new PKCE challenge.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.server.mcpserver import MCPServer
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

import promptecho
from sdk.test_mcp import SECONDS, listening

CALLBACK = "http://127.0.0.1:3030/callback"  # nobody listens there


class Grants:
    """An authorization server that says yes to everybody, and keeps what it handed out."""

    def __init__(self) -> None:
        self.clients: dict[str, OAuthClientInformationFull] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.access: dict[str, AccessToken] = {}
        self.refresh: dict[str, RefreshToken] = {}

    def secrets(self) -> list[str]:
        """All that must not be in a file."""
        of_clients = [str(each.client_secret) for each in self.clients.values()]
        return [*of_clients, *self.codes, *self.access, *self.refresh]

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        self.clients[str(client_info.client_id)] = client_info

    async def authorize(
        self, client: OAuthClientInformationFull, params: AuthorizationParams
    ) -> str:
        code = AuthorizationCode(
            code=secrets.token_urlsafe(24),
            client_id=str(client.client_id),
            scopes=params.scopes or [],
            expires_at=time.time() + 300,
            **params.model_dump(exclude={"state", "scopes"}),
        )
        self.codes[code.code] = code
        return construct_redirect_uri(str(params.redirect_uri), code=code.code, state=params.state)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        return self._tokens(authorization_code.client_id, authorization_code.resource)

    async def load_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: str
    ) -> RefreshToken | None:
        return self.refresh.get(refresh_token)

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        return self._tokens(refresh_token.client_id, refresh_token.resource)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.access.get(token)

    def _tokens(self, client_id: str, resource: str | None) -> OAuthToken:
        names: dict[str, Any] = {"client_id": client_id, "scopes": [], "resource": resource}
        access = AccessToken(token=secrets.token_urlsafe(24), **names)
        refresh = RefreshToken(token=secrets.token_urlsafe(24), **names)
        self.access[access.token] = access
        self.refresh[refresh.token] = refresh
        made = {"access_token": access.token, "refresh_token": refresh.token}
        return OAuthToken(**made, expires_in=3600)


@contextlib.contextmanager
def guarded(grants: Grants) -> Iterator[str]:
    """The address of an MCP server that answers only to a token of `grants`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    made = MCPServer(
        "guarded",
        auth_server_provider=grants,
        auth=AuthSettings(
            issuer_url=origin,
            resource_server_url=f"{origin}/mcp",
            client_registration_options=ClientRegistrationOptions(enabled=True),
            validate_token_resource=True,
        ),
    )

    @made.tool()
    def weather(city: str) -> str:
        return f"it is hot in {city}"

    with listening(made.streamable_http_app(json_response=True), port) as url:
        yield f"{url}/mcp"


class Storage:
    """Where a client keeps its registration and its tokens."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Person:
    """Who opens the address of the authorization server, and is sent back with a code.

    Attributes:
        states: what the server sent back as `state`, visit by visit.
    """

    def __init__(self) -> None:
        self.states: list[str] = []
        self._back = ""

    async def visit(self, url: str) -> None:
        async with httpx2.AsyncClient() as browser:
            answer = await browser.get(url)
        assert answer.status_code == 302
        self._back = answer.headers["location"]

    async def come_back(self) -> AuthorizationCodeResult:
        assert self._back.startswith(f"{CALLBACK}?")
        query = {name: values[0] for name, values in parse_qs(urlsplit(self._back).query).items()}
        self.states.append(query["state"])
        return AuthorizationCodeResult(
            code=query["code"], state=query["state"], iss=query.get("iss")
        )


async def _session(url: str, person: Person) -> list[str]:
    """Two calls; before the second the token has expired."""
    auth = OAuthClientProvider(
        url,
        OAuthClientMetadata(client_name="a client", redirect_uris=[CALLBACK]),
        Storage(),
        redirect_handler=person.visit,
        callback_handler=person.come_back,
    )
    told = []
    async with httpx2.AsyncClient(auth=auth) as http:
        async with Client(streamable_http_client(url, http_client=http), mode="legacy") as client:
            for city in ("Rome", "Oslo"):
                told.append((await client.call_tool("weather", {"city": city})).content[0].text)
                auth.context.token_expiry_time = time.time() - 1
    return told


def session(url: str, person: Person) -> list[str]:
    return asyncio.run(asyncio.wait_for(_session(url, person), SECONDS))


@pytest.mark.filterwarnings("ignore::promptecho.PromptechoSecretWarning")
def test_the_whole_flow_is_replayed_and_no_secret_is_in_the_file(path: Path) -> None:
    grants = Grants()
    people = [Person(), Person()]
    with guarded(grants) as url:
        with promptecho.use_cassette(path, on_record_error="record"):
            live = session(url, people[0])
    assert live == ["it is hot in Rome", "it is hot in Oslo"]
    assert len(grants.clients) == len(grants.codes) == 1
    assert len(grants.access) > 1  # the first one was refreshed
    known = [*grants.secrets(), *people[0].states]

    with promptecho.use_cassette(path, mode="none") as cassette:
        assert session(url, people[1]) == live
    assert cassette.unplayed == []
    assert len(known) == len(set(known))
    assert people[0].states != people[1].states

    text = path.read_text(encoding="utf-8")
    assert [each for each in known if each in text] == []
    for part in ("resource_metadata=", "registration_endpoint", "code_verifier", "refresh_token"):
        assert part in text
