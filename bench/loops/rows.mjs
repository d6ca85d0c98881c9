// What the loops share: the rows of an input, the address of a row, and so many workers over them.
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

/** Throws where an answer does not show the target, so that no loop is fast by looking away. */
export function check(answer, { id, body }) {
  if (answer.data.id !== id || answer.data.messaging_profile_id !== body.messaging_profile_id) {
    throw new Error(`the answer is not that of ${id}`);
  }
}

/** Sends all rows, so many at a time. */
export async function work(send) {
  let next = 0;
  const worker = async () => {
    for (let row = rows[next++]; row !== undefined; row = rows[next++]) await send(row);
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, worker));
}
