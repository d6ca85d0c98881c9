import { PAGE_ROWS } from '../account/read-strategy.ts';
import type { OrderRows } from '../plan/preview.ts';
import type { Settings } from '../settings/schema.ts';
import { waveSizes } from '../waves/waves.ts';
import { newCourse, newLadder, nextSize, onOrderEnded, type ProfileCourse, rowsNeeded } from './ladder.ts';

type WaveSettings = Pick<Settings, 'waves' | 'soak'>;

/** What bulk orders cost. `few`: rows to a profile that are too few for an order, which go by PATCH. */
export type OrderEstimate = {
  rows: number;
  profiles: number;
  orders: number;
  /** Of the orders, with reading their numbers before and after, and of reading waves back; without PATCH. */
  requests: number;
  patch: OrderRows['patch'] & { few: number };
};

/** The requests of an order that is carried out at once: itself, two counts, and its numbers by list, twice. */
const requestsOf = (rows: number): number => 3 + 2 * Math.ceil(rows / PAGE_ROWS);

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** How many of some rows come with each wave, if every wave takes of all alike. */
function shares(rows: number, waves: readonly number[]): number[] {
  const total = sum(waves);
  let before = 0;
  return waves.map((size) => {
    const from = Math.round((rows * before) / total);
    before += size;
    return Math.round((rows * before) / total) - from;
  });
}

/** The requests that read the waves of a run back, and again after each soak. */
function readingWaves(sizes: readonly number[], { waves, soak }: WaveSettings): number {
  if (waves === null) return 0;
  const pages = sizes.map((rows) => Math.ceil(rows / PAGE_ROWS));
  return sum(pages) + (soak > 0 ? sum(pages.slice(0, -1)) : 0);
}

/** About what bulk orders cost, if each is carried out at once and none is refused. */
export function estimateOrders({ toProfile, patch }: OrderRows, settings: WaveSettings): OrderEstimate {
  const total = sum(toProfile.values()) + sum(Object.values(patch));
  const inWaves = waveSizes(total, settings.waves ?? []);
  const ladder = newLadder();
  const profiles = [...toProfile.values()].map((rows) => ({ rows: shares(rows, inWaves), course: newCourse() }));
  const estimate = { rows: 0, orders: 0, requests: readingWaves(inWaves, settings) };
  let few = 0;
  const place = (rows: number, course: ProfileCourse) => {
    let left = rows;
    while (left > 0 && left >= rowsNeeded(ladder, course, true)) {
      const size = Math.min(left, nextSize(ladder, course));
      onOrderEnded(ladder, course, size, size);
      left -= size;
      estimate.rows += size;
      estimate.orders += 1;
      estimate.requests += requestsOf(size);
    }
    few += left;
  };
  for (const wave of inWaves.keys()) for (const { rows, course } of profiles) place(rows[wave] as number, course);
  const started = profiles.filter(({ course }) => course.canaries > 0);
  return { ...estimate, profiles: started.length, patch: { ...patch, few } };
}

/** Rows that go by PATCH. */
export const patchRows = ({ patch }: OrderEstimate): number => sum(Object.values(patch));
