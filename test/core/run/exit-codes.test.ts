import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_TEXT, exitName } from '../../../src/core/run/exit-codes.ts';

describe('exit codes', () => {
  it.each([
    [0, 'ok'],
    [1, 'internal'],
    [2, 'usage'],
    [3, 'input'],
    [4, 'rows_not_at_target'],
    [5, 'retryable_rows'],
    [6, 'stopped'],
    [7, 'preflight'],
    [8, 'refused'],
    [9, 'locked'],
    [10, 'window'],
    [11, 'unverified_rows'],
    [20, 'changes'],
    [129, 'interrupted'],
    [130, 'interrupted'],
    [143, 'interrupted'],
    // Not one of ours.
    [12, 'internal'],
    [19, 'internal'],
    [21, 'internal'],
    [128, 'internal'],
    [99, 'internal'],
  ])('%d is %s', (code, name) => {
    expect(exitName(code)).toBe(name);
  });

  it('are explained, each once and by its name', () => {
    const explained = EXIT_TEXT.flatMap(([codes, name]) => codes.split(', ').map((code) => [Number(code), name]));
    expect(explained.map(([code]) => code)).toEqual(Object.values(EXIT).sort((a, b) => a - b));
    for (const [code, name] of explained) expect(exitName(Number(code))).toBe(name);
  });

  it.each([
    ['4', 'verify'],
    ['7', 'could not be read'],
    ['8', 'old plan'],
    ['20', 'plan --detailed-exitcode'],
  ])('%s has words for what comes of reading the account: %s', (codes, words) => {
    expect(EXIT_TEXT.find(([code]) => code === codes)?.[2]).toContain(words);
  });
});
