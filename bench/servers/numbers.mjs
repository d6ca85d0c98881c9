// What the servers of the bench share.

const WINDOW_MS = 1000;

/** The most requests in any sliding second. `times` in ms, in order. */
export function mostInSecond(times) {
  let most = 0;
  let from = 0;
  for (let to = 0; to < times.length; to++) {
    while (times[to] - times[from] >= WINDOW_MS) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** A number of the input generator as the API shows it after a write of `target`. */
export function numberAt(id, target) {
  return {
    record_type: 'messaging_settings',
    id,
    phone_number: `+1800${id.slice(-8, -1)}`,
    messaging_profile_id: target.messaging_profile_id ?? null,
    messaging_product: target.messaging_product ?? 'A2P',
    eligible_messaging_products: ['A2P', 'P2P'],
    organization_id: 'b448f9cc-a842-4784-98e9-03c1a5872950',
  };
}
