import { describe, expect, it } from 'vitest';
import {
  accountOf,
  handoverFields,
  handoverId,
  leaseKey,
  readAccount,
  readCommand,
  readHandover,
  readOwner,
  readWorker,
  runKeys,
  runsPrefix,
  shortAccount,
} from '../../../src/core/queue/protocol.ts';
import { ACCOUNT, makeRecord, REF } from '../../support/queue/handovers.ts';

describe('the keys of an account', () => {
  it('have its tag, so that they are on one node of a cluster', () => {
    const keys = [leaseKey(ACCOUNT), ...Object.values(runKeys(REF))];
    expect(keys.every((key) => key.startsWith(`{telnyx-reassign:${ACCOUNT}}:`))).toBe(true);
    expect(new Set(keys).size).toBe(6);
    expect(runsPrefix(ACCOUNT)).toBe(`{telnyx-reassign:${ACCOUNT}}:1`);
  });

  it('have one lease for every protocol', () => {
    expect(leaseKey(ACCOUNT)).toBe(`{telnyx-reassign:${ACCOUNT}}:lease`);
  });

  it('name no more of the digest of the key than is needed', () => {
    expect(accountOf('0123456789abcdef'.repeat(4))).toBe('0123456789abcdef'.repeat(2));
    expect(shortAccount(ACCOUNT)).toBe('aaaaaaaa');
    expect(handoverId('run-1', '0123abcd')).toBe('run-1.0123abcd');
  });
});

describe('a record', () => {
  it.each([
    makeRecord(),
    makeRecord({
      state: 'ended',
      finish_at: 1_795_909_667_723,
      owner: { what: 'worker', host: 'there', pid: 7, worker: 'w1', run: 'run-1' },
      end: { stop: { reason: 'signal', detail: 'SIGINT' }, failure: null, organization_id: 'org' },
      redis_run_id: 'f00',
      taken_by: 'here',
    }),
  ])('is the same after Redis %#', (record) => {
    expect(readHandover(handoverFields(record))).toEqual(record);
  });

  it('ignores fields of later versions, and knows defaults for missing ones', () => {
    const { owner: _, end: __, finish_at: ___, taken_by: ____, ...fields } = handoverFields(makeRecord());
    expect(readHandover({ ...fields, batch: 'token:3' })).toEqual(makeRecord());
  });

  it('leaves out what does not change', () => {
    expect(handoverFields({ state: 'sending', owner: undefined as never })).toEqual({ state: 'sending' });
  });

  it.each([
    {},
    { ...handoverFields(makeRecord()), state: 'paused' },
    { ...handoverFields(makeRecord()), settings: '{' },
    { ...handoverFields(makeRecord()), rows: '-1' },
    { ...handoverFields(makeRecord()), run_id: '../elsewhere' },
    { ...handoverFields(makeRecord()), owner: '{"what":1}' },
  ])('is not read if it is not one %#', (fields) => {
    expect(readHandover(fields)).toBeNull();
  });
});

describe('what else is in Redis', () => {
  const worker = {
    id: 'w1',
    host: 'there',
    pid: 7,
    version: '0.1.0',
    protocol: 1,
    accounts: [ACCOUNT],
    active: [{ account: ACCOUNT, run: 'run-1', fence: 3 }],
    limit: 50,
    started_at: '2026-11-23T02:00:00.000Z',
    seen_at: 5,
  };

  it('is read', () => {
    expect(readWorker(JSON.stringify(worker))).toEqual(worker);
    expect(readOwner('{"what":"apply","host":"h","pid":1}')).toEqual({ what: 'apply', host: 'h', pid: 1 });
    expect(readCommand('{"type":"abort","at":"t"}')).toEqual({ type: 'abort', at: 't' });
    const steer = { type: 'steer', words: ['rate', '5'], by: 'alice', at: 't', id: 'c1' };
    expect(readCommand(JSON.stringify(steer))).toEqual(steer);
    expect(readAccount('{"base_url":"http://localhost"}')).toBe('http://localhost');
  });

  it('is not read if another version wrote it', () => {
    expect(readWorker('{"id":"w1"}')).toBeNull();
    expect(readOwner('')).toBeNull();
    expect(readCommand('{"type":"faster","at":"t"}')).toBeNull();
    expect(readAccount('[]')).toBeNull();
  });
});
