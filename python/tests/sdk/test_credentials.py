"""Credentials that SDKs fetch by themselves: tokens of Google by requests, roles of AWS by urllib3.

They are recorded redacted, and a replay needs neither the key nor the token of the recording.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, NamedTuple
from urllib.parse import parse_qs

import boto3
import pytest
from anthropic import AnthropicVertex, AsyncAnthropicVertex
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google import genai
from google.auth.exceptions import RefreshError
from google.genai import types
from mistralai.gcp.client import MistralGCP

import promptecho
from sdk import answers, answers_chat, answers_google
from sdk.roundtrip import Roundtrip
from support.upstream import Answer, Upstream, json_answer

QUESTION: list[Any] = [{"role": "user", "content": "Summarize: the cat sat on the mat."}]
MESSAGE: Any = {"model": "claude-opus-4-8", "max_tokens": 100, "messages": QUESTION}
GENERATE: Any = {"model": "gemini-2.0-flash", "contents": "Tell me a story about a cat."}
ANTHROPIC: Any = {"region": "us-east5", "project_id": "a-project"}
TOKEN = "ya29." + "a-made-up-token-" * 3

#: Each answer with a token is warned of: it is what these tests are about.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.* has members that are named like secrets:promptecho.PromptechoSecretWarning"
)


# Google: a service account signs an assertion, and gets a token for it


@pytest.fixture
def service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write the file of a service account, with another key each time, where google-auth looks."""

    def write(url: str) -> None:
        pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "project_id": "a-project",
                    "private_key_id": "made-up",
                    "private_key": pem.decode(),
                    "client_email": "agent@a-project.invalid",
                    "token_uri": f"{url}/token",
                }
            ),
            encoding="utf-8",
        )

    file = tmp_path / "account.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    return write


def token_answer() -> Answer:
    return json_answer({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})


def ask_anthropic(url: str) -> Any:
    with AnthropicVertex(base_url=url, **ANTHROPIC) as sdk:
        return sdk.messages.create(**MESSAGE).content[0].text


async def ask_anthropic_async(url: str) -> Any:
    async with AsyncAnthropicVertex(base_url=url, **ANTHROPIC) as sdk:
        return (await sdk.messages.create(**MESSAGE)).content[0].text


def vertex(url: str) -> Any:
    options = types.HttpOptions(base_url=url)
    known = {"project": "a-project", "location": "us-central1"}  # without them, a key is used
    return genai.Client(enterprise=True, http_options=options, **known)


def ask_google(url: str) -> Any:
    with vertex(url) as sdk:
        return sdk.models.generate_content(**GENERATE).text


async def ask_google_async(url: str) -> Any:
    async with vertex(url).aio as sdk:
        return (await sdk.models.generate_content(**GENERATE)).text


def ask_mistral(url: str) -> Any:
    with MistralGCP(server_url=url) as sdk:
        answer = sdk.chat.complete(model="mistral-medium-3", messages=QUESTION)
        return answer.choices[0].message.content


class Vertex(NamedTuple):
    """An SDK that fetches a token, and what answers its question."""

    ask: Callable[[str], Any]
    answer: Callable[[str], Answer]


VERTEX = {
    "anthropic": Vertex(ask_anthropic, answers.message),
    "anthropic, async": Vertex(ask_anthropic_async, answers.message),
    "google-genai": Vertex(ask_google, answers_google.generated),
    "google-genai, async": Vertex(ask_google_async, answers_google.generated),
    "mistralai": Vertex(ask_mistral, answers_chat.mistral),
}


@pytest.mark.parametrize("name", VERTEX)
def test_a_token_of_google_is_fetched_again_with_another_key(
    roundtrip: Roundtrip, service_account: Callable[[str], None], name: str
) -> None:
    def story(url: str) -> Any:
        service_account(url)
        return VERTEX[name].ask(url)

    outcome = roundtrip([token_answer(), VERTEX[name].answer("A cat sat.")], story)
    assert outcome.told == "A cat sat."
    assert outcome.paths[0] == "/token"
    assert dict(outcome.asked[1].headers)["Authorization"] == f"Bearer {TOKEN}"


def test_neither_the_token_nor_what_was_signed_for_it_is_stored(
    roundtrip: Roundtrip, service_account: Callable[[str], None]
) -> None:
    def story(url: str) -> Any:
        service_account(url)
        return ask_google(url)

    outcome = roundtrip([token_answer(), answers_google.generated("A cat sat.")], story)
    (assertion,) = parse_qs(outcome.asked[0].body.decode())["assertion"]
    text = outcome.path.read_text("utf-8")
    assert TOKEN not in text
    assert assertion not in text
    assert ["assertion", "REDACTED"] in outcome.replayed.interactions[0].request.body["__form__"]


def test_a_token_that_is_refused_is_the_same_exception(
    roundtrip: Roundtrip, service_account: Callable[[str], None]
) -> None:
    def story(url: str) -> Any:
        service_account(url)
        with pytest.raises(RefreshError) as caught:
            ask_google(url)
        return str(caught.value), caught.value.retryable

    error = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    told = roundtrip([json_answer(error, status=400)], story).told
    assert "Invalid JWT Signature." in told[0]


# AWS: a role is assumed, and its keys sign what comes after

ROLE = {
    "region": "us-east-1",
    "role_arn": "arn:aws:iam::123456789012:role/agent",
    "role_session_name": "a-test",
}
SECRETS = {
    "AccessKeyId": "made-up-id-" + "x" * 20,
    "SecretAccessKey": "made-up-key-" + "y" * 30,
    "SessionToken": "made-up-session-" + "z" * 40,
}
IN_AN_HOUR = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
QUESTION_OF_CONVERSE: Any = [{"role": "user", "content": [{"text": "Is it hot?"}]}]

_made = iter(range(1_000_000))


class Aws:
    """The files in which botocore looks; each time they are written, with other secrets."""

    def __init__(self, folder: Path, environ: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._environ = environ
        environ.setenv("AWS_CONFIG_FILE", str(folder / "config"))
        environ.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))

    def assume_role(self, url: str, **settings: str) -> None:
        """A role that is assumed with keys."""
        self._write("credentials", "own", aws_access_key_id="k", aws_secret_access_key=secret())
        self._profile(url, source_profile="own", **settings)

    def assume_role_with_web_identity(self, url: str) -> None:
        """A role that is assumed with a token, as in a job of a CI service."""
        file = self._folder / "token"
        file.write_text(json_web_token(), encoding="utf-8")
        self._profile(url, web_identity_token_file=str(file))

    def _profile(self, url: str, **settings: str) -> None:
        self._environ.setenv("AWS_ENDPOINT_URL_STS", url)
        self._environ.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)  # it goes before a role
        self._write("config", "profile agent", **{**ROLE, **settings})

    def _write(self, name: str, section: str, **settings: str) -> None:
        lines = [f"[{section}]", *(f"{each} = {value}" for each, value in settings.items()), ""]
        (self._folder / name).write_text("\n".join(lines), encoding="utf-8")


def secret() -> str:
    return f"made-up-{next(_made)}"


def json_web_token() -> str:
    parts = ({"alg": "RS256", "typ": "JWT"}, {"sub": secret(), "aud": "sts.amazonaws.com"})
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in parts]
    return ".".join([*(each.rstrip("=") for each in encoded), "made-up-signature"])


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A folder for the files of AWS."""
    return Aws(tmp_path, monkeypatch)


def sts_answer(action: str) -> Answer:
    """The keys of a role, in the XML of STS."""
    keys = "".join(f"<{name}>{value}</{name}>" for name, value in SECRETS.items())
    text = f"""\
<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <{action}Result>
    <AssumedRoleUser>
      <AssumedRoleId>made-up:a-test</AssumedRoleId>
      <Arn>arn:aws:sts::123456789012:assumed-role/agent/a-test</Arn>
    </AssumedRoleUser>
    <Credentials>{keys}<Expiration>{IN_AN_HOUR}</Expiration></Credentials>
  </{action}Result>
  <ResponseMetadata><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ResponseMetadata>
</{action}Response>
"""
    return Answer((text.encode(),), headers=(("content-type", "text/xml"),))


def converse_answer() -> Answer:
    message = {"content": [{"text": "It is."}], "role": "assistant"}
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    output = {"output": {"message": message}, "stopReason": "end_turn", "usage": usage}
    return json_answer({**output, "metrics": {"latencyMs": 1}})


def converse(url: str) -> Any:
    session = boto3.Session(profile_name="agent")
    sdk = session.client("bedrock-runtime", endpoint_url=url)
    answer = sdk.converse(modelId="a-model", messages=QUESTION_OF_CONVERSE)
    return answer["output"]["message"]["content"]


@pytest.mark.parametrize("way", ["assume_role", "assume_role_with_web_identity"])
def test_a_role_of_aws_is_assumed_again_with_other_secrets(
    roundtrip: Roundtrip, aws: Aws, way: str
) -> None:
    def story(url: str) -> Any:
        getattr(aws, way)(url)
        return converse(url)

    action = "".join(each.capitalize() for each in way.split("_"))
    outcome = roundtrip([sts_answer(action), converse_answer()], story)
    assert outcome.told == [{"text": "It is."}]
    assert parse_qs(outcome.asked[0].body.decode())["Action"] == [action]
    headers = {name.lower(): value for name, value in outcome.asked[1].headers}
    assert SECRETS["AccessKeyId"] in headers["authorization"]
    assert headers["x-amz-security-token"] == SECRETS["SessionToken"]


def test_neither_the_keys_of_a_role_nor_what_they_were_given_for_are_stored(
    roundtrip: Roundtrip, aws: Aws
) -> None:
    def story(url: str) -> Any:
        aws.assume_role_with_web_identity(url)
        return converse(url)

    script = [sts_answer("AssumeRoleWithWebIdentity"), converse_answer()]
    outcome = roundtrip(script, story)
    (token,) = parse_qs(outcome.asked[0].body.decode())["WebIdentityToken"]
    text = outcome.path.read_text("utf-8")
    assert [each for each in (*SECRETS.values(), token) if each in text] == []


def test_a_role_that_is_denied_is_the_same_exception(roundtrip: Roundtrip, aws: Aws) -> None:
    def story(url: str) -> Any:
        aws.assume_role(url)
        with pytest.raises(ClientError) as caught:
            converse(url)
        return str(caught.value), caught.value.response["Error"]

    error = b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>"
    text = b"<ErrorResponse>" + error + b"</ErrorResponse>"
    denied = Answer((text,), 403, (("content-type", "text/xml"),))
    assert roundtrip([denied], story).told[1]["Code"] == "AccessDenied"


def record_a_role(aws: Aws, path: Path) -> str:
    with Upstream([sts_answer("AssumeRole"), converse_answer()]) as upstream:
        aws.assume_role(upstream.url)
        with promptecho.use_cassette(path):
            converse(upstream.url)
    return upstream.url


def test_a_session_of_another_name_is_a_miss(aws: Aws, tmp_path: Path) -> None:
    url = record_a_role(aws, tmp_path / "cassette.yaml")
    # Where nobody names it, botocore does, by the time.
    aws.assume_role(url, role_session_name="another")
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(tmp_path / "cassette.yaml", mode="none"):
            converse(url)


def test_keys_of_a_role_that_have_expired_meanwhile_are_botocore_s_error(
    aws: Aws, tmp_path: Path
) -> None:
    path = tmp_path / "cassette.yaml"
    url = record_a_role(aws, path)
    path.write_text(path.read_text("utf-8").replace(IN_AN_HOUR, "2020-01-01T00:00:00Z"), "utf-8")
    with promptecho.use_cassette(path, mode="none"):
        with pytest.raises(RuntimeError, match="refreshed credentials are still expired"):
            converse(url)
