"""Nothing passes in silence: what was swallowed in a block is raised again at its end, once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from support.clients import CHAT, PLAIN, question, send_httpx
from support.upstream import Upstream, json_answer, sse_answer

SECRET = "sk-" + "ant-api03-" + "x1Y" * 31 + "AA"


class Wrapped(Exception):
    """What an SDK makes of a failed connection."""


def swallow(call: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    with contextlib.suppress(BaseException):
        call(*arguments, **named)


def assert_closed(http: Any) -> None:
    assert http.Client._transport_for_url.__module__ == f"{http.__name__}._client"
    with pytest.raises(RuntimeError), promptecho.use_cassette("a.yaml"):
        promptecho.use_cassette("b.yaml").__enter__()


def test_a_swallowed_miss_is_raised_at_the_end(http: Any, path: Path) -> None:
    reached = []
    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            swallow(send_httpx, http)
            reached.append("the end of the block")
    assert reached
    assert str(caught.value) == (
        f"no recording for POST http://x{CHAT}\n"
        f"cassette {path}, mode none: the file does not exist\n"
        "Next: record it with network access and an API key (PROMPTECHO_MODE=once), and commit the "
        "file."
    )
    assert_closed(http)


def test_an_sdk_that_wraps_every_exception_cannot_hide_a_miss(http: Any, path: Path) -> None:
    def sdk() -> None:
        try:
            send_httpx(http)
        except Exception as error:
            raise Wrapped from error

    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            sdk()
    assert caught.value.__cause__ is None


def test_of_several_swallowed_misses_the_first_is_raised(http: Any, path: Path) -> None:
    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none") as cassette:
            swallow(send_httpx, http, prompt="first")
            swallow(send_httpx, http, prompt="second")
    assert caught.value.request.body["messages"][0]["content"] == "first"
    assert len(cassette.missed) == 2


def test_a_miss_in_a_thread_is_raised_at_the_end(http: Any, path: Path) -> None:
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            thread = threading.Thread(target=swallow, args=(send_httpx, http))
            thread.start()
            thread.join()


def test_a_miss_in_a_future_that_nobody_asks_is_raised_at_the_end(http: Any, path: Path) -> None:
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(send_httpx, http)


def test_a_miss_that_gather_returns_is_raised_at_the_end(http: Any, path: Path) -> None:
    async def call() -> None:
        async with http.AsyncClient(**PLAIN) as client:
            await client.post("http://x/", json={})

    async def story() -> None:
        async with promptecho.use_cassette(path, mode="none"):
            (miss,) = await asyncio.gather(call(), return_exceptions=True)
            assert isinstance(miss, promptecho.CassetteMiss)

    with pytest.raises(promptecho.CassetteMiss):
        asyncio.run(story())


def test_a_refused_error_answer_that_was_swallowed_is_raised_at_the_end(
    http: Any, path: Path
) -> None:
    with Upstream([json_answer({"error": "no"}, status=500)]) as upstream:
        with pytest.raises(promptecho.RecordedErrorResponse, match="returned status 500"):
            with promptecho.use_cassette(path, on_record_error="raise"):
                swallow(send_httpx, http, upstream.url)
    assert not path.exists()
    assert_closed(http)


@pytest.mark.parametrize("where", ["request", "response"])
def test_a_secret_error_that_was_swallowed_is_raised_at_the_end(
    http: Any, path: Path, where: str
) -> None:
    said, told = (SECRET, "hello") if where == "request" else ("hello", SECRET)
    with Upstream([json_answer({"told": told})]) as upstream:
        with pytest.raises(promptecho.CassetteError) as caught:
            with promptecho.use_cassette(path, on_secret="raise") as cassette:
                swallow(send_httpx, http, upstream.url, said)
    assert caught.value.code == "secret.found"
    assert SECRET not in str(caught.value)
    assert (cassette.recorded, path.exists()) == ([], False)
    assert len(upstream.calls) == (where == "response")
    assert_closed(http)


def test_a_secret_in_a_stream_that_nobody_closed_is_raised_at_the_end(
    http: Any, path: Path
) -> None:
    gate = threading.Event()
    secret = sse_answer(f"data: {SECRET}", "data: 2", gate=gate)
    with Upstream([json_answer({}), secret]) as upstream:
        client = http.Client(**PLAIN)
        with pytest.raises(promptecho.CassetteError) as caught:
            with promptecho.use_cassette(path, on_secret="raise"):
                send_httpx(http, upstream.url)
                request = client.build_request("POST", upstream.url, json={"stream": True})
                chunks = client.send(request, stream=True).iter_raw()
                assert next(chunks)
        gate.set()
        client.close()
    assert caught.value.code == "secret.found"
    assert SECRET not in path.read_text()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert_closed(http)


# Raised once


def test_a_miss_that_ends_the_block_is_raised_once(http: Any, path: Path) -> None:
    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            send_httpx(http)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_an_exception_raised_from_a_miss_carries_it(http: Any, path: Path) -> None:
    with pytest.raises(Wrapped) as caught:
        with promptecho.use_cassette(path, mode="none"):
            try:
                try:
                    send_httpx(http)
                except BaseException as miss:
                    raise ValueError from miss
            except ValueError as error:
                raise Wrapped from error
    assert isinstance(caught.value.__cause__, ValueError)
    assert isinstance(caught.value.__cause__.__cause__, promptecho.CassetteMiss)


def test_a_group_that_holds_a_miss_carries_it(
    http: Any, run: Callable[..., Any], path: Path
) -> None:
    import anyio

    async def call() -> None:
        async with http.AsyncClient(**PLAIN) as client:
            await client.post("http://x/", json={})

    async def story() -> None:
        async with promptecho.use_cassette(path, mode="none"):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)

    with pytest.raises(BaseException, match=r"(?i)taskgroup|nursery") as caught:
        run(story)
    (miss,) = caught.value.exceptions  # type: ignore[attr-defined]
    assert isinstance(miss, promptecho.CassetteMiss)


def test_another_error_does_not_hide_a_swallowed_miss(http: Any, path: Path) -> None:
    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            swallow(send_httpx, http)
            raise ZeroDivisionError
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_a_second_session_knows_nothing_of_the_first_one_s_miss(http: Any, path: Path) -> None:
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none"):
            swallow(send_httpx, http)
    with promptecho.use_cassette(path, mode="none"):
        pass


def test_a_swallowed_miss_marks_a_new_cassette_incomplete(http: Any, path: Path) -> None:
    with Upstream([json_answer({}), json_answer({}, status=500)]) as upstream:
        with pytest.raises(promptecho.RecordedErrorResponse):
            with promptecho.use_cassette(path, on_record_error="raise"):
                send_httpx(http, upstream.url, "one")
                swallow(send_httpx, http, upstream.url, "two")
    assert "\nincomplete: true\n" in path.read_text()


# Warnings that a filter makes errors


def test_a_warning_made_an_error_does_not_disturb_the_block(http: Any, path: Path) -> None:
    with Upstream([json_answer({}, status=500), json_answer({})]) as upstream:
        with pytest.raises(promptecho.PromptechoRecordingWarning, match="500"):
            with promptecho.use_cassette(path):
                told = [send_httpx(http, upstream.url).status_code for _ in range(2)]
    assert told == [500, 200]
    with promptecho.use_cassette(path, mode="none") as cassette:
        assert len(cassette.interactions) == 2
    assert "incomplete" not in path.read_text()


def test_a_drift_warning_made_an_error_is_raised_at_the_end(http: Any, path: Path) -> None:
    with Upstream([json_answer({})]) as upstream, promptecho.use_cassette(path):
        send_httpx(http, upstream.url, temperature=0)
    with pytest.raises(promptecho.PromptechoDriftWarning, match="at temperature, which"):
        with promptecho.use_cassette(path):
            assert send_httpx(http, temperature=1).status_code == 200


def test_a_secret_warning_made_an_error_is_raised_at_the_end(http: Any, path: Path) -> None:
    with Upstream([json_answer({})]) as upstream:
        with pytest.raises(promptecho.PromptechoSecretWarning):
            with promptecho.use_cassette(path):
                send_httpx(http, upstream.url, SECRET)
    with promptecho.use_cassette(path, mode="none"):
        assert send_httpx(http, prompt=SECRET).json() == {}


def test_an_error_of_the_block_goes_before_a_held_warning(http: Any, path: Path) -> None:
    with Upstream([json_answer({}, status=500)]) as upstream:
        with pytest.raises(ZeroDivisionError):
            with promptecho.use_cassette(path):
                send_httpx(http, upstream.url)
                raise ZeroDivisionError


def test_a_warning_is_told_where_the_call_was_made(http: Any, path: Path) -> None:
    with Upstream([json_answer({}, status=500)]) as upstream, promptecho.use_cassette(path):
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            with http.Client(**PLAIN) as client:
                client.post(upstream.url + CHAT, json=question("hello"))
    (warning,) = (w for w in warned if issubclass(w.category, UserWarning))
    assert warning.filename == __file__
