import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy between two parties of a test, which can part them. */
export type TcpProxy = {
  port: number;
  /**
   * Lets nothing through in either direction, as if every packet was lost. Connections are accepted and stay open; both
   * sides only hear nothing.
   */
  hold: () => void;
  /** Lets everything through again, what was held too, as after repeated packets. */
  release: () => void;
  /** Closes every connection. */
  cut: () => void;
  close: () => Promise<void>;
};

/** Passes everything on in order, each piece `delayMs` after it came. */
function pipe(from: Socket, to: Socket, delayMs: number): void {
  const later = (action: () => void) => (delayMs === 0 ? action() : void setTimeout(action, delayMs));
  from.on('data', (piece) => later(() => to.write(piece)));
  from.on('close', () => later(() => to.destroy()));
  from.on('error', () => undefined);
}

/** Starts a proxy to a port of 127.0.0.1. With `delayMs`, everything takes so much longer in each direction. */
export async function startProxy(target: number, delayMs = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isHeld = false;
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      pipe(socket, other, delayMs);
      if (isHeld) socket.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    hold() {
      isHeld = true;
      for (const socket of sockets) socket.pause();
    },
    release() {
      isHeld = false;
      for (const socket of sockets) socket.resume();
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
