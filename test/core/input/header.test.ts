import { describe, expect, it } from 'vitest';
import {
  columnNames,
  constantConflict,
  type Field,
  knownFields,
  mapHeader,
  normalName,
} from '../../../src/core/input/header.ts';

describe('the name of a column', () => {
  it.each([
    ['Phone Number ID', 'phonenumberid'],
    ['phone_number-id', 'phonenumberid'],
    ['\ufeff PRODUCT\u00a0', 'product'],
    ['="id"', 'id'],
    ['_-_', ''],
  ])('%j counts as %j', (name, normal) => {
    expect(normalName(name)).toBe(normal);
  });
});

describe('the columns of a header', () => {
  const known: [Field, string[]][] = [
    ['phone_number_id', ['phone_number_id', 'id', 'number_id', 'ID', 'Number ID', 'numberId', 'Phone-Number-Id']],
    [
      'messaging_profile_id',
      ['messaging_profile_id', 'profile_id', 'target_messaging_profile_id', 'Profile ID', 'TargetMessagingProfileId'],
    ],
    ['messaging_product', ['messaging_product', 'product', 'target_messaging_product', 'Messaging Product', 'PRODUCT']],
    [
      'phone_number',
      ['phone_number', 'Phone Number', 'phone-number', 'phonenumber', 'number', 'E164', 'number_val_e164'],
    ],
    [
      'messaging_profile_name',
      ['messaging_profile_name', 'profile_name', 'target_messaging_profile_name', 'Profile Name', 'ProfileName'],
    ],
  ];
  const each = known.flatMap(([field, names]) => names.map((name) => ({ field, name })));

  it.each(each)('$name is $field', ({ field, name }) => {
    const rest = known.filter(([other]) => other !== field).map(([other]) => other);
    for (const online of [false, true]) {
      const mapped = mapHeader(['note', ...rest, name], {}, 1, { online });
      expect(mapped).toMatchObject({ columns: { [field]: 5 } });
    }
  });

  it('are found in any order; columns that are none of them are ignored and may repeat', () => {
    expect(mapHeader(['note', 'product', 'note', 'id', '', ''], {}, 1, { online: false })).toEqual({
      columns: { messaging_product: 1, phone_number_id: 3 },
    });
  });

  it('need the id and one target', () => {
    expect(mapHeader(['id', 'profile_id'], {}, 1, { online: false })).toEqual({
      columns: { phone_number_id: 0, messaging_profile_id: 1 },
    });
    expect(mapHeader(['id', 'product'], {}, 1, { online: false })).toEqual({
      columns: { phone_number_id: 0, messaging_product: 1 },
    });
  });

  it('need no more than the phone number and the name of a profile when the account is read', () => {
    expect(mapHeader(['Phone Number', 'Profile Name'], {}, 1, { online: true })).toEqual({
      columns: { phone_number: 0, messaging_profile_name: 1 },
    });
    expect(mapHeader(['phone_number', 'product'], {}, 1, { online: true })).toEqual({
      columns: { phone_number: 0, messaging_product: 1 },
    });
    expect(mapHeader(['id', 'profile_name'], {}, 1, { online: true })).toEqual({
      columns: { phone_number_id: 0, messaging_profile_name: 1 },
    });
  });

  it('can be named by --map, in any spelling of the name, instead of the names that are known', () => {
    const map = { phone_number_id: 'Rufnummer', messaging_profile_id: 'new profile' };
    expect(mapHeader(['id', 'profile_id', 'RUFNUMMER', 'New_Profile'], map, 1, { online: false })).toEqual({
      columns: { phone_number_id: 2, messaging_profile_id: 3 },
    });
  });

  it('--map takes its column away from the field that it is known for', () => {
    expect(mapHeader(['id', 'product', 'number'], { phone_number: 'ID' }, 1, { online: true })).toEqual({
      columns: { phone_number: 0, messaging_product: 1 },
    });
    expect(
      mapHeader(['Phone Number', 'id', 'product'], { phone_number_id: 'phone_number' }, 1, { online: false }),
    ).toEqual({
      columns: { phone_number_id: 0, messaging_product: 2 },
    });
  });

  it('--map says that a field has no column', () => {
    const header = ['id', 'product', 'number', 'pr\u043efile_id'];
    const map = { phone_number: '', messaging_profile_id: '' };
    expect(mapHeader(header, map, 1, { online: false })).toEqual({
      columns: { phone_number_id: 0, messaging_product: 1 },
    });
  });

  it('--map chooses one of two columns that mean the same field', () => {
    const header = ['id', 'number_id', 'product'];
    expect(mapHeader(header, { phone_number_id: 'number_id' }, 1, { online: false })).toEqual({
      columns: { phone_number_id: 1, messaging_product: 2 },
    });
  });
});

describe('a header that does not say which column is which', () => {
  it.each([
    [
      'no name that is known',
      ['1293384261075731499', 'A2P'],
      {},
      'no_header',
      'the first line names none of the columns phone_number_id, messaging_profile_id, messaging_product; it reads "1293384261075731499", "A2P" (see --map)',
    ],
    [
      'a blank line',
      [''],
      {},
      'no_header',
      'the first line names none of the columns phone_number_id, messaging_profile_id, messaging_product; it reads "" (see --map)',
    ],
    [
      'no id',
      ['phone_number', 'product'],
      {},
      'missing_column',
      'no column phone_number_id; the header has "phone_number", "product" (see --map); phone_number alone does only without --offline',
    ],
    [
      'no target',
      ['id', 'phone_number'],
      {},
      'missing_column',
      'no target: neither messaging_profile_id nor messaging_product is among "id", "phone_number" (see --map); for one target for every row, add --to-profile or --to-product',
    ],
    [
      'no id and no phone number',
      ['note', 'product'],
      {},
      'missing_column',
      'no column phone_number_id; the header has "note", "product" (see --map)',
    ],
    [
      'a profile name alone',
      ['id', 'profile name'],
      {},
      'missing_column',
      'no target: neither messaging_profile_id nor messaging_product is among "id", "profile name" (see --map); a profile name does only without --offline; for one target for every row, add --to-profile or --to-product',
    ],
    [
      'two names for one field',
      ['id', 'Profile ID', 'target_messaging_profile_id'],
      {},
      'duplicate_column',
      '"Profile ID", "target_messaging_profile_id" both mean messaging_profile_id: keep one, or choose with --map messaging_profile_id=NAME',
    ],
    [
      'three names for one field',
      ['id', 'Number ID', 'phone_number_id', 'product'],
      {},
      'duplicate_column',
      '"id", "Number ID", "phone_number_id" all mean phone_number_id: keep one, or choose with --map phone_number_id=NAME',
    ],
    [
      'the same name twice',
      ['id', 'id', 'product'],
      {},
      'duplicate_column',
      '"id", "id" both mean phone_number_id: keep one, or choose with --map phone_number_id=NAME',
    ],
    [
      'the mapped name twice',
      ['Nr', 'nr', 'product'],
      { phone_number_id: 'NR' },
      'duplicate_column',
      '"Nr", "nr" both mean phone_number_id: keep one, or choose with --map phone_number_id=NAME',
    ],
    [
      'not the name that --map gives',
      ['id', 'product'],
      { messaging_product: 'Produkt' },
      'missing_column',
      '--map names the column "Produkt", and the header has "id", "product"',
    ],
    [
      'one column for two fields that are mapped',
      ['product', 'My Nr'],
      { phone_number_id: 'my nr', phone_number: 'MY_NR' },
      'duplicate_column',
      '--map gives "My Nr" to more than one field',
    ],
    [
      'no id, because --map gives its column to another field',
      ['id', 'product'],
      { phone_number: 'id' },
      'missing_column',
      'no column phone_number_id; the header has "id", "product" (see --map); phone_number alone does only without --offline',
    ],
    [
      'no id, because --map says so',
      ['id', 'product'],
      { phone_number_id: '' },
      'missing_column',
      'no column phone_number_id; the header has "id", "product" (see --map)',
    ],
    [
      'a name that only looks like a known one',
      ['id', 'profile_id', 'messaging_pr\u043educt'],
      {},
      'missing_column',
      'no column messaging_product, and the column "messaging_pr\\u043educt" only looks like it: character 13 is U+043E (a Cyrillic letter); write the name again, or pass --map messaging_product= if there is none',
    ],
    [
      'a name that only looks like the one that --map gives',
      ['Num\u00adber', 'product'],
      { phone_number_id: 'Number' },
      'missing_column',
      '--map names the column "Number", and the header has "Num\\xadber", "product"; the column "Num\\xadber" only looks like it: character 4 is U+00AD (a soft hyphen)',
    ],
    [
      'one column for the last two fields',
      ['id', 'Sorte'],
      { messaging_product: 'Sorte', phone_number: 'Sorte' },
      'duplicate_column',
      '--map gives "Sorte" to more than one field',
    ],
  ])('has %s', (_what, header, map, code, text) => {
    expect(mapHeader(header, map, 3, { online: false })).toEqual({ error: { code, text, line: 3 } });
  });

  it.each([
    [
      'no id and no phone number',
      ['note', 'product'],
      'no column phone_number_id; the header has "note", "product" (see --map)',
    ],
    [
      'no target',
      ['phone_number', 'note'],
      'no target: neither messaging_profile_id nor messaging_product is among "phone_number", "note" (see --map); for one target for every row, add --to-profile or --to-product',
    ],
  ])('has %s, although the account is read', (_what, header, text) => {
    expect(mapHeader(header, {}, 3, { online: true })).toEqual({ error: { code: 'missing_column', text, line: 3 } });
  });

  it('is shown with its control characters as text', () => {
    expect(mapHeader(['\u001b[31m'], {}, 1, { online: false })).toMatchObject({
      error: {
        text: 'the first line names none of the columns phone_number_id, messaging_profile_id, messaging_product; it reads "\\x1b[31m" (see --map)',
      },
    });
  });
});

describe('the names of columns for messages', () => {
  it('are that of the id, and that of the phone number if it may mean something else', () => {
    const columns = { phone_number_id: 0, phone_number: 1 };
    expect(columnNames([' Id', 'Number '], columns, {})).toEqual({ idColumn: 'Id', guessedPhoneColumn: 'Number' });
    expect(columnNames(['Id', 'Number'], columns, { phone_number: 'Number' }).guessedPhoneColumn).toBe('');
    expect(columnNames(['Id', 'e164'], columns, {}).guessedPhoneColumn).toBe('');
    expect(columnNames(['x'], {}, {})).toEqual({ idColumn: '', guessedPhoneColumn: '' });
  });
});

describe('the known names in a line', () => {
  it('are counted, also when they repeat', () => {
    expect(knownFields(['id', 'x', 'Profile ID', 'product', 'product'])).toBe(4);
    expect(knownFields(['note'])).toBe(0);
  });

  it.each(['constructor', '__proto__', 'toString'])('%s is not among them', (name) => {
    expect(knownFields([name])).toBe(0);
    expect(mapHeader([name], {}, 1, { online: false })).toMatchObject({ error: { code: 'no_header' } });
  });
});

describe('targets of every row', () => {
  const profile = { messaging_profile_name: 'Support' };
  const product = { messaging_product: 'A2P' };

  it('need no column, so a file may list numbers only', () => {
    for (const constants of [profile, product, { messaging_profile_id: 'UNASSIGN' }]) {
      const mapped = mapHeader(['id', 'note'], {}, 1, { online: false, constants });
      expect(mapped).toEqual({ columns: { phone_number_id: 0 } });
      expect(constantConflict(['id', 'note'], {}, constants)).toBeNull();
    }
  });

  it('still need a column that names the number', () => {
    const mapped = mapHeader(['note', 'product'], {}, 1, { online: true, constants: profile });
    expect(mapped).toMatchObject({ error: { code: 'missing_column' } });
  });

  it.each([
    [
      ['id', 'Profile ID'],
      profile,
      'the file has the column "Profile ID", and --to-profile would give every row another target; leave out --to-profile, or ignore the file\'s targets with --map messaging_profile_id=',
    ],
    [
      ['id', 'product', 'profile_name', 'profile_id'],
      { ...profile, ...product },
      'the file has the columns "profile_id", "profile_name", "product", and --to-profile and --to-product would give every row another target; leave out --to-profile and --to-product, or ignore the file\'s targets with --map messaging_profile_id= --map messaging_profile_name= --map messaging_product=',
    ],
  ])('are refused beside columns of the same targets: %j', (header, constants, text) => {
    expect(constantConflict(header, {}, constants)).toBe(text);
  });

  it('go with columns of the other target, and with those that --map takes away', () => {
    expect(constantConflict(['id', 'product'], {}, profile)).toBeNull();
    expect(constantConflict(['id', 'profile_id'], {}, product)).toBeNull();
    expect(constantConflict(['id', 'profile_id'], { messaging_profile_id: '' }, profile)).toBeNull();
    expect(constantConflict(['id', 'profile_id'], { phone_number_id: 'profile_id' }, profile)).toBeNull();
    expect(constantConflict(['id', 'Ziel'], { messaging_profile_id: 'ziel' }, profile)).toContain('"Ziel"');
  });
});
