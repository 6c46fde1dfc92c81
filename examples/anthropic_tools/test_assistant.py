"""A cassette holds the whole conversation: each turn is a request of its own."""

from __future__ import annotations

from typing import Any

import assistant
import pytest


@pytest.mark.promptecho(path="cassettes/weather.yaml", on_drift="raise")
def test_the_result_of_the_tool_is_sent_back(promptecho_cassette: Any) -> None:
    answer = assistant.ask("How is the weather in Las Vegas?")
    assert answer == "It is sunny in Las Vegas, at 31 degrees."
    first, second = promptecho_cassette.sent
    assert len(first.body["messages"]) == 1
    assert "31 degrees Celsius" in str(second.body["messages"][-1])


@pytest.mark.promptecho(path="cassettes/capital.yaml", on_drift="raise")
def test_a_question_without_weather_needs_no_tool(promptecho_cassette: Any) -> None:
    assert assistant.ask("What is the capital of France?") == "Paris."
    assert len(promptecho_cassette.sent) == 1
