import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import { Stopped } from '../../../src/engine/reading/account-query.ts';
import { http, network, ok } from '../../support/engine/fake-world.ts';
import { queryWorld } from '../../support/engine/query-world.ts';

/** Reads that only inform. `answers`: one after the other, the last one for ever. */
function world(...answers: Answer[]) {
  const { query, ...given } = queryWorld({ outage_patience: 60_000 });
  const { clock } = given;
  let sent = 0;
  const send = async (onSent: () => void) => {
    onSent();
    await clock.sleep(5).done;
    const answer = answers[Math.min(sent, answers.length - 1)] as Answer;
    sent += 1;
    return answer;
  };
  return {
    ...given,
    sent: () => sent,
    read: () => clock.until(query.read('the extra', send, 'extra')),
    /** A read that the command depends on. */
    readNeeded: () => clock.until(query.read('number 1', async () => ok(), 'number')),
  };
}

const ownLimit = (status: number, rateLimitRemaining: string, rateLimitReset: string) =>
  http(status, '10011', { rateLimit: '5', rateLimitRemaining, rateLimitReset });
const throttled = (retryAfter: string) => http(429, '10011', { retryAfter });

describe('a read that only informs', () => {
  it.each<[string, Answer[], number, unknown]>([
    ['is answered', [ok()], 1, { body: ok().body }],
    ['is refused by an endpoint that is not there', [http(404, '10005')], 1, { refusedStatus: 404 }],
    ['is refused for the key', [http(401)], 1, { refusedStatus: 401 }],
    ['is refused for an account that owes money', [http(402)], 1, { refusedStatus: 402 }],
    ['is refused for the account', [http(403, '20012')], 1, { refusedStatus: 403 }],
    ['is refused by a redirect', [http(302)], 1, { refusedStatus: 302 }],
    ['is tried again after an error of the server', [http(500), ok()], 2, { body: ok().body }],
    ['is refused by a server in trouble', [http(503)], 3, { refusedStatus: 503 }],
    ['is refused by no connection', [network('ECONNREFUSED', false)], 3, { refusedStatus: 0 }],
    ['is refused by a bad certificate', [network('CERT_HAS_EXPIRED', false)], 3, { refusedStatus: 0 }],
    [
      'is refused by a login page',
      [{ ...http(200), body: { kind: 'unreadable', isMarkup: true } }],
      3,
      { refusedStatus: 200 },
    ],
    ['waits as the server asks', [throttled('2'), throttled('2'), ok()], 3, { body: ok().body }],
    ['is given up after half a minute of 429', [http(429, '10011')], 11, { refusedStatus: 0 }],
  ])('%s, and ends nothing', async (_, answers, sent, result) => {
    const { read, readNeeded, ...given } = world(...answers);
    expect(await read()).toMatchObject(result as object);
    expect(given.sent()).toBe(sent);
    expect(given.stop.asked()).toBeNull();
    expect(given.clock.now()).toBeLessThan(35_000);
    // A 429 may be about this endpoint alone.
    expect(given.control.rate(given.clock.now())).toBe(50);
    expect(given.pipeline.contact.isProven()).toBe(false);
    expect(given.pipeline.contact.isDoubtful()).toBe(false);
    expect(await readNeeded()).toMatchObject({ body: { kind: 'settings' } });
    expect(given.clock.now()).toBeLessThan(35_000);
    given.pipeline.end();
    expect(given.clock.pending()).toBe(0);
  });

  it('is given up at once if the server asks for a long wait, which holds what follows', async () => {
    const given = world(throttled('600'));
    expect(await given.read()).toMatchObject({ refusedStatus: 0 });
    expect(given.clock.now()).toBeLessThan(1000);
    expect(given.stop.asked()).toBeNull();
    expect(given.pipeline.pausedForMs()).toBeGreaterThan(595_000);
    expect(await given.read()).toMatchObject({ refusedStatus: 0 });
    expect(given.sent()).toBe(1);
  });

  it.each<[string, Answer[], number]>([
    ['teaches nothing', [ownLimit(404, '4', '60')], 1],
    ['does not hold what follows, used up', [ownLimit(404, '0', '20')], 1],
    ['ends at once, used up for long', [ownLimit(404, '0', '600')], 1],
    ['ends at once, refused for long', [ownLimit(429, '0', '600')], 1],
    ['waits, refused for a short time', [ownLimit(429, '0', '2'), ownLimit(404, '4', '60')], 2],
  ])('of an endpoint with a limit of its own %s', async (_, answers, sent) => {
    const given = world(...answers);
    await given.read();
    expect(given.sent()).toBe(sent);
    expect(given.pipeline.pausedForMs()).toBe(0);
    expect(given.control.serverLimit()).toBeNull();
    expect(given.stop.asked()).toBeNull();
    expect(await given.readNeeded()).toMatchObject({ body: { kind: 'settings' } });
    expect(given.clock.now()).toBeLessThan(3000);
    given.pipeline.end();
  });

  it('learns from an endpoint that names the limit of the numbers', async () => {
    const given = world(ownLimit(404, '0', '60'));
    const seen = { limit: 5, remaining: 4, resetMs: 60_000, resetRoundingMs: 0, throttled: false, sentAt: 0 };
    given.control.onResponse(0, seen);
    await given.read();
    expect(given.pipeline.pausedForMs()).toBeGreaterThan(55_000);
  });

  it('is not sent after the command was stopped', async () => {
    const given = world(ok());
    given.stop.ask('signal', 'SIGINT');
    await expect(given.read()).rejects.toBeInstanceOf(Stopped);
    expect(given.sent()).toBe(0);
  });

  it('is counted among the requests, and its failures are in the log', async () => {
    const given = world(http(500), ok());
    await given.read();
    expect(given.pipeline.requests).toMatchObject({ total: 2, reads: 2, retries: 1 });
    expect(given.events).toMatchObject([{ event: 'read.failed', what: 'the extra', isOptional: true }]);
  });
});
