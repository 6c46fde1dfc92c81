"""Logins of two calls, with each client: the client makes the second call from the first answer.

The servers check what they get. One demands digest authentication (RFC 7616). The other sets a CSRF
cookie, and wants it back as a cookie, as a header and as a field of a form. Each story is recorded,
the server is shut down, and the story runs again from the file. The file holds what the client
needs for its second call, and no secret. [HEAD-7] [HEAD-11] [HEAD-12] [RED-16]
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any, Callable, NamedTuple
from urllib.parse import parse_qs
from urllib.request import parse_http_list, parse_keqv_list

import pytest

from support.clients import CHAT, PLAIN, question, reply_in
from support.record_replay import record_and_replay, recordings
from support.upstream import Answer, Call, Upstream, echo, json_answer

USER = "ann"
REALM = "questions"
# Put together at run time, so that no text of this repository looks like a secret.
PASSWORD = "Qm7-xT2_" * 3
WRONG = PASSWORD[::-1]
TOKEN = "Vk4-bN6_" * 4
PROMPTS = ("first", "second")
FORM = "/form"
#: Parameters that are made from the password, or by the client for one call.
PROOFS = ("response", "rspauth", "cnonce")
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}

# --- the servers ----------------------------------------------------------------------------------


def header(headers: tuple[tuple[str, str], ...], wanted: str) -> str:
    """The value of a header, or an empty text."""
    return next((value for name, value in headers if name.lower() == wanted), "")


def parameters(value: str) -> dict[str, str]:
    """The parameters of credentials, or of `authentication-info`."""
    return parse_keqv_list(parse_http_list(value.replace("Digest ", "", 1)))


def proof(algorithm: str, password: str, method: str, given: dict[str, str]) -> str:
    """What proves that the other side knows the password: RFC 7616, sections 3.4.1 and 3.5."""

    def hashed(*parts: str) -> str:
        return HASHES[algorithm](":".join(parts).encode()).hexdigest()

    user = hashed(given["username"], given["realm"], password)
    once = (given["nonce"], given["nc"], given["cnonce"], given["qop"])
    return hashed(user, *once, hashed(method, given["uri"]))


class DigestServer:
    """Answers a chat request with its last prompt, if the request proves the password."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self.challenges: list[str] = []
        self._used: set[tuple[str, str]] = set()

    def __call__(self, call: Call) -> Answer:
        credentials = header(call.headers, "authorization")
        given = parameters(credentials) if credentials else {}
        if not self._accepts(call, given):
            return self._challenge()
        mutual = (
            f'rspauth="{proof(self.algorithm, PASSWORD, "", given)}", '
            f'cnonce="{given["cnonce"]}", nc={given["nc"]}, qop=auth'
        )
        answer = echo(call)
        return answer._replace(headers=(*answer.headers, ("authentication-info", mutual)))

    def _challenge(self) -> Answer:
        """A 401 with a nonce of its own."""
        nonce = f"n{len(self.challenges)}" * 8
        text = (
            f'Digest realm="{REALM}", nonce="{nonce}", qop="auth", opaque="o", '
            f"algorithm={self.algorithm}"
        )
        self.challenges.append(text)
        return json_answer({"error": "who?"}, ("www-authenticate", text), status=401)

    def _accepts(self, call: Call, given: dict[str, str]) -> bool:
        """Whether the credentials are right, for this call, and were never used before."""
        once = (given.get("nonce", ""), given.get("nc", ""))
        if not given or once in self._used or given["qop"] != "auth":
            return False
        self._used.add(once)
        known = any(f'nonce="{once[0]}"' in challenge for challenge in self.challenges)
        expected = {
            "username": USER,
            "realm": REALM,
            "uri": call.path,
            "response": proof(self.algorithm, PASSWORD, call.method, given),
        }
        return known and all(given[name] == value for name, value in expected.items())


def form_server(call: Call) -> Answer:
    """Give a CSRF cookie, and take a form only with the cookie in all three places."""
    if call.method == "GET":
        cookie = f"csrftoken={TOKEN}; Path=/; Expires=Fri, 01 Jan 2100 00:00:00 GMT"
        return json_answer({}, ("set-cookie", cookie))
    places = {
        "cookie": header(call.headers, "cookie") == f"csrftoken={TOKEN}",
        "header": header(call.headers, "x-csrftoken") == TOKEN,
        "field": parse_qs(call.body.decode()).get("csrfmiddlewaretoken") == [TOKEN],
    }
    return json_answer(places, status=200 if all(places.values()) else 403)


# --- the clients ----------------------------------------------------------------------------------


def fields(token: str) -> dict[str, Any]:
    """The form with its token, and the token in a header: options of a call in each library."""
    return {
        "data": {"csrfmiddlewaretoken": token, "name": USER},
        "headers": {"x-csrftoken": token},
    }


def ask_httpx(http: Any, url: str, password: str) -> list[Any]:
    with http.Client(**PLAIN, auth=http.DigestAuth(USER, password)) as client:
        return [told(client.post(url + CHAT, json=question(prompt))) for prompt in PROMPTS]


async def ask_httpx_async(http: Any, url: str, password: str) -> list[Any]:
    async with http.AsyncClient(**PLAIN, auth=http.DigestAuth(USER, password)) as client:
        return [told(await client.post(url + CHAT, json=question(prompt))) for prompt in PROMPTS]


def ask_requests(requests: Any, url: str, password: str) -> list[Any]:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = requests.auth.HTTPDigestAuth(USER, password)
        return [told(session.post(url + CHAT, json=question(prompt))) for prompt in PROMPTS]


async def ask_aiohttp(aiohttp: Any, url: str, password: str) -> list[Any]:
    if tuple(map(int, aiohttp.__version__.split(".")[:2])) < (3, 12):
        pytest.skip(f"aiohttp {aiohttp.__version__} has no DigestAuthMiddleware (3.12 has it)")
    middleware = aiohttp.DigestAuthMiddleware(USER, password)
    answers = []
    async with aiohttp.ClientSession(middlewares=(middleware,)) as session:
        for prompt in PROMPTS:
            async with session.post(url + CHAT, json=question(prompt)) as response:
                answers.append((response.status, await response.json()))
    return answers


def told(response: Any) -> tuple[int, Any]:
    """What a response of httpx, httpx2 or requests tells the caller."""
    return response.status_code, response.json()


def fill_httpx(http: Any, url: str) -> Any:
    with http.Client(**PLAIN) as client:
        client.get(url + FORM)
        return told(client.post(url + FORM, **fields(client.cookies["csrftoken"])))


async def fill_httpx_async(http: Any, url: str) -> Any:
    async with http.AsyncClient(**PLAIN) as client:
        await client.get(url + FORM)
        return told(await client.post(url + FORM, **fields(client.cookies["csrftoken"])))


def fill_requests(requests: Any, url: str) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        session.get(url + FORM)
        return told(session.post(url + FORM, **fields(session.cookies["csrftoken"])))


async def fill_aiohttp(aiohttp: Any, url: str) -> Any:
    # `unsafe`: aiohttp takes no cookies from an address without a name otherwise.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(url + FORM) as response:
            token = response.cookies["csrftoken"].value
        async with session.post(url + FORM, **fields(token)) as response:
            return response.status, await response.json()


class Client(NamedTuple):
    """A library, and how it answers a challenge and fills in a form."""

    library: Any
    ask: Callable[..., Any]
    fill: Callable[..., Any]


CLIENTS = {
    "httpx": Client("httpx", ask_httpx, fill_httpx),
    "httpx-async": Client("httpx", ask_httpx_async, fill_httpx_async),
    "httpx2": Client("httpx2", ask_httpx, fill_httpx),
    "httpx2-async": Client("httpx2", ask_httpx_async, fill_httpx_async),
    "requests": Client("requests", ask_requests, fill_requests),
    "aiohttp": Client("aiohttp", ask_aiohttp, fill_aiohttp),
}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Client:
    """Each client, with its library imported."""
    chosen = CLIENTS[request.param]
    if chosen.library == "httpx2" and sys.version_info < (3, 10):
        pytest.skip("httpx2 needs Python 3.10")
    reason = f"{chosen.library} is not installed here"
    return chosen._replace(library=pytest.importorskip(chosen.library, reason=reason))


# --- what a cassette holds ------------------------------------------------------------------------


def stored(path: Path, name: str) -> list[str]:
    """The values of a response header in a cassette, in file order."""
    headers = [dict(each.response.headers) for each in recordings(path)]
    return [value for each in headers for value in each.get(name, ())]


def holds_no_credential(path: Path, upstream: Upstream) -> None:
    """The file has neither the password nor what a client or the server made from it."""
    text = path.read_text(encoding="utf-8")
    sent = [header(call.headers, "authorization") for call in upstream.calls]
    received = [header(answer.headers, "authentication-info") for answer in upstream.sent]
    made = [parameters(value) for value in (*sent, *received) if value]
    secrets = {given[name] for given in made for name in PROOFS if name in given}
    assert secrets
    for secret in (PASSWORD, WRONG, *secrets):
        assert secret not in text


# --- the tests ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_server_checks_the_proof_of_the_rfc(algorithm: str, expected: str) -> None:
    """The example of RFC 7616, section 3.9.1."""
    given = {
        "username": "Mufasa",
        "realm": "http-auth@example.org",
        "uri": "/dir/index.html",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "qop": "auth",
    }
    assert proof(algorithm, "Circle of Life", "GET", given) == expected


@pytest.mark.parametrize("algorithm", HASHES)
def test_a_digest_challenge_is_answered_on_replay(
    client: Client, algorithm: str, path: Path
) -> None:
    server = DigestServer(algorithm)
    upstream = Upstream(server)
    answers = record_and_replay(
        upstream, path, lambda url: client.ask(client.library, url, PASSWORD)
    )
    replies = [(status, reply_in(body)) for status, body in answers]
    assert replies == [(200, "first"), (200, "second")]
    assert [answer.status for answer in upstream.sent][:2] == [401, 200]
    assert stored(path, "www-authenticate") == server.challenges
    mutual = 'rspauth="REDACTED", cnonce="REDACTED", nc=00000001, qop=auth'
    assert stored(path, "authentication-info")[0] == mutual
    holds_no_credential(path, upstream)


def test_a_wrong_password_is_refused_on_replay(client: Client, path: Path) -> None:
    server = DigestServer("SHA-256")
    upstream = Upstream(server)
    answers = record_and_replay(upstream, path, lambda url: client.ask(client.library, url, WRONG))
    assert answers == [(401, {"error": "who?"})] * 2
    assert len(server.challenges) == len(upstream.calls) > 2
    holds_no_credential(path, upstream)


def test_a_csrf_cookie_is_sent_back_on_replay(client: Client, path: Path) -> None:
    upstream = Upstream(form_server)
    answer = record_and_replay(upstream, path, lambda url: client.fill(client.library, url))
    assert answer == (200, {"cookie": True, "header": True, "field": True})
    assert TOKEN not in path.read_text(encoding="utf-8")
    assert stored(path, "set-cookie") == ["csrftoken=REDACTED; Path=/"]
