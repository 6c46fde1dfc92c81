// The lists of the specification [CONF-4].
import { readFileSync } from 'node:fs';

const list = (name) => JSON.parse(readFileSync(new URL(`../../../spec/data/${name}.json`, import.meta.url), 'utf8'));

export const matchOn = list('match-on');
export const volatileNames = new Set(list('volatile').names);
export const canonicalMembers = list('canonical-members');
export const keptQuery = list('query-keep').names;
export const passthroughHosts = list('passthrough').hosts;
export const headerLists = list('headers');
export const redactMembers = list('redact-members');
export const secretPatterns = list('secret-patterns').patterns;
export const envSecrets = list('env-secrets');
export const streamTerminators = list('stream-terminators');
export const reasonPhrases = list('reason-phrases').phrases;
export const contested = list('yaml-contested');
