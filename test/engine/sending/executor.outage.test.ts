import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import {
  http,
  network,
  ok,
  rows,
  type Sent,
  task,
  toWrites,
  type World,
  world,
} from '../../support/engine/fake-world.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const DOWN_FROM = 20_000;
const DOWN_TO = 140_000;

/** Whether the API is down for a request that is answered now, 5 ms after it left. */
const isDown = (now: number) => now - 5 >= DOWN_FROM && now - 5 < DOWN_TO;

/** Random numbers from 0 to 1 that are the same in every run. */
function chance(): () => number {
  let state = 7;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

type Way = (w: World, random: () => number) => Promise<Answer> | Answer;

/** Ways in which an API can be down. */
const BEING_DOWN: Record<string, Way> = {
  'a 503 at once': () => http(503),
  'no connection': () => network('ECONNREFUSED', false),
  'no answer for 10 s': async (w) => {
    await w.clock.sleep(9_995).done;
    return network('ETIMEDOUT', true);
  },
  'now this, now that': async (w, random) => {
    if (random() < 0.5) return http(502);
    await w.clock.sleep(random() * 9_995).done;
    return network('ECONNRESET', true);
  },
};

function costs(w: World, count: number) {
  const all = [...w.outcomes().values()];
  return {
    ended: all.length,
    lost: all.filter(({ status }) => status !== 'updated').length,
    paid: all.filter(({ attempts }) => attempts !== 1).length,
    twice: w.ledger.filter(({ type }) => type === 'outcome').length - all.length,
    expected: count,
  };
}

const unscathed = (count: number) => ({ ended: count, lost: 0, paid: 0, twice: 0, expected: count });

const within = (sent: Sent[], from: number, to: number) => sent.filter(({ at }) => at >= from && at < to);

describe('an outage of two minutes in mid-run costs no row an attempt', () => {
  describe.each(Object.entries(BEING_DOWN))('with %s', (_, down) => {
    it.each([1, 2, 5].flatMap((attempts) => [10, 50, 200].map((concurrency) => [attempts, concurrency] as const)))(
      '--max-attempts %i, --concurrency %i',
      async (max_attempts, concurrency) => {
        const random = chance();
        const w = world((_row, _before, now) => (isDown(now) ? down(w, random) : ok()));
        const execution = await w.run(4000, { rate: 50, concurrency, max_attempts });
        expect(execution.stop).toBeNull();
        expect(costs(w, 4000)).toEqual(unscathed(4000));
        expect(
          mostInWindow(
            w.sent.map(({ at }) => at),
            1000,
          ),
        ).toBeLessThanOrEqual(50);
      },
    );
  });

  it.each([
    [1, 10],
    [5, 10],
    [1, 200],
    [5, 200],
  ])(
    'with requests from before it still in flight (--max-attempts %i, --concurrency %i)',
    async (max_attempts, concurrency) => {
      const random = chance();
      const w = world(async (_row, _before, now) => {
        if (isDown(now)) return http(503);
        await w.clock.sleep(45 + random() * 2950).done;
        return ok();
      });
      await w.run(4000, { rate: 50, concurrency, max_attempts });
      expect(costs(w, 4000)).toEqual(unscathed(4000));
      // Answers to them do not show that the API is up again: it was up again once.
      expect(w.events.filter(({ event }) => event === 'run.resumed')).toHaveLength(1);
    },
  );

  it.each([1, 2, 5])(
    'nor does a short one whose last requests time out after its end (--max-attempts %i)',
    async (max_attempts) => {
      const w = world(async (row, _before, now) => {
        if (now < DOWN_FROM || now >= DOWN_FROM + 5000) return ok();
        if (row % 2 === 0) return http(503);
        await w.clock.sleep(9_995).done;
        return network('ETIMEDOUT', true);
      });
      await w.run(2500, { rate: 50, concurrency: 40, max_attempts });
      expect(costs(w, 2500)).toEqual(unscathed(2500));
    },
  );

  it.each([1, 2, 5])('with a low rate and a high concurrency (--max-attempts %i)', async (max_attempts) => {
    const w = world((_row, _before, now) => (isDown(now) ? http(503) : ok()));
    await w.run(200, { rate: 1, concurrency: 200, max_attempts });
    expect(costs(w, 200)).toEqual(unscathed(200));
  });
});

describe('rows that come one at a time', () => {
  /** The rows of a slow plan, which ends `endMs` after the last of them. */
  async function* slowly(w: World, count: number, endMs: number) {
    for (let row = 1; row <= count; row++) {
      yield task(row);
      await w.clock.sleep(row < count ? 500 : endMs).done;
    }
  }

  it('are not given up in an outage because no other row is there yet', async () => {
    const w: World = world((_row, _before, now) => (now < 120_000 ? http(503) : ok()));
    await w.run(slowly(w, 60, 0), { max_attempts: 1, concurrency: 10 });
    expect(costs(w, 60)).toEqual(unscathed(60));
  });

  it('are given up when it is clear that no other row follows', async () => {
    const w: World = world(() => http(500));
    const execution = await w.run(slowly(w, 1, 7000), { max_attempts: 1 });
    expect(execution.stop).toBeNull();
    expect(w.linesOf(1)).toEqual(['intent', 'unverified 1']);
    expect(w.clock.now()).toBe(7000);
  });
});

describe('how many requests are sent into an API that is down', () => {
  const whenTripped = ({ events }: World) =>
    events.flatMap((one) => (one.event === 'run.paused' && one.why.includes('looks down') ? [one.why] : []))[0];

  it.each([
    ['no connection', () => network('ECONNREFUSED', false)],
    ['a 503 at once', () => http(503)],
  ])('about ten with %s, whatever --concurrency allows', async (_, answer) => {
    const w = world(() => answer());
    const execution = await w.run(1000, { rate: 100, concurrency: 200, outage_patience: 500 });
    expect(execution.stop?.reason).toBe('outage');
    expect(whenTripped(w)).toContain(': 10 attempts in a row');
    // One that had its slot already, and the probe.
    expect(w.sent.length).toBeLessThanOrEqual(12);
  });

  it('as many again as were in flight when the first of them failed', async () => {
    // From one second on, all requests fail half a second after they were sent: 50 are in flight then.
    const w: World = world(async (_row, _before, now) => {
      await w.clock.sleep(495).done;
      return now < 1005 ? ok() : network('ETIMEDOUT', true);
    });
    await w.run(1000, { rate: 100, concurrency: 200, outage_patience: 500 });
    const failures = Number(/: (\d+) attempts in a row/.exec(whenTripped(w) ?? '')?.[1]);
    expect(failures).toBeGreaterThanOrEqual(49);
    expect(failures).toBeLessThanOrEqual(51);
  });
});

describe('during an outage', () => {
  it('there is one request at a time, at growing intervals, and then all rows continue', async () => {
    const w = world((_row, _before, now) => (isDown(now) ? http(503) : ok()));
    await w.run(600, { rate: 10, concurrency: 10 });
    const sent = within(w.sent, DOWN_FROM, DOWN_TO + 60_000).map(({ at }) => at);
    // Ten attempts, and one that had its slot already.
    expect(sent[10]).toBeLessThan(DOWN_FROM + 1200);
    const gaps = sent.slice(11, 19).map((at, n) => Math.round((at - (sent[n + 10] as number)) / 100) / 10);
    expect(gaps).toEqual([0.9, 2, 4, 8, 16, 30, 30, 30]);
    expect(within(w.sent, sent[18] as number, (sent[18] as number) + 1000)).toHaveLength(10);
  });

  it('the probes of a slow API do not overlap', async () => {
    let flying = 0;
    let most = 0;
    const w = world(async (_row, _before, now) => {
      if (!isDown(now)) return ok();
      flying += 1;
      if (now > DOWN_FROM + 25_000) most = Math.max(most, flying);
      await w.clock.sleep(9_995).done;
      flying -= 1;
      return network('ETIMEDOUT', true);
    });
    await w.run(600, { rate: 10, concurrency: 10 });
    expect(most).toBe(1);
  });

  it('a rate that is lower than that of the probes is kept', async () => {
    const w = world((_row, _before, now) => (now < 600_000 ? http(503) : ok()));
    const execution = await w.run(5, { rate: 0.2, concurrency: 10, outage_patience: 3_600_000 });
    const at = w.sent.map((one) => one.at);
    for (let n = 1; n < at.length; n++) expect((at[n] as number) - (at[n - 1] as number)).toBeGreaterThanOrEqual(5000);
    expect(execution.stop).toBeNull();
  });

  it('probes wait as long as a retry-after says', async () => {
    const w = world((_row, _before, now) => (isDown(now) ? http(503, '', { retryAfter: '20' }) : ok()));
    await w.run(400, { rate: 10, concurrency: 10 });
    const sent = within(w.sent, DOWN_FROM + 100, DOWN_TO).map(({ at }) => at);
    for (let n = 1; n < sent.length; n++) {
      expect((sent[n] as number) - (sent[n - 1] as number)).toBeGreaterThanOrEqual(20_000);
    }
    expect(sent.length).toBeGreaterThan(2);
  });

  it('a key that is refused at the end of it is confirmed, and stops the run', async () => {
    const w = world((_row, _before, now) => (now < 20_000 ? http(503) : http(401, '10009')));
    const execution = await w.run(100);
    expect(execution.stop?.reason).toBe('key_refused');
    expect(w.outcomes().size).toBe(0);
    // The probe, the confirmation, and one that had its slot when the hold began.
    expect(within(w.sent, 20_000, 900_000).length).toBeLessThanOrEqual(3);
  });

  it('a stop is obeyed at once, and rows that were tried are requeued without an attempt', async () => {
    const w = world((_row, _before, now) => (now > 5000 ? http(503) : ok()));
    w.clock.at(40_000, () => w.stop.ask('signal', 'SIGINT'));
    // At this rate ten rows fail before the first of them is read.
    const execution = await w.run(3000, { rate: 100, max_attempts: 2 });
    expect(execution.stop?.reason).toBe('signal');
    expect(w.clock.now()).toBe(40_000);
    const back = w.ledger.filter((line) => line.type === 'put_back');
    expect(back.length).toBeGreaterThanOrEqual(10);
    expect(back.every(({ attempts }) => attempts === 0)).toBe(true);
    expect(back.filter(({ ambiguous }) => ambiguous).length).toBeGreaterThanOrEqual(10);
    expect(costs(w, 3000).lost).toBe(0);
  });

  it('reads show the outage, and are refunded as well', async () => {
    const w = world(
      () => http(503),
      undefined,
      (_row, _before, now) => (isDown(now) ? http(503) : ok()),
    );
    const tasks = rows(600, (row) => task(row, { first: 'read', attempts: 3 }));
    expect((await w.run(tasks, { max_attempts: 1, concurrency: 20 })).stop).toBeNull();
    const all = [...w.outcomes().values()];
    expect(all).toHaveLength(600);
    expect(all.every(({ reason, attempts }) => reason === 'confirmed_by_read' && attempts === 3)).toBe(true);
  });
});

describe('an outage that outlasts the patience', () => {
  it('stops the run, with every row as it was before', async () => {
    const w = world((_row, _before, now) => (now > DOWN_FROM ? http(503) : ok()));
    const execution = await w.run(400, { max_attempts: 1, outage_patience: 60_000 });
    expect(execution.stop?.reason).toBe('outage');
    expect(execution.stop?.detail).toMatch(
      /^10 attempts in a row ended with a 5xx or without an answer, the last one with HTTP 503; probed for 1m /,
    );
    // The streak takes 1 s at 10 a second, and the patience begins at its end.
    expect(w.clock.now()).toBeGreaterThan(DOWN_FROM + 60_800);
    expect(w.clock.now()).toBeLessThan(DOWN_FROM + 61_500);
    const { ended, lost } = costs(w, 400);
    expect(lost).toBe(0);
    const started = new Set(w.sent.map(({ row }) => row)).size;
    expect(w.ledger.filter((line) => line.type === 'put_back' && line.ambiguous)).toHaveLength(started - ended);
    expect(w.clock.pending()).toBe(0);
  });

  it('is timed from 0 again if the API was up in between', async () => {
    const w = world((_row, _before, now) =>
      (now > 10_000 && now < 60_000) || (now > 80_000 && now < 130_000) ? http(503) : ok(),
    );
    const execution = await w.run(700, { outage_patience: 70_000 });
    expect(execution.stop).toBeNull();
    expect(costs(w, 700)).toEqual(unscathed(700));
  });
});

describe('a number that always fails', () => {
  /** How many writes and reads of a row were sent. */
  const asksOf = ({ sent }: World, row: number) => {
    const operations = sent.filter((one) => one.row === row).map(({ operation }) => operation);
    return [
      operations.filter((operation) => operation === 'write').length,
      operations.filter((operation) => operation === 'read').length,
    ];
  };

  it.each([1, 2, 5])('is given up after %i attempts among others', async (max_attempts) => {
    const w = world(toWrites((row) => (row === 7 ? http(500) : ok())));
    const execution = await w.run(300, { max_attempts });
    expect(execution.stop).toBeNull();
    expect(asksOf(w, 7)).toEqual([max_attempts, max_attempts]);
    // Each of its writes was read back, and none has happened.
    expect(w.outcomes().get(7)).toMatchObject({
      status: 'failed',
      reason: 'attempts_exhausted',
      attempts: max_attempts,
      profileAfter: 'UNASSIGN',
    });
    expect(w.events.filter(({ event }) => event === 'run.paused')).toEqual([]);
  });

  it.each([1, 5, 15])('is given up after %i attempts as the last row of a run', async (max_attempts) => {
    const w = world(toWrites((row) => (row === 30 ? http(500) : ok())));
    const execution = await w.run(30, { max_attempts });
    expect(execution.stop).toBeNull();
    expect(w.outcomes().get(30)).toMatchObject({ status: 'failed', attempts: max_attempts });
    expect(asksOf(w, 30)).toEqual([max_attempts, max_attempts]);
  });

  it.each([1, 2, 5])('at writes and at reads is unverified after one write and %i reads', async (max_attempts) => {
    for (const last of [300, 7]) {
      const w = world((row) => (row === 7 ? http(500) : ok()));
      const execution = await w.run(last, { max_attempts });
      expect(execution.stop).toBeNull();
      expect(asksOf(w, 7)).toEqual([1, max_attempts]);
      expect(w.outcomes().get(7)).toMatchObject({ status: 'unverified', reason: 'read_failed', attempts: 1 });
      expect(w.events.filter(({ event }) => event === 'run.paused')).toEqual([]);
    }
  });

  it('does not wait for another one like it if these two are the last', async () => {
    const w = world((row) => (row > 28 ? network('ECONNREFUSED', false) : ok()));
    const execution = await w.run(30, { max_attempts: 15 });
    expect(execution.stop).toBeNull();
    expect(w.sent.filter(({ row }) => row > 28)).toHaveLength(30);
    for (const row of [29, 30]) expect(w.outcomes().get(row)).toMatchObject({ status: 'failed', attempts: 15 });
    expect(w.events.filter(({ event }) => event === 'run.paused')).toEqual([]);
  });

  it('does not wait for a row that --stop-after keeps from being sent', async () => {
    const w = world(toWrites((row) => (row === 3 ? http(500) : ok())));
    const execution = await w.run(30, { max_attempts: 3, stop_after: 3 });
    expect(execution.stop?.reason).toBe('stop_after');
    expect(w.outcomes().get(3)).toMatchObject({ status: 'failed', attempts: 3 });
  });
});
