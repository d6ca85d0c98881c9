import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { retryCommand } from '../../src/commands/retry.ts';
import type { LedgerEntry } from '../../src/core/ledger/entry.ts';
import type { RawSettings } from '../../src/core/settings/schema.ts';

import { loadManifest, loadRuns, readJson, runFiles, writeJson } from '../../src/io/run/directory.ts';
import { takeLock } from '../../src/io/run/lock.ts';
import { type SandboxState, startSandbox } from '../../src/sandbox/server.ts';
import { failure, outcome } from '../support/app/ledgers.ts';
import { id, profile } from '../support/app/plans.ts';
import { AT } from '../support/app/run-directories.ts';
import { OFFLINE, printed, refusalOf, type Source, sourceOf } from '../support/app/sources.ts';

const dirsIn = (runsDir: string) => loadRuns(runsDir).runs.map(({ dir }) => dir);

const runsOf = ({ context }: Source) => join(context.cwd, 'runs');

/** Plans a retry of a run without sending it. Returns the new run. */
async function retried(source: Source, flags: RawSettings = {}) {
  const exit = await retryCommand(source.dir, { dry_run: 'true', ...flags }, source.context);
  const [dir, ...more] = dirsIn(runsOf(source));
  if (dir === undefined || more.length > 0) throw new Error(`exit ${exit}: ${printed(source.context.stderr)}`);
  return { exit, dir, manifest: loadManifest(dir), input: readFileSync(runFiles(dir).input, 'utf8') };
}

/** A row of each kind, by its number: what came of it. */
const KINDS = ['updated', 'retryable', 'permanent', 'unverified', 'interrupted', 'put back', 'untouched', 'held'];
const LEDGER: LedgerEntry[] = [
  { type: 'session_started', at: AT, pid: 1 },
  outcome(1),
  failure(2, true),
  failure(3, false),
  outcome(4, { status: 'unverified', reason: 'read_failed', retryable: true }),
  { type: 'intent', row: 5, at: AT },
  { type: 'put_back', row: 6, ambiguous: false, attempts: 1, at: AT },
  { type: 'profile_held', profile: profile(2), why: 'stopped', at: AT },
];
const rowOf = (n: number) => `${id(n)},${profile(n === 8 ? 2 : 1)},${KINDS[n - 1]}`;
// Behind those that were planned to be sent: a rejected row, a duplicate, and blank lines between.
const INPUT = [
  'id,profile_id,note',
  ...[1, 2, 3, 4].map(rowOf),
  ',,',
  ...[5, 6, 7, 8].map(rowOf),
  `x y,,rejected`,
  rowOf(1),
  '',
];
const mixed = () => sourceOf(INPUT.join('\n'), { ledger: LEDGER });

describe('the rows of a retry', () => {
  it.each<[string | undefined, number[]]>([
    [undefined, [2, 3, 4, 5, 6, 7]],
    ['failed', [2, 3]],
    ['retryable', [2]],
    ['permanent', [3]],
    ['unverified', [4, 5]],
    ['unprocessed', [6, 7]],
    ['held', [8]],
    ['retryable,permanent', [2, 3]],
    ['held,unprocessed,retryable', [2, 6, 7, 8]],
    ['failed,unverified,unprocessed,held', [2, 3, 4, 5, 6, 7, 8]],
  ])('with --only %s are those, in their order and as they were', async (only, rows) => {
    const source = await mixed();
    const { exit, input, manifest } = await retried(source, only === undefined ? {} : { only });
    expect(exit).toBe(0);
    expect(input).toBe(['id,profile_id,note', ...rows.map(rowOf), ''].join('\n'));
    expect(manifest.plan).toMatchObject({ change: rows.length, rejected: 0, duplicate: 0 });
    const { run_id } = source.manifest;
    const expected = only === undefined ? 'failed,unverified,unprocessed' : only;
    expect(manifest.source).toEqual({ run_id, dir: source.dir, only: expected, undo: false });
  });

  it('belong to a run with the name of the first, which names its source', async () => {
    const source = await mixed();
    const { manifest, dir } = await retried(source);
    expect(manifest).toMatchObject({ name: 'cutover', command: 'plan', state: 'planned', input: { rows: 6 } });
    expect(manifest.input.path).toBe(source.manifest.input.path);
    expect(basename(dir)).toMatch(/^\d{8}T\d{6}Z-cutover-[0-9a-f]{4}$/);
    expect(loadManifest(source.dir)).toEqual(source.manifest);
    expect(printed(source.context.stderr)).toContain(`6 rows of ${source.dir}`);
  });

  it('if there are none, make no run and end with 0', async () => {
    for (const [flags, stdout, stderr] of [
      [{}, '', /^Run 20261123T020500Z-cutover-1f2e has no rows that are held: nothing to do\.\n$/],
      [{ quiet: 'true' }, '', /^$/],
      [{ json: 'true' }, '{"exit_code":0,"exit_name":"ok","warnings":["Run ', /^$/],
    ] as const) {
      const source = await sourceOf(`id,profile_id\n${id(1)},${profile(1)}\n`, { ledger: [outcome(1)] });
      expect(await retryCommand(source.dir, { dry_run: 'true', only: 'held', ...flags }, source.context)).toBe(0);
      expect(printed(source.context.stdout).slice(0, stdout.length || 1)).toBe(stdout);
      expect(printed(source.context.stderr)).toMatch(stderr);
      expect(readdirSync(source.context.cwd)).toEqual([]);
    }
  });

  it.each<[string, (text: string) => string | Uint8Array]>([
    ['UTF-8', (text) => text],
    ['UTF-8 with a mark', (text) => `\uFEFF${text}`],
    ['UTF-16', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['CRLF', (text) => text.replaceAll(/\n/g, '\r\n')],
    ['a line that names the delimiter', (text) => `sep=;\n${text}`],
    ['blank lines', (text) => `\n\n${text.replaceAll('\n', '\n\n')}`],
  ])('keep their cells as they were, whatever the form of the input: %s', async (_, form) => {
    const text = `note;id;profile_id\nfirst;${id(1)};${profile(1)}\n"a;b, ""c"" Zoë";="${id(2)}";${profile(1).toUpperCase()}\n`;
    const source = await sourceOf(form(text), {
      ledger: [outcome(1)],
      changes: { settings: { ...OFFLINE, delimiter: ';' } },
    });
    const { input, manifest } = await retried(source);
    expect(input).toBe(`note,id,profile_id\n"a;b, ""c"" Zoë","=""${id(2)}""",${profile(1).toUpperCase()}\n`);
    expect(manifest.plan).toMatchObject({ change: 1, rejected: 0 });
    expect(manifest.settings).toEqual(OFFLINE);
  });

  it('keep their line breaks', async () => {
    const source = await sourceOf(`id,product,note\r\n${id(1)},A2P,"two\r\nlines\nor three"\r\n`);
    expect((await retried(source)).input).toBe(`id,product,note\n${id(1)},A2P,"two\r\nlines\nor three"\n`);
  });

  it('are read again if column names contain other delimiters', async () => {
    const source = await sourceOf(`"a;b;c;d;e",id,"f|g|h|i|j",product\n1;2,${id(1)},3|4,A2P\n`);
    expect((await retried(source)).manifest.plan).toMatchObject({ change: 1, rejected: 0 });
  });

  it('lose the columns that an earlier failed.csv has added', async () => {
    const source = await sourceOf(`reassign_detail,id,reassign_status,product\nold,${id(1)},failed,A2P\n`);
    expect((await retried(source)).input).toBe(`id,product\n${id(1)},A2P\n`);
  });
});

describe('the settings of a retry', () => {
  it('are those of the run, but for what was about the whole of its input or its form', async () => {
    const settings = {
      map: ['phone_number_id=Number', 'messaging_profile_id=To'],
      allow_unassign: 'true',
      rate: '7',
      max_failures: '3',
      min_rows: '2',
      max_changes: '1',
      delimiter: ';',
      skip_rejected: 'true',
      ...OFFLINE,
    };
    const source = await sourceOf(`Number;To\n${id(1)};unassign\n${id(2)};${profile(1)}\n`, {
      changes: { settings },
      checks: {
        delimiter: ';',
        allow_unassign: true,
        map: { phone_number_id: 'Number', messaging_profile_id: 'To' },
      },
    });
    const { manifest, input } = await retried(source);
    expect(input).toBe(`Number,To\n${id(1)},unassign\n${id(2)},${profile(1)}\n`);
    const { min_rows, max_changes, delimiter, skip_rejected, ...kept } = settings;
    expect(manifest).toMatchObject({ settings: kept, plan: { change: 2, rejected: 0 } });
    expect(Object.keys(manifest.settings).sort()).toEqual(Object.keys(kept).sort());
  });

  it('may be given again', async () => {
    const source = await sourceOf(`id,product\n${id(1)},A2P\n`, { changes: { settings: { ...OFFLINE, rate: '7' } } });
    const { manifest } = await retried(source, { rate: '2', name: 'again', max_changes: '1' });
    expect(manifest).toMatchObject({ name: 'again', settings: { ...OFFLINE, rate: '2', max_changes: '1' } });
  });
});

describe('a retry', () => {
  const one = `id,product\n${id(1)},A2P\n`;

  it.each(['finished', 'paused', 'interrupted', 'running'] as const)(
    'takes the rows of a run that is %s, when no process is at work on it',
    async (state) => {
      expect((await retried(await sourceOf(one, { changes: { state } }))).manifest.plan?.change).toBe(1);
    },
  );

  it.each<[RawSettings, RegExp]>([
    [{}, /is locked by process 4711 on host, since .* \(resume x\)/],
    // A dry run takes no lock.
    [{ dry_run: 'true' }, /^Run \S+ is at work\.$/],
  ])('is locked out while another process works on the run: %j', async (flags, expected) => {
    const source = await sourceOf(one, { changes: { state: 'running' } });
    await takeLock(runFiles(source.dir).lock, { pid: 4711, host: 'host', since: AT, what: 'resume x' });
    const { exit, message } = await refusalOf(retryCommand(source.dir, flags, source.context));
    expect(exit).toBe(9);
    expect(message).toMatch(expected);
    expect(dirsIn(runsOf(source))).toEqual([]);
  });

  it.each([undefined, ''])('needs a run directory: %j', async (given) => {
    const { exit, message } = await refusalOf(retryCommand(given, {}, (await sourceOf(one)).context));
    expect([exit, message]).toEqual([2, 'retry needs a run directory; `runs` lists them']);
  });

  it('of a run that has read the account needs a key for --dry-run too', async () => {
    const source = await sourceOf(one, { env: { TELNYX_API_KEY: '' }, changes: { settings: {} } });
    const { exit, message } = await refusalOf(retryCommand(source.dir, { dry_run: 'true' }, source.context));
    expect([exit, message]).toEqual([2, expect.stringContaining('no API key')]);
    expect(dirsIn(runsOf(source))).toEqual([]);
  });

  it('of a run that has not read the account needs a key, but for --dry-run', async () => {
    const source = await sourceOf(one, { env: { TELNYX_API_KEY: '' } });
    const { exit, message } = await refusalOf(retryCommand(source.dir, {}, source.context));
    expect([exit, message]).toEqual([2, expect.stringContaining('no API key')]);
    expect((await retried(source)).exit).toBe(0);
  });

  it('of the sandbox finds the state that the run left', async () => {
    const source = await sourceOf(`id,product\n${id(1)},A2P\n${id(2)},A2P\n`, {
      ledger: [outcome(1), failure(2, true)],
      changes: { settings: { sandbox: 'true' } },
    });
    const before = await startSandbox({ numbers: [1, 2, 3].map((n) => ({ id: id(n), messaging_product: 'P2P' })) });
    writeJson(runFiles(source.dir).sandbox, before.snapshot());
    await before.close();
    expect(await retryCommand(source.dir, { yes: 'true' }, source.context)).toBe(0);
    const [dir = ''] = dirsIn(runsOf(source));
    const { numbers } = readJson(runFiles(dir).sandbox) as SandboxState;
    expect(numbers.map((number) => number.id)).toEqual([1, 2, 3].map(id));
  });
});
