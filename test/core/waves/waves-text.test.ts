import { describe, expect, it } from 'vitest';
import { soaksMs, type WaveSettings, waveLines } from '../../../src/core/waves/waves-text.ts';

const settings = (changes: Partial<WaveSettings> = {}): WaveSettings => ({
  waves: [
    { value: 20, percent: false },
    { value: 20, percent: true },
  ],
  soak: 0,
  gate: null,
  gate_timeout: 300_000,
  undo_on_failure: false,
  ...changes,
});

describe('the waves of a plan in words', () => {
  it('are sizes, and what the first one tries', () => {
    expect(waveLines(10_000, 3, settings())).toEqual([
      'In 3 waves of 20 + 2,000 + 7,980 rows; after each its rows are read back',
      '  the first wave has rows of all 3 kinds of change',
    ]);
    expect(waveLines(10_000, 1, settings())[1]).toBe('  the first wave has rows of the one kind of change');
    expect(waveLines(10_000, 2, settings())[1]).toBe('  the first wave has rows of both kinds of change');
    expect(waveLines(10_000, 33, settings())[1]).toBe('  the first wave has rows of 20 of the 33 kinds of change');
  });

  it('say what comes before the next one, and how long the waits take', () => {
    expect(waveLines(100, 1, settings({ soak: 600_000, gate: './ok.sh', undo_on_failure: true })).slice(2)).toEqual([
      '  before the next wave: wait 10m (--soak), read them again, ask ./ok.sh (--gate, at most 5m)',
      '  the waits take 20m in all',
      '  if a wave is not kept or refused, or too many rows fail: undo what was changed (--undo-on-failure)',
    ]);
    expect(waveLines(100, 1, settings({ gate: 'true' }))[2]).toBe(
      '  before the next wave: ask true (--gate, at most 5m)',
    );
  });

  it('are one if all rows fit into it: nothing comes after it', () => {
    expect(waveLines(20, 1, settings({ soak: 600_000, gate: 'true' }))).toEqual([
      'In 1 wave of 20 rows; after each its rows are read back',
    ]);
    expect(soaksMs(20, settings({ soak: 600_000 }))).toBe(0);
  });

  it('are cut off if they are many', () => {
    const waves = Array.from({ length: 10 }, () => ({ value: 1, percent: false }));
    expect(waveLines(100, 1, settings({ waves }))[0]).toBe(
      'In 11 waves of 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 rows and 3 more waves; after each its rows are read back',
    );
  });

  it('are not mentioned if there are none', () => {
    expect(waveLines(100, 1, settings({ waves: null }))).toEqual([]);
    expect(waveLines(100, 1, settings({ waves: null, undo_on_failure: true }))).toEqual([
      'If too many rows fail: undo what was changed (--undo-on-failure)',
    ]);
    expect(waveLines(0, 0, settings())).toEqual([]);
    expect(soaksMs(100, settings({ waves: null, soak: 5 }))).toBe(0);
  });
});
