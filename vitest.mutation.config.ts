import { defineConfig } from 'vitest/config';

// The tests that a mutation run of core needs, and no others.
export default defineConfig({ test: { include: ['test/core/**/*.test.ts'] } });
