import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { call, id, patch, sandbox } from '../support/sandbox/client.ts';

describe('starting and closing', () => {
  it('has 1000 numbers and 3 profiles by default, at a loopback address', async () => {
    const to = await startSandbox();
    expect(to.url).toBe(`http://127.0.0.1:${to.port}/v2`);
    expect(to.snapshot().numbers).toHaveLength(1000);
    expect(to.snapshot().profiles).toHaveLength(3);
    await to.close();
    await expect(fetch(`${to.url}/messaging_profiles`)).rejects.toThrow();
    await to.close();
  });

  it('rejects when the port is taken', async () => {
    const { port } = await sandbox();
    await expect(sandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes while answers still wait for their latency', async () => {
    const to = await sandbox({ latencyMs: 60_000 });
    const waiting = call(to, '/messaging_profiles').catch(() => 'dropped');
    while (to.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await to.close();
    expect(await waiting).toBe('dropped');
  });

  it('waits the latency before each answer', async () => {
    const to = await sandbox({ latencyMs: 50 });
    const answers = [call(to, '/messaging_profiles'), patch(to, id(1), { messaging_product: 'P2P' })];
    while (to.requests().length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(to.requests().map((received) => received.status)).toEqual([null, null]);
    expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([200, 200]);
  });
});

it('records no status for a client that disconnects before the answer', async () => {
  const to = await sandbox({ latencyMs: 500 });
  const client = new AbortController();
  const outcome = call(to, '/messaging_profiles', { signal: client.signal }).catch(() => 'disconnected');
  while (to.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  client.abort();
  expect(await outcome).toBe('disconnected');
  expect((await call(to, '/nowhere')).status).toBe(404);
  expect(to.requests().map((received) => received.status)).toEqual([null, 404]);
});
