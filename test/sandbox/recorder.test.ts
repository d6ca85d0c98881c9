import { expect, it } from 'vitest';
import { createRecorder } from '../../src/sandbox/recorder.ts';

it('keeps the last so many, oldest first, and fills in those that are still open', () => {
  const recorder = createRecorder(true, 3);
  const records = [1, 2, 3, 4, 5].map((n) => recorder.arrived(n + 0.00049, 'GET', `/${n}`, null));
  for (const record of records) record.status = 200;
  expect(recorder.list().map(({ at_ms, path, status }) => [at_ms, path, status])).toEqual([
    [3, '/3', 200],
    [4, '/4', 200],
    [5, '/5', 200],
  ]);
  recorder.clear();
  expect(recorder.list()).toEqual([]);
  recorder.arrived(6, 'GET', '/6', null);
  expect(recorder.list()).toMatchObject([{ at_ms: 6, path: '/6', status: null }]);
});
