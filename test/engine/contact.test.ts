import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/core/api/response.ts';
import { createContact } from '../../src/engine/contact.ts';
import { answeredContact, http, network, ok, world } from '../support/engine/fake-world.ts';

const URL = 'https://api.example.com/v2';
const HTML: Extract<Answer, { kind: 'http' }> = {
  ...http(200),
  body: { kind: 'unreadable', why: 'text/html, not this API', isMarkup: true },
};
const TEXT: Answer = { ...http(200), body: { kind: 'unreadable', why: 'text/plain, not this API' } };
const REFUSED = network('ECONNREFUSED', false);

const at = (admittedAt: number, now = admittedAt + 5) => ({ admittedAt, now, isRead: false, isAboutNumber: true });

describe('a contact', () => {
  it('counts requests that were in flight together as one try', () => {
    const contact = createContact(URL);
    for (const _ of Array(10)) expect(contact.observe(REFUSED, at(0))).toBeNull();
    expect(contact.observe(REFUSED, at(10))).toBeNull();
    expect(contact.observe(REFUSED, at(12))).toBeNull();
    expect(contact.observe(REFUSED, at(20))?.reason).toBe('unreachable');
  });

  it('does not end because of a refused connection once anything was answered', () => {
    for (const answer of [http(503), http(429), http(404), ok()]) {
      const contact = createContact(URL);
      contact.observe(answer, at(0));
      for (let now = 10; now < 1000; now += 10) expect(contact.observe(REFUSED, at(now))).toBeNull();
    }
  });

  it('ends because of HTML only if it does not pass, once the API has answered', () => {
    const contact = createContact(URL);
    contact.observe(ok(), at(0));
    for (let n = 1; n < 10; n++) expect(contact.observe(HTML, at(n * 10))).toBeNull();
    contact.observe(ok(), at(100));
    for (let n = 1; n < 10; n++) expect(contact.observe(HTML, at(100 + n * 10))).toBeNull();
    expect(contact.observe(HTML, at(300))?.reason).toBe('not_this_api');
  });

  it.each([
    ['a number', ok(), false],
    ['an error of a field', http(422, '10015'), false],
    ['a profile that does not exist', http(404, '10017'), false],
    ['no such number', http(404, '10005'), true],
    ['404 with a code of another API', http(404, 'not_found'), true],
    ['404 without a body', http(404), true],
  ])('is in doubt while nothing shows that this is the API: %s', (_, answer, isDoubtful) => {
    const contact = createContact(URL);
    expect(contact.isDoubtful()).toBe(false);
    contact.observe(http(404, '10005'), at(0));
    expect(contact.isDoubtful()).toBe(true);
    contact.observe(answer, at(10));
    expect(contact.isDoubtful()).toBe(isDoubtful);
  });

  it.each([http(404), http(405), http(501), { ...http(404), body: HTML.body }])(
    'learns nothing from an endpoint that is not there, if the API may do without it',
    (answer) => {
      const contact = createContact(URL);
      for (let n = 0; n < 50; n++) expect(contact.observe(answer, { ...at(n), mayLackEndpoint: true })).toBeNull();
      expect([contact.isDoubtful(), contact.isProven()]).toEqual([false, false]);
      expect(contact.observe(http(511), { ...at(50), mayLackEndpoint: true })?.reason).toBe('not_this_api');
    },
  );

  it('ends after 20 numbers that were not found and nothing else', () => {
    const contact = createContact(URL);
    contact.observe(http(404), { ...at(0), isAboutNumber: false });
    for (let n = 1; n < 20; n++) expect(contact.observe(http(404), at(n))).toBeNull();
    expect(contact.observe(http(404), at(20))?.detail).toContain('HTTP 404 to the first 20 numbers');
  });
});

describe('a run whose first requests are writes', () => {
  it.each([
    ['a certificate', network('CERT_HAS_EXPIRED', false), 'unreachable', 1],
    ['HTML', HTML, 'not_this_api', 1],
    ['407', http(407), 'unreachable', 1],
    ['no such host', network('ENOTFOUND', false), 'unreachable', 3],
    ['a refused connection', REFUSED, 'unreachable', 3],
    ['404 and no other answer', http(404, '10005'), 'not_this_api', 20],
    ['what cannot be read', TEXT, 'not_this_api', 40],
  ])('stops soon because of %s, and fails no row but those not found', async (_, answer, reason, most) => {
    const w = world(
      () => answer,
      undefined,
      () => answer,
    );
    const { stop } = await w.run(1000, { rate: 10 }, undefined, createContact(URL));
    expect(stop?.reason).toBe(reason);
    expect(w.sent.length).toBeLessThanOrEqual(most);
    expect(w.outcomes().size).toBe(reason === 'not_this_api' && most === 20 ? 19 : 0);
    expect(w.clock.now()).toBeLessThan(30_000);
  });

  it.each([1, 2, 5])(
    'gives up no row before it is clear whether the API can be reached: %i attempts',
    async (max_attempts) => {
      for (const answer of [REFUSED, network('ENOTFOUND', false), network('HPE_INVALID_CONSTANT', true)]) {
        const w = world(
          () => answer,
          undefined,
          () => answer,
        );
        const { stop } = await w.run(1, { rate: 10, max_attempts }, undefined, createContact(URL));
        expect(stop?.reason).toBe('unreachable');
        expect(w.outcomes().size).toBe(0);
        expect(w.clock.now()).toBeLessThan(30_000);
      }
    },
  );

  it('gives up a row after its attempts as before if the API has answered once', async () => {
    const w = world(
      () => REFUSED,
      undefined,
      () => REFUSED,
    );
    const { stop } = await w.run(1, { rate: 10, max_attempts: 2 }, undefined, answeredContact());
    expect(stop).toBeNull();
    expect(w.outcomes().get(1)?.reason).toBe('attempts_exhausted');
  });

  it('fails no row whose request was in flight when HTML ended the run', async () => {
    const firewall: Answer = { ...http(403), body: HTML.body };
    const w = world(async () => {
      await w.clock.sleep(1000).done;
      return firewall;
    });
    const { stop } = await w.run(100, { rate: 100, concurrency: 50 }, undefined, createContact(URL));
    expect(stop?.reason).toBe('not_this_api');
    expect(w.outcomes().size).toBe(0);
  });

  it('leaves a row to be read if HTML has accepted its write', async () => {
    const w = world(() => HTML);
    await w.run(5, { rate: 10 }, undefined, createContact(URL));
    expect(w.linesOf(1)).toEqual(['intent', 'put_back ambiguous 0']);
  });

  it('has few requests in flight while nothing but 404 was answered', async () => {
    const w = world(async (row) => {
      // The first answer comes alone.
      await w.clock.sleep(row === 1 ? 1 : 60_000).done;
      return http(404, '10005');
    });
    await w.run(100, { rate: 100, concurrency: 50 }, undefined, createContact(URL));
    expect(w.sent.length).toBeLessThanOrEqual(25);
  });
});
