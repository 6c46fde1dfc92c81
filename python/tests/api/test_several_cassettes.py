"""Several open cassettes (``scope="task"``): each call belongs to one of them, or is refused."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from support.clients import post_httpx, post_httpx_async
from support.record_replay import prompts
from support.upstream import Upstream


def use(path: Path, **options: Any) -> Any:
    return promptecho.use_cassette(path, scope="task", **options)


def in_thread(call: Callable[[], Any]) -> Any:
    """The result of a call in a thread that has a context of its own."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def test_the_innermost_cassette_answers(upstream: Upstream, tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer.yaml", tmp_path / "inner.yaml"
    for _ in range(2):
        with promptecho.use_cassette(outer):
            post_httpx(upstream.url, "before")
            with use(inner):
                post_httpx(upstream.url, "within")
            post_httpx(upstream.url, "after")
    assert (prompts(outer), prompts(inner)) == (["before", "after"], ["within"])
    assert len(upstream.calls) == 3


@pytest.mark.parametrize("decorated", [True, False])
def test_gathered_tasks_have_cassettes_of_their_own(
    upstream: Upstream, tmp_path: Path, decorated: bool
) -> None:
    async def ask(word: str) -> str:
        await asyncio.sleep(0)
        answers = [await post_httpx_async(upstream.url, word)]
        answers.append(await asyncio.to_thread(post_httpx, upstream.url, f"{word} in a thread"))
        answers += await asyncio.gather(post_httpx_async(upstream.url, f"{word} in a task"))
        return ", ".join(answers)

    async def story(word: str) -> str:
        path = tmp_path / f"{word}.yaml"
        if decorated:
            return await use(path)(ask)(word)  # type: ignore[no-any-return]
        async with use(path):
            return await ask(word)

    async def run() -> list[str]:
        return await asyncio.gather(*map(story, ["cat", "dog", "fox"]))

    first = asyncio.run(run())
    assert first == [f"{w}, {w} in a thread, {w} in a task" for w in ("cat", "dog", "fox")]
    for word in ("cat", "dog", "fox"):
        expected = [word, f"{word} in a thread", f"{word} in a task"]
        assert prompts(tmp_path / f"{word}.yaml") == expected
    upstream.close()
    assert asyncio.run(run()) == first


def test_a_thread_without_a_context_is_answered_by_the_only_cassette(
    upstream: Upstream, path: Path
) -> None:
    with use(path):
        assert in_thread(lambda: post_httpx(upstream.url, "hello")) == "hello"
    assert prompts(path) == ["hello"]


def test_a_thread_without_a_context_is_refused_if_there_are_several(
    upstream: Upstream, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    url = upstream.url
    context = contextvars.copy_context()
    with pytest.raises(promptecho.NetworkBlocked) as caught:  # nobody reads what the thread raised
        with use(one):
            inside = contextvars.copy_context()
            with use(two):
                refused = in_thread(lambda: post_httpx(url, "thread"))
                assert in_thread(lambda: inside.run(post_httpx, url, "outer")) == "outer"
                assert isinstance(
                    in_thread(lambda: context.run(post_httpx, url, "before")), type(refused)
                )
    assert str(refused) == (
        f"the network is blocked: {url}/v1/chat/completions was not called, because 2 cassettes "
        f"are open ({one}, {two}), and this call comes from a thread or task that is in the block "
        "of none\nStart the thread with a copy of the context (asyncio.to_thread, or "
        "contextvars.copy_context().run), or start the task inside the block."
    )
    assert caught.value is refused
    assert [call.json["messages"][0]["content"] for call in upstream.calls] == ["outer"]


def test_a_cassette_of_the_process_is_refused_beside_others(
    upstream: Upstream, tmp_path: Path
) -> None:
    with use(tmp_path / "one.yaml"), use(tmp_path / "two.yaml"):
        with pytest.raises(RuntimeError, match=r"two.yaml is open, and a process .* scope='task'"):
            promptecho.use_cassette(tmp_path / "three.yaml").__enter__()


def test_cassettes_may_be_closed_in_any_order(upstream: Upstream, tmp_path: Path) -> None:
    one, two = use(tmp_path / "one.yaml"), use(tmp_path / "two.yaml")
    one.__enter__()
    two.__enter__()
    post_httpx(upstream.url, "two")
    one.__exit__(None, None, None)
    post_httpx(upstream.url, "still two")
    two.__exit__(None, None, None)
    assert prompts(tmp_path / "two.yaml") == ["two", "still two"]
    assert not (tmp_path / "one.yaml").exists()


def test_a_generator_shares_the_context_of_its_caller_and_is_refused(path: Path) -> None:
    with pytest.raises(TypeError, match="a generator cannot have scope='task'"):

        @use(path)
        def story() -> Any:
            yield

    with pytest.raises(TypeError, match="a generator cannot have scope='task'"):
        use(path)(lambda: (word for word in "a"))()
