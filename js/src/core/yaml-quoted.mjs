// Quoted scalars.

const ESCAPES = {
  0: '\0', a: '\x07', b: '\b', t: '\t', '\t': '\t', n: '\n', v: '\v', f: '\f', r: '\r', e: '\x1b', ' ': ' ', '"': '"',
  '/': '/', '\\': '\\', N: '\x85', _: '\xa0', L: '\u2028', P: '\u2029',
};
/** What means itself in both kinds of quotes. */
const RUN = /[^'"\\\n]+/y;
const DIGITS = { x: 2, u: 4, U: 8 };

/** The quoted scalar that begins here; `parent` is undefined for one that must end on its line. */
export function quotedScalar(source, parent) {
  const line = source.line();
  const quote = source.peek();
  let out = '';
  for (source.at++; ;) {
    RUN.lastIndex = source.at;
    const run = RUN.exec(source.text)?.[0] ?? '';
    out += run;
    source.at += run.length;
    const c = source.peek();
    if (c === '') source.fail();
    if (c === quote && quote === "'" && source.peek(1) === "'") { out += "'"; source.at += 2; }
    else if (c === quote) break;
    else if (c === '\\' && quote === '"') out = source.peek(1) === '\n' ? joinLine(source, out) : out + escape(source);
    else if (c === '\n') {
      if (parent === undefined) return undefined;
      out = fold(source, out, parent);
    } else { out += c; source.at++; }
  }
  source.at++;
  return { line, text: out, plain: false };
}

function escape(source) {
  const letter = source.peek(1);
  const digits = DIGITS[letter];
  if (!digits) {
    if (!Object.hasOwn(ESCAPES, letter)) source.fail();
    source.at += 2;
    return ESCAPES[letter];
  }
  const hex = source.text.slice(source.at + 2, source.at + 2 + digits);
  const code = /^[0-9A-Fa-f]+$/.test(hex) && hex.length === digits ? parseInt(hex, 16) : Infinity;
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) source.fail();
  source.at += 2 + digits;
  return String.fromCodePoint(code);
}

/** A line break: blanks around it go, one is a space, of more all but the first are kept. */
function fold(source, before, parent) {
  let breaks = 0;
  while (source.peek() === '\n') {
    breaks++;
    source.at++;
    if (source.isMark('---') || source.isMark('...')) source.fail();
    source.skipBlanks();
  }
  if (source.peek() !== '' && source.column() <= parent) source.fail();
  return before.replace(/[ \t]+$/, '') + (breaks === 1 ? ' ' : '\n'.repeat(breaks - 1));
}

/** A break behind a backslash is no break; blanks before it stay. */
function joinLine(source, before) {
  source.at += 2;
  source.skipBlanks();
  if (source.peek() !== '\n') return before;
  let out = before;
  while (source.peek() === '\n') { out += '\n'; source.at++; source.skipBlanks(); }
  return out;
}
