import { describe, expect, it } from 'vitest';
import { call, code, id, profile, read, sandbox } from '../../support/sandbox/client.ts';
import { faulty, moved, PATH, phone, place, poll, TEN, TO_THIRD } from '../../support/sandbox/orders.ts';

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

describe('the paths of bulk orders', () => {
  const OTHER = '/messaging_numbers/bulk_updates';

  it.each([
    [[], 200, 404],
    [['path=other'], 404, 200],
    [['path=both'], 200, 200],
    [['path=none'], 404, 404],
  ])('with %j answer %i and %i', async (faults, usual, other) => {
    const to = await faulty(faults);
    for (const [path, status] of [
      [PATH, usual],
      [OTHER, other],
    ] as const) {
      const placed = await call(to, path, { method: 'POST', body: TO_THIRD });
      expect(placed.status).toBe(status);
      if (status === 200) expect((await call(to, `${path}/${placed.json.data.order_id}`)).json).toEqual(placed.json);
    }
  });
});
