import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseBulkFault } from '../../src/sandbox/server.ts';
import { bulkPlace } from '../support/bulk/place.ts';
import { run } from '../support/program/run.ts';
import { lastRun, manifestOf, numberId, OTHER, PROFILE, runDirs, writeLines } from '../support/program/workspace.ts';
import { openSandbox } from '../support/sandbox/open.ts';
import { commandsIn, read } from './documents.ts';
import { shape, shownIn } from './shown.ts';

const PAGE = 'docs/bulk.md';
const TRIAL = '## Try it on ten numbers';
const PENDING = '## If an order has not ended: order_pending';
const MISMATCH = '## If an order changed what it must not change: order_mismatch';

/** The commands of this program in one section of the page, in their order. */
function commandsUnder(heading: string): string[] {
  const [section = ''] = (read(PAGE).split(`\n${heading}\n`)[1] as string).split('\n## ', 1);
  const ours = commandsIn(section).filter(([program]) => program === 'telnyx-reassign');
  return ours.map(([, ...words]) => words.join(' '));
}

/** A place in which the commands of the page run as printed, off a terminal. */
function typing(cwd: string, url: string) {
  const env = { TELNYX_REASSIGN_BASE_URL: url, TELNYX_REASSIGN_RATE: 'off' };
  return (command: string, dir = '') => {
    const words = command.split(' ').map((word) => (word === 'RUN_DIR' ? dir : word));
    const asks = ['apply', 'undo', 'retry'].includes(words[0] as string);
    return run(cwd, [...words, ...(asks ? ['--yes'] : [])], { env });
  };
}

/** An output as the page shows it: without what differs from run to run. */
const asShown = (text: string) =>
  shape(text.replaceAll(/runs\/\S+/g, 'RUN_DIR'))
    .join('\n')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/ in \S+s,/g, ' in TIME,')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\dZ/g, 'TIME');

describe('docs/bulk.md', () => {
  it('shows what a plan says', async () => {
    const { sandbox, cwd } = await bulkPlace(1005);
    const rows = Array.from({ length: 1005 }, (_, at) => `${numberId(at + 1)},${PROFILE},${at < 5 ? 'P2P' : ''}`);
    const input = writeLines(cwd, ['phone_number_id,messaging_profile_id,messaging_product', ...rows], 'some.csv');
    const { stdout } = await run(cwd, ['plan', input, '--bulk', 'auto', '--rate', '20', '--base-url', sandbox.url]);
    expect(stdout).toContain(
      shownIn(PAGE, '## When an order is used').replace('https://api.telnyx.com/v2', sandbox.url),
    );
  });

  it.each(['resume RUN_DIR', 'undo RUN_DIR'])(
    'tries orders on ten numbers, command by command, to %s',
    async (last) => {
      const commands = commandsUnder(TRIAL);
      expect(commands).toEqual([
        'export before.csv',
        'plan numbers.csv --bulk auto',
        'apply RUN_DIR --stop-after 10',
        'export after.csv',
        'resume RUN_DIR',
        'undo RUN_DIR',
        'apply numbers.csv --bulk auto --stop-after 10 --sandbox',
      ]);
      const { sandbox, cwd } = await bulkPlace(1000);
      const type = typing(cwd, sandbox.url);
      const diff = () => spawnSync('sh', ['-c', 'diff before.csv after.csv'], { cwd, encoding: 'utf8' }).stdout;
      expect((await type('export before.csv')).exit).toBe(0);
      expect((await type('plan numbers.csv --bulk auto')).stdout).toContain('\nBy bulk orders');
      const dir = lastRun(cwd);
      const applied = await type('apply RUN_DIR --stop-after 10', dir);
      expect(applied.exit).toBe(10);
      expect(asShown(applied.stdout)).toContain(asShown(shownIn(PAGE, TRIAL)));
      await type('export after.csv');
      const changed = diff().match(/^<.*$/gm) ?? [];
      expect(changed).toHaveLength(10);
      expect(diff().match(/^>.*$/gm)).toEqual(
        changed.map((line) => line.replace('<', '>').replace(`${OTHER},Profile 1`, `${PROFILE},Profile 2`)),
      );
      expect((await type(last, dir)).exit).toBe(0);
      await type('export after.csv');
      if (last.startsWith('undo')) {
        expect(diff()).toBe('');
        expect(manifestOf(cwd).plan?.bulk).toMatchObject({ orders: 0, patch: { few: 10 } });
      } else expect(sandbox.snapshot().numbers.every(({ messaging_profile_id: on }) => on === PROFILE)).toBe(true);
    },
  );

  it('tries them in the sandbox', async () => {
    const { cwd, sandbox } = await bulkPlace(30);
    const type = typing(cwd, sandbox.url);
    expect((await type(commandsUnder(TRIAL).at(-1) as string)).exit).toBe(10);
    expect(sandbox.requests()).toEqual([]);
  });

  it('shows an order that has not ended, and its commands continue', async () => {
    expect(commandsUnder(PENDING)).toEqual(['resume RUN_DIR', 'verify RUN_DIR']);
    const { sandbox, cwd, apply } = await bulkPlace(100, ['late=600#3']);
    const type = typing(cwd, sandbox.url);
    const ended = await apply();
    expect(ended.exit).toBe(11);
    const many = (text: string) => text.replaceAll(/\b\d+ (rows|unverified)/g, 'N $1');
    expect(many(asShown(ended.stdout))).toContain(many(asShown(shownIn(PAGE, PENDING))));
    const dir = lastRun(cwd);
    const counted = runDirs(cwd).length;
    for (const command of ['undo RUN_DIR', 'retry RUN_DIR']) {
      const refused = await type(command, dir);
      expect(refused, command).toMatchObject({ exit: 8, stderr: expect.stringContaining(`resume ${dir}`) });
    }
    expect(runDirs(cwd)).toHaveLength(counted);
    const requests = sandbox.requests().length;
    expect((await type('verify RUN_DIR', dir)).exit).toBe(4);
    expect(
      sandbox
        .requests()
        .slice(requests)
        .every(({ method }) => method === 'GET'),
    ).toBe(true);
    sandbox.carryOutOrders();
    const resumed = await type('resume RUN_DIR', dir);
    expect(resumed.exit, resumed.stderr).toBe(0);
    expect(sandbox.snapshot().numbers.every(({ messaging_profile_id: on }) => on === PROFILE)).toBe(true);
  });

  it.each(['resume', 'back'])(
    'shows an order that changed what it must not change, and its commands: %s',
    async (how) => {
      expect(commandsUnder(MISMATCH)).toEqual([
        'export now.csv --profile New brand',
        'resume RUN_DIR',
        'undo RUN_DIR',
        'apply before.csv --allow-unassign',
      ]);
      const numbers = Array.from({ length: 100 }, (_, at) => ({ id: numberId(at + 1), messaging_profile_id: OTHER }));
      const sandbox = await openSandbox({ numbers, bulkFaults: [parseBulkFault('foreign=1#2')] });
      const { cwd } = await bulkPlace(60);
      const type = typing(cwd, sandbox.url);
      await type('export before.csv');
      const stopped = await type('apply numbers.csv --bulk auto');
      expect(stopped.exit).toBe(6);
      expect(asShown(stopped.stdout)).toContain(asShown(shownIn(PAGE, MISMATCH)));
      const dir = lastRun(cwd);
      expect((await run(cwd, ['export', 'now.csv', '--profile', PROFILE, '--base-url', sandbox.url])).exit).toBe(0);
      const on = (profile: string) =>
        sandbox.snapshot().numbers.filter((number) => number.messaging_profile_id === profile).length;
      if (how === 'resume') {
        expect((await type('resume RUN_DIR', dir)).exit).toBe(0);
        expect(on(PROFILE)).toBe(61);
      } else {
        expect((await type('undo RUN_DIR', dir)).exit).toBe(0);
        expect(on(OTHER)).toBe(99);
        expect((await type('apply before.csv --allow-unassign')).exit).toBe(0);
        expect(on(OTHER)).toBe(100);
      }
    },
  );
});
