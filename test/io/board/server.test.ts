import { request } from 'node:http';
import { expect, it } from 'vitest';
import { serveBoard } from '../../../src/io/board/server.ts';

type Answer = { status: number | undefined; text: string };

function get(url: string, host: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    const sent = request(url, { headers, setHost: false, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.once('end', () => resolve({ status: response.statusCode, text }));
    });
    sent.once('error', reject).end();
  });
}

it('answers only to names of this host, so that no page of another site can read it', async () => {
  const board = await serveBoard(0, async () => []);
  try {
    const api = `${board.url}/api/queues`;
    for (const host of ['127.0.0.1', '127.0.0.1:4011', 'localhost:9999', 'LOCALHOST', '[::1]:80']) {
      expect(await get(api, host), host).toEqual({ status: 200, text: '{"queues":[]}' });
    }
    for (const host of ['evil.example', 'evil.example:4011', 'localhost.evil.example', '127.0.0.1.evil.example', '']) {
      expect(await get(api, host), host).toMatchObject({ status: 403 });
    }
    // Without a Host header, Node answers by itself.
    expect(await get(api, undefined)).toMatchObject({ status: 400 });
  } finally {
    await board.close();
  }
});

it('says nothing of an error of Redis', async () => {
  const board = await serveBoard(0, async () => {
    throw new Error('WRONGPASS secret');
  });
  try {
    expect(await get(`${board.url}/api/queues`, 'localhost')).toEqual({
      status: 500,
      text: '{"error":"the queue did not answer"}',
    });
  } finally {
    await board.close();
  }
});
