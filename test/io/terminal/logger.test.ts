import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openOwnFile } from '../../../src/io/own-file.ts';
import { createLogger } from '../../../src/io/terminal/logger.ts';
import { runModule } from '../../support/io/child.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

const RUN = '20261123T020500Z-cutover-1f2e';

/** The lines of a log, each of which must be JSON. */
function linesOf(text: string): Record<string, unknown>[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
}

function logPath(): string {
  return join(tempDir(), 'log.ndjson');
}

describe('a log', () => {
  it('begins a new line after one that a crash has cut off, and escapes what acts on a terminal', () => {
    for (const [before, kept] of [
      ['', ''],
      ['{"a":1}\n', '{"a":1}\n'],
      ['{"a":', '{"a":\n'],
      ['{"a":1}\n\0\0', '{"a":1}\n\0\0\n'],
    ] as const) {
      const path = tempFile(before);
      const logger = createLogger(openOwnFile(path, 'append'), 'info', RUN);
      logger.log('info', 'x', 'a\u202e\u009bb');
      logger.close();
      const text = readFileSync(path, 'utf8');
      expect(text.startsWith(`${kept}{"level":"info"`)).toBe(true);
      expect(text).toContain('"msg":"a\\u202e\\u009bb"');
    }
  });

  it('has in each line level, time, run_id, event and msg, and the fields it was given', () => {
    const path = logPath();
    const logger = createLogger(path, 'trace', RUN);
    const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
    for (const level of levels) logger.log(level, `row.${level}`, `Zoë\n"${level}"`, { row: 1, detail: null });
    logger.log('info', 'run.started', 'begun');
    logger.close();
    const lines = linesOf(readFileSync(path, 'utf8'));
    expect(lines.map(({ level }) => level)).toEqual([...levels, 'info']);
    for (const line of lines) {
      expect(line).toMatchObject({ run_id: RUN, event: expect.any(String), msg: expect.any(String) });
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    const { time, ...rest } = lines[3] as Record<string, unknown>;
    expect(rest).toEqual({ level: 'warn', run_id: RUN, event: 'row.warn', row: 1, detail: null, msg: 'Zoë\n"warn"' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is on disk line by line, before it is closed', () => {
    const path = logPath();
    const logger = createLogger(path, 'info', RUN);
    for (let n = 1; n <= 50; n++) {
      logger.log('info', 'row.updated', 'x', { row: n });
      expect(linesOf(readFileSync(path, 'utf8'))).toHaveLength(n);
    }
    logger.close();
  });

  it.each([
    ['trace', 6],
    ['info', 4],
    ['error', 2],
    ['fatal', 1],
  ])('of level %s has %i of six levels', (level, count) => {
    const path = logPath();
    const logger = createLogger(path, level, RUN);
    for (const name of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) logger.log(name, 'x', 'x');
    logger.close();
    expect(linesOf(readFileSync(path, 'utf8'))).toHaveLength(count);
  });

  it('goes on behind what is there already; two loggers may write to it in turn', () => {
    const path = logPath();
    const first = createLogger(path, 'info', RUN);
    first.log('info', 'a', 'a');
    const second = createLogger(path, 'info', RUN);
    second.log('info', 'b', 'b');
    first.log('info', 'c', 'c');
    first.close();
    second.log('info', 'd', 'd');
    second.close();
    expect(linesOf(readFileSync(path, 'utf8')).map(({ event }) => event)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('drops what is logged after it was closed, and may be closed again', () => {
    const path = logPath();
    const logger = createLogger(path, 'info', RUN);
    logger.close();
    // The number of its file belongs to another one now.
    const other = logPath();
    const file = openSync(other, 'w');
    logger.log('info', 'late', 'late');
    logger.close();
    closeSync(file);
    expect(readFileSync(path, 'utf8') + readFileSync(other, 'utf8')).toBe('');
  });

  it('leaves out headers and secrets, should they ever come near', () => {
    const path = logPath();
    const logger = createLogger(path, 'info', RUN);
    logger.log('info', 'x', 'x', {
      authorization: 'Bearer KEY',
      options: { headers: { authorization: 'Bearer KEY' }, authorization: 'Bearer KEY' },
      profile: { v1_secret: 'KEY', name: 'kept' },
      v1_secret: 'KEY',
    });
    logger.close();
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain('KEY');
    expect(text).toContain('kept');
  });

  it('throws if its file cannot be opened', () => {
    expect(() => createLogger('/nonexistent/log.ndjson', 'info', RUN)).toThrow('ENOENT');
    const dir = join(tempDir(), 'log.ndjson');
    mkdirSync(dir);
    expect(() => createLogger(dir, 'info', RUN)).toThrow('EISDIR');
  });
});

describe('a log on a full disk', () => {
  it.skipIf(process.platform !== 'linux')(
    'loses its lines and ends nothing: not the run, and not its own closing',
    () => {
      const logger = createLogger('/dev/full', 'info', RUN);
      for (let n = 0; n < 1000; n++) logger.log('info', 'x', 'x'.repeat(1000));
      logger.close();
    },
  );

  it('has whole lines behind a torn one when there is room again', async () => {
    const path = logPath();
    const { stderr } = await runModule(
      `import { truncateSync } from 'node:fs';
       const { createLogger } = await import(io('terminal/logger.ts'));
       const logger = createLogger(${JSON.stringify(path)}, 'info', 'r');
       logger.log('info', 'first', 'x');
       logger.log('info', 'torn', 'x'.repeat(600));
       logger.log('info', 'lost', 'x');
       truncateSync(${JSON.stringify(path)}, 200);
       logger.log('info', 'second', 'x');
       logger.log('info', 'third', 'x');
       logger.close();`,
      { fileBlocks: 1 },
    );
    expect(stderr).toBe('');
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const events = lines.map((line) => {
      try {
        return JSON.parse(line).event;
      } catch {
        return 'not JSON';
      }
    });
    expect(events).toEqual(['first', 'not JSON', 'second', 'third']);
  });
});

describe('a log on standard error', () => {
  const code = `
    process.stderr.on('error', () => undefined);
    const { createLogger } = await import(io('terminal/logger.ts'));
    for (let n = 0; n < 3; n++) {
      const logger = createLogger(process.stderr, 'info', 'r');
      for (let row = 0; row < 200; row++) logger.log('info', 'row.updated', 'x'.repeat(500), { row });
      logger.close();
    }
    console.log('done');`;

  it('is complete, and standard error stays open for others', async () => {
    const { stdout, stderr } = await runModule(`${code} process.stderr.write('{"event":"last"}\\n');`);
    expect(stdout).toBe('done\n');
    const lines = linesOf(stderr);
    expect(lines).toHaveLength(601);
    expect(lines[0]).toMatchObject({ level: 'info', run_id: 'r', event: 'row.updated', row: 0 });
    expect(lines.at(-1)).toEqual({ event: 'last' });
  });

  it('without a reader ends nothing', async () => {
    const { stdout, code: exit } = await runModule(code, { deafTo: 'stderr' });
    expect([stdout, exit]).toEqual(['done\n', 0]);
  });
});
