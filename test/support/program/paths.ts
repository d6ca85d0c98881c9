import { resolve } from 'node:path';

/** The built program. The global setup builds it when it is older than src. */
export const CLI = resolve(import.meta.dirname, '../../../dist/cli.js');
