import { expect, it } from 'vitest';
import { readPace } from '../../../src/core/status/pace.ts';
import { makePace } from '../../support/status.ts';

it.each([
  { ...makePace(), seen: { requests: 48, rows: 47.5 } },
  {
    ...makePace({ set: 'auto', allowed: null, outage: { why: 'down', probeInMs: 1 } }),
    seen: { requests: 0, rows: 0 },
  },
])('reads the pace that a worker has said', (pace) => {
  expect(readPace(JSON.parse(JSON.stringify(pace)))).toEqual(pace);
});

it.each([null, 'text', {}, makePace(), { ...makePace(), seen: { requests: -1, rows: 0 } }])(
  'reads none in %j',
  (value) => {
    expect(readPace(value)).toBeNull();
  },
);
