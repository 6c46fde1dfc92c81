// Reads YAML texts with the library that the first argument names: each line of standard input is a text as JSON, and
// each line of standard output its value. A mapping is {"map": [[name, value], ...]}, since an object of JSON would lose
// the name "__proto__".
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [library, folder] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);

const readers = {
  yaml: () => {
    const { parse } = require('yaml');
    return (text) => parse(text, { mapAsMap: true });
  },
  'js-yaml': () => {
    const { load } = require('js-yaml');
    return (text) => load(text);
  },
};

function tagged(value) {
  if (Array.isArray(value)) return value.map(tagged);
  if (value instanceof Map) return { map: [...value].map(([name, item]) => [name, tagged(item)]) };
  if (value !== null && typeof value === 'object') return { map: Object.entries(value).map(([name, item]) => [name, tagged(item)]) };
  return value;
}

const read = readers[library]();
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { value: tagged(read(JSON.parse(line))) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
