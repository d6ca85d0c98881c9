import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programName } from '../../src/cli/program-name.ts';
import { tempDir } from '../support/temp.ts';

/** A program as it is installed: `lib/cli.js`, and a link to it in `bin`. */
function installed(): { root: string; script: string; link: string; bin: string } {
  const root = tempDir();
  const script = join(root, 'lib', 'cli.js');
  const bin = join(root, 'bin');
  mkdirSync(join(root, 'lib'));
  mkdirSync(bin);
  writeFileSync(script, '');
  chmodSync(script, 0o755);
  const link = join(bin, 'telnyx-reassign');
  symlinkSync(script, link);
  return { root, script, link, bin };
}

describe('programName', () => {
  it('is the bare name if the program is on the PATH, however it was called', () => {
    const { root, script, link, bin } = installed();
    const env = { PATH: ['', '/nonexistent', bin].join(delimiter) };
    for (const called of [script, link]) expect(programName(called, env, root)).toBe('telnyx-reassign');
  });

  it('is node and the path if another program of this name is on the PATH, or none', () => {
    const { root, script } = installed();
    const other = installed();
    expect(programName(script, { PATH: other.bin }, root)).toBe('node lib/cli.js');
    expect(programName(script, { PATH: '' }, root)).toBe('node lib/cli.js');
    expect(programName(script, {}, root)).toBe('node lib/cli.js');
  });

  it('is relative below the working directory, absolute elsewhere, and quoted if a shell needs it', () => {
    const { root, script } = installed();
    expect(programName('lib/cli.js', {}, root)).toBe('node lib/cli.js');
    expect(programName(script, {}, join(root, 'lib'))).toBe('node cli.js');
    expect(programName(script, {}, join(root, 'bin'))).toBe(`node ${script}`);
    // cron works in any directory, and its mail is read in another one.
    expect(programName(script, {}, '/', true)).toBe(`node ${script}`);
    expect(programName("it's here/cli.js", {}, root)).toBe(`node 'it'\\''s here/cli.js'`);
  });

  it('is npx if npx has started it', () => {
    const { script, bin, root } = installed();
    expect(programName(script, { PATH: bin, npm_command: 'exec' }, root)).toBe('npx telnyx-reassign');
    expect(programName(script, { PATH: bin, npm_command: 'run-script' }, root)).toBe('telnyx-reassign');
  });

  it('manages without the script being there', () => {
    const root = tempDir();
    expect(programName('gone.js', { PATH: root }, root)).toBe('node gone.js');
  });
});
