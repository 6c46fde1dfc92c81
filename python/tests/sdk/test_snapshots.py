"""Snapshots with real SDKs: a recorded judge and recorded embeddings, replayed without a key."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai

from promptecho import EmbeddingScorer, JudgeScorer, llm_snapshot
from sdk import answers
from sdk.roundtrip import Roundtrip, key
from support.upstream import Answer, Call

QUESTION: list[Any] = [{"role": "user", "content": "May I send it back?"}]
CHAT: Any = {"model": "gpt-4o-mini", "messages": QUESTION}
ANSWER = "Yes: you get your money back within 30 days."
EXPECTED = "offers a refund within 30 days"


def client(url: str) -> Any:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key("OPENAI_API_KEY"))


def async_client(url: str) -> Any:
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key("OPENAI_API_KEY"))


def upstream(call: Call) -> Answer:
    """Answers questions, judges answers, and embeds texts."""
    if call.path.endswith("/embeddings"):
        return answers.embeddings(call)
    asked = call.json["messages"][-1]["content"]
    grade = json.dumps({"score": 0.9, "reason": "Money back is a refund."})
    text = grade if "You grade an answer." in asked else ANSWER
    if call.path.endswith("/messages"):
        return answers.message(text)
    return answers.chat(text)


def said(completion: Any) -> str:
    return str(completion.choices[0].message.content)


def test_structure_and_text_of_a_completion(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:
            completion = sdk.chat.completions.create(**CHAT)
            assert completion == llm_snapshot(completion.to_dict())
            assert said(completion) == llm_snapshot("money back within 30 days")
            assert said(completion) == llm_snapshot(ANSWER, level="exact")
            return said(completion)

    assert roundtrip(upstream, story).told == ANSWER


def test_the_text_of_a_stream(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk, sdk.chat.completions.create(**CHAT, stream=True) as stream:
            text = "".join(e.choices[0].delta.content or "" for e in stream if e.choices)
        assert text == llm_snapshot("a cat sat")
        return text

    assert roundtrip([answers.chat_stream("A", " cat", " sat.")], story).told == "A cat sat."


def test_a_recorded_judge(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:

            def ask(question: str) -> str:
                messages: list[Any] = [{"role": "user", "content": question}]
                return said(sdk.chat.completions.create(model="gpt-4o", messages=messages))

            text = said(sdk.chat.completions.create(**CHAT))
            snapshot = llm_snapshot(EXPECTED, scorer=JudgeScorer(ask))
            assert text == snapshot
            return snapshot.verdicts[0]

    outcome = roundtrip(upstream, story)
    assert (outcome.told.by, outcome.told.score) == ("judge", 0.9)
    assert outcome.told.reasons == ("Money back is a refund.",)
    assert len(outcome.replayed.played) == 2  # the answer, and what the judge said


def test_a_recorded_judge_of_another_provider_in_a_loop(roundtrip: Roundtrip) -> None:
    async def story(url: str) -> Any:
        judge = anthropic.AsyncAnthropic(base_url=url, api_key=key("ANTHROPIC_API_KEY"))

        async def ask(question: str) -> str:
            messages: list[Any] = [{"role": "user", "content": question}]
            reply = await judge.messages.create(
                model="claude-opus-4-8", max_tokens=100, messages=messages
            )
            return str(reply.content[0].text)  # type: ignore[union-attr]

        async with async_client(url) as sdk, judge:
            text = said(await sdk.chat.completions.create(**CHAT))
            snapshot = llm_snapshot(EXPECTED, scorer=JudgeScorer(ask))
            assert await snapshot.matches(text)
            return snapshot.verdicts[0].line

    outcome = roundtrip(upstream, story)
    assert outcome.told == "judge: score 0.90, threshold 0.70 (+0.20)"
    assert outcome.paths == ["/v1/chat/completions", "/v1/messages"]


def test_recorded_embeddings(roundtrip: Roundtrip) -> None:
    def story(url: str) -> Any:
        with client(url) as sdk:

            def embed(texts: list[str]) -> list[list[float]]:
                made = sdk.embeddings.create(model="text-embedding-3-small", input=texts)
                return [each.embedding for each in made.data]

            text = said(sdk.chat.completions.create(**CHAT))
            snapshot = llm_snapshot(EXPECTED, scorer=EmbeddingScorer(embed))
            assert text == snapshot
            return snapshot.verdicts[0].line

    outcome = roundtrip(upstream, story)
    assert outcome.told == "embeddings: score 1.00, threshold 0.80 (+0.20)"
    assert outcome.paths == ["/v1/chat/completions", "/v1/embeddings"]
