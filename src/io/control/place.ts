import { randomBytes } from 'node:crypto';
import { lstatSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import * as z from 'zod';
import { linkStatusOf, statusOf } from '../file-status.ts';
import { readOwnFile } from '../own-file.ts';

/** Linux takes 107 bytes, macOS 103. A longer path would be cut off. */
const MAX_SOCKET_PATH_BYTES = 100;
const MAX_FILE_BYTES = 16 * 1024;
const SOCKET = 'control.sock';
const TEMP_PREFIX = 'telnyx-reassign-';

const FILE = z.object({ pid: z.int(), socket: z.string(), token: z.string().min(1), directory: z.string() });
/**
 * control.json, by which `ctl` finds the process that is at work. `socket` is relative to the run directory, or
 * absolute. `directory` identifies the run directory, because a copy of it must not lead to the run of the original.
 */
export type ControlFile = z.infer<typeof FILE>;

/** Identifies a directory whatever its name is. */
export function directoryId(dir: string): string {
  const status = statusOf(dir);
  return `${status?.dev}:${status?.ino}`;
}

/** Reads control.json. Returns null if there is none, or none that this process may read and use. */
export function readControlFile(path: string): ControlFile | null {
  try {
    return FILE.parse(JSON.parse(readOwnFile(path, MAX_FILE_BYTES)));
  } catch {
    return null;
  }
}

export const isShortEnough = (path: string): boolean => Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES;

/** A name in the directory for the sockets of all runs. */
const SHARED_NAME = /^[0-9a-f]{16}\.sock$/;

/**
 * Where the socket of a run may be, the best place first. `shared`: the directory for the sockets of all runs of this
 * user, if there is one. It comes first, because tools that copy a run directory stumble over a socket in it. Makes a
 * temporary directory only when it is asked for that place.
 */
export function* socketPlaces(dir: string, shared: string | null): Generator<string> {
  if (process.platform === 'win32') {
    yield `\\\\.\\pipe\\${TEMP_PREFIX}${randomBytes(16).toString('hex')}`;
    return;
  }
  if (shared !== null) yield join(shared, `${randomBytes(8).toString('hex')}.sock`);
  yield join(dir, SOCKET);
  yield join(mkdtempSync(join(tmpdir(), TEMP_PREFIX)), SOCKET);
}

/** The path of a socket as control.json names it: a run directory may be moved while its run is at work. */
export function recordedSocket(dir: string, socket: string): string {
  return dirname(socket) === resolve(dir) ? SOCKET : socket;
}

function isOwnTempDirectory(path: string): boolean {
  const isOurs = lstatSync(path).uid === process.getuid?.();
  return isOurs && dirname(path) === resolve(tmpdir()) && basename(path).startsWith(TEMP_PREFIX);
}

/**
 * Removes the socket that control.json names. The file may come from elsewhere, so nothing is removed but a socket in
 * the run directory, in the shared directory, or in a directory that this program makes for it.
 */
export function removeSocket(dir: string, { socket }: Pick<ControlFile, 'socket'>, shared: string | null = null): void {
  try {
    const path = isAbsolute(socket) ? socket : join(dir, SOCKET);
    const parent = dirname(path);
    const isShared = parent === shared && SHARED_NAME.test(basename(path));
    const isTemp = !isShared && parent !== resolve(dir);
    if (!isShared && (basename(path) !== SOCKET || (isTemp && !isOwnTempDirectory(parent)))) return;
    if (linkStatusOf(path)?.isSocket() === true) rmSync(path);
    if (isTemp) rmdirSync(parent);
  } catch {
    // What is left there leads nowhere.
  }
}
