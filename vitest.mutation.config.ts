import { defineConfig } from 'vitest/config';

// Only the tests that a mutation run of core needs.
// A test of the instrumented code takes longer, and a mutant that never ends is found by Stryker itself.
export default defineConfig({ test: { include: ['test/core/**/*.test.ts'], testTimeout: 60_000 } });
