import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { api } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
import { runDirs, until, workDirectory, writeInput } from '../../support/program/workspace.ts';

/** How many pairs are raced; RACES=200 in the environment raises it. */
const RACES = Number(process.env.RACES ?? 12);

describe('the lock of an account', () => {
  it(
    'lets exactly one of two runs begin that start at once, and is free as soon as its holder was killed',
    async () => {
      const { sandbox, flags } = await api({}, ['hang=1']);
      for (let race = 0; race < RACES; race++) {
        const before = sandbox.requests().length;
        const cwd = workDirectory();
        const args = ['apply', writeInput(cwd, 1), '--timeout', '1m', ...flags];
        const pair = [start(cwd, args), start(cwd, args)] as const;
        const [loser, winner] = await Promise.race([
          pair[0].ended.then((ended) => [ended, pair[1]] as const),
          pair[1].ended.then((ended) => [ended, pair[0]] as const),
        ]);
        expect(loser).toMatchObject({ exit: 9, signal: null, stdout: '' });
        expect(loser.stderr).toMatch(
          new RegExp(
            `^This account is locked by process ${winner.child.pid} on ${hostname()}, since \\d{4}-\\d\\d-\\d\\dT\\S+Z `,
          ),
        );
        await until(() => sandbox.requests().length > before);
        expect(runDirs(cwd)).toHaveLength(1);
        winner.child.kill('SIGKILL');
        expect(await winner.ended).toMatchObject({ exit: null, signal: 'SIGKILL' });
        expect(sandbox.requests()).toHaveLength(before + 1);
      }
    },
    20_000 + 2000 * RACES,
  );
});
