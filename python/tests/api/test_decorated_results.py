"""What a decorated function returns, and what it runs later, is recorded and replayed too."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partialmethod, wraps
from pathlib import Path
from typing import Any, Callable

import pytest

import promptecho
from promptecho._intercept import process
from support.clients import post_httpx, post_httpx_async
from support.record_replay import prompts
from support.upstream import Upstream


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    """A wrapper of somebody else, which hides what kind of function it wraps."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


class Awaited:
    """An awaitable that is no coroutine."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __await__(self) -> Generator[Any, None, str]:
        return post_httpx_async(self._url, "hello").__await__()


class Called:
    """An object whose call is a coroutine function."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __call__(self) -> str:
        return await post_httpx_async(self._url, "hello")


def wrapped(url: str) -> Any:
    @logged
    async def story() -> str:
        return await post_httpx_async(url, "hello")

    return story


def coroutine(url: str) -> Any:
    return lambda: post_httpx_async(url, "hello")


def of_a_coroutine(url: str) -> Any:
    async def story() -> Awaitable[str]:
        return post_httpx_async(url, "hello")

    return story


def awaitable(url: str) -> Any:
    return lambda: Awaited(url)


def task(url: str) -> Any:
    return lambda: asyncio.ensure_future(post_httpx_async(url, "hello"))


def pooled(url: str) -> Any:
    def story() -> Future[str]:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(post_httpx, url, "hello")

    return story


def generated(url: str) -> Any:
    return logged(lambda: (post_httpx(url, word) for word in ["hello"]))


def generated_async(url: str) -> Any:
    async def words() -> AsyncIterator[str]:
        yield await post_httpx_async(url, "hello")

    return logged(words)


STORIES = [
    *(wrapped, coroutine, of_a_coroutine, awaitable, task, pooled, generated, generated_async),
    Called,
]


async def told(result: Any) -> str:
    """The word that the function, or what it returned, was told in the end."""
    while True:
        if inspect.isasyncgen(result):
            (result,) = [each async for each in result]
        elif inspect.isgenerator(result):
            (result,) = result
        elif isinstance(result, Future):
            result = result.result()
        elif inspect.isawaitable(result):
            await asyncio.sleep(0)  # a task may run before it is awaited
            result = await result
        else:
            assert isinstance(result, str)
            return result


@pytest.mark.parametrize("story", STORIES)
def test_what_runs_later_runs_with_the_cassette_open(
    story: Callable[[str], Any], upstream: Upstream, path: Path
) -> None:
    async def run(mode: Any) -> str:
        return await told(promptecho.use_cassette(path, mode=mode)(story(upstream.url))())

    assert asyncio.run(run("once")) == "hello"
    assert prompts(path) == ["hello"]
    assert asyncio.run(run("none")) == "hello"
    assert len(upstream.calls) == 1
    assert process._cassettes == []


def test_an_object_with_an_async_call_is_decorated_as_a_coroutine_function(path: Path) -> None:
    assert inspect.iscoroutinefunction(promptecho.use_cassette(path)(Called("http://x.invalid")))


@pytest.mark.parametrize("later", [wrapped, generated, generated_async])
def test_calls_before_those_of_what_is_returned_are_an_error(
    later: Callable[[str], Any], upstream: Upstream, path: Path
) -> None:
    @promptecho.use_cassette(path)
    def story() -> Any:
        post_httpx(upstream.url, "before")
        return later(upstream.url)()

    with pytest.warns(RuntimeWarning, match="never awaited") if later is wrapped else no_warning():
        with pytest.raises(TypeError, match=r"made a call and returned (coroutine|(async_)?gen)"):
            story()
    assert [call.json["messages"][0]["content"] for call in upstream.calls] == ["before"]
    assert process._cassettes == []


class no_warning:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def test_a_task_that_is_cancelled_before_it_runs_leaves_nothing_open(
    upstream: Upstream, path: Path
) -> None:
    async def run() -> None:
        running = promptecho.use_cassette(path)(task(upstream.url))()
        assert len(process._cassettes) == 1
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        while len(asyncio.all_tasks()) > 1:  # the task inside is cancelled as well
            assert len(process._cassettes) == 1
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert process._cassettes == []

    asyncio.run(run())
    assert process._cassettes == []


def test_wrapped_and_partial_methods_of_a_decorated_class_get_their_cassettes(
    upstream: Upstream, tmp_path: Path
) -> None:
    @promptecho.use_cassette(tmp_path / "c.yaml")
    class TestStory:
        @logged
        async def test_wrapped(self) -> str:
            return await post_httpx_async(upstream.url, "wrapped")

        @logged
        def test_words(self) -> Iterator[str]:
            yield post_httpx(upstream.url, "words")

        def ask(self, word: str) -> str:
            return post_httpx(upstream.url, word)

        test_partial = partialmethod(ask, "partial")

    story = TestStory()
    for _ in range(2):
        assert asyncio.run(told(story.test_wrapped())) == "wrapped"
        assert list(story.test_words()) == ["words"]
        assert story.test_partial() == "partial"
    assert len(upstream.calls) == 3
    assert {each.name: prompts(each) for each in tmp_path.iterdir()} == {
        "c.test_wrapped.yaml": ["wrapped"],
        "c.test_words.yaml": ["words"],
        "c.test_partial.yaml": ["partial"],
    }


def test_the_bare_decorator_is_an_error_that_shows_the_right_form() -> None:
    def test_story() -> None: ...

    bare: Any = promptecho.use_cassette
    for use in (bare, promptecho.Recorder().use_cassette):
        with pytest.raises(TypeError) as caught:
            use(test_story)
        assert str(caught.value) == (
            "use_cassette needs the path of a cassette. Instead of @use_cassette above test_story, "
            "write @use_cassette('cassettes/test_story.yaml')."
        )
    with pytest.raises(TypeError, match=r"is 7; it must be a str or an os.PathLike\.$"):
        bare(7)
