import * as z from 'zod';
import { RUN_ID } from '../run/manifest.ts';

/** The version of what is in Redis. A worker of another one leaves a run alone. */
export const PROTOCOL = 1;

const PREFIX = `telnyx-reassign:${PROTOCOL}`;

/** Sorted set of the accounts that have runs to carry out, of any protocol. */
export const waitingKey = (protocol: number): string => `telnyx-reassign:${protocol}:waiting`;

/** The queue of an account, as BullMQ names it below its prefix. */
export const RUNS_QUEUE = 'runs';

/** Keys that belong to no account. */
export const KEYS = {
  /** Set of the protocol versions in use. */
  protocols: 'telnyx-reassign:protocols',
  /** Hash: account to JSON `{base_url}`. */
  accounts: `${PREFIX}:accounts`,
  waiting: waitingKey(PROTOCOL),
  /** Hash: worker id to WorkerRecord. */
  workers: `${PREFIX}:workers`,
} as const;

/** A run in Redis. `account`: the hash of the base URL and the key; `handover`: its id. */
export type HandoverRef = { account: string; handover: string };

/** The tag of an account: all its keys are on the same node of a cluster. */
const accountTag = (account: string): string => `{telnyx-reassign:${account}}`;

/** What the keys of its runs begin with. It is the prefix of BullMQ too. */
export const runsPrefix = (account: string): string => `${accountTag(account)}:${PROTOCOL}`;

/** The lease is the same in every protocol: workers of two of them must not send for one key at the same time. */
export const leaseKey = (account: string): string => `${accountTag(account)}:lease`;

/** The keys of a run that was handed over. */
export function runKeys({ account, handover }: HandoverRef) {
  const run = `${runsPrefix(account)}:run:${handover}`;
  return {
    /** Hash: HandoverRecord. */
    run,
    /** Hash: number of a chunk to its tasks, deflated. */
    tasks: `${run}:tasks`,
    /** Stream of ledger and log lines. */
    ledger: `${run}:ledger`,
    /** List of QueueCommand. */
    commands: `${run}:commands`,
    /** Hash: id of a QueueCommand to its answer. */
    answers: `${run}:answers`,
  };
}

/** The name of an account in Redis, of `keyDigest(sameBaseUrl(baseUrl), key)`. */
export const accountOf = (keyDigest: string): string => keyDigest.slice(0, 32);

/** The first characters of an account, for people. */
export const shortAccount = (account: string): string => account.slice(0, 8);

/** The id of a handover. `random`: 8 hexadecimal digits. */
export const handoverId = (runId: string, random: string): string => `${runId}.${random}`;

const TEXT = z.string();
const COUNT = z.int().min(0);

/** Who holds a lease: `what` is what it does under it. */
const OWNER = z.object({
  what: TEXT,
  host: TEXT,
  pid: COUNT,
  worker: TEXT.optional(),
  run: TEXT.optional(),
});
export type LeaseOwner = z.infer<typeof OWNER>;

/** How a worker ended a run. `stop`: null if every row had its turn. `failure`: the text of an internal error. */
const RUN_END = z.object({
  stop: z.object({ reason: TEXT, detail: TEXT }).nullable(),
  failure: TEXT.nullable(),
  organization_id: TEXT.nullable(),
});
export type RunEnd = z.infer<typeof RUN_END>;

/** `uploading`: its rows are not all in Redis yet. `taken_back`: the submitter has all of its ledger. */
const HANDOVER_STATES = ['uploading', 'waiting', 'sending', 'ended', 'taken_back'] as const;

/** JSON in a field of a hash. */
const json = <T extends z.ZodType>(type: T) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(type);
const number = z
  .string()
  .regex(/^[0-9]{1,15}$/)
  .transform(Number);
/** A field that is '' or missing if there is no value. */
const optional = <T>(type: z.ZodType<T, string>) =>
  z
    .string()
    .optional()
    .transform((text) => (text === '' ? undefined : text))
    .pipe(type.optional())
    .transform((value) => value ?? null);

const HANDOVER = z.object({
  protocol: number,
  run_id: RUN_ID,
  name: TEXT,
  command: TEXT,
  version: TEXT,
  host: TEXT,
  base_url: TEXT,
  /** As typed: what belongs to the run, without secrets. */
  settings: json(z.record(z.string(), z.union([TEXT, z.array(TEXT)]))),
  /** Rows of the input, and rows that were handed over. */
  rows: number,
  total: number,
  /** Rows with an outcome before the handover, and those of them that failed for good. */
  earlier: json(z.object({ ended: COUNT, permanent: COUNT })),
  /** In ms since 1970. */
  finish_at: optional(number),
  state: z.enum(HANDOVER_STATES),
  /** The run of the Redis server that the last owner wrote to. */
  redis_run_id: TEXT.default(''),
  owner: optional(json(OWNER)),
  end: optional(json(RUN_END)),
  handed_at: TEXT,
  /** Who took it back. */
  taken_by: TEXT.default(''),
  /** Shows that a holder of the key has written it. */
  seal: TEXT.default(''),
});
/** A run as Redis knows it. */
export type HandoverRecord = z.infer<typeof HANDOVER>;

/** Returns null for a value that this version cannot read. */
export function readHandover(fields: Record<string, string>): HandoverRecord | null {
  const read = HANDOVER.safeParse(fields);
  return read.success ? read.data : null;
}

/** The fields of a handover as Redis keeps them. */
export function handoverFields(record: Partial<HandoverRecord>): Record<string, string> {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, fieldText(value)]));
}

function fieldText(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const WORKER = z.object({
  id: TEXT,
  host: TEXT,
  pid: COUNT,
  version: TEXT,
  protocol: COUNT,
  /** Accounts whose key it has. */
  accounts: z.array(TEXT),
  active: z.array(z.object({ account: TEXT, run: TEXT, fence: COUNT })),
  /** How many accounts it serves at once. */
  limit: COUNT,
  started_at: TEXT,
  /** In ms since 1970 by the clock of Redis. */
  seen_at: z.number().default(0),
});
export type WorkerRecord = z.infer<typeof WORKER>;

const COMMAND = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stop'), reason: TEXT, detail: TEXT, at: TEXT }),
  z.object({ type: z.literal('abort'), at: TEXT }),
  z.object({ type: z.literal('steer'), words: z.array(TEXT), by: TEXT, at: TEXT, id: TEXT }),
]);
/** The id of a command that the ledger has from before the handover. */
export const FROM_BEFORE = '';
/** What a submitter or an operator asks the worker of a run for. */
export type QueueCommand = z.infer<typeof COMMAND>;

function readJson<T>(type: z.ZodType<T>, text: string): T | null {
  const read = json(type).safeParse(text);
  return read.success ? (read.data as T) : null;
}

/** These return null for what this version cannot read: another one has written it. */
export const readWorker = (text: string): WorkerRecord | null => readJson(WORKER, text);
export const readOwner = (text: string): LeaseOwner | null => readJson(OWNER, text);
export const readCommand = (text: string): QueueCommand | null => readJson(COMMAND, text);

/** The base URL of an account; null if it cannot be read. */
export const readAccount = (text: string): string | null =>
  readJson(z.object({ base_url: TEXT }), text)?.base_url ?? null;
