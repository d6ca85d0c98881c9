/**
 * A broken guarantee. `duplicate`: a row was sent again without a read before. `loss`: a row was never sent, or does
 * not have exactly one outcome. `wrong`: a result or a number differs from that of an uninterrupted run. `rate`:
 * requests came too fast.
 */
export type Violation = { kind: 'duplicate' | 'loss' | 'wrong' | 'rate' | 'other'; text: string };

/** Records a violation. */
export type Fail = (kind: Violation['kind'], text: string) => void;
