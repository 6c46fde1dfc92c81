import type { TestAPI } from 'vitest';
import type { Cassette, CassetteOptions } from './index.js';

/** `test` of vitest with the fixture `cassette`. */
export const test: TestAPI<{ cassette: Cassette; cassetteOptions: CassetteOptions & { file?: string } }>;
