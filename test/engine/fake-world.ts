import type { Answer, HttpAnswer, ShownSettings } from '../../src/core/answer.ts';
import type { LedgerEntry } from '../../src/core/ledger-entry.ts';
import type { PlanEntry } from '../../src/core/plan.ts';
import { execute } from '../../src/engine/executor.ts';
import { createStop, type ExecutorEvent, type Stop } from '../../src/engine/ports.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

export const PROFILE = 'dd50eba1-a0c0-4563-9925-b25e842a7cb6';

/** A plan entry that moves a number to PROFILE. */
export function entry(row: number, more: Partial<PlanEntry> = {}): PlanEntry {
  return {
    row,
    line: row + 1,
    id: `n${row}`,
    phoneNumber: '',
    action: 'change',
    reason: '',
    profileBefore: '',
    profileTarget: PROFILE,
    productBefore: '',
    productTarget: '',
    note: '',
    ...more,
  };
}

const NO_WAIT = { retryAfter: null, rateLimitReset: null, rateLimitRemaining: null, date: null };

/** An answer with a status and an error envelope; `wait` sets headers. */
export function http(status: number, code = '', wait: Partial<HttpAnswer['wait']> = {}): HttpAnswer {
  const errors = code === '' ? [] : [{ code, title: `title ${code}`, detail: `detail ${code}`, pointer: '' }];
  return {
    kind: 'http',
    status,
    body: { kind: 'errors', errors },
    wait: { ...NO_WAIT, ...wait },
    requestId: `r-${status}`,
    durationMs: 5,
  };
}

/** A 200 that shows settings; by default that the number is on PROFILE. */
export function ok(
  settings: ShownSettings = { profile: PROFILE, product: 'A2P' },
  wait: Partial<HttpAnswer['wait']> = {},
): HttpAnswer {
  return { ...http(200), body: { kind: 'settings', settings }, wait: { ...NO_WAIT, ...wait } };
}

/** A failure of the network. */
export function network(code: string, sent: boolean): Answer {
  return { kind: 'network', code, message: `failed with ${code}`, sent, durationMs: 5 };
}

export type Sent = { row: number; at: number };

export type World = {
  clock: VirtualClock;
  stop: Stop;
  sent: Sent[];
  ledger: LedgerEntry[];
  events: ExecutorEvent[];
  outcomes: () => Map<number, Extract<LedgerEntry, { type: 'outcome' }>>;
  run: (rows: number | PlanEntry[], settings?: Partial<Parameters<typeof execute>[2]>) => ReturnType<typeof execute>;
};

/**
 * An executor in a world of its own. `answer` is asked for each request: the row, how often this row was sent before,
 * and the time; it may be asynchronous. Answers take 5 ms.
 */
export function world(
  answer: (row: number, before: number, now: number) => Answer | Promise<Answer>,
  record?: (entry: LedgerEntry) => Promise<void>,
): World {
  const clock = virtualClock();
  const stop = createStop();
  const sent: Sent[] = [];
  const ledger: LedgerEntry[] = [];
  const events: ExecutorEvent[] = [];
  const times = new Map<number, number>();
  return {
    clock,
    stop,
    sent,
    ledger,
    events,
    outcomes: () => new Map(ledger.flatMap((line) => (line.type === 'outcome' ? [[line.row, line] as const] : []))),
    run(rows, settings = {}) {
      const entries = typeof rows === 'number' ? Array.from({ length: rows }, (_, at) => entry(at + 1)) : rows;
      const ports = {
        clock,
        async send({ row }: PlanEntry, onLeft: () => void) {
          sent.push({ row, at: clock.now() });
          onLeft();
          const before = times.get(row) ?? 0;
          times.set(row, before + 1);
          await clock.sleep(5).done;
          return answer(row, before, clock.now());
        },
        async record(line: LedgerEntry) {
          await record?.(line);
          ledger.push(line);
        },
        tell: (event: ExecutorEvent) => void events.push(event),
      };
      async function* plan() {
        yield* entries;
      }
      const pace = {
        rate: 10,
        concurrency: null,
        max_attempts: 5,
        retry_base: 1000,
        retry_max: 60_000,
        max_server_wait: 900_000,
        ...settings,
      };
      return clock.until(execute(plan(), ports, pace, stop));
    },
  };
}
