import type { Answer, HttpAnswer, ShownSettings } from '../../../src/core/api/response.ts';
import { UNASSIGN } from '../../../src/core/input/target.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { type Contact, createContact } from '../../../src/engine/contact.ts';
import type { ExecutorEvent, Operation, Ports, Task } from '../../../src/engine/ports.ts';
import { execute } from '../../../src/engine/sending/executor.ts';
import { createControl, steerControl } from '../../../src/engine/sending/pipeline.ts';
import type { ExecuteOptions, Limits } from '../../../src/engine/sending/session.ts';
import { createStop, type Stop } from '../../../src/engine/stop.ts';
import { makeEntry, PHONE } from '../make.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

export const PROFILE = 'dd50eba1-a0c0-4563-9925-b25e842a7cb6';

/** A plan entry that moves a number to PROFILE. */
export function entry(row: number, more: Partial<PlanEntry> = {}): PlanEntry {
  return makeEntry({ row, line: row + 1, id: `n${row}`, profileTarget: PROFILE, ...more });
}

const NO_WAIT = { retryAfter: null, rateLimit: null, rateLimitReset: null, rateLimitRemaining: null, date: null };

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
  // An answer that names no number is not believed.
  const named = { phoneNumber: PHONE, ...settings };
  return { ...http(200), body: { kind: 'settings', settings: named }, wait: { ...NO_WAIT, ...wait } };
}

/** A failure of the network. */
export function network(code: string, sent: boolean): Answer {
  return { kind: 'network', code, message: `failed with ${code}`, sent, durationMs: 5 };
}

const LANDED = new WeakSet<Answer>();

/** The answer to a write that has happened, although the answer does not show it. */
export function landed(answer: Answer): Answer {
  const marked = { ...answer };
  LANDED.add(marked);
  return marked;
}

/** What a number has before it is written: no profile if the plan does not say. */
function settingsBefore({ profileBefore, productBefore }: PlanEntry): ShownSettings {
  const profile = profileBefore === '' || profileBefore === UNASSIGN ? null : profileBefore;
  return { profile, product: productBefore === '' ? 'A2P' : productBefore };
}

/** What a number has when the write of its entry has happened. */
function settingsAfter(one: PlanEntry): ShownSettings {
  const { profileTarget, productTarget } = one;
  return {
    ...settingsBefore(one),
    ...(profileTarget === '' ? {} : { profile: profileTarget === UNASSIGN ? null : profileTarget }),
    ...(productTarget === '' ? {} : { product: productTarget }),
  };
}

type AnswerTo = (row: number, before: number, now: number, operation: Operation) => Answer | Promise<Answer>;

/** Whether a write that was answered in this way may have happened. */
export function mayHaveLanded(answer: Answer): boolean {
  if (answer.kind === 'network') return answer.sent;
  return answer.status >= 500 || answer.status === 408 || (answer.status < 300 && answer.body.kind === 'unreadable');
}

/** Whether a read that was answered in this way is not repeated. */
export function decides(answer: Answer): boolean {
  if (answer.kind === 'network' || answer.status >= 500) return false;
  return answer.status < 300 ? answer.body.kind !== 'unreadable' : ![401, 408, 425, 429].includes(answer.status);
}

/** Answers writes only: reads show what the number has. */
export function toWrites(answer: AnswerTo): AnswerTo {
  return (row, before, now, operation) => (operation === 'read' ? ok() : answer(row, before, now, operation));
}

export type Sent = { row: number; at: number; operation: Operation };

type Settings = Limits;
type Earlier = ExecuteOptions['earlier'];

export type World = {
  clock: VirtualClock;
  stop: Stop;
  /** All requests that were sent, including reads. */
  sent: Sent[];
  ledger: LedgerEntry[];
  events: ExecutorEvent[];
  outcomes: () => Map<number, Extract<LedgerEntry, { type: 'outcome' }>>;
  /** The entries of the ledger about one row, in short. */
  linesOf: (row: number) => string[];
  run: (
    rows: number | (PlanEntry | Task)[] | AsyncIterable<Task>,
    settings?: Partial<Settings> & Pick<ExecuteOptions, 'proofRows' | 'steering'> & Pick<Ports, 'untilMayLeave'>,
    earlier?: Earlier,
    contact?: Contact,
  ) => ReturnType<typeof execute>;
};

const BASE_URL = 'https://api.example.com/v2';

/** What is known of an API that has answered before. */
export function answeredContact(): Contact {
  const contact = createContact(BASE_URL);
  contact.observe(ok(), { admittedAt: 0, now: 0, isRead: true, isAboutNumber: true });
  return contact;
}

/** Limits that never stop a run, for tests about something else. */
export const UNGUARDED = { max_failures: { value: 100, percent: true }, max_same_error: 1_000_000 } as const;

/** The settings of a run, with some changed. */
export function settings(more: Partial<Settings> = {}): Settings {
  return {
    rate: 10,
    reserve: 20,
    concurrency: null,
    base_url: BASE_URL,
    max_attempts: 5,
    retry_base: 1000,
    retry_max: 60_000,
    max_server_wait: 900_000,
    outage_patience: 300_000,
    stop_after: null,
    force: false,
    ...UNGUARDED,
    ...more,
  };
}

/** A row to process; by default one that was never sent. */
export function task(row: number, more: Partial<Task> = {}): Task {
  return { entry: entry(row), first: 'send', attempts: 0, ...more };
}

/** A list made from the numbers 1 to `count`. */
export function rows<T>(count: number, make: (row: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at + 1));
}

/**
 * An executor with a fake API. `answer` is called for each request with the row, how many requests of this operation
 * the row had before, the time and the operation. Answers take 5 ms. A write takes effect if its answer shows settings
 * or has `landed`. A read that `answer` answers with settings shows what has taken effect instead; `read` may answer
 * for it (null: it does not). A run fails if a write is repeated after one that may have happened, without an answered
 * read in between. Rows are not read back after a 200, unless `proofRows` says how many.
 */
export function world(
  answer: AnswerTo,
  record?: (entry: LedgerEntry) => Promise<void>,
  read?: (row: number, before: number, now: number) => Answer | Promise<Answer> | null,
): World {
  const clock = virtualClock();
  const stop = createStop();
  const sent: Sent[] = [];
  const ledger: LedgerEntry[] = [];
  const events: ExecutorEvent[] = [];
  const times = new Map<string, number>();
  const shown = new Map<number, ShownSettings>();
  /** `owed`: rows whose write may have happened, and has not been read; `unread`: those that were written again. */
  const owed = new Set<number>();
  const unread: number[] = [];

  const requestOf =
    (operation: Operation) =>
    async (one: PlanEntry, onSent: () => void): Promise<Answer> => {
      const { row } = one;
      sent.push({ row, at: clock.now(), operation });
      onSent();
      const before = times.get(`${operation} ${row}`) ?? 0;
      times.set(`${operation} ${row}`, before + 1);
      await clock.sleep(5).done;
      if (operation === 'write') {
        if (owed.has(row)) unread.push(row);
        const given = await answer(row, before, clock.now(), operation);
        if (mayHaveLanded(given)) owed.add(row);
        if (LANDED.has(given)) shown.set(row, settingsAfter(one));
        else if (given.kind === 'http' && given.body.kind === 'settings') shown.set(row, given.body.settings);
        return given;
      }
      let given = (await read?.(row, before, clock.now())) ?? null;
      if (given === null) {
        given = await answer(row, before, clock.now(), operation);
        const settings = shown.get(row) ?? settingsBefore(one);
        if (given.kind === 'http' && given.body.kind === 'settings')
          given = { ...given, body: { kind: 'settings', settings } };
      }
      if (decides(given)) owed.delete(row);
      return given;
    };

  return {
    clock,
    stop,
    sent,
    ledger,
    events,
    outcomes: () => new Map(ledger.flatMap((line) => (line.type === 'outcome' ? [[line.row, line] as const] : []))),
    linesOf: (row) =>
      ledger.flatMap((line) => {
        if (!('row' in line) || line.row !== row) return [];
        if (line.type === 'intent') return ['intent'];
        if (line.type === 'outcome') return [`${line.status} ${line.attempts}`];
        if (line.type !== 'put_back') return [line.type];
        return [`put_back ${line.ambiguous ? 'ambiguous' : 'clear'} ${line.attempts}`];
      }),
    run(
      given,
      { proofRows = 0, untilMayLeave, steering, ...more } = {},
      earlier = { ended: 0, permanent: 0 },
      contact = answeredContact(),
    ) {
      const limits = steering?.live(settings(more)) ?? settings(more);
      const ports = {
        clock,
        send: requestOf('write'),
        read: requestOf('read'),
        async record(line: LedgerEntry) {
          await record?.(line);
          ledger.push(line);
        },
        onEvent: (event: ExecutorEvent) => void events.push(event),
        untilMayLeave,
      };
      async function* tasks(): AsyncGenerator<Task> {
        const listed = typeof given === 'number' ? rows(given, (row) => entry(row)) : given;
        for await (const one of listed) yield 'entry' in one ? one : { entry: one, first: 'send', attempts: 0 };
      }
      const control = createControl(limits);
      if (steering !== undefined) steerControl(control, steering, limits);
      const shared = { control, stop, steering, earlier, contact, proofRows };
      const running = execute({ tasks, ports, limits, ...shared });
      const checked = running.finally(() => {
        if (unread.length > 0) throw new Error(`written again without a read: rows ${unread.join(', ')}`);
      });
      return clock.until(checked);
    },
  };
}
