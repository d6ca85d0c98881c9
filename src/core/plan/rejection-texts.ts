import { type PlanEntry, planCells } from './entry.ts';

/** How many characters the texts of rejected rows may take in a plan: those of about 100,000 rows. */
export const MAX_REJECTION_CHARACTERS = 8 * 1024 * 1024;

/**
 * Makes the cells of a plan's entries. Beyond a limit, rejected rows keep their reason and have no text: it would be in
 * plan.csv, results.csv and failed.csv, and take fifty times the space of the rows.
 */
export function createLimitedCells(maxCharacters = MAX_REJECTION_CHARACTERS) {
  let characters = 0;
  let withoutText = 0;
  return {
    of(entry: PlanEntry): string[] {
      if (entry.action !== 'rejected') return planCells(entry);
      characters += entry.note.length;
      if (characters <= maxCharacters) return planCells(entry);
      withoutText += 1;
      return planCells({ ...entry, note: '' });
    },
    /** How many rejected rows have no text. */
    withoutText: () => withoutText,
  };
}
