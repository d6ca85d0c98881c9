import { DAY_MS } from '../../text/duration.ts';
import { ASKING, CALLING, PACED, PLANNING, type Rows, SENDING, settingsOf } from './definition.ts';

/**
 * What stops a run before a small mistake becomes a big one. A guard that refuses a plan has the scopes PLANNING:
 * `resume` makes no plan, and the one that it continues was allowed. It is dropped by `retry` and `undo`, because a
 * limit for all rows of an input would be wrong for a plan of some of them: of these, 100 % change. Given again, it
 * counts.
 */
export const GUARD_SETTINGS = settingsOf('Guards', PACED, {
  force: {
    kind: 'boolean',
    text: 'also send numbers that were changed since the plan was made; overrides no other guard',
    scopes: SENDING,
    belongsTo: 'call',
    consent: true,
  },
  max_plan_age: {
    kind: 'duration',
    min: 1,
    max: 365 * DAY_MS,
    text: 'refuse an older saved plan (exit 8); if not given, 7d, or 24h for a plan made with --offline',
    scopes: ['plan', 'apply', 'run'],
  },
  expect_plan: {
    kind: 'digest',
    text: 'with RUN_DIR: send only the plan with this digest, which plan prints; refuse any other (exit 8)',
    scopes: ['apply', 'resume'],
    belongsTo: 'call',
    // It approves one plan. A variable would stay for the next one.
    flagOnly: true,
  },
  max_failures: {
    kind: 'limit',
    default: '5%',
    text: 'stop (exit 6) when more than N rows fail permanently, or more than N % of the rows sent and at least 20',
  },
  max_same_error: {
    kind: 'integer',
    default: '20',
    min: 1,
    text: 'stop (exit 6) after N failures with the same HTTP status and code and no row updated in between',
  },
  campaigns: {
    kind: 'boolean',
    text: 'read the 10DLC campaign of every US long code that changes, before the run and after it, and warn if one is lost or has changed: campaigns.csv',
    scopes: ASKING,
  },
  outage_patience: {
    kind: 'duration',
    default: '5m',
    max: DAY_MS,
    text: 'how long to probe an API that seems down before the run stops (exit 6), or reading the account fails (exit 7)',
    scopes: CALLING,
  },
  max_changes: {
    kind: 'limit',
    text: 'refuse (exit 8), before anything is sent, a plan that changes more rows, or more percent of all rows',
    scopes: PLANNING,
    droppedBy: ['retry', 'undo'],
  },
  stop_after: {
    kind: 'integer',
    min: 1,
    text: 'send N rows as a trial, then pause (exit 10); resume sends the rest',
    scopes: SENDING,
    belongsTo: 'call',
  },
  finish_by: {
    kind: 'finish',
    value: 'TIME',
    text: 'start no row after HH:MM (local), an RFC 3339 time, or +90m from the first write; then pause (exit 10)',
    belongsTo: 'call',
  },
} as const satisfies Rows);
