import { ORDER_PATHS } from '../../../src/core/api/parse-order.ts';
import type { Answer, HttpAnswer, ShownOrder } from '../../../src/core/api/response.ts';
import type { Settings } from '../../../src/core/settings/schema.ts';
import { http, PROFILE } from './fake-world.ts';
import { queryWorld } from './query-world.ts';

export const ORDER_ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
export const PHONES = ['+18005550001', '+18005550002'];
export const ORDER = { path: ORDER_PATHS[0], profile: PROFILE, phoneNumbers: PHONES, number: 1 };

/** An order as an answer shows it; by default all of its numbers have been moved. */
export function shownOrder(more: Partial<ShownOrder> = {}): ShownOrder {
  return { id: ORDER_ID, success: PHONES, pending: [], failed: [], isComplete: true, ...more };
}

/** A 200 that shows an order. */
export function orderAnswer(more: Partial<ShownOrder> = {}): HttpAnswer {
  return { ...http(200), body: { kind: 'order', order: shownOrder(more) } };
}

/** An API that answers the requests about orders with these, one after the other, the last one for ever; after 5 ms. */
export function orderWorld(answers: readonly Answer[], changes: Partial<Settings> = {}) {
  const given = queryWorld(changes);
  const { clock, pipeline, events } = given;
  const sentAt: number[] = [];
  const request = async (onSent: () => void): Promise<Answer> => {
    sentAt.push(clock.now());
    onSent();
    await clock.sleep(5).done;
    return answers[Math.min(sentAt.length, answers.length) - 1] as Answer;
  };
  return {
    ...given,
    sentAt,
    context: pipeline,
    onEvent: (event: (typeof events)[number]) => void events.push(event),
    ports: {
      placeOrder: (_request: unknown, onSent: () => void) => request(onSent),
      readOrder: (_named: unknown, onSent: () => void) => request(onSent),
    },
  };
}
