import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantsOf, readAssignment } from '../../../src/core/input/assignment.ts';
import { mapHeader } from '../../../src/core/input/header.ts';
import { headerCells, inputTable, keptCells } from '../../../src/core/results/input-table.ts';
import { ID, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

describe('the targets that flags gave to every row', () => {
  it('become columns behind those of the input', () => {
    const table = inputTable(['id', 'note', 'reassign_status'], { to_profile: PROFILE, to_product: 'A2P' });
    expect(headerCells(table)).toEqual(['id', 'note', 'messaging_profile_id', 'messaging_product']);
    expect(keptCells([ID], table)).toEqual([ID, '', PROFILE, 'A2P']);
  });

  it('have a name guarded as text', () => {
    const table = inputTable(['id'], { to_profile: '=Support' });
    expect([headerCells(table), keptCells([ID], table)]).toEqual([
      ['id', 'messaging_profile_name'],
      [ID, "'=Support"],
    ]);
  });

  it('take the place of columns that --map took away, and of no others', () => {
    const header = ['profile_id', 'Number', 'profile_name', 'product'];
    const map = ['phone_number_id=Number', 'messaging_profile_id=', 'messaging_profile_name='];
    const table = inputTable(header, { to_profile: PROFILE, map });
    expect(headerCells(table)).toEqual(['Number', 'product', 'messaging_profile_id']);
    const named = inputTable(header, { to_profile: PROFILE, map: 'phone_number_id=profile_id' });
    expect(headerCells(named)).toEqual(['profile_id', 'Number', 'product', 'messaging_profile_id']);
  });

  it('leave the table of a run without them as it is, also if its mapping is damaged', () => {
    const table = inputTable(['id', 'profile_id'], { map: 'x' });
    expect(headerCells(table)).toEqual(['id', 'profile_id']);
  });

  it('leave a table that asks for the same without the flags, whatever columns it had', () => {
    const others: Record<string, string> = {
      note: 'x',
      phone_number: PHONE,
      profile_id: OTHER_PROFILE,
      'Profile Name': 'Other',
      product: 'P2P',
    };
    const targets = fc.record(
      { to_profile: fc.constantFrom(PROFILE, 'Support', '=Sum', "O'Neil, Inc."), to_product: fc.constant('A2P') },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.keys(others)), targets, (names, given) => {
        fc.pre(Object.keys(given).length > 0);
        const ofProfile = given.to_profile === undefined ? [] : ['messaging_profile_id=', 'messaging_profile_name='];
        const map = [...ofProfile, ...(given.to_product === undefined ? [] : ['messaging_product='])];
        const header = ['id', ...names];
        const cells = [ID, ...names.map((name) => others[name] as string)];
        const read = (columns: object, row: readonly string[], how: object) =>
          readAssignment(row, columns, { unassign: false, roundedIds: false, online: true, ...how });
        const constants = constantsOf(given);
        const taken = Object.fromEntries(map.map((text) => [text.slice(0, -1), '']));
        const mapped = mapHeader(header, taken, 1, { online: true, constants });
        const table = inputTable(header, { ...given, map });
        const again = mapHeader(headerCells(table), {}, 1, { online: true });
        if (!('columns' in mapped && 'columns' in again)) throw new Error(JSON.stringify([mapped, again]));
        const assignment = read(mapped.columns, cells, { constants });
        expect(read(again.columns, keptCells(cells, table), {})).toEqual(assignment);
      }),
    );
  });
});
