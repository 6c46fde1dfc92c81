"""`use_cassette` as a context manager and as a decorator, and what it yields."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import promptecho
from support.clients import post_httpx, post_httpx_async
from support.upstream import Upstream, echo, json_answer


def prompts(interactions: list[Any]) -> list[str]:
    """What was said in recordings, or in requests."""
    requests = [getattr(each, "request", each) for each in interactions]
    return [each.body["messages"][0]["content"] for each in requests]


def saved(path: Path) -> list[str]:
    with promptecho.use_cassette(path, mode="none") as cassette:
        return prompts(cassette.interactions)


def assert_unpatched() -> None:
    for owner in (httpx.Client, httpx.AsyncClient):
        assert owner._transport_for_url.__module__ == "httpx._client"
    assert httpx.HTTPTransport.handle_request.__module__ == "httpx._transports.default"
    assert httpx.AsyncHTTPTransport.handle_async_request.__module__ == "httpx._transports.default"


# Context managers


def test_a_with_block_records_once_and_replays_for_ever(upstream: Upstream, path: Path) -> None:
    with promptecho.use_cassette(path):
        assert post_httpx(upstream.url, "hello") == "hello"
    upstream.close()
    for _ in range(2):
        with promptecho.use_cassette(path):
            assert post_httpx(upstream.url, "hello") == "hello"


def test_an_async_with_block_does_the_same(upstream: Upstream, path: Path) -> None:
    async def story() -> None:
        async with promptecho.use_cassette(path) as cassette:
            assert await post_httpx_async(upstream.url, "hello") == "hello"
            assert cassette.path == str(path)

    asyncio.run(story())
    upstream.close()
    asyncio.run(story())


def test_one_use_can_be_entered_again_once_it_is_left(upstream: Upstream, path: Path) -> None:
    use = promptecho.use_cassette(path)
    with use as first:
        post_httpx(upstream.url, "hello")
    with use as second:
        post_httpx(upstream.url, "hello")
    assert (prompts(first.recorded), prompts(second.played)) == (["hello"], ["hello"])


def test_a_relative_path_is_relative_to_the_folder_on_entry(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, elsewhere = tmp_path / "inside", tmp_path / "elsewhere"
    inside.mkdir()
    elsewhere.mkdir()
    use = promptecho.use_cassette(Path("cassettes") / "c.yaml")
    monkeypatch.chdir(inside)
    with use:
        post_httpx(upstream.url, "hello")
        monkeypatch.chdir(elsewhere)
    assert saved(inside / "cassettes" / "c.yaml") == ["hello"]
    assert not list(elsewhere.iterdir())


# Decorators


def test_a_decorated_function_opens_its_cassette_for_each_call(
    upstream: Upstream, path: Path
) -> None:
    @promptecho.use_cassette(path)
    def story(said: str, *, times: int = 1) -> list[str]:
        """What is told."""
        return [post_httpx(upstream.url, said) for _ in range(times)]

    assert_unpatched()
    assert story("hello", times=2) == ["hello", "hello"]
    upstream.close()
    assert story("hello", times=2) == ["hello", "hello"]
    assert (story.__name__, story.__doc__) == ("story", "What is told.")
    assert str(inspect.signature(story)) == "(said: 'str', *, times: 'int' = 1) -> 'list[str]'"
    assert_unpatched()


def test_a_decorated_coroutine_function_stays_one(upstream: Upstream, path: Path) -> None:
    @promptecho.use_cassette(path)
    async def story(said: str) -> str:
        return await post_httpx_async(upstream.url, said)

    assert inspect.iscoroutinefunction(story)
    assert asyncio.run(story("hello")) == "hello"
    upstream.close()
    assert asyncio.run(story("hello")) == "hello"
    assert story.__name__ == "story"
    assert list(inspect.signature(story).parameters) == ["said"]


def test_a_decorated_generator_is_open_from_its_first_step_to_its_last(
    upstream: Upstream, path: Path
) -> None:
    @promptecho.use_cassette(path)
    def story() -> Iterator[str]:
        said = yield post_httpx(upstream.url, "one")
        try:
            yield post_httpx(upstream.url, said)
        except ValueError as error:
            yield post_httpx(upstream.url, str(error))
        return "done"

    assert inspect.isgeneratorfunction(story)
    generator = story()
    assert_unpatched()
    assert next(generator) == "one"
    assert generator.send("two") == "two"
    assert generator.throw(ValueError("three")) == "three"
    with pytest.raises(StopIteration) as end:
        next(generator)
    assert end.value.value == "done"
    assert_unpatched()
    assert saved(path) == ["one", "two", "three"]


def test_a_decorated_async_generator_takes_what_is_sent_and_thrown(
    upstream: Upstream, path: Path
) -> None:
    @promptecho.use_cassette(path)
    async def story() -> AsyncIterator[str]:
        said = yield await post_httpx_async(upstream.url, "one")
        while said != "end":
            try:
                said = yield await post_httpx_async(upstream.url, said)
            except ValueError as error:
                said = str(error)

    async def listen() -> None:
        generator: Any = story()
        assert_unpatched()
        assert await generator.__anext__() == "one"
        assert await generator.asend("two") == "two"
        assert await generator.athrow(ValueError("three")) == "three"
        assert await generator.athrow(ValueError("four")) == "four"
        assert await generator.asend("five") == "five"
        with pytest.raises(StopAsyncIteration):
            await generator.athrow(ValueError("end"))
        assert_unpatched()

    assert inspect.isasyncgenfunction(story)
    asyncio.run(listen())
    assert saved(path) == ["one", "two", "three", "four", "five"]


def test_an_exception_that_an_async_generator_does_not_catch_comes_out_of_it(
    upstream: Upstream, path: Path
) -> None:
    @promptecho.use_cassette(path)
    async def story() -> AsyncIterator[str]:
        yield await post_httpx_async(upstream.url, "one")

    async def listen() -> None:
        generator: Any = story()
        await generator.__anext__()
        await generator.athrow(ValueError("thrown"))

    with pytest.raises(ValueError, match="thrown"):
        asyncio.run(listen())
    assert_unpatched()
    assert saved(path) == ["one"]


def test_closing_a_decorated_async_generator_closes_the_inner_one_and_the_cassette(
    upstream: Upstream, path: Path
) -> None:
    closed = []

    @promptecho.use_cassette(path)
    async def story() -> AsyncIterator[str]:
        try:
            yield await post_httpx_async(upstream.url, "one")
            yield await post_httpx_async(upstream.url, "two")
        finally:
            closed.append(await post_httpx_async(upstream.url, "last words"))

    async def listen() -> None:
        generator: Any = story()
        await generator.__anext__()
        await generator.aclose()

    asyncio.run(listen())
    assert closed == ["last words"]
    assert_unpatched()
    assert saved(path) == ["one", "last words"]


def test_a_decorated_class_gives_each_test_a_cassette_of_its_own(
    upstream: Upstream, tmp_path: Path
) -> None:
    class Inherited:
        def test_inherited(self) -> str:
            return post_httpx(upstream.url, "inherited")

    @promptecho.use_cassette(tmp_path / "c.yaml")
    class TestStory(Inherited):
        test_number = 7

        def test_sync(self) -> str:
            return post_httpx(upstream.url, "sync")

        async def test_async(self) -> str:
            return await post_httpx_async(upstream.url, "async")

        @staticmethod
        def test_static() -> str:
            return post_httpx(upstream.url, "static")

        @classmethod
        def test_class(cls) -> str:
            return post_httpx(upstream.url, cls.__name__)

        @promptecho.use_cassette(tmp_path / "own.yaml")
        def test_own(self) -> str:
            return post_httpx(upstream.url, "own")

        def helper(self) -> str:
            return post_httpx(upstream.url, "helper")

    story = TestStory()
    told = [story.test_sync(), asyncio.run(story.test_async()), story.test_static()]
    assert [*told, story.test_class(), story.test_inherited()] == [
        *("sync", "async", "static", "TestStory", "inherited")
    ]
    story.test_own()
    story.helper()
    assert {each.name: saved(each) for each in tmp_path.iterdir()} == {
        "c.test_sync.yaml": ["sync"],
        "c.test_async.yaml": ["async"],
        "c.test_static.yaml": ["static"],
        "c.test_class.yaml": ["TestStory"],
        "c.test_inherited.yaml": ["inherited"],
        "own.yaml": ["own"],
    }
    assert Inherited().test_inherited() == "inherited"
    assert len(upstream.calls) == 8


# One at a time


def test_a_nested_cassette_is_refused_at_once_and_the_outer_one_goes_on(
    upstream: Upstream, tmp_path: Path
) -> None:
    outer, inner = tmp_path / "outer.yaml", tmp_path / "inner.yaml"
    with promptecho.use_cassette(outer):
        post_httpx(upstream.url, "before")
        with pytest.raises(RuntimeError) as refused:
            with promptecho.use_cassette(inner):
                raise AssertionError("the block must not run")
        post_httpx(upstream.url, "after")
    assert str(refused.value) == (
        f"cannot open the cassette {inner}: {outer} is open, and a process can have one open "
        f"cassette at a time. Close {outer} first, or use one cassette for both. For "
        "a cassette of one task or block, pass scope='task'."
    )
    assert saved(outer) == ["before", "after"]
    assert not inner.exists()


def test_the_same_use_entered_twice_is_refused_and_still_closes(
    upstream: Upstream, path: Path
) -> None:
    use = promptecho.use_cassette(path)
    with use:
        with pytest.raises(RuntimeError, match="is open"), use:
            raise AssertionError("the block must not run")
        post_httpx(upstream.url, "hello")
    assert_unpatched()
    assert saved(path) == ["hello"]


def test_another_thread_and_another_task_are_refused_too(upstream: Upstream, path: Path) -> None:
    refused: list[str] = []

    def enter() -> None:
        with pytest.raises(RuntimeError) as error:
            promptecho.use_cassette("another.yaml").__enter__()
        refused.append(str(error.value))

    async def enter_in_a_task() -> None:
        enter()

    async def story() -> None:
        async with promptecho.use_cassette(path):
            await asyncio.create_task(enter_in_a_task())
            thread = threading.Thread(target=enter)
            thread.start()
            thread.join()
            await post_httpx_async(upstream.url, "hello")

    asyncio.run(story())
    assert len(refused) == 2
    assert all(str(path) in each for each in refused)
    assert saved(path) == ["hello"]


# Whatever happens, the patches go


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3)])
def test_a_block_that_raises_is_left_unpatched_with_its_own_error(
    path: Path, error: BaseException
) -> None:
    with pytest.raises(type(error)) as caught:
        with promptecho.use_cassette(path):
            assert httpx.Client._transport_for_url.__module__ != "httpx._client"
            raise error
    assert caught.value is error
    assert_unpatched()
    with promptecho.use_cassette(path):
        pass


@pytest.mark.parametrize("text", ["", "version: 2\nminor: 1\n", "\0", "version: 3\n...\n"])
def test_a_file_that_cannot_be_used_leaves_nothing_open(
    path: Path, upstream: Upstream, text: str
) -> None:
    path.write_text(text)
    with pytest.raises(promptecho.CassetteError):
        promptecho.use_cassette(path).__enter__()
    assert_unpatched()
    with promptecho.use_cassette(path.with_name("another.yaml")):
        post_httpx(upstream.url, "hello")
    assert path.read_text() == text


# Options


def test_a_recorder_holds_options_that_a_use_may_override(
    upstream: Upstream, tmp_path: Path
) -> None:
    recorder = promptecho.Recorder(mode="none", match_on=["model"])
    with recorder.use_cassette(tmp_path / "a.yaml", mode="once") as cassette:
        post_httpx(upstream.url, "one")
    assert cassette.recorded[0].request.matched_on == ("model",)
    with recorder.use_cassette(tmp_path / "a.yaml", on_drift="ignore") as cassette:
        assert post_httpx(upstream.url, "another prompt") == "one"
        assert cassette.mode == "none"


def test_a_recorder_checks_its_options_when_it_is_made() -> None:
    with pytest.raises(promptecho.CassetteError) as caught:
        promptecho.Recorder(mod="none")  # type: ignore[call-arg]
    assert caught.value.code == "option.unknown"
    assert str(caught.value) == (
        "there is no option mod [option.unknown]\n"
        "Options are: mode, match_on, on_record_error, on_drift, on_exhausted, on_secret, "
        "match_host, match_headers, redact_query, ignore_query, keep_query, redact_members, "
        "keep_members, redact_patterns, passthrough, redact_headers, keep_headers, "
        "record_timing, replay_timing, speed, faults, fast_retries, prefix, fuzzy, scope."
    )
    recorder = promptecho.Recorder()
    with pytest.raises(promptecho.CassetteError, match="no option mod"):
        recorder.use_cassette("c.yaml", mod="none")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("mode", "always"),
        ("match_on", []),
        ("match_on", "model"),
        ("match_on", ["model", "model"]),
        ("match_on", ["*", "model"]),
        ("on_record_error", "fail"),
        ("on_drift", True),
        ("on_exhausted", ""),
        ("on_secret", None),
        ("keep_query", "alt"),
        ("match_host", 1),
        ("match_headers", ["Authorization"]),
        ("match_headers", ["connection"]),
        ("match_headers", ["a b"]),
        ("ignore_query", ["*"]),
        ("redact_query", [""]),
        ("keep_members", ["n" * 513]),
        ("redact_headers", [1]),
        ("redact_patterns", ["("]),
        ("redact_patterns", ["x*"]),
        ("record_timing", 1),
    ],
)
def test_a_wrong_option_is_an_error_before_anything_is_opened(option: str, value: object) -> None:
    with pytest.raises(promptecho.CassetteError) as caught:
        promptecho.use_cassette("c.yaml", **{option: value})  # type: ignore[arg-type]
    assert caught.value.code == "option.value"
    assert option in str(caught.value)


def test_every_mode_can_be_named_or_given(path: Path) -> None:
    for mode in promptecho.Mode:
        with promptecho.use_cassette(path, mode=mode) as by_value:
            pass
        with promptecho.use_cassette(path, mode=str(mode)) as by_name:
            pass
        assert by_value.mode == by_name.mode == mode.value


def test_the_environment_overrides_every_mode(
    upstream: Upstream, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decorated = promptecho.use_cassette(path, mode="all")(lambda: post_httpx(upstream.url, "hello"))
    monkeypatch.setenv("PROMPTECHO_MODE", "none")
    with pytest.raises(promptecho.CassetteMiss) as caught:
        decorated()
    assert (caught.value.mode, caught.value.reason) == ("none", "no-file")
    monkeypatch.setenv("PROMPTECHO_MODE", "")
    assert decorated() == "hello"
    assert len(upstream.calls) == 1


def test_an_unknown_mode_in_the_environment_names_the_four(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTECHO_MODE", "record")
    with pytest.raises(promptecho.CassetteError) as caught:
        promptecho.use_cassette(path).__enter__()
    assert str(caught.value) == (
        "the environment variable PROMPTECHO_MODE is 'record' [option.value]\n"
        "It must be one of once, none, new_episodes, all, missing, verify."
    )
    monkeypatch.delenv("PROMPTECHO_MODE")
    with promptecho.use_cassette(path):
        pass


# What it yields


def test_a_cassette_tells_what_its_session_did(upstream: Upstream, path: Path) -> None:
    with promptecho.use_cassette(path):
        post_httpx(upstream.url, "one")
        post_httpx(upstream.url, "two")
        post_httpx(upstream.url, "three")
    with promptecho.use_cassette(path, mode="new_episodes") as cassette:
        assert repr(cassette) == f"<Cassette {str(path)!r} mode=new_episodes>"
        assert prompts(cassette.unplayed) == ["one", "two", "three"]
        for said in ("three", "four", "one", "three"):
            assert post_httpx(upstream.url, said) == said
        assert prompts(cassette.recorded) == ["four"]
    assert prompts(cassette.sent) == ["three", "four", "one", "three"]
    assert prompts(cassette.played) == ["three", "one", "three"]
    assert prompts(cassette.unplayed) == ["two"]
    assert prompts(cassette.interactions) == ["one", "two", "three", "four"]
    assert cassette.missed == []
    assert saved(path) == ["one", "two", "three", "four"]


def test_a_cassette_tells_what_was_missed(upstream: Upstream, path: Path) -> None:
    with promptecho.use_cassette(path):
        post_httpx(upstream.url, "one")
    with pytest.raises(promptecho.CassetteMiss):
        with promptecho.use_cassette(path, mode="none") as cassette:
            post_httpx(upstream.url, "two")
    assert prompts(cassette.missed) == prompts(cassette.sent) == ["two"]
    assert cassette.played == cassette.recorded == []


def test_all_starts_from_scratch(path: Path) -> None:
    with Upstream(echo) as upstream, promptecho.use_cassette(path):
        post_httpx(upstream.url, "one")
    with Upstream(lambda _: json_answer({"choices": [{"message": {"content": "new"}}]})) as later:
        with promptecho.use_cassette(path, mode="all") as cassette:
            assert post_httpx(later.url, "one") == "new"
    assert len(cassette.interactions) == len(cassette.recorded) == 1
    assert saved(path) == ["one"]
