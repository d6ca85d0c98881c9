import { describe, expect, it } from 'vitest';
import { ORDER_PATHS } from '../../src/core/api/parse-order.ts';
import { parseBulkFault } from '../../src/sandbox/server.ts';
import { clientOf } from '../support/io/servers.ts';
import { PROFILE } from '../support/program/workspace.ts';
import { openSandbox } from '../support/sandbox/open.ts';
import { validatingProxy } from './validating-proxy.ts';

const phone = (n: number) => `+1800${String(n).padStart(7, '0')}`;
const PHONES = [phone(1), phone(2), '+12125550100'];

describe('an order through a validator that is not ours', () => {
  it('conforms when it is placed and read', async () => {
    const sandbox = await openSandbox({ bulkFaults: [parseBulkFault('pending=1*2')] });
    const proxy = await validatingProxy(sandbox.url);
    const client = clientOf(proxy.url);
    const [path, other] = ORDER_PATHS;
    const placed = await client.placeOrder({ path, profile: PROFILE, phoneNumbers: PHONES }, () => undefined);
    if (placed.kind !== 'http' || placed.body.kind !== 'order') throw new Error('not placed');
    const { id } = placed.body.order;
    expect(placed.body.order).toMatchObject({ pending: PHONES.slice(0, 2), failed: PHONES.slice(2), isComplete: true });
    const read = () => client.readOrder({ path, id }, () => undefined);
    expect(await read()).toMatchObject({ body: { order: { id, success: [] } } });
    expect(await read()).toMatchObject({ body: { order: { id, success: PHONES.slice(0, 2), pending: [] } } });
    await client.readOrder({ path: other, id }, () => undefined);
    await client.placeOrder({ path: other, profile: PROFILE, phoneNumbers: PHONES }, () => undefined);
    expect(proxy.used.map((one) => one.split(' ')[0])).toEqual([
      'createBulkProfileUpdate',
      'getBulkProfileUpdate',
      'getBulkProfileUpdate',
      'getBulkProfileUpdate2',
      'createBulkProfileUpdate2',
    ]);
    expect(proxy.violations).toEqual([]);
  });
});
