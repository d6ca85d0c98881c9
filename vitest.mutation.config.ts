import { defineConfig } from 'vitest/config';

// Only the tests that a mutation run of core needs.
export default defineConfig({ test: { include: ['test/core/**/*.test.ts'] } });
