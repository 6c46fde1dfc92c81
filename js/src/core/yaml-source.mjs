// A text that is read from front to back, with its lines.
import { PromptechoError } from './errors.mjs';

const MAX_NESTING = 68;
export const FLOW_ENDS = ',[]{}';

export class Source {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.starts = [0];
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.starts.push(i + 1);
  }

  /** The line, from 1, of a position. */
  line(at = this.at) {
    let low = 0, high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= at) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  column(at = this.at) {
    return at - this.starts[this.line(at) - 1];
  }

  peek(offset = 0) {
    return this.text[this.at + offset] ?? '';
  }

  /** Whether a character that ends a word stands at an offset: white space, a line end, or the end. */
  gap(offset) {
    const c = this.text[this.at + offset];
    return c === undefined || c === ' ' || c === '\t' || c === '\n';
  }

  fail(code = 'yaml.syntax', message = code, at = this.at) {
    throw new PromptechoError(code, message, this.line(at));
  }

  skipBlanks() {
    while (this.peek() === ' ' || this.peek() === '\t') this.at++;
  }

  /** Moves behind blanks and a comment, to the end of the line or to something that stands on it. */
  skipToEndOfLine() {
    const before = this.at;
    this.skipBlanks();
    const free = this.at > before || this.column() === 0 || /[\n[{,]/.test(this.text[this.at - 1]);
    if (this.peek() !== '#' || !free) return;
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  get atLineEnd() {
    return this.at >= this.text.length || this.peek() === '\n';
  }

  /** Moves to the first character of the next line that holds something; a tab is no indentation. */
  skipLines() {
    for (;;) {
      const start = this.at;
      this.skipToEndOfLine();
      if (this.at >= this.text.length) return;
      if (this.peek() !== '\n') {
        if (this.text.slice(start, this.at).includes('\t')) this.fail();
        return;
      }
      this.at++;
    }
  }

  /** Whether `---` or `...` stands here as a mark. */
  isMark(mark) {
    return this.column() === 0 && this.text.startsWith(mark, this.at) && this.gap(3);
  }
}

export function checkDepth(source, depth) {
  if (depth > MAX_NESTING) source.fail('yaml.depth');
}

export function refuseMarks(source) {
  const c = source.peek();
  if (c === '!') source.fail('yaml.tag');
  if (c === '&' || c === '*') source.fail('yaml.anchor');
}
