/** What is done with a request that no recording answers: `docs/` of the project has a table. */
export type Mode = 'once' | 'none' | 'new_episodes' | 'all';

/** The options of a cassette. Lists of names are added to those of the specification. */
export interface CassetteOptions {
  /** By default `once`; in a test run in CI `none`. The environment variable `PROMPTECHO_MODE` overrides it. */
  mode?: Mode;
  matchOn?: readonly string[];
  matchHost?: boolean;
  matchHeaders?: readonly string[];
  redactQuery?: readonly string[];
  ignoreQuery?: readonly string[];
  keepQuery?: readonly string[];
  redactMembers?: readonly string[];
  keepMembers?: readonly string[];
  redactPatterns?: readonly string[];
  redactHeaders?: readonly string[];
  keepHeaders?: readonly string[];
  /** Hosts whose requests go to the network and are not recorded. */
  passthrough?: readonly string[];
  onRecordError?: 'warn' | 'raise' | 'record';
  onDrift?: 'warn' | 'ignore' | 'raise';
  onExhausted?: 'repeat' | 'miss';
  onSecret?: 'redact' | 'warn' | 'raise';
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A recording, redacted. */
export interface Interaction {
  request: { method: string; url: string; matchKey: string; matchedOn: string[]; body: { [name: string]: Json } };
  response?: { status: number; headers: { [name: string]: string[] } };
  failure?: string;
}

export interface SentRequest {
  method: string;
  url: string;
  body: string;
}

/** An open cassette. */
export interface Cassette extends AsyncDisposable {
  readonly name: string;
  readonly mode: Mode;
  readonly isClosed: boolean;
  /** Recordings that answered a request, in order; a repeated one is listed again. */
  readonly played: Interaction[];
  /** What this session recorded, in the order in which the requests started. */
  readonly recorded: Interaction[];
  /** Recordings of the file that have not been played. */
  readonly unplayed: Interaction[];
  /** The requests as they were sent, with their secrets: for assertions, not for files. */
  readonly sent: SentRequest[];
  readonly missed: CassetteMiss[];
  readonly summary: string;
  /**
   * Saves and closes. Throws the first miss again.
   * `failed`: the code under test ended with an error, so what is recorded is incomplete; `cause`: that error.
   */
  close(how?: { failed?: boolean; cause?: unknown }): Promise<void>;
}

export interface Difference {
  path: string;
  recorded?: unknown;
  incoming?: unknown;
}

/** No recording answers a request, and the mode does not allow a live call. */
export class CassetteMiss extends Error {
  readonly cassette: string;
  readonly mode: Mode;
  readonly method: string;
  readonly url: string;
  readonly reason: 'no-file' | 'empty' | 'drift' | 'all-played' | 'stale-key' | 'no-endpoint' | 'stream-intent' | 'nearest';
  /** The number of the nearest recording, from 1. */
  readonly nearest: number | null;
  readonly differences: Difference[];
}

/** A file, an option or a recording that cannot be used; `code` is one of section 17 of the specification. */
export class PromptechoError extends Error {
  readonly code: string;
  readonly line?: number;
  readonly file?: string;
}

/** A live answer that was not recorded, since `onRecordError` is `raise`. */
export class RecordingRefused extends Error {
  readonly status: number | string;
}

/** Runs a block with a cassette open, and returns what the block returns. */
export function useCassette<T>(file: string, block: (cassette: Cassette) => T | Promise<T>): Promise<T>;
export function useCassette<T>(
  file: string, options: CassetteOptions | undefined, block: (cassette: Cassette) => T | Promise<T>,
): Promise<T>;

/** Opens a cassette. Close it with `close`, or declare it with `await using`. */
export function openCassette(file: string, options?: CassetteOptions): Cassette;

/** Options that several cassettes share. */
export class Recorder {
  constructor(options?: CassetteOptions & { folder?: string });
  open(name: string, options?: CassetteOptions): Cassette;
}

export interface Matching {
  headers?: readonly (readonly [string, string])[];
  matchOn?: readonly string[];
}

/** The `match_key` of a request: 16 hexadecimal digits. */
export function fingerprint(method: string, url: string, body: string | Uint8Array | object, matching?: Matching): string;

/** The canonical body of a request, as it is stored. */
export function normalize(
  method: string, url: string, body: string | Uint8Array | object, matching?: Matching,
): { [name: string]: Json };
