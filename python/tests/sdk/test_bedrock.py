"""boto3's bedrock-runtime: answers, event streams, errors, and how botocore sends."""

from __future__ import annotations

import base64
import io
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from zlib import crc32

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

import promptecho
from sdk.faults import BROKEN, FAULTS, broken, every_fault, raised, timeout
from sdk.roundtrip import Roundtrip
from support.failing import READS_PAST_THE_END
from support.upstream import Answer, Call, Upstream, json_answer

MODEL = "anthropic.claude-3-5-sonnet-20240620-v1:0"
QUESTION: Any = [{"role": "user", "content": [{"text": "Is it hot in Las Vegas?"}]}]
SCHEMA = {"type": "object", "properties": {"location": {"type": "string"}}}
TOOLS = [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": SCHEMA}}}]
REQUEST_ID = ("x-amzn-RequestId", "a0d610ed-fef1-41e8-b6c0-99c0cd96af0f")

_made = iter(range(1_000_000))


def client(url: str, service: str = "bedrock-runtime", **config: Any) -> Any:
    """A client with made-up credentials, others each time, so that no signature is like another."""
    number = next(_made)
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=f"key-{number}",
        aws_secret_access_key=f"made-up-{number}",
        config=Config(proxies={}, auth_scheme_preference="sigv4", **config),
    )


# AWS event streams, as its specification frames them


def frame(payload: dict[str, Any], **headers: str) -> bytes:
    """A message: lengths, their checksum, headers, payload, the checksum of it all."""
    named = b"".join(
        bytes([len(name) + 1]) + b":" + name.replace("_", "-").encode()
        + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )  # fmt: skip
    body = json.dumps(payload, separators=(",", ":")).encode()
    lengths = struct.pack(">II", 16 + len(named) + len(body), len(named))
    message = lengths + struct.pack(">I", crc32(lengths)) + named + body
    return message + struct.pack(">I", crc32(message))


def event(kind: str, payload: dict[str, Any]) -> bytes:
    return frame(payload, event_type=kind, content_type="application/json", message_type="event")


def delta(index: int, **value: Any) -> bytes:
    padding = "abcdefghijklmnopqrstuvwxyz"[: 3 + index]
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": value, "p": padding})


def stream(*frames: bytes, **more: Any) -> Answer:
    headers = (("content-type", "application/vnd.amazon.eventstream"), REQUEST_ID)
    return Answer(frames, headers=headers, **more)


START = event("messageStart", {"p": "abcdefg", "role": "assistant"})
WORDS = (START, delta(0, text="It"), delta(0, text=" is"), delta(0, text=" höt."))
END = (
    event("contentBlockStop", {"contentBlockIndex": 0, "p": "abcde"}),
    event("messageStop", {"p": "ab", "stopReason": "end_turn"}),
    event(
        "metadata",
        {
            "metrics": {"latencyMs": 1071},
            "p": "abc",
            "usage": {"inputTokens": 13, "outputTokens": 35, "totalTokens": 48},
        },
    ),
)
USE = {"name": "get_weather", "toolUseId": "tooluse_wnjikhCUTru"}
TOOL_USE = (
    START,
    event("contentBlockStart", {"contentBlockIndex": 0, "p": "ab", "start": {"toolUse": USE}}),
    delta(0, toolUse={"input": ""}),
    delta(0, toolUse={"input": '{"locat'}),
    delta(0, toolUse={"input": 'ion": "Las Vegas"}'}),
    *END,
)


def chunk(value: object) -> bytes:
    """One event of a model's own: JSON in base64."""
    return event("chunk", {"bytes": base64.b64encode(json.dumps(value).encode()).decode()})


CHUNKS = tuple(chunk({"outputText": text, "index": 0}) for text in ("It", " is", " hot."))


def converse_answer(*content: Any, reason: str = "end_turn") -> Answer:
    return json_answer(
        {
            "metrics": {"latencyMs": 1071},
            "output": {"message": {"content": list(content), "role": "assistant"}},
            "stopReason": reason,
            "usage": {"inputTokens": 13, "outputTokens": 35, "totalTokens": 48},
        },
        REQUEST_ID,
    )


def error_answer(status: int, kind: str) -> Answer:
    where = "http://internal.amazon.com/coral/com.amazon.bedrock/"
    return json_answer(
        {"message": "The provided model identifier is invalid."},
        REQUEST_ID,
        ("x-amzn-ErrorType", f"{kind}:{where}"),
        status=status,
    )


# Answers


def test_an_answer_comes_back_whole(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        answer = client(url).converse(modelId=MODEL, messages=QUESTION)
        return answer["output"], answer["usage"], answer["ResponseMetadata"]["RequestId"]

    outcome = roundtrip([converse_answer({"text": "It is höt."})], story)
    assert outcome.told[0]["message"]["content"] == [{"text": "It is höt."}]
    assert outcome.told[2] == REQUEST_ID[1]
    assert outcome.replayed.interactions[0].request.body["messages"][0]["role"] == "user"


def test_a_tool_call_and_its_result_are_a_conversation(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        sdk, tools = client(url), {"tools": TOOLS}
        asked = sdk.converse(modelId=MODEL, messages=QUESTION, toolConfig=tools)
        message = asked["output"]["message"]
        use = message["content"][0]["toolUse"]
        result = {"toolUseId": use["toolUseId"], "content": [{"json": {"celsius": 31}}]}
        history = [*QUESTION, message, {"role": "user", "content": [{"toolResult": result}]}]
        said = sdk.converse(modelId=MODEL, messages=history, toolConfig=tools)
        return use["input"], asked["stopReason"], said["output"]["message"]["content"]

    use = {"toolUse": {"input": {"location": "Las Vegas"}, **USE, "type": "tool_use"}}
    script = [converse_answer(use, reason="tool_use"), converse_answer({"text": "31 C"})]
    told = roundtrip(script, story).told
    assert told == ({"location": "Las Vegas"}, "tool_use", [{"text": "31 C"}])


def test_a_model_s_own_answer_comes_back_byte_for_byte(roundtrip: Roundtrip) -> None:
    def story(url: str) -> bytes:
        body = json.dumps({"inputText": "Hello"})
        answer = client(url).invoke_model(modelId="amazon.titan-text-express-v1", body=body)
        return bytes(answer["body"].read())  # which counts the bytes

    answer = json_answer({"results": [{"outputText": "Hö"}]}, REQUEST_ID)
    assert roundtrip([answer], story).told == answer.body


def test_a_model_s_own_answer_can_be_read_in_pieces(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        sdk = client(url)
        bodies = [sdk.invoke_model(modelId="m", body=b'{"n": %d}' % n)["body"] for n in range(3)]
        return (
            list(bodies[0].iter_chunks(7)),
            list(bodies[1].iter_lines(7)),
            [bodies[2].read(4), bodies[2].read(4), bodies[2].read()],
        )

    answer = Answer((b'{"a": 1,\n"b": [2, 3, 4],\n"c": "d"}',))
    told = roundtrip([answer] * 3, story).told
    assert b"".join(told[0]) == b"".join(told[2]) == answer.body
    assert told[1] == answer.body.splitlines()


# Event streams


def converse_events(url: str) -> list[Any]:
    answer = client(url).converse_stream(modelId=MODEL, messages=QUESTION)
    with closing(answer["stream"]) as events:  # which botocore leaves open after an exception
        return list(events)


def test_a_stream_has_the_same_events_and_the_same_bytes(roundtrip: Roundtrip) -> None:
    outcome = roundtrip([stream(*WORDS, *END)], converse_events)
    deltas = [each["contentBlockDelta"] for each in outcome.told if "contentBlockDelta" in each]
    assert [each["delta"]["text"] for each in deltas] == ["It", " is", " höt."]
    (recording,) = outcome.replayed.interactions
    assert len(recording.response.body.frames) == len(outcome.sent[0].chunks)


def test_a_streamed_tool_use_is_put_together_from_its_pieces(roundtrip: Roundtrip) -> None:
    events = roundtrip([stream(*TOOL_USE)], converse_events).told
    inputs = [
        each["contentBlockDelta"]["delta"]["toolUse"]["input"]
        for each in events
        if "contentBlockDelta" in each
    ]
    assert json.loads("".join(inputs)) == {"location": "Las Vegas"}


def test_a_stream_of_a_model_s_own_has_the_same_events(roundtrip: Roundtrip) -> None:
    def story(url: str) -> list[Any]:
        sdk = client(url)
        answer = sdk.invoke_model_with_response_stream(modelId="m", body='{"inputText": "Hello"}')
        return [json.loads(each["chunk"]["bytes"])["outputText"] for each in answer["body"]]

    assert roundtrip([stream(*CHUNKS)], story).told == ["It", " is", " hot."]


def open_stream(url: str, operation: str) -> Iterator[Any]:
    if operation == "converse_stream":
        return iter(client(url).converse_stream(modelId=MODEL, messages=QUESTION)["stream"])
    answer = client(url).invoke_model_with_response_stream(modelId=MODEL, body="{}")
    return iter(answer["body"])


FRAMES = {"converse_stream": (*WORDS, *END), "invoke_model_with_response_stream": CHUNKS}


@pytest.mark.parametrize("operation", FRAMES)
def test_an_event_is_handed_on_while_the_upstream_still_sends(
    operation: str, tmp_path: Path
) -> None:
    came, path = threading.Event(), tmp_path / "cassette.yaml"
    with Upstream([stream(*FRAMES[operation], gate=came)]) as upstream:
        with promptecho.use_cassette(path):
            events = open_stream(upstream.url, operation)
            first = next(events)
            came.set()
            rest = list(events)
    assert len([first, *rest]) == len(FRAMES[operation])
    with promptecho.use_cassette(path, mode="none"):
        assert list(open_stream(upstream.url, operation)) == [first, *rest]


def test_each_event_is_one_chunk_on_replay(tmp_path: Path) -> None:
    path = tmp_path / "cassette.yaml"
    frames = FRAMES["converse_stream"]
    with Upstream([stream(b"".join(frames))]) as upstream, promptecho.use_cassette(path):
        converse_events(upstream.url)
    with promptecho.use_cassette(path, mode="none"):
        answer = client(upstream.url).converse_stream(modelId=MODEL, messages=QUESTION)
        assert list(answer["stream"]._raw_stream.stream()) == list(frames)


def test_an_exception_in_a_stream_is_the_same_exception(roundtrip: Roundtrip) -> None:
    throttled = frame(
        {"message": "Too many tokens"},
        exception_type="throttlingException",
        content_type="application/json",
        message_type="exception",
    )

    def story(url: str) -> str:
        with pytest.raises(EventStreamError) as caught:
            converse_events(url)
        return str(caught.value)

    assert "Too many tokens" in roundtrip([stream(*WORDS, throttled)], story).told


@READS_PAST_THE_END
def test_a_stream_left_early_leaves_a_truncated_recording(tmp_path: Path) -> None:
    left, path = threading.Event(), tmp_path / "cassette.yaml"
    with Upstream([stream(*WORDS, *END, gate=left)]) as upstream:
        with promptecho.use_cassette(path):
            answer = client(upstream.url).converse_stream(modelId=MODEL, messages=QUESTION)
            assert "messageStart" in next(iter(answer["stream"]))
            answer["stream"].close()
        left.set()
    with promptecho.use_cassette(path, mode="none") as cassette:
        events = open_stream(upstream.url, "converse_stream")
        assert "messageStart" in next(events)
        with pytest.raises(Exception, match="the recording ends here"):
            next(events)
    assert cassette.interactions[0].response.truncated


# Errors and retries


def test_an_error_answer_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        told = []
        sdk = client(url)
        for call in (sdk.converse, sdk.converse_stream):
            with pytest.raises(sdk.exceptions.ValidationException) as caught:
                call(modelId=MODEL, messages=QUESTION)
            told.append((str(caught.value), caught.value.response["Error"]))
        return told

    outcome = roundtrip([error_answer(400, "ValidationException")] * 2, story)
    assert outcome.told[0][1]["Code"] == "ValidationException"
    assert outcome.statuses == [400, 400]


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_throttled_call_and_its_retries_replay_in_order(roundtrip: Roundtrip, mode: str) -> None:
    def story(url: str) -> Any:
        retries = {"mode": mode, "total_max_attempts": 3}
        answer = client(url, retries=retries).converse(modelId=MODEL, messages=QUESTION)
        return answer["output"], answer["ResponseMetadata"]["RetryAttempts"]

    throttled = error_answer(429, "ThrottlingException")
    outcome = roundtrip([throttled, throttled, converse_answer({"text": "ok"})], story)
    assert outcome.told[1] == 2
    assert outcome.statuses == [429, 429, 200]


def test_a_call_that_stays_throttled_is_the_same_exception(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        retries = {"mode": "standard", "total_max_attempts": 2}
        with pytest.raises(ClientError) as caught:
            client(url, retries=retries).converse(modelId=MODEL, messages=QUESTION)
        return caught.value.response["Error"]["Code"]

    outcome = roundtrip([error_answer(429, "ThrottlingException")] * 2, story)
    assert outcome.told == "ThrottlingException"


#: What botocore raises for a kind.
RAISED = {
    "reset": "ConnectionClosedError",
    "closed": "ConnectionClosedError",
    "read-timeout": "ReadTimeoutError",
    "connect": "EndpointConnectionError",
}


@every_fault
def test_a_call_that_fails_for_good_is_the_same_exception(
    kind: str, refusing: str, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        waits = {"read_timeout": timeout(kind), "retries": {"total_max_attempts": 2}}
        bad = client(refusing if kind == "connect" else url, **waits)
        told = raised(lambda: bad.converse(modelId=BROKEN, messages=QUESTION))
        return told, client(url).converse(modelId=MODEL, messages=QUESTION)["output"]

    outcome = roundtrip(broken(kind, lambda _: converse_answer({"text": "ok"})), story)
    assert outcome.told[0][0] == f"botocore.exceptions.{RAISED[kind]}"
    assert outcome.told[1]["message"]["content"] == [{"text": "ok"}]
    assert outcome.kinds == [kind, kind, None]


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("kind", ["reset", "closed"])
def test_a_retry_after_a_failure_replays_in_order(
    mode: str, kind: str, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        retries = {"mode": mode, "total_max_attempts": 2}
        answer = client(url, retries=retries).converse(modelId=MODEL, messages=QUESTION)
        return answer["output"], answer["ResponseMetadata"]["RetryAttempts"]

    outcome = roundtrip([FAULTS[kind], converse_answer({"text": "ok"})], story)
    assert outcome.told[1] == 1
    assert outcome.kinds == [kind, None]


@pytest.mark.parametrize("kind", ["closed", "read-timeout"])
def test_a_stream_that_breaks_off_is_the_same_exception(kind: str, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        sdk, said = client(url, read_timeout=timeout(kind)), []
        answer = sdk.converse_stream(modelId=MODEL, messages=QUESTION)
        with closing(answer["stream"]) as events:
            return raised(lambda: said.extend(events)), said

    start = stream(*WORDS, fault="closed" if kind == "closed" else "stalled")
    outcome = roundtrip([start], story)
    assert (len(outcome.told[1]), outcome.kinds) == (len(WORDS), [kind])


def test_a_miss_is_raised_in_place_and_is_not_tried_again(tmp_path: Path) -> None:
    with Upstream([]) as upstream:
        with pytest.raises(promptecho.CassetteMiss) as caught:
            with promptecho.use_cassette(tmp_path / "none.yaml", mode="none") as cassette:
                client(upstream.url).converse(modelId=MODEL, messages=QUESTION)
    assert len(cassette.sent) == 1
    assert "/model/anthropic.claude-3-5-sonnet-20240620-v1" in str(caught.value)


def test_another_question_is_a_miss(tmp_path: Path) -> None:
    path = tmp_path / "cassette.yaml"
    with Upstream([converse_answer({"text": "ok"})]) as upstream, promptecho.use_cassette(path):
        client(upstream.url).converse(modelId=MODEL, messages=QUESTION)
    other = [{"role": "user", "content": [{"text": "And in Oslo?"}]}]
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            client(upstream.url).converse(modelId=MODEL, messages=other)


# Who calls


def test_a_client_made_before_the_cassette_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "cassette.yaml"
    with Upstream(lambda _: converse_answer({"text": "ok"})) as upstream:
        sdk = client(upstream.url)
        sdk.converse(modelId=MODEL, messages=QUESTION)
        with promptecho.use_cassette(path):
            sdk.converse(modelId=MODEL, messages=QUESTION)
    with promptecho.use_cassette(path, mode="none") as cassette:
        sdk.converse(modelId=MODEL, messages=QUESTION)
    assert (len(upstream.calls), len(cassette.played)) == (2, 1)


def test_the_real_endpoint_is_not_called_in_mode_none(tmp_path: Path) -> None:
    path = tmp_path / "cassette.yaml"
    with Upstream([converse_answer({"text": "ok"})]) as upstream, promptecho.use_cassette(path):
        client(upstream.url).converse(modelId=MODEL, messages=QUESTION)
    with promptecho.block_network(), promptecho.use_cassette(path, mode="none"):
        sdk = client("https://bedrock-runtime.us-east-1.amazonaws.com")
        answer = sdk.converse(modelId=MODEL, messages=QUESTION)
    assert answer["output"]["message"]["content"] == [{"text": "ok"}]


def test_neither_signature_nor_credentials_are_stored(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        return client(url).converse(modelId=MODEL, messages=QUESTION)["output"]

    def script(call: Call) -> Answer:
        headers = {name.lower(): value for name, value in call.headers}
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256")
        signatures.append(headers["authorization"].rpartition("=")[2])
        return converse_answer({"text": "ok"})

    signatures: list[str] = []
    text = roundtrip(script, story).path.read_text("utf-8")
    assert signatures[0] not in text
    assert "AWS4" not in text


ROLE = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>an-id</AccessKeyId><SecretAccessKey>made-up-secret</SecretAccessKey>
<SessionToken>made-up-token</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""


def test_credentials_that_sts_gives_are_not_stored(tmp_path: Path) -> None:
    def assume(url: str) -> str:
        role = "arn:aws:iam::123456789012:role/a"
        answer = client(url, "sts").assume_role(RoleArn=role, RoleSessionName="a-session")
        return str(answer["Credentials"]["SecretAccessKey"])

    path = tmp_path / "cassette.yaml"
    answer = Answer((ROLE.encode(),), headers=(("content-type", "text/xml"),))
    with Upstream([answer]) as upstream:
        with pytest.warns(promptecho.PromptechoSecretWarning, match="at response.body. Their"):
            with promptecho.use_cassette(path):
                assert assume(upstream.url) == "made-up-secret"
    assert "made-up" not in path.read_text("utf-8")
    with promptecho.use_cassette(path, mode="none"):
        assert assume(upstream.url) == "REDACTED"


# S3, for how botocore sends a large body


def test_a_body_that_waits_to_be_asked_for_does_not_hang_on_replay(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        sdk = client(url, "s3", s3={"addressing_style": "path"})
        answer = sdk.put_object(Bucket="bucket", Key="a.txt", Body=io.BytesIO(b"text" * 1000))
        return answer["ETag"]

    def script(call: Call) -> Answer:
        assert ("expect", "100-continue") in [(n.lower(), value) for n, value in call.headers]
        return Answer((b"",), headers=(("ETag", '"1"'),))

    assert roundtrip(script, story).told == '"1"'
