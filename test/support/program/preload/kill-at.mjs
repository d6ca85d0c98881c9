// Loaded before the program by a test: the process kills itself before it writes a text, to a socket (KILL_AT_SOCKET)
// or to a file (KILL_AT_FILE), for the KILL_AT_NTH time (default 1).
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';

const { KILL_AT_SOCKET: toSocket, KILL_AT_FILE: toFile, KILL_AT_NTH: nth = '1' } = process.env;
let left = Number(nth);
/** Whether a written text is the one. */
const isIt = (text, wanted) => wanted !== undefined && String(text).includes(wanted) && --left <= 0;
const die = () => {
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment, in which nothing must be written.
  for (;;);
};

const { write } = Socket.prototype;
Socket.prototype.write = function (data, ...rest) {
  if (isIt(data, toSocket)) die();
  return write.call(this, data, ...rest);
};

const { open } = fs.promises;
fs.promises.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  const append = handle.appendFile.bind(handle);
  handle.appendFile = (data) => {
    if (isIt(data, toFile)) die();
    return append(data);
  };
  return handle;
};
syncBuiltinESMExports();
