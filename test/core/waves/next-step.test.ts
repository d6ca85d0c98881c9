import { expect, it } from 'vitest';
import type { WaveStep } from '../../../src/core/ledger/entry.ts';
import { nextStep } from '../../../src/core/waves/next-step.ts';

const after = (wave: number, step: WaveStep) =>
  nextStep({ type: 'wave', at: '2026-11-23T02:00:00.000Z', wave, waves: 3, rows: 5, step }, 3);

it('after nothing is to send the first wave', () => {
  expect(nextStep(null, 3)).toEqual({ step: 'send', wave: 1 });
});

it.each([
  ['started', { step: 'send', wave: 2 }],
  ['sent', { step: 'check', wave: 2 }],
  ['kept', { step: 'soak', wave: 2 }],
  ['soaked', { step: 'ask', wave: 2 }],
  ['passed', { step: 'send', wave: 3 }],
  ['not_kept', { step: 'check', wave: 2 }],
  ['refused', { step: 'recheck', wave: 2 }],
] as const)('after a wave was %s is %j', (step, next) => {
  expect(after(2, step)).toEqual(next);
});

it('after the last wave is none', () => {
  expect(after(3, 'kept')).toBeNull();
  expect(after(3, 'passed')).toBeNull();
});
