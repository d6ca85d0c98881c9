import type { Summary } from '../results/summary.ts';
import { count, thousands } from '../text/text.ts';

/** The first line of the page: how it ended in a word and a sentence, and how good that is. */
export type Verdict = { tone: 'good' | 'warn' | 'bad' | 'plain'; word: string; sentence: string };

/** The parts of a sentence: `3 failed, 2 held`. */
function parts(counts: Summary['counts'], statuses: readonly (keyof Summary['counts'])[]): string {
  return statuses
    .filter((status) => counts[status] > 0)
    .map((status) => `${thousands(counts[status])} ${status}`)
    .join(', ');
}

const NOT_AT_TARGET = ['failed', 'unverified', 'held', 'rejected', 'unprocessed'] as const;

function plannedVerdict({ command, counts, plan, exit_code: exit }: Summary): Verdict {
  const change = plan?.change ?? 0;
  const odd = parts(counts, ['rejected', 'held']);
  if (command === 'verify') {
    const sentence =
      exit === 0 ? 'Every number is at its target.' : 'Not every number is at its target: see verify.csv.';
    return { tone: exit === 0 ? 'good' : 'warn', word: 'Compared', sentence: `${sentence} Nothing has been sent.` };
  }
  const sentence = change === 0 ? 'No number would be changed.' : `${count(change, 'number')} would be changed.`;
  const tone = odd === '' && exit === 0 ? 'plain' : 'warn';
  return { tone, word: 'Planned', sentence: `Nothing has been sent. ${sentence}${odd === '' ? '' : ` ${odd}.`}` };
}

function finishedVerdict({ counts, input, exit_code: exit }: Summary): Verdict {
  if (input.rows === 0) return { tone: 'plain', word: 'Finished', sentence: 'The input has no rows.' };
  const changed = count(counts.updated, 'number');
  const left = parts(counts, NOT_AT_TARGET);
  if (left !== '') {
    const rows = NOT_AT_TARGET.reduce((sum, status) => sum + counts[status], 0);
    const sentence = `${changed} changed; ${count(rows, 'row is not at its target', 'rows are not at their target')}: ${left}.`;
    return { tone: 'warn', word: 'Finished', sentence };
  }
  const tone = exit === 0 ? 'good' : 'warn';
  if (counts.updated === 0) return { tone, word: 'Finished', sentence: 'Every number was at its target already.' };
  const all = counts.unchanged > 0 ? `; ${thousands(counts.unchanged)} had it already` : '';
  return { tone, word: 'Finished', sentence: `${changed} changed. Every number is at its target${all}.` };
}

/** Of a run that stopped, and that --undo-on-failure has undone. */
function undoneVerdict({ run_id: id, exit_code: exit }: NonNullable<Summary['undo']>): Verdict {
  const by = id === null ? '' : ` by run ${id}`;
  if (exit === 0)
    return { tone: 'warn', word: 'Undone', sentence: `It stopped, and what it had changed was undone${by}.` };
  return { tone: 'bad', word: 'Stopped', sentence: `What it had changed was not undone completely${by}.` };
}

const UNPLANNED: Verdict = {
  tone: 'bad',
  word: 'Interrupted',
  sentence: 'It ended while it was planned. Nothing was sent.',
};

/** How a run stands, for a person who reads nothing else. */
export function verdictOf(summary: Summary): Verdict {
  const { state, counts } = summary;
  if (!summary.sum_ok) return { tone: 'bad', word: 'Error', sentence: 'The statuses do not add up: rows were lost.' };
  const left = counts.unprocessed + counts.unverified;
  if (summary.undo !== undefined) return undoneVerdict(summary.undo);
  const rest = `${count(counts.updated, 'number')} changed, ${thousands(left)} still to do.`;
  switch (state) {
    case 'planned':
      return plannedVerdict(summary);
    case 'finished':
      return finishedVerdict(summary);
    case 'paused':
      return { tone: 'warn', word: 'Paused', sentence: rest };
    case 'interrupted':
      if (summary.plan === null) return UNPLANNED;
      return { tone: 'bad', word: 'Interrupted', sentence: rest };
    case 'refused':
      return { tone: 'bad', word: 'Refused', sentence: 'No number was changed.' };
    case 'superseded':
      return { tone: 'plain', word: 'Superseded', sentence: `Another run has taken its rows. ${rest}` };
    case 'planning':
      return UNPLANNED;
    case 'running':
      return { tone: 'plain', word: 'Running', sentence: rest };
  }
}
