// Loaded before the program by a test: after a number of writes the ledger's disk takes half of one more, and is full.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { open } = fs.promises;
let left = Number(process.env.FULL_AFTER);

fs.promises.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  if (!String(path).endsWith('ledger.ndjson')) return handle;
  const append = handle.appendFile.bind(handle);
  handle.appendFile = async (data) => {
    left -= 1;
    if (left >= 0) return append(data);
    if (left === -1) await append(data.slice(0, Math.ceil(data.length / 2)));
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  return handle;
};
syncBuiltinESMExports();
