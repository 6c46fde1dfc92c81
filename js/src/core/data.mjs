// The lists of the specification [CONF-4].
import { existsSync, readFileSync } from 'node:fs';

// In the package they are in `data`, where `prepack` copies them; in the repository they are in `spec/data`.
const FOLDER = ['../../data/', '../../../spec/data/'].map((path) => new URL(path, import.meta.url)).find(existsSync);

const list = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));

export const matchOn = list('match-on');
export const volatileMembers = list('volatile');
export const contextMembers = list('context-members');
export const chatPaths = list('chat-paths').rows;
export const canonicalMembers = list('canonical-members');
export const queryLists = {
  clear: list('query-keep').names,
  always: list('query-secret').always,
  maybe: list('query-secret').maybe,
  volatile: list('query-volatile'),
};
export const driftHeaders = list('header-drift').headers.map(({ name }) => name);
export const failureKinds = list('failure-kinds').kinds.map(({ kind }) => kind);
export const ciVariables = list('ci-variables');
export const listsVersion = list('lists').version;
export const passthrough = list('passthrough');
export const headerLists = list('headers');
export const redactMembers = list('redact-members');
export const conversationSecrets = list('conversation-secrets');
export const opaqueMembers = list('opaque-members');
export const secretPatterns = list('secret-patterns').patterns;
export const envSecrets = list('env-secrets');
export const streamTerminators = list('stream-terminators');
export const reasonPhrases = list('reason-phrases').phrases;
export const foreign = list('foreign');
export const contested = list('yaml-contested');
