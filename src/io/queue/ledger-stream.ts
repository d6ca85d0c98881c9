import type { LedgerEntry } from '../../core/ledger/entry.ts';
import { type HandoverRef, leaseKey, type RunEnd, runKeys } from '../../core/queue/protocol.ts';
import type { Queue } from '../redis/connection.ts';
import { redisScript } from '../redis/script.ts';

/** `lease`: another owner has it, or it was returned. `gone`: Redis does not know the run, or part of it, any more. */
export class LeaseLost extends Error {
  readonly why: 'lease' | 'gone';

  constructor(why: LeaseLost['why']) {
    super(
      why === 'lease' ? 'the lease of the account is lost' : 'Redis has forgotten the run, or the last lines of it',
    );
    this.why = why;
  }
}

/** A line of the log of a run. */
export type LogLine = { level: string; event: string; text: string; fields: Record<string, unknown> };

const MONTH_MS = 30 * 24 * 3600 * 1000;
/** The most lines of one append. */
const MAX_BATCH = 2000;

/*
 * A token is never used again, so the holder of the lease with it is its only owner, even past its time if no other
 * has taken it. Batches are numbered: one that was sent again is known, and after one that Redis has forgotten none is
 * taken.
 */
const APPEND = redisScript<string>(`
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 'lease' end
local state = redis.call('HGET', KEYS[2], 'state')
if not state or state == 'taken_back' then return 'gone' end
local batch, last = tonumber(ARGV[2]), 0
local token, n = string.match(redis.call('HGET', KEYS[2], 'batch') or '', '^(.*):(%d+)$')
if token == ARGV[1] then last = tonumber(n) end
if batch <= last then return 'ok' end
if batch > last + 1 then return 'gone' end
for i = 4, #ARGV, 2 do redis.call('XADD', KEYS[3], '*', ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[2], 'batch', ARGV[1] .. ':' .. batch)
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], 'end', ARGV[3], 'state', 'ended', 'owner', '') end
for i = 2, #KEYS do redis.call('PEXPIRE', KEYS[i], ${MONTH_MS}) end
return 'ok'
`);

type Waiting = {
  lines: [kind: 'line' | 'log', text: string][];
  end: string;
  resolve: () => void;
  reject: (error: unknown) => void;
};

export type RemoteLedger = ReturnType<typeof openRemoteLedger>;

/** Opens the ledger of a run in Redis for the holder of the lease. Lines that wait share one append. */
export function openRemoteLedger({ redis }: Queue, { account, handover, token }: HandoverRef & { token: string }) {
  const { run, ledger, tasks, commands } = runKeys({ account, handover });
  const keys = [leaseKey(account), run, ledger, tasks, commands];
  const waiting: Waiting[] = [];
  let batchNumber = 0;
  let flushed: Promise<void> | null = null;
  let failure: unknown = null;

  /** Takes what fits into one append. The end of a run is the last line of its batch. */
  function nextBatch(): Waiting[] {
    const end = waiting.findIndex((item, at) => item.end !== '' || at === MAX_BATCH - 1);
    return waiting.splice(0, end < 0 ? waiting.length : end + 1);
  }

  async function append(batch: readonly Waiting[]): Promise<void> {
    if (failure !== null) throw failure;
    batchNumber += 1;
    const lines = batch.flatMap((item) => item.lines.flat());
    const end = batch.at(-1)?.end ?? '';
    const result = await APPEND(redis, keys, [token, batchNumber, end, ...lines]);
    if (result !== 'ok') throw new LeaseLost(result as LeaseLost['why']);
  }

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = nextBatch();
      try {
        await append(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // Nothing may follow lines that are not there.
        failure ??= error;
        for (const { reject } of batch) reject(error);
      }
    }
    flushed = null;
  }

  const add = (lines: Waiting['lines'], end = ''): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ lines, end, resolve, reject });
      flushed ??= flush();
    });

  return {
    /** Resolves when Redis has the entry. Rejects with LeaseLost, and always after that. */
    record: (entry: LedgerEntry): Promise<void> => add([['line', JSON.stringify(entry)]]),
    log: (line: LogLine): Promise<void> => add([['log', JSON.stringify(line)]]),
    /** Appends the last entries, and marks the run as ended, in one step. */
    end: (end: RunEnd, entries: readonly LedgerEntry[] = []): Promise<void> =>
      add(
        entries.map((entry) => ['line', JSON.stringify(entry)]),
        JSON.stringify(end),
      ),
    /** Resolves when nothing is on its way any more. Later lines are refused. */
    async close(): Promise<void> {
      await flushed;
      failure ??= new Error('the ledger is closed');
    },
  };
}
