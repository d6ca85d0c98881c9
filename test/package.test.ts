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

  it('is published with its provenance', () => {
    expect(publishConfig).toEqual({ access: 'public', provenance: true });
  });
});
