import { describe, expect, it } from 'vitest';
import { parseBulkFault } from '../../../src/sandbox/faults/bulk-faults.ts';
import { parseFault, type Sandbox, type SandboxOptions } from '../../../src/sandbox/server.ts';
import { type Answer, call, code, id, type Json, profile, read, sandbox } from '../../support/sandbox/client.ts';

const PATH = '/messaging_numbers_bulk_updates';
const phone = (n: number) => `+1800${String(n).padStart(7, '0')}`;
const TEN = Array.from({ length: 10 }, (_, index) => phone(index + 1));
const TO_THIRD = { messaging_profile_id: profile(3), numbers: TEN };

const place = (to: Sandbox, body: unknown): Promise<Answer> => call(to, PATH, { method: 'POST', body });
const faulty = (faults: string[], others: SandboxOptions = {}) =>
  sandbox({ bulkFaults: faults.map(parseBulkFault), ...others });
const poll = async (to: Sandbox, order: Json): Promise<Json> => (await call(to, `${PATH}/${order.order_id}`)).json.data;

async function moved(to: Sandbox): Promise<string[]> {
  const { json } = await call(to, `/messaging_profiles/${profile(3)}/phone_numbers`);
  return json.data.map((row: Json) => row.phone_number);
}

describe('a bulk order', () => {
  it('moves its numbers at once, and is read by its id', async () => {
    const to = await sandbox();
    const { status, json } = await place(to, {
      ...TO_THIRD,
      numbers: [...TEN, phone(1), '+15550001'],
      assign_only: true,
    });
    expect([status, json.data]).toMatchObject([
      200,
      { record_type: 'messaging_numbers_bulk_update', success: TEN, pending: [], failed: ['+15550001'] },
    ]);
    expect(await moved(to)).toEqual(TEN);
    expect(await poll(to, json.data)).toEqual(json.data);
  });

  it('removes numbers from their profiles with an empty id', async () => {
    const to = await sandbox();
    await place(to, { messaging_profile_id: '', numbers: [phone(1)] });
    expect((await read(to, id(1))).messaging_profile_id).toBeNull();
  });

  it.each([
    ['{', 400, '10023'],
    [{ numbers: TEN }, 400, '10015'],
    [{ ...TO_THIRD, messaging_profile_id: null }, 400, '10015'],
    [{ ...TO_THIRD, messaging_profile_id: 'sales' }, 400, '10015'],
    [{ ...TO_THIRD, numbers: [] }, 400, '10015'],
    [{ ...TO_THIRD, numbers: phone(1) }, 400, '10015'],
    [{ ...TO_THIRD, assign_only: 'yes' }, 400, '10015'],
    [{ ...TO_THIRD, numbers: [id(1)] }, 422, '10016'],
    [{ ...TO_THIRD, messaging_profile_id: profile(9) }, 422, '10017'],
  ])('%j is refused and moves nothing', async (body, status, errorCode) => {
    const to = await sandbox();
    const answer = await place(to, body);
    expect([answer.status, code(answer), to.snapshot().revision]).toEqual([status, errorCode, 0]);
  });

  it('is unknown by another id', async () => {
    expect((await call(await sandbox(), `${PATH}/${profile(1)}`)).status).toBe(404);
  });

  it('is kept with the state', async () => {
    const first = await faulty(['pending=1*2']);
    const { data } = (await place(first, TO_THIRD)).json;
    await poll(first, data);
    const to = await sandbox({ state: JSON.parse(JSON.stringify(first.snapshot())) });
    expect(await moved(to)).toEqual([3, 6, 9].map(phone));
    expect(await poll(to, data)).toMatchObject({ success: TEN, pending: [] });
    expect(await moved(to)).toEqual(TEN);
    expect(first.snapshot().bulk_orders?.[0]?.pending).toEqual(TEN);
  });

  it('of the last 1,000 is kept', async () => {
    const to = await sandbox({ numbers: 1 });
    const first = (await place(to, { ...TO_THIRD, numbers: [phone(1)] })).json.data;
    for (let n = 0; n < 1000; n += 1) await place(to, { ...TO_THIRD, numbers: [phone(1)] });
    expect((await call(to, `${PATH}/${first.order_id}`)).status).toBe(404);
    expect(to.snapshot().bulk_orders).toHaveLength(1000);
  });
});

describe('faults of bulk orders', () => {
  it('refuse=N refuses larger orders and moves nothing', async () => {
    const to = await faulty(['refuse=9']);
    const answer = await place(to, TO_THIRD);
    expect([answer.status, code(answer), to.snapshot().revision]).toEqual([422, '10027', 0]);
    expect((await place(to, { ...TO_THIRD, numbers: TEN.slice(1) })).status).toBe(200);
  });

  it('cut=N moves the first N, and no list has the others', async () => {
    const to = await faulty(['cut=4']);
    const { data } = (await place(to, TO_THIRD)).json;
    expect(data).toMatchObject({ success: TEN.slice(0, 4), pending: [], failed: [] });
    expect(await moved(to)).toEqual([1, 2, 3, 4, 6, 9].map(phone));
  });

  it('failed=1 and failed@NUMBER leave the numbers where they are', async () => {
    expect((await place(await faulty(['failed=1']), TO_THIRD)).json.data).toMatchObject({ success: [], failed: TEN });
    const to = await faulty([`failed@${phone(1)}`]);
    expect((await place(to, TO_THIRD)).json.data).toMatchObject({ success: TEN.slice(1), failed: [phone(1)] });
    expect(await moved(to)).toEqual(TEN.slice(1));
  });

  it('failed=0.5 fails about half, the same for the same seed', async () => {
    const failed = async (seed: number) => {
      const to = await faulty(['failed=0.5'], { seed, numbers: 200 });
      const numbers = Array.from({ length: 200 }, (_, index) => phone(index + 1));
      return (await place(to, { ...TO_THIRD, numbers })).json.data.failed;
    };
    const first = await failed(1);
    expect(first.length).toBeGreaterThan(70);
    expect(first.length).toBeLessThan(130);
    expect(await failed(1)).toEqual(first);
    expect(await failed(2)).not.toEqual(first);
  });

  it('pending=1 stays pending for ever', async () => {
    const to = await faulty(['pending=1']);
    const { data } = (await place(to, TO_THIRD)).json;
    for (let n = 0; n < 20; n += 1) expect(await poll(to, data)).toMatchObject({ success: [], pending: TEN });
    expect(await moved(to)).toEqual([3, 6, 9].map(phone));
  });

  it('pending=1*3 is carried out at the third read', async () => {
    const to = await faulty(['pending=1*3', `failed@${phone(2)}`]);
    const { data } = (await place(to, TO_THIRD)).json;
    const others = TEN.filter((one) => one !== phone(2));
    const counts = [];
    for (let n = 0; n < 4; n += 1) counts.push((await poll(to, data)).pending.length);
    expect(counts).toEqual([9, 9, 0, 0]);
    expect(await poll(to, data)).toMatchObject({ success: others, failed: [phone(2)] });
    expect(await moved(to)).toEqual(others);
  });

  it('pending@NUMBER keeps that number pending', async () => {
    const { data } = (await place(await faulty([`pending@${phone(5)}`]), TO_THIRD)).json;
    expect(data.pending).toEqual([phone(5)]);
  });

  it('of writes and reads apply to orders by the name of the endpoint', async () => {
    const faults = [parseFault('500@bulk-orders*1'), parseFault('not-kept@bulk-orders*1')];
    const to = await sandbox({ faults, readFaults: [parseFault('404@bulk-order*1')] });
    expect((await place(to, TO_THIRD)).status).toBe(500);
    const { data } = (await place(to, TO_THIRD)).json;
    expect([data.success, await moved(to)]).toEqual([TEN, [3, 6, 9].map(phone)]);
    expect((await call(to, `${PATH}/${data.order_id}`)).status).toBe(404);
    expect(await poll(to, data)).toEqual(data);
  });

  it.each([
    'refuse',
    'refuse=0',
    'refuse=0.5',
    'cut@+18000000001',
    'failed=2',
    'failed=1.5',
    'failed=1*2',
    'failed@x',
    'pending=1*0',
    'x=1',
    '',
  ])('%j is not one', (text) => {
    expect(() => parseBulkFault(text)).toThrow(`invalid bulk fault '${text}'. Forms: refuse=N`);
  });
});
