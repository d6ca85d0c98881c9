import type { LedgerIndex } from '../../core/ledger/replay.ts';
import { visible } from '../../core/text/visible.ts';
import type { Reporting } from '../invocation.ts';
import { printProgress } from '../output.ts';
import type { Run } from '../run/open.ts';
import { inputFrom } from './input-of-run.ts';
import type { InputSource } from './input-source.ts';
import { draftUndo, planUndo } from './undo-plan.ts';

/** The input of an undo: the rows that a run has changed, with what their numbers had before. */
export function undoInput(source: Run, index: LedgerIndex, reporting: Reporting): InputSource {
  const { manifest, dir, shown } = source;
  const { force } = reporting.settings;
  return inputFrom(source, {
    path: null,
    where: `undo of ${visible(shown)}`,
    name: `undo-${manifest.name}`,
    source: { run_id: manifest.run_id, dir, only: '', undo: true },
    async copy(to) {
      const { rows, sha256 } = draftUndo(dir, index, to);
      if (rows === 0) {
        printProgress(reporting, `Run ${manifest.run_id} has changed nothing: there is nothing to undo.\n`);
      }
      return sha256;
    },
    plan: (to, signal, read) => planUndo(to, force, signal, read),
  });
}
