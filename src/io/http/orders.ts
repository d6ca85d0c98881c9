import type { Got } from 'got';
import { type OrderPath, type OrderRequest, readOrder } from '../../core/api/parse-order.ts';
import type { Answer } from '../../core/api/response.ts';
import { isAnId } from '../../core/input/cell-checks.ts';
import type { BodyFormat, Exchanges } from './exchange.ts';

/** An order has at most a thousand numbers, and a server may show much of each. */
const MAX_ORDER_BYTES = 8 * 1024 * 1024;
const ORDER: BodyFormat = { parse: readOrder, maxBytes: MAX_ORDER_BYTES };

type OrderParts = { baseUrl: string; api: Got; run: Exchanges['run'] };

/** The requests about bulk orders. */
export function createOrderRequests({ baseUrl, api, run }: OrderParts) {
  return {
    /** Moves many numbers to one profile, and changes nothing else of them. */
    placeOrder({ path, profile, phoneNumbers }: OrderRequest, onSent: () => void): Promise<Answer> {
      const json = { messaging_profile_id: profile, numbers: phoneNumbers, assign_only: true };
      return run(() => api.stream.post(`${baseUrl}/${path}`, { json }), ORDER, onSent);
    },
    async readOrder({ path, id }: { path: OrderPath; id: string }, onSent: () => void): Promise<Answer> {
      if (!isAnId(id)) throw new Error('a text that cannot be the id of an order was to be part of a URL');
      return run(() => api.stream.get(`${baseUrl}/${path}/${encodeURIComponent(id)}`), ORDER, onSent);
    },
  };
}
