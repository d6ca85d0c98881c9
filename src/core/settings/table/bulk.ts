import { DAY_MS } from '../../text/duration.ts';
import { PACED, type Rows, settingsOf } from './definition.ts';

/** Many numbers with one request. */
export const BULK_SETTINGS = settingsOf('Bulk orders', PACED, {
  bulk: {
    kind: 'choice',
    choices: ['off', 'auto'],
    default: 'off',
    value: 'off|auto',
    text: 'auto: rows that only change their profile, to the same one, go by bulk orders if that takes fewer requests; every row is read back',
  },
  bulk_patience: {
    kind: 'duration',
    default: '5m',
    min: 1000,
    max: DAY_MS,
    text: 'with --bulk auto: how long an order may leave numbers pending; after that its rows wait for resume',
  },
} as const satisfies Rows);
