// Loaded before the program by a test: the process kills itself before it writes a text, to a socket (KILL_AT_SOCKET)
// or to a file (KILL_AT_FILE).
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';

const { KILL_AT_SOCKET: toSocket, KILL_AT_FILE: toFile } = process.env;
const die = () => {
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment, in which nothing must be written.
  for (;;);
};

const { write } = Socket.prototype;
Socket.prototype.write = function (data, ...rest) {
  if (toSocket !== undefined && String(data).includes(toSocket)) die();
  return write.call(this, data, ...rest);
};

const { open } = fs.promises;
fs.promises.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  const append = handle.appendFile.bind(handle);
  handle.appendFile = (data) => {
    if (toFile !== undefined && String(data).includes(toFile)) die();
    return append(data);
  };
  return handle;
};
syncBuiltinESMExports();
