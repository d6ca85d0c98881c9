import { describe, expect, it } from 'vitest';
import { headerCells, inputTable, keptCells } from '../../../src/core/results/input-table.ts';
import { ID, PROFILE } from '../../support/make.ts';

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
});
