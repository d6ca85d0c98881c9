import { VERDICTS, type Verdict, type VerifiedRow } from '../../core/followup/verify.ts';

/** Takes the rows of one pass after another, and calls `onChange` for those with another verdict than before. */
export function createChangeDetector(rows: number, onChange: (checked: VerifiedRow, before: Verdict) => void) {
  // Verdicts are counted from 1; 0 is a row that has none yet.
  const last = new Uint8Array(rows + 1);
  return (checked: VerifiedRow) => {
    const { row } = checked.entry;
    const verdict = VERDICTS.indexOf(checked.verdict) + 1;
    const before = last[row] as number;
    last[row] = verdict;
    if (before !== 0 && before !== verdict) onChange(checked, VERDICTS[before - 1] as Verdict);
  };
}

/** Takes the rows of one pass after another, and calls `onChange` for those whose success ratio fell, or is back. */
export function createFallDetector(rows: number, onChange: (checked: VerifiedRow) => void) {
  const hadFallen = new Uint8Array(rows + 1);
  return (checked: VerifiedRow) => {
    const { ratios, entry } = checked;
    // Without messages now, nothing is known of it.
    if (ratios === undefined || ratios.now === null) return;
    const before = hadFallen[entry.row] === 1;
    hadFallen[entry.row] = ratios.hasFallen ? 1 : 0;
    if (ratios.hasFallen !== before) onChange(checked);
  };
}
