import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { afterEveryTest } from '../after-test.ts';
import { tempDir } from '../temp.ts';
import { startRedis } from './redis-server.ts';
import { startProxy } from './tcp-proxy.ts';

/** Sends commands one by one. Returns the answers. */
async function ask(port: number, commands: string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1');
  const answers: string[] = [];
  for (const command of commands) {
    socket.write(`${command}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    answers.push(answer.toString().trim());
  }
  socket.destroy();
  return answers;
}

it('keeps what Redis has confirmed over a kill', async () => {
  const redis = await startRedis(tempDir());
  afterEveryTest(redis.kill);
  expect(await ask(redis.port, ['SET key value'])).toEqual(['+OK']);
  await redis.kill();
  await redis.start();
  expect(await ask(redis.port, ['GET key'])).toEqual(['$5\r\nvalue']);
});

it('holds what is sent, passes it on later, and ends connections', async () => {
  const redis = await startRedis(tempDir(), null);
  const proxy = await startProxy(redis.port);
  afterEveryTest(async () => {
    await redis.kill();
    await proxy.close();
  });
  const socket = connect(proxy.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
  });
  await once(socket, 'connect');
  proxy.hold();
  socket.write('SET key held\r\n');
  expect(await ask(redis.port, ['GET key'])).toEqual(['$-1']);
  expect(heard).toBe('');
  proxy.release();
  await once(socket, 'data');
  expect(heard).toBe('+OK\r\n');
  proxy.cut();
  await once(socket, 'close');
});
