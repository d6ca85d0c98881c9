import { parseFault, type Sandbox, type SandboxOptions } from '../../../src/sandbox/server.ts';
import { OTHER, PROFILE, summaryOf, table } from '../program/workspace.ts';
import { fastClock } from './fast-clock.ts';
import { bulkPlace } from './place.ts';

/** What goes wrong at the sandbox, in the text forms of its flags. */
export type Faults = { bulk?: string[]; write?: string[]; read?: string[] };

/** Numbers of the account that the input does not name, the last ones. */
export const STRANGERS = 5;

/**
 * An account of `rows` numbers on another profile, and some more that the input does not name. `apply` moves the rows by
 * bulk orders. Time passes a hundred times faster for the program.
 */
export async function orderPlace(rows: number, faults: Faults = {}, options: SandboxOptions = {}) {
  const { bulk = [], write: writeFaults = [], read = [] } = faults;
  const given = { writeFaults, readFaults: read.map(parseFault), strangers: STRANGERS, patience: '10s', ...options };
  const place = await bulkPlace(rows, bulk, given);
  fastClock();
  return place;
}

export type OrderPlace = Awaited<ReturnType<typeof orderPlace>>;

const ORDERS = /^\/v2\/messaging_numbers(_|\/)bulk_updates$/;

/** The phone numbers of every order that was sent, in order. */
export function ordersTo(sandbox: Sandbox): string[][] {
  return sandbox
    .requests()
    .filter(({ method, path }) => method === 'POST' && ORDERS.test(path))
    .map(({ body }) => (body as { numbers: string[] }).numbers);
}

/** Phone numbers that were written again, by order or by PATCH, without a read of them after the order before. */
export function blindRepeats(sandbox: Sandbox): string[] {
  const phoneOf = new Map(sandbox.snapshot().numbers.map((number) => [number.id, number.phone_number]));
  const ordered = new Set<string>();
  const found: string[] = [];
  for (const { method, path, id, body, status } of sandbox.requests()) {
    const own = id === null ? [] : [phoneOf.get(id) ?? ''];
    if (method === 'GET') {
      const named = new URL(path, 'http://x').searchParams.get('filter[phone_number]')?.split(',') ?? own;
      for (const phone of named) ordered.delete(phone);
      continue;
    }
    const isOrder = ORDERS.test(path);
    if (method !== 'PATCH' && !isOrder) continue;
    const written = isOrder ? (body as { numbers: string[] }).numbers : own;
    found.push(...written.filter((phone) => ordered.has(phone)));
    const isRefused = status !== null && ((status >= 300 && status < 500) || status === 501);
    if (isOrder && !isRefused) for (const phone of written) ordered.add(phone);
  }
  return found;
}

/** The numbers that the input does not name and that have moved, counted from 1. */
export function strangersMoved(sandbox: Sandbox, rows: number): number[] {
  const { numbers } = sandbox.snapshot();
  return numbers.flatMap(({ messaging_profile_id: profile }, at) => (at >= rows && profile !== OTHER ? [at + 1] : []));
}

/** Rows whose status in results.csv does not say where their numbers are. */
export function untrueRows({ sandbox, cwd }: Pick<OrderPlace, 'sandbox' | 'cwd'>): string[] {
  const { numbers } = sandbox.snapshot();
  const profiles = new Map(numbers.map(({ id, messaging_profile_id: profile }) => [id, profile]));
  return table(cwd, 'results.csv').flatMap(({ row, status = '', reason, phone_number_id: id = '' }) => {
    const isThere = profiles.get(id) === PROFILE;
    const mayBeThere = status === 'unverified';
    const isTrue = mayBeThere || isThere === (status === 'updated' || status === 'unchanged');
    return isTrue && status !== ''
      ? []
      : [`row ${row} is ${status} ${reason}, and its number is ${isThere ? '' : 'not '}there`];
  });
}

/** The counts of a run that are not 0, and how many orders it has sent. */
export function resultOf(cwd: string): Record<string, number> {
  const { counts, requests, sum_ok } = summaryOf(cwd);
  const some = Object.fromEntries(Object.entries(counts).filter(([name, count]) => name !== 'rows' && count !== 0));
  if (!sum_ok) throw new Error('the sum of the rows is wrong');
  return { ...some, orders: requests.orders ?? Number.NaN };
}
