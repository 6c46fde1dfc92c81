"""The members of Gemini's messages: each has two names, of which snake_case is canonical. [NORM-16]

Protocol buffers read both from JSON, so clients send either. Only the names of this table are
renamed, and only where the API defines the mapping: never in arguments, responses or schemas.
"""

from __future__ import annotations

import re

from .members import Members
from .trace import derived

_CAMEL = """
allowedFunctionNames audioTimestamp cachedContent candidateCount codeExecution codeExecutionResult
computerUse displayName dynamicRetrievalConfig enableAffectiveDialog enableEnhancedCivicAnswers
endOffset enterpriseWebSearch executableCode fileData fileSearch fileUri frequencyPenalty
functionCall functionCallingConfig functionDeclarations functionResponse generationConfig
googleMaps googleSearch googleSearchRetrieval imageConfig includeServerSideToolInvocations
includeThoughts inlineData maxOutputTokens mcpServers mediaResolution mimeType modelArmorConfig
modelSelectionConfig parametersJsonSchema partialArgs presencePenalty promptTemplateName
responseJsonSchema responseLogprobs responseMimeType responseModalities responseSchema
responseTemplateName retrievalConfig routingConfig safetySettings serviceTier speechConfig
startOffset stopSequences systemInstruction thinkingBudget thinkingConfig thinkingLevel
thoughtSignature toolCall toolConfig toolResponse toolType topK topP urlContext videoMetadata
willContinue
"""


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: "_" + found.group().lower(), name)


_TWINS = {name: _snake(name) for name in _CAMEL.split() if _snake(name) != name}


def snake_name(name: str) -> str:
    """The snake_case name of a member that has two names; any other name as it is."""
    return _TWINS.get(name, name)


def snake(members: Members) -> Members:
    """The mapping under snake_case names; where both names stand, both stay."""
    if _TWINS.keys().isdisjoint(members):
        return members
    renamed = {
        twin if (twin := _TWINS.get(name, name)) not in members else name: value
        for name, value in members.items()
    }
    return members if renamed.keys() == members.keys() else derived(renamed, members)
