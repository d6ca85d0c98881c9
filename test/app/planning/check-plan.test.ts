import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/app/errors.ts';
import { checkPlan } from '../../../src/app/planning/check-plan.ts';
import type { Run } from '../../../src/app/run/open.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { fileSha256 } from '../../../src/io/digest.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { id, planOf, profile } from '../../support/app/plans.ts';

/** A run of a good input, that came from a path. */
async function planned(changes: Partial<Manifest> = {}): Promise<Run> {
  const { dir, manifest } = await planOf(`id,profile_id\n${id(1)},${profile(1)}\n`);
  const input = { ...manifest.input, path: '/data/numbers.csv' };
  return { dir, shown: 'runs/x', manifest: { ...manifest, state: 'paused', input, ...changes } };
}

async function refusal(run: Run): Promise<{ exit: number; code: string; message: string } | null> {
  const error = await checkPlan(run, contextOf()).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error === null) return null;
  if (!(error instanceof CommandError)) throw error;
  const { exit, code, message } = error;
  return { exit, code, message };
}

const planWith = ({ plan }: Manifest, changes: Partial<NonNullable<Manifest['plan']>>) =>
  plan === null ? null : { ...plan, ...changes };

const AGAIN = 'telnyx-reassign plan /data/numbers.csv';

describe('checkPlan', () => {
  it('lets pass what is as it was planned', async () => {
    expect(await refusal(await planned())).toBeNull();
  });

  it.each<['plan' | 'input', string, (path: string) => void]>([
    ['plan', 'a row more', (path) => appendFileSync(path, '2,3,x,,change,,,,,,\n')],
    ['plan', 'a byte less', (path) => truncateSync(path, 200)],
    ['plan', 'gone', (path) => rmSync(path)],
    ['input', 'a byte more', (path) => appendFileSync(path, '\n')],
    ['input', 'empty', (path) => truncateSync(path, 0)],
    ['input', 'gone', (path) => rmSync(path)],
  ])('refuses a %s.csv that is changed: %s', async (which, _, change) => {
    const run = await planned();
    change(runFiles(run.dir)[which]);
    expect(await refusal(run)).toEqual({
      exit: 8,
      code: 'plan_changed',
      message: `${which}.csv in runs/x is not what was planned, so nothing was sent. Plan again: ${AGAIN}`,
    });
  });

  it.each([
    [
      'rows',
      (manifest: Manifest) => ({ input: { ...manifest.input, rows: 0 } }),
      'counts 0 (rows), and plan.csv has 1',
    ],
    [
      'changes',
      (manifest: Manifest) => ({ plan: planWith(manifest, { change: 0 }) }),
      'counts 0 (change), and plan.csv has 1',
    ],
    [
      'rejections',
      (manifest: Manifest) => ({ plan: planWith(manifest, { rejected: 2 }) }),
      'counts 2 (rejected), and plan.csv has 0',
    ],
  ])('refuses counts in run.json that are not those of plan.csv: %s', async (_, changed, text) => {
    const run = await planned();
    const changes = changed(run.manifest);
    const refused = await refusal({ ...run, manifest: { ...run.manifest, ...changes } });
    expect(refused).toEqual({
      exit: 8,
      code: 'plan_changed',
      message: `plan.csv in runs/x is not a plan of this program, so nothing was sent: run.json ${text}. Plan again: ${AGAIN}`,
    });
  });

  it('refuses rows that this program does not write, although the digest fits', async () => {
    const run = await planned();
    const { plan } = runFiles(run.dir);
    writeFileSync(plan, readFileSync(plan, 'utf8').replace(id(1), '..'));
    const sha256 = await fileSha256(plan);
    const refused = await refusal({ ...run, manifest: { ...run.manifest, plan: planWith(run.manifest, { sha256 }) } });
    expect(refused?.message).toContain('nothing was sent: row 1 has an id that no plan has');
  });

  it('of rows of another run names the retry that takes them again', async () => {
    const source = { run_id: 'earlier', dir: '/data/runs/earlier', only: 'failed,held', undo: false };
    const run = await planned({ source });
    rmSync(runFiles(run.dir).plan);
    const again = 'telnyx-reassign retry /data/runs/earlier --only failed,held --dry-run';
    expect((await refusal(run))?.message.endsWith(`Plan again: ${again}`)).toBe(true);
  });

  it('names no command if the input came through a pipe', async () => {
    const run = await planned();
    rmSync(runFiles(run.dir).input);
    const piped = { ...run, manifest: { ...run.manifest, input: { ...run.manifest.input, path: null } } };
    expect((await refusal(piped))?.message).toBe('input.csv in runs/x is not what was planned, so nothing was sent.');
  });

  const fault = { code: 'no_header', text: 'the file is empty', line: null };
  it.each<[string, Partial<Manifest>, string]>([
    [
      'was killed while it was planning',
      { state: 'planning', plan: null },
      `ended while it was planning, and nothing was sent. Start again: ${AGAIN}`,
    ],
    [
      'was interrupted while it was planning',
      { state: 'interrupted', plan: null },
      `ended while it was planning, and nothing was sent. Start again: ${AGAIN}`,
    ],
    [
      'was refused',
      { state: 'refused', plan: null, fault },
      `has no plan: its input was refused. Fix that first. Plan again: ${AGAIN}`,
    ],
  ])('says of a run without a plan that it %s', async (_, changes, text) => {
    const run = await planned(changes);
    expect(await refusal(run)).toEqual({ exit: 8, code: 'no_plan', message: `Run ${run.manifest.run_id} ${text}` });
  });
});
