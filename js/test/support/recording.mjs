// A session of its own: `recording.mjs FILE URL save|ask|wait`. It says what it has done, one word a line.
import '../../src/setup.mjs';
import { openCassette } from '../../src/index.mjs';
import { once } from 'node:events';
import { post } from './upstream.mjs';

const [, , file, url, then] = process.argv;
const cassette = openCassette(file, { mode: 'once' });
await (await post(`${url}/v1/responses`, { model: 'm', input: 'a' })).text();
while (!cassette.recorded.length) await new Promise((resolve) => { setImmediate(resolve); });
console.log('recorded');
if (then !== 'save') await once(process.stdin, 'data');
console.log('saving');
await cassette.close();
console.log('saved');
process.exit();
