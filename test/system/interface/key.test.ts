import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KEY } from '../../support/program/environment.ts';
import { run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { logOf, summaryOf, workDirectory, writeInput } from '../../support/program/workspace.ts';

describe('a key file that others can read', () => {
  it('is a warning on the terminal, in the summary and in the log', async () => {
    const { flags } = await api();
    const cwd = workDirectory();
    const file = join(cwd, 'api key');
    writeFileSync(file, KEY);
    chmodSync(file, 0o644);
    const how = { key: null, env: { TELNYX_API_KEY_FILE: file } };
    const args = ['apply', writeInput(cwd, 2), ...flags];
    const warning = `the key in TELNYX_API_KEY_FILE is not protected: other users can read it (mode 0644); chmod 600 '${file}'`;
    const ended = await run(cwd, args, how);
    expect(ended).toMatchObject({ exit: 0, stderr: expect.stringContaining(`warning: ${warning}\n`) });
    expect(summaryOf(cwd).warnings).toEqual([warning]);
    expect(logOf(cwd)).toContainEqual(expect.objectContaining({ event: 'run.warning', msg: warning }));
    expect(await run(cwd, [...args, '--quiet'], how)).toMatchObject({ exit: 0, stdout: '', stderr: '' });
  });
});

describe('a text in place of a key', () => {
  it.each([
    ['a long one', 'K"'.repeat(60_000)],
    ['a quoted one', `"${KEY}"`],
    ['two lines', `${KEY}\n${KEY}`],
  ])('is refused before anything else, without a stack trace: %s', async (_, key) => {
    const cwd = workDirectory();
    writeFileSync(join(cwd, 'numbers.csv'), 'phone_number_id,messaging_product\n1,A2P\n');
    for (const flags of [[], ['--json'], ['--print-config'], [`--name=${KEY}`, '--rate=x']]) {
      const { exit, stdout, stderr } = await run(cwd, ['apply', 'numbers.csv', '--yes', ...flags], { key });
      expect(exit).toBe(2);
      expect(stdout + stderr).not.toContain(key.slice(0, 20));
      expect(stdout + stderr).not.toContain(KEY);
      expect((stdout + stderr).length).toBeLessThan(600);
    }
  });

  it.each([
    ['Bearer', 'starts with "Bearer"'],
    ['$NAME', 'such as $NAME or %NAME%'],
    ['<>', 'is in <>'],
    ['TELNYX_API_KEY', 'the key in TELNYX_API_KEY is a placeholder'],
  ])('is a word of the message, which stays: %s', async (key, text) => {
    const { exit, stderr } = await run(workDirectory(), ['plan', 'numbers.csv'], { key });
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining(text) });
  });
});
