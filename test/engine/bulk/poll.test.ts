import { describe, expect, it } from 'vitest';
import { ORDER_PATHS } from '../../../src/core/api/parse-order.ts';
import type { Answer, ShownOrder } from '../../../src/core/api/response.ts';
import { type OrderWait, type Polled, pendingOf, pollOrder, waitForOrder } from '../../../src/engine/bulk/poll.ts';
import { Stopped } from '../../../src/engine/reading/account-query.ts';
import { http, network, ok } from '../../support/engine/fake-world.ts';
import { ORDER_ID, orderAnswer, orderWorld, PHONES, shownOrder } from '../../support/engine/order-world.ts';

const PENDING = { success: [], pending: PHONES };
const [path] = ORDER_PATHS;

describe('a poll of an order', () => {
  const poll = async (answers: Answer[], id = ORDER_ID) => {
    const given = orderWorld(answers);
    return { given, polled: await given.clock.until(pollOrder(given, { path, id })) };
  };

  it.each<[string, Answer[], number, object]>([
    ['shows it', [orderAnswer(PENDING)], 1, { kind: 'order', order: shownOrder(PENDING) }],
    ['shows it with its id in capitals', [orderAnswer({ id: ORDER_ID.toUpperCase() })], 1, { kind: 'order' }],
    ['shows it without an id', [orderAnswer({ id: '' })], 1, { kind: 'order' }],
    ['finds nothing', [http(404, '10005')], 1, { kind: 'gone' }],
    ['finds nothing any more', [http(410)], 1, { kind: 'gone' }],
    ['shows another order', [orderAnswer({ id: 'o2' })], 1, { kind: 'unread' }],
    ['shows something else', [ok()], 1, { kind: 'unread' }],
    ['is refused', [http(422, '10027')], 1, { kind: 'unread' }],
    ['has no endpoint', [http(405)], 1, { kind: 'unread' }],
    ['has an endpoint that is not made yet', [http(501)], 1, { kind: 'unread' }],
    ['is tried again after an error of the server', [http(500), orderAnswer()], 2, { kind: 'order' }],
    ['is answered with errors only', [http(503)], 3, { kind: 'unread' }],
    ['gets no answer', [network('ETIMEDOUT', true)], 3, { kind: 'unread' }],
    ['is refused with too long a wait', [http(429, '10011', { retryAfter: '3600' })], 1, { kind: 'unread' }],
    ['waits as the server asks', [http(429, '10011', { retryAfter: '2' }), orderAnswer()], 2, { kind: 'order' }],
  ])('%s, and ends nothing', async (_, answers, sent, expected) => {
    const { given, polled } = await poll(answers);
    expect(polled).toMatchObject(expected);
    expect(given.sentAt).toHaveLength(sent);
    expect(given.stop.asked()).toBeNull();
    expect(given.pipeline.contact.isDoubtful()).toBe(false);
    expect(given.pipeline.requests.orders).toBeUndefined();
  });

  it.each(['', '..', '../x', 'a b'])('sends nothing for the id %j', async (id) => {
    const { given, polled } = await poll([orderAnswer()], id);
    expect(polled).toMatchObject({ kind: 'unread' });
    expect(given.sentAt).toEqual([]);
  });

  it.each([401, 402, 403, 501])('is the first request of a command, and its %i ends nothing', async (status) => {
    const { given, polled } = await poll([http(status, '20012')]);
    expect(polled).toMatchObject({ kind: 'unread' });
    expect(given.stop.asked()).toBeNull();
    expect(given.sentAt).toHaveLength(1);
  });
});

describe('what an order has pending', () => {
  it.each<[string, Partial<ShownOrder>, number | null]>([
    ['all of it', PENDING, 2],
    ['nothing', {}, 0],
    ['some, though a list is missing', { ...PENDING, isComplete: false }, 2],
    ['nothing, because all others are named', { isComplete: false }, 0],
    ['nothing that is known', { success: PHONES.slice(1), isComplete: false }, null],
  ])('is %s', (_, order, pending) => {
    expect(pendingOf(shownOrder(order), 2)).toBe(pending);
  });
});

describe('the wait for an order', () => {
  const shown = (pending: number): Polled => ({
    kind: 'order',
    order: shownOrder({ success: [], pending: Array<string>(pending).fill(PHONES[0] as string) }),
  });
  const UNREAD: Polled = { kind: 'unread' };
  const GONE: Polled = { kind: 'gone' };

  /** Waits for an order that polls show so, one after the other, the last one for ever. */
  function world(polls: Polled[], more: Partial<OrderWait> = {}) {
    const { clock, stop } = orderWorld([]);
    const polledAt: number[] = [];
    const seen: number[] = [];
    const wait = () =>
      clock.until(
        waitForOrder(
          { clock, stop },
          {
            poll: async () => {
              polledAt.push(clock.now() / 1000);
              return polls[Math.min(polledAt.length, polls.length) - 1] as Polled;
            },
            size: 500,
            patienceMs: 300_000,
            pending: 500,
            onSeen: async (pending) => void seen.push(pending),
            ...more,
          },
        ),
      );
    return { clock, stop, polledAt, seen, wait };
  }

  it('polls after 1, 2, 4 and at most 30 seconds until the patience is over', async () => {
    const given = world([shown(500)]);
    expect(await given.wait()).toMatchObject({ kind: 'patience', order: { id: ORDER_ID } });
    expect(given.polledAt).toEqual([1, 3, 7, 15, 31, 61, 91, 121, 151, 181, 211, 241, 271, 300]);
    expect(given.seen).toEqual([]);
  });

  it('is over when nothing is pending, and tells of every change', async () => {
    const given = world([shown(500), shown(300), UNREAD, shown(300), GONE, shown(400), shown(0)]);
    expect(await given.wait()).toMatchObject({ kind: 'over', order: { pending: [] } });
    expect(given.seen).toEqual([300, 400, 0]);
    expect(given.polledAt).toHaveLength(7);
  });

  it('ends as gone only if the API does not know the order in the end', async () => {
    expect(await world([GONE]).wait()).toEqual({ kind: 'gone', order: null });
    expect(await world([shown(2), GONE]).wait()).toMatchObject({ kind: 'gone', order: { id: ORDER_ID } });
    expect(await world([GONE, UNREAD]).wait()).toEqual({ kind: 'patience', order: null });
  });

  it('does not take an order that shows no lists for one that is over', async () => {
    const silent: Polled = { kind: 'order', order: shownOrder({ success: [], isComplete: false }) };
    const given = world([silent]);
    expect((await given.wait()).kind).toBe('patience');
    expect(given.seen).toEqual([]);
  });

  it('polls once with the shortest patience', async () => {
    const given = world([UNREAD], { patienceMs: 1000 });
    expect(await given.wait()).toEqual({ kind: 'patience', order: null });
    expect(given.polledAt).toEqual([1]);
  });

  it('ends early at a stop', async () => {
    const before = world([shown(5)]);
    before.stop.ask('signal', 'SIGINT');
    expect(await before.wait()).toEqual({ kind: 'stopped', order: null });
    expect(before.polledAt).toEqual([]);
    const inPoll = world([], {
      poll: async () => {
        throw new Stopped();
      },
    });
    expect(await inPoll.wait()).toEqual({ kind: 'stopped', order: null });
    const asleep = world([shown(5)]);
    const waiting = asleep.wait();
    void asleep.clock.sleep(2000).done.then(() => asleep.stop.ask('drained', 'ops'));
    expect(await waiting).toMatchObject({ kind: 'stopped', order: { id: ORDER_ID } });
    expect(asleep.clock.now()).toBe(2000);
  });

  it('ends with the error of a poll that fails, or of the disk', async () => {
    const poll = async () => {
      throw new Error('no list');
    };
    await expect(world([], { poll }).wait()).rejects.toThrow('no list');
    const onSeen = async () => {
      throw new Error('the disk is full');
    };
    await expect(world([shown(1)], { onSeen }).wait()).rejects.toThrow('the disk is full');
  });
});
