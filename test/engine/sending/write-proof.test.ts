import { describe, expect, it } from 'vitest';
import type { ShownSettings } from '../../../src/core/api/response.ts';
import { PROOF_ROWS } from '../../../src/engine/sending/write-proof.ts';
import {
  entry,
  http,
  network,
  ok,
  PROFILE,
  rows,
  task,
  toWrites,
  type World,
  world,
} from '../../support/engine/fake-world.ts';
import { PHONE } from '../../support/make.ts';

const KEPT: ShownSettings = { profile: PROFILE, product: 'A2P' };
const NOT_KEPT: ShownSettings = { profile: null, product: 'A2P' };
const PROVEN = { proofRows: PROOF_ROWS };

const of = ({ sent }: World, operation: 'read' | 'write') => sent.filter((one) => one.operation === operation);
const reads = (w: World) => of(w, 'read').map(({ row }) => row);
const writes = (w: World) => of(w, 'write').map(({ row }) => row);
const statuses = (w: World) => [...w.outcomes().values()].map(({ status, reason }) => `${status} ${reason}`);

/** An API that echoes every write, and of which reads show these settings. */
const echo = (shown: (row: number, before: number, now: number) => ShownSettings) =>
  world(
    () => ok({ profile: PROFILE, product: 'P2P' }),
    undefined,
    (row, before, now) => ok(shown(row, before, now)),
  );

describe('the first rows of each kind of change', () => {
  it.each([1, 2, 3, 4, 40])('are read back after their 200, of %i', async (count) => {
    const w = echo(() => ({ profile: PROFILE, product: 'P2P' }));
    const execution = await w.run(count, PROVEN);
    expect(execution.stop).toBeNull();
    expect(reads(w)).toEqual(rows(Math.min(count, PROOF_ROWS), (row) => row));
    expect(writes(w)).toEqual(rows(count, (row) => row));
    expect(statuses(w)).toEqual(rows(count, () => 'updated '));
    expect(execution.requests).toMatchObject({ writes: count, reads: Math.min(count, PROOF_ROWS), retries: 0 });
  });

  it('are counted for each kind: profile, product, both', async () => {
    const w = echo(() => ({ profile: PROFILE, product: 'P2P' }));
    const kinds = [{}, { profileTarget: '', productTarget: 'P2P' }, { productTarget: 'P2P' }];
    await w.run(
      rows(30, (row) => entry(row, kinds[row % 3])),
      PROVEN,
    );
    expect(reads(w).sort((a, b) => a - b)).toEqual(rows(9, (row) => row));
  });

  it('are those with a 200: a row that failed proves nothing', async () => {
    const w = world(toWrites((row) => (row % 2 === 0 ? http(422, '10015') : ok())));
    await w.run(12, { ...PROVEN, concurrency: 1 });
    expect(reads(w)).toEqual([1, 3, 5]);
  });

  it('are read before the other rows that wait', async () => {
    const w = echo(() => KEPT);
    await w.run(40, { ...PROVEN, concurrency: 1 });
    const third = w.sent.findIndex(({ row, operation }) => row === 3 && operation === 'read');
    expect(third).toBeLessThanOrEqual(2 * PROOF_ROWS);
  });

  it('cost no time at the rate of the run', async () => {
    const w = echo(() => KEPT);
    await w.run(100, { ...PROVEN, rate: 20 });
    expect(w.clock.now()).toBeLessThanOrEqual(((100 + PROOF_ROWS) / 20) * 1000 * 1.02);
  });
});

describe('an API that does not keep what it confirms', () => {
  it.each([
    [1, 200],
    [2, 200],
    [10, 200],
    [50, 200],
    [10, 2],
    [10, 5],
  ])('stops the run before more than --concurrency (%i) others were sent, of %i rows', async (concurrency, count) => {
    const w = echo(() => NOT_KEPT);
    const execution = await w.run(count, { ...PROVEN, concurrency, rate: 'off' });
    expect(execution.stop?.reason).toBe('write_not_kept');
    expect(execution.stop?.detail).toMatch(/^row \d \(line \d\), id n\d: messaging_profile_id is UNASSIGN, wanted /);
    expect(writes(w).length).toBeLessThanOrEqual(PROOF_ROWS + concurrency);
    // Rows with a 200 say what a read shows.
    expect(new Set(statuses(w))).toEqual(new Set(['failed write_not_kept']));
    expect(w.outcomes().size).toBe(writes(w).length);
    expect(w.outcomes().get(1)).toMatchObject({ retryable: false, profileAfter: 'UNASSIGN', httpStatus: 200 });
  });

  it('keeps the limit with three kinds at once', async () => {
    const w = echo(() => NOT_KEPT);
    const kinds = [{}, { profileTarget: '', productTarget: 'P2P' }, { productTarget: 'P2P' }];
    await w.run(
      rows(200, (row) => entry(row, kinds[row % 3])),
      { ...PROVEN, concurrency: 5, rate: 'off' },
    );
    expect(writes(w).length).toBeLessThanOrEqual(3 * PROOF_ROWS + 5);
  });

  it('is found out for the one kind that it does not keep, and says which half was kept', async () => {
    const w = echo(() => ({ profile: PROFILE, product: 'A2P' }));
    const kinds = [{}, { productTarget: 'P2P' }];
    const execution = await w.run(
      rows(60, (row) => entry(row, kinds[row % 2])),
      PROVEN,
    );
    expect(execution.stop).toEqual({
      reason: 'write_not_kept',
      detail: 'row 1 (line 2), id n1: messaging_product is A2P, wanted P2P (profile applied, product not)',
    });
    expect(w.outcomes().get(2)).toMatchObject({ status: 'updated' });
    expect(w.outcomes().get(1)).toMatchObject({ profileAfter: PROFILE, productAfter: 'A2P' });
  });

  it('is not meant by a read that shows nothing of the number, or fails, or is refused', async () => {
    const answers = [ok({ id: 'n1' }), http(404, '10005'), http(503), network('ETIMEDOUT', true)];
    for (const answer of answers) {
      const w = world(
        () => ok(),
        undefined,
        () => answer,
      );
      const execution = await w.run(60, { ...PROVEN, outage_patience: 60_000 });
      expect(execution.stop).toBeNull();
      expect(statuses(w)).toEqual(rows(60, () => 'updated '));
      expect(of(w, 'read').length).toBeLessThanOrEqual(3 * PROOF_ROWS);
    }
  });
});

describe('a read that lags behind the write', () => {
  it.each([500, 900, 2900, 4000, 6900])('(by %i ms) does not stop the run', async (lagMs) => {
    const writtenAt = new Map<number, number>();
    const w: World = world(
      (row, _before, now) => {
        writtenAt.set(row, now);
        return ok();
      },
      undefined,
      (row, _before, now) => ok(now < (writtenAt.get(row) as number) + lagMs ? NOT_KEPT : KEPT),
    );
    const execution = await w.run(100, { ...PROVEN, rate: 20 });
    expect(execution.stop).toBeNull();
    expect(statuses(w)).toEqual(rows(100, () => 'updated '));
  });

  it('is read four times at most', async () => {
    const w = echo(() => NOT_KEPT);
    await w.run(1, PROVEN);
    expect(reads(w)).toEqual([1, 1, 1, 1]);
    expect(w.clock.now()).toBeGreaterThanOrEqual(7000);
    expect(w.outcomes().get(1)?.errorDetail).toBe(
      `the answer was 200 and showed the target, but a read shows that messaging_profile_id is UNASSIGN, wanted ${PROFILE}`,
    );
  });

  it('counts as not kept if the later reads fail', async () => {
    const w = world(
      () => ok(),
      undefined,
      (_row, before) => (before === 0 ? ok(NOT_KEPT) : http(503)),
    );
    expect((await w.run(1, PROVEN)).stop?.reason).toBe('write_not_kept');
    expect(w.outcomes().get(1)).toMatchObject({ reason: 'write_not_kept', profileAfter: 'UNASSIGN' });
  });
});

describe('a stop before the proof is complete', () => {
  it('that is a signal leaves what its 200 has shown', async () => {
    const w: World = world(() => {
      w.stop.ask('signal', 'SIGINT');
      return ok();
    });
    await w.run(20, PROVEN);
    expect(reads(w)).toEqual([]);
    expect(statuses(w)).toEqual(['updated ']);
  });

  it('that is a signal after a read that contradicts: all that had a 200 is read first when the run continues', async () => {
    const w = echo(() => NOT_KEPT);
    w.clock.at(1000, () => w.stop.ask('signal', 'SIGINT'));
    const execution = await w.run(20, PROVEN);
    expect(execution.stop?.reason).toBe('signal');
    expect(w.outcomes().size).toBe(0);
    for (const row of new Set(writes(w))) expect(w.linesOf(row)).toEqual(['intent', 'put_back ambiguous 1']);
  });

  it('that is another guard lets the reads end', async () => {
    const w = world(toWrites((row) => (row === 2 ? http(422, '10015') : ok())));
    const execution = await w.run(20, { ...PROVEN, max_failures: { value: 0, percent: false } });
    expect(execution.stop?.reason).toBe('max_failures');
    expect(reads(w)).toEqual(writes(w).filter((row) => row !== 2));
  });

  it.each(['finish_by', 'max_failures', 'outage'] as const)(
    '(%s) becomes the stop of an API that keeps nothing, because its rows are to be undone',
    async (reason) => {
      const w = echo(() => NOT_KEPT);
      w.clock.at(500, () => w.stop.ask(reason, 'first'));
      const execution = await w.run(20, PROVEN);
      expect(execution.stop?.reason).toBe('write_not_kept');
      expect(new Set(statuses(w))).toEqual(new Set(['failed write_not_kept']));
    },
  );

  it('by --stop-after sends no more rows, and reads them back', async () => {
    const w = echo(() => KEPT);
    const execution = await w.run(20, { ...PROVEN, stop_after: 2 });
    expect(execution.stop?.reason).toBe('stop_after');
    expect(reads(w)).toEqual([1, 2]);
  });

  it('by a read that shows another phone number', async () => {
    const w = world(
      () => ok(),
      undefined,
      () => ok({ ...KEPT, phoneNumber: '+18005559999' }),
    );
    const execution = await w.run(
      rows(20, (row) => entry(row, { phoneNumber: PHONE })),
      PROVEN,
    );
    expect(execution.stop?.reason).toBe('phone_number_mismatch');
    expect(w.outcomes().get(1)).toMatchObject({ status: 'failed', reason: 'phone_number_mismatch' });
  });
});

describe('rows with a 200 after the API was found out', () => {
  /** Row 1 is not kept; the others are read once. */
  const refuted = (other: Parameters<typeof world>[2]) =>
    world(
      () => ok(),
      undefined,
      (row, before, now) => (row <= PROOF_ROWS ? ok(NOT_KEPT) : (other?.(row, before, now) ?? null)),
    );

  it.each([
    ['at the target are updated', ok(KEPT), 'updated '],
    ['that nothing shows are unverified', http(404, '10005'), 'unverified read_failed'],
    ['of another number end the row so', ok({ ...KEPT, phoneNumber: '+1' }), 'failed phone_number_mismatch'],
  ])('%s', async (_what, answer, expected) => {
    const w = refuted(() => answer);
    await w.run(
      rows(20, (row) => entry(row, { phoneNumber: row > PROOF_ROWS ? PHONE : '' })),
      { ...PROVEN, concurrency: 2, rate: 'off' },
    );
    expect(statuses(w)).toContain(expected);
    expect(w.outcomes().size).toBe(writes(w).length);
  });
});

it('successes that wait for the proof count between failures all the same', async () => {
  const w = world(
    (row) => (row % 2 === 0 ? http(404, '10005') : ok()),
    undefined,
    async () => {
      await w.clock.sleep(5000).done;
      return ok(KEPT);
    },
  );
  const execution = await w.run(80, { ...PROVEN, max_same_error: 3, concurrency: 60, rate: 20 });
  expect(execution.stop).toBeNull();
});

it('rows that are read first and are at their target prove nothing, and are read once', async () => {
  const w = echo(() => KEPT);
  await w.run([task(1, { first: 'read' }), ...rows(9, (row) => task(row + 1))], PROVEN);
  expect(reads(w)).toEqual([1, 2, 3, 4]);
  expect(w.outcomes().get(1)).toMatchObject({ reason: 'confirmed_by_read' });
});
