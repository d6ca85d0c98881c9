import { createHmac } from 'node:crypto';
import type { HandoverRecord, HandoverRef } from '../../core/queue/protocol.ts';

/**
 * Returns a text that only a holder of the key can make from the same parts. The key cannot be found from it. So no one
 * who can only write to Redis can make a worker send other rows.
 */
type Seal = (...parts: readonly (string | Uint8Array)[]) => string;

/** A run, for a holder of its key. */
export type SealedRef = HandoverRef & { seal: Seal };

/** A record that is not sealed yet. */
export type OpenRecord = Omit<HandoverRecord, 'seal'>;

export function withSeal({ account, handover }: HandoverRef, key: string): SealedRef {
  const secret = createHmac('sha256', key).update('telnyx-reassign queue').digest();
  const seal: Seal = (...parts) => {
    const hmac = createHmac('sha256', secret);
    for (const part of [handover, ...parts]) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    return hmac.digest('hex');
  };
  return { account, handover, seal };
}

/** The seal of what a worker takes from a record. The rest changes while the run is in Redis. */
export function recordSeal({ seal }: SealedRef, record: OpenRecord): string {
  const { protocol, run_id: id, command, base_url: url, settings, rows, total, earlier, finish_at: finishAt } = record;
  return seal('record', JSON.stringify([protocol, id, command, url, settings, rows, total, earlier, finishAt]));
}

/** Whether a record was written by a holder of the key. */
export function isSealed(ref: SealedRef, record: HandoverRecord): boolean {
  return record.seal === recordSeal(ref, record);
}

/** The rows of a part of a run, with their seal before them. */
export function sealPart({ seal }: SealedRef, number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(seal('rows', String(number), bytes), 'hex'), bytes]);
}

const SEAL_BYTES = 32;

/** The rows of a part. Throws if they were not written by a holder of the key. */
export function openPart({ seal }: SealedRef, number: number, part: Buffer): Buffer {
  const bytes = part.subarray(SEAL_BYTES);
  if (part.subarray(0, SEAL_BYTES).toString('hex') === seal('rows', String(number), bytes)) return bytes;
  throw new Error('it was not written with the key of its account');
}
