import { defineConfig } from 'vitest/config';

// Only the tests that a mutation run of core needs.
// A test of the instrumented code takes longer, and a mutant that never ends is found by Stryker itself.
// The property about all honest servers simulates hours; instrumented it takes minutes, for each mutant of the rate.
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    testNamePattern: /^(?!.*with honest headers gives no 429)/,
    testTimeout: 60_000,
  },
});
