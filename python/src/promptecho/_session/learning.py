"""What answers tell: secret values, literals for the rest of a session. [RED-16] [RED-26]"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable

from .._base.model import Request
from .._base.vocabulary import REDACTED
from .._matching.request import Prepared
from .._matching.rules import RecordingPolicy
from .response import LiveResponse, Recorded, record
from .returned_values import without_returned
from .taken_values import Memory


def _nobody(values: list[str]) -> None:
    """Nobody else stores answers of this session."""


class Learning:
    """Stores answers, and knows the secret values that they tell.

    Args:
        rules: those at the start.
        memory: what is known of secret values at the start.

    Attributes:
        rules: those in force, with the secret values of answers.
    """

    def __init__(self, rules: RecordingPolicy, memory: Memory) -> None:
        self.rules = rules.knowing(memory.learned)
        self._memory = memory

    @property
    def values(self) -> tuple[str, ...]:
        """The values that were learned from answers."""
        return tuple(self._memory.learned)

    def sent(self, request: Request) -> None:
        """Remember a request: what it carries is no value that an answer tells."""
        self._memory.sent.add(request)

    def know(self, values: Iterable[str]) -> list[str]:
        """Make values literals of the session; returns those that are new."""
        known = self.rules.taken
        new = [v for v in self._memory.sent.without(values) if known.text(v) != REDACTED]
        self._memory.learned += new
        self.rules = self.rules.knowing(new)
        return new

    def stored(
        self,
        prepared: Prepared,
        received: LiveResponse,
        rules: RecordingPolicy,
        tell: Callable[[list[str]], None] = _nobody,
    ) -> Recorded:
        """The stored form of an answer, without the values that it tells [RED-26].

        Args:
            prepared: its request.
            received: the answer.
            rules: those when the request was sent.
            tell: gets the values that are new.
        """
        first = stored_form(prepared, received, rules)
        tell(self.know(first.taken))
        if self.rules is rules:
            return first
        # What was a hit for its shape may be a literal now, which is no hit [RED-19].
        hits = {place for place, _ in first.secrets}
        recorded = stored_form(prepared, received, self.rules)
        named = tuple(place for place in recorded.named if place not in hits)
        return recorded._replace(secrets=first.secrets, named=named)


def stored_form(prepared: Prepared, received: LiveResponse, rules: RecordingPolicy) -> Recorded:
    """The stored form of an answer under some rules."""
    recorded = record(received, rules, conversation=prepared.conversation)
    return recorded._replace(response=without_returned(recorded.response, prepared.query))
