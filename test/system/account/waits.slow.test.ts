import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { httpServer } from '../../support/io/servers.ts';
import { run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import { lastRun, summaryOf, workDirectory, writeInput } from '../../support/program/workspace.ts';

type Headers = Record<string, string>;
type Arrival = { method: string; path: string; at: number; answeredAt: number };

/** What is on a profile besides its numbers: reads of it only inform, and a long wait asked of them is theirs alone. */
const ONLY_INFORMS = /short_codes|alphanumeric_sender_ids|autoresp_configs|messaging_optouts|hosted/;
const isNeeded = ({ method, path }: Arrival) => method === 'GET' && !ONLY_INFORMS.test(path);

/** An API in front of a sandbox that adds headers to its answers to reads. */
async function apiWith(sandbox: Sandbox, headersOf: (needed: number, arrival: Arrival) => Headers) {
  const arrivals: Arrival[] = [];
  let needed = 0;
  const server = await httpServer(async (request, response) => {
    const { method = '', url: path = '' } = request;
    const arrival = { method, path, at: performance.now(), answeredAt: 0 };
    arrivals.push(arrival);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { authorization = '' } = request.headers;
    const answer = await fetch(new URL(request.url as string, sandbox.url), {
      method: arrival.method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(arrival.method === 'GET' ? {} : { body: Buffer.concat(chunks) }),
    });
    if (isNeeded(arrival)) needed += 1;
    const added = arrival.method === 'GET' ? headersOf(needed, arrival) : {};
    response.writeHead(answer.status, { 'content-type': 'application/json', ...added });
    response.end(await answer.text());
    arrival.answeredAt = performance.now();
  });
  return { url: server.url, arrivals };
}

/** The time from the answer to the last read before the first write to that write. */
function gapBeforeFirstWrite(arrivals: readonly Arrival[], from: number): number {
  const own = arrivals.slice(from);
  const write = own.findIndex(({ method }) => method !== 'GET');
  const read = own[write - 1];
  expect(read?.method).toBe('GET');
  return (own[write]?.at as number) - (read?.answeredAt as number);
}

const WAIT_MS = 300;
const ASKED: [string, Headers][] = [
  ['retry-after', { 'retry-after': '0.3' }],
  ['nothing left until a reset', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '0.3' }],
];

describe('a wait that the last read asks for', () => {
  it.each(ASKED)(
    '(%s) holds the first write of apply, apply RUN_DIR, resume, undo and retry',
    async (_what, headers) => {
      const cwd = workDirectory();
      const { sandbox } = await readingApi({ numbers: 6 });
      let isAsking = true;
      const { url, arrivals } = await apiWith(sandbox, () => (isAsking ? headers : {}));
      const flags = ['--base-url', url, '--rate', 'off', '--concurrency', '1'];
      const input = writeInput(cwd, 6);
      const held = async (...args: string[]) => {
        const from = arrivals.length;
        isAsking = true;
        await run(cwd, args);
        const gap = gapBeforeFirstWrite(arrivals, from);
        expect([args[0], gap >= WAIT_MS - 20]).toEqual([args[0], true]);
      };
      await held('apply', input, ...flags, '--stop-after', '1', '--yes');
      const first = lastRun(cwd);
      await held('resume', first, '--stop-after', '1');
      await held('retry', first, '--stop-after', '1', '--yes');
      await held('undo', first, '--stop-after', '1', '--yes');
    },
  );
});

describe('a wait beyond --max-server-wait that the last read asks for', () => {
  it('stops the run before the first write, and it can be resumed', async () => {
    const cwd = workDirectory();
    const { sandbox } = await readingApi({ numbers: 3 });
    let last = 0;
    const { url, arrivals } = await apiWith(
      sandbox,
      (needed, arrival): Headers => (needed === last && isNeeded(arrival) ? { 'retry-after': '3600' } : {}),
    );
    const flags = ['--base-url', url, '--rate', 'off'];
    const input = writeInput(cwd, 3);
    await run(workDirectory(), ['plan', join(cwd, input), ...flags]);
    last = 2 * arrivals.filter(isNeeded).length;
    const args = ['apply', input, ...flags, '--yes'];
    const { exit, stdout } = await run(cwd, args);
    expect(stdout).toMatch(
      /the server asks to wait (1h|59m \d+s|60m).*, longer than --max-server-wait 15m; go on after /,
    );
    expect(exit).toBe(6);
    expect(arrivals.every(({ method }) => method === 'GET')).toBe(true);
    expect(summaryOf(cwd)).toMatchObject({ state: 'paused', error: { code: 'server_wait' } });
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 0, failed: 0 });
    expect(summaryOf(cwd).counts.unprocessed).toBeGreaterThan(0);
    expect((await run(cwd, ['resume'])).exit).toBe(0);
  });
});
