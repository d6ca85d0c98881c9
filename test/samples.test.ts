import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { REJECTIONS } from '../src/core/input/rejection.ts';
import { makeState } from '../src/sandbox/account/generate.ts';
import { run } from './support/program/run.ts';
import { lastRun, summaryOf, table, workDirectory } from './support/program/workspace.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SAMPLES = join(ROOT, 'samples');
const GENERATOR = join(SAMPLES, 'generate.mjs');
const README = readFileSync(join(SAMPLES, 'README.md'), 'utf8');

/** A work directory with the samples in it, as their README has it. */
function withSamples(): string {
  const cwd = workDirectory();
  cpSync(SAMPLES, join(cwd, 'samples'), { recursive: true });
  return cwd;
}

function records(csv: string): Record<string, string>[] {
  return parse(csv, { columns: true, relax_column_count: true }) as Record<string, string>[];
}

function sample(name: string): Record<string, string>[] {
  return records(readFileSync(join(SAMPLES, name), 'utf8'));
}

/** Carries a sample out against the sandbox, as fast as it goes. No key is there to be read. */
function rehearse(cwd: string, name: string, ...flags: string[]) {
  return run(cwd, ['apply', `samples/${name}`, '--sandbox', '--yes', '--rate', 'off', ...flags], { key: null });
}

function generate(...args: string[]): string {
  return spawnSync(process.execPath, [GENERATOR, ...args], { encoding: 'utf8', maxBuffer: 1 << 30 }).stdout;
}

describe('cutover.csv', () => {
  it('goes through whole: three profiles, products, and rows that change the product only', async () => {
    const cwd = withSamples();
    expect(await rehearse(cwd, 'cutover.csv')).toMatchObject({ exit: 0 });
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 24, failed: 0 });
    const rows = sample('cutover.csv');
    const profiles = new Set(rows.map((row) => row.messaging_profile_id).filter((profile) => profile !== ''));
    expect(profiles.size).toBe(3);
    expect(rows.filter((row) => row.messaging_profile_id === '').map((row) => row.messaging_product)).toEqual([
      'P2P',
      'P2P',
    ]);
    expect(rows.every((row) => /^\+1800[0-9]{7}$/.test(row.phone_number ?? ''))).toBe(true);
  });
});

describe('rejections.csv', () => {
  it.each([['--offline'], ['--sandbox', '--rate', 'off']])(
    'has one row for each code, and each is rejected for the code that it names: %s',
    async (...how) => {
      const cwd = withSamples();
      expect(await run(cwd, ['plan', 'samples/rejections.csv', ...how], { key: null })).toMatchObject({ exit: 3 });
      const expected = sample('rejections.csv').map((row) => row.expected);
      const seen = table(cwd, 'results.csv').map(({ status, reason }) => (status === 'rejected' ? reason : status));
      expect(seen).toEqual(expected.map((code) => (code === '' ? 'planned' : code)));

      const codes = Object.entries(REJECTIONS).flatMap(([code, { needs }]) => (needs === 'row' ? [code] : []));
      const once = expected.filter((code) => !['', 'duplicate', 'conflict'].includes(code ?? ''));
      expect(once.sort()).toEqual(codes.sort());
      expect(expected.filter((code) => code === 'conflict')).toHaveLength(2);
      expect(expected.filter((code) => code === 'duplicate')).toHaveLength(1);
    },
  );

  it('sends the good rows with --skip-rejected, and carries its own column into failed.csv', async () => {
    const cwd = withSamples();
    expect(await rehearse(cwd, 'rejections.csv', '--skip-rejected')).toMatchObject({ exit: 4 });
    const rejected = sample('rejections.csv').filter((row) => !['', 'duplicate'].includes(row.expected ?? ''));
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 2, rejected: rejected.length, duplicate: 1 });
    // Not by `table`: the row with a cell too many keeps it at its end, so that it stays rejected.
    const left = records(readFileSync(join(cwd, lastRun(cwd), 'failed.csv'), 'utf8'));
    expect(left.map((row) => row.reassign_reason)).toEqual(left.map((row) => row.expected));
    expect(left).toHaveLength(rejected.length);
  });
});

describe('excel-utf16-semicolons.csv', () => {
  it('is what a spreadsheet writes', () => {
    const bytes = readFileSync(join(SAMPLES, 'excel-utf16-semicolons.csv'));
    expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xfe]);
    const text = bytes.subarray(2).toString('utf16le');
    expect(text.startsWith('sep=;\r\n')).toBe(true);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(text).toContain(';="+18000000001";');
  });

  it('is read as it was meant', async () => {
    const cwd = withSamples();
    const { exit, stderr } = await rehearse(cwd, 'excel-utf16-semicolons.csv');
    expect(exit).toBe(0);
    expect(stderr).toContain('UTF-16LE, delimiter semicolon');
    expect(stderr).toContain('2 blank lines skipped');
    const results = table(cwd, 'results.csv');
    expect(results.map((row) => row.status)).toEqual(Array.from({ length: 6 }, () => 'updated'));
    expect(results.map((row) => row.phone_number)).toEqual(results.map((_, at) => `+1800000000${at + 1}`));
    expect(results[2]).toMatchObject({
      phone_number_id: '1293384261000000031',
      messaging_profile_id_target: '00000000-0000-4000-8000-000000000001',
      messaging_product_target: 'A2P',
    });
  });
});

describe('unassign.csv', () => {
  it('is refused until a flag allows it', async () => {
    const cwd = withSamples();
    expect(await rehearse(cwd, 'unassign.csv')).toMatchObject({ exit: 3 });
    expect(table(cwd, 'results.csv').map((row) => row.reason)).toEqual([
      'unassign_not_allowed',
      'unassign_not_allowed',
      '',
    ]);
  });

  it('takes the numbers off their profile with the flag', async () => {
    const cwd = withSamples();
    expect(await rehearse(cwd, 'unassign.csv', '--allow-unassign')).toMatchObject({ exit: 0 });
    expect(table(cwd, 'results.csv').map((row) => row.messaging_profile_id_after)).toEqual([
      'UNASSIGN',
      'UNASSIGN',
      '00000000-0000-4000-8000-000000000001',
    ]);
  });
});

describe('generate.mjs', () => {
  it('names the numbers and profiles that the sandbox makes', () => {
    const made = records(generate('--rows', '300'));
    const state = makeState(300, 3);
    expect(made.map((row) => [row.phone_number_id, row.phone_number])).toEqual(
      state.numbers.map((number) => [number.id, number.phone_number]),
    );
    expect(new Set(made.map((row) => row.messaging_profile_id))).toEqual(new Set(state.profiles.map(({ id }) => id)));
    const eligible = new Map(state.numbers.map((number) => [number.id, number.eligible_messaging_products]));
    const products = made.filter((row) => row.messaging_product !== '');
    expect(products.length).toBeGreaterThan(0);
    for (const row of products) expect(eligible.get(row.phone_number_id ?? '')).toContain(row.messaging_product);
  });

  it('gives the same for the same seed, and other targets for another', () => {
    expect(generate('--rows', '50')).toBe(generate('--rows', '50', '--seed', '1'));
    const [one, two] = [generate('--rows', '50'), generate('--rows', '50', '--seed', '2')].map(records);
    expect(one?.map((row) => row.phone_number_id)).toEqual(two?.map((row) => row.phone_number_id));
    expect(one).not.toEqual(two);
  });

  it('repeats rows and leaves out phone numbers if flags say so', async () => {
    const cwd = workDirectory();
    generate(join(cwd, 'some.csv'), '--rows', '2000', '--duplicates', '0.1', '--blank-phone');
    const made = records(readFileSync(join(cwd, 'some.csv'), 'utf8'));
    expect(made).toHaveLength(2000);
    expect(made.every((row) => row.phone_number === '')).toBe(true);
    expect(await run(cwd, ['plan', 'some.csv', '--offline'], { key: null })).toMatchObject({ exit: 0 });
    const { duplicate, planned } = summaryOf(cwd).counts;
    expect(duplicate).toBe(2000 - new Set(made.map((row) => row.phone_number_id)).size);
    expect(duplicate).toBeGreaterThan(150);
    expect(duplicate).toBeLessThan(250);
    expect(planned).toBe(2000 - duplicate);
  });

  it('ends without a word when its reader has seen enough', () => {
    const { stdout, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${GENERATOR}" --rows 100000 | head -1`], {
      encoding: 'utf8',
    });
    expect([stdout, stderr]).toEqual(['phone_number_id,phone_number,messaging_profile_id,messaging_product\n', '']);
  });

  it.each([[['--rows', 'many']], [['--duplicates', '2']], [['--colour', 'red']], [['one.csv', 'two.csv']]])(
    'refuses %j and says how it is used',
    (args) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [GENERATOR, ...args], { encoding: 'utf8' });
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain('--rows N');
    },
  );
});

describe('README.md', () => {
  const shell = [...README.matchAll(/```sh\n(.*?)```/gs)].flatMap((block) => (block[1] as string).trim().split('\n'));
  const commands = shell.filter((line) => /^telnyx-reassign (plan|apply) samples\//.test(line));
  const exits = new Map(
    [...README.matchAll(/^\| `([^`]+)` .*\| +([0-9]+) +\|$/gm)].map((match) => [match[1], Number(match[2])]),
  );

  it('has a line for every sample', () => {
    const files = spawnSync('ls', [SAMPLES], { encoding: 'utf8' }).stdout.trim().split('\n');
    expect([...exits.keys()].sort()).toEqual(files.filter((file) => file !== 'README.md').sort());
    expect(commands.length).toBeGreaterThan(4);
  });

  it.each(commands)('%s', async (command) => {
    const cwd = withSamples();
    const words = command.split(' ').slice(1);
    const pace = words.includes('--sandbox') ? ['--rate', 'off'] : [];
    const { exit } = await run(cwd, [...words, ...pace], { key: null });
    const name = (words[1] as string).replace('samples/', '');
    const skips = words.includes('--skip-rejected');
    const allows = words.includes('--allow-unassign');
    expect(exit).toBe(skips ? 4 : allows ? 0 : exits.get(name));
  });
});
