import { describe, expect, it } from 'vitest';
import { bulkPlace } from '../../support/bulk/place.ts';
import { run } from '../../support/program/run.ts';
import { lastRun, manifestOf, PROFILE, summaryOf, THIRD } from '../../support/program/workspace.ts';

/** 1,005 numbers, of which five go to a profile of their own. */
const some = async () => {
  const place = await bulkPlace(1005, [], { targetOf: (row) => (row > 1000 ? THIRD : PROFILE) });
  const at = ['--base-url', place.sandbox.url];
  const plan = (flags: string[], columns: number | null = null) =>
    run(place.cwd, ['plan', place.input, ...at, '--rate', '50', ...flags], { columns });
  return { ...place, plan };
};
const COST = { rows: 1000, profiles: 1, orders: 7, requests: 37 };
const HINT = 'note: with --bulk auto, 1,000 of these rows would take about 37 requests';

describe('a plan', () => {
  it('with --bulk auto says what goes by orders, what by PATCH, and how many requests that takes', async () => {
    const { sandbox, cwd, plan } = await some();
    const { exit, stdout } = await plan(['--bulk', 'auto', '--finish-by', '+0']);
    expect(exit).toBe(0);
    const lines = [
      'By bulk orders (--bulk auto): 1,000 rows to 1 profile, about 7 orders with 37 requests',
      'By PATCH: 5 rows too few for an order',
      `To ${sandbox.url}, 42 requests: about 840ms at 50/s`,
      'Within 0ms: it does not fit, about 0 of 42 requests will be sent; resume sends the others',
    ].join('\n');
    expect(stdout).toContain(`\n\n${lines}\n`);
    const recorded = { ...COST, patch: { product: 0, unassign: 0, phone: 0, unread: 0, few: 5 } };
    expect(manifestOf(cwd).plan?.bulk).toEqual(recorded);
    expect(summaryOf(cwd).plan).toMatchObject({ bulk: recorded });

    // The saved plan says what holds for this call.
    const saved = await run(cwd, ['apply', lastRun(cwd), '--dry-run', '--finish-by', '+1h']);
    expect(saved.stdout).toContain(lines.split('\n')[0]);
    const json = await run(cwd, ['apply', lastRun(cwd), '--dry-run', '--bulk', 'off', '--json']);
    expect(JSON.parse(json.stdout).plan.bulk).toBeNull();
    const off = await run(cwd, ['apply', lastRun(cwd), '--dry-run', '--bulk', 'off']);
    expect(off.stdout).toContain(`PATCH ${sandbox.url}/phone_numbers/{id}/messaging: about 20.1s at 50/s`);
    expect(off.stdout).not.toContain('bulk order');
  });

  it('without it is as it was, but for a hint on a terminal', async () => {
    const { cwd, plan } = await some();
    const script = await plan([]);
    expect(`${script.stdout}${script.stderr}`).not.toMatch(/bulk order|--bulk/);
    expect(manifestOf(cwd).plan?.bulk).toBeNull();
    const terminal = await plan([], 200);
    expect(terminal.stderr).toContain(HINT);
    for (const flags of [['--quiet'], ['--json'], ['--offline'], ['--bulk', 'auto']])
      expect((await plan(flags, 200)).stderr, flags.join()).not.toContain('with --bulk auto,');
  });

  it('with --offline has no orders, and says so', async () => {
    const { cwd, plan } = await some();
    const { stdout } = await plan(['--offline', '--bulk', 'auto']);
    expect(stdout).toContain(
      'No bulk orders (--bulk auto): they need the account, which --offline does not read\nPATCH',
    );
    expect(manifestOf(cwd).plan?.bulk).toBeNull();
  });
});
