import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askGate, type GateOptions } from '../../../src/app/waves/gate.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { realClock } from '../../../src/io/clock.ts';
import { until } from '../../support/program/workspace.ts';
import { tempDir } from '../../support/temp.ts';

const QUESTION = { runDir: '/runs/x', statusFile: '/runs/x/status.json', wave: 1, waves: 2, updated: 3, failed: 0 };

/** Whether a process is there; one that has ended and was not waited for is not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return existsSync(`/proc/${pid}/stat`) ? !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) : true;
  } catch {
    return false;
  }
}

/** Asks a gate whose waits are over at once, unless `waits` is true. */
async function asked(command: string, { waits = false, stop = createStop() } = {}) {
  const logged: string[] = [];
  const clock = { ...realClock, sleep: () => ({ done: Promise.resolve(), cancel: () => undefined }) };
  const options: GateOptions = {
    command,
    timeoutMs: 60_000,
    cwd: tempDir(),
    env: { ...process.env, TELNYX_API_KEY: 'secret', CREDENTIALS_DIRECTORY: '/run/credentials', OTHER: 'kept' },
    clock: waits ? realClock : clock,
    stop,
    logger: { log: (_level, _event, text) => logged.push(text) },
    clean: (text) => text,
  };
  return { why: await askGate(QUESTION, options), logged };
}

describe('a gate', () => {
  it('gets the environment without what is ours', async () => {
    const { why, logged } = await asked('echo "$OTHER $WAVE/$WAVES $TELNYX_API_KEY$CREDENTIALS_DIRECTORY"', {
      waits: true,
    });
    expect(why).toBe('');
    expect(logged).toEqual(['kept 1/2 ']);
  });

  it.each([
    ['exit 3', 'exited with 3'],
    ['echo; echo not today >&2; exit 1', 'exited with 1; it said: not today'],
    ['kill -9 $$', 'was ended by SIGKILL'],
    ['/no/such/command', 'exited with 127; it said: '],
    ['head -c 5000000 /dev/zero | tr "\\0" x; exit 2', 'exited with 2; it said: xxx'],
    ['printf "\\033[2Jclear\\n"; exit 4', 'exited with 4; it said: \\x1b[2Jclear'],
    ['cat; exit 5', 'exited with 5'],
  ])('refuses with %j, and says how', async (command, text) => {
    const { why } = await asked(command, { waits: true });
    expect(why.slice(0, text.length)).toBe(text);
    expect(why.length).toBeLessThan(400);
  });

  it('that does not end when it is asked to is killed, with what it has started', async () => {
    const { why } = await asked('trap "" TERM; sh -c "trap \\"\\" TERM; sleep 60"; sleep 60');
    expect(why).toBe('took longer than 1m (--gate-timeout)');
  });

  it('leaves nothing behind that ignores the signal which ends the command', async () => {
    const started = join(tempDir(), 'pid');
    const command = `sh -c 'trap "" TERM; echo $$ > ${started}; exec sleep 60' > /dev/null & while ! test -s ${started}; do sleep 0.01; done; wait`;
    const stop = createStop();
    const ended = asked(command, { waits: true, stop });
    await until(() => existsSync(started) && readFileSync(started, 'utf8').endsWith('\n'));
    stop.ask('signal', 'SIGINT');
    await ended;
    const pid = Number(readFileSync(started, 'utf8'));
    await until(() => !isAlive(pid));
  });

  it('is ended when the run is to stop', async () => {
    const stop = createStop();
    stop.ask('signal', 'SIGINT');
    const { why } = await asked('sleep 60', { waits: true, stop });
    expect(why).toBe('was ended by SIGTERM');
  });

  it('may say very much: the last lines are logged, each up to a length', async () => {
    const { logged } = await asked('seq 1 20000; head -c 3000 /dev/zero | tr "\\0" x', { waits: true });
    expect(logged).toHaveLength(100);
    expect(logged.at(-2)).toBe('20000');
    expect(logged.at(-1)?.length).toBeLessThanOrEqual(1003);
  });

  it('that cannot be started refuses', async () => {
    const clock = realClock;
    const logger = { log: () => undefined };
    const rest = {
      timeoutMs: 1000,
      env: process.env,
      clock,
      stop: createStop(),
      logger,
      clean: (text: string) => text,
    };
    const why = await askGate(QUESTION, { command: 'true', cwd: '/no/such/directory', ...rest });
    expect(why).toContain('could not be started: ');
  });
});
