import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countsText, rowText, watch } from '../../../src/app/followup/verification-pass.ts';
import { type Run, updateRun } from '../../../src/app/run/open.ts';
import { createFigures } from '../../../src/core/followup/deliverability.ts';
import type { VerifiedRow } from '../../../src/core/followup/verify.ts';
import { digest } from '../../../src/io/digest.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { parseFault } from '../../../src/sandbox/server.ts';
import { accountOf, moves, numbersOf, type Place } from '../../support/app/accounts.ts';
import { id, profile, tableOf } from '../../support/app/plans.ts';
import { printed } from '../../support/app/sources.ts';
import { entry } from '../../support/io/servers.ts';
import { until } from '../../support/program/workspace.ts';

const NONE = { at_target: 0, drifted: 0, missing: 0, unknown: 0, rejected: 0 };

/** Numbers 1 to 3, of which the third is at its target, one that is not there, a bad row and a duplicate. */
const INPUT = `${moves([1, 2, 3, 99])}x y,${profile(1)}\n${id(1)},${profile(1)}\n`;

async function planned(): Promise<{ place: Place; run: Run }> {
  const place = await accountOf({ numbers: numbersOf(10, (n) => profile(n === 3 ? 1 : 2)) });
  const { run } = await place.plan(INPUT);
  return { place, run };
}

async function verdictsOf(run: Run): Promise<(string | undefined)[][]> {
  const [header = [], ...rows] = await tableOf(runFiles(run.dir).verify);
  const at = (name: string) => header.indexOf(name);
  return rows.map((cells) => [cells[at('row')], cells[at('verdict')], cells[at('messaging_profile_id_now')]]);
}

describe('a verification pass', () => {
  it('uses a plan that was made just now, without a request', async () => {
    const { place, run } = await planned();
    const before = place.sandbox.requests().length;
    const { counts, shown } = await watch(run, place.invoke(), { stop: place.stop, isNew: true });
    expect(counts).toEqual({ ...NONE, at_target: 1, drifted: 2, missing: 1, rejected: 1 });
    expect(shown.map(({ entry: { row }, verdict }) => [row, verdict])).toEqual([
      [1, 'drifted'],
      [2, 'drifted'],
      [4, 'missing'],
      [5, 'rejected'],
    ]);
    expect(await verdictsOf(run)).toEqual([
      ['1', 'drifted', profile(2)],
      ['2', 'drifted', profile(2)],
      ['3', 'at_target', profile(1)],
      ['4', 'missing', ''],
      ['5', 'rejected', ''],
    ]);
    expect(place.sandbox.requests()).toHaveLength(before);
    expect(printed(place.context.stderr)).toBe('');
  });

  it('at a saved plan reads the numbers again, and leaves its ledger and its plan alone', async () => {
    const { place, run } = await planned();
    const files = runFiles(run.dir);
    const before = [files.ledger, files.plan, files.manifest].map((path) => readFileSync(path, 'utf8'));
    place.sandbox.edit({ id: id(1), messaging_profile_id: profile(1) });
    place.sandbox.edit({ id: id(3), messaging_profile_id: null });
    const { counts } = await watch(run, place.invoke(), { stop: place.stop, isNew: false });
    expect(counts).toEqual({ ...NONE, at_target: 1, drifted: 2, missing: 1, rejected: 1 });
    expect((await verdictsOf(run)).map(([, verdict, now]) => [verdict, now])).toEqual([
      ['at_target', profile(1)],
      ['drifted', profile(2)],
      ['drifted', 'UNASSIGN'],
      ['missing', ''],
      ['rejected', ''],
    ]);
    expect([files.ledger, files.plan, files.manifest].map((path) => readFileSync(path, 'utf8'))).toEqual(before);
    expect(place.asked().PATCH).toBe(0);
  });

  it('shows ten rows of those that are not at their target', async () => {
    const place = await accountOf({ numbers: numbersOf(30) });
    const numbers = Array.from({ length: 25 }, (_, at) => at + 1);
    const { run } = await place.plan(moves(numbers));
    const { counts, shown } = await watch(run, place.invoke(), { stop: place.stop, isNew: true });
    expect(counts).toEqual({ ...NONE, drifted: 25 });
    expect(shown.map((checked) => checked.entry.row)).toEqual(numbers.slice(0, 10));
    expect(await verdictsOf(run)).toHaveLength(25);
  });

  it('is refused if the account cannot be read or is another one, and verify.csv stays', async () => {
    const { place, run } = await planned();
    await watch(run, place.invoke(), { stop: place.stop, isNew: true });
    const { verify } = runFiles(run.dir);
    const before = readFileSync(verify, 'utf8');
    const broken = await accountOf({ readFaults: [parseFault('503-bare=1')] });
    const unread = watch(run, broken.invoke(), { stop: broken.stop, isNew: false });
    await expect(unread).rejects.toMatchObject({ exit: 7, code: 'account_not_read' });
    const elsewhere = updateRun(run, { organization_id: 'another' });
    const other = watch(elsewhere, place.invoke(), { stop: place.stop, isNew: false });
    await expect(other).rejects.toMatchObject({ exit: 7, code: 'other_account' });
    expect(readFileSync(verify, 'utf8')).toBe(before);
    expect(existsSync(`${verify}.${process.pid}.tmp`)).toBe(false);
  });
});

describe('--watch', () => {
  const often = { watch: '400ms', every: '100ms' };

  it('compares again and again, prints rows that have changed, and returns the last pass', async () => {
    const { place, run } = await planned();
    const settings = place.invoke();
    const resolved = { ...settings, settings: { ...settings.settings, watch: 2000, every: 300 } };
    const watched = watch(run, resolved, { stop: place.stop, isNew: true });
    await new Promise((done) => setTimeout(done, 100));
    place.sandbox.edit({ id: id(1), messaging_profile_id: profile(1) });
    const { counts } = await watched;
    expect(counts).toEqual({ ...NONE, at_target: 2, drifted: 1, missing: 1, rejected: 1 });
    const text = printed(place.context.stderr);
    expect(text.match(/was drifted/g)).toHaveLength(1);
    expect(text).toMatch(
      new RegExp(`^\\d\\d:\\d\\d:\\d\\dZ {2}line 2 {2}${id(1)} {2}at_target \\(was drifted\\)$`, 'm'),
    );
    expect(text).toMatch(/^\d\d:\d\d:\d\dZ {2}2 at target, 1 drifted, 1 missing, 1 rejected$/m);
    expect(text.match(/1 at target, 2 drifted/g)).toHaveLength(1);
  });

  it('prints a number whose success ratio fell once, and once when it is back', async () => {
    const { place, run } = await planned();
    const setRatio = (success: number) => {
      const health = { message_count: 40, inbound_outbound_ratio: 0.25, success_ratio: success, spam_ratio: 0.01 };
      place.sandbox.edit({ id: id(1), health });
    };
    setRatio(0.5);
    const before = createFigures(digest, { id: 0, phone: -1, messages: 1, success: 2 });
    before.add([id(1), '100', '0.98']);
    const settings = place.invoke();
    const resolved = { ...settings, settings: { ...settings.settings, watch: 600_000, every: 20 } };
    const watched = watch(run, resolved, { stop: place.stop, isNew: true, before });
    let read = '';
    const text = () => {
      read += printed(place.context.stderr);
      return read;
    };
    await until(() => (text().match(/ 1 at target/g) ?? []).length > 1);
    setRatio(0.97);
    await until(() => text().includes('back'));
    place.stop.ask('signal', 'SIGTERM');
    expect((await watched).ratios).toEqual({ compared: 1, fallen: 0, no_figures: 0, not_in_file: 2 });
    const falls = text().match(/^.*success ratio.*$/gm) ?? [];
    const row = `\\d\\d:\\d\\d:\\d\\dZ {2}line 2 {2}${id(1)} {2}\\+\\d+ {2}success ratio`;
    expect(falls).toEqual([
      expect.stringMatching(new RegExp(`^${row} fell: 0\\.98 -> 0\\.5$`)),
      expect.stringMatching(new RegExp(`^${row} is back: 0\\.98 -> 0\\.97$`)),
    ]);
  });

  it('ends at once when it is stopped, with the last pass', async () => {
    const { place, run } = await planned();
    const settings = place.invoke();
    const resolved = { ...settings, settings: { ...settings.settings, watch: 600_000, every: 60_000 } };
    const watched = watch(run, resolved, { stop: place.stop, isNew: true });
    setTimeout(() => place.stop.ask('signal', 'SIGTERM'), 50);
    expect((await watched).counts.drifted).toBe(2);
  });

  it.each(['quiet', 'json'] as const)('prints nothing with --%s', async (name) => {
    const { place, run } = await planned();
    const settings = place.invoke({ [name]: 'true' });
    const resolved = { ...settings, settings: { ...settings.settings, watch: 150, every: 50 } };
    await watch(run, resolved, { stop: place.stop, isNew: false });
    expect([printed(place.context.stdout), printed(place.context.stderr)]).toEqual(['', '']);
  });

  it('is a setting of verify alone', async () => {
    const place = await accountOf();
    expect(() => place.invoke(often)).toThrow(/watch/);
  });
});

describe('the counts of a pass in words', () => {
  it.each<[Partial<typeof NONE>, string]>([
    [{}, 'no rows to compare'],
    [{ at_target: 1200 }, '1,200 at target'],
    [
      { rejected: 1, unknown: 2, missing: 3, drifted: 4, at_target: 5 },
      '5 at target, 4 drifted, 3 missing, 2 unknown, 1 rejected',
    ],
  ])('for %j are: %s', (counts, text) => {
    expect(countsText({ ...NONE, ...counts })).toBe(text);
  });

  it('name a row by its line and its number', () => {
    const row = entry({ line: 7, id: id(1), profileTarget: profile(1), productTarget: '' });
    const checked: VerifiedRow = { entry: row, verdict: 'drifted', profile: profile(2), product: 'A2P', note: 'n' };
    expect(rowText(checked)).toBe(`line 7  ${id(1)}  drifted: profile ${profile(1)} -> ${profile(2)}`);
    expect(rowText({ ...checked, verdict: 'missing', note: '' })).toBe(`line 7  ${id(1)}  missing`);
    const byPhone = { ...row, id: '', phoneNumber: '+18005550001' };
    expect(rowText({ ...checked, entry: byPhone, verdict: 'unknown' })).toBe('line 7  +18005550001  unknown: n');
  });
});
