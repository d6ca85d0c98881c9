import { PACED, SENDING, type Shape } from './setting-shape.ts';

/** The settings that stop a run before a small mistake becomes a big one. */
export const GUARD_SETTINGS = {
  max_failures: {
    kind: 'limit',
    default: '5%',
    group: 'Guards',
    value: 'N|N%',
    text: 'stop (exit 6) when more rows than N fail for good, or more than N % of those sent and at least 20',
    scopes: PACED,
  },
  max_same_error: {
    kind: 'integer',
    default: '20',
    min: 1,
    group: 'Guards',
    value: 'N',
    text: 'stop (exit 6) after so many failures of one HTTP status and code with no row updated in between',
    scopes: PACED,
  },
  outage_patience: {
    kind: 'duration',
    default: '5m',
    min: 0,
    max: 86_400_000,
    group: 'Guards',
    value: 'DURATION',
    text: 'how long to probe an API that looks down before the run stops (exit 6)',
    scopes: PACED,
  },
  max_changes: {
    kind: 'limit',
    default: null,
    group: 'Guards',
    value: 'N|N%',
    text: 'refuse (exit 8), before anything is sent, a plan that changes more rows, or more percent of all rows',
    scopes: PACED.filter((scope) => scope !== 'resume'),
  },
  stop_after: {
    kind: 'integer',
    default: null,
    min: 1,
    group: 'Guards',
    value: 'N',
    text: 'send N rows, then pause (exit 10); resume sends the others: a canary',
    once: true,
    scopes: SENDING,
  },
  finish_by: {
    kind: 'finish',
    default: null,
    group: 'Guards',
    value: 'TIME',
    text: 'start no row after HH:MM (local), an RFC 3339 time, or +90m from the first write; then pause (exit 10)',
    once: true,
    scopes: PACED,
  },
} as const satisfies Record<string, Shape>;
