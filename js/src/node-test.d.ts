import type { TestContext } from 'node:test';
import type { Cassette, CassetteOptions } from './index.js';

/** Opens the cassette of a test, and closes it after the test. `file`: its path, if not `cassettes/FILE/TEST.yaml`. */
export function cassette(t: TestContext, options?: CassetteOptions & { file?: string }): Cassette;
