import { expect, test } from 'vitest';
import { findingFields } from '../../../src/core/followup/finding.ts';

test('fields of all findings are joined', () => {
  expect(findingFields([])).toEqual({});
  const findings = [
    { lines: [], fields: { left_behind: [] }, isBad: false },
    { lines: ['x'], fields: { campaigns: null }, isBad: true },
  ];
  expect(findingFields(findings)).toEqual({ left_behind: [], campaigns: null });
});
