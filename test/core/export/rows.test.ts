import { describe, expect, it } from 'vitest';
import type { ShownProfile } from '../../../src/core/api/response.ts';
import { createNameCells, EXPORT_COLUMNS, exportRow } from '../../../src/core/export/rows.ts';
import { readAssignment } from '../../../src/core/input/assignment.ts';
import { mapHeader } from '../../../src/core/input/header.ts';
import { findProfile } from '../../../src/core/plan/diff.ts';
import { ID, makeProfiles, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

const FULL = {
  id: ID,
  phoneNumber: PHONE,
  profile: PROFILE,
  product: 'A2P',
  type: 'longcode',
  country: 'US',
  eligible: ['A2P', 'P2P'],
  traffic: '=A2P',
  tags: [],
  health: { messages: 12, success: 0.98, spam: null },
};
const nameOf = () => 'Old';

describe('a row of an export', () => {
  it('has what the number has, by the columns of the contract', () => {
    expect(exportRow(FULL, nameOf)).toEqual({
      cells: [ID, PHONE, PROFILE, 'Old', 'A2P', 'longcode', 'US', 'A2P|P2P', "'=A2P", '12', '0.98', ''],
      id: ID,
      profile: PROFILE,
      isWithoutProfile: false,
      isWithoutPhone: false,
    });
    expect(EXPORT_COLUMNS.join(',')).toBe(
      'phone_number_id,phone_number,messaging_profile_id,messaging_profile_name,messaging_product,type,country_code,eligible_messaging_products,traffic_type,message_count,success_ratio,spam_ratio',
    );
  });

  it.each([
    ['no profile', { id: ID, profile: null }, [ID, '', 'UNASSIGN', '', '']],
    ['no product', { id: ID, profile: PROFILE, product: null }, [ID, '', PROFILE, 'Old', '']],
    ['a profile that is not shown', { id: ID, product: 'P2P' }, [ID, '', '', '', 'P2P']],
    ['a profile that no input could have', { id: ID, profile: 'p1', product: 'P2P' }, [ID, '', '', '', 'P2P']],
    ['a product that no input could have', { id: ID, profile: PROFILE, product: 'none' }, [ID, '', PROFILE, 'Old', '']],
    ['a short code', { id: ID, phoneNumber: '12345', product: 'A2P' }, [ID, '', '', '', 'A2P']],
    ['an id that looks rounded', { ...FULL, id: '1293384261075000000' }, ['', PHONE, PROFILE, 'Old', 'A2P']],
  ])('of %s', (_what, shown, cells) => {
    expect(exportRow(shown, nameOf)).toMatchObject({ cells: expect.arrayContaining(cells) });
    const row = exportRow(shown, nameOf) as { cells: string[] };
    expect(row.cells.slice(0, 5)).toEqual(cells);
    // Whatever was left out, `apply` takes the rest.
    const mapped = mapHeader(EXPORT_COLUMNS, {}, 1, { online: true }) as { columns: object };
    const allowed = { unassign: true, roundedIds: false, online: true };
    expect(readAssignment(row.cells, mapped.columns, allowed)).toHaveProperty('id');
  });

  it.each([
    ['bad_id', { id: 'a/b', phoneNumber: PHONE, product: 'A2P' }],
    ['bad_id', { id: '1293384261075000000', product: 'A2P' }],
    ['bad_id', { product: 'A2P' }],
    ['bad_id', { phoneNumber: PHONE, product: 'A2P' }],
    ['not_shown', { id: ID, phoneNumber: PHONE }],
    ['not_shown', { id: ID, product: null }],
  ])('is not there: %s', (leftOut, shown) => {
    expect(exportRow(shown, nameOf)).toEqual({ leftOut });
  });
});

describe('the name of a profile in an export', () => {
  const profile = (name: string, id = PROFILE): ShownProfile => ({ id, name });

  it.each([
    ['Old campaign', 'Old campaign'],
    ['a, "quoted" name', 'a, "quoted" name'],
    ['=SUM(1)', "'=SUM(1)"],
    ['💬 Über', '💬 Über'],
    ["'tis", "'tis"],
    ['', ''],
    ['none', ''],
    ['UNASSIGN', ''],
    ["''x", ''],
  ])('%s is written as %s', (name, cell) => {
    const names = createNameCells(makeProfiles(profile(name), profile('Other', OTHER_PROFILE)));
    expect([names(PROFILE), names(PROFILE)]).toEqual([cell, cell]);
  });

  it('is read back as the same profile, also if others have it', () => {
    const profiles = makeProfiles(profile('Equal'), profile('Equal', OTHER_PROFILE));
    const cell = createNameCells(profiles)(OTHER_PROFILE);
    expect(findProfile(cell, profiles, OTHER_PROFILE)).toEqual({ id: OTHER_PROFILE });
  });

  it('is empty for a profile that was not read', () => {
    expect(createNameCells(makeProfiles())(PROFILE)).toBe('');
  });
});
