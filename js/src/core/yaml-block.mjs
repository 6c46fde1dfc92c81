// Literal block scalars.

/** The literal that begins here; its lines are indented by more than `parent`. */
export function blockScalar(source, parent) {
  const { text } = source;
  const line = source.line();
  const header = /\|(?:([1-9])([-+]?)|([-+]?)([1-9]?))(?:[ \t]+#[^\n]*|[ \t]*)(?=\n|$)/y;
  header.lastIndex = source.at;
  const match = header.exec(text);
  if (!match) source.fail();
  source.at += match[0].length + 1;
  const chomp = match[2] || match[3] || '';
  const digit = match[1] || match[4];
  const indent = digit ? Math.max(parent, 0) + Number(digit) : detectIndent(source, parent);
  const content = [];
  for (const { start, value } of linesFrom(source)) {
    const blank = /^ *$/.test(value);
    const mark = /^(---|\.\.\.)([ \t]|$)/.test(value);
    if (!blank && (mark || !value.startsWith(' '.repeat(indent)))) { source.at = start; return done(content); }
    if (/[\u0085\u2028\u2029]/.test(value)) source.fail('yaml.syntax', 'a line separator', start);
    content.push(blank && value.length <= indent ? '' : value.slice(indent));
  }
  source.at = text.length;
  return done(content);

  function done(all) {
    while (all.length && all.at(-1) === '') {
      if (chomp === '+') break;
      all.pop();
    }
    const ended = chomp !== '-' && all.length && source.text[source.at - 1] === '\n';
    return { line, text: all.join('\n') + (ended ? '\n' : ''), plain: false };
  }
}

/** The lines from here on, each with its position. The last, if it is empty, is no line. */
function* linesFrom(source) {
  for (let start = source.at; start < source.text.length;) {
    const end = source.text.indexOf('\n', start);
    const stop = end < 0 ? source.text.length : end;
    yield { start, value: source.text.slice(start, stop) };
    start = stop + 1;
  }
}

function detectIndent(source, parent) {
  let widest = 0;
  for (const { start, value } of linesFrom(source)) {
    const spaces = /^ */.exec(value)[0].length;
    if (spaces === value.length) { widest = Math.max(widest, spaces); continue; }
    const indent = Math.max(spaces, parent + 1);
    if (widest > indent && spaces > parent) source.fail('yaml.syntax', 'a blank line with more spaces', start);
    return indent;
  }
  return Math.max(widest, parent + 1);
}
