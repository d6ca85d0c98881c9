import type { BulkFault, Delay, Some } from './bulk-faults.ts';
import { chance } from './faults.ts';

type List = 'success' | 'pending' | 'failed';

/** What happens to a number of an order: the list that shows it, and when it moves. */
export type Fate = { list: List; moves: 'now' | 'later' | 'never' };

/** The fates by kind of fault. If several faults affect a number, the kind that comes first here wins. */
const FATES = {
  failed: { list: 'failed', moves: 'never' },
  'failed-moved': { list: 'failed', moves: 'now' },
  'not-kept': { list: 'success', moves: 'never' },
  'pending-moved': { list: 'pending', moves: 'now' },
  pending: { list: 'pending', moves: 'later' },
  'late-success': { list: 'success', moves: 'later' },
  late: { list: 'pending', moves: 'later' },
  expired: { list: 'pending', moves: 'never' },
  'expired-moved': { list: 'pending', moves: 'now' },
} as const satisfies Record<string, Fate>;
const KINDS = Object.keys(FATES) as (keyof typeof FATES)[];
const DONE: Fate = { list: 'success', moves: 'now' };
const ALL: Some = { share: 1, phoneNumber: null };

/** What the faults decide about an order. */
export type Verdict = {
  refusal: { status: '400' | '413' | '422' } | null;
  /** The numbers that are carried out or at least listed. */
  numbers: string[];
  fateOf: (phoneNumber: string) => Fate;
  /** When the numbers move that move later. */
  delay: Delay;
  /** After how many reads the order is unknown. null: never. */
  readsUntilGone: number | null;
  /** The fields that answers omit. */
  hidden: string[];
};

/** Decides about an order of these numbers. The same seed and number always have the same fate. */
export function judgeOrder(faults: readonly BulkFault[], seed: number, numbers: readonly string[]): Verdict {
  const isHit = (kind: keyof typeof FATES, phoneNumber: string) =>
    faults.some((fault) => {
      if (fault.kind !== kind) return false;
      const some = 'some' in fault ? fault.some : ALL;
      if (some.phoneNumber !== null) return some.phoneNumber === phoneNumber;
      return chance(seed, KINDS.indexOf(kind), phoneNumber, 1) < some.share;
    });
  const refuse = faults.find((fault) => fault.kind === 'refuse' && numbers.length > fault.max);
  const cut = Math.min(...faults.map((fault) => (fault.kind === 'cut' ? fault.max : numbers.length)));
  const gone = faults.find((fault) => fault.kind === 'expired' || fault.kind === 'expired-moved');
  const hasLists = !faults.some(({ kind }) => kind === 'no-lists');
  return {
    refusal: refuse?.kind === 'refuse' ? { status: refuse.status } : null,
    numbers: numbers.slice(0, cut),
    fateOf: (phoneNumber) => {
      const kind = KINDS.find((name) => isHit(name, phoneNumber));
      return kind === undefined ? DONE : FATES[kind];
    },
    delay: longest(faults.flatMap((fault) => ('delay' in fault && fault.kind !== 'lag' ? [fault.delay] : []))),
    readsUntilGone: gone !== undefined && 'reads' in gone ? gone.reads : null,
    hidden: [
      ...(faults.some(({ kind }) => kind === 'no-id') ? ['order_id'] : []),
      ...(hasLists ? [] : ['success', 'pending', 'failed']),
    ],
  };
}

/** An order has one delay for all its numbers: the longest, which is for ever if one of them is. */
function longest(delays: readonly Delay[]): Delay {
  const most = (values: (number | null)[]) => {
    const set = values.filter((value) => value !== null);
    return set.length === 0 ? null : Math.max(...set);
  };
  if (delays.some(({ ms, reads }) => ms === null && reads === null)) return { ms: null, reads: null };
  return { ms: most(delays.map(({ ms }) => ms)), reads: most(delays.map(({ reads }) => reads)) };
}
