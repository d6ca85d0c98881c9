import { DAY_MS, HOUR_MS } from '../../text/duration.ts';
import { CALLING, type Rows, settingsOf } from './definition.ts';

/** How fast rows are sent, and how often each is tried. */
export const PACE_SETTINGS = settingsOf('Pace and retry', CALLING, {
  rate: {
    kind: 'rate',
    default: 'auto',
    min: 0.001,
    max: 10_000,
    value: 'N|auto|off',
    text: 'at most N requests in any second, retries included; fractions allowed; auto starts at 5 and follows what the server allows; off only towards a loopback address',
  },
  reserve: {
    kind: 'integer',
    default: '20',
    max: 90,
    value: 'P',
    text: "with --rate auto: percent of the server's limit (places of a window, tokens of a bucket) that stay free for others at any moment",
  },
  concurrency: {
    kind: 'integer',
    min: 1,
    max: 1000,
    text: 'requests in flight at most; if not given, 2 x rate, at least 10, at most 200; 50 with auto',
  },
  max_attempts: {
    kind: 'integer',
    default: '5',
    min: 1,
    max: 100,
    text: 'attempts for a row, including the first; a 429 does not count',
  },
  timeout: {
    kind: 'duration',
    default: '10s',
    min: 1,
    max: HOUR_MS,
    text: 'time for one attempt, from connecting to the last byte',
  },
  retry_base: {
    kind: 'duration',
    default: '1s',
    min: 1,
    max: HOUR_MS,
    text: 'the longest wait after the first failure; it doubles with each failure, and the wait is a random part of it',
  },
  retry_max: {
    kind: 'duration',
    default: '60s',
    min: 1,
    max: DAY_MS,
    text: 'the longest wait between two attempts of a row, unless the server asks for more',
  },
  max_server_wait: {
    kind: 'duration',
    default: '15m',
    max: 7 * DAY_MS,
    text: 'the longest wait that the server may ask for, and the longest time of nothing but 429; beyond it the run stops (exit 6)',
  },
} as const satisfies Rows);
