// Loaded before the program by a test: no results.csv can be written.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { openSync } = fs;

fs.openSync = (path, ...rest) => {
  if (String(path).includes('results.csv')) {
    throw Object.assign(new Error('ENOSPC: no space left on device, open'), { code: 'ENOSPC' });
  }
  return openSync(path, ...rest);
};
syncBuiltinESMExports();
