import { type AccountSnapshot, createSnapshot, type NumberKey } from '../../../src/core/account/snapshot.ts';
import type { Answer, Body, ShownSettings } from '../../../src/core/api/response.ts';
import type { ExecutorEvent } from '../../../src/engine/ports.ts';
import { createAccountQuery } from '../../../src/engine/reading/account-query.ts';
import { type Reading, readAccount } from '../../../src/engine/reading/account-reader.ts';
import type { AccountReadOptions } from '../../../src/engine/reading/number-reads.ts';
import { createControl, createPipeline } from '../../../src/engine/sending/pipeline.ts';
import { createStop, type Stop } from '../../../src/engine/stop.ts';
import { sha256 } from '../digests.ts';
import { http, settings } from './fake-world.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

export const PAGE = 250;
export const P1 = '00000000-0000-4000-8000-000000000001';
export const P2 = '00000000-0000-4000-8000-000000000002';

/** A number of the account. Phone numbers sort as the rows do. */
export const number = (n: number, more: Partial<ShownSettings> = {}): ShownSettings => ({
  id: `n${n}`,
  phoneNumber: `+1800${String(n).padStart(7, '0')}`,
  organizationId: 'org',
  profile: P1,
  product: 'A2P',
  ...more,
});

export const byId = (n: number): NumberKey => ({ id: `n${n}`, phoneNumber: '' });
export const byBoth = (n: number): NumberKey => ({ id: `n${n}`, phoneNumber: number(n).phoneNumber as string });
export const byPhone = (n: number): NumberKey => ({ id: '', phoneNumber: number(n).phoneNumber as string });
export const upTo = <T>(last: number, make: (n: number) => T): T[] =>
  Array.from({ length: last }, (_, at) => make(at + 1));

/** A request: `page 2`, `page 1 of P`, `phones 250`, `owners 250`, `number n7`. */
export type Call = string;

export type World = {
  clock: VirtualClock;
  stop: Stop;
  calls: Call[];
  events: ExecutorEvent[];
  /** The reads of the API, which a test may replace. */
  ports: AccountReadOptions['ports'];
  read: (
    rows: readonly NumberKey[],
    targets?: readonly string[],
  ) => Promise<{ account: AccountSnapshot; reading: Reading }>;
};

type How = {
  /** Changes the account after that many answers, as others may do. */
  meanwhile?: (answered: number, numbers: ShownSettings[]) => ShownSettings[];
  /** Answers instead of the API. */
  answer?: (call: Call, times: number) => Answer | null;
  /** The length that a list names. */
  total?: (rows: number) => number;
  /** Lists do not say how long they are. */
  isUncounted?: boolean;
  pageSize?: number;
  sorted?: boolean;
  /** The phone numbers of a list that are looked up. */
  cut?: (phoneNumbers: readonly string[]) => readonly string[];
  /** Whether the endpoint for owners exists, or how many phone numbers it looks up. */
  owners?: boolean | number;
};

/** An account behind the reads of the API, and `read`, which reads it. */
export function accountWorld(given: readonly ShownSettings[], how: How = {}): World {
  const clock = virtualClock();
  const stop = createStop();
  const calls: Call[] = [];
  const events: ExecutorEvent[] = [];
  const times = new Map<Call, number>();
  let numbers = [...given];
  let answered = 0;

  const ok = (body: Body): Answer => ({ ...http(200), body });
  async function answerTo(call: Call, show: () => Answer): Promise<Answer> {
    calls.push(call);
    const before = times.get(call) ?? 0;
    times.set(call, before + 1);
    await clock.sleep(5).done;
    const answer = how.answer?.(call, before) ?? show();
    answered += 1;
    numbers = how.meanwhile?.(answered, numbers) ?? numbers;
    return answer;
  }

  function pageOf(rows: ShownSettings[], page: number): Answer {
    const size = how.pageSize ?? PAGE;
    const order = (a: ShownSettings, b: ShownSettings) => ((a.phoneNumber ?? '') < (b.phoneNumber ?? '') ? -1 : 1);
    const sorted = how.sorted === false ? rows : [...rows].sort(order);
    const shown = sorted.slice((page - 1) * size, page * size);
    const total = how.total?.(rows.length) ?? rows.length;
    const counted = { rows: shown, total, pages: Math.ceil(rows.length / size) };
    const uncounted = { rows: shown, total: shown.length, pages: 1, isUncounted: true as const };
    return ok({ kind: 'numbers', page: how.isUncounted === true ? uncounted : counted });
  }

  const ports: AccountReadOptions['ports'] = {
    read: ({ id }: { id: string }, onSent: () => void) => {
      onSent();
      return answerTo(`number ${id}`, () => {
        const found = numbers.find((one) => one.id === id);
        return found === undefined ? http(404, '10005') : ok({ kind: 'settings', settings: found });
      });
    },
    listNumbers: (
      { page, profile, phoneNumbers }: { page: number; profile?: string; phoneNumbers?: readonly string[] },
      onSent: () => void,
    ) => {
      onSent();
      if (phoneNumbers !== undefined) {
        const wanted = new Set(how.cut?.(phoneNumbers) ?? phoneNumbers);
        const matches = () => numbers.filter((one) => wanted.has(one.phoneNumber ?? ''));
        return answerTo(`phones ${phoneNumbers.length}`, () => pageOf(matches(), page));
      }
      const on = () => numbers.filter((one) => profile === undefined || one.profile === profile);
      return answerTo(profile === undefined ? `page ${page}` : `page ${page} of ${profile}`, () => pageOf(on(), page));
    },
    verifyOwnership: (phoneNumbers: readonly string[], onSent: () => void) => {
      onSent();
      return answerTo(`owners ${phoneNumbers.length}`, () => {
        const { owners = false } = how;
        if (owners === false) return http(404, '10005');
        const asked = owners === true ? phoneNumbers : phoneNumbers.slice(0, owners);
        const found = numbers.flatMap(({ id = '', phoneNumber = '' }) =>
          asked.includes(phoneNumber) ? [{ id, phoneNumber }] : [],
        );
        const known = new Set(found.map(({ phoneNumber }) => phoneNumber));
        return ok({ kind: 'ownership', found, notFound: asked.filter((one) => !known.has(one)) });
      });
    },
  };

  return {
    clock,
    stop,
    calls,
    events,
    ports,
    async read(rows, targets = []) {
      const account = createSnapshot(sha256);
      for (const named of rows) account.addWanted(named);
      const onEvent = (event: ExecutorEvent) => void events.push(event);
      const limits = settings({ rate: 50 });
      const pipeline = createPipeline({
        ports: { clock, onEvent },
        limits,
        control: createControl(limits),
        stop,
        othersAtWork: () => false,
      });
      async function* batches() {
        for (let at = 0; at < rows.length; at += 100) yield rows.slice(at, at + 100);
      }
      const parts = {
        account,
        query: createAccountQuery(pipeline, onEvent),
        ports,
        rows: batches,
        concurrency: 10,
        onChoice: () => undefined,
      };
      const reading = await clock.until(readAccount(parts, targets));
      pipeline.end();
      return { account, reading };
    },
  };
}
