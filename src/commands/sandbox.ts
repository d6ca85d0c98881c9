import type { Context } from '../app/context.ts';
import { UsageError } from '../app/errors.ts';
import { print } from '../app/output.ts';
import { onEndSignals } from '../app/signals.ts';
import { parseDuration } from '../core/text/duration.ts';
import { quoted } from '../core/text/text.ts';
import { exampleIds, NOT_IMITATED, parseEdit, parseFault, startSandbox } from '../sandbox/server.ts';

/** The flags of `sandbox`, as they were typed. */
export type SandboxFlags = Record<string, string | boolean | string[] | undefined>;

/** The flags of `sandbox` for the help: name, placeholder, text. */
export const SANDBOX_FLAGS = [
  { name: 'port', value: 'N', text: 'the port on 127.0.0.1 (default 4010; 0: any free one)' },
  { name: 'numbers', value: 'N', text: 'phone numbers in the account (default 1000)' },
  { name: 'profiles', value: 'N', text: 'messaging profiles in the account (default 3)' },
  { name: 'rate-limit', value: 'N', text: 'requests allowed in a window; more answer 429 (default: no limit)' },
  { name: 'rate-window', value: 'DURATION', text: 'the window of --rate-limit, which slides (default 1s)' },
  { name: 'latency', value: 'DURATION', text: 'waited before every answer (default 0)' },
  { name: 'seed', value: 'N', text: 'decides which requests a fault with a probability hits (default 1)' },
  { name: 'key', value: 'KEY', text: 'the only key accepted; a made-up one (default: any)' },
  { name: 'fault', value: 'FAULT', text: 'KIND=0.05, KIND@ID, KIND@ID*2 or KIND*3 (repeatable)', repeatable: true },
  { name: 'read-fault', value: 'FAULT', text: 'the same for reads instead of writes (repeatable)', repeatable: true },
  {
    name: 'edit',
    value: 'EDIT',
    text: 'N:ID=PROFILE_UUID, N:ID=UNASSIGN, N:ID=PRODUCT or N:ID=REMOVE: what somebody else does to that number just before request N is answered (repeatable)',
    repeatable: true,
  },
  { name: 'revoke-after', value: 'N', text: 'answer 401 from then on, as if the key had been revoked' },
  { name: 'quote-key', text: 'quote the key in error details, as careless servers do', boolean: true },
] as const;

function whole(flags: SandboxFlags, name: string, max: number): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^[0-9]{1,9}$/.test(text) || Number(text) > max) {
    throw new UsageError(`--${name} must be a whole number up to ${max}, given once`);
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

/** Every value of a flag that may be repeated, as `parse` reads it. */
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

/** `sandbox`: a stand-in for the API on this machine, until it is stopped. Gives exit 0. */
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
    throw new UsageError(`cannot listen on 127.0.0.1:${port} (${error.code}); choose another with --port`);
  });
  const state = sandbox.snapshot();
  const [id = 'ID'] = exampleIds(state, 1);
  const lines = [
    `A stand-in for the messaging API is at ${sandbox.url}`,
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
    'What it received: GET /_sandbox/requests. Its state: GET /_sandbox/state.',
    "Somebody else's edit of a number: POST /_sandbox/edit. Ctrl-C ends it.",
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
