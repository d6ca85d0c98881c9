import { serveSandbox } from '../app/account/serve-sandbox.ts';
import type { Context } from '../app/context.ts';
import { UsageError } from '../app/errors.ts';
import { parseDuration } from '../core/text/duration.ts';
import { quoted } from '../core/text/text.ts';
import { parseEdit, parseFault } from '../sandbox/server.ts';
import type { SandboxFlags } from './sandbox-flags.ts';

const DEFAULT_PORT = 4010;

function whole(flags: SandboxFlags, name: string, max: number): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^[0-9]{1,9}$/.test(text) || Number(text) > max) {
    throw new UsageError(`--${name} must be a whole number up to ${max} and given once`);
  }
  return Number(text);
}

function duration(flags: SandboxFlags, name: string): number | undefined {
  if (flags[name] === undefined) return undefined;
  const ms = parseDuration(String(flags[name]));
  if (ms === null)
    throw new UsageError(`--${name} must be a duration such as 200ms, not ${quoted(String(flags[name]))}`);
  return ms;
}

/** Parses every value of a repeatable flag. */
function each<T>(flags: SandboxFlags, name: string, parse: (text: string) => T): T[] {
  const given = flags[name];
  const texts = given === undefined ? [] : [given].flat().map(String);
  return texts.map((text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new UsageError(`--${name}: ${(error as Error).message}`);
    }
  });
}

/** `sandbox`: a local imitation of the API, until a signal ends it. */
export async function sandboxCommand(flags: SandboxFlags, context: Context): Promise<number> {
  const options = {
    port: whole(flags, 'port', 65535) ?? DEFAULT_PORT,
    numbers: whole(flags, 'numbers', 5_000_000),
    profiles: whole(flags, 'profiles', 10_000),
    rateLimit: whole(flags, 'rate-limit', 1_000_000),
    seed: whole(flags, 'seed', 999_999_999),
    revokeAfter: whole(flags, 'revoke-after', 999_999_999),
    rateWindowMs: duration(flags, 'rate-window'),
    latencyMs: duration(flags, 'latency'),
    key: typeof flags.key === 'string' ? flags.key : undefined,
    quoteKey: flags['quote-key'] === true,
    faults: each(flags, 'fault', parseFault),
    readFaults: each(flags, 'read-fault', parseFault),
    edits: each(flags, 'edit', parseEdit),
  };
  return serveSandbox(options, context);
}
