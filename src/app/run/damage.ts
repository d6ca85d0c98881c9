import { dirname } from 'node:path';
import { baseUrlFlags, planAgain } from '../../core/followup/next-command.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import { commandLine } from '../../core/text/shell.ts';
import { NotPlainFileError } from '../../io/own-file.ts';
import { loadManifest } from '../../io/run/directory.ts';
import { DamagedLedgerError } from '../../io/run/ledger-lines.ts';
import type { Context } from '../context.ts';
import { CommandError, UsageError } from '../errors.ts';
import { typedPath } from './open.ts';

/** Whether an error says that the files of a run cannot be trusted: no command may continue with it, or end it. */
export function isDamage(error: unknown): boolean {
  return error instanceof NotPlainFileError || error instanceof DamagedLedgerError;
}

function manifestOf(dir: string): Manifest | null {
  try {
    return loadManifest(dir);
  } catch {
    return null;
  }
}

/** The refusal of a run whose files cannot be trusted, with what to do; null for another error. */
export function damageRefusal(error: unknown, context: Context): CommandError | null {
  if (error instanceof NotPlainFileError) return new UsageError(error.message);
  if (!(error instanceof DamagedLedgerError)) return null;
  const dir = dirname(error.path);
  const { program } = context;
  const manifest = manifestOf(dir);
  const again = manifest === null ? null : planAgain(manifest, program);
  const flags = baseUrlFlags(manifest?.settings ?? {});
  const lines = [
    `${error.message}. What happened to the rows after that is not known, so nothing was sent.`,
    `  Put back a copy of the file. Without one, see what the account has: ${commandLine(program, 'verify', typedPath(context, dir), ...flags)}`,
    ...(again === null ? [] : [`  Then plan again, which reads the account: ${again}`]),
  ];
  return new CommandError(EXIT.refused, 'ledger_damaged', lines.join('\n'), again);
}
