import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { paste, run } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import { logOf, PROFILE, summaryOf, table, until, workDirectory, writeInput } from '../../support/program/workspace.ts';

type Mode = 'up' | 503 | 429;

/** A small API that answers as the test sets it, or refuses connections. */
class Api {
  mode: Mode = 'up';
  /** Answers by status, oldest first. */
  readonly statuses: number[] = [];
  readonly writes: string[] = [];
  private readonly profiles = new Map<string, string>();
  private server: Server | null = null;
  private port = 0;

  async listen(): Promise<void> {
    this.server = createServer((request, response) => this.answer(request, response));
    const { server } = this;
    await new Promise<void>((done) => server.listen(this.port, '127.0.0.1', done));
    this.port = (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server === null) return;
    await new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  }

  get flags(): string[] {
    return [...at(`http://127.0.0.1:${this.port}/v2`), '--rate', '100', '--concurrency', '10', '--yes'];
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const id = /phone_numbers\/([^/?]+)/.exec(request.url ?? '')?.[1] ?? '';
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      const status = this.mode === 'up' ? 200 : this.mode;
      this.statuses.push(status);
      const headers = { 'content-type': 'application/json', ...(status === 429 ? { 'retry-after': '1' } : {}) };
      response.writeHead(status, headers);
      if (status !== 200) {
        response.end(JSON.stringify({ errors: [{ code: status === 429 ? '10011' : '10037', title: 'Later' }] }));
        return;
      }
      if (request.method === 'PATCH') {
        this.writes.push(id);
        this.profiles.set(id, (JSON.parse(text) as { messaging_profile_id: string }).messaging_profile_id);
      }
      const profile = this.profiles.get(id) ?? null;
      response.end(JSON.stringify({ data: { id, messaging_profile_id: profile, messaging_product: 'A2P' } }));
    });
  }
}

const apis: Api[] = [];

async function makeApi(): Promise<Api> {
  const api = new Api();
  apis.push(api);
  await api.listen();
  return api;
}

afterEach(async () => {
  for (const api of apis.splice(0)) await api.close();
});

const ROWS = 120;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const QUICK = ['--retry-base', '1ms', '--retry-max', '5ms'];

describe('an API that is down for two seconds in mid-run', () => {
  it('fails no row, with two attempts for each: whether it answers 503 or refuses connections', async () => {
    async function one(down: (api: Api) => Promise<void>, up: (api: Api) => Promise<void>): Promise<void> {
      const api = await makeApi();
      const cwd = workDirectory();
      const running = run(cwd, ['apply', writeInput(cwd, ROWS), '--max-attempts', '2', ...QUICK, ...api.flags]);
      await until(() => api.writes.length >= 20);
      await down(api);
      await pause(2000);
      const seen = api.statuses.length;
      await up(api);
      const { exit, stdout, stderr } = await running;
      expect(exit, `${stdout}${stderr}`).toBe(0);
      expect(table(cwd, 'results.csv').every(({ status }) => status === 'updated')).toBe(true);
      expect(summaryOf(cwd).counts).toMatchObject({ updated: ROWS, failed: 0, unverified: 0 });
      expect(new Set(api.writes).size).toBe(ROWS);
      // It was left alone but for probes: what is in flight, its second attempts, and one or two looks.
      expect(api.statuses.slice(0, seen).filter((status) => status === 503).length).toBeLessThan(40);
      const events = logOf(cwd).map(({ event }) => event);
      expect(events).toContain('run.paused');
      expect(events.lastIndexOf('run.resumed')).toBeGreaterThan(events.lastIndexOf('run.paused'));
    }
    const set = (mode: Mode) => async (api: Api) => {
      api.mode = mode;
    };
    await Promise.all([
      one(set(503), set('up')),
      one(
        (api) => api.close(),
        (api) => api.listen(),
      ),
    ]);
  });
});

describe('an API that is down for good', () => {
  it('6 after --outage-patience with no row failed, and the printed command finishes when it is back', async () => {
    const api = await makeApi();
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, ROWS), '--max-attempts', '2', '--outage-patience', '1s', ...QUICK];
    const running = run(cwd, [...args, ...api.flags]);
    await until(() => api.writes.length >= 20);
    api.mode = 503;
    const { exit, stdout } = await running;
    expect(exit).toBe(6);
    expect(stdout).toContain('--outage-patience');
    const summary = summaryOf(cwd);
    expect(summary).toMatchObject({ state: 'paused', exit_name: 'stopped', resumable: true, sum_ok: true });
    expect(summary.counts.failed).toBe(0);
    expect(summary.counts.updated).toBe(api.writes.length);
    expect(stdout).toContain(summary.next_command);
    // While it is still down the same command ends in the same way, and loses nothing.
    const early = await paste(cwd, summary.next_command as string);
    expect([6, 7]).toContain(early.exit);
    api.mode = 'up';
    expect((await paste(cwd, summary.next_command as string)).exit).toBe(0);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: ROWS, failed: 0, unverified: 0 });
    // Not one that was written came to be written again: a 503 may hide a write, so it was read first.
    expect(api.writes).toHaveLength(ROWS);
  });

  it('from the first request on: 6, nothing written, and the printed command does it all later', async () => {
    const api = await makeApi();
    api.mode = 503;
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, 20), '--outage-patience', '1s', ...QUICK, ...api.flags];
    const { exit } = await run(cwd, args);
    expect(exit).toBe(6);
    expect(summaryOf(cwd).counts.failed).toBe(0);
    api.mode = 'up';
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    expect(table(cwd, 'results.csv').every((row) => row.messaging_profile_id_after === PROFILE)).toBe(true);
  });
});

describe('a storm of 429', () => {
  it('costs no row and no attempt, with one attempt for each', async () => {
    const { sandbox } = await api({ rateLimit: 20, rateWindowMs: 500 });
    const stormy = await makeApi();
    const [limited, storm] = [workDirectory(), workDirectory()];
    const one = ['--max-attempts', '1'];
    const flags = [...at(sandbox.url), '--rate', 'off', '--concurrency', '50', '--yes'];
    const slow = run(limited, ['apply', writeInput(limited, 70), ...one, ...flags]);
    const running = run(storm, ['apply', writeInput(storm, ROWS), ...one, ...stormy.flags]);
    await until(() => stormy.writes.length >= 20);
    stormy.mode = 429;
    await pause(1300);
    stormy.mode = 'up';
    const [first, second] = await Promise.all([slow, running]);
    expect([first.exit, second.exit]).toEqual([0, 0]);
    for (const cwd of [limited, storm]) {
      const rows = table(cwd, 'results.csv');
      expect(rows.every(({ status, attempts }) => status === 'updated' && attempts === '1')).toBe(true);
      expect(summaryOf(cwd).requests.rate_limited).toBeGreaterThan(0);
    }
    // What was in flight when it began, and one look after each pause.
    expect(stormy.statuses.filter((status) => status === 429).length).toBeLessThan(20);
  });
});
