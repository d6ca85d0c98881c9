import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import { createContact } from '../../../src/engine/contact.ts';
import { createAccountQuery } from '../../../src/engine/reading/account-query.ts';
import { createControl, createPipeline } from '../../../src/engine/sending/pipeline.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { http, network, settings } from '../../support/engine/fake-world.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';

/** Sends one read that only informs. `answers`: one after the other, the last one for ever. */
async function read(...answers: Answer[]) {
  const clock = virtualClock();
  const limits = settings({ rate: 50, max_attempts: 3, outage_patience: 60_000 });
  const stop = createStop();
  const contact = createContact(limits.base_url);
  const ports = { clock, onEvent: () => undefined };
  const parts = { ports, limits, stop, contact, control: createControl(limits), othersAtWork: () => false };
  const pipeline = createPipeline(parts);
  const query = createAccountQuery(pipeline, () => undefined);
  const send = async (onSent: () => void) => {
    onSent();
    return answers[Math.min(query.calls(), answers.length) - 1] as Answer;
  };
  const result = await clock.until(query.read('the extra', send, 'extra'));
  pipeline.end();
  return { result, calls: query.calls(), stop, contact };
}

describe('a read that only informs', () => {
  it.each([
    ['an endpoint that is not there', http(404, '10005'), 1],
    ['a refused key', http(401), 1],
    ['an account that owes money', http(402), 1],
    ['a redirect', http(302), 1],
    ['a server in trouble', http(503), 3],
    ['nothing but 429', http(429), 3],
    ['no connection', network('ECONNREFUSED', false), 3],
    ['a certificate that is not trusted', network('CERT_HAS_EXPIRED', false), 3],
    ['a login page', { ...http(200), body: { kind: 'unreadable' as const, isMarkup: true as const } }, 3],
  ])('is refused by %s, and ends nothing', async (_, answer, calls) => {
    const ended = await read(answer);
    expect(ended.result).toHaveProperty('refusedStatus', answer.kind === 'http' ? answer.status : 0);
    expect(ended.calls).toBe(calls);
    expect(ended.stop.asked()).toBeNull();
    expect(ended.contact.isDoubtful()).toBe(false);
  });

  it('is tried again after a failure that may pass', async () => {
    const body = { kind: 'profiles' as const, page: { rows: [], total: 0, pages: 0 } };
    const ended = await read(http(502), http(429), { ...http(200), body });
    expect(ended).toMatchObject({ result: { body }, calls: 3 });
  });
});
