import { describe, expect, it } from 'vitest';
import { emptyTally } from '../../../src/core/results/tally.ts';
import { endedStatus, readSummary } from '../../../src/core/status/ended-status.ts';
import { createRunCounts } from '../../../src/core/status/run-counts.ts';
import { makeManifest, makeOutcome, makePlan, makeSummary } from '../../support/make.ts';

const AT = '2026-11-23T02:00:00.000Z';

describe('the status of a run that is not at work', () => {
  it('is that of its summary', () => {
    const counts = { ...emptyTally().counts, updated: 1, failed: 1, unprocessed: 1 };
    const summary = readSummary(JSON.parse(JSON.stringify(makeSummary({ counts, exit_code: 6 }))));
    const manifest = makeManifest({ state: 'paused', settings: { rate: '7' } });
    const status = endedStatus({ manifest, state: 'paused', from: summary as never, nextCommand: 'resume' });
    expect(status).toMatchObject({
      ...{ phase: 'ended', state: 'paused', exit_code: 6, at: manifest.finished_at, next_command: 'resume' },
      rows: { total: 3, done: 2, updated: 1, failed: 1, left: 1 },
      rate: { now: 0, allowed: null, set: '7' },
    });
  });

  it('is that of its ledger if it was killed, with the pause of an operator', () => {
    const counts = createRunCounts(3, 3);
    counts.add({ type: 'outcome', ...makeOutcome() });
    counts.add({ type: 'steered', at: AT, by: 'alice', command: 'pause', from: 'sending', to: 'paused' });
    const manifest = makeManifest({ state: 'running', finished_at: null });
    const status = endedStatus({ manifest, state: 'interrupted', from: counts, nextCommand: null });
    expect(status).toMatchObject({
      ...{ state: 'interrupted', exit_code: null, at: manifest.started_at, paused: { by: 'alice', since: AT } },
      rows: { total: 3, done: 1, left: 2 },
      rate: { set: 'auto' },
      steered: [{ command: 'pause' }],
    });
  });

  it('of a run that has sent nothing has the time of its beginning', () => {
    const manifest = makeManifest({ state: 'planned', started_at: null, finished_at: null, plan: null });
    const from = createRunCounts(3, 0);
    expect(endedStatus({ manifest, state: 'planned', from, nextCommand: null })).toMatchObject({
      ...{ at: manifest.created_at, paused: null },
      rows: { total: 0, done: 0 },
    });
    const summary = makeSummary({ counts: { ...emptyTally().counts, planned: 3 }, plan: makePlan() });
    expect(endedStatus({ manifest, state: 'planned', from: summary, nextCommand: null }).rows.total).toBe(0);
  });

  it.each([null, 'text', {}, { ...makeSummary(), counts: { updated: 'many' } }])('is not taken from %j', (value) => {
    expect(readSummary(value)).toBeNull();
  });

  it('is taken from a summary of a version that knew no operators', () => {
    const { steered: _, ...summary } = makeSummary();
    expect(readSummary(summary)?.steered).toEqual([]);
  });
});
