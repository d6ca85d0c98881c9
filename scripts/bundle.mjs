// Bundles the program, and says which packages are in it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What BullMQ and msgpackr load if it is installed: drivers of other databases, and a compiled part. */
const OPTIONAL_PACKAGES = ['@valkey/valkey-glide', 'msgpackr-extract', 'pg'];

/**
 * Bundles `src` into `dist`, and returns what went into it. The packages are bundled because finding and reading their
 * several hundred files takes longer than all else that a short command does; unminified, so that stack traces can be
 * read.
 */
export async function bundle({ write }) {
  const program = await bundleProgram(write);
  const page = await bundlePage(write);
  return { inputs: { ...program.inputs, ...page.inputs }, outputs: { ...program.outputs, ...page.outputs } };
}

/** Script and style of the report page, which are written into each page. Other programs read them: browsers. */
async function bundlePage(write) {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [
      { in: 'src/page/client.ts', out: 'report-page' },
      { in: 'src/page/style.css', out: 'report-page' },
    ],
    outdir: 'dist',
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    // Every page is a copy, and the licence asks that its text comes with it.
    legalComments: 'none',
    banner: { js: `/* ${licenceOf('node_modules/uplot', { name: 'uplot', version: '' })} */` },
    logLevel: 'warning',
    metafile: true,
    write,
  });
  return metafile;
}

async function bundleProgram(write) {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/cli.ts'],
    outdir: 'dist',
    bundle: true,
    // A command loads what it uses: src/cli.ts imports each of them when it is asked for.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    // It has a compiled part, so it is the only dependency.
    external: ['fs-native-extensions'],
    alias: {
      'string-width': join(ROOT, 'scripts/ascii-width.cjs'),
      // The board does not show what Redis says of itself.
      'redis-info': join(ROOT, 'scripts/no-redis-info.cjs'),
      ...Object.fromEntries(OPTIONAL_PACKAGES.map((name) => [name, join(ROOT, 'scripts/absent-package.cjs')])),
    },
    // Some of the packages are CommonJS, and ask for what only that has.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' },
    logLevel: 'warning',
    metafile: true,
    write,
  });
  return metafile;
}

/** The user interface of the board, which the program serves as files. */
export const BOARD_UI = 'node_modules/@bull-board/ui';

/** Packages that name their licence but do not contain its text. */
const LICENCE_TEXTS = {
  '@bull-board/api': 'scripts/licences/bull-board.txt',
  '@bull-board/ui': 'scripts/licences/bull-board.txt',
};

/** The licence texts of a package. Throws if there is none. */
function licenceOf(directory, { name, version }) {
  const files = readdirSync(join(ROOT, directory))
    .filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file))
    .map((file) => join(directory, file));
  if (files.length === 0 && name in LICENCE_TEXTS) files.push(LICENCE_TEXTS[name]);
  if (files.length === 0) throw new Error(`${name} ${version} has no licence text, so it must not be bundled`);
  return files.map((file) => readFileSync(join(ROOT, file), 'utf8').trim()).join('\n\n');
}

/** The packages of a bundle with their licences, by name. Throws if one has no licence text. */
export function packagesIn({ inputs }) {
  const directories = new Set([BOARD_UI]);
  for (const path of Object.keys(inputs)) {
    const [, directory] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    if (directory !== undefined) directories.add(directory);
  }
  const packages = new Map();
  for (const directory of directories) {
    const manifest = JSON.parse(readFileSync(join(ROOT, directory, 'package.json'), 'utf8'));
    const { name, version, license } = manifest;
    packages.set(`${name}@${version}`, { name, version, license, text: licenceOf(directory, manifest) });
  }
  return [...packages.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
