import { describe, expect, it } from 'vitest';
import { endText, escapeMarkup, pauseText, pingUrl, startText, waveText } from '../../../src/core/results/message.ts';
import type { Summary } from '../../../src/core/results/summary.ts';
import { emptyTally } from '../../../src/core/results/tally.ts';
import { makeStatus, makeSummary } from '../../support/make.ts';

const SENDER = { name: 'nightly', host: 'cron-1' };
const WAVE = { wave: 2, waves: 3, rows: 1000, done: 0, until: null };

describe('the line for people', () => {
  it('says that a run starts', () => {
    expect(startText(SENDER, makeStatus())).toBe('telnyx-reassign nightly on cron-1: apply started, 900 rows to send');
    expect(startText(SENDER, makeStatus({ wave: WAVE }))).toMatch(/900 rows to send in 3 waves$/);
  });

  it('says that a wave starts', () => {
    expect(waveText(SENDER, { ...makeStatus(), wave: WAVE })).toBe(
      'telnyx-reassign nightly on cron-1: wave 2 of 3 started, 1,000 rows; 300 of 1,200 rows done',
    );
  });

  it('says who has paused a run, and for how long', () => {
    expect(pauseText(SENDER, makeStatus(), 'alice', 600_000)).toBe(
      'telnyx-reassign nightly on cron-1: paused by alice, for 10m now; 300 of 1,200 rows done',
    );
    const down = makeStatus({ slowed_by: { what: 'outage', why: 'HTTP 503' } });
    expect(pauseText(SENDER, down, null, 660_000)).toContain('paused, because the API is down (HTTP 503), for 11m now');
  });

  it('says how a command ended, why, and what to do next', () => {
    const counts = { ...emptyTally().counts, updated: 1204, failed: 3 };
    const good = makeSummary({ counts });
    expect(endText(SENDER, { exit: 0, summary: good, error: null })).toBe(
      'telnyx-reassign nightly on cron-1: apply finished, exit 0 (ok): 1,204 updated, 3 failed',
    );
    const error = { code: 'max_failures', message: 'Too many rows fail.' };
    const paused = makeSummary({ state: 'paused', counts, error, next_command: 'resume runs/x' });
    expect(endText(SENDER, { exit: 6, summary: paused, error: null })).toBe(
      'telnyx-reassign nightly on cron-1: apply paused, exit 6 (stopped): 1,204 updated, 3 failed. Too many rows fail. Next: resume runs/x',
    );
    const undo = { run_id: 'u', dir: 'runs/u', exit_code: 0, state: 'finished', next_command: null } as const;
    const ended = (undone: NonNullable<Summary['undo']>) =>
      endText(SENDER, { exit: 6, summary: makeSummary({ counts, undo: undone }), error: null });
    expect(ended(undo)).toMatch(/3 failed\. It was undone by run u$/);
    expect(ended({ ...undo, run_id: null, exit_code: 7 })).toMatch(
      /It was not undone completely: exit 7 \(preflight\)$/,
    );
    const none = makeSummary({ counts: emptyTally().counts });
    expect(endText(SENDER, { exit: 0, summary: none, error: null })).toMatch(/: no rows$/);
  });

  it('says which error ended a command that has no summary, in one line of bounded length', () => {
    const locked = { code: 'locked', message: 'Another run is at work.\nIt is run x.', next: 'runs' };
    expect(endText({ name: '', host: 'h' }, { exit: 9, summary: null, error: locked })).toBe(
      'telnyx-reassign on h: exit 9 (locked). Another run is at work.; It is run x. Next: runs',
    );
    expect(endText(SENDER, { exit: 0, summary: null, error: null })).toBe(
      'telnyx-reassign nightly on cron-1: exit 0 (ok)',
    );
    const long = { code: 'x', message: `${'x'.repeat(5000)}\u001b[2J`, next: null };
    expect(endText(SENDER, { exit: 1, summary: null, error: long }).length).toBeLessThan(1010);
  });

  it('is no command to those who read it', () => {
    expect(escapeMarkup('<!channel> & <https://example.com|click>')).toBe(
      '&lt;!channel&gt; &amp; &lt;https://example.com|click&gt;',
    );
  });
});

it.each([
  ['https://hc.example.com/1234', '', 'https://hc.example.com/1234'],
  ['https://hc.example.com/1234', 'start', 'https://hc.example.com/1234/start'],
  ['https://hc.example.com/1234/', '6', 'https://hc.example.com/1234/6'],
  ['http://127.0.0.1:1/ping?create=1', '143', 'http://127.0.0.1:1/ping/143?create=1'],
])('a ping of %s with "%s" goes to %s', (url, suffix, made) => {
  expect(pingUrl(url, suffix)).toBe(made);
});
