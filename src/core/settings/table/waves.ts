import { DAY_MS } from '../../text/duration.ts';
import { type FollowUp, PACED, PLANNING, type Rows, type Scope, settingsOf } from './definition.ts';

/**
 * They are made for the rows of one plan: a retry of a few of these rows, or an undo that should not wait, drops them.
 * Given again, they count.
 */
const droppedBy: readonly FollowUp[] = ['retry', 'undo'];

/** To undo an undo would set again what was to be taken back. */
const UNDOABLE: readonly Scope[] = PACED.filter((scope) => scope !== 'undo');

/** A part of the rows first, and the others only if that part stays as it should be. */
export const WAVE_SETTINGS = settingsOf('Waves', PACED, {
  waves: {
    kind: 'waves',
    value: 'LIST',
    text: 'send the rows in waves of these sizes, N or N% of the rows to send, separated by commas; the rest is the last wave; after each wave its rows are read back, and if one is not at its target the run stops (exit 6)',
    // A run that has started keeps its waves.
    scopes: PLANNING,
    droppedBy,
  },
  soak: {
    kind: 'duration',
    default: '0s',
    max: 7 * DAY_MS,
    text: 'with --waves: how long to wait after every wave but the last before its rows are read again',
    droppedBy,
  },
  gate: {
    kind: 'text',
    value: 'COMMAND',
    text: 'with --waves: a shell command that decides after every wave but the last; if it does not exit with 0, the run stops (exit 6)',
    droppedBy,
  },
  gate_timeout: {
    kind: 'duration',
    default: '5m',
    min: 1,
    max: DAY_MS,
    text: 'how long the gate may take; a longer one is ended, and the run stops (exit 6)',
    droppedBy,
  },
  undo_on_failure: {
    kind: 'boolean',
    text: 'undo what the run has changed, if a wave is not kept, the gate refuses it, too many rows fail, or a bulk order changes what it must not',
    scopes: UNDOABLE,
    consent: true,
    droppedBy,
  },
} as const satisfies Rows);
