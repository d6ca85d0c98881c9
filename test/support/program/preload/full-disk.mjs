// Loaded before the program by a test: the ledger's disk is full after a number of writes.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { open } = fs.promises;
let left = Number(process.env.FULL_AFTER);

fs.promises.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  if (!String(path).endsWith('ledger.ndjson')) return handle;
  const append = handle.appendFile.bind(handle);
  handle.appendFile = (data) => {
    left -= 1;
    if (left >= 0) return append(data);
    return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
  };
  return handle;
};
syncBuiltinESMExports();
