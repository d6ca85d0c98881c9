import type { OrderPath } from '../../core/api/parse-order.ts';
import type { ShownOrder, ShownSettings } from '../../core/api/response.ts';
import type { Comparison } from '../../core/attempt/unsent.ts';
import { type Ladder, newCourse, newLadder, type ProfileCourse } from '../../core/bulk/ladder.ts';
import type { LedgerEntry, OrderResult } from '../../core/ledger/entry.ts';
import type { OrdersSeen } from '../../core/ledger/orders.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import type { Task } from '../ports.ts';
import type { AccountQuery } from '../reading/account-query.ts';
import type { NumberReadOptions } from '../reading/number-reads.ts';
import type { Session } from '../sending/session.ts';
import type { OrderPorts } from './place.ts';
import { pendingOf } from './poll.ts';
import type { NumberReader } from './read-numbers.ts';

/** What the order sessions of a command share. */
export type OrderState = {
  ladder: Ladder;
  courses: Map<string, ProfileCourse>;
  /** The path that has taken an order; null before. */
  path: OrderPath | null;
  /** Why it places no more orders; null while it does. */
  off: string | null;
};

export const newOrderState = (): OrderState => ({ ladder: newLadder(), courses: new Map(), path: null, off: null });

/** Tasks of single rows that were not sent yet, in any order. */
export type OpenTasks = { taskOf: (row: number) => Task; close: () => void };

export type OrderOptions = {
  state: OrderState;
  /** The orders of the ledger so far. */
  orders: OrdersSeen;
  /** Whether a row has ended as updated. */
  isUpdated: (row: number) => boolean;
  /** Rows whose numbers had changed since the plan, and are sent all the same. */
  overwritten: { has: (row: number) => boolean };
  openTasks: () => OpenTasks;
  /** Whether new orders may be placed, or only those that are open be ended. */
  mayPlace: boolean;
  isUndo: boolean;
  patienceMs: number;
  ports: OrderPorts & NumberReadOptions['ports'];
};

/** An execution of orders in progress. */
export type Bulk = {
  options: OrderOptions;
  session: Session;
  comparison: Comparison;
  query: AccountQuery;
  reader: NumberReader;
  /** The number of the last order. */
  last: number;
  /** An order is at work, so that its numbers may be read even if the run is to stop. */
  isAtWork: boolean;
  /** The last order to each profile. */
  counted: Map<string, CountedOrder>;
  /** Rows that orders of this session have not moved, by profile: they may arrive late. */
  missed: Map<string, Map<number, PlanEntry>>;
  /** Rows of orders that this session was refused: one that is at its target was moved all the same. */
  refused: Set<number>;
};

/** An order between its intent and its end. */
export type OrderAtWork = {
  order: number;
  profile: string;
  tasks: Task[];
  /** '' if no answer has named it. */
  id: string;
  /** Its pending numbers by the last answer; null if that is not known, so that each of them may be. */
  pending: ReadonlySet<string> | null;
  /** How many were pending when it was last seen. */
  seen: number;
  /** Those that have failed, and how many are in any of its lists (null without an answer). */
  failed: ReadonlySet<string>;
  listed: number | null;
  /** What its numbers had before it. */
  before: (entry: PlanEntry) => ShownSettings;
  /** Numbers that were on the profile before it; null if that is not to be compared. */
  onProfile: number | null;
  /** Rows of it that ended as updated before. */
  movedBefore: number;
  /** The time of day when it was about to be sent; null if that was in another command. */
  sentOn: number | null;
  /** The time of day when it was last seen to change. */
  changedAt: number;
  /** When it was sent, by the monotonic clock. */
  sentAt: number;
  /** Whether it was waited for as long as that is allowed. */
  isPatienceOver: boolean;
};

type Unanswered = 'id' | 'pending' | 'seen' | 'failed' | 'listed' | 'movedBefore' | 'isPatienceOver';

/** An order of which no answer is known, so that each of its numbers may be pending. `more`: what is known all the same. */
export function orderAtWork(known: Omit<OrderAtWork, Unanswered>, more: Partial<OrderAtWork> = {}): OrderAtWork {
  const unanswered = { id: '', pending: null, seen: known.tasks.length, failed: new Set<string>(), listed: null };
  return { ...unanswered, movedBefore: 0, isPatienceOver: false, ...known, ...more };
}

/**
 * What is kept of an order that has ended: not its numbers, because there may be many profiles. `onProfile`: how many
 * numbers were on the profile after it.
 */
export type CountedOrder = Pick<OrderAtWork, 'order' | 'id' | 'sentOn'> & { rows: number[]; onProfile: number };

/** Takes what an answer has shown of an order. Until one has shown more, each of its numbers may be pending. */
export function takeShown(at: OrderAtWork, shown: ShownOrder): void {
  at.pending = pendingOf(shown, at.tasks.length) === null ? null : new Set(shown.pending);
  at.seen = at.pending?.size ?? at.seen;
  at.failed = new Set(shown.failed);
  at.listed = shown.success.length + shown.pending.length + shown.failed.length;
}

/** Rows that an order has not moved may still arrive. */
export function addMissed({ missed }: Bulk, profile: string, entries: readonly PlanEntry[]): void {
  const before = missed.get(profile) ?? new Map<number, PlanEntry>();
  for (const entry of entries) before.set(entry.row, entry);
  missed.set(profile, before);
}

export function courseOf({ options: { state } }: Bulk, profile: string): ProfileCourse {
  const course = state.courses.get(profile) ?? newCourse();
  state.courses.set(profile, course);
  return course;
}

/** Whether rows of an order are held. They all have the same target profile. */
export function isHeldNow({ session }: Bulk, tasks: readonly Task[]): boolean {
  return tasks.some(({ entry }) => session.context.isHeld(entry));
}

/** Places no more orders in this command. The first reason stays. It is not said of a run that stops anyway. */
export function placeNoMore({ options: { state }, session }: Bulk, why: string): void {
  if (state.off !== null) return;
  state.off = why;
  const { ports, stop } = session.options;
  if (stop.asked() === null) ports.onEvent({ event: 'bulk.off', why });
}

export function nowText({ session }: Bulk): string {
  return new Date(session.options.ports.clock.wallNow()).toISOString();
}

export async function record({ session }: Bulk, entry: LedgerEntry): Promise<void> {
  await session.options.ports.record(entry);
}

export async function recordEnd(bulk: Bulk, order: number, result: OrderResult, why: string): Promise<void> {
  await record(bulk, { type: 'order_ended', at: nowText(bulk), order, result, why });
  bulk.session.options.ports.onEvent({ event: 'order.ended', order, result, why });
}

/** Waits for two requests, also if one of them throws. */
export async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
