// Loaded before the program by a test: when the first file of a cause gets its name, the disk is full, or with
// CAUSES=kill the process is killed.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { renameSync } = fs;

fs.renameSync = (from, to) => {
  if (/causes[\\/][^\\/]*$/.test(String(to))) {
    if (process.env.CAUSES === 'kill') process.kill(process.pid, 'SIGKILL');
    throw Object.assign(new Error('ENOSPC: no space left on device, rename'), { code: 'ENOSPC' });
  }
  return renameSync(from, to);
};
syncBuiltinESMExports();
