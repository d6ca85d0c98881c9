import { FIELDS } from '../../input/header.ts';
import { MAKING, PLANNING, READING, type Rows, settingsOf, WITH_COLUMNS } from './definition.ts';

/** How an input is read, and which of its rows are accepted. */
export const INPUT_SETTINGS = settingsOf('Input', READING, {
  map: {
    kind: 'map',
    value: 'FIELD=COLUMN',
    text: `the column that holds a field, or FIELD= if none does (repeatable); fields: ${FIELDS.join(', ')}`,
    repeatable: true,
    scopes: WITH_COLUMNS,
    belongsTo: 'plan',
    droppedBy: ['undo'],
  },
  to_profile: {
    kind: 'profile',
    value: 'ID|NAME|UNASSIGN',
    text: 'the target profile of every row, in place of a column',
    belongsTo: 'plan',
    droppedBy: ['undo'],
  },
  to_product: {
    kind: 'product',
    value: 'PRODUCT',
    text: 'the target product of every row, in place of a column',
    belongsTo: 'plan',
    droppedBy: ['undo'],
  },
  number: {
    kind: 'phones',
    value: 'E164',
    text: 'a phone number in place of an input (repeatable, at most 100); needs --to-profile or --to-product',
    max: 100,
    scopes: ['plan', 'apply', 'verify'],
    repeatable: true,
    belongsTo: 'plan',
    droppedBy: ['retry', 'undo'],
    flagOnly: true,
  },
  delimiter: {
    kind: 'delimiter',
    value: 'CHAR',
    text: 'one of , ; | tab; if not given, found from the header line',
    scopes: WITH_COLUMNS,
    belongsTo: 'plan',
    droppedBy: ['retry', 'undo'],
  },
  allow_unassign: {
    kind: 'boolean',
    text: 'accept UNASSIGN in the profile column, which takes a number off its profile',
    belongsTo: 'plan',
    consent: true,
  },
  allow_rounded_ids: {
    kind: 'boolean',
    text: 'accept ids that look as if a spreadsheet or program had rounded them',
    belongsTo: 'plan',
    consent: true,
  },
  offline: {
    kind: 'boolean',
    text: 'do not read the account before the run: no diff, no check of targets, every good row is sent',
    scopes: MAKING,
    belongsTo: 'plan',
    droppedBy: ['undo'],
  },
  strict: {
    kind: 'boolean',
    text: 'refuse a plan that has warnings (exit 8); with --campaigns and with verify, exit 4 for what is found afterwards',
    scopes: [...PLANNING, 'resume', 'verify'],
    droppedBy: ['undo'],
  },
  skip_rejected: {
    kind: 'boolean',
    text: 'send the good rows even if others are rejected',
    scopes: MAKING,
    droppedBy: ['retry', 'undo'],
    consent: true,
  },
  min_rows: {
    kind: 'integer',
    default: '0',
    text: 'refuse an input with fewer data rows (exit 8)',
    scopes: MAKING,
    droppedBy: ['retry', 'undo'],
  },
  missing_input_ok: {
    kind: 'boolean',
    text: 'exit 0 if the input file does not exist (for cron)',
    droppedBy: ['plan'],
  },
} as const satisfies Rows);
