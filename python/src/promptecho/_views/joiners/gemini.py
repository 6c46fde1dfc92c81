"""Gemini and Vertex: each event of a stream has the shape of a whole answer."""

from __future__ import annotations

from collections.abc import Iterable

from ..._base.model import JSON
from ..builder import Builder
from ..content import data_size, dicts, number_of, text_of
from ..view import Media, Other, ToolCall, Turn


def claims(value: dict[str, JSON]) -> bool:
    """Whether a value has candidates; a prompt that was blocked has none."""
    return isinstance(value.get("candidates"), list) or "promptFeedback" in value


def join(values: Iterable[dict[str, JSON]]) -> tuple[Turn, ...]:
    """One turn for each candidate."""
    found: dict[int, _Candidate] = {}
    for value in values:
        for candidate in dicts(value.get("candidates")):
            found.setdefault(number_of(candidate.get("index")), _Candidate()).add(candidate)
        feedback = value.get("promptFeedback")
        if isinstance(feedback, dict) and text_of(feedback.get("blockReason")):
            found.setdefault(0, _Candidate()).finish = feedback["blockReason"]
    return tuple(found[number].turn() for number in sorted(found))


class _Candidate:
    """One candidate, as far as it has come."""

    def __init__(self) -> None:
        self.finish = ""
        self._builder = Builder()
        self._place = 0  # of the part that the next piece may continue
        self._kind = ""

    def add(self, candidate: dict[str, JSON]) -> None:
        self.finish = text_of(candidate.get("finishReason")) or self.finish
        content = candidate.get("content")
        if isinstance(content, dict):
            for part in dicts(content.get("parts")):
                self._part(part)

    def turn(self) -> Turn:
        return Turn("assistant", self._builder.parts(), self.finish)

    def _part(self, part: dict[str, JSON]) -> None:
        if isinstance(part.get("text"), str):
            kind = "reasoning" if part.get("thought") is True else "text"
            if kind != self._kind:
                self._kind, self._place = kind, self._place + 1
            add = self._builder.reasoning if kind == "reasoning" else self._builder.text
            add(self._place, part["text"])
            return
        self._kind, self._place = "", self._place + 1
        self._builder.put(self._place, _whole(part))


def _whole(part: dict[str, JSON]) -> ToolCall | Media | Other:
    """A part that comes in one piece."""
    call = part.get("functionCall")
    if isinstance(call, dict):
        return ToolCall(text_of(call.get("name")), call.get("args") or {}, text_of(call.get("id")))
    data = part.get("inlineData")
    if isinstance(data, dict):
        media_type = text_of(data.get("mimeType"))
        return Media(media_type.partition("/")[0], media_type, data_size(data.get("data")))
    names = [name for name in part if name != "thoughtSignature"]
    return Other(names[0], part[names[0]]) if len(names) == 1 else Other("", part)
