// The environment of a developer's machine, also where the tests run in CI: there nothing would be recorded.
import { ciVariables } from '../../src/core/data.mjs';

for (const { name } of ciVariables.variables) delete process.env[name];
