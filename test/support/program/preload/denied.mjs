// Loaded before the program by a test, as tests may run as root: DENIED_CALL fails on a path with DENIED_PATH in it,
// after it has been let through DENIED_AFTER times.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { DENIED_CALL, DENIED_PATH, DENIED_CODE, DENIED_AFTER = '0' } = process.env;
const owner = DENIED_CALL === 'open' ? fs.promises : fs;
const real = owner[DENIED_CALL];
let left = Number(DENIED_AFTER);

owner[DENIED_CALL] = (path, ...rest) => {
  if (!String(path).includes(DENIED_PATH)) return real(path, ...rest);
  left -= 1;
  if (left >= 0) return real(path, ...rest);
  const error = Object.assign(new Error(`${DENIED_CODE}: it is denied, open '${path}'`), { code: DENIED_CODE });
  if (owner === fs.promises) return Promise.reject(error);
  throw error;
};
syncBuiltinESMExports();
