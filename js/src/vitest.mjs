// `test` of vitest with the fixture `cassette`; options by `test.extend({ cassetteOptions: { mode: 'none' } })`.
import { test as base } from 'vitest';
import { OpenCassette } from './recorder/open-cassette.mjs';
import { cassetteOf, claim } from './recorder/test-names.mjs';

const nameOf = (task) => (task.suite?.name ? `${nameOf(task.suite)} ${task.name}` : task.name);

export const test = base.extend({
  cassetteOptions: [{}, { injected: false }],
  cassette: async ({ task, cassetteOptions }, use) => {
    const name = nameOf(task);
    const { file = cassetteOf(task.file.filepath, name), ...options } = cassetteOptions;
    const opened = new OpenCassette(claim(file, name), options);
    await use(opened);
    await opened.close({ failed: task.result?.state === 'fail' });
  },
});
