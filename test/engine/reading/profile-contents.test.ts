import { describe, expect, it } from 'vitest';
import type { Answer, Body } from '../../../src/core/api/response.ts';
import { readProfileContents } from '../../../src/engine/reading/profile-contents.ts';
import { http, network } from '../../support/engine/fake-world.ts';
import { queryWorld } from '../../support/engine/query-world.ts';

const answer = (body: Body): Answer => ({ ...http(200), body });
const items = (count: number, profile?: string): Answer => {
  const rows = Array.from({ length: count }, () => (profile === undefined ? {} : { profile }));
  return answer({ kind: 'profile_items', page: { rows, total: count, pages: 1 } });
};
const STOP = { country: 'US', op: 'stop', keywords: ['STOP'], text: '' };
const keywords = (total = 1) => answer({ kind: 'keyword_answers', page: { rows: [STOP], total, pages: 1 } });
const numbers = (total: number, profile: string) =>
  answer({ kind: 'numbers', page: { rows: [{ id: 'n', profile }], total, pages: total } });

/** Reads what is on the profiles p1, p2 and p3. `replace`: other answers to some requests. */
async function read(replace: (request: string) => Answer | null = () => null, wanted = {}, endsAt = 60_000) {
  const { clock, stop, pipeline, query } = queryWorld();
  const requests: string[] = [];
  const send = async (request: string, usual: Answer, onSent: () => void) => {
    onSent();
    requests.push(request);
    await clock.sleep(5).done;
    return replace(request) ?? usual;
  };
  const ports: Parameters<typeof readProfileContents>[1] = {
    listNumbers: ({ profile = '' }, onSent) => send(`numbers ${profile}`, numbers(7, profile), onSent),
    listOnProfile: (list, profile, onSent) =>
      send(`${list} ${profile}`, list.startsWith('keyword_answers') ? keywords() : items(2, profile), onSent),
  };
  const profiles = ['p1', 'p2', 'p3'];
  const found = await clock.until(
    readProfileContents(query, ports, {
      ...{ profiles, numbersOf: ['p3'], answersOf: ['p1', 'p4'], concurrency: 10 },
      ...{ isLate: () => clock.now() > endsAt },
      ...wanted,
    }),
  );
  pipeline.end();
  const counts = Object.fromEntries(Object.entries(found.counts).map(([name, map]) => [name, Object.fromEntries(map)]));
  return { counts, answers: found.answers, requests, stop };
}

describe('what is on profiles', () => {
  it('is read with one request for each list', async () => {
    const { counts, answers, requests } = await read();
    const two = { p1: 2, p2: 2, p3: 2 };
    expect(counts).toEqual({
      numbers: { p3: 7 },
      short_codes: two,
      alphanumeric_senders: two,
      hosted_numbers: two,
      keyword_answers: { p1: 1, p2: 1, p3: 1, p4: 1 },
      opt_outs: two,
    });
    expect([...answers.keys()].sort()).toEqual(['p1', 'p2', 'p3', 'p4']);
    expect(requests).toHaveLength(1 + 4 + 4 * 3);
  });

  it.each([404, 405, 501, 403, 400])(
    'leaves out a list that is answered %i, and does not ask again',
    async (status) => {
      const { counts, requests, stop } = await read((request) =>
        request.startsWith('opt_outs') ? http(status) : null,
      );
      expect(counts.opt_outs).toEqual({});
      expect(counts.short_codes).toEqual({ p1: 2, p2: 2, p3: 2 });
      expect(requests.filter((request) => request.startsWith('opt_outs'))).toEqual(['opt_outs p1']);
      expect(stop.asked()).toBeNull();
    },
  );

  it('goes on after a profile that is gone', async () => {
    const { counts } = await read((request) => (request === 'short_codes p2' ? http(404) : null));
    expect(counts.short_codes).toEqual({ p1: 2, p3: 2 });
  });

  it('finds hosted numbers at their other path', async () => {
    const { counts, requests } = await read((request) => (request.startsWith('hosted_numbers ') ? http(404) : null));
    expect(counts.hosted_numbers).toEqual({ p1: 2, p2: 2, p3: 2 });
    expect(requests.filter((request) => request.startsWith('hosted_numbers '))).toEqual(['hosted_numbers p1']);
    const none = await read((request) => (request.startsWith('hosted_numbers') ? http(404) : null));
    expect(none.counts.hosted_numbers).toEqual({});
    expect(none.requests.filter((request) => request.startsWith('hosted_numbers'))).toHaveLength(2);
  });

  it('is tried three times, and after a failure of the network not at all', async () => {
    const inTrouble = await read((request) => (request.startsWith('short_codes') ? http(503) : null));
    expect(inTrouble.counts).toMatchObject({ short_codes: {}, opt_outs: { p1: 2 } });
    expect(inTrouble.requests.filter((request) => request.startsWith('short_codes'))).toHaveLength(3);
    const gone = await read(() => network('ECONNRESET', true));
    expect(Object.values(gone.counts).every((map) => Object.keys(map).length === 0)).toBe(true);
    expect(gone.requests).toHaveLength(6 * 3);
    expect(gone.stop.asked()).toBeNull();
  });

  it('does not count what the server shows of other profiles, or answers in another form', async () => {
    const { counts } = await read((request) => {
      if (request === 'opt_outs p1') return items(2, 'p2');
      if (request === 'short_codes p1') return items(2);
      return request.startsWith('hosted_numbers') ? answer({ kind: 'settings', settings: {} }) : null;
    });
    expect(counts).toMatchObject({ opt_outs: { p1: 0 }, short_codes: { p1: 2 }, hosted_numbers: {} });
  });

  it('asks for a large page of keyword answers if the first one is cut', async () => {
    const { counts, answers, requests } = await read((request) =>
      request === 'keyword_answers p1' ? keywords(30) : null,
    );
    expect(counts.keyword_answers).toMatchObject({ p1: 1, p2: 1 });
    expect(answers.has('p1')).toBe(true);
    expect(requests.filter((request) => request.startsWith('keyword_answers '))).toEqual(['keyword_answers p1']);
  });

  it('counts all keyword answers by the first page if the size of a page is refused', async () => {
    const { counts, requests } = await read((request) => {
      if (request.startsWith('keyword_answers_paged')) return http(422);
      return request.startsWith('keyword_answers') ? keywords(30) : null;
    });
    expect(counts.keyword_answers).toEqual({ p1: 30, p2: 30, p3: 30, p4: 30 });
    expect(requests.filter((request) => request.startsWith('keyword_answers_paged'))).toHaveLength(1);
  });

  it('does not compare keyword answers of which only some were shown', async () => {
    const { counts, answers } = await read((request) => (/^keyword_answers.* p1/.test(request) ? keywords(30) : null));
    expect(counts.keyword_answers).toMatchObject({ p1: 30 });
    expect(answers.has('p1')).toBe(false);
  });

  it('is not read any more once it takes too long', async () => {
    const { counts, requests } = await read(() => null, { concurrency: 1 }, 0);
    expect(requests.filter((request) => request.startsWith('short_codes'))).toEqual(['short_codes p1']);
    expect(counts).toMatchObject({ short_codes: { p1: 2 }, opt_outs: { p1: 2 } });
  });
});
