import type { HandoverRecord } from '../../../src/core/queue/protocol.ts';
import type { QueuedTask } from '../../../src/core/queue/tasks.ts';
import { withSeal } from '../../../src/io/queue/seal.ts';
import { makeEntry } from '../make.ts';
import { KEY } from '../program/environment.ts';

export const ACCOUNT = 'a'.repeat(32);
export const REF = withSeal({ account: ACCOUNT, handover: 'run-1.0123abcd' }, KEY);

export function makeRecord(changes: Partial<HandoverRecord> = {}): HandoverRecord {
  return {
    protocol: 1,
    run_id: 'run-1',
    name: 'cutover',
    command: 'apply',
    version: '0.1.0',
    host: 'here',
    base_url: 'http://localhost:1/v2',
    settings: { rate: '20', map: ['a=b'] },
    rows: 3,
    total: 2,
    earlier: { ended: 1, permanent: 0 },
    finish_at: null,
    state: 'waiting',
    redis_run_id: '',
    owner: null,
    end: null,
    handed_at: '2026-11-23T02:00:00.000Z',
    taken_by: '',
    seal: '',
    ...changes,
  };
}

/** A row to send. */
export function makeTask(row: number, changes: Partial<QueuedTask> = {}): QueuedTask {
  return { entry: makeEntry({ row, line: row + 1 }), first: 'send', attempts: 0, ...changes };
}

export const makeTasks = (rows: number): QueuedTask[] => Array.from({ length: rows }, (_, at) => makeTask(at + 1));
