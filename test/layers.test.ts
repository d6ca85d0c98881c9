import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix, relative, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LAYERS, layersConfig, mayImport } from '../scripts/layers.ts';

const root = resolve(import.meta.dirname, '..');
const probe = mkdtempSync(join(tmpdir(), 'layers-'));
afterAll(() => rmSync(probe, { recursive: true, force: true }));

const areaOf = (layer: string) => layer.split('/')[0] as string;

/** An import of one layer by another, one line a pair: every layer tries every other one, and `cli.ts`. */
function importsBetweenLayers(): [file: string, code: string, allowed: boolean][] {
  return LAYERS.flatMap((from, at) => [
    ...LAYERS.filter((to) => to !== from).map((to, other): [string, string, boolean] => {
      const path = posix.relative(from, `${to}/a.ts`);
      const target = path.startsWith('.') ? path : `./${path}`;
      return [
        `src/${from}/to${at}x${other}.ts`,
        `import { a } from '${target}'; export default a;`,
        mayImport(from, to),
      ];
    }),
    [`src/${from}/cli.ts`, `import { a } from '${posix.relative(from, 'cli.ts')}'; export default a;`, false] as [
      string,
      string,
      boolean,
    ],
  ]);
}

// What each area must not use beside the order of layers, and what it may.
const PACKAGES_AND_GLOBALS: [area: string, code: string, allowed: boolean][] = [
  ['core', "import { readFileSync } from 'node:fs'; export default readFileSync;", false],
  ['core', "import { open } from 'node:fs/promises'; export default open;", false],
  ['core', "import { got } from 'got'; export default got;", false],
  ['core', "import { tryLock } from 'fs-native-extensions'; export default tryLock;", false],
  ['core', 'export default setTimeout;', false],
  ['core', 'export default process.env;', false],
  ['core', "import { z } from 'zod'; export default z;", true],
  ['engine', "import { open } from 'node:fs/promises'; export default open;", false],
  ['engine', "import { tryLock } from 'fs-native-extensions'; export default tryLock;", false],
  ['engine', 'export default performance;', false],
  ['engine', "import PQueue from 'p-queue'; export default PQueue;", true],
  ['io', "import { got } from 'got'; export default got;", true],
  ['sandbox', "import { open } from 'node:fs/promises'; export default open;", false],
  ['sandbox', "import { z } from 'zod'; export default z;", false],
  ['sandbox', "import { createServer } from 'node:http'; export default createServer;", true],
];

function probes(): [file: string, code: string, allowed: boolean][] {
  const uses = LAYERS.flatMap((layer) =>
    PACKAGES_AND_GLOBALS.filter(([area]) => area === areaOf(layer)).map(
      ([, code, allowed], at): [string, string, boolean] => [`src/${layer}/use${at}.ts`, code, allowed],
    ),
  );
  return [...importsBetweenLayers(), ...uses];
}

function refusedFiles(files: [file: string, code: string, allowed: boolean][]): string[] {
  for (const name of ['biome.json', 'biome.layers.json']) cpSync(join(root, name), join(probe, name));
  writeFileSync(join(probe, '.gitignore'), '');
  for (const [file, code] of files) {
    mkdirSync(dirname(join(probe, file)), { recursive: true });
    writeFileSync(join(probe, file), `${code}\n`);
  }
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json', '.'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: probe, encoding: 'utf8', maxBuffer: 1e9 });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
  return diagnostics
    .filter(({ category }) => category.startsWith('lint/style/noRestricted'))
    .map(({ location }) => location.path);
}

/** Folders below src that hold TypeScript files. */
function foldersOf(dir: string): string[] {
  const entries = readdirSync(dir, { withFileTypes: true });
  const own = entries.some((entry) => entry.isFile() && entry.name.endsWith('.ts')) ? [dir] : [];
  return [...own, ...entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => foldersOf(join(dir, name)))];
}

describe('the layers', () => {
  it('are every folder of src', () => {
    const folders = foldersOf(join(root, 'src')).map((dir) => relative(join(root, 'src'), dir));
    expect(folders.filter((folder) => folder !== '').sort()).toEqual([...LAYERS].sort());
  });

  it('are what the linter checks: biome.layers.json is not stale (npm run layers)', () => {
    expect(readFileSync(join(root, 'biome.layers.json'), 'utf8')).toBe(layersConfig());
  });

  it('are enforced: every import that a layer must not have is refused, and every other one is not', () => {
    const files = probes();
    const refused = new Set(refusedFiles(files));
    const expected = files.filter(([, , allowed]) => !allowed).map(([file]) => file);
    expect([...refused].sort()).toEqual([...new Set(expected)].sort());
  });
});
