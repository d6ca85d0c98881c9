import type { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  createRunLog,
  createWorkerLog,
  doubtText,
  endText,
  logRedisAway,
  runFields,
  silenceText,
} from '../../../src/app/worker/log.ts';
import type { Settings } from '../../../src/core/settings/schema.ts';
import { contextOf } from '../../support/app/contexts.ts';

const ACCOUNT = 'e9bb78d112d06b80495d811306f6192a';

/** What a worker prints for some lines. */
function printed(isTerminal: boolean, level: string): string {
  const context = contextOf({ NO_COLOR: '1' });
  Object.assign(context.stdout, { isTTY: isTerminal });
  const log = createWorkerLog({ settings: { log_level: level } as Settings, context }, 'here-1-abcd');
  const fields = runFields(ACCOUNT, 'run-1', 2);
  log.log('info', 'worker.started', 'worker here-1-abcd serves');
  log.log('warn', 'attempt.failed', 'attempt failed', { row: 7, http_status: 503, error_detail: '', ...fields });
  log.log('error', 'row.failed', 'row failed\u001b[2J\n', fields);
  return String((context.stdout as unknown as PassThrough).read() ?? '');
}

describe('the log of a worker', () => {
  it('is one JSON object a line, with worker, account, run and fence', () => {
    const lines = printed(false, 'info')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ level: 'info', worker: 'here-1-abcd', event: 'worker.started' });
    expect(lines[1]).toMatchObject({ worker: 'here-1-abcd', account: 'e9bb78d1', run: 'run-1', fence: 2, row: 7 });
    expect(printed(false, 'error').split('\n')).toHaveLength(2);
  });

  it('is text on a terminal', () => {
    const lines = printed(true, 'info')
      .trim()
      .split('\n')
      .map((line) => line.slice('00:00:00'.length));
    expect(lines).toEqual([
      '  worker here-1-abcd serves',
      '  [e9bb78d1] warning: attempt failed (row 7, HTTP 503, run run-1)',
      '  [e9bb78d1] error: row failed\\x1b[2J\\x0a (run run-1)',
    ]);
    expect(printed(true, 'fatal')).toBe('');
  });
});

describe('the log of a run', () => {
  it('goes to its stream as far as its level allows, and to the worker without rows that went well', async () => {
    const lines: unknown[] = [];
    const ledger = {
      log: async (line: unknown) => {
        lines.push(line);
        throw new Error('lost');
      },
    };
    const own: string[] = [];
    const fields = runFields(ACCOUNT, 'run-1', 2);
    const log = createRunLog({ log: (_level, event) => own.push(event) }, ledger, {
      level: 'info',
      fields,
      worker: 'w',
    });
    log.log('debug', 'row.updated', 'row updated');
    log.log('info', 'run.started', 'apply', { rows: 3 });
    log.close();
    expect(lines).toEqual([
      { level: 'info', event: 'run.started', text: 'apply', fields: { rows: 3, worker: 'w', ...fields } },
    ]);
    expect(own).toEqual(['run.started']);
  });

  it('says how a session went', () => {
    const state = () => ({ done: 3, total: 5, failed: 1 }) as ReturnType<NonNullable<Parameters<typeof endText>[1]>>;
    expect(endText(null, state)).toBe('the run has ended: 3 of 5 rows, 1 failed');
    expect(endText({ reason: 'outage', detail: 'HTTP 503' }, state)).toContain('stopped (outage: HTTP 503): 3 of 5');
    expect(endText(null, null)).toContain('0 of 0 rows');
    expect(doubtText(314)).toContain('the next 314 rows are read');
    expect(doubtText(Number.POSITIVE_INFINITY)).toContain('all rows are read');
    expect(silenceText(4000)).toContain('waits 4s');
  });
});

it('says once that Redis is away, and that it is back', async () => {
  const events: string[] = [];
  const world = { now: 10_000, lost: null as number | null };
  const look = logRedisAway({
    queue: { lostSince: () => world.lost },
    clock: { now: () => world.now },
    log: { log: (_level, event) => events.push(event) },
  });
  world.lost = 9_000;
  await look();
  expect(events).toEqual([]);
  for (world.now = 14_000; world.now < 20_000; world.now += 1000) await look();
  expect(events).toEqual(['worker.redis_away']);
  world.lost = null;
  await look();
  await look();
  expect(events).toEqual(['worker.redis_away', 'worker.redis_back']);
});
