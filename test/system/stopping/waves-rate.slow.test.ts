import { expect, it } from 'vitest';
import { mostInWindow } from '../../support/engine/most-in-window.ts';
import { run } from '../../support/program/run.ts';
import { wavePlace } from '../../support/program/waves.ts';
import { runDirs, summaryOf } from '../../support/program/workspace.ts';

it('is kept over the boundaries between waves, reading back and the undo', async () => {
  const { sandbox, cwd, input, flags } = await wavePlace(30, [], { rateLimit: 18 });
  const paced = flags.filter((flag, at) => flag !== '--rate' && flags[at - 1] !== '--rate');
  const gate = ['--gate', 'test $WAVE != 2', '--undo-on-failure'];
  const args = ['apply', input, ...paced, '--rate', '15', '--waves', '5,10', ...gate];
  expect((await run(cwd, args)).exit).toBe(6);
  const [first] = runDirs(cwd) as [string];
  expect(summaryOf(cwd, first)).toMatchObject({ undo: { exit_code: 0 }, requests: { rate_limited: 0 } });
  expect(sandbox.requests().every(({ status }) => status !== 429)).toBe(true);
  expect(
    mostInWindow(
      sandbox.requests().map(({ at_ms: at }) => at),
      1000,
    ),
  ).toBeLessThanOrEqual(17);
});
