import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SandboxState } from '../../../src/sandbox/server.ts';
import { numberOf, valuesOf } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import { stopped } from '../../support/program/start.ts';
import {
  commandIn,
  lastRun,
  manifestOf,
  numberId,
  OTHER,
  PROFILE,
  runDirs,
  THIRD,
  table,
  workDirectory,
  writeLines,
} from '../../support/program/workspace.ts';

const HEADER = 'phone_number_id,messaging_profile_id,messaging_product';

const runNamed = (cwd: string, name: string) => runDirs(cwd).find((dir) => dir.includes(`-${name}-`)) as string;

describe('undo', () => {
  it('puts the newest change back first, and undo of an undo does the change again', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    const lines = [1, 3, 4].map((n) => `${numberId(n)},${PROFILE},`);
    const start = valuesOf(sandbox.snapshot());
    await run(cwd, ['apply', writeLines(cwd, [HEADER, ...lines]), ...flags, '--concurrency', '1']);
    const after = valuesOf(sandbox.snapshot());
    const first = lastRun(cwd);
    expect((await run(cwd, ['undo', first, '--yes', '--concurrency', '1'])).exit).toBe(0);
    expect(valuesOf(sandbox.snapshot())).toEqual(start);
    const undo = runNamed(cwd, 'undo-numbers');
    expect(table(cwd, 'results.csv', undo).map(({ phone_number_id: id }) => id)).toEqual([4, 3, 1].map(numberId));
    expect((await run(cwd, ['undo', undo, '--yes'])).exit).toBe(0);
    expect(valuesOf(sandbox.snapshot())).toEqual(after);
  });

  it('puts numbers back to no profile without a flag', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: [{ id: numberId(1), messaging_profile_id: null }] });
    await run(cwd, ['apply', writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},P2P`]), ...flags]);
    expect(numberOf(sandbox, 1)).toMatchObject({ messaging_profile_id: PROFILE, messaging_product: 'P2P' });
    const { exit } = await run(cwd, ['undo', lastRun(cwd), '--yes']);
    expect(exit).toBe(0);
    expect(numberOf(sandbox, 1)).toMatchObject({ messaging_profile_id: null, messaging_product: 'A2P' });
  });

  it('shows what it would do, asks, and works as the command that it prints', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    await run(cwd, ['apply', writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},`]), ...flags]);
    const unasked = await run(cwd, ['undo', lastRun(cwd)]);
    expect(unasked.exit).toBe(8);
    expect(unasked.stderr).toContain('1 row: 1 to change');
    expect(numberOf(sandbox, 1)?.messaging_profile_id).toBe(PROFILE);
    const { exit } = await paste(cwd, commandIn(unasked.stdout, 'apply'));
    expect(exit).toBe(0);
    expect(numberOf(sandbox, 1)?.messaging_profile_id).toBe(OTHER);
  });

  it('leaves a number alone as a whole when one of its two values has changed', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    await run(cwd, ['apply', writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},P2P`]), ...flags]);
    sandbox.edit({ id: numberId(1), messaging_product: 'A2P' });
    sandbox.edit({ id: numberId(1), messaging_profile_id: THIRD });
    const { exit } = await run(cwd, ['undo', lastRun(cwd), '--yes']);
    expect(exit).toBe(4);
    expect(numberOf(sandbox, 1)).toMatchObject({ messaging_profile_id: THIRD, messaging_product: 'A2P' });
    const held = table(cwd, 'held.csv', runNamed(cwd, 'undo-numbers'));
    expect(held).toMatchObject([{ reassign_reason: 'drifted' }]);
  });

  it('with --force puts back what others have changed too', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    await run(cwd, ['apply', writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},`]), ...flags]);
    sandbox.edit({ id: numberId(1), messaging_profile_id: THIRD });
    const { exit } = await run(cwd, ['undo', lastRun(cwd), '--yes', '--force']);
    expect(exit).toBe(0);
    expect(numberOf(sandbox, 1)?.messaging_profile_id).toBe(OTHER);
  });

  it('holds rows of a run that has not read what they had before', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    await run(cwd, ['apply', writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},`]), ...flags, '--offline']);
    const { exit } = await run(cwd, ['undo', lastRun(cwd), '--yes']);
    expect(exit).toBe(4);
    expect(numberOf(sandbox, 1)?.messaging_profile_id).toBe(PROFILE);
    expect(table(cwd, 'held.csv', runNamed(cwd, 'undo-numbers'))).toMatchObject([
      { reassign_reason: 'before_unknown' },
    ]);
  });

  it('of an interrupted run reads what was in flight, and ends that run', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 300, latencyMs: 5 });
    const start = valuesOf(sandbox.snapshot());
    const input = writeLines(cwd, [
      HEADER,
      ...Array.from({ length: 300 }, (_, at) => `${numberId(at + 1)},${PROFILE},`),
    ]);
    const writes = () => sandbox.requests().filter(({ method }) => method === 'PATCH').length;
    await stopped(cwd, ['apply', input, ...flags], 'SIGKILL', () => writes() > 60);
    const killed = lastRun(cwd);
    const { exit } = await run(cwd, ['undo', killed, '--yes']);
    expect(exit).toBe(0);
    expect(valuesOf(sandbox.snapshot())).toEqual(start);
    expect(manifestOf(cwd, killed).state).toBe('superseded');
    const resume = await run(cwd, ['resume', killed]);
    expect(resume.exit).toBe(8);
  });

  it('can be resumed when it was itself interrupted', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 60 });
    const start = valuesOf(sandbox.snapshot());
    const input = writeLines(cwd, [
      HEADER,
      ...Array.from({ length: 60 }, (_, at) => `${numberId(at + 1)},${PROFILE},`),
    ]);
    await run(cwd, ['apply', input, ...flags]);
    const paused = await run(cwd, ['undo', lastRun(cwd), '--yes', '--stop-after', '10']);
    expect(paused.exit).toBe(10);
    const { exit } = await paste(cwd, commandIn(paused.stdout, 'resume'));
    expect(exit).toBe(0);
    expect(valuesOf(sandbox.snapshot())).toEqual(start);
  });

  it('puts back what a forced run has found, and not what its plan had', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    await run(cwd, [
      'plan',
      writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},`]),
      ...flags.filter((flag) => flag !== '--yes'),
    ]);
    sandbox.edit({ id: numberId(1), messaging_profile_id: THIRD });
    const planned = lastRun(cwd);
    expect((await run(cwd, ['apply', planned, '--yes', '--force'])).exit).toBe(0);
    expect((await run(cwd, ['undo', planned, '--yes'])).exit).toBe(0);
    expect(numberOf(sandbox, 1)?.messaging_profile_id).toBe(THIRD);
  });

  it('refuses a run that has sent nothing, with the command that carries it out', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi();
    await run(cwd, [
      'plan',
      writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},`]),
      ...flags.filter((flag) => flag !== '--yes'),
    ]);
    const refused = await run(cwd, ['undo', lastRun(cwd), '--yes']);
    expect(refused.exit).toBe(8);
    expect((await paste(cwd, commandIn(refused.stderr, 'apply'))).exit).toBe(0);
  });

  it('of a rehearsal works on its sandbox', async () => {
    const cwd = workDirectory();
    const input = writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},P2P`]);
    await run(cwd, ['apply', input, '--sandbox', '--rate', 'off', '--yes'], { key: null });
    const { exit } = await run(cwd, ['undo', lastRun(cwd), '--yes'], { key: null });
    expect(exit).toBe(0);
    const dir = runNamed(cwd, 'undo-numbers');
    const state = JSON.parse(readFileSync(join(cwd, dir, 'sandbox.json'), 'utf8')) as SandboxState;
    expect(state.numbers[0]).toMatchObject({ messaging_product: 'A2P' });
  });

  it('is retried as an undo: what was changed since stays', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi({ numbers: 10 });
    const lines = [1, 3, 4].map((n) => `${numberId(n)},${PROFILE},`);
    await run(cwd, ['apply', writeLines(cwd, [HEADER, ...lines]), ...flags]);
    const paused = await run(cwd, ['undo', lastRun(cwd), '--yes', '--stop-after', '1', '--concurrency', '1']);
    expect(paused.exit).toBe(10);
    sandbox.edit({ id: numberId(1), messaging_profile_id: '99999999-0000-4000-8000-000000000009' });
    const undo = runNamed(cwd, 'undo-numbers');
    const { exit } = await run(cwd, ['retry', undo, '--yes', '--name', 'again']);
    expect(exit).toBe(4);
    expect(numberOf(sandbox, 1)?.messaging_profile_id).toBe('99999999-0000-4000-8000-000000000009');
    expect(numberOf(sandbox, 3)?.messaging_profile_id).toBe(THIRD);
    expect(table(cwd, 'held.csv', runNamed(cwd, 'again'))).toMatchObject([{ reassign_reason: 'drifted' }]);
  });

  it('does not change a number of which one value is back and the other was changed', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    await run(cwd, ['apply', writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},P2P`]), ...flags]);
    sandbox.edit({ id: numberId(1), messaging_profile_id: OTHER });
    expect((await run(cwd, ['undo', lastRun(cwd), '--yes'])).exit).toBe(4);
    expect(numberOf(sandbox, 1)).toMatchObject({ messaging_profile_id: OTHER, messaging_product: 'P2P' });
  });

  it('of a run that has changed nothing ends with 0, and so does its retry', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi();
    await run(cwd, ['apply', writeLines(cwd, [HEADER, `${numberId(2)},${PROFILE},`]), ...flags]);
    const dir = lastRun(cwd);
    expect((await run(cwd, ['undo', dir, '--yes'])).exit).toBe(0);
    expect((await run(cwd, ['retry', dir, '--yes'])).exit).toBe(0);
  });

  it('of a run without rows, and of an undo of nothing, ends with 0 too', async () => {
    const cwd = workDirectory();
    const { flags } = await readingApi();
    await run(cwd, ['apply', writeLines(cwd, [HEADER]), ...flags]);
    expect((await run(cwd, ['undo', lastRun(cwd), '--yes'])).exit).toBe(0);
    expect((await run(cwd, ['undo', lastRun(cwd), '--yes'])).exit).toBe(0);
  });

  it('sends nothing to another organization', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await readingApi();
    await run(cwd, ['apply', writeLines(cwd, [HEADER, `${numberId(1)},${PROFILE},`]), ...flags]);
    const dir = lastRun(cwd);
    writeFileSync(join(cwd, dir, 'run.json'), JSON.stringify({ ...manifestOf(cwd, dir), organization_id: 'another' }));
    expect((await run(cwd, ['undo', dir, '--yes'])).exit).toBe(7);
    expect(numberOf(sandbox, 1)?.messaging_profile_id).toBe(PROFILE);
  });
});
