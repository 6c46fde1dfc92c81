// Section 13.11: the names of Gemini that have a snake_case twin.

const NAMES = `
  allowedFunctionNames audioTimestamp cachedContent candidateCount codeExecution codeExecutionResult
  computerUse displayName dynamicRetrievalConfig enableAffectiveDialog enableEnhancedCivicAnswers endOffset
  enterpriseWebSearch executableCode fileData fileSearch fileUri frequencyPenalty functionCall
  functionCallingConfig functionDeclarations functionResponse generationConfig googleMaps googleSearch
  googleSearchRetrieval imageConfig includeServerSideToolInvocations includeThoughts inlineData
  maxOutputTokens mcpServers mediaResolution mimeType modelArmorConfig modelSelectionConfig
  parametersJsonSchema partialArgs presencePenalty promptTemplateName responseJsonSchema responseLogprobs
  responseMimeType responseModalities responseSchema responseTemplateName retrievalConfig routingConfig
  safetySettings serviceTier speechConfig startOffset stopSequences systemInstruction thinkingBudget
  thinkingConfig thinkingLevel thoughtSignature toolCall toolConfig toolResponse toolType topK topP urlContext
  videoMetadata willContinue
`.trim().split(/\s+/);

const SNAKE = new Map(NAMES.map((name) => [name, name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)]));

/** The snake_case name of a name of the list, or undefined. */
export const snakeName = (name) => SNAKE.get(name);

/** An object under its snake names; a member whose snake_case name is there too stays as it is. */
export const snakeNames = (map) =>
  new Map([...map].map(([name, value]) => [isRenamed(map, name) ? SNAKE.get(name) : name, value]));

/** Whether snake names would change an object. */
export const hasOtherNames = (map) => [...map.keys()].some((name) => isRenamed(map, name));

const isRenamed = (map, name) => SNAKE.has(name) && !map.has(SNAKE.get(name));
