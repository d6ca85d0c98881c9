import { LeaseLost } from '../../io/queue/ledger-stream.ts';
import type { AccountLease } from '../queue/account-lease.ts';

/** Makes waiting for Redis end when the lease is lost: Redis may never answer again. */
export function endedByLoss(lease: Pick<AccountLease, 'onLost'>) {
  const waiting = new Set<(error: unknown) => void>();
  let isLost = false;
  const error = () => new LeaseLost('lease');
  lease.onLost(() => {
    isLost = true;
    for (const reject of [...waiting]) reject(error());
    waiting.clear();
  });
  return function guarded<T>(answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (isLost) reject(error());
      waiting.add(reject);
      answer.then(resolve, reject).finally(() => waiting.delete(reject));
    });
  };
}

export type Guarded = ReturnType<typeof endedByLoss>;

/** The same for each item of an iteration. */
export async function* guardedItems<T>(items: AsyncGenerator<T>, guarded: Guarded): AsyncGenerator<T> {
  for (;;) {
    const next = await guarded(items.next());
    if (next.done === true) return;
    yield next.value;
  }
}
