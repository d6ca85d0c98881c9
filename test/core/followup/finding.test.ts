import { expect, test } from 'vitest';
import { findingFields, findingFiles } from '../../../src/core/followup/finding.ts';

test('fields of all findings are joined', () => {
  expect(findingFields([])).toEqual({});
  const findings = [
    { lines: [], fields: { left_behind: [] }, isBad: false },
    { lines: ['x'], fields: { campaigns: null }, isBad: true },
  ];
  expect(findingFields(findings)).toEqual({ left_behind: [], campaigns: null });
});

test('files of all findings are joined', () => {
  expect(findingFiles([])).toEqual({});
  const findings = [
    { lines: [], fields: {}, isBad: false },
    { lines: [], fields: {}, files: { campaigns: 'runs/x/campaigns.csv' }, isBad: false },
  ];
  expect(findingFiles(findings)).toEqual({ campaigns: 'runs/x/campaigns.csv' });
});
