import { describe, expect, it } from 'vitest';
import type { Answer, Body } from '../../../src/core/api/response.ts';
import { LEASE_TOO_SHORT } from '../../../src/core/attempt/classify.ts';
import { classifyOrder } from '../../../src/core/attempt/classify-order.ts';
import { http, network, ok } from '../../support/engine/fake-world.ts';

const ORDER: Body = { kind: 'order', order: { id: 'o1', success: [], pending: [], failed: [], isComplete: true } };
const answer = (status: number, body: Body = { kind: 'unreadable' }): Answer => ({ ...http(status), body });
const meaning = classifyOrder;

const MAY_HAVE_HAPPENED = { kind: 'retry', ambiguous: true };
const NOTHING_HAPPENED = { kind: 'retry', ambiguous: false };

describe('the answer to the POST of an order', () => {
  it.each([200, 201, 202])('confirms it with %i if it shows an order', (status) => {
    expect(meaning(answer(status, ORDER))).toEqual({ kind: 'confirmed' });
  });

  it.each<[string, Answer]>([
    ['a 200 that cannot be read', answer(200)],
    ['a 202 without a body', answer(202)],
    ['a 204', answer(204)],
    ['a 200 with errors', { ...http(200, '10015') }],
    ['a 200 about a number', ok()],
    ['408', http(408)],
    ['500', http(500)],
    ['502', answer(502)],
    ['503', http(503)],
    ['a connection that was cut', network('ECONNRESET', true)],
    ['a timeout', network('ETIMEDOUT', true)],
  ])('leaves open whether it was carried out after %s', (_, given) => {
    expect(meaning(given)).toEqual(MAY_HAVE_HAPPENED);
  });

  it.each<[string, Answer]>([
    ['425', http(425)],
    ['10036', http(409, '10036')],
    ['a refused connection', network('ECONNREFUSED', false)],
    ['an unknown name', network('ENOTFOUND', false)],
  ])('lets it be sent again after %s', (_, given) => {
    expect(meaning(given)).toEqual(NOTHING_HAPPENED);
  });

  it.each([400, 404, 405, 409, 410, 413, 414, 415, 422, 431, 501, 301, 302, 307])('refuses it with %i', (status) => {
    expect(meaning(answer(status))).toMatchObject({ kind: 'failed' });
    expect(meaning(http(status, '10027'))).toMatchObject({ kind: 'failed' });
  });

  it('refuses it with a 403, because numbers show whether the account is refused', () => {
    for (const code of ['10010', '20015', '20012']) expect(meaning(http(403, code))).toMatchObject({ kind: 'failed' });
  });

  it.each<[string, Answer, object]>([
    ['401', http(401), { kind: 'unauthorized' }],
    ['402', http(402), { kind: 'stop', reason: 'account_refused' }],
    ['429', http(429), { kind: 'throttled' }],
    ['no open files', network('EMFILE', false), { kind: 'not_sent' }],
    ['a lease that ends', network(LEASE_TOO_SHORT, false), { kind: 'not_sent' }],
  ])('means what it means to any request: %s', (_, given, expected) => {
    expect(meaning(given)).toMatchObject(expected);
  });
});
