"""OpenAI chat completions and text completions, and all that speak them (Mistral, Groq, Ollama).

A `delta` of a stream and the `message` of an answer in one piece have the same members.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..._base.model import JSON
from ..builder import Builder
from ..content import data_size, dicts, number_of, part, text_of, thought
from ..view import Media, Reasoning, Text, Turn

#: DeepSeek and others; OpenRouter and Groq; both may come with the same words.
_REASONING = ("reasoning_content", "reasoning")


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value has choices."""
    return isinstance(value.get("choices"), list)


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn for each choice."""
    choices: dict[int, _Choice] = {}
    for value in values:
        for place, choice in enumerate(dicts(value.get("choices"))):
            number = number_of(choice.get("index"), place)
            choices.setdefault(number, _Choice()).add(choice)
    return tuple(choices[number].turn() for number in sorted(choices))


class _Choice:
    """One choice, as far as it has come."""

    def __init__(self) -> None:
        self._role = "assistant"
        self._finish = ""
        self._builder = Builder()
        self._ids: dict[int, str] = {}  # of the call that each number means now

    def add(self, choice: dict[str, JSON]) -> None:
        self._finish = text_of(choice.get("finish_reason")) or self._finish
        # Perplexity sends beside each delta the message so far, and Together the text of the delta.
        for name in ("delta", "message"):
            message = choice.get(name)
            if isinstance(message, dict):
                self._message(message)
                return
        self._builder.text("text", choice.get("text"))

    def turn(self) -> Turn:
        return Turn(self._role, self._builder.parts(), self._finish)

    def _message(self, message: dict[str, JSON]) -> None:
        self._role = text_of(message.get("role")) or self._role
        name = next((each for each in _REASONING if text_of(message.get(each))), "")
        self._builder.reasoning("reasoning", message.get(name))
        self._content(message.get("content"))
        self._builder.text("refusal", message.get("refusal"))
        self._audio(message.get("audio"))
        for place, call in enumerate(dicts(message.get("tool_calls"))):
            self._call(place, call)
        former = message.get("function_call")
        if isinstance(former, dict):
            self._builder.call("call", former.get("name"), "", former.get("arguments"))

    def _content(self, content: JSON) -> None:
        """A text; Mistral has a list of chunks, the thoughts among them."""
        self._builder.text("text", content)
        for block in dicts(content):
            made = part(block)
            if isinstance(made, Text):
                self._builder.text("text", made.text)
            elif isinstance(made, Reasoning):
                self._builder.reasoning("reasoning", thought(block))
            else:
                self._builder.put(object(), made)

    def _audio(self, audio: JSON) -> None:
        if isinstance(audio, dict):
            self._builder.text("transcript", audio.get("transcript"))
            if text_of(audio.get("data")):
                self._builder.put(object(), Media("audio", "", data_size(audio["data"])))

    def _call(self, place: int, call: dict[str, JSON]) -> None:
        kinds = (call.get("function"), call.get("custom"))
        function = next((each for each in kinds if isinstance(each, dict)), None)
        if function is None:
            return
        number, call_id = number_of(call.get("index"), place), text_of(call.get("id"))
        known = self._ids.setdefault(number, call_id)
        if call_id and known != call_id:  # some servers number every call 0
            self._ids[number] = call_id
        given = function.get("arguments", function.get("input"))
        here = (number, self._ids[number])
        self._builder.call(here, function.get("name"), call_id, given)
