import { describe, expect, it } from 'vitest';
import { readUndone } from '../../../src/core/results/undone.ts';

const UNDONE = { run_id: '20261123T020000Z-undo-1f2e', dir: 'runs/x', exit_code: 0, state: 'finished' as const };

describe('the undo in summary.json', () => {
  it('is read without its text and its next command', () => {
    expect(readUndone({ ...UNDONE, next_command: 'rm -rf /', message: 'x' })).toEqual({
      ...UNDONE,
      next_command: null,
    });
    expect(readUndone({ ...UNDONE, run_id: null, dir: null, state: null, exit_code: 7 })?.exit_code).toBe(7);
  });

  it.each([undefined, null, 'x', {}, { ...UNDONE, run_id: '../x' }, { ...UNDONE, exit_code: '0' }])(
    'is nothing if it is %j',
    (value) => expect(readUndone(value)).toBeUndefined(),
  );
});
