import type { SteeringSeen } from '../../core/ledger/steered.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { commandLine } from '../../core/text/shell.ts';
import { printable } from '../../core/text/text.ts';
import type { ControlAnswer, ControlRequest } from '../../io/control/messages.ts';
import { openControlServer } from '../../io/control/server.ts';
import { runFiles } from '../../io/run/directory.ts';
import { operatorName } from '../../io/user.ts';
import { fileErrorMessage, isFileError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { printProgress, warn } from '../output.ts';
import type { Run } from '../run/open.ts';
import { socketDirectory } from '../run/state-directory.ts';
import { obey, type Steerable } from './obey.ts';

const MAX_NAME_CHARACTERS = 60;

const now = () => new Date().toISOString();

/** The answer to a command that was obeyed and could not be written down, as on a full disk. */
function notSaved(error: unknown, run: Run, { context }: Reporting): ControlAnswer {
  if (!isFileError(error)) throw error;
  const message = `${fileErrorMessage('save the command', error)} See: ${commandLine(context.program, 'status', run.shown)}`;
  return { ok: false, exit: EXIT.internal, message };
}

/**
 * Opens the socket on which `ctl` steers a run, until it is closed. A run without one goes on, and says that `ctl` cannot
 * reach it.
 */
export async function openControl(
  run: Run,
  target: Steerable,
  reporting: Reporting,
): Promise<{ close: () => Promise<void> }> {
  try {
    const answer = ({ words, by }: ControlRequest) =>
      obey(words, { by: printable(by, MAX_NAME_CHARACTERS), at: now() }, target).catch((error) =>
        notSaved(error, run, reporting),
      );
    const shared = socketDirectory(reporting.settings, reporting.context);
    return await openControlServer(run.dir, runFiles(run.dir).control, answer, shared);
  } catch (error) {
    warn(reporting, fileErrorMessage('open the socket of ctl, so ctl cannot steer this run', error, ''));
    return { close: async () => undefined };
  }
}

/** Says what operators have asked for before this command: a pause ends with it, and held profiles stay held. */
export async function continueSteering(
  run: Run,
  { paused, held }: SteeringSeen,
  { record, logger }: Pick<Steerable, 'record' | 'logger'>,
  reporting: Reporting,
): Promise<void> {
  const { context } = reporting;
  if (paused !== null) {
    const text = `The run was paused by ${paused.by} at ${paused.at}. It goes on now.`;
    printProgress(reporting, `${text}\n`);
    const by = operatorName(context.env);
    await record({ type: 'steered', at: now(), by, command: 'resume', from: 'paused', to: 'sending' });
    logger.log('info', 'run.steered', text, { command: 'resume', from: 'paused', to: 'sending', by });
  }
  for (const [profile, { by, at }] of held) {
    const release = commandLine(context.program, 'ctl', run.shown, 'release', profile);
    printProgress(reporting, `Rows to ${profile} are held by ${by} since ${at}. Send them: ${release}\n`);
  }
}
