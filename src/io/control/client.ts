import { connect, type Socket } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ControlAnswer,
  type ControlRequest,
  MAX_ANSWER_BYTES,
  MESSAGE_TIMEOUT_MS,
  readAnswer,
  receiveLine,
  sendLine,
} from './messages.ts';
import { type ControlFile, directoryId, isShortEnough, readControlFile } from './place.ts';

/** The process has all the connections that it takes, or it is about to end. */
const TRY_AGAIN_MS = 100;
/** Longer than clients that say nothing can keep their connections. */
const MAX_TRIES = (MESSAGE_TIMEOUT_MS * 1.5) / TRY_AGAIN_MS;

/** `closed`: no process takes commands there. `lost`: the command was sent, and no answer came. */
export type Sent = { answer: ControlAnswer } | 'closed' | 'lost';

async function connected(path: string): Promise<Socket> {
  const socket = connect(path);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** The path of the socket; null if there is none that this process can use. */
function socketOf(dir: string, { socket, directory }: ControlFile): string | null {
  const path = isAbsolute(socket) || socket.startsWith('\\\\') ? socket : join(dir, socket);
  return directory === directoryId(dir) && (process.platform === 'win32' || isShortEnough(path)) ? path : null;
}

/** Sends a command once. Returns null if the process has closed the connection without an answer. */
async function sendOnce(path: string, request: ControlRequest): Promise<Sent | null> {
  let socket: Socket;
  try {
    socket = await connected(path);
  } catch {
    return 'closed';
  }
  socket.on('error', () => undefined);
  try {
    sendLine(socket, request);
    const line = await receiveLine(socket, MAX_ANSWER_BYTES);
    if (line === null) return null;
    const answer = readAnswer(line);
    return answer === null ? 'lost' : { answer };
  } catch {
    return 'lost';
  } finally {
    socket.destroy();
  }
}

/** Sends a command to the process that is at work on a run. */
export async function sendCommand(dir: string, file: string, command: Omit<ControlRequest, 'token'>): Promise<Sent> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = readControlFile(file);
    const path = found === null ? null : socketOf(dir, found);
    if (found === null || path === null) return 'closed';
    const sent = await sendOnce(path, { ...command, token: found.token });
    if (sent !== null) return sent;
    await sleep(TRY_AGAIN_MS);
  }
  return 'lost';
}
