// Section 17: a file, an option or a recording that cannot be used.

export class PromptechoError extends Error {
  constructor(code, message = code, line = undefined) {
    super(message);
    this.code = code;
    this.line = line;
  }
}
