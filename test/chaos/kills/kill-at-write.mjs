// Loaded before the program: kills it with SIGKILL at the KILL_AT-th write boundary in a run directory, and says into
// the file KILL_NOTE which one that was. KILL_IN counts those of the ledger or those of the other files: in which order
// the two come differs from run to run. The log is left out, as nothing is made of it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';

const real = { ...fs, promisesOpen: fs.promises.open };
const killAt = Number(process.env.KILL_AT);
const SLOW_DISK_MS = 50;
let passed = 0;

function die(what) {
  real.writeFileSync(process.env.KILL_NOTE, what);
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

function isDue(files) {
  if (files !== process.env.KILL_IN) return false;
  passed += 1;
  return passed === killAt;
}

/** One moment at which a process may die. `first` does what the disk would have got by then. */
function boundary(what, first = () => undefined) {
  if (!isDue('files')) return;
  first();
  die(what);
}

/** The same in the ledger, on a disk that is slow just then: whatever does not wait for it happens before the end. */
async function ledgerBoundary(what, first = () => undefined) {
  if (!isDue('ledger')) return;
  first();
  await new Promise((resolve) => setTimeout(resolve, SLOW_DISK_MS));
  die(`ledger: ${what}`);
}

const inRun = (path) => basename(dirname(dirname(String(path)))) === 'runs' && !String(path).endsWith('log.ndjson');
/** Without the parts of a draft's name that differ from run to run. */
const named = (path) => basename(String(path)).replace(/(\.[0-9]+)+(\.tmp)?$/, '');
const half = (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2));

fs.promises.open = async (path, ...rest) => {
  const handle = await real.promisesOpen(path, ...rest);
  if (!String(path).endsWith('ledger.ndjson')) return handle;
  const { fd } = handle;
  const append = handle.appendFile.bind(handle);
  const truncate = handle.truncate.bind(handle);
  const datasync = handle.datasync.bind(handle);
  let synced = real.fstatSync(fd).size;
  let written = synced;
  handle.appendFile = async (data) => {
    const bytes = Buffer.from(data);
    await ledgerBoundary('before a write');
    await ledgerBoundary('half of a write', () => real.writeSync(fd, half(bytes)));
    await append(data);
    written = real.fstatSync(fd).size;
  };
  handle.truncate = async (length) => {
    await ledgerBoundary('before the torn line is cut');
    await truncate(length);
    written = length;
  };
  handle.datasync = async () => {
    await ledgerBoundary('written, before the sync');
    if (written > synced) {
      // What a loss of power makes of bytes that were not synced: they are gone, or zeros stand in their place.
      await ledgerBoundary('written and lost', () => real.ftruncateSync(fd, synced));
      await ledgerBoundary('written, and zeros instead', () => {
        real.ftruncateSync(fd, synced);
        real.ftruncateSync(fd, written);
      });
    }
    await datasync();
    synced = written;
    await ledgerBoundary('after the sync');
  };
  return handle;
};

/** Names of the files of run directories that are being written, by their number. */
const writing = new Map();

function opened(path, flags, fd) {
  writing.delete(fd);
  if (!inRun(path) || flags === 'r' || flags === undefined) return;
  writing.set(fd, named(path));
  boundary(`${named(path)}: opened`);
}

fs.openSync = (path, flags, ...rest) => {
  const fd = real.openSync(path, flags, ...rest);
  opened(path, flags, fd);
  return fd;
};
fs.writeSync = (fd, data, ...rest) => {
  const name = writing.get(fd);
  if (name === undefined) return real.writeSync(fd, data, ...rest);
  boundary(`${name}: half of a write`, () => real.writeSync(fd, half(Buffer.from(data))));
  const bytes = real.writeSync(fd, data, ...rest);
  boundary(`${name}: written`);
  return bytes;
};
fs.fsyncSync = (fd) => {
  real.fsyncSync(fd);
  if (writing.has(fd)) boundary(`${writing.get(fd)}: after the sync`);
};
fs.writeFileSync = (path, data, ...rest) => {
  if (!inRun(path)) return real.writeFileSync(path, data, ...rest);
  boundary(`${named(path)}: half of a write in place`, () =>
    real.writeFileSync(path, half(Buffer.from(data)), ...rest),
  );
  real.writeFileSync(path, data, ...rest);
  boundary(`${named(path)}: written in place`);
};
fs.renameSync = (from, to) => {
  if (inRun(to)) boundary(`${named(to)}: before the rename`);
  real.renameSync(from, to);
  if (inRun(to)) boundary(`${named(to)}: after the rename`);
};
fs.mkdirSync = (path, ...rest) => {
  const made = real.mkdirSync(path, ...rest);
  if (basename(dirname(String(path))) === 'runs') boundary('run directory: made');
  return made;
};

// The copy of the input is a stream, which writes by these.
fs.open = (path, flags, mode, callback) =>
  real.open(path, flags, mode, (error, fd) => {
    if (!error) opened(path, flags, fd);
    callback(error, fd);
  });
for (const name of ['write', 'writev']) {
  fs[name] = (fd, data, ...rest) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : data;
    const file = writing.get(fd);
    if (file !== undefined) boundary(`${file}: half of a write`, () => real.writeSync(fd, half(bytes)));
    return real[name](fd, data, ...rest);
  };
}
syncBuiltinESMExports();
