import { describe, expect, it } from 'vitest';
import type { Answer, HttpAnswer } from '../../../src/core/api/response.ts';
import { entry, http, ok, PROFILE, rows, task, type World, world } from '../../support/engine/fake-world.ts';

const OTHER = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';
const THIRD = '9c858901-8a57-4791-81fe-4c455b099bc9';

const no = () => http(422, '10015');
/** Telnyx refuses the target profile with this answer. */
const noProfile = (): HttpAnswer => http(404, '10017');
const at = (profile: string) => ok({ profile });

const sentRows = (w: World) => new Set(w.sent.map(({ row }) => row));
const heldLines = (w: World) => w.ledger.filter((line) => line.type === 'profile_held');
const to = (row: number, profileTarget: string) => entry(row, { profileTarget });

describe('the error budget of a run', () => {
  it('stops it at 5 % of the rows sent and 20 of them, and finishes what is in flight', async () => {
    const w = world((row) => (row % 10 === 0 ? no() : ok()));
    const execution = await w.run(2000, { max_failures: { value: 5, percent: true }, max_same_error: 20 });
    expect(execution.stop).toEqual({
      reason: 'max_failures',
      detail:
        '20 of 200 rows sent failed for good (--max-failures 5%); e.g. row 200 (line 201, id n200): 422 10015 title 10015',
    });
    expect(w.outcomes().size).toBeGreaterThanOrEqual(200);
    expect(w.outcomes().size).toBeLessThanOrEqual(201);
    expect(
      w.ledger
        .filter((line) => line.type === 'put_back')
        .every(({ ambiguous, attempts }) => !ambiguous && attempts === 0),
    ).toBe(true);
    expect(sentRows(w).size).toBe(w.outcomes().size);
  });

  it('does not stop a run that ends with this row', async () => {
    const w = world(() => no());
    const execution = await w.run(20, { max_failures: { value: 5, percent: true } });
    expect(execution.stop).toBeNull();
    expect(w.outcomes().size).toBe(20);
  });

  it('covers all its sessions', async () => {
    const w = world((row) => (row === 5 ? no() : ok()));
    const execution = await w.run(100, { max_failures: { value: 7, percent: false } }, { ended: 50, permanent: 7 });
    expect(execution.stop?.detail).toMatch(/^8 of 55 rows sent /);
  });

  it('does not count a 429, or a row that was given up after retries', async () => {
    const w = world((row, before) => {
      if (before === 0 && row % 2 === 0) return http(429, '', { retryAfter: '1' });
      return row % 3 === 0 ? http(425) : ok();
    });
    const execution = await w.run(60, { max_failures: { value: 0, percent: false }, max_attempts: 2 });
    expect(execution.stop).toBeNull();
    expect([...w.outcomes().values()].filter(({ retryable }) => retryable)).toHaveLength(20);
  });

  it('stops at --max-same-error with no success in between, in the order in which rows end', async () => {
    // Row 1 ends last: its success does not come between the failures, although it was sent before them.
    const w = world(async (row) => {
      if (row === 1) await w.clock.sleep(60_000).done;
      return row === 1 ? ok() : no();
    });
    const execution = await w.run(500, { max_same_error: 20 });
    expect(execution.stop?.reason).toBe('max_same_error');
    expect(execution.stop?.detail).toMatch(/^20 rows failed with 422 10015 and none was updated in between /);
    expect(w.outcomes().get(1)?.status).toBe('updated');
    expect([...w.outcomes().values()].filter(({ status }) => status === 'failed').length).toBeLessThanOrEqual(22);
  });

  it('allows the same error 19 times, a success, and 19 times again', async () => {
    const w = world((row) => (row % 20 === 0 ? ok() : no()));
    expect((await w.run(200, { max_same_error: 20 })).stop).toBeNull();
  });

  it('does not count a row that was only read as an error of the API', async () => {
    const w = world((_row, _before, _now, operation) => (operation === 'read' ? ok({ profile: null }) : ok()));
    const tasks = [...rows(30, (row) => task(row, { first: 'read_only' })), ...rows(10, (row) => task(row + 30))];
    const execution = await w.run(tasks, { max_same_error: 20 }, { ended: 30, permanent: 0 });
    expect(execution.stop).toBeNull();
    expect(w.outcomes().size).toBe(40);
  });

  it('counts a row once if it had ended unverified and is only read now', async () => {
    const w = world((_row, _before, _now, operation) => (operation === 'read' ? ok({ profile: null }) : no()));
    const tasks = [...rows(20, (row) => task(row, { first: 'read_only' })), ...rows(10, (row) => task(row + 20))];
    // 21 of 401 is more than 5 %. With the twenty counted twice it would be 21 of 421, which is not.
    const execution = await w.run(tasks, { max_failures: { value: 5, percent: true } }, { ended: 400, permanent: 20 });
    expect(execution.stop?.detail).toMatch(/^21 of 401 rows sent failed for good /);
  });
});

describe('a profile that is refused', () => {
  /** Rows to PROFILE are refused, the others are not. */
  const refusing =
    (answer: () => Answer = noProfile) =>
    (entries: { row: number; profileTarget: string }[]) =>
      world((row) => {
        const target = entries[row - 1]?.profileTarget as string;
        return target === PROFILE ? answer() : at(target);
      });

  it('is held, while rows to another one are sent to the end', async () => {
    const entries = rows(200, (row) => to(row, row % 2 === 0 ? PROFILE : OTHER));
    const w = refusing()(entries);
    const execution = await w.run(entries, { max_failures: { value: 0, percent: false }, max_same_error: 20 });
    expect(execution.stop).toBeNull();
    const ended = [...w.outcomes().values()];
    expect(ended.filter(({ status }) => status === 'updated')).toHaveLength(100);
    const failed = ended.filter(({ status }) => status === 'failed').length;
    // 20, and what was in flight.
    expect(failed).toBeGreaterThanOrEqual(20);
    expect(failed).toBeLessThanOrEqual(22);
    expect(heldLines(w)).toEqual([
      {
        type: 'profile_held',
        profile: PROFILE,
        why: `20 rows to profile ${PROFILE} failed with none updated in between, e.g. row 40 (line 41, id n40): 404 10017 title 10017`,
        at: expect.stringMatching(/^2026-11-23T02:00:0/),
      },
    ]);
    expect(w.events.filter(({ event }) => event === 'profile.held')).toHaveLength(1);
  });

  it('requeues its rows that wait with an intent on disk, as not sent', async () => {
    const entries = rows(400, (row) => to(row, row <= 300 ? PROFILE : OTHER));
    const w = refusing()(entries);
    await w.run(entries, { rate: 100 });
    const back = w.ledger.filter((line) => line.type === 'put_back');
    expect(back.length).toBeGreaterThan(0);
    for (const { row, ambiguous, attempts } of back) {
      expect([ambiguous, attempts]).toEqual([false, 0]);
      expect(sentRows(w).has(row)).toBe(false);
    }
    const touched = new Set(w.ledger.flatMap((line) => ('row' in line && line.row <= 300 ? [line.row] : [])));
    expect(touched.size).toBe(back.length + [...sentRows(w)].filter((row) => row <= 300).length);
    // The ledger has no lines of the rows that were held before their turn.
    expect(touched.size).toBeLessThan(60);
    expect(w.outcomes().size).toBe([...sentRows(w)].length);
  });

  it('lets a row that has been tried continue', async () => {
    const entries = rows(100, (row) => to(row, row <= 60 ? PROFILE : OTHER));
    const w = world((row, before) => {
      if (row === 1) return before === 0 ? http(425) : at(PROFILE);
      return row <= 60 ? noProfile() : at(OTHER);
    });
    await w.run(entries, { retry_base: 20_000, retry_max: 20_000, rate: 20 });
    const first = w.sent.filter(({ row }) => row === 1);
    expect(first).toHaveLength(2);
    // Its second attempt came after the hold.
    const hold = heldLines(w)[0];
    expect(Date.UTC(2026, 10, 23, 2) + (first[1]?.at as number)).toBeGreaterThan(Date.parse(hold?.at as string));
    expect(w.outcomes().get(1)).toMatchObject({ status: 'updated', attempts: 2 });
  });

  it('stops the run if no other profile has rows left', async () => {
    const entries = rows(100, (row) => to(row, PROFILE));
    const w = refusing()(entries);
    const execution = await w.run(entries);
    expect(execution.stop).toEqual({ reason: 'profiles_held', detail: 'every profile with rows to send is held' });
    expect(w.outcomes().size).toBeLessThanOrEqual(22);
  });

  it('stops the run if the only rows left wait with an intent on disk', async () => {
    const entries = rows(22, (row) => to(row, PROFILE));
    const w = refusing()(entries);
    const execution = await w.run(entries, { rate: 10 });
    expect(execution.stop?.reason).toBe('profiles_held');
    // Row 21 may have had its turn, and row 22 was waiting for its own.
    expect(w.outcomes().size).toBeLessThanOrEqual(21);
    expect(w.linesOf(22)).toEqual(['intent', 'put_back clear 0']);
  });

  it('stops the run when all profiles are held, one after another', async () => {
    const profiles = [PROFILE, OTHER, THIRD];
    const entries = rows(300, (row) => to(row, profiles[row % 3] as string));
    const w = world(() => noProfile());
    const execution = await w.run(entries);
    expect(execution.stop?.reason).toBe('profiles_held');
    expect(
      heldLines(w)
        .map(({ profile }) => profile)
        .sort(),
    ).toEqual([...profiles].sort());
    expect(w.outcomes().size).toBeLessThan(70);
  });

  it('does not stop the run if its last row is what made it held', async () => {
    const entries = rows(20, (row) => to(row, PROFILE));
    const w = refusing()(entries);
    const execution = await w.run(entries);
    expect(execution.stop).toBeNull();
    expect(heldLines(w)).toHaveLength(1);
  });

  it('lets rows that only change the product or unassign be sent', async () => {
    const entries = rows(120, (row) =>
      row <= 60
        ? to(row, PROFILE)
        : row <= 90
          ? entry(row, { profileTarget: '', productTarget: 'P2P' })
          : to(row, 'UNASSIGN'),
    );
    const w = world((row) =>
      row <= 60 ? noProfile() : row <= 90 ? ok({ profile: PROFILE, product: 'P2P' }) : ok({ profile: null }),
    );
    const execution = await w.run(entries);
    expect(execution.stop).toBeNull();
    expect([...w.outcomes().values()].filter(({ status }) => status === 'updated')).toHaveLength(60);
  });

  it('is not held for 19 failures, a success, and 19 more', async () => {
    const entries = rows(39, (row) => to(row, PROFILE));
    const w = world((row) => (row === 20 ? at(PROFILE) : noProfile()));
    const execution = await w.run(entries, { rate: 1 });
    expect(execution.stop).toBeNull();
    expect(heldLines(w)).toEqual([]);
    expect(w.outcomes().size).toBe(39);
  });

  it('leaves a row that is to be read first as ambiguous as it was', async () => {
    const entries = rows(60, (row) => to(row, PROFILE));
    const w = world(
      () => noProfile(),
      undefined,
      () => at(PROFILE),
    );
    const tasks = entries.map((one) =>
      task(one.row, { entry: one, first: one.row > 20 ? 'read' : 'send', attempts: one.row > 20 ? 1 : 0 }),
    );
    const execution = await w.run(tasks, { rate: 100 });
    expect(execution.stop?.reason).toBe('profiles_held');
    const back = w.ledger.filter((line) => line.type === 'put_back');
    expect(back.length).toBeGreaterThan(0);
    for (const { row, ambiguous, attempts } of back) {
      expect(row).toBeGreaterThan(20);
      expect([ambiguous, attempts]).toEqual([true, 1]);
    }
  });
});
