import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../../support/temp.ts';
import type { Violation } from '../../checks/violations.ts';
import { KEY, type Received } from '../../server/handler.ts';
import { checkPace, checkWrites, createLateness } from './arrivals.ts';
import { checkFiles } from './key-search.ts';

function violationsIn(check: (fail: (kind: Violation['kind'], text: string) => void) => void): string[] {
  const violations: string[] = [];
  check((kind, text) => violations.push(`${kind}: ${text}`));
  return violations;
}

const arrival = (kind: Received['kind'], row: number, at: number, lateMs = 0): Received => {
  return { kind, row, at, earliest: at - lateMs };
};

describe('the check of the pace', () => {
  const every = (ms: number, count: number, lateMs = 0) =>
    Array.from({ length: count }, (_, at) => arrival('write', at, at * ms, lateMs));

  it('finds one request too many in a second', () => {
    expect(violationsIn((fail) => expect(checkPace(every(20, 200), 50, fail).maxPerSecond).toBe(50))).toEqual([]);
    expect(violationsIn((fail) => expect(checkPace(every(19.9, 51), 50, fail).maxPerSecond).toBe(51))).toEqual([
      'rate: 51 requests in less than a second, limit 50/s',
    ]);
  });

  it('allows for the time that the server was late', () => {
    expect(violationsIn((fail) => checkPace(every(19.9, 51, 6), 50, fail))).toEqual([]);
    expect(violationsIn((fail) => checkPace(every(19.9, 51, 4), 50, fail))).toHaveLength(1);
  });
});

it('what is recorded after a delay may have come during it', () => {
  const { tick, earliest } = createLateness();
  for (const now of [0, 1, 2, 52]) tick(now);
  expect(earliest(52.5)).toBe(2);
  tick(53);
  expect(earliest(102)).toBe(2);
  for (let now = 54; now <= 103; now++) tick(now);
  expect(earliest(103.5)).toBe(103);
});

describe('the check of repeated writes', () => {
  it.each<[string, Received[], string[]]>([
    ['a read in between', [arrival('write', 1, 0), arrival('read', 1, 5), arrival('write', 1, 9)], []],
    ['no read', [arrival('write', 1, 0), arrival('write', 1, 9)], ['duplicate: row 1 was sent again after 9 ms']],
    [
      'a read of another row',
      [arrival('write', 1, 0), arrival('read', 2, 5), arrival('write', 1, 9)],
      ['duplicate: row 1 was sent again after 9 ms'],
    ],
    [
      'a read before both',
      [arrival('read', 1, 0), arrival('write', 1, 5), arrival('write', 1, 9)],
      ['duplicate: row 1 was sent again after 4 ms'],
    ],
  ])('with %s', (_, arrivals, expected) => {
    const found = violationsIn((fail) => checkWrites(arrivals, fail));
    expect(found).toEqual(expected.map((text) => `${text} without a read in between`));
  });
});

describe('the search for the key', () => {
  const TASKS = JSON.stringify({ key: KEY, rows: Array.from({ length: 500 }, (_, row) => `row ${row}`) });
  it.each<[string, string | Buffer]>([
    ['as it is', `a line with ${KEY} in it`],
    ['in base64', `{"a":"${Buffer.from(`Bearer ${KEY}`).toString('base64')}"}`],
    ['deflated between other data', Buffer.concat([Buffer.from('$12\r\n'), deflateSync(TASKS), Buffer.from('\r\n')])],
    ['zipped', gzipSync(TASKS)],
    ['deflated, in base64', `x ${deflateSync(TASKS).toString('base64')} y`],
    ['deflated without a header, in base64', deflateRawSync(TASKS).toString('base64')],
  ])('finds it %s', async (_, content) => {
    const dir = tempDir();
    mkdirSync(join(dir, 'redis'));
    writeFileSync(join(dir, 'redis', 'dump.rdb'), content);
    writeFileSync(join(dir, 'log.ndjson'), 'harmless');
    const found: string[] = [];
    await checkFiles(dir, KEY, (_kind, text) => found.push(text));
    expect(found).toEqual(['the key is in redis/dump.rdb']);
  });
});
