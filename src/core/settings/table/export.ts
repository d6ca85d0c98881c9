import { EXPORTING, type Rows, settingsOf } from './definition.ts';

const OF_CALL = { belongsTo: 'call', flagOnly: true } as const;

/** Which numbers of the account are exported. Those that have no filter are all of them. */
export const EXPORT_SETTINGS = settingsOf('Export', EXPORTING, {
  profile: { kind: 'text', value: 'PROFILE', text: 'only numbers on this profile: an id, a name, or none', ...OF_CALL },
  product: { kind: 'text', value: 'PRODUCT', text: 'only numbers with this product', ...OF_CALL },
  type: { kind: 'text', value: 'TYPE', text: 'only numbers of this type: longcode, tollfree or shortcode', ...OF_CALL },
  country: { kind: 'text', value: 'CODE', text: 'only numbers of this country: two letters, such as US', ...OF_CALL },
  contains: { kind: 'text', value: 'DIGITS', text: 'only numbers with these digits in a row', ...OF_CALL },
  tag: { kind: 'text', value: 'TAG', text: 'only numbers with this tag', ...OF_CALL },
  input: {
    kind: 'text',
    value: 'CSV',
    text: 'only the numbers of this CSV, in its order; its targets are ignored; - is standard input',
    path: 'as given',
    ...OF_CALL,
  },
  opt_outs: {
    kind: 'text',
    value: 'PROFILE',
    text: 'write the opt-outs of this profile, by id or name, instead of numbers',
    ...OF_CALL,
  },
} as const satisfies Rows);
