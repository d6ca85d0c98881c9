import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

// What each floor must not do, in one line of code each, and lines that it may write.
const FORBIDDEN: [string, string][] = [
  ['src/core/a.ts', "import { readFileSync } from 'node:fs'; export default readFileSync;"],
  ['src/core/b.ts', "import { realClock } from '../io/clock.ts'; export default realClock;"],
  ['src/core/c.ts', "import { got } from 'got'; export default got;"],
  ['src/core/d.ts', 'export default setTimeout;'],
  ['src/core/e.ts', 'export default process.env;'],
  ['src/core/f.ts', "import { tryLock } from 'fs-native-extensions'; export default tryLock;"],
  ['src/engine/a.ts', "import { realClock } from '../io/clock.ts'; export default realClock;"],
  ['src/engine/b.ts', "import { settle } from '../commands/settled.ts'; export default settle;"],
  ['src/engine/c.ts', "import { open } from 'node:fs/promises'; export default open;"],
  ['src/engine/d.ts', 'export default performance;'],
  ['src/engine/e.ts', "import { tryLock } from 'fs-native-extensions'; export default tryLock;"],
  ['src/io/a.ts', "import { realClock } from './clock.ts'; export default realClock;"],
  ['src/io/b.ts', "import { execute } from '../engine/executor.ts'; export default execute;"],
  ['src/sandbox/a.ts', "import { count } from '../core/text.ts'; export default count;"],
  ['src/sandbox/b.ts', "import { open } from 'node:fs/promises'; export default open;"],
];
const ALLOWED: [string, string][] = [
  ['src/core/ok.ts', "import { z } from 'zod'; export default z;"],
  [
    'src/engine/ok.ts',
    "import PQueue from 'p-queue'; import { count } from '../core/text.ts'; export default [PQueue, count];",
  ],
  ['src/io/ok.ts', "import { got } from 'got'; import { count } from '../core/text.ts'; export default [got, count];"],
  ['src/sandbox/ok.ts', "import { createServer } from 'node:http'; export default createServer;"],
];

const root = resolve(import.meta.dirname, '..');
const probe = mkdtempSync(join(tmpdir(), 'floors-'));
afterAll(() => rmSync(probe, { recursive: true, force: true }));

function refusedFiles(): string[] {
  cpSync(join(root, 'biome.json'), join(probe, 'biome.json'));
  writeFileSync(join(probe, '.gitignore'), '');
  for (const [file, code] of [...FORBIDDEN, ...ALLOWED]) {
    mkdirSync(dirname(join(probe, file)), { recursive: true });
    writeFileSync(join(probe, file), `${code}\n`);
  }
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json', '.'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: probe, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
  return diagnostics
    .filter(({ category }) => category.startsWith('lint/style/noRestricted'))
    .map(({ location }) => location.path);
}

describe('the floors', () => {
  it('are kept by the linter: what a floor must not do is refused, and what it may do is not', () => {
    const refused = new Set(refusedFiles());
    expect([...refused].sort()).toEqual(FORBIDDEN.map(([file]) => file).sort());
  });
});
