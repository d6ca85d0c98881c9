import type { NumbersQuery } from '../../../src/core/account/read-strategy.ts';
import type { OrderRequest } from '../../../src/core/api/parse-order.ts';
import type { Answer, ShownOrder, ShownSettings } from '../../../src/core/api/response.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { addToIndex, emptyIndex, hasEndedAs, hasOutcome, ROW_STATE } from '../../../src/core/ledger/replay.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { newOrderState, type OrderOptions } from '../../../src/engine/bulk/bulk.ts';
import { executeOrders } from '../../../src/engine/bulk/executor.ts';
import type { ExecutorEvent, Task } from '../../../src/engine/ports.ts';
import { createControl } from '../../../src/engine/sending/pipeline.ts';
import { type Limits, newSeries } from '../../../src/engine/sending/session.ts';
import { createSteering } from '../../../src/engine/steering.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { makeEntry } from '../make.ts';
import { ordersIn } from '../make-order.ts';
import { answeredContact, http, rows as listOf, settings } from './fake-world.ts';
import { virtualClock } from './virtual-clock.ts';

export const FROM = 'aaaaaaaa-0000-4000-8000-000000000001';
export const TO = 'bbbbbbbb-0000-4000-8000-000000000002';
export const ELSEWHERE = 'cccccccc-0000-4000-8000-000000000003';

/** The phone number of a row. */
export const phoneOf = (row: number) => `+1312${String(5_550_000 + row)}`;

export function bulkEntry(row: number, more: Partial<PlanEntry> = {}): PlanEntry {
  const named = { row, line: row + 1, id: `n${row}`, phoneNumber: phoneOf(row) };
  return makeEntry({ ...named, action: 'change', profileBefore: FROM, profileTarget: TO, ...more });
}

/** A number of the account. `lists`: how it stands in lists, if these lag. */
type FakeNumber = {
  id: string;
  phoneNumber: string;
  profile: string | null;
  product: string;
  tags: string;
  at: number;
};

/** What an order says: the phone numbers of its lists, or an answer. */
export type Said = Partial<ShownOrder> | Answer;

/** `move` moves numbers to the profile of the order, now or `afterMs` later. `n`: the order counts from 1. */
export type FakeOrder = {
  n: number;
  phones: string[];
  path: string;
  move: (phones: readonly string[], afterMs?: number) => void;
};

type Setup = {
  entries?: PlanEntry[];
  limits?: Partial<Limits>;
  patienceMs?: number;
  isUndo?: boolean;
  /** What an order does, and what its answer says. Default: it moves all of its numbers and says so. */
  place?: (order: FakeOrder) => Said;
  /** What a read of an order says, the nth of it. Default: everything has succeeded. */
  poll?: (order: FakeOrder, times: number, path: string) => Said;
  /** Answers to lists in place of the usual ones. */
  list?: (query: NumbersQuery, numbers: ReadonlyMap<string, FakeNumber>) => Answer | null;
};

function orderAnswer(said: Said, id: string): Answer {
  if ('kind' in said) return said;
  const order = { id, success: [], pending: [], failed: [], isComplete: true, ...said };
  return { ...http(200), body: { kind: 'order', order } };
}

/** An account on a virtual clock, and orders that change it. `count` rows move from FROM to TO, if no entries are given. */
export function bulkWorld(count: number, setup: Setup = {}) {
  const clock = virtualClock();
  const { entries = listOf(count, (row) => bulkEntry(row)), patienceMs = 300_000, isUndo = false } = setup;
  const numbers = new Map<string, FakeNumber>();
  for (const { id, phoneNumber, profileBefore } of entries) {
    const profile = profileBefore === '' || profileBefore === 'UNASSIGN' ? null : profileBefore;
    numbers.set(phoneNumber, { id, phoneNumber, profile, product: 'A2P', tags: '[]', at: 0 });
  }
  const ledger: LedgerEntry[] = [];
  const events: ExecutorEvent[] = [];
  const sent = { lists: 0, counts: 0, reads: 0, orders: 0, polls: 0 };
  const placed: FakeOrder[] = [];
  const profiles: string[] = [];
  const polled = new Map<number, number>();

  const shownOf = (number: FakeNumber, whole: boolean): ShownSettings => {
    const { id, phoneNumber, profile, product, tags, at } = number;
    const others = {
      others: { tags, messaging_product: JSON.stringify(product) },
      updatedAt: new Date(at).toISOString(),
    };
    return { id, phoneNumber, profile, product, ...(whole ? others : {}) };
  };
  const change = (phone: string, to: Partial<FakeNumber>) => {
    const number = numbers.get(phone);
    if (number !== undefined) numbers.set(phone, { ...number, ...to, at: clock.wallNow() });
  };
  const pageOf = (found: FakeNumber[], whole: boolean): Answer => {
    const rows = found.slice(0, 250).map((number) => shownOf(number, whole));
    const page = { rows, total: found.length, pages: Math.ceil(found.length / 250) };
    return { ...http(200), body: { kind: 'numbers', page } };
  };
  const late = async (onSent: () => void) => {
    onSent();
    await clock.sleep(5).done;
  };

  const ports: OrderOptions['ports'] = {
    async listNumbers(query, onSent) {
      await late(onSent);
      sent[query.phoneNumbers === undefined ? 'counts' : 'lists'] += 1;
      const given = setup.list?.(query, numbers) ?? null;
      if (given !== null) return given;
      const named = query.phoneNumbers?.flatMap((phone) => numbers.get(phone) ?? []);
      return pageOf(
        named ?? [...numbers.values()].filter(({ profile }) => profile === query.profile),
        query.whole === true,
      );
    },
    async read({ id }, onSent) {
      await late(onSent);
      sent.reads += 1;
      const number = [...numbers.values()].find((one) => one.id === id);
      if (number === undefined) return http(404, '10005');
      return { ...http(200), body: { kind: 'settings', settings: shownOf(number, false) } };
    },
    async verifyOwnership(_, onSent) {
      await late(onSent);
      return http(404, '10005');
    },
    async placeOrder({ path, profile, phoneNumbers }: OrderRequest, onSent) {
      await late(onSent);
      sent.orders += 1;
      const phones = [...phoneNumbers];
      const move = (some: readonly string[], afterMs = 0) => {
        const act = () => {
          for (const phone of some) change(phone, { profile });
        };
        if (afterMs === 0) act();
        else clock.at(clock.now() + afterMs, act);
      };
      const order: FakeOrder = { n: placed.length + 1, phones, path, move };
      placed.push(order);
      profiles.push(profile);
      if (setup.place !== undefined) return orderAnswer(setup.place(order), `order-${order.n}`);
      move(phones);
      return orderAnswer({ success: phones }, `order-${order.n}`);
    },
    async readOrder({ id, path }, onSent) {
      await late(onSent);
      sent.polls += 1;
      const n = Number(id.replace('order-', ''));
      const times = (polled.get(n) ?? 0) + 1;
      polled.set(n, times);
      const order = placed[n - 1] as FakeOrder;
      return orderAnswer(setup.poll?.(order, times, path) ?? { success: order.phones }, id);
    },
  };

  const indexed = () => {
    const index = emptyIndex(entries.length);
    for (const line of ledger) addToIndex(index, line, 0, 0);
    return index;
  };

  const world = {
    clock,
    ledger,
    events,
    sent,
    placed,
    profiles,
    change,
    remove: (phone: string) => numbers.delete(phone),
    add: (phone: string, profile: string) =>
      numbers.set(phone, { id: phone.slice(1), phoneNumber: phone, profile, product: 'A2P', tags: '[]', at: 0 }),
    numberOf: (row: number) => numbers.get(phoneOf(row)),
    indexed,
    stop: createStop(),
    steering: createSteering(settings(setup.limits)),
    state: newOrderState(),
    /** What stops recording, as a kill or a full disk does. */
    onRecord: (_: LedgerEntry): void => undefined,
    /** Executes orders as one command would. Another one has a stop and a state of its own. */
    async run(options: Partial<OrderOptions> = {}) {
      const index = indexed();
      const limits = world.steering.live(settings({ rate: 'off', ...setup.limits }));
      async function* tasks(): AsyncGenerator<Task> {
        for (const entry of entries) {
          const state = index.rowStates[entry.row] as number;
          const isRead = state === ROW_STATE.intent || state === ROW_STATE.ambiguous;
          if (!hasOutcome(state)) yield { entry, first: isRead ? 'read' : 'send', attempts: 0 };
        }
      }
      const execute = executeOrders({
        ...{ state: world.state, orders: index.orders, overwritten: index.overwritten, ports, isUndo, patienceMs },
        openTasks: () => ({
          taskOf: (row) => ({ entry: entries[row - 1] as PlanEntry, first: 'send', attempts: 0 }),
          close: () => undefined,
        }),
        isUpdated: (row) => hasEndedAs(index, row, 'updated'),
        mayPlace: world.state.off === null && index.orders.mismatch === null,
        ...options,
      });
      const never = async (): Promise<Answer> => {
        throw new Error('an order session sends no row alone');
      };
      const running = execute({
        tasks,
        ports: {
          clock,
          send: never,
          read: never,
          async record(line) {
            world.onRecord(line);
            ledger.push(line);
          },
          onEvent: (event) => void events.push(event),
        },
        limits,
        control: createControl(limits),
        stop: world.stop,
        steering: world.steering,
        earlier: index,
        series: newSeries(),
        contact: answeredContact(),
      });
      return clock.until(running);
    },
    /** The same as another command on the same run. */
    again(options: Partial<OrderOptions> = {}) {
      world.stop = createStop();
      world.state = newOrderState();
      return world.run(options);
    },
    /** `1: 10 done`, or `1: 10` while it is open. */
    orders: () => ordersIn(ledger),
    /** How many rows ended in each way: `updated confirmed_by_read`. */
    outcomes(): Record<string, number> {
      const counts: Record<string, number> = {};
      for (const line of ledger) {
        if (line.type !== 'outcome') continue;
        const key = `${line.status} ${line.reason}`.trim();
        counts[key] = (counts[key] ?? 0) + 1;
      }
      return counts;
    },
    /** The rows without an outcome that no open order may move: they go by PATCH. */
    left(): number[] {
      const index = indexed();
      return entries.flatMap(({ row }) =>
        hasOutcome(index.rowStates[row] as number) || index.orders.byRow.has(row) ? [] : [row],
      );
    },
  };
  return world;
}
