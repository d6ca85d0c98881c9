import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { afterEveryTest } from '../after-test.ts';
import { tempDir } from '../temp.ts';
import { askRedis, startRedis } from './redis-server.ts';
import { startProxy } from './tcp-proxy.ts';

it('keeps what Redis has confirmed over a kill', async () => {
  const redis = await startRedis(tempDir());
  afterEveryTest(redis.kill);
  expect(await askRedis(redis.port, 'SET key value')).toBe('+OK\r\n');
  await redis.kill();
  await redis.start();
  expect(await askRedis(redis.port, 'GET key')).toBe('$5\r\nvalue\r\n');
});

it('holds what is sent, passes it on later, and ends connections', async () => {
  const redis = await startRedis(tempDir(), null);
  const proxy = await startProxy(redis.port);
  afterEveryTest(async () => {
    await redis.kill();
    await proxy.close();
  });
  const socket = connect(proxy.port, '127.0.0.1');
  let received = '';
  socket.on('data', (data) => {
    received += data;
  });
  await once(socket, 'connect');
  proxy.hold();
  socket.write('SET key held\r\n');
  expect(await askRedis(redis.port, 'GET key')).toBe('$-1\r\n');
  expect(received).toBe('');
  proxy.release();
  await once(socket, 'data');
  expect(received).toBe('+OK\r\n');
  proxy.cut();
  await once(socket, 'close');
});
