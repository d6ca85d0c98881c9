import { defineConfig } from 'vitest/config';

// Left out of mutation runs: tests of great tables and of hours of requests, which take minutes when instrumented. They
// would run for each mutant of the code that they cover. The score without them is a lower bound.
const SLOW_TESTS = [
  'limit: 600',
  'of 600',
  // Of the rate, those of a limit of 20 remain.
  'limit: 100',
  'of 100 ',
  'gets requests for ever',
  'is back within some minutes',
  'beside another client',
  'follows a limit that changes',
  'is not stopped by counts',
  'continues after a long time',
  'waits for the responses of a slow',
  'in 5000 ms',
  'in 10000 ms',
  'in 3600000 ms',
  '1000 in 1200000',
  'honest headers',
  'at most 20 names',
  'in no message whole',
  'if one of them is intact',
  'keeps thousands of numbers apart',
  'keeps its numbers while it grows',
];

// Only the tests that a mutation run of core needs.
// A test of the instrumented code takes longer, and a mutant that never ends is found by Stryker itself.
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    testNamePattern: new RegExp(`^(?!.*(${SLOW_TESTS.join('|')}))`),
    testTimeout: 60_000,
  },
});
