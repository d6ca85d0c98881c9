/**
 * Something that must not be. `duplicate`: a row was sent again without having been read; `loss`: a row has not exactly
 * one outcome, or was never sent; `wrong`: a result or a number is not what an unbroken run makes of it.
 */
export type Fault = { kind: 'duplicate' | 'loss' | 'wrong' | 'rate' | 'other'; text: string };

/** Notes a fault. */
export type Blame = (kind: Fault['kind'], text: string) => void;
