import type { Context } from '../app/context.ts';
import { UsageError } from '../app/errors.ts';
import { print } from '../app/output.ts';
import { onEndSignals } from '../app/signals.ts';
import { parseDuration } from '../core/text/duration.ts';
import { quoted } from '../core/text/text.ts';
import { exampleIds, NOT_IMITATED, parseEdit, parseFault, startSandbox } from '../sandbox/server.ts';

/** The flags of `sandbox`, as typed. */
export type SandboxFlags = Record<string, string | boolean | string[] | undefined>;

/** The flags of `sandbox` for the help: name, placeholder, text. */
export const SANDBOX_FLAGS = [
  { name: 'port', value: 'N', text: 'port on 127.0.0.1 (default 4010; 0: any free port)' },
  { name: 'numbers', value: 'N', text: 'phone numbers in the account (default 1000)' },
  { name: 'profiles', value: 'N', text: 'messaging profiles in the account (default 3)' },
  { name: 'rate-limit', value: 'N', text: 'requests allowed in a window; further ones get 429 (default: no limit)' },
  { name: 'rate-window', value: 'DURATION', text: 'the sliding window of --rate-limit (default 1s)' },
  { name: 'latency', value: 'DURATION', text: 'delay before every answer (default 0)' },
  { name: 'seed', value: 'N', text: 'selects which requests get a fault with a probability (default 1)' },
  { name: 'key', value: 'KEY', text: 'the only accepted key; use a made-up one (default: any key)' },
  { name: 'fault', value: 'FAULT', text: 'KIND=0.05, KIND@ID, KIND@ID*2 or KIND*3 (repeatable)', repeatable: true },
  { name: 'read-fault', value: 'FAULT', text: 'the same for reads instead of writes (repeatable)', repeatable: true },
  {
    name: 'edit',
    value: 'EDIT',
    text: 'N:ID=PROFILE_UUID, N:ID=UNASSIGN, N:ID=PRODUCT or N:ID=REMOVE: change that number, as another client would, just before request N is answered (repeatable)',
    repeatable: true,
  },
  { name: 'revoke-after', value: 'N', text: 'after N answers, answer 401 as if the key had been revoked' },
  { name: 'quote-key', text: 'quote the key in error details, as careless servers do', boolean: true },
] as const;

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

/** Runs `sandbox`: a local imitation of the API, until a signal ends it. Returns exit code 0. */
export async function sandboxCommand(flags: SandboxFlags, context: Context): Promise<number> {
  const port = whole(flags, 'port', 65535) ?? 4010;
  const options = {
    port,
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
  const sandbox = await startSandbox(options).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw new UsageError(`Could not listen on 127.0.0.1:${port} (${error.code}). Choose another port with --port.`);
  });
  const state = sandbox.snapshot();
  const [id = 'ID'] = exampleIds(state, 1);
  const lines = [
    `The sandbox of the messaging API is at ${sandbox.url}`,
    '',
    'It does not imitate:',
    ...NOT_IMITATED.map((text) => `  - ${text}`),
    '',
    'Try it:',
    `  curl -H 'Authorization: Bearer any' ${sandbox.url}/phone_numbers/${id}/messaging`,
    '',
    'Run against it:',
    `  TELNYX_API_KEY=any ${context.program} apply INPUT.csv --base-url ${sandbox.url}`,
    '',
    'Received requests: GET /_sandbox/requests. State: GET /_sandbox/state.',
    'Edit a number as another client: POST /_sandbox/edit. Press Ctrl-C to stop.',
    '',
  ];
  print(context.stdout, lines.join('\n'));
  await new Promise<void>((resolve) => {
    // A second signal ends the process at once.
    const remove = onEndSignals(context, () => {
      remove();
      resolve();
    });
  });
  await sandbox.close();
  return 0;
}
