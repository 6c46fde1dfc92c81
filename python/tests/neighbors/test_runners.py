"""anyio's pytest plugin: one stale recording fails one test, and no other."""

from __future__ import annotations

from collections import Counter

import pytest

from support.upstream import Upstream

#: As in the suite of pydantic-ai: async fixtures of the session, and an autouse one for each test.
CONFTEST = """
import httpx
import pytest

@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"

@pytest.fixture(scope="session")
async def client(anyio_backend):
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        yield client

@pytest.fixture(autouse=True)
async def each_test(anyio_backend):
    yield
    seen.append("torn down")

seen = []
"""
TESTS = """
import pytest
from conftest import seen

pytestmark = pytest.mark.anyio
PROMPTS = {prompts}

@pytest.fixture
async def answer(request, client, promptecho_cassette):
    prompt = PROMPTS[request.node.name]
    body = {{"model": "m", "messages": [{{"role": "user", "content": prompt}}]}}
    answer = await client.post({url!r} + "/v1/chat/completions", json=body)
    yield answer.json()["choices"][0]["message"]["content"]

{tests}
"""
IN_THE_TEST = """
async def test_{0}(client, promptecho_cassette):
    body = {{"model": "m", "messages": [{{"role": "user", "content": PROMPTS["test_{0}"]}}]}}
    answer = await client.post(URL, json=body)
    assert answer.json()["choices"][0]["message"]["content"] == "prompt {0}"
"""
IN_A_FIXTURE = """
async def test_{0}(answer):
    assert answer == "prompt {0}"
"""


@pytest.mark.parametrize("place", ["test", "fixture"])
def test_one_stale_cassette_among_five_tests(
    place: str, pytester: pytest.Pytester, upstream: Upstream
) -> None:
    text = IN_THE_TEST if place == "test" else IN_A_FIXTURE
    tests = f"URL = {upstream.url!r} + '/v1/chat/completions'\n"
    tests += "".join(text.format(number) for number in range(5))
    prompts = {f"test_{number}": f"prompt {number}" for number in range(5)}
    pytester.makeconftest(CONFTEST)
    outcomes = []
    for mode in ("once", "none"):
        pytester.makepyfile(test_app=TESTS.format(prompts=prompts, url=upstream.url, tests=tests))
        result = pytester.runpytest_subprocess(
            "-W", "ignore", "-p", "no:cacheprovider", f"--promptecho-mode={mode}", timeout=300
        )
        outcomes.append(Counter(result.parseoutcomes()))
        prompts["test_1"] = "another prompt"
    assert outcomes[0]["passed"] == 5
    failed = "failed" if place == "test" else "errors"
    assert (outcomes[1]["passed"], outcomes[1][failed]) == (4, 1), result.stdout.str()
    result.stdout.fnmatch_lines(["*no recording for POST*", "*another prompt*"])
