import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const BODY = '{"data":{"id":"1","messaging_profile_id":null,"messaging_product":"A2P"}}';
const tlsFile = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url));

/** How a sender reaches the server. `slow`: a TLS handshake takes up to 100 ms; needs `tls` and is for `fresh`. */
export type Way = { tls?: true; fresh?: true; slow?: true };

export type StopAndWake = {
  way: Way;
  ttlMs: number;
  timeoutMs: number;
  stops: number;
  atOnce: number;
  everyMs: number;
};

/** `late`: requests that arrived when the lease under which they were made had ended. */
export type Stopped = { stops: number; arrived: number; late: number; lateByMs: number[] };

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Passes bytes on to a port after a random delay at the start of each connection. */
function slowly(port: number): TcpServer {
  return createTcpServer((socket) => {
    const through = connect(port, '127.0.0.1');
    for (const end of [socket, through]) {
      end.on('error', () => undefined);
      end.on('close', () => [socket, through].map((other) => other.destroy()));
    }
    setTimeout(() => socket.pipe(through).pipe(socket), Math.random() * 100);
  });
}

/** Stops a process that sends for longer than its lease, at random moments, and wakes it. */
export async function stopAndWake({ way, ttlMs, timeoutMs, stops, atOnce, everyMs }: StopAndWake): Promise<Stopped> {
  let fence = 0;
  let until = Number.NEGATIVE_INFINITY;
  const result: Stopped = { stops: 0, arrived: 0, late: 0, lateByMs: [] };
  const onRequest: RequestListener = (request, response) => {
    const now = performance.now();
    result.arrived += 1;
    const isOld = !request.url?.includes(`/f${fence}/`);
    if (isOld || now > until) {
      result.late += 1;
      result.lateByMs.push(Math.round(now - until));
    }
    if (way.fresh === true) response.setHeader('connection', 'close');
    request.resume().on('end', () => response.end(BODY));
  };
  const leases = createServer((request, response) => {
    const now = performance.now();
    const isHeld = request.url?.endsWith(`=${fence}`) === true && now <= until;
    if (!isHeld) fence += 1;
    until = now + ttlMs;
    response.end(String(fence));
  });
  const tls = { key: tlsFile('key.pem'), cert: tlsFile('cert.pem') };
  const server = way.tls === true ? createHttpsServer(tls, onRequest) : createServer(onRequest);
  const servers: (Server | TcpServer)[] = [server, leases];
  let port = await listen(server);
  if (way.slow === true) {
    const relay = slowly(port);
    servers.push(relay);
    port = await listen(relay);
  }
  const url = `${way.tls === true ? 'https' : 'http'}://127.0.0.1:${port}/v2`;
  const args = [url, `http://127.0.0.1:${await listen(leases)}/`, ttlMs, timeoutMs, atOnce, everyMs].map(String);
  const execArgv = ['--import', 'tsx', '--no-warnings'];
  const child = fork(new URL('./sender.ts', import.meta.url), args, {
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const isAtWork = async () => {
    const before = result.arrived;
    for (let n = 0; n < 500 && result.arrived < before + 3; n++) await sleep(20);
    if (result.arrived < before + 3) throw new Error('the sender sends nothing');
  };
  try {
    for (; result.stops < stops; result.stops++) {
      await isAtWork();
      await sleep(Math.random() * ttlMs * 0.5);
      child.kill('SIGSTOP');
      await sleep(ttlMs * (1.05 + Math.random() * 0.3));
      child.kill('SIGCONT');
    }
    await isAtWork();
  } finally {
    child.kill('SIGKILL');
    for (const one of servers) {
      one.close();
      if ('closeAllConnections' in one) one.closeAllConnections();
    }
  }
  return result;
}
