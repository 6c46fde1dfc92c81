"""Never run: mypy reads it, so that the public names keep the types that users rely on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import promptecho
from promptecho import (
    Cassette,
    CassetteError,
    CassetteMiss,
    Difference,
    Failure,
    Interaction,
    Mode,
    OptionError,
    RecordedErrorResponse,
    RecordedRequest,
    RecordedResponse,
)

version: str = promptecho.__version__


def context_manager(path: Path) -> None:
    with promptecho.use_cassette(path, mode="none") as cassette:
        given: Cassette = cassette
    for interaction in given.interactions:
        recorded: Interaction = interaction
        request: RecordedRequest = recorded.request
        response: RecordedResponse | None = recorded.response
        if response is not None:
            status: int = response.status
            print(status, response.streaming)
        failure: Failure | None = recorded.failure
        kind: str = "" if failure is None else failure.kind
        key: str = interaction.request.match_key
        print(request.url, kind, key)
    print(len(given.played), len(given.recorded), len(given.unplayed), len(given.sent))


async def async_context_manager() -> None:
    async with promptecho.use_cassette("a.yaml", mode=Mode.NEW_EPISODES) as cassette:
        print(cassette.interactions)


def every_option() -> None:
    with promptecho.use_cassette(
        "a.yaml",
        mode="once",
        match_on=["model", "messages"],
        on_record_error="raise",
        on_drift="ignore",
        on_exhausted="miss",
        on_secret="raise",
    ):
        pass


@promptecho.use_cassette("a.yaml")
def function(number: int, *, name: str) -> str:
    return name * number


@promptecho.use_cassette("a.yaml")
async def coroutine_function(number: int) -> str:
    return str(number)


@promptecho.use_cassette("a.yaml")
def generator_function(number: int) -> Iterator[int]:
    yield number


@promptecho.use_cassette("a.yaml")
async def async_generator_function(number: int) -> AsyncIterator[int]:
    yield number


@promptecho.use_cassette("a.yaml")
class TestClass:
    attribute = 1

    def test_method(self) -> int:
        return self.attribute


recorder = promptecho.Recorder(on_drift="raise")


@recorder.use_cassette("a.yaml", mode="none")
def with_a_recorder(number: int) -> int:
    return number


async def decorated_callables_keep_their_types() -> None:
    text: str = function(1, name="a")
    text = await coroutine_function(1)
    for number in generator_function(1):
        print(number + 1)
    async for number in async_generator_function(1):
        print(number + 1)
    print(text, TestClass().test_method() + 1, with_a_recorder(1) + 1)


def a_wrong_call_is_an_error() -> None:
    function("1", name="a")  # type: ignore[arg-type]
    promptecho.use_cassette("a.yaml", mode=3)  # type: ignore[arg-type]
    promptecho.use_cassette("a.yaml", mode="onse")  # type: ignore[arg-type]
    promptecho.use_cassette("a.yaml", on_record_error="ignore")  # type: ignore[arg-type]
    promptecho.use_cassette("a.yaml", on_drift="miss")  # type: ignore[arg-type]
    promptecho.use_cassette("a.yaml", on_exhausted="raise")  # type: ignore[arg-type]
    promptecho.use_cassette("a.yaml", on_secret="record")  # type: ignore[arg-type]
    promptecho.Recorder(mode="onse")  # type: ignore[arg-type]
    recorder.use_cassette("a.yaml", on_drift="miss")  # type: ignore[arg-type]
    promptecho.use_cassette("a.yaml", no_such_option=3)  # type: ignore[call-arg]


def errors() -> None:
    try:
        context_manager(Path("a.yaml"))
    except OptionError as wrong:
        bad_value: ValueError = wrong
        print(bad_value)
    except CassetteError as error:
        code: str = error.code
        line: int | None = error.line
        print(code, line)
    except CassetteMiss as miss:
        differences: tuple[Difference, ...] = miss.differences
        print(differences)
    except RecordedErrorResponse as stop:
        uncatchable: BaseException = stop
        print(uncatchable)


def pure_functions() -> None:
    url = "https://api.anthropic.com/v1/messages"
    body: dict[str, Any] = promptecho.normalize("POST", url, {"model": "m"})
    key: str = promptecho.fingerprint("POST", url, body, match_on=["model"])
    print(key)


warnings: list[type[Warning]] = [
    promptecho.PromptechoDriftWarning,
    promptecho.PromptechoRecordingWarning,
    promptecho.PromptechoSecretWarning,
]
