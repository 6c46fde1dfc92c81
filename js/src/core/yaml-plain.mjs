// Plain scalars.
import { FLOW_ENDS } from './yaml-source.mjs';

/** A plain scalar; `parent` is the indentation that the lines it goes on in must exceed. */
export function plainScalar(source, { parent, oneLine = false, inFlow = false }) {
  const { text } = source;
  const line = source.line();
  if (!startsPlain(source, inFlow)) source.fail();
  let out = plainRun(source, inFlow);
  while (!oneLine) {
    const back = source.at;
    const breaks = /(?:[ \t]*\n)+/y;
    breaks.lastIndex = back;
    const skipped = breaks.exec(text)?.[0];
    if (skipped === undefined || back + skipped.length >= text.length) break;
    source.at = back + skipped.length;
    source.skipBlanks();
    const ends = source.atLineEnd || source.peek() === '#' || source.isMark('---') || source.isMark('...')
      || (inFlow ? (FLOW_ENDS.includes(source.peek()) || (source.peek() === ':' && source.gap(1)))
        : source.column() <= parent);
    if (ends) { source.at = back; break; }
    const count = skipped.split('\n').length - 1;
    out += (count === 1 ? ' ' : '\n'.repeat(count - 1)) + plainRun(source, inFlow);
    if (!inFlow && source.peek() === ':') source.fail();
  }
  return { line, text: out, plain: true };
}

function startsPlain(source, inFlow) {
  const c = source.peek();
  if ('-?:'.includes(c)) return !source.gap(1) && !(inFlow && FLOW_ENDS.includes(source.peek(1)));
  return c !== '' && !',[]{}#&*!|>\'"%@`'.includes(c);
}

/** The part of a plain scalar that stands on this line. */
function plainRun(source, inFlow) {
  const start = source.at;
  let end = start;
  for (; source.at < source.text.length; source.at++) {
    const c = source.peek();
    if (c === '\n') break;
    if (c === ':' && (source.gap(1) || (inFlow && FLOW_ENDS.includes(source.peek(1))))) break;
    if (c === '#' && /[ \t]/.test(source.text[source.at - 1])) break;
    if (inFlow && FLOW_ENDS.includes(c)) break;
    if (c >= '\u0085' && /[\u0085\u2028\u2029]/.test(c)) source.fail();
    if (c !== ' ' && c !== '\t') end = source.at + 1;
  }
  source.at = end;
  return source.text.slice(start, end);
}
