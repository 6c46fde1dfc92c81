// The adapter of the example port: questions on standard input, answers on standard output (PROTOCOL.md).
import { createInterface } from 'node:readline';
import { lackingOf } from '../../js/src/core/codings.mjs';
import { PromptechoError } from '../../js/src/core/errors.mjs';
import { OPERATIONS } from '../../js/src/core/operations.mjs';

const HELLO = {
  name: 'promptecho-js-example',
  version: '0.1',
  language: `JavaScript (Node ${process.versions.node})`,
  protocol: 1,
  formats: ['2.0', '2.1'],
  classes: ['reader', 'matcher', 'writer', 'recorder'],
  modules: ['aws-eventstream', 'files-2.0', 'origins', 'digest', ...['br', 'zstd'].filter((coding) => !lackingOf([coding]))],
  ops: Object.keys(OPERATIONS),
};

function answer({ op, id, given }) {
  if (op === 'hello') return HELLO;
  try {
    return { id, ok: OPERATIONS[op](given) };
  } catch (error) {
    if (!(error instanceof PromptechoError)) throw error;
    const at = error.line === undefined ? {} : { at: { line: error.line } };
    return { id, error: { code: error.code, message: error.message, ...at } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
