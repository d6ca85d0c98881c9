import { describe, expect, it } from 'vitest';
import { createRecorder, type Recorder } from '../../src/sandbox/recorder.ts';
import { call, patch, sandbox } from '../support/sandbox/client.ts';

const listed = (recorder: Recorder) => recorder.list().map((show) => show());
const paths = (recorder: Recorder) => listed(recorder).map(({ path }) => path);

describe('the recorder', () => {
  it('keeps the last requests up to its capacity, oldest first, and shows what is filled in later', () => {
    const recorder = createRecorder(true, { records: 3, characters: 1000 });
    const records = [1, 2, 3, 4, 5].map((n) => recorder.add(n + 0.00049, 'GET', `/${n}`, null));
    for (const record of records) record.status = 200;
    expect(listed(recorder).map(({ at_ms, path, status }) => [at_ms, path, status])).toEqual([
      [3, '/3', 200],
      [4, '/4', 200],
      [5, '/5', 200],
    ]);
    recorder.clear();
    expect(listed(recorder)).toEqual([]);
    recorder.add(6, 'GET', '/6', null);
    expect(listed(recorder)).toMatchObject([{ at_ms: 6, path: '/6', status: null }]);
  });

  it('drops the oldest requests when paths and bodies together are too long', () => {
    const recorder = createRecorder(true, { records: 100, characters: 40 });
    const records = [1, 2, 3, 4].map((n) => recorder.add(n, 'PATCH', `/${n}`, null));
    for (const record of records) recorder.addBody(record, `"${'x'.repeat(8)}"`);
    expect(paths(recorder)).toEqual(['/2', '/3', '/4']);
    recorder.add(5, 'GET', `/${'5'.repeat(20)}`, null);
    expect(paths(recorder)).toEqual(['/4', `/${'5'.repeat(20)}`]);
    recorder.add(6, 'GET', `/${'6'.repeat(99)}`, null);
    expect(paths(recorder)).toEqual([]);
    recorder.add(7, 'GET', '/7', null);
    expect(paths(recorder)).toEqual(['/7']);
  });

  it('ignores the body of a request that it has dropped, and counts it in no total', () => {
    const recorder = createRecorder(true, { records: 1, characters: 40 });
    const first = recorder.add(1, 'PATCH', '/1', null);
    recorder.add(2, 'GET', '/2', null);
    recorder.addBody(first, 'x'.repeat(1000));
    expect(paths(recorder)).toEqual(['/2']);
  });

  it('never holds more than its limit, whatever arrives in whatever order', () => {
    const recorder = createRecorder(true, { records: 7, characters: 100 });
    const open = [];
    for (let n = 1; n <= 500; n += 1) {
      open.push(recorder.add(n, 'PATCH', `/${'p'.repeat((n * 7) % 13)}`, null));
      const late = open[(n * 31) % open.length];
      if (late !== undefined && late.text === null) recorder.addBody(late, `"${'b'.repeat((n * 17) % 60)}"`);
      const kept = listed(recorder);
      const total = kept.reduce(
        (sum, { path, body }) => sum + path.length + (body === null ? 0 : `"${body}"`.length),
        0,
      );
      expect(kept.length).toBeLessThanOrEqual(7);
      expect(total).toBeLessThanOrEqual(100);
    }
  });
});

describe('recorded bodies', () => {
  it('are JSON, or the text of what is not, or of what is nested too deeply', async () => {
    const to = await sandbox();
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const body of ['{"a":[1]}', 'no json', '', deep]) await patch(to, '1', body);
    await call(to, '/messaging_profiles');
    expect(to.requests().map(({ body }) => body)).toEqual([{ a: [1] }, 'no json', null, deep, null]);
    const answer = await call(to, '/../_sandbox/requests');
    expect(answer.text.trim().split('\n')).toHaveLength(5);
  });
});
