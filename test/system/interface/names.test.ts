import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { workDirectory, writeInput } from '../../support/program/workspace.ts';

/** What no output may have: the line breaks of the message itself are the only control characters. */
const HIDDEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const RED = '\u001b[31m';

const NAMES = [
  ['begins with -', '-x'],
  ['begins with --', '--yes'],
  ['has an escape sequence', `a${RED}b`],
  ['has a C1 control character', 'a\u009bb'],
  ['has a line break', 'a\nNext: b'],
  ['changes the direction of text', 'a\u202eb\u2066'],
  ['has invisible characters', 'a\u200b\u00ad\u061cb'],
  ['has quotes', 'a\'"$(id)`id`b'],
] as const;

describe.each(NAMES)('a name that %s', (_, name) => {
  it('is escaped in every output, and the printed commands work', async () => {
    const cwd = workDirectory();
    const { flags } = await api({ numbers: 3 });
    const at = flags.filter((flag) => flag !== '--yes');
    const input = writeInput(cwd, 3, `${name}.csv`);
    const outputs: string[] = [];
    const show = (ended: Awaited<ReturnType<typeof run>>) => {
      outputs.push(ended.stdout, ended.stderr);
      return ended;
    };
    const next = ({ stdout, stderr }: { stdout: string; stderr: string }) =>
      (/^ *(?:Next|next): (.*)$/m.exec(stdout) ?? /^Next: (.*)$/m.exec(stderr))?.[1] as string;
    const dir = `--runs-dir=${name}`;
    const planned = show(await run(cwd, ['plan', ...at, dir, '--', input]));
    expect(planned.exit).toBe(0);
    const listed = show(await run(cwd, ['runs', dir]));
    expect(next(listed)).toBe(next(planned));
    show(await run(cwd, ['runs', dir, '--json']));
    const stopped = show(await paste(cwd, `${next(planned)} --stop-after 1`));
    expect(stopped.exit).toBe(10);
    const done = show(await paste(cwd, next(stopped)));
    expect(done.exit).toBe(0);
    for (const output of outputs) expect(output).not.toMatch(HIDDEN);
  });

  it('is escaped in every error, with --json too', async () => {
    const cwd = workDirectory();
    mkdirSync(join(cwd, name));
    writeFileSync(
      join(cwd, `${name}.yaml`),
      `"${name.replaceAll(/[^\w]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}": 1\n`,
    );
    writeFileSync(
      join(cwd, 'ok.yaml'),
      `command: apply\ninput: "${name.replaceAll(/[^\w]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"\n`,
    );
    const commands = [
      ['apply', '--', name],
      ['plan', '--', join(name, 'none.csv')],
      ['verify', '--', `${name}.none`],
      ['resume', '--', name],
      ['retry', '--', name],
      ['results', '--', name],
      ['undo', '--', name],
      ['run', '--', `${name}.yaml`],
      ['run', '--', `${name}.none`],
      ['run', 'ok.yaml'],
      ['resume', `--runs-dir=${name}`],
      ['runs', `--runs-dir=${name}`],
      ['plan', 'in.csv', `--${name}`],
      ['plan', 'in.csv', `-${name}`],
      ['plan', 'in.csv', `--rate=${name}`],
      ['plan', 'in.csv', `--map=${name}`],
      ['plan', 'in.csv', `--base-url=${name}`],
      ['plan', 'in.csv', `--delimiter=${name}`],
      ['plan', 'in.csv', `--strict=${name}`],
      ['sandbox', `--fault=${name}`],
      ['sandbox', `--edit=${name}`],
      ['sandbox', `--latency=${name}`],
      ['plan', 'in.csv', '--', name],
      [name],
      ['--print-config', `--name=${name}`],
    ];
    for (const args of commands) {
      for (const more of [[], ['--json']]) {
        const { stdout, stderr, exit } = await run(cwd, [...more, ...args]);
        expect(`${args.join(' ')} ${exit}: ${stdout}${stderr}`.slice(args.join(' ').length)).not.toMatch(HIDDEN);
        if (stdout.startsWith('{')) {
          const { error } = JSON.parse(stdout) as { error?: { message: string } };
          expect(error?.message ?? '').not.toMatch(HIDDEN);
        }
        if (name.includes('\n')) expect(stdout + stderr).not.toMatch(/^Next: b/m);
      }
    }
  });
});
