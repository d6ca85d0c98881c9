import { expect, it } from 'vitest';
import { isSealed, openPart, recordSeal, sealPart, withSeal } from '../../../src/io/queue/seal.ts';
import { makeRecord, REF } from '../../support/queue/handovers.ts';

const OTHER_KEY = withSeal(REF, 'KEY of another account');
const OTHER_RUN = withSeal({ ...REF, handover: 'run-2.0123abcd' }, 'KEY of this account');
const THIS = withSeal(REF, 'KEY of this account');
const sealed = { ...makeRecord(), seal: recordSeal(THIS, makeRecord()) };

it('a record is that of a holder of the key only if nothing that a worker takes from it was changed', () => {
  expect(isSealed(THIS, sealed)).toBe(true);
  expect(isSealed(OTHER_KEY, sealed)).toBe(false);
  expect(isSealed(OTHER_RUN, sealed)).toBe(false);
  expect(isSealed(THIS, makeRecord())).toBe(false);
  const changes = [
    { base_url: 'http://localhost:2/v2' },
    { settings: { rate: '200' } },
    { rows: 4 },
    { total: 3 },
    { finish_at: 1 },
    { command: 'undo' },
    { earlier: { ended: 0, permanent: 0 } },
  ];
  for (const change of changes) expect(isSealed(THIS, { ...sealed, ...change })).toBe(false);
  // What changes while the run is in Redis.
  expect(isSealed(THIS, { ...sealed, state: 'sending', redis_run_id: 'x', taken_by: 'h' })).toBe(true);
});

it('rows are read only with the key, in their run and at their place', () => {
  const part = sealPart(THIS, 1, Buffer.from('rows'));
  expect(openPart(THIS, 1, part).toString()).toBe('rows');
  const refused = [
    () => openPart(OTHER_KEY, 1, part),
    () => openPart(OTHER_RUN, 1, part),
    () => openPart(THIS, 0, part),
    () => openPart(THIS, 1, Buffer.concat([part, Buffer.from('more')])),
    () => openPart(THIS, 1, Buffer.from('short')),
  ];
  for (const open of refused) expect(open).toThrow('was not written with the key of its account');
});
