import { FAULT_KINDS, type FaultKind, isFaultKind } from './fault-kinds.ts';

/**
 * One planned fault, for PATCHes or for reads. It applies by chance if `probability` is set, to one number if `id` is
 * set, else to the first requests.
 */
export type Fault = {
  kind: FaultKind;
  /** From 0 to 1, for each request. */
  probability: number | null;
  /** Only requests for this number id or for the endpoint of this name. */
  id: string | null;
  /** The maximum number of times; null: no limit. */
  times: number | null;
  /** Only the requests that are counted from `first` to `last`, of those that the fault may affect. Default: all. */
  requests?: { first: number; last: number };
};

const FORMS =
  'KIND=0.05 (with this probability), KIND@ID (always for that id), KIND@ID*2 (its first 2), KIND*3 (the first 3 of all), ' +
  'KIND@ENDPOINT and KIND@ENDPOINT*2 (for an endpoint, such as verify-ownership), #3 in place of *2 (only the third), #3- (from the third on)';

/** Parses one of the text forms of a fault. Throws an Error with the reason and the list of forms and kinds. */
export function parseFault(text: string): Fault {
  const [, kind = '', sign = '', rest = ''] = /^([^=@*#]*)([=@*#]?)(.*)$/s.exec(text) ?? [];
  if (!isFaultKind(kind)) throw refusal(text, kind === '' ? 'the kind is missing' : `there is no kind '${kind}'`);
  const base: Fault = { kind, probability: null, id: null, times: null };
  if (sign === '=') return { ...base, probability: readProbability(text, rest) };
  if (sign === '*' || sign === '#') return { ...base, ...readCount(text, sign + rest) };
  if (sign === '') throw refusal(text, 'it does not say when it happens');
  const [id = ''] = rest.split(/[*#]/, 1);
  if (!/^[A-Za-z0-9_-]+$/.test(id)) throw refusal(text, `'${id}' is not the id of a number or the name of an endpoint`);
  return { ...base, id, ...(id === rest ? {} : readCount(text, rest.slice(id.length))) };
}

/** Parses the name of a kind. Throws an Error with the list of kinds. */
export function parseFaultKind(text: string): FaultKind {
  if (isFaultKind(text)) return text;
  throw new Error(`there is no kind of fault '${text}'. Kinds: ${Object.keys(FAULT_KINDS).join(', ')}.`);
}

/**
 * Returns the fault of the next request, or null. Each call counts as one request. `id` is the id of the number, or
 * another text if the request is not about one number, such as the path of a list.
 */
export type FaultChooser = (id: string, endpoint: string) => FaultKind | null;

/**
 * A chooser for these faults. Faults for an id come first, then faults for an endpoint, for the first requests, and with
 * a probability. Within a group, the earlier fault wins. Chance depends on the seed, the id and the count of requests for
 * that id. It does not depend on the order in which requests for different ids arrive, so a concurrent run repeats too.
 */
export function createFaultChooser(faults: readonly Fault[], seed: number): FaultChooser {
  const remaining = new Map(faults.map((fault) => [fault, fault.times ?? Number.POSITIVE_INFINITY]));
  const byId = new Map<string, Fault[]>();
  for (const fault of faults) if (fault.id !== null) byId.set(fault.id, [...(byId.get(fault.id) ?? []), fault]);
  const first = faults.filter((fault) => fault.id === null && fault.probability === null);
  const probable = faults.filter((fault) => fault.probability !== null);
  const requests = new Map<string, number>();

  const seen = new Map<Fault, number>();

  const isDue = (fault: Fault): boolean => {
    const { first = 1, last = Number.POSITIVE_INFINITY } = fault.requests ?? {};
    const nth = seen.get(fault) ?? 0;
    return nth >= first && nth <= last && (remaining.get(fault) ?? 0) > 0;
  };
  const take = (candidates: readonly Fault[]): FaultKind | null => {
    const fault = candidates.find(isDue);
    if (fault === undefined) return null;
    remaining.set(fault, (remaining.get(fault) ?? 0) - 1);
    return fault.kind;
  };
  const takeByChance = (id: string): FaultKind | null => {
    if (probable.length === 0) return null;
    const nth = (requests.get(id) ?? 0) + 1;
    requests.set(id, nth);
    const hit = probable.find((fault, index) => chance(seed, index, id, nth) < (fault.probability ?? 0));
    return hit?.kind ?? null;
  };
  return (id, endpoint) => {
    const byChance = takeByChance(id);
    const candidates = [byId.get(id) ?? [], byId.get(endpoint) ?? [], first];
    for (const fault of candidates.flat()) seen.set(fault, (seen.get(fault) ?? 0) + 1);
    for (const group of candidates) {
      const kind = take(group);
      if (kind !== null) return kind;
    }
    return byChance;
  };
}

function readProbability(text: string, value: string): number {
  const probability = Number(value);
  if (!/^[0-9.]+$/.test(value) || !(probability >= 0 && probability <= 1)) {
    throw refusal(text, `'${value}' is not a probability from 0 to 1`);
  }
  return probability;
}

/** Reads `*2`, `#3` or `#3-`. */
function readCount(text: string, given: string): Pick<Fault, 'times' | 'requests'> {
  const [, value = '', on = ''] = /^.(.*?)(-?)$/s.exec(given) ?? [];
  const isRange = given.startsWith('#');
  if (!/^[1-9][0-9]{0,8}$/.test(value) || (on !== '' && !isRange)) {
    throw refusal(text, `'${given.slice(1)}' is not a valid count`);
  }
  if (!isRange) return { times: Number(value) };
  return {
    times: null,
    requests: { first: Number(value), last: on === '' ? Number(value) : Number.POSITIVE_INFINITY },
  };
}

function refusal(text: string, reason: string): Error {
  return new Error(
    `invalid fault '${text}': ${reason}. Forms: ${FORMS}. Kinds: ${Object.keys(FAULT_KINDS).join(', ')}.`,
  );
}

/** A number from 0 (inclusive) to 1 (exclusive): FNV-1a over the arguments, then the mixing steps of mulberry32. */
export function chance(seed: number, index: number, id: string, nth: number): number {
  let hash = 2166136261;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 16777619);
  for (const part of [seed, index, nth]) hash = mixed(hash ^ Math.imul(part + 1, 0x9e3779b1));
  return (hash >>> 0) / 4294967296;
}

function mixed(value: number): number {
  let state = (value + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return state ^ (state >>> 14);
}
