import { describe, expect, it } from 'vitest';
import { parseFault, type Sandbox } from '../../../src/sandbox/server.ts';
import { type Answer, call, code, id, sandbox } from '../../support/sandbox/client.ts';

const PATH = '/phone_numbers/actions/verify_ownership';
const phone = (n: number) => `+1800${String(n).padStart(7, '0')}`;
const verify = (to: Sandbox, body: unknown): Promise<Answer> => call(to, PATH, { method: 'POST', body });

describe('verify_ownership', () => {
  it('answers ids and what is not in the account, each number once', async () => {
    const to = await sandbox();
    const { status, json } = await verify(to, {
      phone_numbers: [phone(3), '+15550001', phone(1), phone(3), '+15550001'],
    });
    expect([status, json]).toEqual([
      200,
      {
        data: {
          record_type: 'number_ownership_verification',
          found: [
            { id: id(1), number_val_e164: phone(1) },
            { id: id(3), number_val_e164: phone(3) },
          ],
          not_found: ['+15550001'],
        },
      },
    ]);
    expect(to.requests()).toMatchObject([{ method: 'POST', id: null, status: 200 }]);
    expect(to.snapshot().revision).toBe(0);
  });

  it('accepts 1,000 numbers and refuses 1,001', async () => {
    const to = await sandbox();
    const numbers = Array.from({ length: 1001 }, (_, index) => phone(index + 1));
    const { data } = (await verify(to, { phone_numbers: numbers.slice(1) })).json;
    expect([data.found.length, data.not_found.length]).toEqual([9, 991]);
    const refused = await verify(to, { phone_numbers: numbers });
    expect([refused.status, code(refused)]).toEqual([422, '10027']);
  });

  it.each([
    ['{', 400, '10023'],
    [[], 400, '10015'],
    [{}, 400, '10015'],
    [{ phone_numbers: [] }, 400, '10015'],
    [{ phone_numbers: [18005550001] }, 400, '10015'],
    [{ phone_numbers: [phone(1), '8005550001'] }, 422, '10016'],
  ])('refuses %j', async (body, status, errorCode) => {
    const answer = await verify(await sandbox(), body);
    expect([answer.status, code(answer)]).toEqual([status, errorCode]);
  });

  it('is a read: read faults affect it, by its name too, and write faults do not', async () => {
    const faults = [parseFault('422=1')];
    const to = await sandbox({ faults, readFaults: [parseFault('404@verify-ownership*1'), parseFault('503*1')] });
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await verify(to, { phone_numbers: [phone(1)] })).status);
    expect(statuses).toEqual([404, 503, 200]);
  });

  it('has no other method', async () => {
    const answer = await call(await sandbox(), PATH);
    expect([answer.status, code(answer), answer.headers.get('allow')]).toEqual([405, '10030', 'POST']);
  });
});
