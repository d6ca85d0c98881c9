import { FIELDS } from './header.ts';
import { MAKING, type Shape } from './setting-shape.ts';

/** The settings of how an input is read and which rows are taken. */
export const INPUT_SETTINGS = {
  map: {
    kind: 'map',
    default: null,
    group: 'Input',
    value: 'FIELD=COLUMN',
    text: `the column that holds a field (repeatable); fields: ${FIELDS.join(', ')}`,
    input: true,
    scopes: MAKING,
  },
  delimiter: {
    kind: 'delimiter',
    default: null,
    group: 'Input',
    value: 'CHAR',
    text: 'one of , ; | tab; found from the header line when not given',
    input: true,
    scopes: MAKING,
  },
  allow_unassign: {
    kind: 'boolean',
    default: 'false',
    group: 'Input',
    text: 'accept UNASSIGN in the profile column, which takes a number off its profile',
    consent: true,
    input: true,
    scopes: MAKING,
  },
  allow_rounded_ids: {
    kind: 'boolean',
    default: 'false',
    group: 'Input',
    text: 'accept ids that end in zeros from the 16th digit on',
    consent: true,
    input: true,
    scopes: MAKING,
  },
  skip_rejected: {
    kind: 'boolean',
    default: 'false',
    group: 'Input',
    text: 'go ahead with the good rows although some are rejected',
    consent: true,
    scopes: MAKING,
  },
  min_rows: {
    kind: 'integer',
    default: '0',
    min: 0,
    group: 'Input',
    value: 'N',
    text: 'refuse an input of fewer data rows (exit 8)',
    scopes: MAKING,
  },
  missing_input_ok: {
    kind: 'boolean',
    default: 'false',
    group: 'Input',
    text: 'exit 0 when the input file is not there (for cron)',
    scopes: MAKING,
  },
} as const satisfies Record<string, Shape>;
