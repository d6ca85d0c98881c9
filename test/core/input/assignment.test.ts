import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantsOf, readAssignment, requestBody, rowValues } from '../../../src/core/input/assignment.ts';
import { cleanCell } from '../../../src/core/input/cell.ts';
import { readProfileRef } from '../../../src/core/input/target.ts';
import { anyText } from '../../support/any-text.ts';
import { ID, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

const COLUMNS = { phone_number_id: 0, phone_number: 1, messaging_profile_id: 2, messaging_product: 3 };
const STRICT = { unassign: false, roundedIds: false, online: false };

type Allowed = Parameters<typeof readAssignment>[2];
type Cells = { id?: string; phone?: string; profile?: string; product?: string };

/** One row, good unless a cell is given. */
function read({ id = ID, phone = '', profile = PROFILE, product = '' }: Cells, allowed = STRICT) {
  return readAssignment([id, phone, profile, product], COLUMNS, allowed);
}

describe('a good row', () => {
  it('is read as id, phone number, profile and product', () => {
    expect(read({ phone: PHONE, product: 'A2P' })).toEqual({
      id: ID,
      phoneNumber: PHONE,
      profile: PROFILE,
      product: 'A2P',
    });
  });

  it('keeps the product when its cell is empty, and the profile when its cell is empty', () => {
    expect(read({})).toEqual({ id: ID, phoneNumber: null, profile: PROFILE, product: null });
    expect(read({ profile: '', product: 'P2P' })).toMatchObject({ profile: null, product: 'P2P' });
  });

  it('treats white space alone as empty', () => {
    expect(read({ profile: ' \u00a0\u200b', product: 'P2P' })).toMatchObject({ profile: null, product: 'P2P' });
    expect(read({ product: '\t ' })).toMatchObject({ profile: PROFILE, product: null });
  });

  it('removes white space and the guards of spreadsheets from cells', () => {
    const cells = { id: `="${ID}"`, phone: `'${PHONE}`, profile: `\ufeff${PROFILE}\u200b`, product: ' A2P ' };
    expect(read(cells)).toEqual({ id: ID, phoneNumber: PHONE, profile: PROFILE, product: 'A2P' });
  });

  it('has its profile in lower case', () => {
    expect(read({ profile: PROFILE.toUpperCase() })).toMatchObject({ profile: PROFILE });
  });

  it.each(['UNASSIGN', 'unassign', 'UnAssign', " 'UNASSIGN "])('reads %j as unassign if that is allowed', (profile) => {
    expect(read({ profile }, { ...STRICT, unassign: true })).toMatchObject({ profile: 'UNASSIGN' });
  });

  it.each([
    '7',
    'a1',
    ID,
    PROFILE,
    'A_b-9',
    `1${'x'.repeat(63)}`,
    '123456789',
    '1234567890123456',
    '1293384261075730',
    '129338426107573001',
    '123456789012345600',
    'a12933842610757300',
    // Almost a phone number.
    '2-800-555-0001',
    '11-800-555-0001',
    '80-555-0001',
    '800-55-0001',
    '800-555-00012',
    '800-5550001',
    '800_555_0001',
    'a800-555-0001',
    '800-555-0001a',
  ])('may have the id %s', (id) => {
    expect(read({ id })).toMatchObject({ id });
  });

  it.each(['Unknown', 'TBA', 'n_a', 'as-is', 'no_change', 'UNASSIGNED', 'WAHR', '-nan'])(
    'has no product %s',
    (product) => {
      expect(read({ product })).toMatchObject({ code: 'ambiguous_cell' });
    },
  );

  it.each(['A2P', 'a', '.', '-x', 'a_b.c-d', 'x'.repeat(64)])('may have the product %s', (product) => {
    expect(read({ product })).toMatchObject({ product });
  });

  it.each(['+12', '+18005550001', '+491701234567', '+123456789012345'])('may have the phone number %s', (phone) => {
    expect(read({ phone })).toMatchObject({ phoneNumber: phone });
  });

  it('needs no columns but the id and one target', () => {
    const columns = { phone_number_id: 1, messaging_product: 0 };
    expect(readAssignment(['A2P', ID], columns, STRICT)).toEqual({
      id: ID,
      phoneNumber: null,
      profile: null,
      product: 'A2P',
    });
  });
});

const scientific = ['1.29338E+18', '1,29338E+18', '1.29338e18', '1E+18', '1e5', '12.5E+018'];
const phoneLike = [PHONE, '+1', '18005550001', '1234567890', '123456789012345', '+12345678901234567890'];
const rounded = ['12933842610757300', '1293384261075730000', '12345678901234500000'];
const badIds = [
  'a/b',
  '../x',
  '-a',
  '_a',
  'a b',
  'a?b',
  'a%2Fb',
  'é',
  '１２',
  'x'.repeat(65),
  '1.5',
  'a.b',
  'a+1',
  '+1x',
  '++1',
  '(800) 5',
  '(800)555-0001',
  '+2 800 555 0001',
  '800 555 00012',
  '800  555 0001',
];
const nothings = ['null', 'None', 'NIL', 'n/a', '-', 'undefined', '""', "''"];
const badProfiles = [
  'x',
  'A2P',
  ID,
  `${PROFILE}0`,
  PROFILE.slice(1),
  `{${PROFILE}}`,
  PROFILE.replaceAll('-', ''),
  '#REF!',
];
const badProducts = [
  'A 2P',
  'x'.repeat(65),
  'a/b',
  'é',
  '#REF!',
  'UNASSIGN',
  'unassign',
  PROFILE,
  PROFILE.toUpperCase(),
];
const badPhones = ['18005550001', '+08005550001', '+1 800 555 0001', '+1', '+1234567890123456', 'null', PROFILE, ID];
const rejected: [code: string, cells: Cells[]][] = [
  ['missing_id', [{ id: '' }, { id: ' \u00a0' }, { id: '=""' }]],
  ['bad_id', badIds.map((id) => ({ id }))],
  ['id_in_scientific_notation', scientific.map((id) => ({ id }))],
  ['id_looks_rounded', rounded.map((id) => ({ id }))],
  ['id_is_a_phone_number', phoneLike.map((id) => ({ id }))],
  ['bad_profile_id', badProfiles.map((profile) => ({ profile }))],
  ['bad_product', badProducts.map((product) => ({ product }))],
  ['bad_phone_number', badPhones.map((phone) => ({ phone }))],
  ['ambiguous_cell', nothings.flatMap((cell) => [{ id: cell }, { profile: cell }, { product: cell }])],
  ['nothing_to_change', [{ profile: '' }, { profile: ' ', product: '\u00a0' }]],
  ['unassign_not_allowed', [{ profile: 'UNASSIGN' }, { profile: 'unassign' }]],
];
const each = rejected.flatMap(([code, rows]) => rows.map((cells) => ({ code, cells, text: JSON.stringify(cells) })));

describe('a rejected row', () => {
  it.each(each)('is $code for $text', ({ code, cells }) => {
    expect(read(cells)).toMatchObject({ code });
  });

  it.each([
    [{ id: 'null' }, 'phone_number_id "null" is not an id; write the id of the number'],
    [
      { id: '1.29338E+18' },
      'phone_number_id "1.29338E+18" was shortened by a spreadsheet; export that column as text (format it as text before the values are put in)',
    ],
    [
      { id: '(800) 555-0001' },
      'phone_number_id "(800) 555-0001" looks like a phone number; the id of a number has about 19 digits; if its column holds phone numbers, pass --map phone_number=COLUMN, without --offline',
    ],
    [
      { id: '1293384261075730000' },
      'phone_number_id "1293384261075730000" ends in zeros as if a spreadsheet had rounded it; export that column as text (format it as text before the values are put in), or pass --allow-rounded-ids',
    ],
    [
      { id: '+18005550001' },
      'phone_number_id "+18005550001" looks like a phone number; the id of a number has about 19 digits; if its column holds phone numbers, pass --map phone_number=COLUMN, without --offline',
    ],
    [
      { id: '1293384261075731499.0' },
      'phone_number_id "1293384261075731499.0" has a decimal point: it was saved as a number, which keeps about 16 digits, so the last ones may be wrong; export that column as text (format it as text before the values are put in)',
    ],
    [{ id: 'abc' }, 'phone_number_id "abc" has no digit, so it is not the id of a number'],
    [
      { phone: '4.4E+11' },
      'phone_number "4.4E+11" was shortened by a spreadsheet, which lost digits; export that column as text (format it as text before the values are put in)',
    ],
    [
      { phone: '(800) 555-0001' },
      'phone_number "(800) 555-0001" is not in the form +18005550001 (E.164); without --offline, the account can confirm other spellings',
    ],
    [
      { id: '1293384261\u2011075731499' },
      'phone_number_id "1293384261\\u2011075731499" is not an id: a letter or digit, then letters, digits, - and _, at most 64 in all; character 11 is U+2011 (a non-breaking hyphen)',
    ],
    [
      { profile: `${PROFILE.slice(0, -1)}\uff11` },
      `messaging_profile_id "${PROFILE.slice(0, -1)}\\uff11" is neither a UUID nor UNASSIGN; character 36 is U+FF11 (a full-width character)`,
    ],
    [
      { product: '\u04102P' },
      'messaging_product "\\u04102P" is not a product id such as A2P; character 1 is U+0410 (a Cyrillic letter)',
    ],
    [
      { id: 'a/b' },
      'phone_number_id "a/b" is not an id: a letter or digit, then letters, digits, - and _, at most 64 in all',
    ],
    [
      { profile: 'UNASSIGN' },
      'UNASSIGN takes the number off its profile and stops its messages; pass --allow-unassign if that is meant',
    ],
  ])('says what is wrong and what to do: %j', (cells, text) => {
    expect(read(cells)).toMatchObject({ text });
  });

  it('says how to write what an ambiguous cell may have meant', () => {
    expect(read({ profile: 'null' })).toEqual({
      code: 'ambiguous_cell',
      text: 'messaging_profile_id "null" is ambiguous: leave the cell empty to keep the value, or write UNASSIGN in the profile column to remove it',
    });
    expect(read({ product: 'N/A' })).toEqual({
      code: 'ambiguous_cell',
      text: 'messaging_product "N/A" is ambiguous: leave the cell empty to keep the product',
    });
  });

  it('has a rounded id, unless rounded ids are allowed', () => {
    const id = '1293384261075730000';
    expect(read({ id }, { ...STRICT, roundedIds: true })).toMatchObject({ id });
    expect(read({ id: `${'1'.repeat(15)}${'0'.repeat(50)}` }, { ...STRICT, roundedIds: true })).toMatchObject({
      code: 'bad_id',
    });
  });

  it.each(['unaßign', 'unaſſign', 'una\u017fsıgn', 'UNASSIGN!'])(
    'has the profile %j, even if unassign is allowed',
    (profile) => {
      expect(read({ profile }, { ...STRICT, unassign: true })).toMatchObject({ code: 'bad_profile_id' });
    },
  );

  it('is rejected when columns are swapped', () => {
    expect(read({ id: PROFILE, profile: ID })).toMatchObject({ code: 'bad_profile_id' });
    expect(read({ id: PHONE, phone: ID })).toMatchObject({ code: 'id_is_a_phone_number' });
    expect(read({ profile: 'A2P', product: PROFILE })).toMatchObject({ code: 'bad_profile_id' });
    expect(read({ profile: '', product: OTHER_PROFILE })).toMatchObject({ code: 'bad_product' });
  });

  it('has the code of its first error and the texts of all of them', () => {
    expect(read({ id: '', phone: '555', profile: 'x', product: 'a b' })).toEqual({
      code: 'missing_id',
      text: [
        'phone_number_id is empty',
        'messaging_profile_id "x" is neither a UUID nor UNASSIGN',
        'messaging_product "a b" is not a product id such as A2P',
        'phone_number "555" is not in the form +18005550001 (E.164)',
      ].join('; '),
    });
    expect(read({ id: '', profile: '' })).toEqual({
      code: 'missing_id',
      text: 'phone_number_id is empty; both targets are empty, and an empty cell keeps the value; give a profile or a product, or drop the row',
    });
  });

  it('shows control characters of a cell as text', () => {
    expect(read({ id: 'a\u001b[2Jb' })).toMatchObject({ text: expect.stringContaining('"a\\x1b[2Jb"') });
  });
});

const NAMED = { ...COLUMNS, messaging_profile_name: 4 };
const ONLINE = { ...STRICT, online: true };

/** One row of a file that may name its profile, good unless a cell is given. */
function readNamed(
  { id = ID, phone = '', profile = '', product = '', name = 'Support' }: Cells & { name?: string },
  allowed: Allowed = ONLINE,
) {
  return readAssignment([id, phone, profile, product, name], NAMED, allowed);
}

/** The id and name of the profile that a row asks for; null if it does not ask by name. */
function refOf(row: ReturnType<typeof readNamed>) {
  return 'code' in row || row.profile === null ? null : readProfileRef(row.profile);
}

describe('a row of a file for which the account is read', () => {
  it('may name its number by its phone number alone', () => {
    expect(readNamed({ id: '', phone: PHONE, profile: PROFILE, name: '' })).toEqual({
      id: '',
      phoneNumber: PHONE,
      profile: PROFILE,
      product: null,
    });
    expect(readNamed({ id: '', phone: PHONE, profile: PROFILE, name: '' }, STRICT)).toMatchObject({
      code: 'missing_id',
    });
  });

  it('needs an id or a phone number, and both must be good', () => {
    expect(readNamed({ id: '' })).toEqual({ code: 'missing_id', text: 'phone_number_id is empty' });
    expect(readNamed({ id: '', phone: '555' })).toMatchObject({ code: 'bad_phone_number' });
    expect(readNamed({ id: 'null', phone: PHONE })).toMatchObject({ code: 'ambiguous_cell' });
    expect(readNamed({ id: PHONE, phone: PHONE })).toMatchObject({ code: 'id_is_a_phone_number' });
  });

  it('may spell its phone number in any way, for the account to confirm', () => {
    expect(readNamed({ phone: '(800) 555-0001' })).toMatchObject({ phoneNumber: '(800) 555-0001' });
    expect(readNamed({ id: '', phone: '18005550001' })).toMatchObject({ id: '', phoneNumber: '18005550001' });
    expect(readNamed({ id: '', phone: '1.8E+10' })).toMatchObject({ code: 'bad_phone_number' });
  });

  it('may have an id without a digit, but not in the sandbox, which would confirm it', () => {
    expect(readNamed({ id: 'abc' })).toMatchObject({ id: 'abc' });
    expect(readNamed({ id: 'abc' }, { ...ONLINE, sandbox: true })).toMatchObject({ code: 'bad_id' });
  });

  it('names the option for a column that does not hold phone numbers', () => {
    const rejected = (phone: string) => readNamed({ phone }, { ...STRICT, guessedPhoneColumn: 'Number' });
    expect(rejected('7')).toMatchObject({
      text: expect.stringContaining('(E.164); if the column "Number" holds something else, pass --map phone_number='),
    });
    expect(rejected('18005550001')).toMatchObject({ text: expect.not.stringContaining('--map') });
  });

  it('names the option for a column of phone numbers, ready to be pasted', () => {
    const row = readNamed({ id: PHONE }, { ...ONLINE, idColumn: 'Number ID' });
    expect(row).toMatchObject({ text: expect.stringMatching(/pass --map 'phone_number=Number ID'$/) });
  });

  it('may name its profile by its name, with the id beside it or without', () => {
    expect(refOf(readNamed({ name: ' Support, "EU" ' }))).toEqual({ id: '', name: 'Support, "EU"' });
    expect(refOf(readNamed({ profile: PROFILE.toUpperCase() }))).toEqual({ id: PROFILE, name: 'Support' });
    expect(readNamed({ name: '', product: 'A2P' })).toMatchObject({ profile: null, product: 'A2P' });
  });

  it.each(['null', 'None', '-', '""'])('may not have the ambiguous name %s', (name) => {
    expect(readNamed({ name })).toEqual({
      code: 'ambiguous_cell',
      text: `messaging_profile_name "${name}" is ambiguous: leave the cell empty to keep the value, or write UNASSIGN in the profile column to remove it`,
    });
  });

  it('says UNASSIGN in the column of names as in that of ids', () => {
    expect(readNamed({ name: 'Unassign' })).toMatchObject({ code: 'unassign_not_allowed' });
    for (const online of [false, true]) {
      const allowed = { ...STRICT, online, unassign: true };
      expect(readNamed({ name: 'unassign' }, allowed)).toMatchObject({ profile: 'UNASSIGN' });
      expect(readNamed({ name: 'unassign', profile: 'UNASSIGN' }, allowed)).toMatchObject({ profile: 'UNASSIGN' });
    }
  });

  it.each([
    ['UNASSIGN', 'Support'],
    [PROFILE, 'UNASSIGN'],
  ])('may not say %s in the column of ids and %s in that of names', (profile, name) => {
    const text = `messaging_profile_id is "${profile}", and messaging_profile_name is "${name}"; keep one of them`;
    expect(readNamed({ profile, name }, { ...ONLINE, unassign: true })).toEqual({
      code: 'ambiguous_profile_name',
      text,
    });
    expect(readNamed({ profile, name }, { ...STRICT, unassign: true })).toMatchObject({ code: expect.any(String) });
    expect(readNamed({ profile, name })).toMatchObject({ code: 'unassign_not_allowed' });
  });

  it('cannot be looked up with --offline', () => {
    const text = 'messaging_profile_name "Support" can only be found in the account, which --offline does not read';
    expect(readNamed({}, STRICT)).toEqual({ code: 'unknown_profile', text });
    expect(readNamed({ profile: PROFILE }, STRICT)).toEqual({ code: 'unknown_profile', text });
  });
});

describe('the values of a row', () => {
  it('are empty for a missing cell or column', () => {
    expect(rowValues([` ${ID} `], { phone_number_id: 0, messaging_product: 1 })).toEqual({
      phone_number_id: ID,
      phone_number: '',
      messaging_profile_id: '',
      messaging_product: '',
      messaging_profile_name: '',
    });
  });
});

describe('the request', () => {
  it.each([
    [{ profile: PROFILE, product: null }, `{"messaging_profile_id":"${PROFILE}"}`],
    [{ profile: null, product: 'A2P' }, '{"messaging_product":"A2P"}'],
    [{ profile: PROFILE, product: 'A2P' }, `{"messaging_profile_id":"${PROFILE}","messaging_product":"A2P"}`],
    [{ profile: 'UNASSIGN', product: null }, '{"messaging_profile_id":""}'],
  ])('for %j is %s', (target, json) => {
    expect(JSON.stringify(requestBody(target))).toBe(json);
  });

  const anyCell = fc.oneof(
    anyText(10),
    fc.string({ unit: fc.constantFrom(...' \u00a0\u200b\'"=unassign-UNASSIGN'), maxLength: 12 }),
    fc.constantFrom('', 'UNASSIGN', ' unassign', PROFILE, 'null', '=""', "''", 'A2P'),
  );

  it('unassigns for the word UNASSIGN only, whatever else the cells hold', () => {
    fc.assert(
      fc.property(anyCell, anyCell, (profile, product) => {
        const row = read({ profile, product }, { unassign: true, roundedIds: true, online: false });
        if ('code' in row) return;
        const body = requestBody(row);
        if (body.messaging_profile_id === '') expect(profile).toMatch(/unassign/i);
        expect(body.messaging_product).not.toBe('');
        expect(Object.values(body)).not.toContain(null);
      }),
      { numRuns: 500 },
    );
  });

  it('unassigns for that word in a column of names too, and never has a name in it that was not looked up', () => {
    fc.assert(
      fc.property(anyCell, anyCell, fc.boolean(), (profile, name, online) => {
        const row = readNamed({ profile, name, product: 'A2P' }, { unassign: true, roundedIds: true, online });
        if ('code' in row) return;
        if (row.profile === 'UNASSIGN') {
          expect([profile, name].some((cell) => /unassign/i.test(cell))).toBe(true);
          for (const cell of [profile, name]) expect(['', 'unassign']).toContain(cleanCell(cell).toLowerCase());
          return;
        }
        if (refOf(row) !== null) expect(online).toBe(true);
        else if (row.profile !== null) expect(row.profile).toMatch(/^[0-9a-f-]{36}$/);
      }),
      { numRuns: 500 },
    );
  });

  it('has no id that could change the path of its URL', () => {
    const id = fc.oneof(anyText(8), fc.string({ unit: fc.constantFrom(...'a1-_./%?#') }));
    fc.assert(
      fc.property(id, (text) => {
        const row = read({ id: text });
        if ('code' in row) return;
        expect(encodeURIComponent(row.id)).toBe(row.id);
        expect(row.id).not.toMatch(/^[-_]/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the targets of every row', () => {
  it('are an id, a name or UNASSIGN, and a product, by the columns that they stand for', () => {
    expect(constantsOf({})).toEqual({});
    expect(constantsOf({ to_profile: null, to_product: null })).toEqual({});
    expect(constantsOf({ to_profile: PROFILE, to_product: 'A2P' })).toEqual({
      messaging_profile_id: PROFILE,
      messaging_product: 'A2P',
    });
    expect(constantsOf({ to_profile: 'UNASSIGN' })).toEqual({ messaging_profile_id: 'UNASSIGN' });
    expect(constantsOf({ to_profile: 'Support' })).toEqual({ messaging_profile_name: 'Support' });
  });

  it('are read as if each row had them in a column', () => {
    const constants = constantsOf({ to_profile: OTHER_PROFILE, to_product: 'P2P' });
    const columns = { phone_number_id: 0 };
    expect(readAssignment([ID, 'A2P'], columns, { ...STRICT, constants })).toEqual({
      id: ID,
      phoneNumber: null,
      profile: OTHER_PROFILE,
      product: 'P2P',
    });
    const unassign = readAssignment([ID], columns, { ...STRICT, constants: constantsOf({ to_profile: 'UNASSIGN' }) });
    expect(unassign).toMatchObject({ code: 'unassign_not_allowed' });
  });
});
