import { accessSync, closeSync, constants, fstatSync, openSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { visible } from '../../core/text/visible.ts';
import { isLastingFile, statusOf } from '../../io/file-status.ts';
import { expandHome } from '../../io/home.ts';
import { targetOf, tryToReplace } from '../../io/output-file.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readMetrics } from '../../io/watching/metrics-file.ts';
import { fileError, UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { isStdout } from '../output.ts';
import { type Run, typedPath } from './open.ts';

/** What a command works on, and must not write over: its input (`-`: standard input; null: no file), or its run. */
type Subject = { input: string | null } | { run: Run };

/** A file that an output must not be, what it is, and the flag that may name it all the same. */
type Taken = { what: string; place: string; usualOf?: string | undefined };

/** Identifies a file by what it is, or by where it would be. Throws what the file system throws. */
function placeOf(path: string): string {
  const status = statusOf(path);
  if (status !== null) return `${status.dev}:${status.ino}`;
  const target = targetOf(path);
  return join(realpathSync(dirname(target)), basename(target));
}

/** The same of a file that may not be there or not be readable: then nothing can be written over. */
function placesOf(what: string, path: string): Taken[] {
  try {
    return [{ what, place: placeOf(path) }];
  } catch {
    return [];
  }
}

function takenByStdin({ context: { stdin } }: Reporting): Taken[] {
  try {
    const status = fstatSync((stdin as { fd?: number }).fd ?? -1);
    return status.isFile() ? [{ what: 'the input itself', place: `${status.dev}:${status.ino}` }] : [];
  } catch {
    return [];
  }
}

/** The files that neither output may be. */
function takenFiles(subject: Subject, reporting: Reporting): Taken[] {
  const { env, cwd, jobFile } = reporting.context;
  const { TELNYX_API_KEY_FILE: keyFile = '' } = env;
  const taken = [
    ...(keyFile === '' ? [] : placesOf('the file of the API key', resolve(cwd, expandHome(keyFile, env)))),
    ...(jobFile === undefined ? [] : placesOf('the job file', jobFile)),
  ];
  if ('input' in subject) {
    const { input } = subject;
    if (input === null) return taken;
    return [...taken, ...(input === '-' ? takenByStdin(reporting) : placesOf('the input itself', resolve(cwd, input)))];
  }
  const { manifest, dir } = subject.run;
  for (const [role, path] of Object.entries(runFiles(dir))) {
    const usualOf = { results: '--results', report: '--out', log: '--log-file' }[role];
    for (const file of placesOf(`${basename(path)} of the run`, path)) taken.push({ ...file, usualOf });
  }
  return manifest.input.path === null ? taken : [...taken, ...placesOf('the input itself', manifest.input.path)];
}

/** Throws what the file system throws if an output could not be written later. Changes nothing. */
function tryOutput(flag: string, path: string): void {
  const status = statusOf(path);
  const fail = (code: string) => {
    throw Object.assign(new Error(code), { code });
  };
  if (status?.isDirectory() === true) fail('EISDIR');
  if (status?.isSocket() === true) fail('ENXIO');
  // A pipe must not be opened before it is written: its reader would take the end of this trial for its end.
  if (status !== null && !isLastingFile(path)) return;
  if (status !== null) closeSync(openSync(path, 'a'));
  const target = targetOf(path);
  if (flag !== '--log-file') tryToReplace(target);
  // The slash makes every version of Node refuse a file as a directory.
  else if (status === null) accessSync(`${dirname(target)}/`, constants.W_OK);
}

/**
 * Throws UsageError if --results, --out, --log-file or --metrics-file could not be written later, or would be written
 * over what the command works on. `more`: other outputs of the command, by what messages call them.
 */
export function checkOutputs(subject: Subject, reporting: Reporting, more: Record<string, string> = {}): void {
  const { settings, context } = reporting;
  const { results, out } = settings;
  const copies = { '--results': results, '--out': out };
  for (const [flag, file] of Object.entries(copies)) {
    if (isStdout(file) && settings.json) {
      throw new UsageError(`${flag} ${file} and --json cannot both write to standard output`);
    }
  }
  if (isStdout(settings.metrics_file)) throw new UsageError('--metrics-file needs a file, and - is none');
  const log = settings.log_file === '-' ? null : settings.log_file;
  const files = { '--log-file': log, ...copies, '--metrics-file': settings.metrics_file, ...more };
  const taken = takenFiles(subject, reporting);
  for (const [flag, file] of Object.entries(files)) {
    if (file === null || (flag !== '--log-file' && isStdout(file))) continue;
    const path = resolve(context.cwd, file);
    const shown = visible(typedPath(context, path));
    try {
      const place = placeOf(path);
      const other = taken.find((known) => known.place === place && known.usualOf !== flag);
      if (other !== undefined) throw new UsageError(`${flag} ${shown} is ${other.what}`);
      if (flag === '--metrics-file' && readMetrics(path) === null) {
        throw new UsageError(`${flag} ${shown} holds something else than the metrics of a run; choose another`);
      }
      tryOutput(flag, path);
      // A device, such as /dev/null, may be both.
      if (statusOf(path)?.isFile() !== false) taken.push({ what: `the file of ${flag} too`, place });
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw fileError(`write ${flag} ${shown}`, error, 'choose another');
    }
  }
}
