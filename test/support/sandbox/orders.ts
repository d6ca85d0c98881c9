import { parseBulkFault, type Sandbox, type SandboxOptions } from '../../../src/sandbox/server.ts';
import { type Answer, call, type Json, profile, sandbox } from './client.ts';

/** The usual path of bulk orders. */
export const PATH = '/messaging_numbers_bulk_updates';
/** The phone number of the nth made number. */
export const phone = (n: number) => `+1800${String(n).padStart(7, '0')}`;
export const TEN = Array.from({ length: 10 }, (_, index) => phone(index + 1));
export const TO_THIRD = { messaging_profile_id: profile(3), numbers: TEN };

/** A sandbox with these faults of bulk orders. */
export const faulty = (faults: string[], others: SandboxOptions = {}) =>
  sandbox({ bulkFaults: faults.map(parseBulkFault), ...others });

export const place = (to: Sandbox, body: unknown): Promise<Answer> => call(to, PATH, { method: 'POST', body });

/** Reads an order. */
export const poll = async (to: Sandbox, order: Json): Promise<Json> =>
  (await call(to, `${PATH}/${order.order_id}`)).json.data;

/** The numbers that the list of the third profile shows. */
export async function moved(to: Sandbox): Promise<string[]> {
  const { json } = await call(to, `/messaging_profiles/${profile(3)}/phone_numbers`);
  return json.data.map((row: Json) => row.phone_number);
}
