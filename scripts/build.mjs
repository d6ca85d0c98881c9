// Makes dist from src: `npm run build`. The packages are bundled, as finding and reading their several hundred files
// takes longer than all else that a short command does; unminified, so that stack traces can be read.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

// A file deleted from src must not be shipped.
rmSync(at('dist'), { recursive: true, force: true });
await build({
  entryPoints: [at('src/cli.ts')],
  outdir: at('dist'),
  bundle: true,
  // A command loads what it uses: src/cli.ts imports each of them when it is asked for.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // It has a compiled part.
  external: ['fs-native-extensions'],
  alias: { 'string-width': at('scripts/ascii-width.cjs') },
  // Some of the packages are CommonJS, and ask for what only that has.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' },
  logLevel: 'warning',
});
