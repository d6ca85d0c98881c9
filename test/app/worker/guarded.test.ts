import { expect, it } from 'vitest';
import { endedByLoss, guardedItems } from '../../../src/app/worker/guarded.ts';
import { LeaseLost } from '../../../src/io/queue/ledger-stream.ts';

function leaseOf() {
  const callbacks = new Set<() => void>();
  const onLost = (callback: () => void) => {
    callbacks.add(callback);
    return () => callbacks.delete(callback);
  };
  const lose = () => {
    for (const callback of callbacks) callback();
  };
  return { lease: { onLost }, lose };
}

const NEVER = new Promise<never>(() => undefined);

it('waiting for Redis ends with its answer, or when the lease is lost', async () => {
  const { lease, lose } = leaseOf();
  const guarded = endedByLoss(lease);
  expect(await guarded(Promise.resolve(1))).toBe(1);
  await expect(guarded(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  const waiting = guarded(NEVER);
  lose();
  await expect(waiting).rejects.toThrow(LeaseLost);
  await expect(guarded(NEVER)).rejects.toThrow(LeaseLost);
});

it('an iteration ends like this too', async () => {
  const { lease, lose } = leaseOf();
  const guarded = endedByLoss(lease);
  async function* items() {
    yield 1;
    await NEVER;
  }
  const found: number[] = [];
  const reading = (async () => {
    for await (const item of guardedItems(items(), guarded)) {
      found.push(item);
      setImmediate(lose);
    }
  })();
  await expect(reading).rejects.toThrow(LeaseLost);
  expect(found).toEqual([1]);
  const all: number[] = [];
  const short = (async function* () {
    yield 2;
  })();
  for await (const item of guardedItems(short, endedByLoss(leaseOf().lease))) all.push(item);
  expect(all).toEqual([2]);
});
