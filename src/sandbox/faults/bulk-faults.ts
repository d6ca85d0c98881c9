import { chance } from './faults.ts';

/**
 * What goes wrong with bulk orders. `refuse` and `cut`: with orders of more than `value` numbers. `failed` and
 * `pending`: with that share of the numbers, chosen by the seed, or with one number.
 */
export type BulkFault =
  | { kind: 'refuse' | 'cut'; max: number }
  | { kind: 'failed' | 'pending'; share: number; phoneNumber: string | null; reads: number | null };

const FORMS =
  'refuse=N (422 to an order of more than N numbers), cut=N (only the first N are carried out, the others are in no list), ' +
  'failed=0.1 (that share fails), pending=0.5 (that share stays pending), pending=0.5*3 (until the third read of the order), ' +
  'failed@NUMBER and pending@NUMBER (that phone number)';

/** Parses one of the text forms of a bulk fault. Throws an Error with the forms. */
export function parseBulkFault(text: string): BulkFault {
  const refused = () => new Error(`invalid bulk fault '${text}'. Forms: ${FORMS}.`);
  const limit = /^(refuse|cut)=([1-9][0-9]{0,8})$/.exec(text);
  if (limit !== null) return { kind: limit[1] as 'refuse' | 'cut', max: Number(limit[2]) };
  const match = /^(failed|pending)(?:=([01](?:\.[0-9]+)?)|@(\+[1-9][0-9]{1,14}))(?:\*([1-9][0-9]{0,8}))?$/.exec(text);
  const [, kind, share = '1', phoneNumber = null, reads] = match ?? [];
  if (match === null || Number(share) > 1 || (reads !== undefined && kind === 'failed')) throw refused();
  return {
    kind: kind as 'failed' | 'pending',
    share: Number(share),
    phoneNumber,
    reads: reads === undefined ? null : Number(reads),
  };
}

/** What the faults decide about an order. */
export type BulkVerdict = {
  isRefused: boolean;
  /** The numbers that are carried out or at least listed. */
  numbers: string[];
  fate: (phoneNumber: string) => 'success' | 'failed' | 'pending';
  /** How often the order must be read until nothing is pending. null: always. */
  reads: number | null;
};

/** Decides about an order of these numbers. The same seed and number always have the same fate. */
export function judgeOrder(faults: readonly BulkFault[], seed: number, numbers: readonly string[]): BulkVerdict {
  const max = (kind: 'refuse' | 'cut') =>
    Math.min(...faults.map((fault) => (fault.kind === kind ? fault.max : Number.POSITIVE_INFINITY)));
  const hit = (kind: 'failed' | 'pending', phoneNumber: string) =>
    faults.some(
      (fault) =>
        fault.kind === kind &&
        (fault.phoneNumber === null
          ? chance(seed, kind === 'failed' ? 0 : 1, phoneNumber, 1) < fault.share
          : fault.phoneNumber === phoneNumber),
    );
  const reads = faults.map((fault) => (fault.kind === 'pending' ? (fault.reads ?? Number.POSITIVE_INFINITY) : 0));
  const longest = Math.max(0, ...reads);
  return {
    isRefused: numbers.length > max('refuse'),
    numbers: numbers.slice(0, max('cut')),
    fate: (phoneNumber) =>
      hit('failed', phoneNumber) ? 'failed' : hit('pending', phoneNumber) ? 'pending' : 'success',
    reads: longest === Number.POSITIVE_INFINITY ? null : longest,
  };
}
