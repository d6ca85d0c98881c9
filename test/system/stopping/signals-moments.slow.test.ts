import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../chaos/server/random.ts';
import { blindRepeats } from '../../support/program/account.ts';
import { paste } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
import {
  lastRun,
  PROFILE,
  runDirs,
  summaryOf,
  table,
  until,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

const SEED = 20261124;
const MOMENTS = 15;
const ROWS = 60;

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

describe('SIGTERM at any moment', () => {
  it('ends with 143 and complete results, and the printed command finishes the run', async () => {
    const { next } = createRandom(SEED);
    const moments = Array.from({ length: MOMENTS }, () => Math.round(next() * 400));
    const codes: (number | null)[] = [];
    async function one(moment: number, n: number): Promise<void> {
      const { sandbox } = await api({ latencyMs: 15 });
      const cwd = workDirectory();
      const started = start(cwd, ['apply', writeInput(cwd, ROWS), '--rate', '200', '--yes', ...at(sandbox.url)]);
      // Every third one while the program still plans, the others at their moment after the first request.
      if (n % 3 === 0) await until(() => runDirs(cwd).length > 0 && existsSync(join(cwd, lastRun(cwd), 'run.json')));
      else await until(() => sandbox.requests().length > 0);
      await pause(n % 3 === 0 ? moment / 8 : moment);
      started.child.kill('SIGTERM');
      const { exit, signal, stdout } = await started.ended;
      codes.push(exit);
      const where = `seed ${SEED}, moment ${moment} ms of number ${n}`;
      if (signal === 'SIGTERM') {
        // Node takes no signals while it ends, and no handler is set yet between the plan and the first row.
        const done = existsSync(join(cwd, lastRun(cwd), 'summary.json'));
        expect(done ? summaryOf(cwd).counts.updated : ROWS - sandbox.requests().length, where).toBe(ROWS);
        if (!done) return;
      } else expect([0, 143], where).toContain(exit);
      const { counts, sum_ok, state, next_command: command } = summaryOf(cwd);
      expect(sum_ok, where).toBe(true);
      expect(counts.unverified, where).toBe(0);
      const written = sandbox.requests().filter(({ method }) => method === 'PATCH').length;
      expect(counts.updated, where).toBe(written);
      if (exit === 143) {
        expect(state, where).toBe('interrupted');
        expect(stdout, where).toContain(command);
        // A run that was interrupted while it was planned is planned again, and that plan is executed.
        for (let next = command; next !== null; next = summaryOf(cwd, lastRun(cwd)).next_command) {
          const again = await paste(cwd, next);
          expect(again.exit, `${where}: ${next}\n${again.stdout}${again.stderr}`).toBe(0);
        }
      }
      const rows = table(cwd, 'results.csv', lastRun(cwd));
      expect(rows.map(({ row }) => row).join(), where).toBe(Array.from({ length: ROWS }, (_, r) => r + 1).join());
      expect(
        rows.every(({ status }) => status === 'updated'),
        where,
      ).toBe(true);
      const moved = sandbox.snapshot().numbers.slice(0, ROWS);
      expect(
        moved.every(({ messaging_profile_id: profile }) => profile === PROFILE),
        where,
      ).toBe(true);
      expect(blindRepeats(sandbox), where).toEqual([]);
    }
    // Three at a time, each with an account of its own.
    for (let n = 0; n < MOMENTS; n += 3) {
      await Promise.all(moments.slice(n, n + 3).map((moment, more) => one(moment, n + more)));
    }
    expect(codes.filter((code) => code === 143).length).toBeGreaterThan(MOMENTS / 3);
  }, 60_000);
});
