import type { LedgerEntry } from './entry.ts';

/** A command of an operator that was obeyed. */
export type Steered = Extract<LedgerEntry, { type: 'steered' }>;

/** Who did something, and when. */
export type ByOperator = { by: string; at: string };

/** What operators have asked a run for. Their commands hold over kills, until another command. */
export type SteeringSeen = {
  /** Since when nothing is sent; null if it is not paused. */
  paused: ByOperator | null;
  /** Profiles to which no rows are sent. */
  held: Map<string, ByOperator>;
  /** The last commands, oldest first, and the number of all. */
  list: Steered[];
  count: number;
};

const MAX_LISTED = 1000;

/** What a command has changed, for people: `50 -> 10`, or the one value that it names. */
export function changeText({ from, to }: Pick<Steered, 'from' | 'to'>, arrow = '->'): string {
  return from === '' || to === '' ? `${from}${to}` : `${from} ${arrow} ${to}`;
}

export function notSteered(): SteeringSeen {
  return { paused: null, held: new Map(), list: [], count: 0 };
}

export function addSteered(seen: SteeringSeen, entry: Steered): void {
  const { by, at } = entry;
  seen.count += 1;
  seen.list.push(entry);
  if (seen.list.length > MAX_LISTED) seen.list.shift();
  // A second one changes nothing.
  if (entry.command === 'pause') seen.paused ??= { by, at };
  if (entry.command === 'resume') seen.paused = null;
  if (entry.command === 'hold' && !seen.held.has(entry.to)) seen.held.set(entry.to, { by, at });
  if (entry.command === 'release') seen.held.delete(entry.from);
}
