import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { shellWord } from '../../core/text/shell.ts';
import { readOwnFile, replaceOwnFile } from '../../io/own-file.ts';
import { makeDirectories } from '../../io/run/directory.ts';
import { UsageError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Run } from '../run/open.ts';
import { gateConsentPath } from '../run/state-directory.ts';

/** What a user has consented to: this command, for the run in this directory of this machine. */
function digestOf({ dir }: Run, gate: string): string {
  return createHash('sha256')
    .update(`${realpathSync(dir)}\n${gate}`)
    .digest('hex');
}

function isConsented(path: string, digest: string): boolean {
  try {
    return readOwnFile(path).trim() === digest;
  } catch {
    return false;
  }
}

/**
 * A gate is a command of a shell, and a run directory may come from elsewhere: a gate that run.json names runs only if
 * this user has given it for this run on this machine. Remembers one that this call gives. Throws UsageError.
 */
export function checkGate(run: Run, { settings, sources, context }: Invocation): void {
  const { gate, waves } = settings;
  if (gate === null || waves === null) return;
  const { run_id: id } = run.manifest;
  if (sources.gate !== 'run') {
    try {
      const path = gateConsentPath(settings, id, context);
      makeDirectories(dirname(path));
      replaceOwnFile(path, `${digestOf(run, gate)}\n`);
    } catch {
      // Without it, a later command asks for the flag again.
    }
    return;
  }
  if (isConsented(gateConsentPath(settings, id, context), digestOf(run, gate))) return;
  throw new UsageError(
    `the run directory names a gate, which was not given for it here; if that command may run, add --gate ${shellWord(gate)}`,
  );
}
