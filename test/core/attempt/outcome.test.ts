import { expect, it } from 'vitest';
import { STATUSES } from '../../../src/core/attempt/outcome.ts';

it('the statuses come in the order of the sum', () => {
  expect(STATUSES.join(' + ')).toBe(
    'updated + unchanged + failed + unverified + held + rejected + duplicate + unprocessed + planned',
  );
});
