import { readdirSync, readFileSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';

const TESTS = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => `test/${path}`);

const SLOW = 'test/**/*.slow.test.ts';
const CORE = 'test/core/**/*.test.ts';
/** Files that replace a module or a global need a process of their own. */
const isAlone = (path: string) => /\bvi\.(mock|doMock)\(|process\.(chdir|env\.\w+ =)/.test(readFileSync(path, 'utf8'));
const ALONE = TESTS.filter(
  (path) => !path.endsWith('.slow.test.ts') && !path.startsWith('test/core/') && isAlone(path),
);

/** Files of one worker share the modules that they import, which are loaded once. */
const shared = { isolate: false, exclude: [...configDefaults.exclude, SLOW] };

export default defineConfig({
  test: {
    testTimeout: 60_000,
    globalSetup: 'test/support/program/global-setup.ts',
    setupFiles: 'test/support/setup.ts',
    // Many tests wait: for the program, for a signal, for a window of a rate.
    maxWorkers: 3,
    coverage: {
      provider: 'v8',
      include: ['src/core/**/*.ts'],
      reporter: ['text-summary'],
      // Everything that decides is in core, so core has no line or branch that no unit test runs.
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
    projects: [
      { extends: true, test: { name: 'core', ...shared, include: [CORE] } },
      {
        extends: true,
        test: {
          name: 'shared',
          ...shared,
          include: ['test/**/*.test.ts'],
          exclude: [...shared.exclude, CORE, ...ALONE],
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE } },
      { extends: true, test: { name: 'slow', include: [SLOW], testTimeout: 300_000 } },
    ],
  },
});
