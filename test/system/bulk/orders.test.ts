import { describe, expect, it } from 'vitest';
import { parseEdit } from '../../../src/sandbox/server.ts';
import { type Faults, orderPlace, ordersTo, resultOf, strangersMoved, untrueRows } from '../../support/bulk/orders.ts';
import { ordersOf } from '../../support/bulk/place.ts';
import { paste, run } from '../../support/program/run.ts';
import { stepsOf } from '../../support/program/waves.ts';
import {
  lastRun,
  numberId,
  OTHER,
  PROFILE,
  runDirs,
  summaryOf,
  THIRD,
  table,
  writeLines,
} from '../../support/program/workspace.ts';

const bulk = (...forms: string[]): Faults => ({ bulk: forms });

describe('apply --bulk auto', () => {
  it('moves numbers by orders that grow, and reads every one back', async () => {
    const place = await orderPlace(400);
    const ended = await place.apply();
    expect(ended.exit, ended.stderr).toBe(0);
    expect(untrueRows(place)).toEqual([]);
    expect(ordersOf(place.cwd)).toEqual(['1: 1 done', '2: 10 done', '3: 50 done', '4: 100 done', '5: 239 done']);
    expect(summaryOf(place.cwd).requests).toMatchObject({ orders: 5, writes: 5 });
    const rows = table(place.cwd, 'results.csv');
    expect(rows.every(({ reason, request_id: id }) => reason === 'confirmed_by_read' && id !== '')).toBe(true);
  });

  it('sends as before without the flag, and below the fewest rows', async () => {
    const few = await orderPlace(19);
    expect((await few.apply()).exit).toBe(0);
    expect(summaryOf(few.cwd).requests).toMatchObject({ orders: 0, writes: 19 });
    const off = await orderPlace(30);
    expect((await run(off.cwd, ['apply', off.input, ...off.flags])).exit).toBe(0);
    expect(summaryOf(off.cwd).requests).toMatchObject({ orders: 0, writes: 30 });
  });

  it('sends by PATCH what an order cannot, in the same run', async () => {
    const { sandbox, cwd, flags } = await orderPlace(60);
    const target = (n: number) => (n > 50 ? `UNASSIGN,` : n > 40 ? `${PROFILE},P2P` : `${PROFILE},`);
    const lines = Array.from({ length: 60 }, (_, at) => `${numberId(at + 1)},${target(at + 1)}`);
    const input = writeLines(cwd, ['phone_number_id,messaging_profile_id,messaging_product', ...lines], 'mixed.csv');
    const ended = await run(cwd, ['apply', input, '--bulk', 'auto', '--allow-unassign', ...flags]);
    expect(ended.exit, ended.stderr).toBe(0);
    expect(ordersTo(sandbox).flat()).toHaveLength(40);
    expect(resultOf(cwd)).toEqual({ updated: 60, orders: 3 });
  });

  it('holds what others change between two orders', async () => {
    const edit = { ...parseEdit(`1:${numberId(60)}=${THIRD}`), atRequest: 8 };
    const { sandbox, cwd, apply } = await orderPlace(75, {}, { edits: [edit] });
    expect((await apply()).exit).toBe(4);
    expect(resultOf(cwd)).toEqual({ updated: 74, held: 1, orders: 4 });
    expect(sandbox.snapshot().numbers[59]?.messaging_profile_id).toBe(THIRD);
    expect(table(cwd, 'held.csv')).toMatchObject([{ reassign_reason: 'drifted' }]);
  });

  it('stops if too many numbers are gone', async () => {
    const edits = Array.from({ length: 5 }, (_, at) => parseEdit(`8:${numberId(20 + at)}=REMOVE`));
    const { cwd, apply } = await orderPlace(75, {}, { edits });
    expect((await apply('--max-failures', '3')).exit).toBe(6);
    expect(summaryOf(cwd).counts).toMatchObject({ failed: 5, updated: 11 });
    expect((await run(cwd, ['resume', '--max-failures', '10'])).exit).toBe(4);
    expect(resultOf(cwd)).toMatchObject({ updated: 70, failed: 5 });
  });

  it('pauses at --stop-after, and resume goes on with new canaries', async () => {
    const { cwd, apply } = await orderPlace(75);
    expect((await apply('--stop-after', '15')).exit).toBe(10);
    expect(ordersOf(cwd)).toEqual(['1: 1 done', '2: 10 done', '3: 4 done']);
    expect((await paste(cwd, `${summaryOf(cwd).next_command} --stop-after 1000`)).exit).toBe(0);
    expect(ordersOf(cwd).slice(3)).toEqual(['4: 1 done', '5: 10 done', '6: 49 done']);
    expect(resultOf(cwd)).toMatchObject({ updated: 75 });
  });

  it('is undone by orders to the profiles from before, and by PATCH where there was none', async () => {
    const { sandbox, cwd, apply } = await orderPlace(90);
    for (let n = 1; n <= 90; n++) {
      sandbox.edit({ id: numberId(n), messaging_profile_id: n <= 40 ? OTHER : n <= 80 ? THIRD : null });
    }
    expect((await apply()).exit).toBe(0);
    const applied = ordersTo(sandbox).length;
    const undone = await run(cwd, ['undo', lastRun(cwd), '--bulk', 'auto', '--yes']);
    expect(undone.exit, undone.stderr).toBe(0);
    const back = sandbox.snapshot().numbers.map(({ messaging_profile_id: profile }) => profile);
    expect(back.slice(0, 90)).toEqual([...Array(40).fill(OTHER), ...Array(40).fill(THIRD), ...Array(10).fill(null)]);
    expect(ordersTo(sandbox).slice(applied).flat()).toHaveLength(80);
  });
});

describe('a run in waves by orders', () => {
  it('sends each wave by orders, and reads it back', async () => {
    const { cwd, apply } = await orderPlace(200);
    const ended = await apply('--waves', '40,50%');
    expect(ended.exit, ended.stderr).toBe(0);
    expect(resultOf(cwd)).toMatchObject({ updated: 200 });
    expect(ordersOf(cwd).map((text) => text.replace(/^.*: /, ''))).toEqual([
      ...['1 done', '10 done', '29 done'],
      ...['50 done', '50 done'],
      '60 done',
    ]);
    expect(stepsOf(cwd).filter((step) => step.endsWith('kept'))).toEqual(['1 kept', '2 kept', '3 kept']);
  });

  it('waits at a wave with an open order, and resume continues there', async () => {
    const { cwd, sandbox, apply } = await orderPlace(75, bulk('late=600#2'));
    const ended = await apply('--waves', '30');
    expect(ended.exit, ended.stderr).toBe(11);
    expect(stepsOf(cwd)).toEqual(['1 started']);
    expect(resultOf(cwd)).toMatchObject({ updated: 20, unverified: 10, unprocessed: 45 });
    sandbox.carryOutOrders();
    const resumed = await paste(cwd, summaryOf(cwd).next_command ?? '');
    expect(resumed.exit, resumed.stderr).toBe(0);
    expect(stepsOf(cwd).filter((step) => step.endsWith('kept'))).toEqual(['1 kept', '2 kept']);
    expect(resultOf(cwd)).toMatchObject({ updated: 75 });
  });
});

describe('an order that moves a foreign number', () => {
  it('is undone by --undo-on-failure, without orders', async () => {
    const { sandbox, cwd, apply } = await orderPlace(75, bulk('foreign=1#2'));
    const ended = await apply('--undo-on-failure');
    expect(ended.exit).toBe(6);
    expect(runDirs(cwd)).toHaveLength(2);
    expect(ordersTo(sandbox)).toHaveLength(2);
    const { numbers } = sandbox.snapshot();
    expect(numbers.slice(0, 75).every(({ messaging_profile_id: profile }) => profile === OTHER)).toBe(true);
    expect(strangersMoved(sandbox, 75)).toHaveLength(1);
  });

  it('is the last one of its run: resume sends the rest by PATCH', async () => {
    const { sandbox, cwd, apply } = await orderPlace(75, bulk('foreign=1#2'));
    expect((await apply()).exit).toBe(6);
    expect((await paste(cwd, summaryOf(cwd).next_command ?? '')).exit).toBe(0);
    expect(ordersTo(sandbox)).toHaveLength(2);
    expect(resultOf(cwd)).toMatchObject({ updated: 75 });
  });
});
