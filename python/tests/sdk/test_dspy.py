"""The newest DSPy records and replays without a key, on its own engine and on LiteLLM.

Its own engine is lm15, which speaks HTTP over sockets. DSPy's cache is off, in memory and on disk:
what it answers itself is not recorded.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from sdk import answers
from sdk.providers import ANTHROPIC, OPENAI, RESULT, Provider, of
from sdk.roundtrip import Roundtrip

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches a list of prices

import dspy
from dspy.utils.exceptions import LMInvalidRequestError

pytestmark = [  # what LiteLLM, which leaves sockets to the garbage collector, says of itself
    pytest.mark.filterwarnings("ignore:Items? .* using the `ReadOnly` qualifier:UserWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

of_each = of(OPENAI, ANTHROPIC)


def fields(**values: str) -> str:
    """Values as DSPy asks a model to write them."""
    return "\n\n".join(f"[[ ## {name} ## ]]\n{text}" for name, text in values.items())


ANSWER = fields(answer="A cat sat.", completed="")
PIECES = ("[[ ## ", "answer", " ## ]]\n", "A", " cat", " sat.", "\n\n[[ ##", " completed ## ]]")


@pytest.fixture(params=["lm15", "litellm"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine that can send a request; lm15 is the one that DSPy prefers."""
    return request.param


def on(engine: str, provider: Provider, url: str) -> Any:
    """A context in which DSPy asks this provider."""
    base = f"{url}/v1" if engine == "lm15" else provider.base(url)
    at: Any = {"engine": engine, "api_base": base, "api_key": provider.key}
    lm = dspy.LM(f"{provider.name}/{provider.model}", cache=False, num_retries=0, **at)
    return dspy.context(lm=lm)


def get_weather(location: str) -> str:
    """Look: get_weather."""
    return RESULT


@of_each
def test_an_answer_comes_back_whole(engine: str, provider: Provider, roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with on(engine, provider, url):
            return dspy.Predict("question -> answer")(question="What of the cat?").answer

    assert roundtrip([provider.text(ANSWER)], story).told == "A cat sat."


@of_each
def test_an_answer_comes_back_whole_to_an_async_caller(
    engine: str, provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        with on(engine, provider, url):
            said = await dspy.Predict("question -> answer").acall(question="What of the cat?")
            return said.answer

    assert roundtrip([provider.text(ANSWER)], story).told == "A cat sat."


@of_each
def test_a_stream_has_the_same_chunks(
    engine: str, provider: Provider, roundtrip: Roundtrip
) -> None:
    async def story(url: str) -> Any:
        listener = dspy.streaming.StreamListener("answer")
        ask = dspy.streamify(dspy.Predict("question -> answer"), stream_listeners=[listener])
        with on(engine, provider, url):
            said = [each async for each in ask(question="What of the cat?")]
        return [each.chunk for each in said[:-1]], said[-1].answer

    stream = answers.chat_stream if provider is OPENAI else answers.message_stream
    chunks, answer = roundtrip([stream(*PIECES)], story).told
    assert "".join(chunks).strip() == answer == "A cat sat."


@of_each
def test_a_tool_is_called_and_its_result_sent_back(
    engine: str, provider: Provider, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        with on(engine, provider, url):
            return dspy.ReAct("question -> answer", [get_weather])(question="Is it hot?").answer

    look = {"next_tool_name": "get_weather", "next_tool_args": answers.ARGUMENTS}
    finish = {"next_tool_name": "finish", "next_tool_args": "{}"}
    turns = [
        fields(next_thought="Look.", **look, completed=""),
        fields(next_thought="I know.", **finish, completed=""),
        fields(reasoning="It is 31 C.", answer="It is hot.", completed=""),
    ]
    outcome = roundtrip([provider.text(turn) for turn in turns], story)
    assert outcome.told == "It is hot."
    assert RESULT.encode() in outcome.asked[1].body


@of_each
def test_an_error_answer_is_the_same_exception(
    engine: str, provider: Provider, roundtrip: Roundtrip
) -> None:
    def story(url: str) -> Any:
        with on(engine, provider, url), pytest.raises(LMInvalidRequestError) as caught:
            dspy.LM.__call__(dspy.settings.lm, "What of the cat?")
        return str(caught.value)

    assert roundtrip([provider.refusal], story).told
