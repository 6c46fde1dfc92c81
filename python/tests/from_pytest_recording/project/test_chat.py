"""Calls of a model, with httpx."""

import asyncio
import json

import httpx
import pytest

pytestmark = pytest.mark.vcr


def body(question, **more):
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}], **more}


def ask(url, question, **more):
    headers = {"authorization": "Bearer secret", "x-api-key": "secret"}
    with httpx.Client(trust_env=False, headers=headers) as client:
        return client.post(f"{url}/v1/chat/completions", json=body(question, **more)).json()


def test_plain(url, vcr, noted):
    noted(ask(url, "plain"))
    (request,) = vcr.requests
    assert json.loads(request.body) == body("plain")
    assert (request.method, request.uri) == ("POST", f"{url}/v1/chat/completions")
    assert "authorization" not in request.headers or "secret" not in str(request.headers)


@pytest.mark.parametrize("name", ["a", "b/c", "D e?"])
def test_names(url, name, noted):
    noted(ask(url, name))


class TestChat:
    def test_in_a_class(self, url, noted):
        noted(ask(url, "class"))

    @pytest.mark.vcr(match_on=["method", "scheme", "host", "port", "path", "query", "body"])
    def test_bodies_tell_calls_apart(self, url, noted):
        noted(ask(url, "one"), ask(url, "two"))


def test_one_question_twice_has_two_answers(url, vcr, noted):
    first, second = ask(url, "again"), ask(url, "again")
    assert first != second
    noted(first, second)
    assert len(vcr) == 2


def test_a_stream(url, noted):
    with httpx.Client(trust_env=False) as client:
        question = body("stream", stream=True)
        with client.stream("POST", f"{url}/v1/chat/completions", json=question) as response:
            noted([line for line in response.iter_lines() if line])


def test_async(url, noted):
    async def calls():
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.post(f"{url}/v1/chat/completions", json=body("async"))).json()

    noted(asyncio.run(calls()))


def test_the_cassette_counts(url, vcr):
    ask(url, "count")
    if vcr.write_protected:
        assert (vcr.play_count, vcr.all_played, vcr.dirty) == (1, True, False)
        assert vcr.play_counts == {0: 1}
    else:
        assert (vcr.play_count, vcr.all_played, vcr.dirty) == (0, False, True)
    assert vcr.responses[0]["status"] == {"code": 200, "message": "OK"}
    assert b"count" in vcr.responses[0]["body"]["string"]
