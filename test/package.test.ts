import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle, packagesIn, ROOT } from '../scripts/bundle.mjs';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { dependencies, publishConfig } = JSON.parse(read('package.json')) as {
  dependencies: Record<string, string>;
  publishConfig: Record<string, unknown>;
};
const metafile = await bundle({ write: false });

describe('the package', () => {
  it('depends on what is not bundled, and on nothing else', () => {
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    const external = imports.filter((item) => item.external === true && !isBuiltin(item.path));
    expect([...new Set(external.map(({ path }) => path))]).toEqual(Object.keys(dependencies));
  });

  it('carries the licence of each package that is bundled', () => {
    const notices = read('dist/THIRD-PARTY-NOTICES.txt');
    const bundled = packagesIn(metafile);
    expect(bundled.length).toBeGreaterThan(20);
    for (const { name, version, license, text } of bundled) {
      expect(notices).toContain(`\n${name} ${version} (${license})\n\n${text}\n`);
      expect(text).toMatch(/permi(t|ssion)/i);
    }
  });

  it('loads the packages of the queue only if a queue is used', () => {
    const { outputs } = metafile;
    /** The packages in an output and in all that it loads at once. */
    const packagesOf = (name: string, seen = new Set<string>()): string[] => {
      const output = outputs[name];
      if (output === undefined || seen.has(name)) return [];
      seen.add(name);
      const loaded = output.imports.filter(({ kind }) => kind === 'import-statement');
      return [...Object.keys(output.inputs), ...loaded.flatMap(({ path }) => packagesOf(path, seen))];
    };
    const commands = Object.entries(outputs).filter(([, { entryPoint = '' }]) =>
      /^src\/(cli\.ts|commands\/)/.test(entryPoint),
    );
    expect(commands.length).toBeGreaterThan(10);
    for (const [name, { entryPoint = '' }] of commands) {
      if (/(worker|queue|board)\.ts$/.test(entryPoint)) continue;
      expect(packagesOf(name).filter((path) => /node_modules\/(bullmq|ioredis|@bull-board)\//.test(path))).toEqual([]);
    }
  });

  it('loads the packages of a queue and of its board only when they are used', () => {
    const { outputs } = metafile;
    /** The packages that come with a file of the bundle: what it imports at once, and not what it may ask for later. */
    function packagesOf(path: string, seen = new Set<string>()): string[] {
      if (seen.has(path) || outputs[path] === undefined) return [];
      seen.add(path);
      const { inputs, imports } = outputs[path];
      const own = Object.keys(inputs).flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
      const others = imports.filter(({ kind }) => kind === 'import-statement');
      return [...own, ...others.flatMap((other) => packagesOf(other.path, seen))];
    }
    const commands = Object.entries(outputs).filter(([, { entryPoint = '' }]) =>
      entryPoint.startsWith('src/commands/'),
    );
    expect(commands.length).toBeGreaterThan(10);
    for (const [path, { entryPoint }] of [...commands, ['dist/cli.js', { entryPoint: 'src/cli.ts' }] as const]) {
      const found = packagesOf(path);
      const board = found.some((name) => name.startsWith('@bull-board/'));
      expect(board, entryPoint).toBe(entryPoint === 'src/commands/queue/board.ts');
      expect(found, entryPoint).not.toEqual(expect.arrayContaining(['bullmq']));
      expect(found, entryPoint).not.toEqual(expect.arrayContaining(['ioredis']));
      // Metrics are for those who have Prometheus.
      expect(found, entryPoint).not.toEqual(expect.arrayContaining(['prom-client']));
    }
  });

  it('makes report pages with what is in its directory, and loads that only at the end of a run', () => {
    const lazy = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === 'src/io/report/write.ts');
    expect(Object.keys(lazy?.[1].inputs ?? {})).toEqual(expect.arrayContaining(['src/core/report/page.ts']));
    expect(read('dist/report-page.css')).toContain('.uplot');
    const script = read('dist/report-page.js');
    expect(script).not.toMatch(/<\/script|<!--/i);
    const { text } = packagesIn(metafile).find(({ name }) => name === 'uplot') ?? { text: 'none' };
    expect(script).toContain(text);
  });

  it('is published with its provenance', () => {
    expect(publishConfig).toEqual({ access: 'public', provenance: true });
  });
});
