import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpServer } from '../../support/io/servers.ts';
import { run } from '../../support/program/run.ts';
import { lastRun, numberId, PROFILE, summaryOf, workDirectory, writeLines } from '../../support/program/workspace.ts';

type Reply = { status: number; type: string; body: string };

const json = (status: number, body: unknown): Reply => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});
const NOT_FOUND = json(404, { errors: [{ code: '10005', title: 'Resource not found' }] });
const LOGIN = { status: 200, type: 'text/html', body: '<!DOCTYPE html><title>Login</title>' };
const BLOCKED = { status: 403, type: 'text/html', body: '<html>Blocked</html>' };
const PROXY = { status: 407, type: 'text/plain', body: '' };
const UNPAID = json(402, { errors: [{ code: '10015', title: 'Payment required' }] });

/** A server that gives every request the same answer. */
async function serverOf({ status, type, body }: Reply) {
  let requests = 0;
  const { url } = await httpServer((request, response) => {
    requests += 1;
    request.resume().once('end', () => response.writeHead(status, { 'content-type': type }).end(body));
  });
  return { url, requests: () => requests };
}

const COMMANDS = [
  ['plan', ['plan']],
  ['apply', ['apply', '--yes']],
  ['apply --offline', ['apply', '--offline', '--yes']],
  ['verify', ['verify']],
] as const;
const QUICK = ['--rate', 'off', '--retry-base', '1ms'];

function input(cwd: string, rows: number, withPhone = false): string {
  const lines = Array.from({ length: rows }, (_, at) =>
    [numberId(at + 1), ...(withPhone ? [`+1800555${String(at).padStart(4, '0')}`] : []), PROFILE].join(','),
  );
  return writeLines(cwd, [`phone_number_id,${withPhone ? 'phone_number,' : ''}messaging_profile_id`, ...lines]);
}

describe.each(COMMANDS)('%s', (_command, [command, ...flags]) => {
  it.each<[string, Reply, string]>([
    ['a login page', LOGIN, 'HTTP 200, text/html, not this API'],
    ['a firewall', BLOCKED, 'HTTP 403, text/html, not this API'],
    ['a proxy', PROXY, 'a proxy on the way'],
    ['an account that is not paid', UNPAID, 'HTTP 402 10015 Payment required: the account has to be paid'],
  ])('ends at the first answer of %s', async (_, reply, text) => {
    const cwd = workDirectory();
    const server = await serverOf(reply);
    const { exit, ...said } = await run(cwd, [
      command,
      input(cwd, 50),
      ...flags,
      '--base-url',
      server.url,
      '--rate',
      '5',
    ]);
    expect(exit).toBe(7);
    expect(said.stdout + said.stderr).toContain(text);
    expect(said.stdout + said.stderr).not.toContain('--outage-patience');
    expect(said.stdout + said.stderr).not.toContain('--offline');
    expect(server.requests()).toBe(1);
  });

  it('takes 404 to everything for a wrong URL or a key that does not arrive', async () => {
    for (const withPhone of [false, true]) {
      const cwd = workDirectory();
      const server = await serverOf(NOT_FOUND);
      const { exit, ...said } = await run(cwd, [
        command,
        input(cwd, 600, withPhone),
        ...flags,
        '--base-url',
        server.url,
        ...QUICK,
        '--concurrency',
        '5',
      ]);
      expect(exit).toBe(7);
      for (const part of [`HTTP 404`, server.url, '/v2', 'the key']) expect(said.stdout + said.stderr).toContain(part);
      expect(server.requests()).toBeLessThanOrEqual(25);
      expect(summaryOf(cwd).counts.rejected).toBe(0);
    }
  });

  it('tries three times where nothing listens', async () => {
    const cwd = workDirectory();
    const { exit, ...said } = await run(cwd, [
      command,
      input(cwd, 50),
      ...flags,
      '--base-url',
      'http://127.0.0.1:1/v2',
      ...QUICK,
      '--concurrency',
      '1',
    ]);
    expect(exit).toBe(7);
    expect(said.stdout + said.stderr).toContain(
      '127.0.0.1:1: the connection was refused (ECONNREFUSED). Check scheme, host and port',
    );
    const log = readFileSync(join(cwd, lastRun(cwd), 'log.ndjson'), 'utf8');
    expect(log.match(/"attempt\.failed"/g)).toHaveLength(3);
  });
});
