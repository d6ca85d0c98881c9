// Loaded before the program. Kills it with SIGKILL at write boundary number KILL_AT in a run directory, and writes the
// name of the boundary to the file KILL_NOTE. KILL_IN selects the boundaries of the ledger or of the other files,
// because their relative order varies from run to run. The log is ignored, because nothing is read from it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';

const real = { ...fs, promisesOpen: fs.promises.open };
const killAt = Number(process.env.KILL_AT);
const SLOW_DISK_MS = 50;
let passed = 0;

function die(boundary) {
  real.writeFileSync(process.env.KILL_NOTE, boundary);
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

function isDue(files) {
  if (files !== process.env.KILL_IN) return false;
  passed += 1;
  return passed === killAt;
}

/** A moment at which the process may be killed. `writePartially` writes what would be on disk by then. */
function boundary(name, writePartially = () => undefined) {
  if (!isDue('files')) return;
  writePartially();
  die(name);
}

/** The same for the ledger, with a slow disk: anything that does not wait for the disk happens before the kill. */
async function ledgerBoundary(name, writePartially = () => undefined) {
  if (!isDue('ledger')) return;
  writePartially();
  await new Promise((resolve) => setTimeout(resolve, SLOW_DISK_MS));
  die(`ledger: ${name}`);
}

const inRun = (path) => basename(dirname(dirname(String(path)))) === 'runs' && !String(path).endsWith('log.ndjson');
/** The name of a file, without the parts of a draft's name that vary from run to run. */
const nameOf = (path) => basename(String(path)).replace(/(\.[0-9]+)+(\.tmp)?$/, '');
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
    await ledgerBoundary('before the torn line is removed');
    await truncate(length);
    written = length;
  };
  handle.datasync = async () => {
    await ledgerBoundary('written, before the sync');
    if (written > synced) {
      // After a power loss, bytes that were not synced are missing, or replaced by zeros.
      await ledgerBoundary('written, then lost', () => real.ftruncateSync(fd, synced));
      await ledgerBoundary('written, then replaced by zeros', () => {
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

/** The names of the files that are being written in run directories, by file descriptor. */
const writing = new Map();

function onOpened(path, flags, fd) {
  writing.delete(fd);
  if (!inRun(path) || flags === 'r' || flags === undefined) return;
  writing.set(fd, nameOf(path));
  boundary(`${nameOf(path)}: opened`);
}

fs.openSync = (path, flags, ...rest) => {
  const fd = real.openSync(path, flags, ...rest);
  onOpened(path, flags, fd);
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
  boundary(`${nameOf(path)}: half of a write in place`, () =>
    real.writeFileSync(path, half(Buffer.from(data)), ...rest),
  );
  real.writeFileSync(path, data, ...rest);
  boundary(`${nameOf(path)}: written in place`);
};
fs.renameSync = (from, to) => {
  if (inRun(to)) boundary(`${nameOf(to)}: before the rename`);
  real.renameSync(from, to);
  if (inRun(to)) boundary(`${nameOf(to)}: after the rename`);
};
fs.mkdirSync = (path, ...rest) => {
  const made = real.mkdirSync(path, ...rest);
  if (basename(dirname(String(path))) === 'runs') boundary('run directory: made');
  return made;
};

// The input is copied with a stream, which uses these functions.
fs.open = (path, flags, mode, callback) =>
  real.open(path, flags, mode, (error, fd) => {
    if (!error) onOpened(path, flags, fd);
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
