// Shared by the loops: the rows of an input, the URL of a row, and concurrent workers.
import { readFileSync } from 'node:fs';

export const [input, baseUrl, inFlight] = process.argv.slice(2);
export const KEY = 'KEY0123456789_bench';

/** Id and body of every row. */
export const rows = readFileSync(input, 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [id, , profile, product] = line.split(',');
    return { id, body: { messaging_profile_id: profile, ...(product !== '' && { messaging_product: product }) } };
  });

export const urlOf = (id) => `${baseUrl}/phone_numbers/${id}/messaging`;

/** Throws if an answer does not show the target, so that no loop is fast because it does not check. */
export function check(answer, { id, body }) {
  if (answer.data.id !== id || answer.data.messaging_profile_id !== body.messaging_profile_id) {
    throw new Error(`the answer does not show the target of ${id}`);
  }
}

/** Sends all rows, with `inFlight` workers. */
export async function work(send) {
  let next = 0;
  const worker = async () => {
    for (let row = rows[next++]; row !== undefined; row = rows[next++]) await send(row);
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, worker));
}
