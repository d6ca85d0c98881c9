import { describe, expect, it } from 'vitest';
import { parseLedgerLine } from '../../../src/core/ledger/parse-line.ts';
import { addToIndex, emptyIndex } from '../../../src/core/ledger/replay.ts';

const AT = '2026-11-23T02:00:00.000Z';

/** The index of a ledger with these commands. */
function indexOf(...commands: [command: string, from: string, to: string][]) {
  const index = emptyIndex(1);
  for (const [command, from, to] of commands) {
    const line = JSON.stringify({ type: 'steered', at: AT, by: 'alice', command, from, to });
    addToIndex(index, parseLedgerLine(line), 0, 0);
  }
  return index.steering;
}

describe('what operators have asked for', () => {
  it('is paused until resume', () => {
    expect(indexOf(['pause', 'sending', 'paused']).paused).toEqual({ by: 'alice', at: AT });
    expect(indexOf(['pause', 'sending', 'paused'], ['resume', 'paused', 'sending']).paused).toBe(null);
  });

  it('holds profiles until release', () => {
    const { held } = indexOf(['hold', '', 'p1'], ['hold', '', 'p2'], ['release', 'p1', '']);
    expect([...held]).toEqual([['p2', { by: 'alice', at: AT }]]);
  });

  it('is listed in order, also a command of a later version, and the oldest of very many are only counted', () => {
    const { list, count } = indexOf(['rate', '50', '10'], ['hover', '', '']);
    expect(list.map(({ command }) => command)).toEqual(['rate', 'hover']);
    expect(count).toBe(2);
    const many = indexOf(
      ...Array.from({ length: 1001 }, (_, at) => ['rate', '', String(at)] as [string, string, string]),
    );
    expect([many.count, many.list.length, many.list[0]?.to]).toEqual([1001, 1000, '1']);
  });
});
