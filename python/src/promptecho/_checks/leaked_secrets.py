"""Where a cassette still holds what redaction would take out. [RED-4] to [RED-7], [RED-13]

Only places and names of shapes come out of here, never a value.
"""

from __future__ import annotations

from .._base.model import Interaction
from .._matching.conversation import is_of_conversation
from .._redaction.places import Found
from .._redaction.redactor import Redactor
from .._redaction.sweep import clean_interaction


def leaks(interaction: Interaction, redactor: Redactor, data: bytes) -> list[Found]:
    """The secrets of an interaction, each with the steps to it.

    Args:
        interaction: a recording.
        redactor: what a recorder would have taken out.
        data: the bytes of the body of its response.
    """
    conversation = is_of_conversation(interaction.request)
    return clean_interaction(interaction, redactor, conversation, data)[1]
