import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../../src/core/report/verdict.ts';
import type { Summary } from '../../../src/core/results/summary.ts';
import { makePlan, makeSummary } from '../../support/make.ts';

const none = { ...makeSummary().counts, updated: 0 };

describe('the verdict', () => {
  it.each<[Partial<Summary>, tone: string, text: string]>([
    [{}, 'good', 'Finished: 3 numbers changed. Every number is at its target.'],
    [
      { counts: { ...none, updated: 1, unchanged: 2000 } },
      'good',
      'Finished: 1 number changed. Every number is at its target; 2,000 had it already.',
    ],
    [{ counts: { ...none, unchanged: 3 } }, 'good', 'Finished: Every number was at its target already.'],
    [{ input: { ...makeSummary().input, rows: 0 }, counts: none }, 'plain', 'Finished: The input has no rows.'],
    [{ exit_code: 1 }, 'warn', 'Finished: 3 numbers changed. Every number is at its target.'],
    [
      { counts: { ...none, updated: 1, failed: 2, held: 1 }, exit_code: 4 },
      'warn',
      'Finished: 1 number changed; 3 rows are not at their target: 2 failed, 1 held.',
    ],
    [
      { state: 'planned', counts: { ...none, planned: 3 } },
      'plain',
      'Planned: Nothing has been sent. 3 numbers would be changed.',
    ],
    [
      { state: 'planned', plan: makePlan({ change: 0 }), counts: { ...none, rejected: 3 }, exit_code: 4 },
      'warn',
      'Planned: Nothing has been sent. No number would be changed. 3 rejected.',
    ],
    [{ state: 'planned', plan: null }, 'plain', 'Planned: Nothing has been sent. No number would be changed.'],
    [
      { state: 'planned', command: 'verify' },
      'good',
      'Compared: Every number is at its target. Nothing has been sent.',
    ],
    [
      { state: 'planned', command: 'verify', exit_code: 4 },
      'warn',
      'Compared: Not every number is at its target: see verify.csv. Nothing has been sent.',
    ],
    [
      { state: 'paused', counts: { ...none, updated: 1, unprocessed: 5, unverified: 1 } },
      'warn',
      'Paused: 1 number changed, 6 still to do.',
    ],
    [
      { state: 'paused', undo: { run_id: 'r-1', dir: 'x', exit_code: 0, state: 'finished', next_command: null } },
      'warn',
      'Undone: It stopped, and what it had changed was undone by run r-1.',
    ],
    [
      { state: 'paused', undo: { run_id: null, dir: null, exit_code: 7, state: null, next_command: null } },
      'bad',
      'Stopped: What it had changed was not undone completely.',
    ],
    [
      { state: 'interrupted', plan: null, counts: none },
      'bad',
      'Interrupted: It ended while it was planned. Nothing was sent.',
    ],
    [{ state: 'interrupted' }, 'bad', 'Interrupted: 3 numbers changed, 0 still to do.'],
    [{ state: 'refused' }, 'bad', 'Refused: No number was changed.'],
    [{ state: 'superseded' }, 'plain', 'Superseded: Another run has taken its rows. 3 numbers changed, 0 still to do.'],
    [{ state: 'planning' }, 'bad', 'Interrupted: It ended while it was planned. Nothing was sent.'],
    [{ state: 'running' }, 'plain', 'Running: 3 numbers changed, 0 still to do.'],
    [{ sum_ok: false }, 'bad', 'Error: The statuses do not add up: rows were lost.'],
  ])('of %j is %s', (changes, tone, text) => {
    const verdict = verdictOf(makeSummary(changes));
    expect([verdict.tone, `${verdict.word}: ${verdict.sentence}`]).toEqual([tone, text]);
  });
});
