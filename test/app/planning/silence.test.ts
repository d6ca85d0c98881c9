import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/app/context.ts';
import { UsageError } from '../../../src/app/errors.ts';
import { inputSourceOf } from '../../../src/app/planning/input-source.ts';
import { watchSilence } from '../../../src/app/planning/silence.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';
import { tempDir } from '../../support/temp.ts';

const never = new AbortController().signal;
const MINUTE_MS = 60_000;

describe('watchSilence', () => {
  it('announces a silent input once, and gives up later', async () => {
    const clock = virtualClock();
    const events: string[] = [];
    const log = (what: string) => () => void events.push(`${what} at ${clock.now() / 1000}`);
    await clock.until(
      new Promise<void>((resolve) => {
        const onGiveUp = () => {
          log('given up')();
          resolve();
        };
        const watch = watchSilence(clock, { onNotice: log('announced'), onGiveUp });
        for (const ms of [9000, 18_000, 5 * MINUTE_MS]) clock.at(ms, watch.received);
      }),
    );
    expect(events).toEqual(['announced at 28', 'given up at 1200']);
    expect(clock.pending()).toBe(0);
  });

  it('does nothing after its end', async () => {
    const clock = virtualClock();
    const fail = () => expect.unreachable();
    watchSilence(clock, { onNotice: fail, onGiveUp: fail }).end();
    await clock.until(clock.sleep(60 * MINUTE_MS).done);
    expect(clock.pending()).toBe(0);
  });
});

describe('an input that sends nothing', () => {
  const silence = 'has sent nothing for 15m and was not closed: nothing was planned';

  it.each([
    ['from the start', ''],
    ['after its first line', 'id,product\n'],
    ['after its first block', 'id,product\n'.repeat(10_000)],
  ])('%s is given up with its name, and announced before', async (_, sent) => {
    const clock = virtualClock();
    const stdin = new PassThrough();
    stdin.write(sent);
    const notices: string[] = [];
    const context = { ...contextOf(), stdin: stdin as unknown as Context['stdin'] };
    const source = inputSourceOf('-', context, { notice: (text) => notices.push(text), clock });
    const dir = tempDir();
    const read = async () => {
      await source.open?.(never);
      return source.copy(dir, never);
    };
    const reading = read().catch((thrown: unknown) => thrown);
    // Files are closed in real time, in which nothing is left to wait for.
    await clock.until(reading).catch(() => undefined);
    const error = await reading;
    source.close?.();
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(`standard input ${silence}`);
    expect(notices).toEqual([expect.stringContaining('Waiting for standard input')]);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is a named pipe that no process writes: a signal ends the wait, and what comes later is read', async () => {
    const cwd = tempDir();
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    const stopped = inputSourceOf('pipe', contextOf({}, cwd));
    const controller = new AbortController();
    const opening = stopped.open?.(controller.signal);
    controller.abort('SIGTERM');
    await opening;
    await expect(stopped.copy(cwd, controller.signal)).rejects.toThrow();
    stopped.close?.();

    const source = inputSourceOf('pipe', contextOf({}, cwd));
    const opened = source.open?.(never);
    const writer = openSync(join(cwd, 'pipe'), constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(writer, 'id,product\n');
    closeSync(writer);
    await opened;
    await source.copy(cwd, never);
    source.close?.();
    expect(readdirSync(cwd).sort()).toEqual(['input.csv', 'pipe']);
  });

  it('on a terminal, the command says how to end it', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    stdin.end('id,product\n');
    const notices: string[] = [];
    const context = { ...contextOf(), stdin: stdin as unknown as Context['stdin'] };
    const source = inputSourceOf('-', context, { notice: (text) => notices.push(text) });
    await source.open?.(never);
    source.close?.();
    expect(notices).toEqual(['Reading the CSV from the terminal. End it with Ctrl-D.\n']);
  });
});
