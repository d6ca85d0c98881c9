import { describe, expect, it } from 'vitest';
import type { Answer, ShownCampaign } from '../../../src/core/api/response.ts';
import { createCampaignTable } from '../../../src/core/campaigns/campaign-table.ts';
import type { CampaignsQuery } from '../../../src/engine/reading/campaign-list.ts';
import { readCampaigns } from '../../../src/engine/reading/campaign-reader.ts';
import { sha256 } from '../../support/digests.ts';
import { http } from '../../support/engine/fake-world.ts';
import { queryWorld } from '../../support/engine/query-world.ts';

const phone = (n: number) => `+1312${5_550_000 + n}`;
const upTo = <T>(last: number, make: (n: number) => T): T[] => Array.from({ length: last }, (_, at) => make(at + 1));
const row = (n: number, status = 'ASSIGNED'): ShownCampaign => ({ phoneNumber: phone(n), campaign: 'C1', status });

type How = {
  /** The most rows that a page has. */
  cap?: number;
  /** Answers instead of the API; null leaves it to the API. */
  answer?: (call: string, times: number) => Answer | null;
  /** The campaigns after that many answers. */
  meanwhile?: (answered: number, rows: ShownCampaign[]) => ShownCampaign[];
  total?: (rows: number) => number | null;
  /** The numbers that had a campaign before. */
  had?: readonly number[];
};

/** Reads the campaigns of phone numbers, from an account with `rows`. */
async function read(wanted: readonly number[], given: ShownCampaign[], how: How = {}) {
  const { cap = 250, answer = () => null, meanwhile = (_, rows) => rows, total = (rows) => rows, had = [] } = how;
  const { clock, pipeline, query } = queryWorld({ max_attempts: 2 });
  const table = createCampaignTable(sha256);
  for (const n of wanted) table.addWanted(phone(n));
  const calls: string[] = [];
  const choices: number[] = [];
  let rows = given;
  const reply = async (call: string, show: () => Answer, onSent: () => void): Promise<Answer> => {
    onSent();
    const times = calls.filter((other) => other === call).length;
    calls.push(call);
    await clock.sleep(5).done;
    rows = meanwhile(calls.length - 1, rows);
    return answer(call, times) ?? show();
  };
  const shown = (some: ShownCampaign[]): Answer => ({
    ...http(200),
    body: { kind: 'campaigns', rows: some, total: total(rows.length) },
  });
  const ports = {
    listCampaigns: ({ page, size: asked }: CampaignsQuery, onSent: () => void) => {
      const size = Math.min(cap, asked ?? 20);
      const show = () => shown(rows.slice((page - 1) * size, page * size));
      return reply(`page ${page}${asked === 250 ? '' : ` of ${asked ?? 'any'}`}`, show, onSent);
    },
    readCampaign: (phoneNumber: string, onSent: () => void) =>
      reply(
        phoneNumber,
        () => {
          const found = rows.find((one) => one.phoneNumber === phoneNumber);
          return found === undefined ? http(404, '10005') : shown([found]);
        },
        onSent,
      ),
  };
  const hadCampaign = (phoneNumber: string) => had.some((n) => phone(n) === phoneNumber);
  const options = {
    table,
    query,
    ports,
    hadCampaign,
    concurrency: 5,
    onChoice: (requests: number) => choices.push(requests),
  };
  const why = await clock.until(readCampaigns(options));
  pipeline.end();
  const stateOf = (n: number) => {
    const state = table.stateOf(phone(n));
    return state === null ? '?' : `${state.campaign} ${state.status}`.trim();
  };
  return { why, calls, choices, states: wanted.map(stateOf), unread: table.unread() };
}

describe('the campaigns of one or two numbers', () => {
  it('are read one by one', async () => {
    const { calls, states, why } = await read([1, 2], upTo(500, row));
    expect(calls).toEqual([phone(1), phone(2)]);
    expect(states).toEqual(['C1 ASSIGNED', 'C1 ASSIGNED']);
    expect(why).toBe('');
  });

  it('are none if one of them is found', async () => {
    const { calls, states } = await read([1, 2], [row(2)]);
    expect(calls).toEqual([phone(1), phone(2)]);
    expect(states).toEqual(['NONE', 'C1 ASSIGNED']);
  });

  it('are none only of a server that has a list of campaigns', async () => {
    const none = await read([1, 2], []);
    expect(none.calls).toEqual([phone(1), phone(2), 'page 1']);
    expect(none.states).toEqual(['NONE', 'NONE']);
    const unknown = await read([1, 2], [], { answer: () => http(404, '10005') });
    expect(unknown.states).toEqual(['?', '?']);
    expect(unknown.why).toMatch(/^HTTP 404/);
  });

  it('are none of a server with campaigns only if it shows one of them by itself', async () => {
    const rows = upTo(500, row);
    const none = await read([600], rows);
    expect(none.calls).toEqual([phone(600), 'page 1', phone(1)]);
    expect(none.states).toEqual(['NONE']);
    const unknown = await read([600], rows, { answer: (call) => (call.startsWith('+') ? http(404) : null) });
    expect(unknown.states).toEqual(['?']);
    expect(unknown.why).toBe('HTTP 404 to each of them');
  });

  it('are as the list shows them if it shows them', async () => {
    const { states } = await read([1], [row(1)], { answer: (call) => (call === phone(1) ? http(404) : null) });
    expect(states).toEqual(['C1 ASSIGNED']);
  });

  it('are unknown after an error, and no more is asked', async () => {
    const { calls, states, why } = await read([1, 2], [], { answer: () => http(403, '10010') });
    expect(calls).toEqual([phone(1)]);
    expect(states).toEqual(['?', '?']);
    expect(why).toMatch(/^HTTP 403 10010/);
  });

  it('are unknown if the answer is about another number', async () => {
    const answer = (): Answer => ({ ...http(200), body: { kind: 'campaigns', rows: [row(9)], total: 1 } });
    expect((await read([1], [], { answer })).states).toEqual(['?']);
  });
});

describe('the campaigns of many numbers', () => {
  it('are read from the list, whose other numbers are on none', async () => {
    const { calls, states, choices } = await read(
      upTo(1000, (n) => n * 2),
      upTo(1000, row),
    );
    expect(calls.sort()).toEqual(['page 1', 'page 2', 'page 3', 'page 4']);
    expect(states.filter((state) => state === 'C1 ASSIGNED')).toHaveLength(500);
    expect(states.filter((state) => state === 'NONE')).toHaveLength(500);
    expect(choices).toEqual([3]);
  });

  it('are read one by one if the list has more pages', async () => {
    const { calls, states } = await read([999, 1998, 2500], upTo(2000, row));
    expect(calls).toEqual(['page 1', phone(999), phone(1998), phone(2500)]);
    expect(states).toEqual(['C1 ASSIGNED', 'C1 ASSIGNED', 'NONE']);
  });

  it('are unknown if the server has no endpoint for one number', async () => {
    const answer = (call: string) => (call.startsWith('+') ? http(404, '10005') : null);
    const { calls, states } = await read([2001, 2002, 2003, 2004], upTo(2000, row), { answer });
    expect(calls).toEqual(['page 1', phone(2001), phone(2002), phone(2003), phone(1)]);
    expect(states).toEqual(['?', '?', '?', '?']);
  });

  it('are known after the first page if it has all of them', async () => {
    expect((await read([1, 2, 3], upTo(1000, row))).calls).toEqual(['page 1']);
    expect((await read([1, 2, 3], [])).states).toEqual(['NONE', 'NONE', 'NONE']);
  });

  it('are read from smaller pages', async () => {
    const capped = await read(
      upTo(100, (n) => n),
      upTo(100, row),
      { cap: 25 },
    );
    expect(capped.calls).toHaveLength(4);
    expect(capped.unread).toBe(0);
  });

  it.each([
    [400, 100, ['page 1', 'page 1 of 100', 'page 2 of 100', 'page 3 of 100']],
    [422, 20, ['page 1', 'page 1 of 100', ...upTo(13, (page) => `page ${page} of any`)]],
  ])('are read from smaller pages if the server refuses ours with %i: of %i', async (status, size, pages) => {
    const refused = size === 100 ? /^page [0-9]+$/ : /^page [0-9]+( of 100)?$/;
    const answer = (call: string) => (refused.test(call) ? http(status, '10033') : null);
    const wanted = upTo(260, (n) => n);
    const { calls, states } = await read(wanted, upTo(260, row), { answer });
    expect(calls.sort()).toEqual([...pages].sort());
    expect(new Set(states)).toEqual(new Set(['C1 ASSIGNED']));
  });

  it('are read again if the list has changed meanwhile', async () => {
    const meanwhile = (answered: number, rows: ShownCampaign[]) => (answered === 1 ? [row(2000), ...rows] : rows);
    const { states, calls } = await read(
      upTo(1200, (n) => n),
      upTo(1000, row),
      { meanwhile },
    );
    expect(states.slice(0, 1000).every((state) => state === 'C1 ASSIGNED')).toBe(true);
    expect(states.slice(1000).every((state) => state === 'NONE')).toBe(true);
    expect(calls).toHaveLength(4 + 5);
  });

  it('are read one by one where the list never agrees with its total', async () => {
    const { states, unread } = await read(
      upTo(20, (n) => n),
      upTo(10, row),
      { cap: 5, total: () => 12 },
    );
    expect(states.filter((state) => state === 'NONE')).toHaveLength(10);
    expect(unread).toBe(0);
  });

  it('are read one by one where the list names no total', async () => {
    const { calls } = await read([1, 2, 3, 300], upTo(300, row), { total: () => null });
    expect(calls).toEqual(['page 1', phone(300)]);
  });

  it('are read from a list without a total up to its end, and the others one by one', async () => {
    const { calls, states } = await read(
      upTo(600, (n) => n),
      upTo(598, row),
      { total: () => null },
    );
    expect(calls).toEqual(['page 1', 'page 2', 'page 3', phone(599), phone(600), phone(1)]);
    expect(states.slice(597)).toEqual(['C1 ASSIGNED', 'NONE', 'NONE']);
  });

  it('take few pages of a list without a total that shows the same page again', async () => {
    const answer = (call: string): Answer | null =>
      call.startsWith('page') ? { ...http(200), body: { kind: 'campaigns', rows: [row(1)], total: null } } : null;
    const { calls, unread } = await read([1, 2, 3, 4, 5], upTo(5, row), { answer });
    expect(calls.slice(0, 3)).toEqual(['page 1', 'page 2', phone(2)]);
    expect(unread).toBe(0);
  });

  it('take no more pages once all are known', async () => {
    const { calls } = await read(
      upTo(250, (n) => n),
      upTo(1000, row),
    );
    expect(calls).toEqual(['page 1']);
  });

  it('are read one by one of a server without a list', async () => {
    const answer = (call: string) => (call.startsWith('page') ? http(404, '10005') : null);
    const { states, why } = await read([1, 2, 3, 4], [row(2), row(4)], { answer });
    expect(states).toEqual(['NONE', 'C1 ASSIGNED', 'NONE', 'C1 ASSIGNED']);
    expect(why).toBe('');
  });

  it('are unknown of a server that knows neither endpoint, after a few requests', async () => {
    const { calls, states, why } = await read(
      upTo(1000, (n) => n),
      [],
      { answer: () => http(404, '10005') },
    );
    expect(calls).toEqual(['page 1', phone(1), phone(2), phone(3)]);
    expect(new Set(states)).toEqual(new Set(['?']));
    expect(why).toMatch(/^HTTP 404/);
  });

  it('are unknown from the page on that fails', async () => {
    const answer = (call: string) => (call === 'page 2' ? http(503) : null);
    const { calls, states, why } = await read(
      upTo(1000, (n) => n),
      upTo(1000, row),
      { answer },
    );
    expect(calls).toEqual(['page 1', 'page 2', 'page 2']);
    expect(states.filter((state) => state === '?')).toHaveLength(750);
    expect(why).toBe('HTTP 503');
  });

  it('are unknown if the list is in trouble: nothing else is asked', async () => {
    const { calls } = await read(
      upTo(1000, (n) => n),
      upTo(1000, row),
      { answer: () => http(503) },
    );
    expect(calls).toEqual(['page 1', 'page 1']);
  });

  it('are read one by one if the list is in trouble, and they are few', async () => {
    const answer = (call: string) => (call.startsWith('page') ? http(503) : null);
    const { calls, states } = await read([1, 2, 3], upTo(3, row), { answer });
    expect(calls).toEqual(['page 1', 'page 1', phone(1), phone(2), phone(3)]);
    expect(new Set(states)).toEqual(new Set(['C1 ASSIGNED']));
  });

  it('are unknown from the number on that fails', async () => {
    const answer = (call: string) => (call === phone(999) ? http(500) : null);
    const { states, why } = await read([1, 999, 1998], upTo(2000, row), { answer });
    expect(states).toEqual(['C1 ASSIGNED', '?', '?']);
    expect(why).toBe('HTTP 500');
  });
});

describe('the campaigns that numbers have lost by the list', () => {
  it('are read by themselves, a few of them', async () => {
    const { calls, states } = await read([1, 2, 3, 4, 5, 6], [row(1)], { had: [1, 3, 4, 5, 6] });
    expect(calls).toEqual(['page 1', phone(3), phone(4), phone(5)]);
    expect(states).toEqual(['C1 ASSIGNED', ...Array(5).fill('NONE')]);
  });

  it('are not lost if the list lags behind', async () => {
    const lagging: Answer = { ...http(200), body: { kind: 'campaigns', rows: [], total: 0 } };
    const { calls, states } = await read([1, 2, 3, 4], [row(1), row(2), row(4)], {
      had: [1, 2, 4],
      answer: (call) => (call.startsWith('page') ? lagging : null),
    });
    expect(states).toEqual(['C1 ASSIGNED', 'C1 ASSIGNED', 'NONE', 'C1 ASSIGNED']);
    expect(calls).toEqual(['page 1', phone(1), 'page 1', phone(2), phone(3), phone(4)]);
  });

  it('are lost if the server does not show one number', async () => {
    const answer = (call: string) => (call.startsWith('+') ? http(403, '10010') : null);
    const { calls, states, why } = await read([1, 2, 3], [row(1)], { had: [2, 3], answer });
    expect(calls).toEqual(['page 1', phone(2)]);
    expect(states).toEqual(['C1 ASSIGNED', 'NONE', 'NONE']);
    expect(why).toBe('');
  });
});

describe('no number', () => {
  it('takes no request', async () => {
    expect((await read([], upTo(5, row))).calls).toEqual([]);
  });
});
