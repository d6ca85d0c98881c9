import { describe, expect, it } from 'vitest';
import type { Answer, Body } from '../../../src/core/api/response.ts';
import type { Settings } from '../../../src/core/settings/schema.ts';
import { type OrderToPlace, placeOrder } from '../../../src/engine/bulk/place.ts';
import { http, network, ok } from '../../support/engine/fake-world.ts';
import { ORDER, orderAnswer, orderWorld, shownOrder } from '../../support/engine/order-world.ts';

const HTML: Body = { kind: 'unreadable', why: 'text/html, not this API', isMarkup: true };
const CUT: Answer = { ...http(200), body: { kind: 'unreadable', why: 'JSON that is cut or not of this API' } };

function world(answers: Answer[], changes: Partial<Settings> = {}) {
  const given = orderWorld(answers, changes);
  return {
    ...given,
    place: (more: Partial<OrderToPlace> = {}) =>
      given.clock.until(placeOrder(given, { ...ORDER, isWanted: () => true, ...more })),
  };
}

/** The same after the API has answered. */
async function knownWorld(answers: Answer[], changes: Partial<Settings> = {}) {
  const given = world(answers, changes);
  await given.clock.until(given.query.read('number 1', async () => ok(), 'number'));
  return given;
}

describe('placing an order', () => {
  it('is one POST, which is counted', async () => {
    const given = world([orderAnswer()]);
    expect(await given.place()).toEqual({ kind: 'placed', order: shownOrder() });
    expect(given.pipeline.requests).toMatchObject({ total: 1, writes: 1, reads: 0, retries: 0, orders: 1 });
    expect(given.events).toEqual([]);
  });

  it.each<[string, Answer]>([
    ['a 500', http(500)],
    ['a 503', http(503)],
    ['a 408', http(408)],
    ['a 200 that is cut', CUT],
    ['a 200 with errors', http(200, '10015')],
    ['a 200 of a login page', { ...http(200), body: HTML }],
    ['a connection that was cut', network('ECONNRESET', true)],
    ['a timeout', network('ETIMEDOUT', true)],
  ])('is never done twice after %s', async (_, answer) => {
    const given = await knownWorld([answer, orderAnswer()]);
    expect(await given.place()).toMatchObject({ kind: 'unknown' });
    expect(given.sentAt).toHaveLength(1);
    expect(given.stop.asked()).toBeNull();
    expect(given.events).toMatchObject([{ event: 'order.failed', order: 1, attempt: 1 }]);
  });

  it.each<[string, Answer]>([
    ['the first answer is a login page', { ...http(200), body: HTML }],
    ['something on the way wants a login', http(511)],
  ])('may have happened though the run stops: %s', async (_, answer) => {
    const given = world([answer, orderAnswer()]);
    expect(await given.place()).toMatchObject({ kind: 'unknown' });
    expect(given.stop.asked()?.reason).toBe('not_this_api');
    expect(given.sentAt).toHaveLength(1);
  });

  it.each<[string, Answer]>([
    ['a 425', http(425)],
    ['a 409 with 10036', http(409, '10036')],
    ['a refused connection', network('ECONNREFUSED', false)],
    ['no open files', network('EMFILE', false)],
    ['a 429', http(429, '10011', { retryAfter: '2' })],
    ['a 401 that passes', http(401)],
  ])('is done again after %s, because nothing has happened', async (_, answer) => {
    const given = await knownWorld([answer, orderAnswer()]);
    expect(await given.place()).toMatchObject({ kind: 'placed' });
    expect(given.sentAt).toHaveLength(2);
    expect(given.pipeline.requests.orders).toBe(answer.kind === 'network' && answer.code === 'EMFILE' ? 1 : 2);
  });

  it.each([400, 413, 414, 422, 431])('is refused with %i, perhaps because it is too large', async (status) => {
    const given = await knownWorld([http(status, '10027')]);
    expect(await given.place()).toEqual({
      kind: 'refused',
      description: `HTTP ${status} 10027 title 10027`,
      isTooLarge: true,
    });
    expect(given.sentAt).toHaveLength(1);
    expect(given.stop.asked()).toBeNull();
  });

  it.each([301, 307, 403, 409, 410, 415])('is refused with %i, also as the first request', async (status) => {
    const given = world([http(status)]);
    const description = expect.stringContaining(`HTTP ${status}`);
    expect(await given.place()).toMatchObject({ kind: 'refused', description, isTooLarge: false });
    expect(given.stop.asked()).toBeNull();
  });

  it('is refused if the API stays busy', async () => {
    const given = await knownWorld([http(409, '10036')]);
    expect(await given.place()).toMatchObject({ kind: 'refused', description: 'HTTP 409 10036 title 10036' });
    expect(given.sentAt).toHaveLength(5);
  });

  it.each([404, 405, 501])('finds no endpoint with %i, which says nothing about the API', async (status) => {
    const given = world([http(status), { ...http(status), body: HTML }]);
    for (let times = 0; times < 25; times++) expect(await given.place()).toEqual({ kind: 'no_path' });
    expect(given.stop.asked()).toBeNull();
    expect(given.pipeline.contact.isDoubtful()).toBe(false);
    expect(given.sentAt).toHaveLength(25);
  });

  it.each<[string, Answer, string]>([
    ['a 401', http(401), 'key_refused'],
    ['a 402', http(402), 'account_refused'],
  ])('has not happened if %s stops the run', async (_, answer, reason) => {
    const given = await knownWorld([answer]);
    expect(await given.place()).toEqual({ kind: 'not_sent' });
    expect(given.stop.asked()?.reason).toBe(reason);
  });

  it('is refused if its endpoint asks for too long a wait, and the run goes on', async () => {
    const given = await knownWorld([http(429, '10011', { retryAfter: '3600' })]);
    expect(await given.place()).toMatchObject({ kind: 'refused', isTooLarge: false });
    expect(given.stop.asked()).toBeNull();
    expect(given.pipeline.pausedForMs()).toBe(0);
    expect(given.pipeline.requests).toMatchObject({ orders: 1, rate_limited: 1 });
  });

  it.each([{}, { retryAfter: '20' }])('is refused after nothing but 429 for as long: %j', async (wait) => {
    const given = await knownWorld([http(429, '10011', wait)], { max_server_wait: 60_000 });
    expect(await given.place()).toMatchObject({ kind: 'refused' });
    expect(given.stop.asked()).toBeNull();
    expect(given.clock.now()).toBeGreaterThan(25_000);
    expect(given.clock.now()).toBeLessThan(65_000);
  });

  it('learns no limit from an endpoint that may have its own, and waits as that asks', async () => {
    const own = { rateLimit: '2', rateLimitRemaining: '0', rateLimitReset: '60' };
    const answers = [
      { ...orderAnswer(), wait: { ...http(200, '', own).wait, retryAfter: '30' } },
      http(429, '10011', own),
      orderAnswer(),
    ];
    const given = await knownWorld(answers);
    expect(await given.place()).toMatchObject({ kind: 'placed' });
    expect([given.pipeline.pausedForMs(), given.control.rate(given.clock.now())]).toEqual([0, 50]);
    expect(await given.place({ number: 2 })).toMatchObject({ kind: 'placed' });
    expect((given.sentAt[2] as number) - (given.sentAt[1] as number)).toBeGreaterThanOrEqual(60_000);
    expect([given.control.serverLimit(), given.control.rate(given.clock.now())]).toEqual([null, 50]);
  });

  it('does not begin after a stop, or if it is no longer wanted', async () => {
    const given = await knownWorld([orderAnswer()]);
    expect(await given.place({ isWanted: () => false })).toEqual({ kind: 'not_sent' });
    given.stop.ask('signal', 'SIGINT');
    expect(await given.place()).toEqual({ kind: 'not_sent' });
    expect(given.sentAt).toEqual([]);
  });

  it('goes on while there is no connection, and stops the run after its patience', async () => {
    const given = await knownWorld([network('EHOSTUNREACH', false)], { outage_patience: 60_000 });
    expect(await given.place()).toEqual({ kind: 'not_sent' });
    expect(given.stop.asked()).toMatchObject({ reason: 'outage' });
    expect(given.stop.asked()?.detail).toContain('order 1 could not be sent for 1m (--outage-patience): failed with');
    expect(given.clock.now()).toBeGreaterThan(60_000);
    expect(given.sentAt.length).toBeGreaterThan(5);
  });

  it('is sent once the connection is back', async () => {
    const refused = Array<Answer>(12).fill(network('ECONNREFUSED', false));
    const given = await knownWorld([...refused, orderAnswer()]);
    expect(await given.place()).toMatchObject({ kind: 'placed' });
    expect(given.sentAt).toHaveLength(13);
  });

  it('is no outage by itself after an error of the server', async () => {
    const given = await knownWorld([http(500)]);
    for (let number = 1; number <= 5; number++) await given.place({ number });
    expect(given.pipeline.paceNow().outage).toBeNull();
    expect(await given.clock.until(given.query.read('number 1', async () => ok(), 'number'))).toHaveProperty('body');
  });
});
