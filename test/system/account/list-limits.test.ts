import { describe, expect, it } from 'vitest';
import { parseListCap } from '../../../src/sandbox/server.ts';
import { run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import { PROFILE, table, workDirectory, writeLines } from '../../support/program/workspace.ts';

const phone = (n: number) => `+1800${String(n).padStart(7, '0')}`;

describe('an API that takes only short lists of phone numbers', () => {
  it.each(['20', '20:413', '20:414', '1:422', '20:silent', '1:silent'])(
    'or cuts them, loses no row: %s',
    async (cap) => {
      const cwd = workDirectory();
      const { sandbox, flags } = await readingApi({ numbers: 2000, listCap: parseListCap(cap) });
      // Phone numbers that the account does not have come last in the account, and first in the file.
      const named = [5001, 5002, ...Array.from({ length: 60 }, (_, at) => at + 1)].map((n) => `${phone(n)},${PROFILE}`);
      const input = writeLines(cwd, ['e164,profile_id', ...named]);
      const { exit } = await run(cwd, ['plan', input, ...flags.filter((flag) => flag !== '--yes')]);
      expect(exit).toBe(3);
      const reasons = table(cwd, 'plan.csv').map(({ reason }) => reason);
      expect(reasons).toEqual(['not_found', 'not_found', ...Array.from({ length: 60 }, () => '')]);
      expect(sandbox.requests().filter(({ method }) => method === 'PATCH')).toEqual([]);
    },
  );
});
