"""Which recordings of a session that has not ended well are kept. [FAIL-10]"""

from __future__ import annotations

from collections.abc import Sequence

from .._base.model import Interaction
from .url import host_text


def without_last_errors(recorded: Sequence[Interaction]) -> list[Interaction]:
    """What a session that has not ended well keeps of its recordings [FAIL-10].

    An error answer or a failure stays if a good answer to the same request follows it: a 429 and
    the 200 after it. A wrong key that the session ended with does not freeze its 401.
    """
    answered: set[tuple[str, str]] = set()
    kept = []
    for interaction in reversed(recorded):
        call = interaction.request.match_key, host_text(interaction.request.url)
        if interaction.is_good:
            answered.add(call)
        if call in answered:
            kept.append(interaction)
    return kept[::-1]
