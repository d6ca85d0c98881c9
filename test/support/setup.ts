import { afterEach } from 'vitest';
import { cleanUpAfterTest } from './after-test.ts';

// The test runner runs this file before every test file.
afterEach(cleanUpAfterTest);
