import { readFileSync } from 'node:fs';
import { fileError, UsageError } from '../app/errors.ts';
import type { Command, Flags } from '../app/invocation.ts';
import { serveSandbox } from '../app/rehearsal/serve-sandbox.ts';
import { parseDuration } from '../core/text/duration.ts';
import { quoted } from '../core/text/text.ts';
import {
  parseBulkFault,
  parseEdit,
  parseEndpoint,
  parseFault,
  parseFaultKind,
  parseListCap,
  parseState,
  RETRY_AFTER_FORMS,
  type SandboxState,
} from '../sandbox/server.ts';

const DEFAULT_PORT = 4010;

function whole(flags: Flags, name: string, max: number): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^[0-9]{1,9}$/.test(text) || Number(text) > max) {
    throw new UsageError(`--${name} must be a whole number up to ${max} and given once`);
  }
  return Number(text);
}

function duration(flags: Flags, name: string): number | undefined {
  if (flags[name] === undefined) return undefined;
  const text = String(flags[name]);
  const ms = parseDuration(text);
  if (ms === null) throw new UsageError(`--${name} must be a duration such as 200ms, not ${quoted(text)}`);
  return ms;
}

/** Parses every value of a repeatable flag. */
function each<T>(flags: Flags, name: string, parse: (text: string) => T): T[] {
  return [flags[name] ?? []].flat().map((text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new UsageError(`--${name}: ${(error as Error).message}`);
    }
  });
}

function parseRetryAfter(text: string) {
  const form = RETRY_AFTER_FORMS.find((name) => name === text);
  if (form === undefined) throw new Error(`expected ${RETRY_AFTER_FORMS.join(', ')}, not ${quoted(text)}`);
  return form;
}

/** Reads an account from a file. */
function readState(path: string): SandboxState {
  const state = parseState(textOf(path));
  if (typeof state === 'string') throw new Error(`${quoted(path)} is not the state of a sandbox: ${state}`);
  return state;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(`read the account in ${path}`, error);
  }
}

/** `sandbox`: a local imitation of the API, until a signal ends it. */
export const sandboxCommand: Command = async (_, flags, context) => {
  const options = {
    port: whole(flags, 'port', 65535) ?? DEFAULT_PORT,
    state: each(flags, 'state', readState)[0],
    numbers: whole(flags, 'numbers', 5_000_000),
    profiles: whole(flags, 'profiles', 10_000),
    rateLimit: whole(flags, 'rate-limit', 1_000_000),
    seed: whole(flags, 'seed', 999_999_999),
    revokeAfter: whole(flags, 'revoke-after', 999_999_999),
    rateWindowMs: duration(flags, 'rate-window'),
    retryAfter: each(flags, 'retry-after', parseRetryAfter)[0],
    latencyMs: duration(flags, 'latency'),
    key: typeof flags.key === 'string' ? flags.key : undefined,
    quoteKey: flags['quote-key'] === 'true',
    guideSpelling: flags['guide-spelling'] === 'true',
    faults: each(flags, 'fault', parseFault),
    readFaults: each(flags, 'read-fault', parseFault),
    bulkFaults: each(flags, 'bulk-fault', parseBulkFault),
    everyAnswer: each(flags, 'every-answer', parseFaultKind)[0],
    listCap: each(flags, 'list-cap', parseListCap)[0],
    campaignCap: each(flags, 'campaign-cap', parseListCap)[0],
    listShift: whole(flags, 'list-shift', 999_999_999),
    ignoreFilters: each(flags, 'ignore-filters', parseEndpoint),
    edits: each(flags, 'edit', parseEdit),
  };
  if (options.state !== undefined && (options.numbers ?? options.profiles) !== undefined) {
    throw new UsageError('--state names a whole account: leave out --numbers and --profiles');
  }
  return serveSandbox(options, context);
};
