import { describe, expect, it } from 'vitest';
import { type Overview, overviewNotes, overviewText, type RunView } from '../../../src/core/queue/overview.ts';
import type { WorkerRecord } from '../../../src/core/queue/protocol.ts';

const NOW = Date.parse('2026-11-23T02:10:00Z');
const [A, B] = ['1a2b3c4d'.repeat(4), '9f8e7d6c'.repeat(4)];
const URL = 'https://api.telnyx.com/v2';

const run = (more: Partial<RunView> = {}): RunView => ({
  run_id: '20261123T020000Z-numbers-1f2e',
  handover: '20261123T020000Z-numbers-1f2e.0123abcd',
  account: A,
  protocol: 1,
  state: 'sending',
  command: 'apply',
  rows: 12_000,
  done: 4100,
  handed_at: '2026-11-23T02:06:40Z',
  host: 'host-b',
  ...more,
});
const worker: WorkerRecord = {
  ...{ id: 'w1', host: 'host-a', pid: 4711, version: '0.2.0', protocol: 1, accounts: [A], limit: 50 },
  ...{ active: [{ account: A, run: 'r', fence: 12 }], started_at: '2026-11-23T01:00:00Z', seen_at: NOW - 2000 },
};
const overview = (more: Partial<Overview> = {}): Overview => ({
  queue: 'redis://10.0.0.5:6379',
  protocols: [1],
  accounts: [
    {
      account: A,
      base_url: URL,
      has_worker: true,
      lease: { owner: { what: 'x', host: 'host-a', pid: 4711, worker: 'w1' }, left_ms: 23_000, fence: 12 },
    },
    { account: B, base_url: URL, has_worker: false, lease: null },
  ],
  runs: [run()],
  workers: [worker],
  ...more,
});

describe('the overview of a queue', () => {
  it('fits a terminal of 80 columns', () => {
    const text = overviewText(overview(), ['A note.'], NOW);
    expect(text).toBe(
      [
        'redis://10.0.0.5:6379: 2 accounts, 1 run, 1 worker, protocol 1',
        '',
        'ACCOUNT   LEASE                            BASE URL',
        '1a2b3c4d  host-a:4711, fence 12, 23s left  https://api.telnyx.com/v2',
        '9f8e7d6c  free                             https://api.telnyx.com/v2',
        '',
        'ACCOUNT   STATE    ROWS    DONE  HANDED OVER  RUN',
        '1a2b3c4d  sending  12,000  34%   3m 20s ago   20261123T020000Z-numbers-1f2e',
        '',
        'WORKER       VERSION  PROTOCOL  ACCOUNTS  AT WORK  SEEN',
        'host-a:4711  0.2.0    1         1         1 of 50  2s ago',
        '',
        'A note.',
        '',
      ].join('\n'),
    );
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('says of an empty queue only that it is empty', () => {
    const empty = overview({ accounts: [], runs: [], workers: [] });
    expect(overviewText(empty, [], NOW)).toBe('redis://10.0.0.5:6379: 0 accounts, 0 runs, 0 workers, protocol 1\n');
    expect(overviewNotes(empty, 'program', NOW)).toEqual([]);
  });

  it('shows what another version wrote as not known', () => {
    const unknown = run({ rows: null, done: null, handed_at: null, state: 'waiting' });
    expect(overviewText(overview({ runs: [unknown] }), [], NOW)).toContain('1a2b3c4d  waiting  -     -     -  ');
    const [account] = overview().accounts;
    const lease = { owner: null, left_ms: 900, fence: 3 };
    expect(overviewText(overview({ accounts: [{ ...account, lease } as never] }), [], NOW)).toContain(
      'another version, fence 3, 900ms left',
    );
  });

  it('shows no progress of a run without rows, and calls the holder that is no worker a submitter', () => {
    expect(overviewText(overview({ runs: [run({ rows: 0, done: 0 })] }), [], NOW)).toContain('sending  0     -  ');
    const [account] = overview().accounts;
    const lease = { owner: { what: 'plans', host: 'host-b', pid: 12 }, left_ms: 9000, fence: 3 };
    expect(overviewText(overview({ accounts: [{ ...account, lease } as never] }), [], NOW)).toContain(
      'submitter host-b:12, fence 3, 9s left',
    );
  });
});

it('has no line that another program could have made up', () => {
  const [account] = overview().accounts;
  const forged = { ...account, base_url: 'https://a\nNo worker is running.\u001b[2J' } as never;
  const text = overviewText(overview({ accounts: [forged], runs: [], workers: [] }), ['one\ntwo'], NOW);
  expect(text).toContain('https://a\\x0aNo worker is running.\\x1b[2J\n');
  expect(text).toContain('one\\x0atwo\n');
});

describe('the notes of an overview', () => {
  const waiting = run({ account: B, state: 'waiting' });

  it('say that no worker runs, with the command', () => {
    expect(overviewNotes(overview({ runs: [waiting], workers: [] }), 'program', NOW)).toEqual([
      'No worker is running. Fix: program worker --queue redis://10.0.0.5:6379',
    ]);
  });

  it('say that no worker has a key, once for each account', () => {
    expect(overviewNotes(overview({ runs: [waiting, waiting] }), 'program', NOW)).toEqual([
      'No worker has the key of account 9f8e7d6c (https://api.telnyx.com/v2). Fix: add it to the keys of a worker.',
    ]);
    expect(overviewNotes(overview({ runs: [run({ state: 'waiting' })] }), 'program', NOW)).toEqual([]);
  });

  it('do not say so of a run that is new: workers have not said yet which accounts they know', () => {
    const at = (ms: number) => [{ ...waiting, handed_at: new Date(NOW - ms).toISOString() }];
    expect(overviewNotes(overview({ runs: at(9_000) }), 'program', NOW)).toEqual([]);
    expect(overviewNotes(overview({ runs: at(11_000) }), 'program', NOW)).toHaveLength(1);
    expect(overviewNotes(overview({ runs: [{ ...waiting, handed_at: null }] }), 'program', NOW)).toHaveLength(1);
  });

  it('say how a run that has ended is taken back', () => {
    const command = 'If no submitter follows it: program resume RUN_DIR --queue redis://10.0.0.5:6379';
    const ended = [run({ state: 'ended' }), run({ state: 'ended', host: null })];
    expect(overviewNotes(overview({ runs: ended }), 'program', NOW)).toEqual([
      `Run 20261123T020000Z-numbers-1f2e has ended on host-b. ${command}`,
      `Run 20261123T020000Z-numbers-1f2e has ended. ${command}`,
    ]);
  });

  it('name the versions that it does not show', () => {
    expect(overviewNotes(overview({ protocols: [1, 2, 3] }), 'program', NOW)).toEqual([
      'Versions with protocol 2, 3 use this queue too. This version shows protocol 1 only.',
    ]);
  });
});
