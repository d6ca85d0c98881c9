import type { Socket } from 'node:net';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  clientOf,
  entry,
  httpServer,
  KEY,
  type Listening,
  rawServer,
  sent,
  tcpServer,
} from '../../support/io/servers.ts';

const GOOD = '{"data":{"messaging_product":"A2P"}}';
const OK = 'HTTP/1.1 200 OK\r\n';
const CUT = { kind: 'network', code: 'ECONNRESET', message: 'the connection was cut', sent: true };
const LATE = { kind: 'network', code: 'ETIMEDOUT', message: 'no complete answer in time' };

/** The best compression of 50 MB would take seconds. */
const quickBrotli = (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });

describe('an answer that ends too early', () => {
  it.each([
    ['the length is not reached, connection destroyed', [`${OK}content-length: 100\r\n\r\n{"data"`], 'destroy'],
    ['the length is not reached, connection ended', [`${OK}content-length: 100\r\n\r\n{"data"`], 'end'],
    ['inside a chunk', [`${OK}transfer-encoding: chunked\r\n\r\n20\r\n{"data"`], 'end'],
    ['between chunks', [`${OK}transfer-encoding: chunked\r\n\r\n7\r\n{"data"\r\n`], 'destroy'],
    ['inside the head', [`${OK}content-le`], 'end'],
    ['before the head, ended', [], 'end'],
    ['before the head, reset', [], 'reset'],
    ['after the head, reset', [`${OK}content-length: 100\r\n\r\n`], 'reset'],
    ['HTTP/1.0 without a length, reset', ['HTTP/1.0 200 OK\r\n\r\n{"data"'], 'reset'],
  ] as const)('is a network failure of a request that was sent: %s', async (_, texts, ends) => {
    const server = await rawServer([...texts], ends);
    const { answer, seen } = await sent(server.url);
    expect(answer).toMatchObject(CUT);
    expect(seen).toEqual(['left', 'answer']);
  });

  it('names an answer that is not HTTP by its code, and in words', async () => {
    const server = await rawServer(['SSH-2.0-OpenSSH_9.6\r\n'], 'stay');
    const { answer } = await sent(server.url);
    expect(answer).toMatchObject({ kind: 'network', code: 'HPE_INVALID_CONSTANT', sent: true });
    expect(answer).toHaveProperty('message', expect.stringContaining('Parse Error'));
  });

  it('names a server that cuts off plain HTTP because it speaks TLS, and asks it once', async () => {
    let hellos = 0;
    const server = await tcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', ([first]: Buffer) => {
        if (first !== 0x16) return socket.destroy();
        hellos += 1;
        // A fatal alert: no handshake is possible.
        return socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 40]));
      });
    });
    const client = clientOf(server.url);
    for (const _ of Array(3)) {
      const answer = await client.send(entry(), () => undefined);
      expect(answer).toMatchObject({ kind: 'network', code: 'ERR_TLS_EXPECTED', sent: false });
    }
    expect(hellos).toBe(1);
  });

  it('refuses a head without end', async () => {
    const server = await rawServer([`${OK}x: ${'y'.repeat(100_000)}\r\n`], 'stay');
    expect((await sent(server.url)).answer).toMatchObject({ kind: 'network', code: 'HPE_HEADER_OVERFLOW' });
  });
});

describe('a request that does not arrive', () => {
  it('was not sent if the port is closed', async () => {
    const { answer, seen } = await sent('http://127.0.0.1:1/v2');
    const refused = { kind: 'network', code: 'ECONNREFUSED', message: 'the connection was refused', sent: false };
    expect(answer).toMatchObject(refused);
    expect(seen).toEqual(['answer']);
  });

  it('was not sent if the host is unknown', async () => {
    const { answer, seen } = await sent('http://nonexistent.invalid/v2', { timeoutMs: 1500 });
    // Without a name server, it may take longer than this test can wait.
    expect(answer).toMatchObject({ kind: 'network', sent: false });
    expect(['ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT']).toContain((answer as { code: string }).code);
    expect(seen).toEqual(['answer']);
  });

  it('was not sent without TLS: closed, answered in plain text, or left hanging', async () => {
    const closes = await tcpServer((socket) => socket.once('data', () => socket.destroy()));
    const plain = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const hangs = await tcpServer((socket) => socket.resume());
    for (const server of [closes, plain, hangs]) {
      const { answer, seen } = await sent(server.url.replace('http:', 'https:'), { timeoutMs: 150 });
      expect(answer).toMatchObject({ kind: 'network', sent: false });
      expect(seen).toEqual(['answer']);
    }
  });
});

describe('a server that is too slow', () => {
  const slow = (socket: Socket) => {
    socket.write(`${OK}content-length: 100000\r\n\r\n`);
    const timer = setInterval(() => socket.write(' '), 10);
    socket.once('close', () => clearInterval(timer));
  };

  it.each<[string, () => Promise<Listening>]>([
    ['no answer', () => rawServer([], 'stay')],
    ['a head without a body', () => rawServer([`${OK}content-length: 5\r\n\r\n`], 'stay')],
    ['a body that drips', () => tcpServer((socket) => socket.once('data', () => slow(socket)))],
    ['100 Continue and no more', () => rawServer(['HTTP/1.1 100 Continue\r\n\r\n'], 'stay')],
    [
      'bad gzip that never ends',
      () => rawServer([`${OK}content-encoding: gzip\r\n\r\n`, gzipSync('x').subarray(0, 12)], 'stay'),
    ],
  ])('has timed out, the request was sent, and the connection is closed: %s', async (_, start) => {
    const server = await start();
    const { answer, seen } = await sent(server.url, { timeoutMs: 150 });
    expect(answer).toMatchObject({ ...LATE, sent: true });
    expect(answer.durationMs).toBeGreaterThan(140);
    expect(seen).toEqual(['left', 'answer']);
    await expect.poll(server.open).toBe(0);
  });

  it('has timed out before anything was sent if a proxy does not answer', async () => {
    const proxy = await tcpServer((socket) => socket.resume());
    const environment = { HTTPS_PROXY: proxy.url };
    const { answer, seen } = await sent('https://api.example.com/v2', { timeoutMs: 150, environment });
    expect(answer).toMatchObject({ ...LATE, sent: false });
    expect(seen).toEqual(['answer']);
    expect(proxy.connections()).toBe(1);
  });

  it('does not keep later requests waiting', async () => {
    let requests = 0;
    const server = await httpServer((request, response) => {
      request.resume();
      requests += 1;
      if (requests > 1) response.end(GOOD);
    });
    const client = clientOf(server.url, { timeoutMs: 150, concurrency: 1 });
    expect(await client.send(entry(), () => undefined)).toMatchObject(LATE);
    expect(await client.send(entry(), () => undefined)).toMatchObject({ status: 200 });
  });
});

describe('a proxy that refuses', () => {
  it('is named by what it said, and nothing was sent', async () => {
    const proxy = await rawServer(['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'], 'end');
    const environment = { HTTPS_PROXY: proxy.url.replace('http://', 'http://user:secret@') };
    const { answer, seen } = await sent('https://api.example.com/v2', { environment });
    const message = `the proxy of HTTPS_PROXY at ${new URL(proxy.url).host}: it answered HTTP 407`;
    expect(answer).toMatchObject({ kind: 'network', code: 'ERR_PROXY_407', message, proxy: true, sent: false });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(seen).toEqual(['answer']);
  });
});

describe('a proxy that is not there', () => {
  it('is named, because the user would look for the error at the API', async () => {
    const environment = { HTTPS_PROXY: 'http://user:secret@127.0.0.1:1' };
    const { answer } = await sent('https://api.example.com/v2', { environment });
    const message = 'the proxy of HTTPS_PROXY at 127.0.0.1:1: the connection was refused (ECONNREFUSED)';
    expect(answer).toMatchObject({ kind: 'network', code: 'ECONNREFUSED', message, proxy: true, sent: false });
  });

  it('is named for what it throws without a code', async () => {
    const proxy = await tcpServer((socket) => socket.end('HTTP/1.1 099 x'));
    const { answer } = await sent('https://api.example.com/v2', { environment: { HTTPS_PROXY: proxy.url } });
    expect(answer).toMatchObject({ kind: 'network', proxy: true, sent: false });
  });
});

describe('a body that is too long', () => {
  it('is unreadable as soon as it is beyond 1 MiB, and the server sees the connection closed', async () => {
    const length = 64 * 1024 * 1024;
    const piece = Buffer.alloc(64 * 1024, ' ');
    let given = 0;
    const server = await tcpServer((socket) => {
      const more = () => {
        while (given < length && socket.writable) {
          given += piece.length;
          if (!socket.write(piece)) return;
        }
      };
      socket.on('drain', more);
      socket.once('data', () => {
        socket.write(`${OK}x-request-id: long\r\ncontent-length: ${length}\r\n\r\n`);
        more();
      });
    });
    const { answer } = await sent(server.url);
    expect(answer).toMatchObject({ kind: 'http', status: 200, body: { kind: 'unreadable' }, requestId: 'long' });
    await expect.poll(server.open).toBe(0);
    expect(given).toBeLessThan(length / 2);
  });

  it('of just under 1 MiB is read', async () => {
    const padding = ' '.repeat(1024 * 1024 - GOOD.length);
    const server = await httpServer((request, response) =>
      request.resume().once('end', () => response.end(GOOD + padding)),
    );
    expect((await sent(server.url)).answer).toMatchObject({ body: { kind: 'settings' } });
  });

  it('without end is broken off too', async () => {
    const server = await httpServer((request, response) => {
      request.resume();
      const more = () => {
        while (response.write(' '.repeat(60_000)));
      };
      response.on('drain', more);
      more();
    });
    expect((await sent(server.url)).answer).toMatchObject({ kind: 'http', body: { kind: 'unreadable' } });
    await expect.poll(server.open).toBe(0);
  });

  it.each(['gzip', 'br', 'deflate'])('is measured unpacked: a bomb of %s', async (encoding) => {
    const pack = { gzip: gzipSync, br: quickBrotli, deflate: deflateSync }[encoding] as (body: Buffer) => Buffer;
    const bomb = pack(Buffer.alloc(50 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    const server = await httpServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-encoding': encoding });
      response.end(bomb);
    });
    const { answer } = await sent(server.url);
    expect(answer).toMatchObject({ kind: 'http', status: 200, body: { kind: 'unreadable' } });
  });
});

describe('a body that is packed', () => {
  it.each([
    ['gzip', gzipSync(GOOD)],
    ['br', brotliCompressSync(GOOD)],
    ['deflate', deflateSync(GOOD)],
  ])('is unpacked: %s', async (encoding, body) => {
    const server = await httpServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-encoding': encoding });
      response.end(body);
    });
    expect((await sent(server.url)).answer).toMatchObject({ body: { kind: 'settings', settings: { product: 'A2P' } } });
  });

  it.each([
    ['is none', Buffer.from(GOOD)],
    ['breaks off', gzipSync(GOOD).subarray(0, 20)],
  ])('but %s is a network failure', async (_, body) => {
    const server = await httpServer((request, response) => {
      request.resume();
      response.writeHead(503, { 'content-encoding': 'gzip' });
      response.end(body);
    });
    expect((await sent(server.url)).answer).toMatchObject({
      kind: 'network',
      sent: true,
      code: expect.stringMatching(/^Z_/),
    });
  });
});

describe('a server that answers oddly', () => {
  it.each([
    ['100 and 103 first', ['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'], 200],
    ['an unknown status', [], 999],
  ])('is understood: %s', async (_, before, status) => {
    const last = `HTTP/1.1 ${status} X\r\ncontent-length: ${GOOD.length}\r\n\r\n${GOOD}`;
    const server = await rawServer([...before, last], 'stay');
    const { answer, seen } = await sent(server.url);
    expect(answer).toMatchObject({ kind: 'http', status, body: { kind: 'settings' } });
    expect(seen).toEqual(['left', 'answer']);
  });

  it('is received before the server has read the body: an early 413', async () => {
    const server = await tcpServer((socket) => {
      socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    });
    const { answer, seen } = await sent(server.url);
    expect(answer).toMatchObject({ kind: 'http', status: 413, body: { kind: 'unreadable' } });
    expect(seen).toEqual(['left', 'answer']);
  });

  it('is not let off to another protocol', async () => {
    const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n';
    const server = await rawServer([upgrade], 'stay');
    const { answer, seen } = await sent(server.url);
    expect(answer).toMatchObject({ kind: 'network', code: 'ERR_UPGRADE', sent: true });
    expect(seen).toEqual(['left', 'answer']);
    await expect.poll(server.open).toBe(0);
  });

  it('may say more after its answer, which is not taken for the next one', async () => {
    const answer = `${OK}content-length: ${GOOD.length}\r\n\r\n${GOOD}`;
    const server = await rawServer([`${answer}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`], 'stay');
    const client = clientOf(server.url, { concurrency: 1, timeoutMs: 500 });
    expect(await client.send(entry(), () => undefined)).toMatchObject({ body: { kind: 'settings' } });
    const second = await client.send(entry(), () => undefined);
    expect(second.kind === 'network' || second.body.kind === 'settings').toBe(true);
  });
});

describe('abort', () => {
  it('ends everything under way as network failures, once, and closes the connections', async () => {
    const server = await rawServer([], 'stay');
    const client = clientOf(server.url, { concurrency: 3 });
    let left = 0;
    const onSent = () => {
      left += 1;
    };
    const answers = [1, 2, 3].map(() => client.send(entry(), onSent));
    await expect.poll(() => left).toBe(3);
    expect(client.inFlight()).toBe(3);
    client.abort();
    const broken = { kind: 'network', code: 'ERR_ABORTED', message: 'broken off', sent: true };
    expect(await Promise.all(answers)).toMatchObject([broken, broken, broken]);
    expect([left, client.inFlight()]).toEqual([3, 0]);
    await expect.poll(server.open).toBe(0);
    client.abort();
  });

  it('says that nothing was sent if nothing was', async () => {
    const server = await tcpServer((socket) => socket.resume());
    const client = clientOf(server.url.replace('http:', 'https:'), { concurrency: 2 });
    let left = 0;
    const answers = [1, 2].map(() =>
      client.send(entry(), () => {
        left += 1;
      }),
    );
    await expect.poll(server.connections).toBe(2);
    client.abort();
    expect(await Promise.all(answers)).toMatchObject([{ sent: false }, { sent: false }]);
    expect(left).toBe(0);
  });

  it('leaves the client able to send again, and quotes no key', async () => {
    let hang = true;
    const server = await httpServer((request, response) => {
      request.resume();
      if (!hang) response.end(GOOD);
    });
    const client = clientOf(server.url);
    const first = client.send(entry(), () => undefined);
    await expect.poll(server.connections).toBe(1);
    client.abort();
    expect(JSON.stringify(await first)).not.toContain(KEY);
    hang = false;
    expect(await client.send(entry(), () => undefined)).toMatchObject({ status: 200 });
  });
});
