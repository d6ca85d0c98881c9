/** Which of the received orders a fault affects, counted from 1. */
type Range = { first: number; last: number };

/** What a share of the numbers of an order has in common, chosen by the seed, or one phone number. */
export type Some = { share: number; phoneNumber: string | null };

/** When what waits is done. Both null: only on command. */
export type Delay = { ms: number | null; reads: number | null };

export type ListedKind = 'failed' | 'failed-moved' | 'pending-moved' | 'not-kept';
export type DelayedKind = 'pending' | 'late' | 'late-success';
const FIELDS = ['product', 'traffic', 'tags', 'features'] as const;
const PATHS = ['both', 'other', 'none'] as const;
const REFUSALS = ['400', '413', '422'] as const;

type Effect =
  | { kind: 'refuse'; max: number; status: (typeof REFUSALS)[number] }
  | { kind: 'cut'; max: number }
  | { kind: ListedKind; some: Some }
  | { kind: DelayedKind; some: Some; delay: Delay }
  | { kind: 'expired' | 'expired-moved'; reads: number }
  | { kind: 'foreign'; count: number; phoneNumber: string | null }
  | { kind: 'also'; field: (typeof FIELDS)[number]; phoneNumber: string | null }
  | { kind: 'lag'; delay: Delay }
  | { kind: 'no-id' | 'no-lists' }
  | { kind: 'path'; path: (typeof PATHS)[number] };

/** What goes wrong with bulk orders. */
export type BulkFault = Effect & { orders: Range };

/** The texts of a fault: `KIND=VALUE@PHONE*TIMES#ORDERS`. A kind takes some of them. */
type Parts = { value?: string | undefined; phone?: string | undefined; times?: string | undefined };

/** Returns null if a kind does not take these parts. */
type Reader = (parts: Parts) => Effect | null;

const KINDS = {
  refuse: readRefuse,
  cut: ({ value, ...rest }) => (isCount(value) && isEmpty(rest) ? { kind: 'cut', max: Number(value) } : null),
  failed: listed('failed'),
  'failed-moved': listed('failed-moved'),
  pending: delayed('pending'),
  'pending-moved': listed('pending-moved'),
  'not-kept': listed('not-kept'),
  late: timed('late'),
  'late-success': timed('late-success'),
  expired: expired('expired'),
  'expired-moved': expired('expired-moved'),
  foreign: readForeign,
  also: readAlso,
  lag: (parts) => {
    const delay = parts.phone === undefined ? readDelay(parts) : null;
    return delay && { kind: 'lag', delay };
  },
  'no-id': (parts) => (isEmpty(parts) ? { kind: 'no-id' } : null),
  'no-lists': (parts) => (isEmpty(parts) ? { kind: 'no-lists' } : null),
  path: ({ value, ...rest }) => {
    const path = PATHS.find((name) => name === value);
    return path !== undefined && isEmpty(rest) ? { kind: 'path', path } : null;
  },
} as const satisfies Record<string, Reader>;

/** Every form with what happens, as the README shows them. */
export const BULK_FAULT_FORMS: Record<string, string> = {
  'refuse=N, refuse=N:400': '422 to an order of more than N numbers, or 400 or 413',
  'cut=N': 'only the first N numbers are carried out; the others are in no list',
  'failed=0.1': 'that share of the numbers is in `failed` and does not move',
  'failed-moved=0.1': 'that share is in `failed`, and moves',
  'not-kept=0.1': 'that share is in `success`, and does not move',
  'pending=0.5, pending=0.5*3': 'that share stays pending for ever, or moves at the third read of the order',
  'pending-moved=0.5': 'that share stays pending for ever, and has moved',
  'late=30, late*3': 'all numbers are pending and move after 30 s, or at the third read of the order',
  'late-success=30, late-success*3': 'all numbers are in `success`, and move after 30 s or at the third read',
  'expired=2': 'all numbers are pending and do not move; after 2 reads the order is unknown (404)',
  'expired-moved=2': 'the same, but the numbers have moved',
  'foreign=1, foreign@NUMBER': 'one number more moves, which the order does not name; or that one',
  'also=FIELD':
    'numbers that move change in another field too: `product` (and with it traffic type and features), `traffic`, `tags` or `features`',
  'lag=5, lag*3': 'lists show the numbers as they were for 5 s, or in the next 3 requests for lists',
  'no-id': 'the answer has no id of the order',
  'no-lists': 'the answer has no lists of numbers',
  'path=other, path=both, path=none': 'orders are at `messaging_numbers/bulk_updates`, at both paths or at none',
};

const FORMS =
  `${Object.keys(BULK_FAULT_FORMS).join(', ')}. @NUMBER in place of a share is that phone number. ` +
  '#3 at the end: only the third order, #3-: from the third on';

const FORM = /^([a-z-]+)(?:=([^=@*#]+))?(?:@(\+[1-9][0-9]{1,14}))?(?:\*([1-9][0-9]{0,8}))?(?:#([1-9][0-9]{0,8})(-?))?$/;

/** Parses one of the text forms of a bulk fault. Throws an Error with the forms. */
export function parseBulkFault(text: string): BulkFault {
  const [, kind = '', value, phone, times, nth, on] = FORM.exec(text) ?? [];
  const effect = Object.hasOwn(KINDS, kind) ? KINDS[kind as keyof typeof KINDS]({ value, phone, times }) : null;
  if (effect === null) throw new Error(`invalid bulk fault '${text}'. Forms: ${FORMS}.`);
  const isOne = nth !== undefined && on === '';
  return { ...effect, orders: { first: Number(nth ?? 1), last: isOne ? Number(nth) : Number.POSITIVE_INFINITY } };
}

/** The faults that affect the nth order. */
export function faultsOf(faults: readonly BulkFault[], nth: number): BulkFault[] {
  return faults.filter(({ orders }) => nth >= orders.first && nth <= orders.last);
}

const isEmpty = (parts: Parts) => Object.values(parts).every((part) => part === undefined);
const isCount = (text: string | undefined) => /^[1-9][0-9]{0,8}$/.test(text ?? '');

function readRefuse({ value = '', ...rest }: Parts): Effect | null {
  const [max, answer = '422'] = value.split(':', 2);
  const status = REFUSALS.find((name) => name === answer);
  return status !== undefined && isCount(max) && isEmpty(rest) ? { kind: 'refuse', max: Number(max), status } : null;
}

function readSome({
  value,
  phone = null,
}: {
  value?: string | undefined;
  phone?: string | null | undefined;
}): Some | null {
  if (phone !== null) return value === undefined ? { share: 1, phoneNumber: phone } : null;
  const isShare = /^[01](?:\.[0-9]+)?$/.test(value ?? '') && Number(value) <= 1;
  return isShare ? { share: Number(value), phoneNumber: null } : null;
}

function listed(kind: ListedKind): Reader {
  return ({ times, ...rest }) => {
    const some = times === undefined ? readSome(rest) : null;
    return some && { kind, some };
  };
}

function delayed(kind: DelayedKind): Reader {
  return ({ times, ...rest }) => {
    const some = readSome(rest);
    return some && { kind, some, delay: { ms: null, reads: times === undefined ? null : Number(times) } };
  };
}

function timed(kind: DelayedKind): Reader {
  return ({ phone, ...rest }) => {
    const delay = readDelay(rest);
    return delay && { kind, some: { share: 1, phoneNumber: phone ?? null }, delay };
  };
}

/** Either seconds as the value, or a count. */
function readDelay({ value, times }: Parts): Delay | null {
  if (value === undefined) return times === undefined ? null : { ms: null, reads: Number(times) };
  return times === undefined && /^[0-9]{1,6}(?:\.[0-9]+)?$/.test(value)
    ? { ms: Number(value) * 1000, reads: null }
    : null;
}

function expired(kind: 'expired' | 'expired-moved'): Reader {
  return ({ value = '', ...rest }) =>
    /^[0-9]{1,9}$/.test(value) && isEmpty(rest) ? { kind, reads: Number(value) } : null;
}

function readForeign({ value, phone, ...rest }: Parts): Effect | null {
  if (!isEmpty(rest) || (value === undefined) === (phone === undefined)) return null;
  const isOne = phone !== undefined;
  return isOne || isCount(value) ? { kind: 'foreign', count: Number(value ?? 1), phoneNumber: phone ?? null } : null;
}

function readAlso({ value, phone, ...rest }: Parts): Effect | null {
  const field = FIELDS.find((name) => name === value);
  return field !== undefined && isEmpty(rest) ? { kind: 'also', field, phoneNumber: phone ?? null } : null;
}
