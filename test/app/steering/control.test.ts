import { expect, it } from 'vitest';
import type { Reporting } from '../../../src/app/invocation.ts';
import { openControl } from '../../../src/app/steering/control.ts';
import type { Steerable } from '../../../src/app/steering/obey.ts';
import { createSteering } from '../../../src/engine/steering.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { sendCommand } from '../../../src/io/control/client.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { makeRun } from '../../support/app/run-directories.ts';
import { tempDir } from '../../support/temp.ts';

it.each([
  [
    Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
    /^Could not save the command: ENOSPC \(the disk is full\)\. Fix: .* See: telnyx-reassign status \S+$/,
  ],
  [new Error('no such thing'), /^The command failed: no such thing$/],
])('says that a command could not be written down: %s', async (error, message) => {
  const run = makeRun(tempDir(), 1, { state: 'running' });
  const steerable: Steerable = {
    steering: createSteering({ rate: 50, concurrency: null, max_failures: { value: 5, percent: true } }),
    stop: createStop(),
    settings: { base_url: 'http://127.0.0.1:1/v2', sandbox: false },
    record: () => Promise.reject(error),
    logger: { log: () => undefined },
    keep: () => undefined,
    say: () => undefined,
  };
  const control = await openControl(run, steerable, { settings: {}, context: contextOf() } as unknown as Reporting);
  const sent = await sendCommand(run.dir, runFiles(run.dir).control, { words: ['pause'], by: 'alice' });
  expect(sent).toMatchObject({ answer: { ok: false, exit: 1, message: expect.stringMatching(message) } });
  await control.close();
});
