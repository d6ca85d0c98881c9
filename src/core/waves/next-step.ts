import type { LedgerIndex } from '../ledger/replay.ts';

/**
 * What comes next of a wave: `send` its rows; `check` that they are at their targets; `soak`, which is to wait and check
 * again; `recheck` at once; `ask` the gate.
 */
export type NextStep = { step: 'send' | 'check' | 'soak' | 'recheck' | 'ask'; wave: number };

/** The step after the last one in the ledger; null if the last of `waves` is done. A run that stopped goes on there. */
export function nextStep(last: LedgerIndex['wave'], waves: number): NextStep | null {
  if (last === null) return { step: 'send', wave: 1 };
  const { wave } = last;
  switch (last.step) {
    case 'started':
      return { step: 'send', wave };
    case 'sent':
    case 'not_kept':
      return { step: 'check', wave };
    case 'kept':
      return wave >= waves ? null : { step: 'soak', wave };
    case 'refused':
      return { step: 'recheck', wave };
    case 'soaked':
      return { step: 'ask', wave };
    case 'passed':
      return wave >= waves ? null : { step: 'send', wave: wave + 1 };
  }
}
