import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseBulkFault } from '../../../src/sandbox/faults/bulk-faults.ts';
import { parseFault } from '../../../src/sandbox/server.ts';
import { call, callUrl, code, id, type Json, patch, profile, read, sandbox } from '../../support/sandbox/client.ts';
import { faulty, moved, PATH, phone, place, poll, TEN, TO_THIRD } from '../../support/sandbox/orders.ts';

afterEach(() => {
  vi.useRealTimers();
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

  it('apply to one order, or from one on; refused ones count', async () => {
    const to = await faulty(['refuse=1#2', 'failed=1#4-']);
    const statuses = [];
    for (let n = 0; n < 5; n += 1) {
      const { status, json } = await place(to, TO_THIRD);
      statuses.push([status, json.data?.failed.length]);
    }
    expect(statuses).toEqual([
      [200, 0],
      [422, undefined],
      [200, 0],
      [200, 10],
      [200, 10],
    ]);
  });

  it.each([
    ['refuse=9:400', 400, '10033'],
    ['refuse=9:413', 413, '10015'],
  ])('%s refuses with that status', async (fault, status, errorCode) => {
    const answer = await place(await faulty([fault]), TO_THIRD);
    expect([answer.status, code(answer)]).toEqual([status, errorCode]);
  });

  it.each([
    ['failed-moved=1', { failed: TEN }, true],
    ['not-kept=1', { success: TEN }, false],
    ['pending-moved=1', { pending: TEN }, true],
    [`not-kept@${phone(1)}`, { success: TEN }, false],
  ])('%s: the lists do not say what has happened', async (fault, lists, isMoved) => {
    const to = await faulty([fault]);
    expect((await place(to, TO_THIRD)).json.data).toMatchObject(lists);
    expect((await read(to, id(1))).messaging_profile_id).toBe(isMoved ? profile(3) : profile(1));
  });

  it('late=SECONDS moves all when the time has come, over newer changes', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const to = await faulty(['late=30']);
    const { data } = (await place(to, TO_THIRD)).json;
    expect(data).toMatchObject({ success: [], pending: TEN });
    await patch(to, id(1), { messaging_profile_id: profile(2) });
    vi.setSystemTime(Date.now() + 29_000);
    expect((await poll(to, data)).pending).toEqual(TEN);
    vi.setSystemTime(Date.now() + 1000);
    expect(await moved(to)).toEqual(TEN);
  });

  it('late=SECONDS is done in the state too', async () => {
    const to = await faulty(['late=0']);
    await place(to, TO_THIRD);
    expect(to.snapshot().numbers.every((number) => number.messaging_profile_id === profile(3))).toBe(true);
    await place(to, { ...TO_THIRD, messaging_profile_id: profile(2) });
    const state = JSON.parse((await callUrl(`http://127.0.0.1:${to.port}/_sandbox/state`)).text);
    expect(state.bulk_orders.map((order: Json) => order.pending)).toEqual([[], []]);
  });

  it('late*2, and late-success*2 without saying so, move all at the second read', async () => {
    for (const [fault, list] of [
      ['late*2', 'pending'],
      ['late-success*2', 'success'],
    ] as const) {
      const to = await faulty([fault]);
      const { data } = (await place(to, TO_THIRD)).json;
      await poll(to, data);
      expect([data[list], await moved(to)]).toEqual([TEN, [3, 6, 9].map(phone)]);
      expect([(await poll(to, data)).success, await moved(to)]).toEqual([TEN, TEN]);
    }
  });

  it.each([
    ['expired=2', [3, 6, 9].map(phone)],
    ['expired-moved=2', TEN],
  ])('%s: unknown after two reads', async (fault, there) => {
    const to = await faulty([fault]);
    const { data } = (await place(to, TO_THIRD)).json;
    expect([data.pending, await moved(to)]).toEqual([TEN, there]);
    const read = async () => (await call(to, `${PATH}/${data.order_id}`)).status;
    expect([await read(), await read(), await read()]).toEqual([200, 200, 404]);
    expect(await moved(to)).toEqual(there);
  });

  it('expired=0 and late together: carried out though it is unknown', async () => {
    const to = await faulty(['expired=0', 'late=0']);
    const { data } = (await place(to, TO_THIRD)).json;
    expect((await call(to, `${PATH}/${data.order_id}`)).status).toBe(404);
    expect(await moved(to)).toEqual(TEN);
  });

  it('what waits for ever is carried out on command', async () => {
    const to = await faulty(['pending=1']);
    const { data } = (await place(to, TO_THIRD)).json;
    expect((await callUrl(`http://127.0.0.1:${to.port}/_sandbox/carry-out`, { method: 'POST' })).status).toBe(204);
    expect([await poll(to, data), await moved(to)]).toMatchObject([{ success: TEN, pending: [] }, TEN]);
    await place(to, { ...TO_THIRD, messaging_profile_id: profile(1) });
    to.carryOutOrders();
    expect(await moved(to)).toEqual([]);
  });

  it('an order that waits does so after a restart too, and its faults are those of its place', async () => {
    const first = await faulty(['pending=1#1', 'also=tags#1']);
    await place(first, TO_THIRD);
    const to = await faulty(['also=tags#1', 'failed=1#2'], { state: JSON.parse(JSON.stringify(first.snapshot())) });
    expect((await place(to, TO_THIRD)).json.data.failed).toEqual(TEN);
    to.carryOutOrders();
    expect(await read(to, id(1))).toMatchObject({ messaging_profile_id: profile(3), tags: ['bulk'] });
  });

  it('foreign=N and foreign@NUMBER move numbers that the order does not name', async () => {
    const body = { ...TO_THIRD, numbers: [phone(1)] };
    const to = await faulty(['foreign=2']);
    expect((await place(to, body)).json.data).toMatchObject({ success: [phone(1)], pending: [], failed: [] });
    expect(await moved(to)).toEqual([1, 3, 6, 8, 9, 10].map(phone));
    const late = await faulty(['foreign=1', `pending@${phone(2)}`]);
    await place(late, { ...body, numbers: [1, 2].map(phone) });
    late.carryOutOrders();
    expect(await moved(late)).toEqual([1, 2, 3, 6, 9, 10].map(phone));
    const other = await faulty([`foreign@${phone(5)}#2`]);
    await place(other, body);
    expect(await moved(other)).toEqual([1, 3, 6, 9].map(phone));
    await place(other, body);
    expect(await moved(other)).toEqual([1, 3, 5, 6, 9].map(phone));
  });

  it.each([
    ['product', { messaging_product: 'P2P', traffic_type: 'P2P', features: { mms: null }, tags: [] }],
    ['traffic', { messaging_product: 'A2P', traffic_type: 'P2P', tags: [] }],
    ['features', { messaging_product: 'A2P', traffic_type: 'A2P', features: { mms: null } }],
    ['tags', { messaging_product: 'A2P', traffic_type: 'A2P', tags: ['bulk'] }],
  ])('also=%s changes that too, and lists show it', async (field, shown) => {
    const to = await faulty([`also=${field}`], { numbers: [{ id: id(1), phone_number: phone(1) }] });
    await place(to, { ...TO_THIRD, numbers: [phone(1)] });
    expect((await call(to, '/phone_numbers/messaging')).json.data[0]).toMatchObject(shown);
    const one = await faulty([`also=${field}@${phone(2)}`]);
    const before = await read(one, id(1));
    await place(one, TO_THIRD);
    const { messaging_profile_id: _, updated_at: __, ...others } = await read(one, id(1));
    expect(before).toMatchObject(others);
  });

  it('lag*2: the next two lists show what was before, reads of one number do not', async () => {
    const to = await faulty(['lag*2']);
    await place(to, TO_THIRD);
    expect((await read(to, id(1))).messaging_profile_id).toBe(profile(3));
    const shown = async () => (await call(to, '/phone_numbers/messaging')).json.data[0].messaging_profile_id;
    expect([await shown(), await moved(to), await shown(), await moved(to)]).toEqual([
      profile(1),
      [3, 6, 9].map(phone),
      profile(3),
      TEN,
    ]);
  });

  it('lag=SECONDS ends with its time', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const to = await faulty(['lag=5']);
    await place(to, TO_THIRD);
    expect(await moved(to)).toEqual([3, 6, 9].map(phone));
    vi.setSystemTime(Date.now() + 5000);
    expect(await moved(to)).toEqual(TEN);
  });

  it('no-id and no-lists leave those out of every answer', async () => {
    const { data } = (await place(await faulty(['no-id']), TO_THIRD)).json;
    expect(Object.keys(data)).toEqual(['record_type', 'success', 'pending', 'failed']);
    const to = await faulty(['no-lists']);
    const order = (await place(to, TO_THIRD)).json.data;
    expect(Object.keys(await poll(to, order))).toEqual(['record_type', 'order_id']);
  });

  it('of writes play for the nth order, before the faults of bulk orders', async () => {
    const to = await faulty(['failed=1'], {
      faults: [parseFault('500-after@bulk-orders#2'), parseFault('429@bulk-orders#3')],
    });
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await place(to, TO_THIRD)).status);
    expect([statuses, to.snapshot().bulk_orders?.length]).toEqual([[200, 500, 429, 200], 3]);
    const limited = await sandbox({ rateLimit: 1, rateWindowMs: 60_000 });
    expect([(await place(limited, TO_THIRD)).status, (await place(limited, TO_THIRD)).status]).toEqual([200, 429]);
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
    'refuse=9:404',
    'refuse=9@+18000000001',
    'pending',
    'failed=0.5@+18000000001',
    'late',
    'late=x',
    'late=1*2',
    'late-success',
    'expired',
    'expired=1*2',
    'foreign',
    'foreign=0',
    'foreign=1@+18000000001',
    'also',
    'also=colour',
    'lag',
    'lag=1@+18000000001',
    'no-id=1',
    'no-lists*2',
    'path=x',
    'path=both*2',
    'failed=1#0',
    'failed=1#2-3',
    'toString=1',
    '',
  ])('%j is not one', (text) => {
    expect(() => parseBulkFault(text)).toThrow(`invalid bulk fault '${text}'. Forms: refuse=N`);
  });
});
