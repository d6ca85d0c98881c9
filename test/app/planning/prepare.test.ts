import { hash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { inputSourceOf } from '../../../src/app/planning/input-source.ts';
import { type PreparedPlan, preparePlan } from '../../../src/app/planning/prepare.ts';
import { resolveForCommand } from '../../../src/app/settings.ts';
import type { RawSettings } from '../../../src/core/settings/schema.ts';

import { loadManifest, loadRuns } from '../../../src/io/run/directory.ts';
import { contextOf, type TestContext } from '../../support/app/contexts.ts';
import { id, profile } from '../../support/app/plans.ts';
import { inputOf, makeRun, numbersOf } from '../../support/app/run-directories.ts';
import { printed } from '../../support/app/sources.ts';
import { tempDir } from '../../support/temp.ts';

const dirsIn = (runsDir: string) => loadRuns(runsDir).runs.map(({ dir }) => dir);

/** Called when a CSV file has been read to its end. */
const csv = vi.hoisted(() => ({ ended: (): void => undefined }));
vi.mock('../../../src/io/csv/records.ts', async (original) => {
  const real = await original<typeof import('../../../src/io/csv/records.ts')>();
  async function* readCsv(...args: Parameters<typeof real.readCsv>): ReturnType<typeof real.readCsv> {
    yield* real.readCsv(...args);
    csv.ended();
  }
  return { ...real, readCsv };
});
beforeEach(() => {
  csv.ended = () => undefined;
});

const TEXT = `id,profile_id\n${id(1)},${profile(1)}\n${id(2)},${profile(1)}\n`;

/** A working directory with an input. */
function place(flags: RawSettings = {}) {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'numbers.csv'), TEXT);
  const context = contextOf({}, cwd);
  const origin = inputSourceOf('numbers.csv', context);
  const runsDir = join(cwd, 'runs');
  const start = (command: 'plan' | 'apply' = 'apply', from = origin) =>
    preparePlan(from, command, { ...resolveForCommand({ offline: 'true', ...flags }, context, 'apply'), key: null });
  return { cwd, context, origin, runsDir, start };
}

/** What comes of it: the exit code, the run to go on with, or how many unfinished ones there are. */
const cameOf = (begun: PreparedPlan) =>
  'exit' in begun ? begun.exit : 'instead' in begun ? begun.instead.dir : begun.unfinished.length;

/** Sends a SIGTERM to whatever works with this context. */
const terminate = ({ signals }: TestContext) => {
  csv.ended = () => undefined;
  signals.emit('SIGTERM', 'SIGTERM');
};

describe('a signal while planning', () => {
  it('before, while or after the input is copied ends the run, and nothing was sent', async () => {
    for (const when of ['before', 'after'] as const) {
      const { context, origin, runsDir, start } = place();
      const copy: typeof origin.copy = async (dir, signal) => {
        if (when === 'before') terminate(context);
        const sha256 = await origin.copy(dir, signal);
        if (when === 'after') terminate(context);
        return sha256;
      };
      expect(cameOf(await start('apply', { ...origin, copy }))).toBe(143);
      const [dir = ''] = dirsIn(runsDir);
      expect(loadManifest(dir)).toMatchObject({ state: 'interrupted', exit_code: 143, plan: null, started_at: null });
      expect(readdirSync(dir)).toContain('summary.json');
    }
  });

  it('when the last row is planned ends the run too', async () => {
    const { context, start } = place();
    csv.ended = () => terminate(context);
    expect(cameOf(await start())).toBe(143);
  });

  it('ends the run even if an earlier one would be resumed', async () => {
    const { context, origin, runsDir, start } = place({ if_unfinished: 'resume' });
    makeRun(runsDir, 1, { input: inputOf(origin.path, 'ff') });
    const copy: typeof origin.copy = async (dir, signal) => {
      const sha256 = await origin.copy(dir, signal);
      terminate(context);
      return sha256;
    };
    expect(cameOf(await start('apply', { ...origin, copy }))).toBe(143);
  });

  it('leaves no listener behind', async () => {
    const { context, start } = place();
    await start();
    expect(context.signals.listenerCount('SIGTERM')).toBe(0);
  });
});

describe('an unfinished run of the same input', () => {
  const prepared = (flags: RawSettings = {}) => {
    const made = place(flags);
    makeRun(made.runsDir, 1, { input: inputOf(made.origin.path, 'ff') });
    const dir = makeRun(made.runsDir, 2, { input: inputOf(null, hash('sha256', TEXT)) }).dir;
    return { ...made, dir };
  };

  it('refuses a new run, with the commands to resume the earlier one and to start again', async () => {
    const { context, runsDir, start } = prepared();
    expect(cameOf(await start())).toBe(8);
    const [, last = '', made = ''] = dirsIn(runsDir).map((dir) => dir.slice(context.cwd.length + 1));
    expect(loadManifest(join(context.cwd, made))).toMatchObject({ state: 'refused', exit_code: 8 });
    const text = printed(context.stdout) + printed(context.stderr);
    expect(text).toContain(`telnyx-reassign resume ${last}\n`);
    expect(text).toContain(`telnyx-reassign apply ${made} --if-unfinished new --yes`);
  });

  it('is resumed, the newest of several, and nothing remains of the new run', async () => {
    const { runsDir, dir, start } = prepared({ if_unfinished: 'resume' });
    expect(cameOf(await start())).toBe(dir);
    expect(numbersOf(dirsIn(runsDir))).toEqual([1, 2]);
  });

  it('is not superseded before the new run is confirmed', async () => {
    const { runsDir, start } = prepared({ if_unfinished: 'new' });
    expect(cameOf(await start())).toBe(2);
    expect(dirsIn(runsDir).map((dir) => loadManifest(dir).state)).toEqual(['paused', 'paused', 'planned']);
  });

  it.each(['refuse', 'resume', 'new'])('changes nothing for a plan: %s', async (how) => {
    const { start } = prepared({ if_unfinished: how });
    expect(cameOf(await start('plan'))).toBe(0);
  });
});
