// Import this before anything makes a request: vitest `setupFiles`, `node --import promptecho/setup`.
// From here on requests are seen, so that no connection is older than the first cassette.
import { interception } from './intercept/interception.mjs';

interception.start();
