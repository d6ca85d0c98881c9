import type { NumberKey } from '../../core/account/snapshot.ts';
import { type AccountReadOptions, forEach, readById } from './number-reads.ts';

/** Of the numbers in doubt, this many are read first. */
const SAMPLE_SIZE = 20;

/** `isDoubted`: whether what was read of a number is not what it should be. */
type Doubt<Row> = Pick<AccountReadOptions, 'account' | 'query' | 'ports' | 'concurrency'> & {
  rows: () => AsyncIterable<readonly Row[]>;
  isDoubted: (row: Row) => boolean;
};

/**
 * Reads numbers in doubt one by one, because a list may lag behind what it lists. If the first few are as the list has
 * shown them, the list is believed.
 */
export async function readDoubted<Row extends NumberKey>(options: Doubt<Row>): Promise<void> {
  const { rows, isDoubted, concurrency } = options;
  const sample: Row[] = [];
  async function* doubted() {
    for await (const batch of rows()) yield* batch.filter(isDoubted);
  }
  for await (const row of doubted()) if (sample.push(row) === SAMPLE_SIZE) break;
  for (const row of sample) await readById(options, row);
  if (sample.length < SAMPLE_SIZE || sample.every(isDoubted)) return;
  await forEach(doubted(), concurrency, (row) => readById(options, row));
}
